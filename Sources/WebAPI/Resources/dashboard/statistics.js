// <sx-statistics>: sums over the recordings.
import { get, server } from "./api.js";
import { bars, columns, line } from "./charts.js";
import { classGroup } from "./classes.js";
import { h } from "./dom.js";
import { bytes, className, locale, number, span, t } from "./text.js";
import { go } from "./toast.js";

/** Days; the last stands for all. */
const LENGTHS = [1, 7, 30, 3650];
/** Of the classes, the most frequent. */
const MOST_CLASSES = 12;
/** Values of frame rates that are kept while the page is open. */
const ROOM = 100;

const rates = new Map();
server.addEventListener("status", () => {
  for (const { path, fps } of server.cameras) {
    const values = rates.get(path) ?? [];
    values.push(fps);
    if (values.length > ROOM) values.shift();
    rates.set(path, values);
  }
});

class Statistics extends HTMLElement {
  connectedCallback() {
    this.className = "page";
    this.leave = new AbortController();
    const { signal } = this.leave;
    server.addEventListener("status", () => this.#drawRates(), { signal });
    server.addEventListener("found", () => this.#load(), { signal });
    this.camera = h("select", { "aria-label": t("filter.camera"), onchange: (event) => this.#set("camera", event.target.value) });
    this.lengths = h("div", { class: "segments", role: "group", "aria-label": t("statistics.period") }, LENGTHS.map((days) => h("button", { type: "button", onclick: () => this.#set("days", days === 7 ? "" : String(days)) }, days === LENGTHS.at(-1) ? t("statistics.all") : t("statistics.days", { n: days }))));
    this.panels = h("div", { class: "panels" });
    this.rates = h("section", { class: "panel wide" });
    this.replaceChildren(
      h("div", { class: "toolbar" }, h("h1", null, t("page.statistics")), h("div", { class: "end" }, this.camera, this.lengths)),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("page.statistics") }, this.panels));
    this.navigated();
  }

  disconnectedCallback() {
    this.leave.abort();
  }

  navigated() {
    this.#drawRates();
    this.#load();
  }

  get #wanted() {
    return new URLSearchParams(location.search);
  }

  get #days() {
    const days = Number(this.#wanted.get("days"));
    return LENGTHS.includes(days) ? days : 7;
  }

  #set(key, value) {
    const wanted = this.#wanted;
    if (value) wanted.set(key, value);
    else wanted.delete(key);
    go(`/statistics${wanted.size ? `?${wanted}` : ""}`, { replaces: true });
  }

  #drawCameras() {
    if (this.camera === document.activeElement) return;
    const current = this.#wanted.get("camera") ?? "";
    this.camera.replaceChildren(...[["", t("filter.allCameras")], ...server.cameras.map((camera) => [camera.path, camera.name])].map(([value, text]) => h("option", { value, ".selected": value === current }, text)));
    [...this.lengths.children].forEach((button, index) => button.setAttribute("aria-pressed", String(LENGTHS[index] === this.#days)));
  }

  async #load() {
    const days = this.#days;
    const camera = server.camera(this.#wanted.get("camera") ?? "");
    const stream_id = camera?.stream_id;
    // Days here are those of UTC.
    const start_date = days === LENGTHS.at(-1) ? "1970-01-01" : new Date(server.now() - (days - 1) * 864e5).toISOString().slice(0, 10);
    const period = { start_date, stream_id };
    const epoch = (this.epoch = {});
    try {
      const [all, objects, times] = await Promise.all([
        get("/api/recordings/stats"), get("/api/stats/objects", { parameters: period }), get("/api/stats/times", { parameters: period }),
      ]);
      if (this.epoch === epoch && this.isConnected) this.#draw(all, objects.stats, times.stats);
    } catch (error) {
      if (this.epoch === epoch && !this.panels.childElementCount) this.panels.replaceChildren(h("p", null, error.message));
    }
  }

  #draw(all, objects, times) {
    const figure = (name, value) => h("div", null, h("dt", null, name), h("dd", null, value));
    const panel = (title, ...content) => h("section", { class: "panel" }, h("h2", null, title), content);
    const nothing = () => h("p", { class: "soft" }, t("statistics.nothing"));
    const classes = Object.entries(objects.object_counts).sort((a, b) => b[1] - a[1]).slice(0, MOST_CLASSES);
    const cameras = Object.entries(all.by_camera).sort((a, b) => b[1].size_bytes - a[1].size_bytes);
    const nameOf = (path) => server.camera(path)?.name ?? path;
    const hours = localHours(times.hours);
    const weekdays = times.days.map(({ day, detections }, index) => {
      // 2024-01-01 was a Monday.
      const date = Date.UTC(2024, 0, 1 + index);
      const name = (style) => new Intl.DateTimeFormat(locale, { weekday: style, timeZone: "UTC" }).format(date);
      return { name: name("short"), value: detections, title: `${name("long")} ${number(detections)}` };
    });
    const hasTimes = hours.entries.some((entry) => entry.value);
    this.panels.replaceChildren(
      h("dl", { class: "figures" },
        figure(t("statistics.inPeriod"), number(objects.total_recordings)), figure(t("statistics.total"), number(all.total_recordings)),
        figure(t("statistics.length"), span(all.total_duration_seconds)), figure(t("statistics.storage"), bytes(all.total_size_bytes)),
        figure(t("statistics.oldest"), all.oldest_recording ? span((server.now() - Date.parse(all.oldest_recording)) / 1000) : "–")),
      panel(t("statistics.byClass"), classes.length ? bars(classes.map(([name, value]) => ({ name: className(name), value, kind: classGroup(name) })), t("statistics.byClass")) : nothing()),
      panel(t(hours.isLocal ? "statistics.byHour" : "statistics.byHourUTC"), hasTimes ? columns(hours.entries, t("statistics.byHour"), 3) : nothing()),
      panel(t("statistics.byDay"), hasTimes ? columns(weekdays, t("statistics.byDay")) : nothing()),
      panel(t("statistics.byCamera"), cameras.length ? bars(cameras.map(([path, sums]) => ({ name: nameOf(path), value: sums.size_bytes ?? 0, text: bytes(sums.size_bytes ?? 0) })), t("statistics.byCamera")) : nothing()),
      this.rates);
  }

  #drawRates() {
    this.#drawCameras();
    if (!this.panels.contains(this.rates)) this.panels.append(this.rates);
    this.rates.replaceChildren(h("h2", null, t("statistics.rates")),
      h("div", { class: "rates" }, server.cameras.map(({ path, name, fps }) => {
        const values = rates.get(path) ?? [];
        return h("figure", null, h("figcaption", { class: "rate" }, h("span", null, name), h("span", { class: "number" }, t("statistics.fps", { n: number(fps, 1) }))),
          line(values.length > 1 ? values : [fps, fps], Math.max(30, ...values), ROOM, t("statistics.rateOf", { name, n: number(fps, 1) })));
      })));
  }
}

/** The hours of UTC as those of the reader, where whole hours lie between them. */
function localHours(hours) {
  const offset = -new Date(server.now()).getTimezoneOffset();
  const isLocal = offset % 60 === 0;
  const shift = isLocal ? offset / 60 : 0;
  const entries = hours.map((_, hour) => {
    const value = hours[(((hour - shift) % 24) + 24) % 24].detections;
    return { name: String(hour).padStart(2, "0"), value, title: `${String(hour).padStart(2, "0")}:00 ${number(value)}` };
  });
  return { isLocal, entries };
}
customElements.define("sx-statistics", Statistics);
