// <sx-queues>: what waits in the server's queues and what they lost, a row a camera, and the same values as in /metrics.
import { get, server } from "./api.js";
import { h, redraw } from "./dom.js";
import { bytes, number, t } from "./text.js";

const PAUSE_MILLISECONDS = 3000;
const OF_CAMERAS = ["gop", "decoder", "detector", "recorder", "actions", "preroll", "live", "rtsp"];

const amount = (queue, value) => (queue.unit === "bytes" ? bytes(value) : number(value));

/** `3 / 600`, and what was lost where anything was. */
function cell(queue) {
  if (!queue) return h("span", { class: "soft" }, "–");
  // Nobody takes anything: there is no queue now.
  const fill = queue.capacity ? t("queues.fill", { depth: amount(queue, queue.depth), capacity: amount(queue, queue.capacity) }) : "–";
  // Of the detector that is how it should be: it takes the newest picture.
  const isUsual = queue.name === "detector" || queue.name === "preroll";
  return [h("div", null, fill), queue.dropped ? h("div", { class: isUsual ? "soft" : "lost" }, t("queues.lost", { n: queue.dropped })) : null];
}

class Queues extends HTMLElement {
  connectedCallback() {
    const look = () => document.visibilityState === "visible" && this.#load();
    this.timer = setInterval(look, PAUSE_MILLISECONDS);
    this.#load();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  async #load() {
    try {
      const { queues } = await get("/api/queues");
      if (this.isConnected) this.#draw(queues);
    } catch {}
  }

  #draw(queues) {
    const byCamera = Map.groupBy(queues.filter((queue) => queue.camera !== null), (queue) => queue.camera);
    const shared = queues.filter((queue) => queue.camera === null);
    const kinds = OF_CAMERAS.filter((kind) => queues.some((queue) => queue.name === kind));
    const heads = kinds.map((kind) => t(`queue.${kind}`));
    redraw(this, h("h2", null, t("queues.title")), h("p", { class: "soft" }, t("queues.what")),
      byCamera.size ? h("div", { class: "table", tabindex: "0", role: "region", "aria-label": t("queues.ofCameras") },
        h("table", { class: "cards-table" },
          h("thead", null, h("tr", null, h("th", { scope: "col" }, t("system.camera")), heads.map((head) => h("th", { scope: "col" }, head)))),
          h("tbody", null, [...byCamera].map(([camera, own]) => h("tr", null,
            h("th", { scope: "row" }, server.camera(camera)?.name ?? camera),
            kinds.map((kind, index) => h("td", { class: "number-left", "data-label": heads[index] }, cell(own.find((queue) => queue.name === kind))))))))) : null,
      h("dl", { class: "figures-row" }, shared.map((queue) => h("div", null, h("dt", null, t(`queue.${queue.name}`)),
        h("dd", { class: "number" }, cell(queue))))));
  }
}
customElements.define("sx-queues", Queues);
