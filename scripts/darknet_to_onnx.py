"""Converts darknet's YOLOv3-tiny weights to ONNX.

usage: darknet_to_onnx.py WEIGHTS OUTPUT.onnx

Input `images`: [1, 3, 416, 416] float32, RGB, 0...1. Output `predictions`: [1, 2535, 85] float32 = centre x, centre y,
width, height in input pixels, objectness, 80 class scores. The network is written out here: the cfg file that is
usually found beside these weights names the wrong anchors (0,1,2) for the second head; the weights were trained
with 1,2,3. The output's bytes depend only on the weights and on the version of `onnx`.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 416
CLASSES = 80
ANCHORS = [(10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319)]
EPSILON = 1e-5  # as darknet has it, added to the variance


class Network:
    def __init__(self, weights):
        self.weights, self.read, self.nodes, self.constants, self.count = weights, 0, [], [], 0

    def take(self, *shape):
        count = int(np.prod(shape))
        if self.read + count > len(self.weights):
            raise SystemExit("the weights file is too short")
        values = self.weights[self.read : self.read + count].reshape(shape)
        self.read += count
        return values

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator, *inputs, **attributes):
        self.count += 1
        name = f"n{self.count}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def convolution(self, x, inputs, outputs, size, leaky=True):
        """Batch normalisation is folded into the convolution; heads (not leaky) have none."""
        bias = self.take(outputs)
        if leaky:
            gamma, mean, variance = self.take(outputs), self.take(outputs), self.take(outputs)
            scale = gamma / np.sqrt(variance + EPSILON)
            bias = bias - mean * scale
        kernel = self.take(outputs, inputs, size, size)
        if leaky:
            kernel = kernel * scale[:, None, None, None]
        pad = size // 2
        x = self.add("Conv", x, self.constant(kernel.astype(np.float32)), self.constant(bias.astype(np.float32)),
                     kernel_shape=[size, size], pads=[pad] * 4)
        return self.add("LeakyRelu", x, alpha=0.1) if leaky else x

    def halve(self, x):
        return self.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])

    def head(self, x, grid, anchors):
        """Raw head [1, 3*85, g, g] to [1, 3*g*g, 85]."""
        stride, count = SIZE // grid, len(anchors)
        x = self.add("Reshape", x, self.constant(np.array([1, count, 5 + CLASSES, grid, grid], np.int64)))
        x = self.add("Transpose", x, perm=[0, 1, 3, 4, 2])
        xy, wh, rest = (self.add("Slice", x, self.constant(np.array([a], np.int64)), self.constant(np.array([b], np.int64)),
                                 self.constant(np.array([4], np.int64))) for a, b in ((0, 2), (2, 4), (4, 5 + CLASSES)))
        ys, xs = np.meshgrid(np.arange(grid), np.arange(grid), indexing="ij")
        cells = np.stack([xs, ys], -1).reshape(1, 1, grid, grid, 2).astype(np.float32)
        xy = self.add("Add", self.add("Sigmoid", xy), self.constant(cells))
        xy = self.add("Mul", xy, self.constant(np.array(stride, np.float32)))
        sizes = np.array(anchors, np.float32).reshape(1, count, 1, 1, 2)
        wh = self.add("Mul", self.add("Exp", wh), self.constant(sizes))
        x = self.add("Concat", xy, wh, self.add("Sigmoid", rest), axis=4)
        return self.add("Reshape", x, self.constant(np.array([1, count * grid * grid, 5 + CLASSES], np.int64)))


def convert(path):
    with open(path, "rb") as file:
        major, minor, _ = np.frombuffer(file.read(12), np.int32)
        file.read(8 if major * 10 + minor >= 2 else 4)
        net = Network(np.frombuffer(file.read(), np.float32))
    x, channels = "images", 3
    for index, filters in enumerate((16, 32, 64, 128, 256, 512)):
        x = net.convolution(x, channels, filters, 3)
        channels = filters
        if filters == 256:
            route = x
        if index < 5:
            x = net.halve(x)
    # The sixth pooling has stride 1 and keeps the size: one column and row of padding after the picture.
    x = net.add("MaxPool", x, kernel_shape=[2, 2], strides=[1, 1], pads=[0, 0, 1, 1])
    x = net.convolution(x, 512, 1024, 3)
    neck = x = net.convolution(x, 1024, 256, 1)
    x = net.convolution(x, 256, 512, 3)
    x = net.convolution(x, 512, 3 * (5 + CLASSES), 1, leaky=False)
    coarse = net.head(x, SIZE // 32, ANCHORS[3:6])
    x = net.convolution(neck, 256, 128, 1)
    x = net.add("Resize", x, "", net.constant(np.array([1, 1, 2, 2], np.float32)), mode="nearest",
                coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    x = net.add("Concat", x, route, axis=1)
    x = net.convolution(x, 384, 256, 3)
    x = net.convolution(x, 256, 3 * (5 + CLASSES), 1, leaky=False)
    fine = net.head(x, SIZE // 16, ANCHORS[1:4])
    if net.read != len(net.weights):
        raise SystemExit(f"{len(net.weights) - net.read} numbers of the weights file were not used")
    net.nodes.append(helper.make_node("Concat", [coarse, fine], ["predictions"], name="predictions", axis=1))
    rows = 3 * ((SIZE // 32) ** 2 + (SIZE // 16) ** 2)
    graph = helper.make_graph(
        net.nodes, "yolov3-tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("predictions", TensorProto.FLOAT, [1, rows, 5 + CLASSES])], net.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="spectrax")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    with open(sys.argv[2], "wb") as output:
        output.write(convert(sys.argv[1]).SerializeToString(deterministic=True))
