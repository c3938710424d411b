"""A model that gives back the numbers that it was fed, and what they must be for a picture of one colour."""
import json

import numpy as np

from models import Model, ultralytics

SIZE, SOURCE, COLOUR = (64, 64), (32, 16), (0.2, 0.5, 0.8)
# y, x: in the picture wherever it is put; above it in the middle; below it but for a stretched one; at the right edge.
PLACES = [(24, 10), (2, 5), (60, 30), (24, 63)]
LOW, SPAN = -3, 263
MANIFESTS = [
    {}, {"input": {"layout": "bgr", "range": "0-255", "letterbox": "top-left", "pad": 0}},
    {"input": {"letterbox": "stretch", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}},
    {"input": {"layout": "bgr", "range": "0-255", "mean": [103.53, 116.28, 123.675], "std": [57.375, 57.12, 58.395]}}]


def expected(manifest):
    told = manifest.get("input", {})
    white = 255 if told.get("range") == "0-255" else 1
    colour = np.array(COLOUR if told.get("layout", "rgb") == "rgb" else COLOUR[::-1])
    tensor = np.full((3, SIZE[1], SIZE[0]), told.get("pad", 114) / 255)
    rows = {"centre": slice(16, 48), "top-left": slice(0, 32), "stretch": slice(0, 64)}[told.get("letterbox", "centre")]
    tensor[:, rows] = colour[:, None, None]
    mean, deviation = np.array(told.get("mean", [0] * 3)), np.array(told.get("std", [1] * 3))
    tensor = (tensor * white - mean[:, None, None]) / deviation[:, None, None]
    return [float(tensor[plane, y, x]) for y, x in PLACES for plane in range(3)]


def make(here):
    """Scores of the boxes are the numbers, brought into 0...1; box after box, from left to right."""
    model = Model(SIZE)
    places = np.array([[0, plane, y, x] for y, x in PLACES for plane in range(3)])
    numbers = model.add("GatherND", ["images", model.constant(places)])
    scores = model.add("Div", [model.add("Sub", [numbers, model.constant(np.float32(LOW))]),
                               model.constant(np.float32(SPAN))])
    boxes = np.array([[20 + 2 * number, 24, 1.5, 8] for number in range(len(places))], np.float32)
    column = model.add("Unsqueeze", [scores, model.constant(np.array([1]))])
    model.output("output0", model.add("Concat", [model.constant(boxes), column], axis=1), [1, 5, len(places)],
                 transposed=True)
    model.save(here / "pixels.onnx", ultralytics(["pixel"]))
    document = {"source": SOURCE, "colour": COLOUR, "low": LOW, "span": SPAN, "cases": [
        {"manifest": json.dumps(each), "expected": [round(number, 4) for number in expected(each)]} for each in MANIFESTS]}
    (here / "treatments.json").write_text(json.dumps(document) + "\n")
