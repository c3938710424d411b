"""A real server on a free port, with a folder of its own, that may be killed and started again."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "clients/testing"))

from server import BUILD, CHECKOUT, free_port  # noqa: E402

FOOTAGE = CHECKOUT / ".deps/footage/vtest.mp4"
"""Pedestrians, 768x576 at 10 frames/s, H.264 with a key frame every 2 s, no sound."""

Value = TypeVar("Value")


def eventually(what: str, seconds: float, check: Callable[[], Value]) -> Value:
    """The first value of `check` that counts as true; asked every 50 ms, AssertionError when the time is over."""
    end = time.monotonic() + seconds
    while True:
        if value := check():
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Surveillance:
    """Settings are YAML text: `cameras` the list's entries, `detection` and `recording` lines of those sections."""

    def __init__(self, cameras: str, detection: str = "  enabled: false", recording: str = "  enabled: false") -> None:
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="spectrax-"))
        self.clips = self.folder / "clips"
        self.settings = self.folder / "surveillance.yml"
        self._text = (
            f"cameras:\n{cameras}\n"
            f"detection:\n  port: @HTTP@\n  models_dir: {CHECKOUT}/.deps/models\n"
            f"  onnxruntime: {CHECKOUT}/.deps/onnxruntime/lib/libonnxruntime.so\n{detection}\n"
            f"recording:\n  recordings_dir: {self.clips}\n{recording}\n"
            f"security:\n  state_dir: {self.folder}/state\n"
            f"streaming:\n  rtsp_port: 0\n  rtsps_port: @RTSPS@\n  rtp_port: 0\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.rtsps_port = 0

    def __enter__(self) -> Surveillance:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is not None:
            print((self.folder / "server.log").read_text()[-3000:])
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        # Somebody else may take a port in between: then others are tried.
        for _ in range(5):
            port, self.rtsps_port = free_port(), free_port()
            self.settings.write_text(
                self._text.replace("@HTTP@", str(port)).replace("@RTSPS@", str(self.rtsps_port))
            )
            self.url = f"http://127.0.0.1:{port}"
            with open(self.folder / "server.log", "ab") as log:
                self._process = subprocess.Popen(
                    [BUILD / "spectrax", "run", "--config", self.settings], stdout=log, stderr=log
                )
            if self._answers():
                return
            self.stop()
        raise AssertionError(f"the server does not start:\n{(self.folder / 'server.log').read_text()[-2000:]}")

    def _answers(self) -> bool:
        end = time.monotonic() + 30
        while time.monotonic() < end and self._process and self._process.poll() is None:
            try:
                self.get("/healthz")
                return True
            except urllib.error.HTTPError:
                return True
            except OSError:
                time.sleep(0.02)
        return False

    def get(self, path: str) -> bytes:
        """The body; urllib.error.HTTPError when the status is no success."""
        with urllib.request.urlopen(self.url + path, timeout=20) as answer:
            body: bytes = answer.read()
            return body

    def json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def kill(self) -> None:
        """SIGKILL: nothing is finished, flushed or said."""
        if self._process:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def publisher(self, path: str) -> str:
        """The address to publish to, over TLS."""
        done = subprocess.run(
            [BUILD / "spectrax", "credentials", "show", "--json", "--config", self.settings],
            check=True, capture_output=True, text=True,
        )
        account = json.loads(done.stdout)["publisher"]
        return f"rtsps://{account['username']}:{account['password']}@127.0.0.1:{self.rtsps_port}/{path}"
