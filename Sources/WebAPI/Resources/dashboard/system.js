// <sx-system>: how the server and its cameras are.
import { get, server } from "./api.js";
import { h, kept, redraw } from "./dom.js";
import { happenings } from "./events.js";
import "./log.js";
import "./queues.js";
import { ago, bytes, language, LANGUAGES, number, span, t } from "./text.js";

const KINDS = {
  running: "good", recording: "good", idle: "good", connecting: "warn", starting: "warn", waiting: "bad", failing: "bad", failed: "bad", stopped: "", disabled: "",
};
const state = (name, group) => h("span", { class: `state ${KINDS[name] ?? ""}` }, h("span", { class: "dot", "data-state": { good: "running", warn: "connecting", bad: "waiting" }[KINDS[name]] ?? "" }), t(`${group}.${name}`));

class System extends HTMLElement {
  connectedCallback() {
    this.className = "page";
    this.leave = new AbortController();
    const { signal } = this.leave;
    for (const name of ["status", "lost", "found"]) server.addEventListener(name, () => this.#draw(), { signal });
    this.cameras = h("section", { class: "panel wide" });
    this.server = h("section", { class: "panel" });
    this.detector = h("section", { class: "panel" });
    this.storage = h("section", { class: "panel" });
    this.page = h("section", { class: "panel" });
    this.queues = h("section", { class: "panel wide" }, h("sx-queues"));
    this.log = h("section", { class: "panel wide" }, h("sx-log"));
    this.replaceChildren(
      h("div", { class: "toolbar" }, h("h1", null, t("page.system"))),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("page.system") },
        h("div", { class: "panels" }, this.cameras, this.server, this.detector, this.storage, this.page, this.queues, this.log)));
    this.#drawPage();
    this.#draw();
    this.#load();
    this.timer = setInterval(() => document.visibilityState === "visible" && this.#load(), 10000);
  }

  disconnectedCallback() {
    this.leave.abort();
    clearInterval(this.timer);
  }

  navigated() {}

  #draw() {
    const { status } = server;
    if (!status) return;
    const pairs = (entries) => h("dl", { class: "pairs" }, entries.filter(Boolean).map(([name, value]) => [h("dt", null, name), h("dd", { class: "number" }, value)]));
    redraw(this.server, h("h2", null, t("system.server")), pairs([
      [t("system.state"), state(server.isThere ? "running" : "failed", "server")],
      [t("system.version"), status.version],
      [t("system.uptime"), span(status.uptime_seconds)],
      [t("system.live"), t(happenings.isOpen ? "system.liveOpen" : "system.livePolled")],
      [t("system.slow"), number(status.slow_viewers_dropped)],
      Math.abs(server.clockOffset) > 5000 && [t("system.clock"), t("system.clockOff", { span: span(Math.abs(server.clockOffset) < 60000 ? Math.abs(server.clockOffset) / 1000 : Math.round(Math.abs(server.clockOffset) / 60000) * 60) })],
    ]));
    redraw(this.detector, h("h2", null, t("system.detector")), pairs([
      [t("system.state"), state(status.detector.state, "detector")],
      status.detector.reason && [t("system.reason"), status.detector.reason],
      [t("system.model"), status.model || "–"],
      [t("system.inference"), status.detector.inference_ms === null ? "–" : `${number(status.detector.inference_ms, 1)} ms`],
      [t("system.tracking"), t(status.tracking_enabled ? "on" : "off")],
    ]));
    const heads = ["system.camera", "system.state", "system.rate", "system.picture", "system.lastSeen", "system.viewers", "system.dropped", "system.recording"];
    redraw(this.cameras, h("h2", null, t("system.cameras")), server.cameras.length
      ? h("div", { class: "table", tabindex: "0", role: "region", "aria-label": t("system.cameras") }, h("table", { class: "cards-table" },
        h("thead", null, h("tr", null, heads.map((key, index) => h("th", { scope: "col", class: [2, 5, 6].includes(index) ? "number" : null }, t(key))))),
        h("tbody", null, server.cameras.map((camera) => h("tr", null, [

          h("th", { scope: "row" }, h("a", { href: `/?${new URLSearchParams({ camera: camera.path })}` }, camera.name)),
          h("td", { class: camera.reason ? "whole wrap" : "whole" }, state(camera.state, "camera"), camera.reason && h("div", { class: "soft" }, camera.reason)),
          h("td", { class: "number" }, number(camera.fps, 1)),
          h("td", { class: "number-left" }, camera.width ? `${camera.width} × ${camera.height}` : "–"),
          h("td", null, camera.last_detection ? ago(Date.parse(camera.last_detection), server.now()) : "–"),
          h("td", { class: "number" }, number(camera.viewers)),
          h("td", { class: "number" }, number(camera.dropped)),
          h("td", { class: camera.recording.reason ? "wrap" : null }, state(camera.recording.state, "recording"), camera.recording.reason && h("div", { class: "soft" }, camera.recording.reason)),
        ].map((cell, index) => (index > 1 && cell.setAttribute("data-label", t(heads[index])), cell)))))))
      : h("p", { class: "soft" }, t("first.noCamera")));
    this.recordingState = [[t("system.recording"), state(status.recording.state, "recording")], status.recording.reason && [t("system.reason"), status.recording.reason]];
    this.#drawStorage(pairs);
  }

  #drawStorage(pairs) {
    const { sums } = this;
    redraw(this.storage, h("h2", null, t("system.storage")), pairs([
      ...this.recordingState,
      sums && [t("system.total"), number(sums.total_recordings)],
      sums && [t("system.used"), bytes(sums.total_size_bytes)],
      sums && [t("system.length"), span(sums.total_duration_seconds)],
      sums?.oldest_recording && [t("system.oldest"), span((server.now() - Date.parse(sums.oldest_recording)) / 1000)],
    ]));
  }

  #drawPage() {
    const select = (label, key, options) => h("div", { class: "choice" }, h("label", { for: `choice-${key}` }, label), h("select", { id: `choice-${key}`, onchange: (event) => {
      const { value } = event.target;
      kept.set(key, value);
      if (key === "language") location.reload();
      else if (value === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = value;
    } }, options.map(([value, text]) => h("option", { value, ".selected": value === (key === "language" ? language : kept.get(key, "system")) }, text))));
    this.page.replaceChildren(h("h2", null, t("system.page")),
      select(t("system.theme"), "theme", ["system", "light", "dark"].map((value) => [value, t(`theme.${value}`)])),
      select(t("system.language"), "language", Object.entries(LANGUAGES)),
      h("p", null, h("a", { href: "/docs" }, t("system.api"))));
  }

  async #load() {
    try {
      this.sums = await get("/api/recordings/stats");
      if (this.isConnected) this.#draw();
    } catch {}
  }
}
customElements.define("sx-system", System);
