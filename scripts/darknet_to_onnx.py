#!/usr/bin/env python3
"""Converts the darknet weights of YOLOv3-tiny (COCO, 80 classes) to ONNX.

    darknet_to_onnx.py yolov3-tiny.weights yolov3-tiny.onnx

Input  `images` [1, 3, 416, 416] float32, RGB, 0-1.
Output `output` [1, 2535, 85] float32: cx, cy, w, h in input pixels, objectness, 80 class scores (all after the sigmoid).

Needs the standard library only, and writes the same bytes everywhere: protobuf is encoded here, field by field
(field numbers: onnx/onnx.proto). Opset 13, IR version 7.
"""
import array
import math
import struct
import sys

SIZE = 416
CLASSES = 80
OPSET, IR_VERSION = 13, 7
# The configuration file that is often shipped with these weights says 0, 1, 2 for the second head: they were trained with 1, 2, 3.
ANCHORS = [(10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319)]
HEAD_MASKS = {32: (3, 4, 5), 16: (1, 2, 3)}
BATCH_NORM_EPSILON = 1e-5
FLOAT, INT64 = 1, 7


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def chunk(field, value):
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def tensor(name, shape, kind, raw):
    return b"".join(number(1, size) for size in shape) + number(2, kind) + chunk(8, name) + chunk(9, raw)


def attribute(name, value):
    if isinstance(value, float):
        return chunk(1, name) + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    if isinstance(value, int):
        return chunk(1, name) + number(3, value) + number(20, 2)
    if isinstance(value, str):
        return chunk(1, name) + chunk(4, value) + number(20, 3)
    return chunk(1, name) + b"".join(number(8, item) for item in value) + number(20, 7)


def value_info(name, shape):
    dimensions = b"".join(chunk(1, number(1, size)) for size in shape)
    return chunk(1, name) + chunk(2, chunk(1, number(1, FLOAT) + chunk(2, dimensions)))


class Weights:
    """Reads a darknet weights file in order; every value is a little-endian float32."""

    def __init__(self, data):
        major, minor, _ = struct.unpack_from("<3i", data)
        self.data = data
        self.offset = 20 if major * 10 + minor >= 2 else 16

    def floats(self, count):
        values = array.array("f")
        part = self.data[self.offset:self.offset + 4 * count]
        if len(part) != 4 * count:
            raise ValueError("the weights file is too short for YOLOv3-tiny")
        values.frombytes(part)
        if sys.byteorder == "big":
            values.byteswap()
        self.offset += 4 * count
        return values


class Graph:
    def __init__(self, weights):
        self.weights, self.nodes, self.initializers, self.count = weights, [], [], 0

    def add(self, op, inputs, outputs=1, **attributes):
        names = []
        for _ in range(outputs):
            self.count += 1
            names.append(f"t{self.count}")
        self.node(op, inputs, names, **attributes)
        return names[0] if outputs == 1 else names

    def node(self, op, inputs, outputs, **attributes):
        body = b"".join(chunk(1, name) for name in inputs) + b"".join(chunk(2, name) for name in outputs)
        body += chunk(3, f"{op}_{len(self.nodes)}") + chunk(4, op)
        self.nodes.append(body + b"".join(chunk(5, attribute(*pair)) for pair in sorted(attributes.items())))

    def floats(self, shape, values):
        values = array.array("f", values)
        if sys.byteorder == "big":
            values.byteswap()
        return self.constant(shape, FLOAT, values.tobytes())

    def integers(self, values):
        return self.constant([len(values)], INT64, struct.pack(f"<{len(values)}q", *values))

    def constant(self, shape, kind, raw):
        name = f"c{len(self.initializers)}"
        self.initializers.append(tensor(name, shape, kind, raw))
        return name

    def conv(self, source, inputs, filters, size, normalised=True):
        """A convolution with its batch normalisation folded in, then leaky ReLU; a head's last one has neither."""
        read, per_filter = self.weights.floats, inputs * size * size
        bias = read(filters)
        if normalised:
            scale, mean, variance = read(filters), read(filters), read(filters)
        kernel = read(filters * per_filter)
        if normalised:
            for index in range(filters):
                factor = scale[index] / math.sqrt(variance[index] + BATCH_NORM_EPSILON)
                bias[index] -= mean[index] * factor
                start = index * per_filter
                kernel[start:start + per_filter] = array.array(
                    "f", [factor * value for value in kernel[start:start + per_filter]])
        pad = size // 2
        names = [source, self.floats([filters, inputs, size, size], kernel), self.floats([filters], bias)]
        result = self.add("Conv", names, kernel_shape=[size, size], pads=[pad] * 4, strides=[1, 1])
        return self.add("LeakyRelu", [result], alpha=0.1) if normalised else result

    def pool(self, source, stride):
        # Darknet pads a stride of 1 on the right and at the bottom.
        pads = [0, 0, 0, 0] if stride == 2 else [0, 0, 1, 1]
        return self.add("MaxPool", [source], kernel_shape=[2, 2], pads=pads, strides=[stride, stride])

    def head(self, source, stride):
        side, mask = SIZE // stride, HEAD_MASKS[stride]
        cells, boxes = side * side, len(mask)
        raw = self.add("Reshape", [source, self.integers([1, boxes, 5 + CLASSES, cells])])
        raw = self.add("Transpose", [raw], perm=[0, 1, 3, 2])
        xy, wh, scores = self.add("Split", [raw, self.integers([2, 2, 1 + CLASSES])], outputs=3, axis=3)
        grid = [value for y in range(side) for x in range(side) for value in (x, y)]
        xy = self.add("Add", [self.add("Sigmoid", [xy]), self.floats([1, 1, cells, 2], grid)])
        xy = self.add("Mul", [xy, self.floats([1], [stride])])
        sizes = [value for index in mask for value in ANCHORS[index]]
        wh = self.add("Mul", [self.add("Exp", [wh]), self.floats([1, boxes, 1, 2], sizes)])
        joined = self.add("Concat", [xy, wh, self.add("Sigmoid", [scores])], axis=3)
        return self.add("Reshape", [joined, self.integers([1, boxes * cells, 5 + CLASSES])])


def convert(data):
    graph = Graph(Weights(data))
    layer, channels = "images", 3
    for filters in (16, 32, 64, 128, 256):
        layer = graph.conv(layer, channels, filters, 3)
        channels, shortcut = filters, layer
        layer = graph.pool(layer, 2)
    layer = graph.pool(graph.conv(layer, 256, 512, 3), 1)
    neck = graph.conv(graph.conv(layer, 512, 1024, 3), 1024, 256, 1)
    depth = 3 * (5 + CLASSES)
    coarse = graph.conv(graph.conv(neck, 256, 512, 3), 512, depth, 1, normalised=False)
    layer = graph.conv(neck, 256, 128, 1)
    layer = graph.add("Resize", [layer, "", graph.floats([4], [1, 1, 2, 2])], mode="nearest",
                      coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    layer = graph.conv(graph.add("Concat", [layer, shortcut], axis=1), 384, 256, 3)
    fine = graph.conv(layer, 256, depth, 1, normalised=False)
    if graph.weights.offset != len(data):
        raise ValueError("the weights file is longer than YOLOv3-tiny")
    graph.node("Concat", [graph.head(coarse, 32), graph.head(fine, 16)], ["output"], axis=1)
    boxes = 3 * ((SIZE // 32) ** 2 + (SIZE // 16) ** 2)
    body = b"".join(chunk(1, node) for node in graph.nodes) + chunk(2, "yolov3-tiny")
    body += b"".join(chunk(5, item) for item in graph.initializers)
    body += chunk(11, value_info("images", [1, 3, SIZE, SIZE]))
    body += chunk(12, value_info("output", [1, boxes, 5 + CLASSES]))
    return number(1, IR_VERSION) + chunk(2, "spectrax") + chunk(7, body) + chunk(8, chunk(1, "") + number(2, OPSET))


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: darknet_to_onnx.py WEIGHTS ONNX")
    try:
        with open(sys.argv[1], "rb") as file:
            model = convert(file.read())
        with open(sys.argv[2], "wb") as file:
            file.write(model)
    except (OSError, ValueError, struct.error) as error:
        sys.exit(f"darknet_to_onnx: {sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
