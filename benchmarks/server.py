"""Start-up, memory and CPU of the running server, with files and an RTSP peer on loopback."""
import argparse
import contextlib
import http.client
import json
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import bench

FURTHER = 4  # cameras that are added to see what each one takes
FOOTAGE = bench.OUT / "camera-1080p25.mp4"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Server:
    """`spectrax run` with a settings file of its own in a temporary directory; ended with the context."""

    def __init__(self, cameras, model=None, folder=None, recording=None, streaming=None):
        """`folder`: of the recordings; `recording`: settings of them, which are off without;
        `streaming`: the same of the RTSP server."""
        self.directory = tempfile.TemporaryDirectory(prefix="spectrax-bench-")
        place = pathlib.Path(self.directory.name)
        self.port = free_port()
        detection = {"enabled": model is not None, "port": self.port, "models_dir": str(bench.YOLOV3_TINY.parent)}
        if model is not None:
            detection["model"] = str(model)
        # JSON is YAML.
        settings = {"cameras": cameras, "detection": detection, "network": {"bind": "127.0.0.1"},
                    "streaming": streaming or {"enabled": False}, "security": {"state_dir": str(place / "state")},
                    "recording": {"recordings_dir": str(folder or place / "recordings"),
                                  **(recording or {"enabled": False})}}
        file = place / "surveillance.yml"
        file.write_text(json.dumps(settings, indent=1))
        self.log = open(bench.OUT / "server.log", "ab")
        self.start = time.monotonic()
        self.process = subprocess.Popen([bench.SPECTRAX, "run", "--config", file], cwd=bench.ROOT,
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)
        self.log.close()
        self.directory.cleanup()

    def get(self, path):
        """Status code and body, or None while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def status(self):
        answer = self.get("/status")
        return json.loads(answer[1]) if answer and answer[0] == 200 else None

    def wait(self, what, condition, limit=30):
        """Seconds since the start at which `condition()` came true."""
        while not condition():
            if self.process.poll() is not None:
                sys.exit(f"spectrax run ended with {self.process.returncode}; see {self.log.name}")
            if time.monotonic() - self.start > limit:
                sys.exit(f"{what}: not within {limit} s; see {self.log.name}; status: {self.status()}")
            time.sleep(0.005)
        return time.monotonic() - self.start

    def is_healthy(self):
        answer = self.get("/healthz")
        return answer is not None and answer[0] == 200

    def has_analysed(self):
        detector = (self.status() or {}).get("detector", {})
        return detector.get("state") == "running" and detector.get("inference_ms") is not None

    def all_run(self, count):
        cameras = (self.status() or {}).get("cameras", {})
        return len(cameras) == count and all(each["state"] == "running" and each["fps"] > 0 for each in cameras.values())

    def cpu(self):
        """Seconds of CPU so far of the threads that there are, to the nanosecond (`/proc/PID/stat` counts 10 ms ticks)."""
        used = 0
        for thread in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            # One may end meanwhile.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                used += int((thread / "schedstat").read_text().split()[0])
        return used / 1e9

    def cpu_over(self, seconds):
        """Seconds of CPU per second."""
        before, start = self.cpu(), time.monotonic()
        time.sleep(seconds)
        return (self.cpu() - before) / (time.monotonic() - start)

    def resident(self):
        """MB (10^6 bytes) of resident memory."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        sys.exit("no VmRSS")


class Viewers:
    """Connections that take the live pictures of a camera and drop them."""

    def __init__(self, port, path, count):
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        for each in self.sockets:
            each.sendall(f"GET /video/stream?path={path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        self.received = [0] * count
        self.running = True
        self.reader = threading.Thread(target=self.read)

    def read(self):
        indices = {each: index for index, each in enumerate(self.sockets)}
        while self.running:
            for each in select.select(list(indices), [], [], 0.5)[0]:
                data = each.recv(262144)
                self.received[indices[each]] += len(data)
                if not data:
                    del indices[each]

    def __enter__(self):
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.reader.join()
        for each in self.sockets:
            each.close()


def make_footage():
    """Ten seconds of 1080p25 H.264 at 4 Mbit/s, a key frame a second, no B-frames: what an IP camera sends."""
    if FOOTAGE.is_file():
        return
    part = FOOTAGE.with_suffix(".part.mp4")
    bench.run("ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25:d=10", "-vf",
              "noise=alls=6:allf=t,format=yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency",
              "-b:v", "4M", "-maxrate", "5M", "-bufsize", "4M", "-g", 25, "-keyint_min", 25, "-sc_threshold", 0,
              "-bf", 0, part)
    part.rename(FOOTAGE)


@contextlib.contextmanager
def rtsp_peer():
    """The address of a camera on loopback."""
    process = subprocess.Popen([bench.ROOT / "scripts" / "rtsp_server.py", FOOTAGE], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            sys.exit("scripts/rtsp_server.py did not start (scripts/setup.sh --tests installs what it needs)")
        yield json.loads(line)["url"]
    finally:
        end(process)


def file_camera(video):
    return {"path": "video/file", "source": f"file:{video}", "loop": True}


def rtsp_camera(url, number):
    return {"path": f"video/rtsp-{number}", "source": url, "detection": {"enabled": False}}


def measure_start(table, video, model, repeat):
    """Returns the memory with one camera and the model, MB."""
    answers, analysed, memory = [], [], 0.0
    for turn in range(repeat):
        with Server([file_camera(video)], model) as server:
            answers.append(server.wait("/healthz", server.is_healthy))
            analysed.append(server.wait("first analysed frame", server.has_analysed))
            if turn == repeat - 1:
                time.sleep(10)
                memory = server.resident()
    answer, first = sorted(answers)[repeat // 2], sorted(analysed)[repeat // 2]
    table.add("Start to first /healthz answer", f"{answer:.2f} s", "<= 0.3 s", answer <= 0.3)
    table.add("Start to first analysed frame", f"{first:.2f} s", "<= 2 s", first <= 2)
    table.add(f"Memory, one file camera, {model.stem}", f"{memory:.0f} MB", "<= 220 MB", memory <= 220)
    return memory


def measure_further(table, video, model, url, alone):
    cameras = [file_camera(video)] + [rtsp_camera(url, number) for number in range(FURTHER)]
    with Server(cameras, model) as server:
        server.wait("all cameras", lambda: server.all_run(len(cameras)))
        time.sleep(10)
        each = (server.resident() - alone) / FURTHER
    table.add("Memory, each further 1080p RTSP camera, detection off", f"{each:.1f} MB", "<= 40 MB", each <= 40)


def measure_ingest(table, url, seconds):
    with Server([rtsp_camera(url, 0)]) as server:
        server.wait("camera", lambda: server.all_run(1))
        time.sleep(3)
        share = 100 * server.cpu_over(seconds)
    table.add(f"CPU of one 1080p25 H.264 RTSP camera, nobody watching, over {seconds} s", f"{share:.2f} % of a core",
              "<= 0.5 %", share <= 0.5)


def measure_viewers(table, url, seconds):
    shares, rates = {}, {}
    with Server([rtsp_camera(url, 0)]) as server:
        server.wait("camera", lambda: server.all_run(1))
        for count in (1, 10):
            with Viewers(server.port, "video/rtsp-0", count) as viewers:
                time.sleep(3)
                before = list(viewers.received)
                shares[count] = 100 * server.cpu_over(seconds)
                rates[count] = [(after - earlier) / seconds for after, earlier in zip(viewers.received, before)]
    if min(rates[1] + rates[10]) == 0:
        sys.exit(f"a viewer got no pictures: bytes a second {rates}")
    ratio = shares[10] / shares[1]
    table.add(f"CPU of ten MJPEG viewers against one, over {seconds} s",
              f"{ratio:.2f} ({shares[10]:.1f} % against {shares[1]:.1f} % of a core)", "<= 1.3", ratio <= 1.3)
    fewest = min(rates[10]) / rates[1][0]
    table.add("The slowest of ten viewers gets, of what one alone gets", f"{100 * fewest:.0f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=3, help="starts, of which the median counts")
    parser.add_argument("--ingest-seconds", type=int, default=30)
    parser.add_argument("--viewer-seconds", type=int, default=15)
    options = parser.parse_args()
    table = bench.Table("server")
    (bench.OUT / "server.log").unlink(missing_ok=True)
    make_footage()
    video, model = bench.vtest(), bench.model()
    with rtsp_peer() as url:
        if video is None or model is None:
            bench.skip("start and memory", "needs vtest and a model (scripts/setup.sh)")
        else:
            alone = measure_start(table, video, model, options.starts)
            measure_further(table, video, model, url, alone)
        measure_ingest(table, url, options.ingest_seconds)
        measure_viewers(table, url, options.viewer_seconds)


if __name__ == "__main__":
    main()
