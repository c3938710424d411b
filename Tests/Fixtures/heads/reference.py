"""What detectors' own projects make of an output, in numpy, and with the suppression of two other libraries.

Nothing here was taken from SpectraX. Sources: Ultralytics' `LetterBox`, `scale_boxes` and `non_max_suppression`; YOLOX's
`demo_postprocess` and `postprocess`; RT-DETR's and D-FINE's `PostProcessor`; RF-DETR's `PostProcess`; DETR's `PostProcess`.
"""
import cv2
import numpy as np
import onnxruntime
from onnx import TensorProto as T
from onnx import helper

IOU = 0.45


def suppression_session():
    nodes = [helper.make_node("NonMaxSuppression", ["boxes", "scores", "max", "iou", "score"], ["kept"])]
    inputs = [helper.make_tensor_value_info("boxes", T.FLOAT, [1, "n", 4]),
              helper.make_tensor_value_info("scores", T.FLOAT, [1, "c", "n"]),
              helper.make_tensor_value_info("max", T.INT64, [1]),
              helper.make_tensor_value_info("iou", T.FLOAT, [1]), helper.make_tensor_value_info("score", T.FLOAT, [1])]
    graph = helper.make_graph(nodes, "nms", inputs, [helper.make_tensor_value_info("kept", T.INT64, ["k", 3])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return onnxruntime.InferenceSession(model.SerializeToString())


SUPPRESSION = suppression_session()


def suppress(boxes, scores, classes, confidence):
    """Indexes that stay, classes apart: by ONNX Runtime's operator, which OpenCV's must agree with."""
    if not len(boxes):
        return []
    by_class = np.zeros((classes.max() + 1, len(boxes)), np.float32)
    by_class[classes, np.arange(len(boxes))] = scores
    kept = SUPPRESSION.run(None, {"boxes": boxes[None].astype(np.float32), "scores": by_class[None],
                                  "max": np.array([1000]), "iou": np.array([IOU], np.float32),
                                  "score": np.array([confidence], np.float32)})[0][:, 2]
    corner_and_size = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    other = cv2.dnn.NMSBoxesBatched(corner_and_size.tolist(), scores.tolist(), classes.tolist(), confidence, IOU)
    assert sorted(kept) == sorted(other), "ONNX Runtime and OpenCV do not agree"
    return sorted(kept, key=lambda index: -scores[index])


def corners(boxes):
    """cx, cy, w, h to x1, y1, x2, y2."""
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)


def best_class(boxes, scores, confidence, *, suppressed=True):
    classes, best = scores.argmax(1), scores.max(1)
    chosen = best > confidence
    boxes, best, classes = boxes[chosen], best[chosen], classes[chosen]
    kept = suppress(boxes, best, classes, confidence) if suppressed else range(len(boxes))
    return [(int(classes[i]), float(best[i]), boxes[i]) for i in kept]


def yolov8(output, confidence, classes):
    """[1, 4+C(+extras), N]."""
    rows = output[0].T.astype(np.float64)
    return best_class(corners(rows[:, :4]), rows[:, 4:4 + classes], confidence)


def yolov5(output, confidence):
    """[1, N, 5+C]: score = objectness times class."""
    rows = output[0].astype(np.float64)
    return best_class(corners(rows[:, :4]), rows[:, 5:] * rows[:, 4:5], confidence)


def yolox_grid(output, size):
    """YOLOX's rows, decoded."""
    rows, grids, strides = output[0].astype(np.float64), [], []
    for stride in (8, 16, 32):
        ys, xs = np.meshgrid(np.arange(size[1] // stride), np.arange(size[0] // stride), indexing="ij")
        grids.append(np.stack([xs, ys], 2).reshape(-1, 2))
        strides.append(np.full((grids[-1].shape[0], 1), stride))
    grid, stride = np.concatenate(grids), np.concatenate(strides)
    return np.concatenate([(rows[:, :2] + grid) * stride, np.exp(rows[:, 2:4]) * stride, rows[:, 4:]], 1)


def yolox(output, confidence, size):
    return yolov5(yolox_grid(output, size)[None], confidence)


def end_to_end(rows, confidence):
    """x1, y1, x2, y2, score, class."""
    return [(int(row[5]), float(row[4]), row[:4].astype(np.float64)) for row in rows if row[4] > confidence]


def queries(boxes, logits, confidence, size, *, softmax=False, background=False):
    """[Q, 4] and [Q, C]: the best pairs of query and class, as many as there are queries."""
    logits = logits.astype(np.float64)
    if softmax:
        scores = np.exp(logits - logits.max(1, keepdims=True))
        scores = (scores / scores.sum(1, keepdims=True))[:, :-1]
    else:
        scores = 1 / (1 + np.exp(-logits))
        scores = scores[:, :-1] if background else scores
    order = np.argsort(-scores, axis=None)[:300]
    pixels = corners(boxes.astype(np.float64)) * np.array([*size, *size])
    pairs = zip(*np.unravel_index(order, scores.shape))
    return [(int(c), float(scores[q, c]), pixels[q]) for q, c in pairs if scores[q, c] > confidence]


def to_source(found, source, size, placement):
    """Boxes of the input as boxes of the picture, clipped to it."""
    (width, height), result = source, []
    ratio = min(size[0] / width, size[1] / height)
    for label, score, box in found:
        if placement == "stretch":
            gain, pad = (size[0] / width, size[1] / height), (0, 0)
        elif placement == "top-left":
            gain, pad = (ratio, ratio), (0, 0)
        else:
            inner = max(round(width * ratio), 1), max(round(height * ratio), 1)
            gain = inner[0] / width, inner[1] / height
            pad = round((size[0] - inner[0]) / 2 - 0.1), round((size[1] - inner[1]) / 2 - 0.1)
        x = np.clip((box[[0, 2]] - pad[0]) / gain[0], 0, width)
        y = np.clip((box[[1, 3]] - pad[1]) / gain[1], 0, height)
        if x[1] > x[0] and y[1] > y[0]:
            result.append((label, score, [float(x[0]), float(y[0]), float(x[1]), float(y[1])]))
    return result
