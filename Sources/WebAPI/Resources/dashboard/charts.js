// Small charts: bars of text and boxes, columns and lines of SVG. Each says in words what it shows.
import { h, s } from "./dom.js";
import { number } from "./text.js";

/** Names with lengths. `entries`: `{name, value, text?, kind?}` */
export function bars(entries, label) {
  const most = Math.max(...entries.map((entry) => entry.value), 1e-9);
  return h("div", { class: "bars", role: "list", "aria-label": label }, entries.map(({ name, value, text, kind }) => {
    const bar = h("i", { class: kind });
    bar.style.setProperty("--share", value / most);
    return h("div", { role: "listitem", class: "bar-row" }, h("span", null, name), h("span", { class: "track", "aria-hidden": "true" }, bar), h("span", { class: "number" }, text ?? number(value)));
  }));
}

const WIDTH = 480;
const HEIGHT = 160;

/** Columns from left to right. `entries`: `{name, value, title}`; every `every`-th has its name below. */
export function columns(entries, label, every = 1) {
  const most = Math.max(...entries.map((entry) => entry.value), 1);
  const step = WIDTH / entries.length;
  const wide = Math.max(2, step * 0.72);
  return s("svg", { class: "chart", viewBox: `0 -8 ${WIDTH} ${HEIGHT + 32}`, role: "img", "aria-label": `${label}: ${entries.map((entry) => entry.title).join("; ")}` },
    s("line", { class: "base", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }),
    entries.map(({ name, value, title }, index) => {
      const height = (value / most) * HEIGHT;
      return [
        s("rect", { class: "column", x: index * step + (step - wide) / 2, y: HEIGHT - height, width: wide, height, rx: Math.min(3, height / 2) }, s("title", null, title)),
        index % every === 0 && s("text", { x: index * step + step / 2, y: HEIGHT + 18, "text-anchor": "middle" }, name),
      ];
    }));
}

/** A line of values, the newest at the right. */
export function line(values, most, room, label) {
  const step = WIDTH / (room - 1);
  const start = WIDTH - (values.length - 1) * step;
  const points = values.map((value, index) => `${(start + index * step).toFixed(1)},${(40 - (value / most) * 40).toFixed(1)}`).join(" ");
  return s("svg", { class: "chart", viewBox: `0 -2 ${WIDTH} 44`, role: "img", "aria-label": label, preserveAspectRatio: "none" },
    s("line", { class: "base", x1: 0, x2: WIDTH, y1: 40, y2: 40 }), s("polyline", { class: "line", points }));
}
