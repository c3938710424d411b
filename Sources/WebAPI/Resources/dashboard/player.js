// <sx-player>: one clip, and the day that it belongs to.
import { change, gathered, get, Refused, server } from "./api.js";
import { bin } from "./bin.js";
import { classCounts, classGroup } from "./classes.js";
import "./day.js";
import { h, icon, iconButton, setText } from "./dom.js";
import { happenings } from "./events.js";
import { drawMarks, timeButtons, timed } from "./marks.js";
import { cameraName, objectsText, startOf } from "./recording.js";
import { bytes, className, clock, dayAndTime, number, percent, span, t } from "./text.js";
import { go, toast } from "./toast.js";

const SPEEDS = [1, 2, 4, 8];
/** Times of one class that are listed. */
const MOST_TIMES = 8;

class Player extends HTMLElement {
  #recording = null;
  #speed = 1;
  #backwards = 0;

  connectedCallback() {
    this.className = "page";
    this.leave = new AbortController();
    const { signal } = this.leave;
    this.heading = h("h1");
    this.video = h("video", { playsinline: true, preload: "auto", "aria-label": t("player.clip") });
    this.notice = h("div", { class: "notice", role: "status", hidden: true }, h("strong"), h("span"));
    this.playButton = iconButton("play", t("player.play"), () => this.#toggle());
    this.slider = h("input", { type: "range", min: 0, max: 1, step: "any", ".value": 0, "aria-label": t("player.position") });
    this.marks = h("div", { class: "marks", "aria-hidden": "true", hidden: true });
    this.clock = h("span", { class: "number" }, "0:00");
    this.speedButton = h("button", { type: "button", class: "secondary number", "aria-label": t("player.speed"), onclick: () => this.#faster(true) }, "1×");
    this.strip = h("sx-day");
    this.facts = h("div", { class: "facts" });
    this.replaceChildren(
      h("div", { class: "toolbar" },
        h("button", { type: "button", class: "icon-button", "aria-label": t("player.back"), title: t("player.back"), onclick: () => (history.length > 1 ? history.back() : go("/gallery")) }, icon("back")), this.heading),
      h("div", { class: "player scroll" },
        h("div", { class: "stage" },
          h("div", { class: "screen" }, this.video, this.notice),
          h("div", { class: "controls" }, this.playButton, iconButton("left", t("player.earlier"), () => this.strip.step(-1)), iconButton("right", t("player.later"), () => this.strip.step(1)),
            h("div", { class: "timeline" }, this.slider, this.marks), this.clock, this.speedButton,
            iconButton("full", t("live.full"), () => this.video.parentElement.requestFullscreen?.().catch(() => {}))),
          this.strip),
        this.facts));
    const { video } = this;
    video.addEventListener("click", () => this.#toggle());
    for (const name of ["play", "pause", "ended"]) video.addEventListener(name, () => this.#showPlaying());
    for (const name of ["timeupdate", "loadedmetadata", "seeked"]) video.addEventListener(name, () => this.#showTime());
    video.addEventListener("error", () => this.#failed());
    video.addEventListener("loadedmetadata", () => {
      if (this.startAt) video.currentTime = Math.min(this.startAt, video.duration - 0.1);
      this.startAt = 0;
      video.playbackRate = this.#speed;
    });
    this.slider.addEventListener("input", () => {
      this.#still();
      video.currentTime = Number(this.slider.value) * this.#length;
    });
    this.strip.addEventListener("choose", ({ detail }) => this.#choose(detail));
    addEventListener("keydown", (event) => this.#key(event), { signal });
    const reloadDay = gathered(() => this.isConnected && this.strip.reload());
    happenings.addEventListener("recording", ({ detail }) => {
      if (detail.action === "deleted" && detail.recording?.id === this.#recording?.id) this.#deleted();
      else if (detail.recording?.stream_id === this.#recording?.stream_id) reloadDay();
    }, { signal });
    this.timer = setInterval(() => document.visibilityState === "visible" && this.#check(), 10000);
    bin.addEventListener("change", ({ detail }) => detail.id === this.#recording?.id && this.#bin(), { signal });
    server.addEventListener("found", () => (this.video.error || this.#recording?.id !== this.#id) && this.#load(), { signal });
    server.addEventListener("status", () => this.#recording && setText(this.heading, cameraName(this.#recording)), { signal });
    this.navigated();
  }

  disconnectedCallback() {
    this.leave.abort();
    clearInterval(this.timer);
    this.#still();
    this.video.removeAttribute("src");
    this.video.load();
  }

  get #id() {
    return Number(/^\/clips\/(\d+)$/.exec(location.pathname)?.[1] ?? -1);
  }

  navigated() {
    if (this.#recording?.id === this.#id) return;
    this.startAt = Number(new URLSearchParams(location.search).get("t")) || 0;
    this.#load();
  }

  async #load() {
    const id = this.#id;
    try {
      const recording = await get(`/api/recordings/${id}`);
      if (this.#id !== id || !this.isConnected) return;
      this.#show(recording);
    } catch (error) {
      if (this.#id !== id) return;
      if (error instanceof Refused && error.status === 404) this.#say(t("player.unknown"), t("player.unknownWhy"));
      else this.#say(t("player.failed"), error.message);
    }
  }

  #show(recording, { keepsVideo = false } = {}) {
    this.#recording = recording;
    document.title = `${objectsText(recording)} · ${cameraName(recording)} · SpectraX`;
    setText(this.heading, cameraName(recording));
    this.#drawFacts();
    drawMarks(this.marks, recording, recording.duration, (seconds) => this.#seek(seconds));
    if (!recording.object_times) this.#complete(recording.id);
    this.strip.show(recording);
    if (keepsVideo) return;
    this.notice.hidden = true;
    if (bin.has(recording.id)) return this.#bin();
    if (!recording.retained) return this.#say(t("player.removed"), t("player.removedWhy"));
    this.video.poster = recording.clean_thumbnail_url ?? "";
    this.video.src = recording.file_url;
    this.video.play().catch(() => {});
    this.#showTime();
  }

  /** Lists tell less of a recording than it does itself. */
  async #complete(id) {
    try {
      const recording = await get(`/api/recordings/${id}`);
      if (id === this.#recording?.id && this.isConnected) this.#show(recording, { keepsVideo: true });
    } catch {}
  }

  #seek(seconds) {
    this.#still();
    this.video.currentTime = Math.min(seconds, Math.max(0, this.#length - 0.1));
  }

  #drawFacts() {
    const recording = this.#recording;
    const start = startOf(recording);
    const fact = (name, value) => [h("dt", null, t(name)), h("dd", null, value)];
    const isHere = Boolean(recording.retained);
    const times = timed(recording);
    this.facts.replaceChildren(
      h("div", { class: "actions" },
        h("button", { type: "button", "aria-pressed": String(recording.protected), title: t("recording.protectWhy"), onclick: () => this.#protect() }, icon("shield"), t(recording.protected ? "recording.protected" : "recording.protect")),
        isHere && h("a", { class: "button", href: `${recording.file_url}?download`, download: "" }, icon("download"), t("recording.download")),
        h("button", { type: "button", class: "danger", onclick: () => this.#delete() }, icon("bin"), t("recording.delete"))),
      h("section", null, h("h2", null, t("player.objects")),
        recording.objects_detected.length
          ? h("ul", { class: "objects" }, classCounts(recording).map(([name, objects]) => h("li", null,
            h("span", { class: `swatch swatch-${classGroup(name)}` }), objects.length > 1 ? `${number(objects.length)} × ${className(name)}` : className(name),
            timeButtons(times.filter((object) => object.class === name), MOST_TIMES, (seconds) => this.#seek(seconds)),
            h("span", { class: "end" }, t(objects.length > 1 ? "player.upTo" : "player.sure", { n: percent(Math.max(...objects.map((object) => object.confidence))) })))))
          : h("p", { class: "soft" }, t("recording.noObject"))),
      h("section", null, h("h2", { class: "hidden" }, t("player.facts")),
        h("dl", null, fact("player.start", dayAndTime(start)), fact("player.length", span(recording.duration)),
          recording.file_size_bytes !== null && recording.file_size_bytes !== undefined && fact("player.size", bytes(recording.file_size_bytes)), fact("player.file", String(recording.file_path ?? "").split("/").pop()))),
      h("p", { class: "soft keys" }, t("player.keys")));
  }

  #say(title, text) {
    setText(this.notice.firstChild, title);
    setText(this.notice.lastChild, text ?? "");
    this.notice.hidden = false;
  }

  // Playing

  get #length() {
    return this.video.duration || this.#recording?.duration || 0;
  }

  #toggle() {
    this.#still();
    if (this.video.paused) this.video.play().catch(() => {});
    else this.video.pause();
  }

  #showPlaying() {
    const isPaused = this.video.paused && !this.#backwards;
    const label = t(isPaused ? "player.play" : "player.pause");
    this.playButton.replaceChildren(icon(isPaused ? "play" : "pause"));
    this.playButton.setAttribute("aria-label", label);
    this.playButton.title = label;
  }

  #showTime() {
    const { currentTime } = this.video;
    const length = this.#length;
    if (length) this.slider.value = currentTime / length;
    this.slider.setAttribute("aria-valuetext", t("player.of", { at: clock(currentTime), length: clock(length) }));
    setText(this.clock, `${clock(currentTime)} / ${clock(length)}`);
    if (this.#recording) this.strip.needle = startOf(this.#recording) + currentTime * 1000;
  }

  #setSpeed(speed) {
    this.#speed = speed;
    this.video.playbackRate = speed;
    setText(this.speedButton, `${number(speed, 2)}×`);
  }

  #faster(goesAround) {
    const next = SPEEDS[SPEEDS.indexOf(this.#speed) + 1];
    this.#setSpeed(next ?? (goesAround ? SPEEDS[0] : SPEEDS.at(-1)));
  }

  /** Ends playing backwards. */
  #still() {
    clearInterval(this.reverse);
    this.#backwards = 0;
  }

  /** Backwards, twice as fast with each press: browsers only play forwards, so step by step. */
  #reverse() {
    this.video.pause();
    this.#backwards = Math.min(8, this.#backwards * 2 || 1);
    clearInterval(this.reverse);
    const step = 0.1;
    this.reverse = setInterval(() => {
      if (this.video.seeking) return;
      this.video.currentTime = Math.max(0, this.video.currentTime - step * this.#backwards);
      if (!this.video.currentTime) {
        this.#still();
        this.#showPlaying();
      }
    }, step * 1000);
    this.#showPlaying();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("select, input:not([type=range]), sx-day [role=slider]")) return;
    const isOnButton = event.target.closest?.("button, a");
    const { video } = this;
    const skip = (seconds) => (this.#still(), (video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), this.#length)));
    const actions = {
      " ": isOnButton ? null : () => this.#toggle(),
      ArrowLeft: () => skip(-5),
      ArrowRight: () => skip(5),
      ArrowUp: () => this.strip.step(1),
      ArrowDown: () => this.strip.step(-1),
      j: () => this.#reverse(),
      k: () => (this.#still(), video.pause(), this.#setSpeed(1), this.#showPlaying()),
      l: () => {
        if (!video.paused) this.#faster(false);
        this.#still();
        video.play().catch(() => {});
      },
      ",": () => (this.#still(), video.pause(), skip(-1 / 25)),
      ".": () => (this.#still(), video.pause(), skip(1 / 25)),
      Escape: document.fullscreenElement ? null : () => go("/gallery"),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  #choose({ recording, offset }) {
    this.#still();
    if (recording.id === this.#recording?.id) {
      this.video.currentTime = offset;
      return;
    }
    this.startAt = offset;
    history.replaceState(null, "", `/clips/${recording.id}`);
    this.#show(recording);
  }

  // What may happen to a clip

  async #check() {
    if (!this.#recording || bin.has(this.#recording.id)) return;
    try {
      const recording = await get(`/api/recordings/${this.#recording.id}`);
      if (recording.id !== this.#recording?.id) return;
      if (recording.protected !== this.#recording.protected) this.#show(recording, { keepsVideo: true });
    } catch (error) {
      if (error instanceof Refused && error.status === 404) this.#deleted();
    }
  }

  #deleted() {
    this.video.pause();
    this.#say(t("player.deleted"), t("player.deletedWhy"));
    this.strip.reload();
  }

  async #failed() {
    if (!this.video.getAttribute("src") || bin.has(this.#recording?.id)) return;
    const id = this.#recording?.id;
    try {
      await get(`/api/recordings/${id}`);
      if (id === this.#recording?.id) this.#say(t("player.unplayable"), t("player.unplayableWhy"));
    } catch (error) {
      if (id !== this.#recording?.id) return;
      if (error instanceof Refused && error.status === 404) this.#deleted();
      else this.#say(t("player.failed"), t("player.failedWhy"));
    }
  }

  async #protect() {
    const recording = this.#recording;
    try {
      const changed = await change(`/api/recordings/${recording.id}`, { protected: !recording.protected });
      if (changed.id === this.#recording?.id) this.#show({ object_times: this.#recording.object_times, ...changed }, { keepsVideo: true });
      toast(t(changed.protected ? "recording.isProtected" : "recording.isFree"));
      this.facts.querySelector("button")?.focus();
    } catch (error) {
      toast(error.message);
    }
  }

  #delete() {
    this.#still();
    bin.put(this.#recording.id);
    this.#bin();
  }

  #bin() {
    if (!this.#recording) return;
    if (bin.has(this.#recording.id)) {
      this.video.pause();
      this.#say(t("recording.deleted"), "");
    } else this.#load();
    for (const button of this.facts.querySelectorAll(".actions button")) button.disabled = bin.has(this.#recording.id);
  }
}
customElements.define("sx-player", Player);
