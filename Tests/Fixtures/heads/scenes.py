"""Made-up scenes: what a network would give around a handful of objects."""
import numpy as np

import reference


def overlap(boxes):
    """IoU of each box with each, boxes as corners."""
    low, high = np.maximum(boxes[:, None, :2], boxes[None, :, :2]), np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return common / (area[:, None] + area[None] - common)


class Scene:
    """Candidates in input pixels: `boxes` (cx, cy, w, h), `scores` [N, classes]; the best class of each is clear.

    There are several objects of which some overlap, of one class and of two, some cut by the picture's edge; around each a
    cluster of candidates; and candidates just above and just below the confidence that is asked for.
    """

    def __init__(self, seed, source, size, placement, classes, confidence):
        objects = 7 if classes < 80 else 5
        for attempt in range(1000):
            rng = np.random.default_rng([seed, attempt])
            self.make(rng, source, size, placement, classes, confidence, objects)
            if self.is_clear(confidence):
                return
        raise ValueError("no clear scene")

    def make(self, rng, source, size, placement, classes, confidence, objects):
        ratio = np.array(size) / np.array(source)
        if placement != "stretch":
            ratio[:] = ratio.min()
        inner = np.array(source) * ratio
        pad = (np.array(size) - inner) / 2 if placement == "centre" else np.zeros(2)
        boxes, labels, scores = [], [], []
        for index in range(objects):
            extent = inner * rng.uniform(0.12, 0.4, 2)
            # The first two lie over the picture's left and lower edge, the next two over each other.
            centre = pad + {0: inner * [0.02, 0.5], 1: inner * [0.6, 0.99], 3: inner * [0.42, 0.4],
                            2: inner * [0.4, 0.42]}.get(index, inner * rng.uniform(0.15, 0.85, 2))
            label = int(rng.integers(classes))
            top = [confidence + 0.002, 0.97][index % 2] if index >= objects - 2 else rng.uniform(0.5, 0.95)
            for copy in range(4):
                shift, growth = (rng.normal(0, 0.06, 2), rng.uniform(0.9, 1.1, 2)) if copy else (np.zeros(2), np.ones(2))
                boxes.append(np.concatenate([centre + shift * extent, extent * growth]))
                labels.append(label if copy < 3 else int(rng.integers(classes)))
                scores.append(top * [1, 0.9, 0.7, 0.6][copy])
        boxes.append(np.array([*(pad + inner / 2), *(inner * 0.1)]))
        labels.append(0)
        scores.append(confidence - 0.002)
        self.boxes, self.labels = np.array(boxes).astype(np.float16).astype(np.float64), np.array(labels)
        self.scores = np.array(scores)[:, None] * rng.uniform(0, 0.2, (len(boxes), classes))
        self.scores[np.arange(len(boxes)), self.labels] = scores
        self.scores = self.scores.astype(np.float16).astype(np.float64)

    def is_clear(self, confidence):
        """Whether rounding cannot decide what stays."""
        overlaps = overlap(reference.corners(self.boxes))[np.equal.outer(self.labels, self.labels)]
        best = np.sort(self.scores.max(1))
        return (np.abs(overlaps - reference.IOU).min() > 0.01 and np.abs(best - confidence).min() > 0.001
                and np.diff(best).min() > 1e-4)

    @property
    def yolov8(self):
        return np.concatenate([self.boxes, self.scores], 1)

    @property
    def yolov5(self):
        """Objectness such that all scores stay within 0...1."""
        objectness = np.sqrt(self.scores.max(1, keepdims=True))
        return np.concatenate([self.boxes, objectness, self.scores / objectness], 1)

    def yolox(self, size):
        """Undecoded rows and their positions: each candidate in a cell of its own."""
        rows, taken, start = self.yolov5.copy(), {}, 0
        starts = {}
        for stride in (8, 16, 32):
            starts[stride] = start
            start += (size[0] // stride) * (size[1] // stride)
        for number, (cx, cy, w, h) in enumerate(self.boxes):
            stride = 8 if max(w, h) < 64 else 16 if max(w, h) < 128 else 32
            across, down = size[0] // stride, size[1] // stride
            cell = (min(max(int(cy / stride), 0), down - 1)) * across + min(max(int(cx / stride), 0), across - 1)
            while starts[stride] + cell in taken:
                cell = (cell + 1) % (across * down)
            taken[starts[stride] + cell] = number
            rows[number, :4] = [cx / stride - cell % across, cy / stride - cell // across, np.log(w / stride), np.log(h / stride)]
        return rows, list(taken)

    @property
    def final(self):
        """x1, y1, x2, y2, score, class; the best first."""
        rows = np.concatenate([reference.corners(self.boxes), self.scores.max(1)[:, None], self.labels[:, None]], 1)
        return rows[np.argsort(-rows[:, 4])]

    def queries(self, size):
        """Boxes in shares of the input, and logits."""
        scores = np.clip(self.scores, 0.0005, 0.9995)
        return self.boxes / [*size, *size], np.log(scores / (1 - scores))
