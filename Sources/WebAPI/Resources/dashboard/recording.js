// How a recording looks in lists.
import { server } from "./api.js";
import { classCounts } from "./classes.js";
import { h, icon } from "./dom.js";
import { className, clock, dayName, time, t } from "./text.js";

export const startOf = (recording) => Date.parse(recording.start_time);

/** The name that its camera has by now, else the one it had. */
export const cameraName = (recording) => server.camera(recording.stream_path)?.name ?? recording.stream_name;

/** `Person, car`: the classes that were seen, the most frequent first. */
export function objectsText(recording) {
  const text = classCounts(recording).map(([name]) => className(name)).join(", ");
  return text ? text.charAt(0).toUpperCase() + text.slice(1) : t("recording.noObject");
}

/** A picture of the clip; where it is missing or broken, a sign that stands for one. */
export function shot(recording) {
  const element = h("span", { class: "shot" }, icon("camera"));
  if (recording.thumbnail_url) {
    const image = h("img", { alt: "", decoding: "async", loading: "lazy", src: recording.thumbnail_url });
    image.addEventListener("error", () => image.remove());
    element.append(image);
  }
  element.append(h("span", { class: "badge" }, clock(recording.duration)));
  return element;
}

/** One line of a short list. */
export function row(recording) {
  const start = startOf(recording);
  return h("a", { class: "row", href: `/clips/${recording.id}` }, shot(recording),
    h("span", null, h("strong", null, objectsText(recording)), h("span", { class: "soft" }, cameraName(recording)),
      h("span", { class: "soft number" }, `${dayName(start, server.now())}, ${time(start)}`)));
}
