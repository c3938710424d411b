#!/usr/bin/env python3
"""A real SpectraX server with recordings, for the tests of its clients.

    with running_server() as server: server.url, server.folder

As a program it prints `{"url": …, "folder": …}` and runs until its standard input ends. The binaries are those of
.build/debug, or of the folder that SPECTRAX_BUILD names.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SPECTRAX_BUILD", CHECKOUT / ".build/debug"))
CAMERAS = ["video/front-door", "video/backyard", "video/garage"]
"""The last one has no pictures."""


@dataclasses.dataclass(frozen=True)
class Server:
    url: str
    folder: pathlib.Path

    @property
    def recordings(self) -> pathlib.Path:
        return self.folder / "recordings"

    def add_recordings(self, first: int, count: int) -> None:
        """Lists `count` more, of which number `first` and all after it are newer than any before."""
        maker("add", self.folder, first, count)


def maker(*arguments: object) -> None:
    subprocess.run([BUILD / "RecordingsMaker", *map(str, arguments)], check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="spectrax-"))
    try:
        # Somebody else may take the port in between: then another one is tried.
        for attempt in range(5):
            port = free_port()
            if attempt == 0:
                maker("prepare", folder, port)
            else:
                settings = folder / "surveillance.yml"
                settings.write_text(re.sub(r"(?m)^  port: \d+$", f"  port: {port}", settings.read_text()))
            with open(folder / "server.log", "wb") as log:
                process = subprocess.Popen(
                    [BUILD / "spectrax", "run", "--config", folder / "surveillance.yml"], stdout=log, stderr=log
                )
            try:
                server = Server(f"http://127.0.0.1:{port}", folder)
                if is_up(server, process):
                    yield server
                    return
            finally:
                process.terminate()
                process.wait(10)
        raise RuntimeError(f"the server does not start:\n{(folder / 'server.log').read_text()[-2000:]}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_up(server: Server, process: subprocess.Popen[bytes]) -> bool:
    """Waits until it answers with pictures from its cameras; False when it has ended."""
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            for camera in CAMERAS[:2]:
                urllib.request.urlopen(f"{server.url}/video/snapshot?path={camera}", timeout=10).read()
            return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    return False


if __name__ == "__main__":
    with running_server() as running:
        print(json.dumps({"url": running.url, "folder": str(running.folder)}), flush=True)
        sys.stdin.read()
