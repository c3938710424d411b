"""Average precision of persons at IoU 0.5 on every third frame of vtest, whose ground truth is PETS09-S2L1."""
import collections
import json

import numpy as np

import bench

EVERY = 3
BARS = ((bench.YOLOX, "YOLOX-nano", 0.885), (bench.YOLOV3_TINY, "YOLOv3-tiny", 0.80))


def overlaps(box, boxes):
    """IoU of one x1, y1, x2, y2 with each of [N, 4]."""
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    common = np.clip(width, 0, None) * np.clip(height, 0, None)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return common / ((box[2] - box[0]) * (box[3] - box[1]) + areas - common)


def ground_truth(path):
    """Per frame: the boxes to find and the boxes to ignore (column 7 is 0), each [N, 4] as x1, y1, x2, y2."""
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    rows[:, 4:6] += rows[:, 2:4]
    frames = {}
    for number in np.unique(rows[:, 0]):
        of_frame = rows[rows[:, 0] == number]
        frames[int(number)] = (of_frame[of_frame[:, 6] != 0, 2:6], of_frame[of_frame[:, 6] == 0, 2:6])
    return frames


def average_precision(truth, found, frames, threshold=0.5):
    """All-point interpolated. `found`: (confidence, frame, box). A box that covers only an ignored one does not count."""
    nothing = (np.empty((0, 4)), np.empty((0, 4)))
    total = sum(len(truth.get(frame, nothing)[0]) for frame in frames)
    taken = collections.defaultdict(set)
    hits = []
    for _, frame, box in sorted(found, key=lambda item: -item[0]):
        wanted, ignored = truth.get(frame, nothing)
        best, best_overlap = None, threshold
        for index, overlap in enumerate(overlaps(box, wanted)):
            if overlap >= best_overlap and index not in taken[frame]:
                best, best_overlap = index, overlap
        if best is not None:
            taken[frame].add(best)
            hits.append(1)
        elif not (overlaps(box, ignored) >= threshold).any():
            hits.append(0)
    if not hits or not total:
        return 0.0
    true = np.cumsum(hits)
    recall = np.concatenate([[0], true / total])
    precision = np.maximum.accumulate((true / np.arange(1, len(hits) + 1))[::-1])[::-1]
    return float(np.sum(np.diff(recall) * precision))


def main():
    video, truth_file = bench.vtest(), bench.DATA / "mot" / "PETS09-S2L1" / "gt" / "gt.txt"
    table = bench.Table("accuracy")
    if video is None or not truth_file.is_file():
        return bench.skip("accuracy", "needs vtest (scripts/setup.sh) and the ground truth of PETS09-S2L1")
    truth = ground_truth(truth_file)
    for model, name, bar in BARS:
        if not model.is_file():
            bench.skip(f"accuracy of {name}", f"{model.name} is not there")
            continue
        lines = bench.OUT / f"accuracy-{model.stem}.jsonl"
        bench.run(bench.SPECTRAX, "detect", video, "--model", model, "--every", EVERY, "--confidence", "0.01",
                  "--no-track", "--json", lines)
        documents = [json.loads(line) for line in lines.read_text().splitlines()]
        found = [(each["confidence"], document["frame"], np.array(each["bbox"]))
                 for document in documents for each in document["detections"] if each["class"] == "person"]
        # Every third frame that has ground truth counts, whether or not it was analysed.
        score = average_precision(truth, found, range(1, max(truth) + 1, EVERY))
        table.add(f"Person AP50, {name}, {len(documents)} frames of vtest", f"{score:.3f}", f">= {bar:.3f}", score >= bar)


if __name__ == "__main__":
    main()
