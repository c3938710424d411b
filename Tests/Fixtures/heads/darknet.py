"""OpenCV's darknet reader as the reference for the whole of YOLOv3-tiny, from a drawn picture to boxes."""
import json
import tempfile

import cv2
import numpy as np
import onnxruntime

import reference

SIZE, WIDTH, HEIGHT, CONFIDENCE = 416, 416, 312, 0.25
CONVOLUTION = "[convolutional]\nbatch_normalize=1\nfilters={}\nsize={}\nstride=1\npad=1\nactivation=leaky\n"
DETECTION = ("[convolutional]\nsize=1\nstride=1\npad=1\nfilters=255\nactivation=linear\n[yolo]\nmask={}\n"
             "anchors=10,14, 23,27, 37,58, 81,82, 135,169, 344,319\nclasses=80\nnum=6\n")


def configuration():
    """YOLOv3-tiny, with the mask (1, 2, 3) of the second head that the weights were trained with."""
    text = f"[net]\nwidth={SIZE}\nheight={SIZE}\nchannels=3\n"
    for filters in (16, 32, 64, 128, 256):
        text += CONVOLUTION.format(filters, 3) + "[maxpool]\nsize=2\nstride=2\n"
    text += CONVOLUTION.format(512, 3) + "[maxpool]\nsize=2\nstride=1\n" + CONVOLUTION.format(1024, 3)
    text += CONVOLUTION.format(256, 1) + CONVOLUTION.format(512, 3) + DETECTION.format("3,4,5")
    text += "[route]\nlayers=-4\n" + CONVOLUTION.format(128, 1) + "[upsample]\nstride=2\n[route]\nlayers=-1, 8\n"
    return text + CONVOLUTION.format(256, 3) + DETECTION.format("1,2,3")


def draw():
    """A stop sign and an orange before a slope of grey, [3, HEIGHT, WIDTH] in bytes. The test draws the same."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.stack([110 + 60 * y // HEIGHT, 140 + 50 * y // HEIGHT, 170 - 100 * y // HEIGHT])

    def paint(where, colour):
        picture[:, where] = np.array(colour)[:, None]

    across, down = abs(x - 110), abs(y - 120)
    paint((across <= 90) & (down <= 90) & (across + down <= 127), (190, 20, 30))
    for left in (42, 79, 116, 153):
        paint((x >= left) & (x < left + 24) & (y >= 96) & (y < 144), (240, 240, 240))
    paint((x >= 107) & (x < 113) & (y >= 211), (120, 120, 120))
    paint((x - 300) ** 2 + (y - 170) ** 2 <= 75 ** 2, (225, 120, 30))
    return picture


def make(path, weights, converted):
    tensor = np.full((1, 3, SIZE, SIZE), 114 / 255, np.float32)
    top = (SIZE - HEIGHT) // 2
    tensor[0, :, top:top + HEIGHT] = draw() / 255
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write(configuration())
        file.flush()
        network = cv2.dnn.readNetFromDarknet(file.name, weights)
    network.setInput(tensor)
    outputs = network.forward(network.getUnconnectedOutLayersNames())

    # The whole output of the converted model, number by number; OpenCV has the anchors of a cell side by side.
    rows, start = onnxruntime.InferenceSession(converted).run(None, {"images": tensor})[0][0], 0
    for output in outputs:
        ours = rows[start:start + len(output)].reshape(3, -1, 85).transpose(1, 0, 2).reshape(-1, 85)
        start += len(output)
        boxes, objectness = np.abs(ours[:, :4] - output[:, :4] * SIZE).max(), np.abs(ours[:, 4] - output[:, 4]).max()
        scores = np.abs(ours[:, 5:] * ours[:, 4:5] - output[:, 5:])[output[:, 5:] > 0]
        print(f"  {len(output)} rows: boxes within {boxes:.3f} px, objectness within {objectness:.6f}, "
              f"scores within {scores.max(initial=0):.6f}")
        assert boxes < 0.05 and objectness < 1e-3 and scores.max(initial=0) < 1e-3

    found = np.concatenate(outputs).astype(np.float64)
    found = reference.best_class(reference.corners(found[:, :4] * SIZE), found[:, 5:], CONFIDENCE)
    found = reference.to_source(found, (WIDTH, HEIGHT), (SIZE, SIZE), "centre")
    path.write_text(json.dumps({"confidence": CONFIDENCE, "expected": [
        {"class": label, "confidence": round(score, 5), "box": [round(side, 3) for side in box]}
        for label, score, box in found]}) + "\n")
    print(path.read_text())
