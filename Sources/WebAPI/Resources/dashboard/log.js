// <sx-log>: the latest lines of the server's log, the newest on top; new ones come by themselves.
import { get, server } from "./api.js";
import { h } from "./dom.js";
import { dayName, timeWithSeconds, t } from "./text.js";

const LEVELS = ["trace", "info", "warning", "error"];
const KINDS = { warning: "warn", error: "bad", critical: "bad" };
const PAUSE_MILLISECONDS = 2000;
const MOST = 500;

class Log extends HTMLElement {
  #newest = 0;
  #level = LEVELS[1];
  #isFollowing = true;
  #epoch = 0;

  connectedCallback() {
    this.leave = new AbortController();
    const { signal } = this.leave;
    this.list = h("ol", { "aria-live": "off" });
    this.none = h("p", { class: "soft", hidden: true }, t("log.none"));
    this.follow = h("button", { type: "button", "aria-pressed": "true", onclick: () => this.#setFollowing(!this.#isFollowing) }, t("log.follow"));
    this.replaceChildren(
      h("div", { class: "panel-head" }, h("h2", null, t("log.title")),
        h("label", null, t("log.level"), h("select", { onchange: ({ target }) => this.#setLevel(target.value) },
          LEVELS.map((level) => h("option", { value: level, ".selected": level === this.#level }, t(`least.${level}`))))),
        this.follow),
      h("div", { class: "log", tabindex: "0", role: "region", "aria-label": t("log.title") }, this.none, this.list));
    const look = () => this.#isFollowing && document.visibilityState === "visible" && this.#load();
    this.timer = setInterval(look, PAUSE_MILLISECONDS);
    document.addEventListener("visibilitychange", look, { signal });
    server.addEventListener("found", look, { signal });
    this.#load();
  }

  disconnectedCallback() {
    this.leave.abort();
    clearInterval(this.timer);
  }

  #setFollowing(isFollowing) {
    this.#isFollowing = isFollowing;
    this.follow.setAttribute("aria-pressed", String(isFollowing));
    if (isFollowing) this.#load();
  }

  #setLevel(level) {
    this.#level = level;
    this.#newest = 0;
    this.#epoch += 1;
    this.#load();
  }

  async #load() {
    const epoch = this.#epoch;
    const isWhole = !this.#newest;
    let lines;
    try {
      ({ lines } = await get("/api/log", { parameters: { level: this.#level, after: this.#newest, limit: MOST } }));
    } catch {
      return;
    }
    // Two answers may cross: what came in between is known already.
    lines = lines.filter((line) => isWhole || line.seq > this.#newest);
    if (!this.isConnected || epoch !== this.#epoch) return;
    if (isWhole) this.list.replaceChildren();
    if (lines.length) this.#newest = lines[0].seq;
    this.list.prepend(...lines.map((line) => this.#line(line)));
    while (this.list.childElementCount > MOST) this.list.lastElementChild.remove();
    this.none.hidden = this.list.childElementCount > 0;
  }

  #line({ time, level, source, message, metadata }) {
    const at = Date.parse(time);
    const details = Object.entries(metadata).map(([name, value]) => h("span", null, h("span", { class: "soft" }, `${name} `), value));
    const day = dayName(at, server.now());
    return h("li", null,
      h("time", { datetime: time, title: `${day}, ${source}` }, timeWithSeconds(at)),
      h("span", { class: `state ${KINDS[level] ?? ""}` }, t(`level.${level}`)),
      h("div", null, h("span", null, message), details));
  }
}
customElements.define("sx-log", Log);
