// <sx-live>: the cameras in a grid, or one of them.
import { gathered, get, server } from "./api.js";
import { h, icon, iconButton, kept, redraw, setText } from "./dom.js";
import { happenings } from "./events.js";
import { noCamera } from "./first-steps.js";
import { row } from "./recording.js";
import { dateField, t } from "./text.js";
import { go } from "./toast.js";
import "./view.js";

const SIZES = [1, 4, 9, 16];

function swapPlaces(one, other) {
  const mark = document.createComment("");
  one.replaceWith(mark);
  other.replaceWith(one);
  mark.replaceWith(other);
}

class Live extends HTMLElement {
  #tiles = new Map();
  #page = 0;
  #picked = null;

  connectedCallback() {
    this.className = "page";
    this.leave = new AbortController();
    const { signal } = this.leave;
    server.addEventListener("status", () => this.#refresh(), { signal });
    server.addEventListener("lost", () => this.#refresh(), { signal });
    happenings.addEventListener("recording", gathered(() => this.#loadActivity()), { signal });
    this.activityTimer = setInterval(() => this.#loadActivity(), 10000);
    addEventListener("keydown", (event) => this.#key(event), { signal });

    this.heading = h("h1", { tabindex: "-1" });
    this.back = h("a", { class: "button icon-button", href: "/", "aria-label": t("live.back"), title: t("live.back") }, icon("back"));
    this.sizes = h("div", { class: "segments", role: "group", "aria-label": t("live.size") },
      SIZES.map((size) => h("button", { type: "button", "aria-pressed": "false", onclick: () => this.#setSize(size) }, String(size))));
    this.pager = h("div", { class: "segments", hidden: true },
      iconButton("left", t("live.previous"), () => this.#turn(-1)), iconButton("right", t("live.next"), () => this.#turn(1)));
    this.boxes = iconButton("boxes", t("live.boxes"), () => this.#toggleBoxes(), { "aria-pressed": String(kept.get("boxes", true)), hidden: true });
    this.sound = iconButton("sound", t("live.sound"), () => this.#toggleSound(), { "aria-pressed": "false", hidden: true });
    this.controls = h("div", { class: "end" }, this.sound, this.boxes, this.pager, this.sizes,
      iconButton("full", t("live.full"), () => (document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen?.().catch(() => {}))));
    this.grid = h("div", { class: "grid", role: "list", "aria-label": t("live.cameras") });
    this.list = h("ul", { tabindex: "0", "aria-label": t("live.activity") });
    this.activity = h("aside", { class: "activity", "aria-label": t("live.activity") },
      h("h2", null, t("live.activity"), h("a", { href: "/gallery" }, t("live.all"))), this.list);
    this.body = h("div", { class: "live" }, this.grid, this.activity);
    this.spoken = h("div", { class: "hidden", "aria-live": "assertive" });
    this.replaceChildren(
      h("div", { class: "toolbar" }, this.back, this.heading, this.controls),
      this.body, this.spoken);
    this.single = this.#wanted;
    this.#refresh();
  }

  disconnectedCallback() {
    this.leave.abort();
    clearInterval(this.activityTimer);
  }

  get #wanted() {
    return new URLSearchParams(location.search).get("camera");
  }

  /** The address changed, the page did not. */
  navigated() {
    const before = this.single;
    if (before === this.#wanted) return;
    this.single = this.#wanted;
    this.#refresh();
    // What was pressed is hidden now: on to what it led to, and back to where it stood.
    const link = this.#tiles.get(before)?.querySelector("a:not([hidden])");
    (link ?? this.heading).focus({ preventScroll: true });
  }

  // Which cameras, in which order

  get #ordered() {
    const order = kept.get("order", []);
    const place = (path) => (order.includes(path) ? order.indexOf(path) : order.length + server.paths.indexOf(path));
    return [...server.cameras].sort((a, b) => place(a.path) - place(b.path));
  }

  get #size() {
    const chosen = kept.get("size", 0);
    if (SIZES.includes(chosen)) return chosen;
    return SIZES.find((size) => size >= server.cameras.length) ?? 16;
  }

  #setSize(size) {
    kept.set("size", size);
    this.#page = 0;
    this.#refresh();
  }

  #turn(step) {
    this.#page += step;
    this.#refresh();
  }

  #refresh() {
    if (!server.status) return;
    const isEmpty = !server.cameras.length;
    if (isEmpty && !this.first) this.body.after((this.first = noCamera()));
    if (!isEmpty && this.first) this.first = this.first.remove();
    this.body.hidden = this.controls.hidden = isEmpty;
    if (isEmpty) {
      setText(this.heading, t("page.live"));
      this.back.hidden = true;
      this.#place([], 0);
      return;
    }
    const camera = this.single && server.camera(this.single);
    if (this.single && !camera) {
      go("/", { replaces: true });
      return;
    }
    const all = this.#ordered;
    const size = this.#size;
    const pages = Math.max(1, Math.ceil(all.length / size));
    this.#page = ((this.#page % pages) + pages) % pages;
    const cameras = camera ? [camera] : all.slice(this.#page * size, (this.#page + 1) * size);
    setText(this.heading, camera ? camera.name : t("page.live"));
    document.title = `${this.heading.textContent} · SpectraX`;
    this.back.hidden = !camera;
    this.sizes.hidden = Boolean(camera);
    this.pager.hidden = Boolean(camera) || pages < 2;
    this.body.classList.toggle("single", Boolean(camera));
    [...this.sizes.children].forEach((button, index) => button.setAttribute("aria-pressed", String(SIZES[index] === size)));
    const side = camera ? 1 : Math.sqrt(size);
    this.grid.style.setProperty("--columns", side);
    this.grid.style.setProperty("--rows", side);
    this.grid.dataset.size = camera ? 1 : size;
    this.#place(cameras, camera ? 0 : size - cameras.length);
    const shown = camera?.stream_id ?? "";
    if (shown !== this.activityOf) {
      this.activityOf = shown;
      this.list.replaceChildren();
      this.#loadActivity();
    }
    this.boxes.hidden = !this.grid.querySelector('sx-view[data-way="video"]');
    for (const view of this.grid.querySelectorAll("sx-view")) {
      view.showsBoxes = kept.get("boxes", true);
      if (!camera) view.isHeard = false;
    }
    // While a player begins anew it is no video for a moment.
    const heard = camera && this.grid.querySelector("sx-view");
    this.sound.hidden = !heard || !(heard.isHeard || heard.dataset.way === "video");
    this.sound.setAttribute("aria-pressed", String(Boolean(heard?.isHeard)));
  }

  #place(cameras, free) {
    const paths = cameras.map((camera) => camera.path);
    for (const [path, tile] of this.#tiles) {
      if (paths.includes(path)) continue;
      tile.remove();
      this.#tiles.delete(path);
    }
    const wanted = cameras.map((camera) => {
      if (!this.#tiles.has(camera.path)) this.#tiles.set(camera.path, this.#tile(camera));
      const tile = this.#tiles.get(camera.path);
      this.#describe(tile, camera);
      return tile;
    });
    const spare = [...this.grid.querySelectorAll(".free")];
    while (spare.length > free) spare.pop().remove();
    while (spare.length < free) spare.push(h("div", { class: "tile free", role: "presentation" }));
    // A moved picture begins anew: of two that change places, those between stay.
    [...wanted, ...spare].forEach((tile, index) => {
      const there = this.grid.children[index] ?? null;
      if (there === tile) return;
      if (tile.parentElement) swapPlaces(tile, there);
      else this.grid.insertBefore(tile, there);
    });
  }

  // A tile

  #tile({ path, name }) {
    const view = h("sx-view", { path, name });
    const tile = h("div", { class: "tile", role: "listitem" }, view,
      h("div", { class: "notice", hidden: true }, h("strong"), h("span")),
      h("div", { class: "label" }, h("span", { class: "dot" }), h("span", { class: "name" }), h("span", { class: "rec", hidden: true }, t("live.recording"))),
      h("a", { href: `/?${new URLSearchParams({ camera: path })}` }));
    const grip = iconButton("grip", t("live.move", { name }), () => this.#pick(path), { "aria-pressed": "false" });
    grip.classList.add("grip");
    grip.addEventListener("pointerdown", (event) => this.#drag(event, tile, path));
    grip.addEventListener("keydown", (event) => this.#moveByKey(event, path, grip));
    tile.append(grip);
    tile.dataset.path = path;
    tile.querySelector("a").addEventListener("click", (event) => {
      if (this.#picked && this.#picked !== path) {
        event.preventDefault();
        event.stopPropagation();
        this.#swap(this.#picked, path);
        this.#pick(null);
      } else if (this.single) event.preventDefault();
    });
    view.addEventListener("picture", () => this.#describe(tile, server.camera(path) ?? { path, name }));
    return tile;
  }

  #describe(tile, camera) {
    const view = tile.querySelector("sx-view");
    const isSilent = !server.isThere;
    const isDead = camera.state !== "running";
    const isStalled = view.dataset.state === "stalled";
    const isBlank = !view.dataset.state;
    tile.dataset.state = isSilent || isDead ? "dead" : isStalled ? "stalled" : "live";
    setText(tile.querySelector(".name"), camera.name);
    tile.querySelector(".dot").dataset.state = camera.state;
    tile.querySelector(".rec").hidden = camera.recording?.state !== "recording" || isDead;
    const [title, reason] = isSilent ? [t("live.serverAway"), ""]
      : isDead ? [t(`camera.${camera.state}`), camera.reason ?? ""]
      : isStalled ? [t("live.stalled"), view.reason ?? ""]
      : isBlank ? [t("live.loading"), ""] : ["", ""];
    const notice = tile.querySelector(".notice");
    notice.hidden = !title;
    setText(notice.firstChild, title);
    setText(notice.lastChild, reason);
    const label = t("live.open", { name: camera.name, state: title || t("camera.running") });
    const link = tile.querySelector("a");
    if (link.getAttribute("aria-label") !== label) link.setAttribute("aria-label", label);
    link.hidden = Boolean(this.single);
    tile.querySelector(".grip").hidden = Boolean(this.single) || server.cameras.length < 2;
  }

  #toggleBoxes() {
    kept.set("boxes", !kept.get("boxes", true));
    this.boxes.setAttribute("aria-pressed", String(kept.get("boxes", true)));
    this.#refresh();
  }

  /** One camera at a time, and never from the beginning: nobody wants a room full of voices. */
  #toggleSound() {
    const view = this.grid.querySelector("sx-view");
    if (view) view.isHeard = !view.isHeard;
    this.#refresh();
  }

  // Reordering: drag the grip; or press it and choose another tile; or the arrow keys on it.

  #swap(one, other) {
    const order = this.#ordered.map((camera) => camera.path);
    const [from, to] = [order.indexOf(one), order.indexOf(other)];
    if (from < 0 || to < 0 || from === to) return;
    [order[from], order[to]] = [order[to], order[from]];
    kept.set("order", order);
    this.#refresh();
    setText(this.spoken, t("live.moved", { name: server.camera(one)?.name, place: to + 1, n: order.length }));
  }

  #pick(path) {
    if (this.wasDragged) return;
    this.#picked = this.#picked === path ? null : path;
    for (const [key, tile] of this.#tiles) {
      tile.querySelector(".grip").setAttribute("aria-pressed", String(key === this.#picked));
    }
    if (this.#picked) setText(this.spoken, t("live.picked", { name: server.camera(path)?.name }));
  }

  #moveByKey(event, path, grip) {
    const columns = Number(this.grid.style.getPropertyValue("--columns"));
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const order = this.#ordered.map((camera) => camera.path);
    const other = order[order.indexOf(path) + step];
    if (other) this.#swap(path, other);
    grip.focus();
  }

  #drag(event, tile, path) {
    if (event.button) return;
    const grip = event.currentTarget;
    const { clientX, clientY, pointerId } = event;
    grip.setPointerCapture(pointerId);
    this.wasDragged = false;
    let target = null;
    const move = (moved) => {
      const [x, y] = [moved.clientX - clientX, moved.clientY - clientY];
      if (!this.wasDragged && Math.hypot(x, y) < 6) return;
      this.wasDragged = true;
      tile.classList.add("moving");
      tile.style.transform = `translate(${x}px, ${y}px)`;
      const below = document.elementFromPoint(moved.clientX, moved.clientY)?.closest(".tile[data-path]");
      target?.classList.remove("target");
      target = below && below !== tile ? below : null;
      target?.classList.add("target");
    };
    const end = (ended) => {
      grip.removeEventListener("pointermove", move);
      grip.removeEventListener("pointerup", end);
      grip.removeEventListener("pointercancel", end);
      tile.classList.remove("moving");
      tile.style.transform = "";
      target?.classList.remove("target");
      if (this.wasDragged && target && ended.type === "pointerup") this.#swap(path, target.dataset.path);
      // The click that follows a drag is no press.
      setTimeout(() => (this.wasDragged = false));
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", end);
    grip.addEventListener("pointercancel", end);
  }

  #key(event) {
    if (event.key !== "Escape" || document.fullscreenElement) return;
    if (this.#picked) this.#pick(null);
    else if (this.single) go("/");
  }

  // What happened last

  async #loadActivity() {
    if (!this.isConnected || document.visibilityState !== "visible" || !this.activity.checkVisibility?.()) return;
    const camera = this.single && server.camera(this.single);
    try {
      const { recordings } = await get("/api/recordings", { parameters: { limit: 20, stream_id: camera?.stream_id } });
      // On another day, today is yesterday.
      const key = JSON.stringify([this.activityOf, dateField(server.now()), recordings.map((recording) => recording.id)]);
      if (key === this.shownActivity && this.list.childElementCount) return;
      this.shownActivity = key;
      this.#drawActivity(recordings);
    } catch {}
  }

  /** What is there already stays where it is, as the pointer or the keys may be on it. */
  #drawActivity(recordings) {
    const known = new Map([...this.list.children].map((item) => [item.recording, item]));
    const wanted = recordings.map((recording) => {
      const item = known.get(recording.id) ?? h("li", { ".recording": recording.id });
      redraw(item, row(recording));
      return item;
    });
    if (!wanted.length) wanted.push(h("li", { class: "soft" }, t("live.nothingYet")));
    for (const item of [...this.list.children]) if (!wanted.includes(item)) item.remove();
    wanted.forEach((item, index) => {
      if (this.list.children[index] !== item) this.list.insertBefore(item, this.list.children[index] ?? null);
    });
  }
}
customElements.define("sx-live", Live);
