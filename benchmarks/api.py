"""CPU a request of the recordings API, alone and against a FastAPI server on the same database."""
import argparse
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import bench
import server

MAKER = bench.ROOT / ".build" / "release" / "store-bench"
PEER = bench.BENCHMARKS / "peers" / "recordings_server.py"
BIG = 16 * 1024 * 1024
FIELDS = ("id", "timestamp", "stream_id", "stream_name", "file_path", "duration", "objects_detected", "thumbnail_path",
          "confidence", "retained", "tracker_ids", "file_url", "thumbnail_url", "mediaUrl", "thumbnailMediaUrl")


class Recorded(server.Server):
    """A server on a folder that is filled already."""

    def __init__(self, folder):
        super().__init__([{"path": "video/none", "source": "file:none.mp4", "enabled": False}], folder=folder)


class Peer:
    def __init__(self, database):
        self.port = server.free_port()
        self.process = subprocess.Popen([sys.executable, PEER, database, str(self.port)])

    def __enter__(self):
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=5).connect()
                return self
            except OSError:
                time.sleep(0.02)

    def __exit__(self, *_):
        server.end(self.process)


def cpu(process):
    """Seconds of CPU so far."""
    threads = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def each(process, port, target, count, headers=None):
    """Milliseconds of CPU a request over one connection, and the last answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask():
        connection.request("GET", target, headers=headers or {})
        response = connection.getresponse()
        body = response.read()
        if response.status not in (200, 206):
            sys.exit(f"{target}: {response.status} {body[:200]}")
        return body

    for _ in range(max(5, count // 10)):
        body = ask()
    before = cpu(process)
    for _ in range(count):
        body = ask()
    used = cpu(process) - before
    connection.close()
    return 1000 * used / count, body


def same(ours, theirs):
    """Whether two lists say the same in the documented fields."""
    ours, theirs = json.loads(ours), json.loads(theirs)
    pick = [[{name: each[name] for name in FIELDS} for each in one["recordings"]] for one in (ours, theirs)]
    return ours["total"] == theirs["total"] and pick[0] == pick[1]


def fill(folder, count):
    subprocess.run([MAKER, "build", folder, str(count)], check=True)


def measure_lists(table, requests):
    with tempfile.TemporaryDirectory(prefix="spectrax-bench-") as folder:
        fill(folder, 10_000)
        with Recorded(folder) as ours, Peer(f"{folder}/recordings.db") as peer:
            ours.wait("/healthz", ours.is_healthy)
            target = "/api/recordings?limit=100"
            ratios, costs = [], []
            for _ in range(3):
                own, body = each(ours.process, ours.port, target, requests)
                other, peers = each(peer.process, peer.port, target, max(20, requests // 8))
                ratios.append(other / own)
                costs.append(own)
            if not same(body, peers):
                sys.exit("the peer does not give the same answer")
        cost, ratio = sorted(costs)[1], sorted(ratios)[1]
        table.add("CPU of GET /api/recordings?limit=100, 10,000 recordings", f"{cost:.2f} ms", "<= 1.2 ms", cost <= 1.2)
        table.add("Requests a CPU second against FastAPI and sqlite3, the same answer", f"{ratio:.1f} times", ">= 8 times",
                  ratio >= 8)
    with tempfile.TemporaryDirectory(prefix="spectrax-bench-") as folder:
        fill(folder, 100_000)
        with Recorded(folder) as ours:
            ours.wait("/healthz", ours.is_healthy)
            target = "/api/recordings?object_type=person&min_confidence=0.8&sort_by=confidence"
            cost, _ = each(ours.process, ours.port, target, requests)
        table.add("CPU of ?object_type=person&min_confidence=0.8&sort_by=confidence, 100,000 recordings", f"{cost:.2f} ms",
                  "<= 2 ms", cost <= 2)


def measure_files(table, requests):
    with tempfile.TemporaryDirectory(prefix="spectrax-bench-") as folder:
        fill(folder, 1)
        with Recorded(folder) as ours, Peer(f"{folder}/recordings.db") as peer:
            ours.wait("/healthz", ours.is_healthy)
            listed = json.loads(ours.get("/api/recordings")[1])["recordings"][0]
            pathlib.Path(listed["file_path"]).write_bytes(os.urandom(BIG))
            for what, headers, bar, count in (
                    ("a 64 KiB range of a clip", {"Range": "bytes=1048576-1114111"}, 0.15, requests),
                    ("a 16 MB clip", None, 8, max(20, requests // 10))):
                costs, ratios = [], []
                for _ in range(3):
                    own, body = each(ours.process, ours.port, listed["file_url"], count, headers)
                    other, peers = each(peer.process, peer.port, listed["file_url"], count, headers)
                    if body != peers:
                        sys.exit(f"{what}: the peer does not give the same bytes")
                    costs.append(own)
                    ratios.append(other / own)
                cost, ratio = sorted(costs)[1], sorted(ratios)[1]
                table.add(f"CPU of {what}", f"{cost:.2f} ms; FastAPI takes {ratio:.1f} times that", f"<= {bar} ms", cost <= bar)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=400)
    options = parser.parse_args()
    table = bench.Table("api")
    measure_lists(table, options.requests)
    measure_files(table, options.requests)


if __name__ == "__main__":
    main()
