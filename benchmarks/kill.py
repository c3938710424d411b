"""Kills a recorder at random moments, lets it recover, and looks at what is there."""
import argparse
import concurrent.futures
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import bench
from recording import PROBE

PRESENT, PERIOD = 2.0, 3.0  # somebody is seen for so long of every so many seconds
BAR = 2.0


def footage(folder):
    """Six seconds with sound, a key frame a second."""
    file = pathlib.Path(folder) / "camera.mp4"
    bench.run("ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=6", "-f", "lavfi",
              "-i", "sine=d=6", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-bf", 0, "-g", 25,
              "-keyint_min", 25, "-sc_threshold", 0, "-b:v", "1M", "-c:a", "aac", file)
    return file


def complaints(clip):
    """What ffmpeg has to say about a clip, decoded to its end."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", clip, "-map", "0", "-f", "null", "-"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.stderr + ("" if done.returncode == 0 else f"exit code {done.returncode}")


def kill(source, folder, seconds):
    """One kill. Returns (clips, seconds lost or None when nobody was in sight, faults)."""
    folder.mkdir()
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [PROBE, "record", f"file:{source}", folder / "clips", f"present={PRESENT}", f"period={PERIOD}", "pre=1",
             "post=0.4", "longest=3"], stdin=subprocess.DEVNULL, stdout=log)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    recovery = subprocess.run([PROBE, "recover", folder / "clips"], capture_output=True, text=True)
    faults = [] if recovery.returncode == 0 else [f"recovery: {recovery.stderr[-300:]}"]
    again = subprocess.run([PROBE, "recover", folder / "clips"], capture_output=True, text=True).stdout.strip()
    if again != "0 0 0 [:]":
        faults.append(f"the second recovery still found something: {again}")
    names = {path.name for path in (folder / "clips").iterdir() if path.is_file() and not path.name.startswith(".")}
    clips = {name for name in names if name.endswith(".mp4")}
    rows_folder = folder / "clips" / "rows"
    rows = {path.stem: json.loads(path.read_text()) for path in rows_folder.glob("*.json")} if rows_folder.is_dir() else {}
    if clips != set(rows):
        faults.append(f"clips {sorted(clips)}, rows {sorted(rows)}")
    faults += [f"left behind: {name}" for name in names if not name.endswith((".mp4", ".jpg"))]
    for name in clips:
        if said := complaints(folder / "clips" / name):
            faults.append(f"{name}: {said[:300]}")
    published = [float(line[2:]) for line in (folder / "log").read_text().splitlines() if line.startswith("P ")]
    lost = None
    if published and rows and published[-1] % PERIOD < PRESENT and published[-1] % PERIOD > 0.7:
        begin = min(row["start"] for row in rows.values()) / 1e6
        end = max(row["start"] / 1e6 + row["duration"] for row in rows.values())
        lost = published[-1] - (end - begin)
    return len(clips), lost, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=8)
    options = parser.parse_args()
    table = bench.Table("kill")
    with tempfile.TemporaryDirectory(prefix="spectrax-kill-") as home:
        source = footage(home)
        with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
            runs = [pool.submit(kill, source, pathlib.Path(home) / str(number), random.uniform(1, 12))
                    for number in range(options.kills)]
            results = [run.result() for run in runs]
    faults = [fault for _, _, found in results for fault in found]
    losses = [lost for _, lost, _ in results if lost is not None]
    print("\n".join(faults), file=sys.stderr)
    worst = max(losses, default=0.0)
    table.add(f"SIGKILL at {options.kills} random moments: listed clips that do not play, or rows and files that differ",
              f"{len(faults)} (of {sum(clips for clips, _, _ in results)} clips)", "0", not faults)
    table.add(f"The same: most of a clip lost at its end ({len(losses)} kills with somebody in sight)",
              f"{worst:.2f} s", f"<= {BAR:.0f} s", worst <= BAR)


if __name__ == "__main__":
    main()
