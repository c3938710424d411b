// <sx-day>: the recordings of one camera on one day as marks on a line, to be gone through with the pointer or the keys.
import { get } from "./api.js";
import { recordingGroup, GROUP_NAMES } from "./classes.js";
import { h, iconButton, s, setText } from "./dom.js";
import { objectsText, startOf } from "./recording.js";
import { day, endOfDay, startOfDay, t, time, timeWithSeconds } from "./text.js";

const PAGE = 1000;
/** Of a day with more, the rest has no marks. */
const MOST_PAGES = 10;
/** What the line shows of a day, in hours. */
const ZOOMS = [24, 6, 1];
const HEIGHT = 56;
/** Scrubbing into another recording loads it, and writes its address: not at every step on the way. */
const CHANGE_MILLISECONDS = 400;

const endOf = (recording) => startOf(recording) + recording.duration * 1000;

class Day extends HTMLElement {
  #recordings = [];
  #shown = null;
  #zoom = 0;

  connectedCallback() {
    this.className = "day";
    this.heading = h("h2", { class: "number" });
    this.svg = s("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
    this.needleMark = h("div", { class: "needle", hidden: true });
    this.pointer = h("div", { class: "pointer", hidden: true }, h("span", { class: "number" }));
    this.strip = h("div", { class: "day-strip", role: "slider", tabindex: "0", "aria-label": t("day.line"), "aria-valuemin": 0, "aria-valuemax": 1440, "aria-valuenow": 0 }, this.svg, this.pointer, this.needleMark);
    this.hours = h("div", { class: "day-hours number", "aria-hidden": "true" });
    this.count = h("span", { class: "soft" });
    this.out = iconButton("minus", t("day.out"), () => this.#setZoom(this.#zoom - 1));
    this.in = iconButton("plus", t("day.in"), () => this.#setZoom(this.#zoom + 1));
    this.replaceChildren(
      h("div", { class: "day-head" }, iconButton("left", t("day.previous"), () => this.#turn(-1)), this.heading, iconButton("right", t("day.next"), () => this.#turn(1)), this.count,
        h("div", { class: "end" }, this.out, this.in)),
      this.strip, this.hours);
    this.observer = new ResizeObserver(() => this.#draw());
    this.observer.observe(this.strip);
    this.strip.addEventListener("pointermove", (event) => this.#point(event));
    this.strip.addEventListener("pointerleave", () => (this.pointer.hidden = true));
    this.strip.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.strip.setPointerCapture(event.pointerId);
      this.held = this.view;
      this.#scrub(event);
    });
    this.strip.addEventListener("lostpointercapture", () => {
      this.held = null;
      this.#draw();
    });
    this.strip.addEventListener("pointermove", (event) => event.buttons & 1 && this.#scrub(event, { isOnTheWay: true }));
    this.strip.addEventListener("pointerup", (event) => this.#scrub(event));
    this.strip.addEventListener("keydown", (event) => this.#key(event));
    this.strip.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.#setZoom(this.#zoom + (event.deltaY < 0 ? 1 : -1));
    }, { passive: false });
  }

  disconnectedCallback() {
    this.observer.disconnect();
  }

  /** Shows the day of a recording, and it among the others. */
  show(recording) {
    const from = startOfDay(startOf(recording));
    const isOther = from !== this.from || recording.stream_id !== this.#shown?.stream_id;
    this.#shown = recording;
    if (isOther) {
      this.from = from;
      this.#recordings = [recording];
      this.reload();
    }
    this.needle = startOf(recording);
    this.#draw();
  }

  async reload() {
    if (!this.#shown) return;
    const { from } = this;
    const until = endOfDay(from);
    const epoch = (this.epoch = {});
    const found = [];
    try {
      for (let number = 0; number < MOST_PAGES; number += 1) {
        const page = await get("/api/recordings", {
          parameters: {
            stream_id: this.#shown.stream_id, start_date: new Date(from).toISOString(), end_date: new Date(until - 1).toISOString(),
            sort_by: "timestamp", sort_order: "asc", limit: PAGE, offset: number * PAGE,
          },
        });
        found.push(...page.recordings);
        if (found.length >= page.total || !page.recordings.length) break;
      }
    } catch {
      return;
    }
    if (this.epoch !== epoch || !this.isConnected) return;
    this.#recordings = found;
    setText(this.count, t("gallery.count", { n: found.length }));
    this.#draw();
  }

  /** The time that is shown now, milliseconds. */
  set needle(milliseconds) {
    this.at = milliseconds;
    const [from, until] = this.#view;
    // What is shown of the day moves with it, and the marks have to as well.
    if (this.view && this.view[0] !== from) this.#draw();
    const share = (milliseconds - from) / (until - from);
    this.needleMark.hidden = !(share >= 0 && share <= 1);
    this.needleMark.style.left = `${share * 100}%`;
    this.strip.setAttribute("aria-valuenow", Math.round((milliseconds - this.from) / 60000));
    this.strip.setAttribute("aria-valuetext", timeWithSeconds(milliseconds));
  }

  /** Goes to the next recording or the one before, also of other days. */
  async step(direction) {
    if (!this.#shown) return;
    const all = this.#recordings;
    const at = startOf(this.#shown);
    const place = all.findIndex((recording) => recording.id === this.#shown.id);
    // One that was deleted meanwhile has its time still.
    const next = place >= 0 ? all[place + direction]
      : direction > 0 ? all.find((recording) => startOf(recording) > at) : all.findLast((recording) => startOf(recording) < at);
    if (next) this.#choose(next, 0);
    else await this.#nearest(direction, at + direction);
  }

  async #turn(direction) {
    await this.#nearest(direction, direction > 0 ? endOfDay(this.from) : this.from - 1);
  }

  /** The first recording from a time on, or the last before it. */
  async #nearest(direction, milliseconds) {
    try {
      const { recordings } = await get("/api/recordings", {
        parameters: {
          stream_id: this.#shown?.stream_id, limit: 1, sort_by: "timestamp", sort_order: direction > 0 ? "asc" : "desc",
          [direction > 0 ? "start_date" : "end_date"]: new Date(milliseconds).toISOString(),
        },
      });
      if (recordings.length) this.#choose(recordings[0], 0);
    } catch {}
  }

  #choose(recording, offset) {
    this.dispatchEvent(new CustomEvent("choose", { detail: { recording, offset } }));
  }

  // The line

  /** From when to when the line goes. Under a pointer that is down it does not move. */
  get #view() {
    if (this.held) return this.held;
    const from = this.from ?? 0;
    const until = endOfDay(from);
    const length = ZOOMS[this.#zoom] * 3600e3;
    if (!this.#zoom) return [from, until];
    const start = Math.min(Math.max(from, Math.floor(((this.at ?? from) - length / 4) / 9e5) * 9e5), until - length);
    return [start, start + length];
  }

  #setZoom(zoom) {
    this.#zoom = Math.min(Math.max(0, zoom), ZOOMS.length - 1);
    this.#draw();
  }

  #draw() {
    if (!this.from) return;
    const width = this.strip.clientWidth;
    if (!width) return;
    const view = (this.view = this.#view);
    const [from, until] = view;
    setText(this.heading, day(this.from));
    this.out.disabled = !this.#zoom;
    this.in.disabled = this.#zoom === ZOOMS.length - 1;
    const x = (milliseconds) => ((milliseconds - from) / (until - from)) * width;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const hours = (until - from) / 3600e3;
    const every = hours > 12 ? (width < 480 ? 6 : 3) : hours > 2 ? 1 : 0.25;
    const labels = [];
    const lines = [];
    for (let at = from; at <= until; at += every * 3600e3) {
      lines.push(s("line", { class: "hour", x1: x(at), x2: x(at), y1: 0, y2: HEIGHT }));
      const label = h("span", null, time(at));
      label.style.left = `${(x(at) / width) * 100}%`;
      // The last would stand beyond the line.
      if (at < until) labels.push(label);
    }
    const paths = Object.fromEntries(GROUP_NAMES.map((group) => [group, ""]));
    let now = null;
    for (const recording of this.#recordings) {
      const [left, right] = [x(startOf(recording)), x(endOf(recording))];
      if (right < 0 || left > width) continue;
      const wide = Math.max(2, right - left).toFixed(1);
      paths[recordingGroup(recording)] += `M${left.toFixed(1)} 18h${wide}v28h-${wide}z`;
      if (recording.id === this.#shown?.id) now = s("rect", { class: "mark-now", x: left - 2, y: 15, width: Number(wide) + 4, height: 34, rx: 2 });
    }
    this.svg.replaceChildren(...lines, ...GROUP_NAMES.map((group) => s("path", { class: `mark-${group}`, d: paths[group] })), ...(now ? [now] : []));
    this.hours.replaceChildren(...labels);
    if (this.at) this.needle = this.at;
  }

  #timeAt(event) {
    const box = this.strip.getBoundingClientRect();
    const share = Math.min(Math.max(0, (event.clientX - box.left) / box.width), 1);
    const [from, until] = this.view ?? this.#view;
    return { share, at: from + share * (until - from), slack: ((until - from) / box.width) * 6 };
  }

  /** The recording at a time, or one so near that it was meant. */
  #recordingAt(at, slack) {
    let best = null;
    let distance = slack;
    for (const recording of this.#recordings) {
      const away = Math.max(0, startOf(recording) - at, at - endOf(recording));
      if (away < distance || (away === 0 && !best)) [best, distance] = [recording, away];
    }
    return best;
  }

  #point(event) {
    if (event.pointerType !== "mouse") return;
    const { share, at, slack } = this.#timeAt(event);
    const recording = this.#recordingAt(at, slack);
    this.pointer.hidden = false;
    this.pointer.style.left = `${share * 100}%`;
    this.pointer.classList.toggle("flip", share > 0.6);
    setText(this.pointer.firstChild, recording ? `${timeWithSeconds(at)} · ${objectsText(recording)}` : timeWithSeconds(at));
  }

  #scrub(event, { isOnTheWay = false } = {}) {
    const { at, slack } = this.#timeAt(event);
    const recording = this.#recordingAt(at, slack);
    if (!recording) return;
    if (recording.id !== this.#shown?.id) {
      if (isOnTheWay && performance.now() - this.changedAt < CHANGE_MILLISECONDS) return;
      this.changedAt = performance.now();
    }
    this.#choose(recording, Math.min(Math.max(0, (at - startOf(recording)) / 1000), Math.max(0, recording.duration - 0.2)));
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 1, ArrowDown: -1 }[event.key];
    const edge = { Home: 0, End: this.#recordings.length - 1 }[event.key];
    if (step) this.step(step);
    else if (edge !== undefined && this.#recordings[edge]) this.#choose(this.#recordings[edge], 0);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
customElements.define("sx-day", Day);
