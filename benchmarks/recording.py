"""CPU and memory of recording one camera, beyond taking its packets in: the same process with and without its recorder."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import bench
import server

PROBE = pathlib.Path(os.environ.get("RECORDER_PROBE", bench.ROOT / ".build" / "release" / "RecorderProbe"))


def resident(process):
    """MB (10^6 bytes) of resident memory."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    sys.exit("no VmRSS")


def probe(url, seconds, **values):
    """What a run of RecorderProbe says of itself, and its memory a second before the end."""
    with tempfile.TemporaryDirectory(prefix="spectrax-bench-") as folder:
        words = [f"{name}={value}" for name, value in values.items()]
        with open(pathlib.Path(folder) / "log", "w+") as log:
            process = subprocess.Popen([PROBE, "record", url, f"{folder}/clips", f"seconds={seconds}", *words], stdout=log)
            time.sleep(seconds - 1)
            memory = resident(process)
            if process.wait(60) != 0:
                sys.exit(f"RecorderProbe ended with {process.returncode}")
            log.seek(0)
            report = json.loads(log.read().splitlines()[-1])
    return report, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="length of a run")
    parser.add_argument("--repeat", type=int, default=2, help="runs of each kind, of which the least counts")
    options = parser.parse_args()
    table = bench.Table("recording")
    bench.OUT.mkdir(exist_ok=True)
    server.make_footage()
    with server.rtsp_peer() as url:
        without, recording, idle = [], [], []
        for _ in range(options.repeat):
            without.append(probe(url, options.seconds, recorder=0, present=10, period=10))
            recording.append(probe(url, options.seconds, pre=10, present=10, period=10, longest=20))
            idle.append(probe(url, options.seconds, pre=10, present=0, period=10))
    cpu = [100 * min(run["cpu_seconds"] for run, _ in runs) / options.seconds for runs in (without, recording, idle)]
    own = cpu[1] - cpu[0]
    clips = recording[0][0]["clips"]
    table.add(
        f"CPU of recording a 1080p25 camera at 4 Mbit/s beyond ingest ({clips} clips in {options.seconds} s, remuxed and synced)",
        f"{own:.2f} % of a core (waiting with the pre-roll alone: {cpu[2] - cpu[0]:.2f} %)", "<= 1 %", own <= 1)
    memory = min(each for _, each in idle) - min(each for _, each in without)
    report = idle[0][0]
    table.add(
        "Memory of a 10 s pre-roll at 4 Mbit/s",
        f"{memory:.1f} MB (payload {report['pre_roll_bytes'] / 1e6:.1f} MB, {report['pre_roll_seconds']:.1f} s with "
        "the analysis delay and a GOP)", "<= 8 MB", memory <= 8)


if __name__ == "__main__":
    main()
