"""Models that cannot be used, and what each must be refused with."""
import json

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper

from models import Model, ultralytics

SIZE = (64, 64)
ROWS = np.array([[30, 30, 20, 20, 0.9, 0.1], [50, 20, 10, 30, 0.2, 0.6]], np.float32)


def usual(model, rows=ROWS, total=84, **more):
    model.output("output", model.rows(rows, total), [1, rows.shape[1], total], transposed=True, **more)
    return model


def make(here):
    made, folder = [], here / "bad"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.onnx"):
        old.unlink()

    def add(name, model, message, *, runs=False, metadata=None):
        """`runs`: whether it can be loaded, and fails with the first picture."""
        path = folder / f"{name}.onnx"
        if isinstance(model, onnx.ModelProto):
            path.write_bytes(model.SerializeToString(deterministic=True))
        else:
            model.save(path, metadata)
        made.append({"name": name, "message": message, "runs": runs})

    picture = "expected one float32 input [1, 3, H, W]"
    add("vector-input", usual(Model(None, shape=[1, 10])), picture)
    add("five-dimensions", usual(Model(None, shape=[1, 3, 4, 64, 64])), picture)
    add("int8-input", usual(Model(SIZE, kind=T.INT8)), "images [1, 3, 64, 64] int8 are not one picture")
    add("float16-input", usual(Model(SIZE, kind=T.FLOAT16)), "float16 are not one picture")
    add("channels-last", usual(Model(None, shape=[1, 64, 64, 3])), picture)
    add("grey-input", usual(Model(None, shape=[1, 1, 64, 64])), picture)
    add("four-pictures", usual(Model(SIZE, batch=4)), "no single picture of a usable size")
    add("huge-input", usual(Model(None, shape=[1, 3, 100000, 64])), "no single picture of a usable size")
    second = usual(Model(SIZE))
    second.input("second", T.FLOAT, [1, 3, 64, 64])
    add("two-pictures", second, "second [1, 3, 64, 64] are not one picture")
    factor = usual(Model(SIZE))
    factor.input("scale_factor", T.FLOAT, [1, 2])
    add("scale-factor", factor, "its input scale_factor [1, 2] is not understood")

    for name, shape in (("no-dimension", []), ("one-dimension", [10]), ("classifier", [1, 1000]), ("maps", [1, 255, 2, 2])):
        model = Model(SIZE)
        sides = model.constant(np.array(shape[1:] if len(shape) > 1 else shape, np.int64))
        values = model.add("Expand", [model.constant(np.float32(0)), sides])
        model.output("output", values, shape)
        add(name, model, "are of no known head")
    add("task-of-another-kind", usual(Model(SIZE)), "its task is classify, expected detect",
        metadata=ultralytics(["a", "b"]) | {"task": "classify"})
    add("other-class-count", usual(Model(SIZE)), "are of no known head with 5 classes", metadata=ultralytics("abcde"))
    model = Model(SIZE)
    model.output("output", model.rows(ROWS, 84), [1, 84, 6])
    add("ambiguous", model, "may be of the heads yolox, yolov5, yolov8: name the right one in ")
    model = Model(SIZE)
    model.output("pred_boxes", model.rows(ROWS[:, :4], 84), [1, 84, 4])
    model.output("pred_scores", model.rows(ROWS, 84), [1, 84, 6])
    add("boxes-of-cells", model, "are of no known head")

    def spoilt(value, channel):
        rows = ROWS.copy()
        rows[0, channel] = value
        return usual(Model(SIZE), rows)

    add("nan-score", spoilt(np.nan, 4), "the output holds NaN or infinite numbers", runs=True)
    add("nan-box", spoilt(np.nan, 2), "the output holds NaN or infinite numbers", runs=True)
    add("infinite-score", spoilt(np.inf, 4), "the output holds NaN or infinite numbers", runs=True)
    add("infinite-box", spoilt(-np.inf, 0), "the output holds NaN or infinite numbers", runs=True)
    add("huge-box", spoilt(3e38, 2), "the output holds a box of", runs=True)
    add("huge-score", spoilt(3e38, 4), "the output holds the score 3e+38, expected 0...1", runs=True)
    add("logits", spoilt(7, 4), "the output holds the score 7.0, expected 0...1", runs=True)
    model = Model(SIZE)
    model.output("output", model.rows(np.array([[1, 2, 30, 40, 0.9, 93]], np.float32)), [1, 1, 6])
    add("unknown-class", model, "the output names class 93.0, but only 0...79 are known", runs=True)
    model = Model(SIZE)
    model.output("output", model.rows(np.array([[1, 2, 30, 40, 0.9, 3e38]], np.float32)), [1, 1, 6])
    add("huge-class", model, "but only 0...79 are known", runs=True)
    model = Model(SIZE)
    model.output("logits", model.rows(np.full((3, 80), np.nan)), [1, 3, 80])
    model.output("pred_boxes", model.rows(np.zeros((3, 4))), [1, 3, 4])
    add("nan-queries", model, "the output holds NaN or infinite numbers", runs=True)

    # A row that is not there: shows only while running.
    model = Model(SIZE)
    rows = model.add("Add", [model.constant(np.full(84, 1000)), model.add("Cast", [model.nothing], to=T.INT64)])
    model.output("output", model.add("Gather", [model.constant(ROWS), rows], axis=0), [1, 6, 84], transposed=True)
    add("fails-while-running", model, "inference failed: ", runs=True)
    # The same before the first picture: its sizes are open, and it is run to see what it gives.
    model = Model(None)
    rows = model.add("Add", [model.constant(np.full(84, 1000)), model.add("Cast", [model.nothing], to=T.INT64)])
    model.output("output", model.add("Gather", [model.constant(ROWS), rows], axis=0), [1, 6, "open"], transposed=True)
    add("fails-while-tried", model, "(on a grey picture of 640×640, to see what it gives; a manifest can set input.size)")
    half = usual(Model(SIZE))
    for node in half.nodes:
        if node.output[0] == "output":
            node.op_type = "Cast"
            node.attribute.append(helper.make_attribute("to", T.FLOAT16))
    half.outputs[0].type.tensor_type.elem_type = T.FLOAT16
    add("float16-output", half, "are of no known head")
    (here / "bad.json").write_text("[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in made) + "\n]\n")
