"""Holds the references against code that others published, fetched from PyPI and not kept: rtmlib (which packs YOLOX's
post-processing) and RF-DETR. Only the files needed are loaded, without the packages' own dependencies."""
import importlib
import subprocess
import sys
import tempfile
import types
import zipfile
import pathlib

import numpy as np
import onnxruntime

PACKAGES = {"rtmlib": "0.0.16", "rfdetr": "1.11.2"}


def load(folder, package, module):
    """Imports one module of a wheel, with empty packages around it."""
    name = f"{package}=={PACKAGES[package]}"
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, name], check=True)
    with zipfile.ZipFile(next(pathlib.Path(folder).glob(f"{package}-*.whl"))) as wheel:
        wheel.extractall(folder)
    parts = module.split(".")
    for name in [".".join(parts[:depth]) for depth in range(1, len(parts))] + ["rfdetr.utilities"]:
        empty = types.ModuleType(name)
        empty.__path__ = [str(pathlib.Path(folder, *name.split(".")))]
        sys.modules.setdefault(name, empty)
    # What loads and downloads models, which is not needed here.
    base = types.ModuleType("rtmlib.tools.base")
    base.BaseTool = object
    sys.modules.setdefault(base.__name__, base)
    return importlib.import_module(module)


def compare(case, boxes, classes, scores=None):
    width, height = case["source"]
    boxes = np.clip(boxes, 0, [width, height, width, height])
    expected = case["expected"]
    assert len(boxes) == len(expected), f"{case['name']}: {len(boxes)} against {len(expected)}"
    for number, each in enumerate(expected):
        distance = np.abs(boxes - each["box"]).max(1) + 1e6 * (np.asarray(classes) != each["class"])
        nearest = int(distance.argmin())
        assert distance[nearest] < 0.05, f"{case['name']}: detection {number} is {distance[nearest]:.3f} px away"
        if scores is not None:
            assert abs(scores[nearest] - each["confidence"]) < 1e-4, case["name"]
    print(f"  {case['name']}: {len(expected)} detections agree")


def check(here, cases):
    with tempfile.TemporaryDirectory() as folder:
        yolox = load(folder, "rtmlib", "rtmlib.tools.object_detection.yolox").YOLOX
        decode = load(folder, "rfdetr", "rfdetr.export._runtime.decode").decode_detections
        for case in cases:
            session = onnxruntime.InferenceSession(str(here / f"{case['name']}.onnx"))
            names = [each.name for each in session.get_outputs()]
            size = case["input"]
            feeds = {session.get_inputs()[0].name: np.zeros((1, 3, size[1], size[0]), np.float32)}
            if case["head"] == "yolox" and "decoded" not in case["name"]:
                peer = object.__new__(yolox)
                peer.model_input_size, peer.nms_thr, peer.score_thr = (size[1], size[0]), 0.45, case["confidence"]
                peer.det_mode = "multiclass"
                ratio = min(size[0] / case["source"][0], size[1] / case["source"][1])
                compare(case, *peer.postprocess(session.run(None, feeds)[0], ratio))
            elif case["name"].startswith("rf-detr"):
                outputs = dict(zip(names, session.run(None, feeds)))
                background = None if case["classes"] == 91 else -1
                found = decode(outputs["dets"][0], outputs["labels"][0], tuple(case["source"]), case["confidence"],
                               background_class_id=background)
                compare(case, found.xyxy, found.class_id, found.confidence)
