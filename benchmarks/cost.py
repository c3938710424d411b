"""CPU per analysed frame of `spectrax detect` beyond what decoding and ONNX Runtime themselves take."""
import argparse
import resource
import subprocess
import sys

import numpy as np
import onnxruntime

import bench

BAR = 2.0


def pictures(video, height, width, count):
    """Frames of the video as the network sees them, [count, 1, 3, height, width] float."""
    size = f"scale={width}:{height}:force_original_aspect_ratio=decrease,pad={width}:{height}"
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-i", str(video), "-vf", size, "-frames:v", str(count), "-pix_fmt", "bgr24",
         "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    frames = np.frombuffer(raw, np.uint8).reshape(-1, 1, height, width, 3)
    return np.ascontiguousarray(frames.transpose(0, 1, 4, 2, 3), np.float32)


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def inference(model, video, count):
    """Seconds of CPU for a session and `count` runs, without making their input."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    start = cpu()
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    loading = cpu() - start
    tensor = session.get_inputs()[0]
    height, width = (side if isinstance(side, int) else 416 for side in tensor.shape[2:])
    inputs = pictures(video, height, width, 40)
    if "yolox" not in model.stem:
        inputs /= 255
    start = cpu()
    for index in range(count):
        session.run(None, {tensor.name: inputs[index % len(inputs)]})
    return loading + cpu() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=2, help="measurements of each, of which the least counts")
    options = parser.parse_args()
    table = bench.Table("cost")
    video, model = bench.vtest(), bench.model()
    if video is None or model is None:
        return bench.skip("cost", "needs vtest and a model (scripts/setup.sh)")
    lines = bench.OUT / "cost.jsonl"
    whole, decoding, running = [], [], []
    for _ in range(options.repeat):
        whole.append(bench.run(bench.SPECTRAX, "detect", video, "--model", model, "--every", 1, "--no-track",
                               "--json", lines))
        frames = len(lines.read_text().splitlines())
        if frames == 0:
            sys.exit(f"{video}: no frame was analysed")
        decoding.append(bench.run("ffmpeg", "-nostdin", "-v", "error", "-threads", 1, "-i", video, "-f", "null", "-"))
        running.append(inference(model, video, frames))
    total, decode, network = (1000 * min(each) / frames for each in (whole, decoding, running))
    own = total - decode - network
    table.add(
        f"CPU a frame beyond decoding and ONNX Runtime, {model.stem}",
        f"{own:.2f} ms (of {total:.2f}: decoding {decode:.2f}, inference {network:.2f})", f"<= {BAR:.0f} ms", own <= BAR)


if __name__ == "__main__":
    main()
