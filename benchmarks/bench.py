"""What the parts of the benchmark share: places, processes and the rows of the table."""
import json
import os
import pathlib
import resource
import subprocess
import sys

BENCHMARKS = pathlib.Path(__file__).resolve().parent
ROOT = BENCHMARKS.parent
OUT = BENCHMARKS / "out"
DATA = ROOT.parent / "shared" / "data"
SPECTRAX = pathlib.Path(os.environ.get("SPECTRAX", ROOT / ".build" / "release" / "spectrax"))
YOLOX = DATA / "models" / "yolox_nano_416.onnx"
YOLOV3_TINY = ROOT / ".deps" / "models" / "yolov3-tiny.onnx"


def vtest():
    """The pedestrian footage: what setup converted, or the original of Debian's opencv-doc."""
    for path in (ROOT / ".deps/footage/vtest.mp4", pathlib.Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")):
        if path.is_file():
            return path
    return None


def model():
    """The first of the two models that is there."""
    return next((path for path in (YOLOX, YOLOV3_TINY) if path.is_file()), None)


def skip(subject, reason):
    print(f"skipped: {subject}: {reason}", flush=True)


def run(*command):
    """Runs a program to its end and returns the seconds of CPU (user and system) it took; ends this one if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


class Table:
    """Rows of `what | measured | bar` of one part, kept in out/PART.json for the whole table."""

    def __init__(self, part):
        self.path = OUT / f"{part}.json"
        self.rows = []
        OUT.mkdir(exist_ok=True)
        self.path.unlink(missing_ok=True)

    def add(self, what, measured, bar="", met=None):
        """`met` says whether the bar is met, None where there is none."""
        self.rows.append({"what": what, "measured": measured, "bar": bar, "met": met})
        self.path.write_text(json.dumps(self.rows, indent=1) + "\n")
        print(f"{what} | {measured} | {bar}{'' if met is None else ' (met)' if met else ' (MISSED)'}", flush=True)
