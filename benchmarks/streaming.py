"""The streaming server: what a relayed stream costs and how late it is, beside GStreamer's RTSP server in the same run."""
import argparse
import json
import os
import pathlib
import select
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

import bench
import server

READERS = bench.OUT / "readers"
GST = bench.BENCHMARKS / "peers" / "gst_rtsp_server.py"


class Streaming(server.Server):
    """A server with a path to publish to, and a file that plays; everybody may do everything."""

    def __init__(self, file=None):
        self.rtsp = server.free_port()
        off = {"enabled": False}
        cameras = [{"path": "video/phone", "detection": off}]
        if file:
            cameras.append({"path": "video/file", "source": f"file:{file}", "detection": off})
        super().__init__(cameras, streaming={
            "rtsp_port": self.rtsp, "rtsps_port": 0, "rtp_port": 0,
            "rights": [{"paths": ["*"], "publish": ["anyone"], "read": ["anyone"]}]})


def cpu(pid):
    """Seconds of CPU that a process has used."""
    threads = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def memory(pid):
    """Megabytes that it keeps in memory."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def footage(folder, megabits, seconds):
    """H.264 of 1080p25 at a constant rate, a key frame every two seconds."""
    short, file = folder / f"{megabits}-short.mp4", folder / f"{megabits}.mp4"
    rate = f"{megabits}M"
    bench.run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25:duration=8", "-c:v",
              "libx264", "-preset", "ultrafast", "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-bufsize",
              f"{megabits / 2}M", "-x264-params", "nal-hrd=cbr", "-pix_fmt", "yuv420p", "-g", "50", "-bf", "0", short)
    bench.run("ffmpeg", "-v", "error", "-y", "-stream_loop", str(seconds // 8), "-i", short, "-c", "copy", file)
    return file


def publish(file, url):
    return subprocess.Popen(["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", file, "-c", "copy", "-f", "rtsp",
                             "-rtsp_transport", "tcp", url], stdin=subprocess.DEVNULL)


class PlayersLost(Exception):
    """Not all players played to the end."""


def read(port, path, connections, seconds, pid):
    """Reads with many connections; returns what they say, and the CPU of the server meanwhile as a share of a core."""
    process = subprocess.Popen([READERS, "127.0.0.1", str(port), path, str(connections), str(seconds)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # GStreamer's server sometimes leaves players without an answer.
    if not select.select([process.stderr], [], [], 30)[0] or not process.stderr.readline():
        process.kill()
        process.communicate()
        raise PlayersLost("the readers do not play")
    time.sleep(1)
    start, used = time.monotonic(), cpu(pid)
    time.sleep(seconds - 2)
    share = (cpu(pid) - used) / (time.monotonic() - start)
    said = json.loads(process.communicate()[0])
    if said["playing"] != connections:
        raise PlayersLost(f"{said['playing']} of {connections} readers play")
    return said, share


def wait_for_stream(port, path):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(f"DESCRIBE rtsp://127.0.0.1:{port}/{path} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
                if connection.recv(4096).startswith(b"RTSP/1.0 200"):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("no stream")


def measure_cpu(table, folder, seconds):
    file = footage(folder, 18, 90)
    with Streaming(file) as ours:
        ours.wait("/healthz", ours.is_healthy)
        wait_for_stream(ours.rtsp, "video/file")
        # Both play the same file, so that both pay for reading and taking it apart.
        for readers, bar in ((1, 2 / 3), (5, 2 / 3), (20, 2 / 3), (50, 1)):
            own, theirs, gaps = [], [], 0
            for _ in range(3):
                said, share = read(ours.rtsp, "video/file", readers, seconds, ours.process.pid)
                own.append(share)
                gaps += said["gaps"]
                if (share := peer_cpu(file, readers, seconds)) is not None:
                    theirs.append(share)
            own = statistics.median(own)
            ratio = own / statistics.median(theirs) if theirs else None
            against = f"{100 * own / ratio:.1f} %: {ratio:.2f}" if theirs else "a server that fails with as many"
            table.add(f"CPU of an 18 Mbit/s stream to {readers} players over TCP, against GStreamer's server, "
                      "medians of three alternating rounds",
                      f"{100 * own:.1f} % of a core against {against}; {gaps} packets lost", f"<= {bar:.2f}",
                      (ratio is None or ratio <= bar) and gaps == 0)
        publisher = publish(file, f"rtsp://127.0.0.1:{ours.rtsp}/video/phone")
        try:
            wait_for_stream(ours.rtsp, "video/phone")
            _, own = read(ours.rtsp, "video/phone", 20, seconds, ours.process.pid)
        finally:
            publisher.kill()
            publisher.wait()
        table.add("CPU of a published 18 Mbit/s stream to 20 players over TCP, taking it in and another file included",
                  f"{100 * own:.1f} % of a core", "<= 3 %", own <= 0.03)


def peer_cpu(file, readers, seconds):
    """The share of a core of GStreamer's server. A new one each time: it may fail when players come back to one.

    When many players come, an assertion of its own often ends it (`queue_duration >= 0`): then another is tried; None when
    all of them failed."""
    for _ in range(6):
        port = server.free_port()
        with subprocess.Popen(["/usr/bin/python3", GST, file, str(port)], stdout=subprocess.PIPE, text=True) as peer:
            try:
                peer.stdout.readline()
                return read(port, "stream", readers, seconds, peer.pid)[1]
            except (PlayersLost, FileNotFoundError):
                continue
            finally:
                peer.kill()
    return None


def measure_many(table, folder, seconds):
    file = footage(folder, 4, 40)
    with Streaming() as ours:
        ours.wait("/healthz", ours.is_healthy)
        publisher = publish(file, f"rtsp://127.0.0.1:{ours.rtsp}/video/phone")
        try:
            wait_for_stream(ours.rtsp, "video/phone")
            said, share = read(ours.rtsp, "video/phone", 200, seconds, ours.process.pid)
            table.add("200 readers of one 4 Mbit/s stream: lost packets / readers lost",
                      f"{said['gaps']} / {said['lost']} ({100 * share:.0f} % of a core)", "0 / 0",
                      said["gaps"] == 0 and said["lost"] == 0)
            times = []
            for number in range(12):
                time.sleep(0.37)
                start = time.monotonic()
                # Without -fpsprobesize 0 FFmpeg holds pictures back until it has measured their rate.
                bench.run("ffmpeg", "-v", "error", "-threads", "1", "-analyzeduration", "1000", "-fpsprobesize", "0",
                          "-rtsp_transport", "tcp", "-i", f"rtsp://127.0.0.1:{ours.rtsp}/video/phone", "-frames:v", "1",
                          "-f", "null", "-")
                times.append(1000 * (time.monotonic() - start))
            table.add("Time from start of FFmpeg's player to its first decoded picture, GOP of 2 s, median / most of 12",
                      f"{statistics.median(times):.0f} / {max(times):.0f} ms", "<= 300 ms", max(times) <= 300)
        finally:
            publisher.kill()
            publisher.wait()


class Client:
    """As much of RTSP as measuring needs."""

    def __init__(self, port):
        self.url = f"rtsp://127.0.0.1:{port}/video/phone"
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = 0
        self.session = None

    def ask(self, method, url=None, headers="", body=""):
        self.number += 1
        session = f"Session: {self.session}\r\n" if self.session else ""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.socket.sendall(f"{method} {url or self.url} RTSP/1.0\r\nCSeq: {self.number}\r\n{session}{headers}{length}\r\n{body}".encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            byte = self.socket.recv(1)
            if not byte:
                sys.exit(f"{method}: the connection was closed")
            answer += byte
        head = answer.decode()
        for line in head.split("\r\n"):
            if line.lower().startswith("session:"):
                self.session = line.split(":")[1].split(";")[0].strip()
            if line.lower().startswith("content-length:"):
                self.exactly(int(line.split(":")[1]))
        if " 200 " not in head.split("\r\n")[0]:
            sys.exit(f"{method}: {head}")

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data


def measure_latency(table, folder, seconds):
    """A publisher and a player of our own: each picture carries the time at which it was sent."""
    key = folder / "key.h264"
    bench.run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=0.04", "-c:v", "libx264",
              "-pix_fmt", "yuv420p", "-f", "h264", key)
    units = [unit for unit in key.read_bytes().replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]
    with Streaming() as ours:
        ours.wait("/healthz", ours.is_healthy)
        publisher, player = Client(ours.rtsp), Client(ours.rtsp)
        sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t\r\n"
        publisher.ask("ANNOUNCE", headers="Content-Type: application/sdp\r\n", body=sdp)
        publisher.ask("SETUP", publisher.url + "/t", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\n")
        publisher.ask("RECORD")
        sequence = 0

        def send(nal_units, timestamp):
            nonlocal sequence
            frames = b""
            for unit in nal_units:
                pieces = [unit] if len(unit) <= 1400 else []
                if not pieces:
                    head, rest = unit[0], unit[1:]
                    for start in range(0, len(rest), 1390):
                        flags = (0x80 if start == 0 else 0) | (0x40 if start + 1390 >= len(rest) else 0)
                        pieces.append(bytes([head & 0xE0 | 28, flags | head & 0x1F]) + rest[start:start + 1390])
                for index, piece in enumerate(pieces):
                    last = unit is nal_units[-1] and index == len(pieces) - 1
                    packet = struct.pack(">BBHII", 0x80, 96 | (0x80 if last else 0), sequence & 0xFFFF, timestamp, 7) + piece
                    frames += struct.pack(">BBH", 0x24, 0, len(packet)) + packet
                    sequence += 1
            publisher.socket.sendall(frames)

        send(units, 0)
        player.ask("DESCRIBE")
        player.ask("SETUP", player.url + "/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
        player.ask("PLAY")
        latencies = []
        done = threading.Event()

        def receive():
            marked = None
            while not done.is_set():
                try:
                    head = player.exactly(4)
                    packet = player.exactly(struct.unpack(">H", head[2:])[0])
                except (EOFError, OSError):
                    return
                if head[1] != 0:
                    continue
                payload = packet[12:]
                at = payload.find(b"SENT")
                if at >= 0:
                    marked = struct.unpack(">d", payload[at + 4:at + 12])[0]
                if packet[1] & 0x80 and marked is not None:
                    latencies.append(1000 * (time.monotonic() - marked))
                    marked = None

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        for number in range(1, seconds * 25):
            time.sleep(0.04)
            # A picture of 20 kB, as of a stream of 4 Mbit/s; what it shows is nobody's business here.
            send([bytes([0x41]) + b"SENT" + struct.pack(">d", time.monotonic()) + b"\x55" * 20_000], 3600 * number)
        time.sleep(0.3)
        done.set()
    latencies.sort()
    middle, late = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    table.add("Latency that relaying adds, publisher to player on loopback, 50 % / 99 % within",
              f"{middle:.2f} / {late:.2f} ms of {len(latencies)} pictures", "<= 2 / <= 10 ms", middle <= 2 and late <= 10)


def measure_churn(table, sessions, idle):
    """Sessions that come and go, connections that say nothing, and SETUP after SETUP: what is left of them?"""
    with Streaming() as ours:
        ours.wait("/healthz", ours.is_healthy)
        pid = ours.process.pid

        def open_sessions(count):
            for _ in range(count):
                with socket.create_connection(("127.0.0.1", ours.rtsp), timeout=10) as connection:
                    connection.sendall(b"OPTIONS rtsp://x/video/phone RTSP/1.0\r\nCSeq: 1\r\n\r\n")
                    if not connection.recv(4096).startswith(b"RTSP/1.0 200"):
                        sys.exit("OPTIONS failed")

        open_sessions(2000)
        time.sleep(1)
        before, files = memory(pid), descriptors(pid)
        open_sessions(sessions)
        connections = []
        for _ in range(idle):
            try:
                connections.append(socket.create_connection(("127.0.0.1", ours.rtsp), timeout=10))
            except OSError:
                break
        most = memory(pid)
        flood = Client(ours.rtsp) if len(connections) < 2000 else None
        for connection in connections:
            connection.close()
        if flood:
            flood.socket.close()
        with socket.create_connection(("127.0.0.1", ours.rtsp), timeout=10) as connection:
            for number in range(20_000):
                connection.sendall(f"SETUP rtsp://x/video/phone/trackID={number % 20} RTSP/1.0\r\nCSeq: {number}\r\n"
                                   "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n".encode())
                connection.recv(4096)
        time.sleep(5)
        after, left = memory(pid), descriptors(pid)
        table.add(f"{sessions} sessions, {len(connections)} idle connections, 20,000 SETUPs: memory and descriptors before / after",
                  f"{before:.0f} / {after:.0f} MB (most {most:.0f}); {files} / {left}", "as before",
                  after <= before * 1.15 + 5 and left <= files + 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    bench.OUT.mkdir(exist_ok=True)
    bench.run("cc", "-O2", "-pthread", "-o", READERS, bench.BENCHMARKS / "peers" / "readers.c")
    table = bench.Table("streaming")
    with tempfile.TemporaryDirectory(prefix="spectrax-bench-") as folder:
        folder = pathlib.Path(folder)
        measure_latency(table, folder, 2 * options.seconds)
        measure_cpu(table, folder, options.seconds)
        measure_many(table, folder, options.seconds)
    measure_churn(table, 40_000, 10_000)


if __name__ == "__main__":
    main()
