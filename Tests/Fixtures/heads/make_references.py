#!/usr/bin/env python3
"""Makes the stored references that the tests hold the detection heads against.

    make_references.py [--peers] [--darknet WEIGHTS YOLOV3_TINY_ONNX]

Each case is a small ONNX model with a stored output, run here with ONNX Runtime, and read as the head's own project reads
it (reference.py). cases.json says what must come out, in pixels of the source picture; treatments.json what must go in;
bad.json what models that cannot be used are refused with.
    --peers     also holds the references against the published code of YOLOX (as packed in rtmlib) and of RF-DETR,
                fetched from PyPI and not kept
    --darknet   makes darknet.json: what OpenCV's darknet reader finds with the weights in a drawn picture
                (both files: see scripts/setup.sh)

Needs numpy 1.26.4, onnx 1.19.1, onnxruntime 1.32.0 and opencv-python-headless 4.11.0.86 from PyPI (Python 3.11); the
stored files were made with these.
"""
import argparse
import json
import pathlib

import numpy as np
import onnxruntime
from onnx import TensorProto as T

import bad
import darknet
import peers
import reference
import treatments
from models import Model, ultralytics
from scenes import Scene

HERE = pathlib.Path(__file__).parent
CENTRE, TOP_LEFT, STRETCH = "centre", "top-left", "stretch"
YOLO_INPUT = "rgb 0-1, letterbox centre, pad 114"
YOLOX_INPUT = "bgr 0-255, letterbox top-left, pad 114"
DETR_INPUT = "rgb 0-1, letterbox stretch"
RF_DETR_INPUT = "rgb 0-1, mean [0.485, 0.456, 0.406], std [0.229, 0.224, 0.225], letterbox stretch"
COCO_91 = 91


class Cases:
    def __init__(self):
        self.list = []

    def add(self, name, model, found, *, source, size, head, takes=YOLO_INPUT, placement=CENTRE, confidence=0.25,
            classes=80, names=None, metadata=None, manifest=None):
        """Saves a model; `found` reads its outputs as [(class, score, box in input pixels)]."""
        path = HERE / f"{name}.onnx"
        model.save(path, metadata)
        if manifest:
            path.with_suffix(".json").write_text(json.dumps(manifest) + "\n")
        session = onnxruntime.InferenceSession(str(path))
        feeds = {session.get_inputs()[0].name: np.full((1, 3, size[1], size[0]), 0.4, np.float32)}
        for extra in session.get_inputs()[1:]:
            feeds[extra.name] = np.array([size]) if len(extra.shape) == 2 else np.ones((1, size[1], size[0]), np.int64)
        outputs = dict(zip([each.name for each in session.get_outputs()], session.run(None, feeds)))
        expected = reference.to_source(found(outputs), source, size, placement)
        assert len(expected) >= 3 or name.endswith("nothing"), name
        self.list.append({
            "name": name, "source": list(source), "input": list(size), "confidence": confidence, "head": head,
            "takes": takes, "classes": classes, "names": names or {},
            "expected": [{"class": label, "confidence": round(score, 4), "box": [round(side, 2) for side in box]}
                         for label, score, box in sorted(expected, key=lambda each: -each[1])]})


def yolov8(cases):
    size, source = (640, 640), (1279, 719)
    for number, (name, classes, metadata) in enumerate([
            ("yolov8", 80, ultralytics([f"thing {i}" for i in range(80)], imgsz="[640, 640]", end2end="False")),
            ("yolov8-without-metadata", 80, None), ("yolov8-1-class", 1, None), ("yolov8-2-classes", 2, None),
            ("yolov8-named-2-classes", 2, ultralytics(["cat", "dog"]))]):
        model, scene = Model(size), Scene(number, source, size, CENTRE, classes, 0.25)
        model.output("output0", model.rows(scene.yolov8, 8400), [1, 4 + classes, 8400], transposed=True)
        names = {0: "thing 0", 79: "thing 79"} if number == 0 else {0: "cat", 1: "dog"} if metadata else (
            {0: "person"} if classes == 80 else {0: "class 0"})
        cases.add(name, model, lambda out, c=classes: reference.yolov8(out["output0"], 0.25, c), source=source, size=size,
                  head="yolov8", classes=classes, names=names, metadata=metadata)

    # Open sizes: 640 by 384, told by the metadata; a name with an apostrophe.
    size, source = (640, 384), (720, 1280)
    model, scene = Model(None), Scene(10, source, size, CENTRE, 3, 0.25)
    table = model.rows(scene.yolov8, 5040)
    model.output("output0", model.first(table, 105, 8), ["batch", 7, "anchors"], transposed=True)
    cases.add("yolov8-open-sizes", model, lambda out: reference.yolov8(out["output0"], 0.25, 3), source=source, size=size,
              head="yolov8", classes=3, names={0: "worker's helmet", 1: "vest: yellow", 2: "no \"vest\""},
              metadata=ultralytics(["worker's helmet", "vest: yellow", "no \"vest\""], imgsz="[384, 640]"))

    size, source = (640, 640), (810, 1080)
    for name, classes, metadata in [("yolov8-rows", 80, None), ("yolov8-rows-2-classes", 2, ultralytics(["a", "b"]))]:
        model, scene = Model(size), Scene(20 + classes, source, size, CENTRE, classes, 0.3)
        model.output("output", model.rows(scene.yolov8, 8400), [1, 8400, 4 + classes])
        cases.add(name, model, lambda out, c=classes: reference.yolov8(out["output"].transpose(0, 2, 1), 0.3, c),
                  source=source, size=size, head="yolov8", confidence=0.3, classes=classes, metadata=metadata)

    # Masks follow the scores, and are left aside.
    size, source = (320, 256), (640, 480)
    model, scene = Model(size), Scene(30, source, size, CENTRE, 2, 0.25)
    rows = np.concatenate([scene.yolov8, np.full((len(scene.boxes), 32), 0.99)], 1)
    model.output("output0", model.rows(rows, 1680), [1, 38, 1680], transposed=True)
    masks = model.add("Expand", [model.constant(np.float32(0)), model.constant(np.array([32, 64, 80]))])
    model.output("output1", masks, [1, 32, 64, 80])
    cases.add("yolov8-segment", model, lambda out: reference.yolov8(out["output0"], 0.25, 2), source=source, size=size,
              head="yolov8", classes=2, names={0: "a"}, metadata=ultralytics(["a", "b"]) | {"task": "segment"})

    # A small input, where the number of candidates is small too.
    size, source = (96, 64), (333, 477)
    model, scene = Model(size), Scene(31, source, size, CENTRE, 5, 0.25)
    model.output("output0", model.rows(scene.yolov8, 126), [1, 9, 126], transposed=True)
    cases.add("yolov8-small", model, lambda out: reference.yolov8(out["output0"], 0.25, 5), source=source, size=size,
              head="yolov8", classes=5)


def end_to_end(cases):
    size, source = (640, 640), (1280, 720)
    for number, (name, classes, metadata) in enumerate([
            ("yolov10", 80, None), ("yolo26-2-classes", 2, ultralytics(["cat", "dog"], end2end="True")),
            ("yolov8-nms", 3, ultralytics(["x", "y", "z"], args="{'batch': 1, 'nms': True}"))]):
        model, scene = Model(size), Scene(40 + number, source, size, CENTRE, classes, 0.4)
        model.output("output0", model.rows(scene.final, 300, at=range(len(scene.final))), [1, 300, 6])
        cases.add(name, model, lambda out: reference.end_to_end(out["output0"][0], 0.4), source=source, size=size,
                  head="end-to-end", confidence=0.4, classes=classes, metadata=metadata)

    for name, share in [("yolov7-end2end", len(scene.final)), ("yolov7-end2end-nothing", 0)]:
        model = Model(size)
        rows = np.insert(scene.final[:, [0, 1, 2, 3, 5, 4]], 0, 0, axis=1)
        model.output("output", model.first(model.rows(rows), share, 640), ["detections", 7])
        cases.add(name, model, lambda out: reference.end_to_end(out["output"][:, [1, 2, 3, 4, 6, 5]], 0.4), source=source,
                  size=size, head="end-to-end", confidence=0.4)

    model = Model(size, name="input")
    model.output("dets", model.rows(scene.final[:, :5]), [1, len(scene.final), 5])
    model.output("labels", model.constant(scene.final[:, 5].astype(np.int64)), [1, len(scene.final)], kind=T.INT64)
    cases.add("mmdetection", model, lambda out: reference.end_to_end(np.concatenate(
        [out["dets"][0], out["labels"][0][:, None]], 1), 0.4), source=source, size=size, head="end-to-end",
        takes="bgr 0-255, mean [103.53, 116.28, 123.675], std [57.375, 57.12, 58.395], letterbox top-left, pad 114",
        confidence=0.4, placement=TOP_LEFT, manifest={"input": {
            "layout": "bgr", "range": "0-255", "letterbox": "top-left", "mean": [103.53, 116.28, 123.675],
            "std": [57.375, 57.12, 58.395]}})


def yolov5(cases):
    source = (1024, 768)
    for number, (name, size, classes, total, metadata) in enumerate([
            ("yolov5", (640, 640), 80, 25200, None), ("yolov5-1-class", (640, 640), 1, 25200, None),
            ("yolov5-2-classes", (640, 640), 2, 25200, {"stride": "32", "names": "['cat', 'dog']"}),
            ("yolov3-tiny-3-classes", (416, 416), 3, 2535, None)]):
        model, scene = Model(size), Scene(50 + number, source, size, CENTRE, classes, 0.25)
        model.output("output0", model.rows(scene.yolov5, total), [1, total, 5 + classes])
        cases.add(name, model, lambda out: reference.yolov5(out["output0"], 0.25), source=source, size=size, head="yolov5",
                  classes=classes, names={0: "cat"} if metadata else None, metadata=metadata)
    size, model, scene = (640, 640), Model((640, 640)), Scene(60, source, (640, 640), CENTRE, 80, 0.25)
    rows = np.concatenate([scene.boxes, np.ones((len(scene.boxes), 1)), scene.scores], 1)
    model.output("outputs", model.rows(rows, 8400, fill=[320, 320, 8, 8, 1] + [0] * 80), [1, 8400, 85])
    cases.add("yolov6", model, lambda out: reference.yolov5(out["outputs"], 0.25), source=source, size=size, head="yolov5")


def yolox(cases):
    for number, (name, size, source, classes, batch) in enumerate([
            ("yolox-416", (416, 416), (768, 576), 80, 1), ("yolox-640-1-class", (640, 640), (1080, 1920), 1, 1),
            ("yolox-wide-3-classes", (640, 384), (1000, 777), 3, "batch")]):
        model, scene = Model(size, batch=batch), Scene(70 + number, source, size, TOP_LEFT, classes, 0.25)
        rows, at = scene.yolox(size)
        total = sum((size[0] // s) * (size[1] // s) for s in (8, 16, 32))
        model.output("output", model.rows(rows, total, at=at), [batch, total, 5 + classes])
        cases.add(name, model, lambda out, s=size: reference.yolox(out["output"], 0.25, s), source=source, size=size,
                  head="yolox", takes=YOLOX_INPUT, placement=TOP_LEFT, classes=classes)
    size, source = (640, 640), (1920, 1080)
    model, scene = Model(size), Scene(80, source, size, TOP_LEFT, 80, 0.25)
    model.output("output", model.rows(scene.yolov5, 8400), [1, 8400, 85])
    cases.add("yolox-decoded", model, lambda out: reference.yolov5(out["output"], 0.25), source=source, size=size,
              head="yolox", takes=YOLOX_INPUT, placement=TOP_LEFT)


def detr(cases):
    size, source = (640, 640), (1920, 1080)
    for number, (name, columns, classes, boxes, scores, takes, names, manifest) in enumerate([
            ("rt-detr-transformers", 80, 80, "pred_boxes", "logits", DETR_INPUT, {0: "person"}, None),
            ("rf-detr", COCO_91, 91, "dets", "labels", RF_DETR_INPUT, {1: "person", 90: "toothbrush"}, None),
            ("rf-detr-3-classes", 4, 3, "dets", "labels", RF_DETR_INPUT, {2: "van"}, {"classes": ["car", "lorry", "van"]})]):
        model, scene = Model(size), Scene(90 + number, source, size, STRETCH, columns, 0.4)
        (share, logits), many = scene.queries(size), range(len(scene.boxes))
        logits[3, :2] = 1.5, 0.9  # Two classes of one query.
        model.output(boxes, model.rows(share, 300, fill=[0.5, 0.5, 0.1, 0.1], at=many), [1, 300, 4])
        model.output(scores, model.rows(logits, 300, fill=[-7] * columns, at=many), [1, 300, columns])
        cases.add(name, model, lambda out, b=boxes, s=scores, more=columns > classes: reference.queries(
            out[b][0], out[s][0], 0.4, size, background=more), source=source, size=size, head="detr", takes=takes,
            placement=STRETCH, confidence=0.4, classes=classes, names=names, manifest=manifest)

    # DETR itself: softmax, a class for nothing, open sizes and a mask.
    model, scene = Model(None, name="pixel_values"), Scene(95, source, size, STRETCH, 92, 0.4)
    model.input("pixel_mask", T.INT64, ["batch", "height", "width"])
    share, many = scene.queries(size)[0], range(len(scene.boxes))
    best, logits = scene.scores.max(1), np.full((len(many), 92), -12.0)
    logits[many, scene.labels % 91], logits[:, 91] = np.log(best), np.log(1 - best)
    model.output("logits", model.first(model.rows(logits, 100, fill=[-7] * 91 + [5], at=many), 100, 640),
                 ["batch", "queries", 92])
    model.output("pred_boxes", model.first(model.rows(share, 100, at=many), 100, 640), ["batch", "queries", 4])
    cases.add("detr", model, lambda out: reference.queries(out["pred_boxes"][0], out["logits"][0], 0.2, size, softmax=True),
              source=source, size=size, head="detr", takes=RF_DETR_INPUT, placement=STRETCH, confidence=0.2, classes=91,
              names={1: "person"})

    # RT-DETR's and D-FINE's own export scales the boxes to the size that it is told.
    for name, size in [("rt-detr", (640, 640)), ("d-fine-wide", (640, 480))]:
        model, scene = Model(size), Scene(96, source, size, STRETCH, 80, 0.4)
        model.input("orig_target_sizes", T.INT64, [1, 2])
        rows, total = scene.final, len(scene.final)
        told = model.add("Cast", ["orig_target_sizes"], to=T.FLOAT)
        told = model.add("Concat", [told, told], axis=1)
        model.output("labels", model.constant(rows[:, 5].astype(np.int64)), [1, total], kind=T.INT64)
        model.output("boxes", model.add("Mul", [model.rows(rows[:, :4] / [*size, *size]), told]), [1, total, 4])
        model.output("scores", model.constant(rows[:, 4].astype(np.float32)), [1, total])
        cases.add(name, model, lambda out: reference.end_to_end(np.concatenate(
            [out["boxes"][0], out["scores"][0][:, None], out["labels"][0][:, None]], 1), 0.4), source=source, size=size,
            head="detr", takes=DETR_INPUT, placement=STRETCH, confidence=0.4)

    size = (640, 640)
    for number, (name, classes, metadata) in enumerate([
            ("rt-detr-ultralytics", 80, None), ("rt-detr-ultralytics-2-classes", 2, ultralytics(["cat", "dog"]))]):
        model, scene = Model(size), Scene(100 + number, source, size, STRETCH, classes, 0.4)
        rows = np.concatenate([scene.queries(size)[0], scene.scores], 1)
        model.output("output0", model.rows(rows, 300, fill=[0.5, 0.5, 0.2, 0.2] + [0.01] * classes), [1, 300, 4 + classes])
        cases.add(name, model, lambda out: reference.best_class(
            reference.corners(out["output0"][0, :, :4].astype(np.float64)) * 640, out["output0"][0, :, 4:].astype(
                np.float64), 0.4, suppressed=False), source=source, size=size, head="detr", takes=DETR_INPUT,
            placement=STRETCH, confidence=0.4, classes=classes, metadata=metadata)
    model, scene = Model(size), Scene(103, source, size, STRETCH, 3, 0.4)
    rows = np.concatenate([scene.queries(size)[0], scene.scores.max(1)[:, None], scene.labels[:, None]], 1)
    model.output("output0", model.rows(rows, 300), [1, 300, 6])
    cases.add("rt-detr-ultralytics-ranked", model, lambda out: reference.end_to_end(np.concatenate(
        [reference.corners(out["output0"][0, :, :4].astype(np.float64)) * 640, out["output0"][0, :, 4:]], 1), 0.4),
        source=source, size=size, head="detr", takes=DETR_INPUT, placement=STRETCH, confidence=0.4, classes=3,
        metadata=ultralytics(["cat", "dog", "fox"], head="RTDETRDecoder", end2end="False"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--darknet", nargs=2, metavar=("WEIGHTS", "YOLOV3_TINY_ONNX"))
    options = parser.parse_args()
    for old in [*HERE.glob("*.onnx"), *HERE.glob("*.json")]:
        if old.name != "darknet.json":
            old.unlink()
    cases = Cases()
    for make in (yolov8, end_to_end, yolov5, yolox, detr):
        make(cases)
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases.list)
    (HERE / "cases.json").write_text(f"[\n{lines}\n]\n")
    bad.make(HERE)
    treatments.make(HERE)
    if options.peers:
        peers.check(HERE, cases.list)
    if options.darknet:
        darknet.make(HERE / "darknet.json", *options.darknet)
    stored = sum(each.stat().st_size for each in HERE.iterdir() if each.is_file())
    print(f"{len(cases.list)} cases, {stored / 1000:.0f} kB")


if __name__ == "__main__":
    main()
