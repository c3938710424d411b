// <sx-gallery>: all recordings, filtered by what stands in the address.
import { gathered, get, server } from "./api.js";
import { h, icon, redraw, setText } from "./dom.js";
import { happenings } from "./events.js";
import { cameraName, objectsText, startOf } from "./recording.js";
import { bin } from "./bin.js";
import { CardGrid } from "./scroll.js";
import { className, clock, dateField, day, dayName, endOfDay, fromDateField, t, time } from "./text.js";
import { go } from "./toast.js";

const PAGE = 50;
const KEPT_PAGES = 80;
const PREVIEW_MILLISECONDS = 350;
const SORTS = { newest: ["timestamp", "desc"], oldest: ["timestamp", "asc"], surest: ["confidence", "desc"], longest: ["duration", "desc"] };

/** Where the reader was, by address. */
const places = new Map();

/** Whether a date field has a day, or none at all: while a year is typed its first digits are one as well. */
const isWhole = (field) => !field.validity.badInput && (!field.value || field.valueAsNumber >= 0);

class Gallery extends HTMLElement {
  #pages = new Map();
  #loading = new Map();
  #known = null;
  #hasFailed = false;
  #classes = [];

  connectedCallback() {
    this.className = "page";
    this.leave = new AbortController();
    const { signal } = this.leave;
    this.count = h("span", { class: "soft number", role: "status" });
    this.filters = h("div", { class: "filters", role: "group", "aria-label": t("gallery.filters") });
    this.scroller = h("div", { class: "gallery scroll", tabindex: "0", role: "region", "aria-label": t("page.gallery") });
    this.floating = h("div", { class: "floating-day", "aria-hidden": "true" });
    this.news = h("button", { class: "news primary", type: "button", hidden: true, onclick: () => this.#reload({ toTop: true }) });
    this.replaceChildren(
      h("div", { class: "toolbar" }, h("h1", null, t("page.gallery")), this.count, this.filters),
      h("div", { class: "gallery-frame" }, this.scroller, this.floating, this.news));
    const isNarrow = matchMedia("(max-width: 40rem)").matches;
    const gap = isNarrow ? 12 : 16;
    this.scroller.classList.toggle("narrow", isNarrow);
    this.grid = new CardGrid(this.scroller, {
      create: () => this.#card(), fill: (card, index) => this.#fill(card, index), onrange: (...range) => this.#need(...range),
      onscroll: () => this.#showDay(), minimum: isNarrow ? 160 : 240, below: isNarrow ? 68 : 52, gap, padding: gap,
    });
    this.#makeFilters();
    server.addEventListener("found", () => {
      this.#learnClasses();
      this.#reload();
    }, { signal });
    server.addEventListener("status", () => this.#nameAnew(), { signal });
    happenings.addEventListener("recording", gathered(() => this.#lookForNews()), { signal });
    this.timer = setInterval(() => document.visibilityState === "visible" && this.#lookForNews(), 10000);
    bin.addEventListener("change", () => this.#reload(), { signal });
    this.#reload().then(() => {
      const place = places.get(location.search);
      if (place) this.grid.position = place;
    });
    this.address = location.search;
  }

  disconnectedCallback() {
    places.set(this.address, this.grid.position);
    this.leave.abort();
    clearInterval(this.timer);
    this.#endPreview();
    this.grid.close();
    for (const { abort } of this.#loading.values()) abort.abort();
  }

  navigated() {
    if (location.search === this.address) return;
    places.set(this.address, this.grid.position);
    this.address = location.search;
    this.#fillFilters();
    if (!this.#classes.length) this.#learnClasses();
    this.#reload({ toTop: true });
  }

  // Filters

  get #wanted() {
    return new URLSearchParams(location.search);
  }

  /** The address's filters as the API takes them. */
  get #parameters() {
    const wanted = this.#wanted;
    const camera = server.camera(wanted.get("camera") ?? "");
    const from = fromDateField(wanted.get("from"));
    const to = fromDateField(wanted.get("to"));
    const [sort, order] = SORTS[wanted.get("sort")] ?? SORTS.newest;
    return {
      stream_id: camera?.stream_id ?? wanted.get("camera"),
      object_type: wanted.get("class"),
      min_confidence: wanted.get("sure"),
      start_date: from !== null ? new Date(from).toISOString() : null,
      end_date: to !== null ? new Date(endOfDay(to) - 1).toISOString() : null,
      sort_by: sort,
      sort_order: order,
    };
  }

  #set(key, value) {
    const wanted = this.#wanted;
    if (value) wanted.set(key, value);
    else wanted.delete(key);
    const query = wanted.toString();
    go(`/gallery${query ? `?${query}` : ""}`, { replaces: true });
  }

  /** Made once: who is in a field with the keyboard stays there when the address changes. */
  #makeFilters() {
    const select = (key) => h("select", { "aria-label": t(`filter.${key}`), onchange: (event) => this.#set(key, event.target.value) });
    const date = (key) => h("input", { type: "date", onchange: ({ target }) => isWhole(target) && this.#set(key, target.value), onblur: () => this.#fillFilters() });
    this.fields = { camera: select("camera"), class: select("class"), sure: select("sure"), from: date("from"), to: date("to"), sort: select("sort") };
    const { camera, class: objects, sure, from, to, sort } = this.fields;
    this.clear = h("button", { type: "button", onclick: () => (camera.focus(), go("/gallery", { replaces: true })) }, t("filter.clear"));
    this.filters.replaceChildren(
      h("button", { class: "filter-button", type: "button", "aria-expanded": "false", onclick: (event) => {
        event.currentTarget.setAttribute("aria-expanded", String(this.filters.classList.toggle("open")));
      } }, icon("filter"), t("gallery.filters")),
      camera, objects, sure, h("label", null, t("filter.from"), from), h("label", null, t("filter.to"), to), sort, this.clear);
    this.named = this.#names;
    this.#fillFilters();
    this.#learnClasses();
  }

  #fillFilters() {
    const wanted = this.#wanted;
    const { fields } = this;
    const offer = (key, options) => {
      const current = wanted.get(key) ?? "";
      const all = options.some(([value]) => value === current) ? options : [...options, [current, current]];
      redraw(fields[key], all.map(([value, text]) => h("option", { value }, text)));
      fields[key].value = current;
    };
    offer("camera", [["", t("filter.allCameras")], ...server.cameras.map((camera) => [camera.path, camera.name])]);
    offer("class", [["", t("filter.allClasses")], ...this.#classes.map((name) => [name, className(name)])]);
    offer("sure", [["", t("filter.anySure")], ...["0.5", "0.7", "0.9"].map((value) => [value, t("filter.atLeast", { n: value * 100 })])]);
    offer("sort", [["", t("sort.newest")], ...["oldest", "surest", "longest"].map((value) => [value, t(`sort.${value}`)])]);
    const today = dateField(server.now());
    for (const key of ["from", "to"]) {
      const field = fields[key];
      const value = wanted.get(key) ?? "";
      const isTyped = field === document.activeElement && !isWhole(field);
      if (field.max !== today) field.max = today;
      if (!isTyped && (field.value !== value || field.validity.badInput)) field.value = value;
    }
    this.clear.hidden = !wanted.size;
  }

  async #learnClasses() {
    try {
      const { stats } = await get("/api/stats/objects");
      this.#classes = Object.entries(stats.object_counts).sort((a, b) => b[1] - a[1]).map(([name]) => name);
      if (this.isConnected) this.#fillFilters();
    } catch {}
  }

  /** What names depend on: of the cameras, and of the days that are called today and yesterday. */
  get #names() {
    return JSON.stringify([dateField(server.now()), server.cameras.map(({ path, name }) => [path, name])]);
  }

  #nameAnew() {
    const names = this.#names;
    if (this.named === names) return;
    this.named = names;
    this.#fillFilters();
    if (this.#wanted.get("camera")) this.#reload();
    else this.grid.refresh();
  }

  // Data

  #row(index) {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Asks anew. What is shown stays until the answer is there. */
  async #reload({ toTop = false } = {}) {
    for (const { abort } of this.#loading.values()) abort.abort();
    this.#loading.clear();
    if (this.news === document.activeElement) this.scroller.focus({ preventScroll: true });
    this.news.hidden = true;
    const epoch = (this.epoch = {});
    const [first, count] = toTop ? [0, 1] : this.#seenPages;
    try {
      const page = await this.#fetch(first, { count });
      if (this.epoch !== epoch || !this.isConnected) return;
      this.#pages = new Map();
      this.#keep(page.recordings, first, count);
      this.#known = page.total;
      this.#hasFailed = false;
      this.grid.total = page.total;
      if (toTop) this.grid.position = 0;
      this.grid.refresh();
      this.#need(...(this.range ?? [0, 0]));
      this.#say();
    } catch (error) {
      if (error.name === "AbortError" || this.epoch !== epoch) return;
      this.#hasFailed = true;
      this.#empty(t("gallery.failed"), error.message);
    }
  }

  #fetch(first, { count = 1, signal } = {}) {
    return get("/api/recordings", { parameters: { ...this.#parameters, limit: count * PAGE, offset: first * PAGE }, signal });
  }

  #keep(recordings, first, count) {
    for (let turn = 0; turn < count; turn += 1) this.#pages.set(first + turn, recordings.slice(turn * PAGE, (turn + 1) * PAGE));
  }

  /** The first page in the view, and how many there are. */
  get #seenPages() {
    const first = Math.floor(Math.max(0, this.grid.firstVisible) / PAGE);
    const last = Math.floor(((this.range?.[3] ?? 1) - 1) / PAGE);
    return [first, Math.max(1, last - first + 1)];
  }

  #say() {
    setText(this.count, t("gallery.count", { n: this.#known }));
    if (this.#known) return this.#empty(null);
    if (this.#wanted.size) this.#empty(t("gallery.noneFound"), t("gallery.noneFoundHow"));
    else this.#empty(t("gallery.none"), t("gallery.noneHow"));
  }

  #empty(title, text) {
    this.querySelector(".empty")?.remove();
    if (title) this.scroller.before(h("div", { class: "empty" }, icon("gallery"), h("h2", null, title), h("p", null, text)));
    this.scroller.hidden = Boolean(title);
  }

  /** Loads what is in the view; when that is there, what is near it. Lets go what is far. */
  #need(first, end, firstSeen = first, endSeen = end) {
    this.range = [first, end, firstSeen, endSeen];
    if (!end || this.#known === null) return;
    const pages = (from, until) => {
      const numbers = [];
      for (let number = Math.floor(from / PAGE); number <= Math.floor((until - 1) / PAGE); number += 1) numbers.push(number);
      return numbers;
    };
    const near = pages(Math.max(0, first - PAGE), Math.min(this.#known, end + PAGE));
    for (const [number, { abort, numbers }] of this.#loading) {
      if (numbers.some((each) => near.includes(each))) continue;
      abort.abort();
      this.#loading.delete(number);
    }
    const isMissing = (number) => !this.#pages.has(number);
    const seen = pages(firstSeen, endSeen).filter(isMissing);
    // After a leap, what is seen first, in one answer; on the way, what comes next as well.
    const isWanted = (number) => !this.#loading.has(number);
    if (!seen.length || !this.grid.isFar) for (const number of near.filter(isMissing).filter(isWanted)) this.#load([number]);
    else if (seen.some(isWanted)) this.#load(seen.filter(isWanted));
  }

  /** @param {number[]} numbers of pages, one after the other */
  async #load(numbers) {
    const abort = new AbortController();
    for (const number of numbers) this.#loading.set(number, { abort, numbers });
    const epoch = this.epoch;
    try {
      const [first] = numbers;
      const count = numbers.at(-1) - first + 1;
      const page = await this.#fetch(first, { count, signal: abort.signal });
      if (this.epoch !== epoch) return;
      this.#keep(page.recordings, first, count);
      if (this.#pages.size > KEPT_PAGES) {
        const far = [...this.#pages.keys()].sort((a, b) => Math.abs(b - first) - Math.abs(a - first));
        for (const key of far.slice(0, this.#pages.size - KEPT_PAGES)) this.#pages.delete(key);
      }
      this.grid.refresh();
      this.#need(...this.range);
      // Rows came or went meanwhile: those of other pages have moved.
      if (page.total !== this.#known) this.#lookForNews(page.total);
    } catch (error) {
      if (error.name !== "AbortError") setTimeout(() => this.isConnected && this.#need(...this.range), 1500);
    } finally {
      for (const number of numbers) if (this.#loading.get(number)?.abort === abort) this.#loading.delete(number);
    }
  }

  async #lookForNews(total) {
    if (this.#hasFailed) return this.#reload();
    try {
      total = typeof total === "number" ? total : (await get("/api/recordings", { parameters: { ...this.#parameters, limit: 1 } })).total;
    } catch {
      return;
    }
    if (!this.isConnected || total === this.#known || this.#known === null) return;
    // Cards do not change under the pointer or the keys.
    const isHeld = this.scroller.querySelector(".card:is(:hover, :focus-within)");
    if ((this.grid.isAtTop && !isHeld) || total < this.#known || !this.#known) this.#reload();
    else {
      setText(this.news, t("gallery.news", { n: total - this.#known }));
      this.news.hidden = false;
    }
  }

  // Cards

  #card() {
    const link = h("a", null,
      h("span", { class: "shot" }, icon("camera"), h("img", { alt: "", decoding: "async" }), h("span", { class: "badge" }), h("span", { class: "badge kept", hidden: true, title: t("recording.protected") }, icon("shield"))),
      h("span", { class: "words" }, h("strong"), h("span", { class: "meta" }, h("span"), h("span", { class: "number" }))));
    const card = h("div", { class: "card", role: "listitem" }, link);
    const [shot, words] = link.children;
    const image = shot.querySelector("img");
    image.addEventListener("error", () => (image.hidden = true));
    image.addEventListener("load", () => (image.hidden = false));
    card.parts = { link, shot, image, badge: shot.querySelector(".badge"), kept: shot.querySelector(".kept"), title: words.firstChild, camera: words.lastChild.firstChild, when: words.lastChild.lastChild };
    card.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.#preview(card));
    card.addEventListener("pointerleave", () => this.#endPreview());
    card.addEventListener("keydown", (event) => this.#step(event, card));
    return card;
  }

  #fill(card, index) {
    const recording = this.#row(index);
    if (recording?.id !== card.recording?.id && card.contains(this.previewed)) this.#endPreview();
    card.index = index;
    card.recording = recording;
    card.classList.toggle("waiting", !recording);
    card.classList.toggle("gone", Boolean(recording && bin.has(recording.id)));
    const { link, image, badge, kept, title, camera, when } = card.parts;
    if (!recording) {
      link.removeAttribute("href");
      image.hidden = badge.hidden = kept.hidden = true;
      image.removeAttribute("src");
      card.shown = null;
      return;
    }
    const start = startOf(recording);
    const href = `/clips/${recording.id}`;
    if (link.getAttribute("href") !== href) link.setAttribute("href", href);
    if (recording.thumbnail_url !== card.shown) {
      card.shown = recording.thumbnail_url;
      image.hidden = true;
      if (recording.thumbnail_url) image.src = recording.thumbnail_url;
      else image.removeAttribute("src");
    }
    badge.hidden = false;
    kept.hidden = !recording.protected;
    setText(badge, clock(recording.duration));
    setText(title, bin.has(recording.id) ? t("recording.deleted") : objectsText(recording));
    setText(camera, cameraName(recording));
    setText(when, `${dayName(start, server.now())}, ${time(start)}`);
  }

  #step(event, card) {
    const { columns } = this.grid;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    const next = step && this.grid.card(card.index + step);
    if (!next?.parts.link.hasAttribute("href")) return;
    event.preventDefault();
    next.parts.link.focus();
  }

  #preview(card) {
    this.#endPreview();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || navigator.connection?.saveData) return;
    this.previewTimer = setTimeout(() => {
      const { recording } = card;
      if (!recording?.retained) return;
      const element = h("video", { ".muted": true, playsinline: true, loop: true, "aria-hidden": "true", tabindex: "-1", src: recording.file_url });
      element.addEventListener("error", () => element.remove());
      card.parts.image.after(element);
      this.previewed = element;
      element.play().catch(() => {});
    }, PREVIEW_MILLISECONDS);
  }

  #endPreview() {
    clearTimeout(this.previewTimer);
    if (!this.previewed) return;
    this.previewed.removeAttribute("src");
    this.previewed.load();
    this.previewed.remove();
    this.previewed = null;
  }

  #showDay() {
    this.#endPreview();
    const recording = this.#row(this.grid.firstVisible);
    if (!recording) return;
    setText(this.floating, day(startOf(recording)));
    this.floating.classList.add("shown");
    clearTimeout(this.dayTimer);
    this.dayTimer = setTimeout(() => this.floating.classList.remove("shown"), 900);
  }
}
customElements.define("sx-gallery", Gallery);
