// When the objects of a clip were there, as marks below its slider.
import { classGroup } from "./classes.js";
import { h } from "./dom.js";
import { className, clock, percent, t } from "./text.js";

/** Rows of marks; of more objects at once, the later lie over the earlier. */
const MOST_LANES = 4;

/** The objects of a recording that have times: class, confidence, from, to; by their beginning. */
export function timed(recording) {
  const times = recording.object_times ?? [];
  return recording.objects_detected.map((object, index) => ({ ...object, ...times[index] })).filter((object) => object.from !== undefined)
    .sort((a, b) => a.from - b.from || a.to - b.to);
}

/** Draws the marks; `seek` gets the second that was chosen. The list of objects has the same for the keyboard. */
export function drawMarks(element, recording, length, seek) {
  const ends = [];
  const marks = timed(recording).map((object) => {
    let lane = ends.findIndex((end) => end <= object.from);
    if (lane < 0) lane = ends.length < MOST_LANES ? ends.length : ends.indexOf(Math.min(...ends));
    ends[lane] = object.to;
    const mark = h("button", { type: "button", tabindex: "-1", class: `mark back-${classGroup(object.class)}`, title: describe(object), onclick: () => seek(object.from) });
    const share = (seconds) => Math.min(Math.max(0, seconds / (length || 1)), 1);
    mark.style.setProperty("--from", share(object.from));
    mark.style.setProperty("--share", share(object.to) - share(object.from));
    mark.style.setProperty("--lane", lane);
    return mark;
  });
  element.style.setProperty("--lanes", ends.length);
  element.replaceChildren(...marks);
  element.hidden = !marks.length;
}

const describe = (object) => t("player.seen", { class: className(object.class), sure: percent(object.confidence), from: clock(object.from), to: clock(object.to) });

/** The same as buttons with the times, for a list: `most` at most, and of those of one second the first. */
export function timeButtons(objects, most, seek) {
  const seen = new Map(objects.toReversed().map((object) => [clock(object.from), object]));
  return [...seen.values()].toReversed().slice(0, most).map((object) => h("button", { type: "button", class: "time number", "aria-label": describe(object), onclick: () => seek(object.from) }, clock(object.from)));
}
