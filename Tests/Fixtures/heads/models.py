"""Builds small ONNX models whose outputs are stored numbers: what a detector would give for one picture.

Every output also depends on the picture (its mean, times zero is added), so that no input is left unused.
"""
import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

OPSET, IR_VERSION = 13, 8


class Model:
    """A graph under construction. `size`: width and height; None for an input that leaves its sizes open."""

    def __init__(self, size, *, kind=T.FLOAT, shape=None, name="images", batch=1):
        self.nodes, self.constants, self.inputs, self.outputs, self.count = [], [], [], [], 0
        shape = shape or ([batch, 3, size[1], size[0]] if size else ["batch", 3, "height", "width"])
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        source = name if kind == T.FLOAT else self.add("Cast", [name], to=T.FLOAT)
        self.nothing = self.add("Mul", [self.add("ReduceMean", [source], keepdims=0), self.constant(np.float32(0))])
        self.image = name

    def input(self, name, kind, shape):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, value):
        self.count += 1
        self.constants.append(numpy_helper.from_array(np.asarray(value), f"c{self.count}"))
        return f"c{self.count}"

    def add(self, kind, inputs, **attributes):
        self.count += 1
        self.nodes.append(helper.make_node(kind, inputs, [f"t{self.count}"], **attributes))
        return f"t{self.count}"

    def rows(self, rows, total=None, fill=None, at=None):
        """A [N, channels] tensor: `rows` at the positions `at` (default: spread evenly), the other rows as `fill`. Rows of
        float32 are stored as they are, others in half precision."""
        rows = np.asarray(rows)
        total = len(rows) if total is None else total
        if rows.dtype == np.float32:
            stored = self.constant(rows)
        else:  # Half precision keeps the files small.
            stored = self.add("Cast", [self.constant(rows.astype(np.float16))], to=T.FLOAT)
        if total == len(rows) and at is None:
            return stored
        at = np.linspace(0, total - 1, len(rows)).astype(np.int64) if at is None else np.asarray(at, np.int64)
        blank = self.constant(np.asarray(np.zeros(rows.shape[1]) if fill is None else fill, np.float32)[None])
        table = self.add("Expand", [blank, self.constant(np.array([total, rows.shape[1]], np.int64))])
        return self.add("ScatterND", [table, self.constant(at[:, None]), stored])

    def first(self, tensor, numerator, denominator):
        """The first rows only: as many as the picture's height times a fraction, so that their number is open."""
        height = self.add("Gather", [self.add("Shape", [self.image]), self.constant(np.array([2], np.int64))])
        count = self.add("Div", [self.add("Mul", [height, self.constant(np.array([numerator], np.int64))]),
                                 self.constant(np.array([denominator], np.int64))])
        zero = self.constant(np.array([0], np.int64))
        return self.add("Slice", [tensor, zero, count, zero])

    def output(self, name, tensor, shape, *, transposed=False, kind=T.FLOAT):
        """`shape`: as it is declared. A leading 1 that `tensor` lacks is put in front."""
        if kind == T.FLOAT:
            tensor = self.add("Add", [tensor, self.nothing])
        if transposed:
            tensor = self.add("Transpose", [tensor], perm=[1, 0])
        if len(shape) and shape[0] in (1, "batch"):
            tensor = self.add("Unsqueeze", [tensor, self.constant(np.array([0], np.int64))])
        self.nodes.append(helper.make_node("Identity", [tensor], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def save(self, path, metadata=None):
        graph = helper.make_graph(self.nodes, "stored", self.inputs, self.outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                                  producer_name="spectrax")
        for key, value in (metadata or {}).items():
            model.metadata_props.add(key=key, value=value)
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString(deterministic=True))


def ultralytics(names, **extra):
    """The metadata of Ultralytics' exports."""
    return {"author": "Ultralytics", "task": "detect", "stride": "32", "names": str(dict(enumerate(names))), **extra}
