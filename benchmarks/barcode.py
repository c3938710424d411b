"""A number in a picture: 24 bits and their checksum as 32 black and white blocks in a row in its middle.

The blocks survive coding and scaling. `browser.js` reads them in a page, `read` in a screenshot.
"""
import subprocess
import threading
import time

import numpy

LEFT, TOP, WIDTH, HEIGHT = 0.1, 0.45, 0.8, 0.05  # where they are, shares of the picture; as in browser.js
BITS = 24


def blocks(number):
    """32 of 0 or 1."""
    number %= 1 << BITS
    word = number << 8 | (number * 2654435761 >> 8) & 255
    return [word >> place & 1 for place in range(31, -1, -1)]


def number(values):
    """The number that 32 of 0 or 1 say, None where they say none."""
    word = int("".join(map(str, values)), 2)
    return word >> 8 if blocks(word >> 8) == list(values) else None


def write(luma, value):
    """Draws a number into a plane of uint8 luma."""
    height, width = luma.shape
    side = int(width * WIDTH) // 32
    left, top = round(width * LEFT), round(height * TOP)
    row = numpy.repeat(numpy.array(blocks(value), numpy.uint8), side) * 219 + 16
    luma[top:top + int(height * HEIGHT), left:left + len(row)] = row


def read(luma):
    """The number in a screenshot (uint8 luma) of the strip of a picture that holds it, over its whole width; or None."""
    height, width = luma.shape
    return number([int(luma[height // 2, round(width * (LEFT + WIDTH * (place + 0.5) / 32))] > 127) for place in range(32)])


class Clock:
    """Publishes a moving picture that says, in each frame, when it was made: the wall clock in milliseconds."""

    def __init__(self, url, size=(1280, 720), rate=25):
        width, height = size
        self.rate, self.size = rate, size
        self.encoder = subprocess.Popen(
            ["ffmpeg", "-v", "error", "-fflags", "nobuffer", "-probesize", "32", "-f", "rawvideo", "-pix_fmt", "yuv420p",
             "-video_size", f"{width}x{height}", "-framerate", str(rate), "-i", "-", "-c:v", "libx264", "-preset",
             "superfast", "-tune", "zerolatency", "-threads", "1", "-g", str(2 * rate), "-keyint_min", str(2 * rate),
             "-sc_threshold", "0", "-b:v", "3M", "-maxrate", "4M", "-bufsize", "1M", "-f", "rtsp", "-rtsp_transport",
             "tcp", url], stdin=subprocess.PIPE)
        self.running = True
        self.thread = threading.Thread(target=self.draw, daemon=True)

    def draw(self):
        width, height = self.size
        # A smooth pattern with some noise, which moves: the encoder has as much to do as with a street.
        x, y = numpy.meshgrid(numpy.arange(width), numpy.arange(height))
        pattern = 128 + 50 * numpy.sin(x / 37) * numpy.cos(y / 23) + numpy.random.default_rng(1).normal(0, 8, x.shape)
        pattern = pattern.clip(16, 235).astype(numpy.uint8)
        colour = bytes([128]) * (width * height // 2)
        start, turn = time.monotonic(), 0
        while self.running:
            turn += 1
            time.sleep(max(0.0, start + turn / self.rate - time.monotonic()))
            luma = numpy.roll(pattern, 3 * turn, axis=1)
            write(luma, time.time_ns() // 1_000_000)
            try:
                self.encoder.stdin.write(luma.tobytes())
                self.encoder.stdin.write(colour)
                self.encoder.stdin.flush()
            except BrokenPipeError:
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        self.encoder.kill()
        self.encoder.wait()


def number_frames(source, target):
    """Encodes a video anew with the number of each frame in it, one in two seconds a key frame; returns its frames a second."""
    probed = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries",
                             "stream=width,height,r_frame_rate", "-of", "csv=p=0", source],
                            check=True, capture_output=True, text=True).stdout.strip().split(",")
    width, height = int(probed[0]), int(probed[1])
    over, under = map(int, probed[2].split("/"))
    rate = over / under
    size = width * height * 3 // 2
    decoder = subprocess.Popen(["ffmpeg", "-v", "error", "-i", source, "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    encoder = subprocess.Popen(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-video_size",
                                f"{width}x{height}", "-framerate", probed[2], "-i", "-", "-c:v", "libx264", "-crf", "18",
                                "-bf", "0", "-g", str(round(2 * rate)), "-sc_threshold", "0", "-f", "mp4", target],
                               stdin=subprocess.PIPE)
    count = 0
    while len(frame := decoder.stdout.read(size)) == size:
        picture = numpy.frombuffer(frame, numpy.uint8).copy()
        write(picture[:width * height].reshape(height, width), count)
        encoder.stdin.write(picture.tobytes())
        count += 1
    encoder.stdin.close()
    if decoder.wait() or encoder.wait() or not count:
        raise RuntimeError(f"{source} cannot be encoded anew")
    return rate
