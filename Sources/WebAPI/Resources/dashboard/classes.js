// Classes of objects have few colours: people, vehicles, animals, the rest.

const GROUPS = {
  person: ["person"],
  vehicle: ["bicycle", "car", "motorcycle", "motorbike", "airplane", "bus", "train", "truck", "boat"],
  animal: ["bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"],
};

const groups = new Map(Object.entries(GROUPS).flatMap(([group, names]) => names.map((name) => [name, group])));

export const GROUP_NAMES = ["person", "vehicle", "animal", "other"];
export const classGroup = (name) => groups.get(name) ?? "other";

/** On a picture, in both themes. */
const ON_PICTURE = { person: "#ffb454", vehicle: "#7cc4ff", animal: "#9be28a", other: "#d9c2ff" };
export const classColour = (name) => ON_PICTURE[classGroup(name)];

/** The group that a recording is marked with: of its objects the one that matters most. */
export function recordingGroup(recording) {
  const seen = new Set(recording.objects_detected.map((object) => classGroup(object.class)));
  return GROUP_NAMES.find((group) => seen.has(group)) ?? "other";
}

/** The objects of a recording by class, the most frequent first. */
export function classCounts(recording) {
  const objects = new Map();
  for (const object of recording.objects_detected) objects.set(object.class, [...(objects.get(object.class) ?? []), object]);
  return [...objects].sort((a, b) => b[1].length - a[1].length);
}
