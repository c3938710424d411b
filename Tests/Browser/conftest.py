"""A real server with the demo camera and with recordings, and a real browser that looks at its dashboard."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "clients/testing"))

from server import BUILD, CHECKOUT, free_port, maker  # noqa: E402

expect.set_options(timeout=15_000)

HOSTILE = "Hof <img src=x onerror=window.stung=1> & \\\"Tür\\\""
"""As YAML has it between double quotes."""
PAGES = pathlib.Path(__file__).resolve().parent / "pages"
SETTINGS = """
cameras:
  - path: video/front-door
    name: "Demo: pedestrians"
    source: "file:{footage}"
    loop: true
  - path: video/backyard
    name: "{hostile}"
    source: "file:{footage}"
    loop: true
  - path: video/garage
    name: Garage
    source: "rtsp://admin:secret@127.0.0.1:1/stream"
detection:
  port: {port}
recording:
  enabled: false
  recordings_dir: "{recordings}"
streaming:
  enabled: false
"""
NO_CAMERA = """
cameras:
  - path: video/front-door
    enabled: false
detection:
  enabled: false
  port: {port}
recording:
  enabled: false
  recordings_dir: "{recordings}"
streaming:
  enabled: false
"""

# 127.0.0.1 in a form that is not known for this machine alone: what is shown to others on the network.
SHOWN_TO_OTHERS = NO_CAMERA.replace("streaming:\n  enabled: false", """network:
  bind: "0177.0.0.1"
security:
  state_dir: "{state}"
streaming:
  rtsp_port: 0
  rtsps_port: 0
  rtp_port: 0""")

HOSTILE_TITLES = [
    "</title></script><svg onload=window.stung=1>", "W" * 200, "\u202egpj.drahkcab", "{{7*7}} ${window.stung=1} %s %00 &lt;b&gt;",
    "\u0430\u0301" * 40, "javascript:window.stung=1",
]
"""Markup, one long word, a text that turns its direction, templates, marks on marks, an address."""


class Server:
    """One that can be killed and started again at the same address."""

    def __init__(self, folder: pathlib.Path, settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.recordings = folder / "recordings"
        self.recordings.mkdir(exist_ok=True)
        (folder / "surveillance.yml").write_text(
            settings.format(
                footage=CHECKOUT / ".deps/footage/vtest.mp4", hostile=HOSTILE, port=self.port,
                recordings=self.recordings, state=folder / "state"))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [BUILD / "spectrax", "run", "--config", self.folder / "surveillance.yml"], stdout=log, stderr=log)
        end = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if self.get("/healthz") == {"status": "ok"}:
                    return
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.folder / "server.log").read_text())
            time.sleep(0.05)

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(with_signal)
            self.process.wait(timeout=60)
            self.process = None

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def text(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def send(self, method: str, path: str) -> None:
        urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=10).close()


@contextlib.contextmanager
def running(settings: str, *, with_recordings: bool) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="spectrax-") as name:
        folder = pathlib.Path(name)
        if with_recordings:
            maker("prepare", folder, 1)
        server = Server(folder, settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running(SETTINGS, with_recordings=True) as server:
        yield server


@pytest.fixture
def own_server() -> Iterator[Server]:
    """For tests that change it."""
    with running(SETTINGS, with_recordings=True) as server:
        yield server


@pytest.fixture(scope="session")
def bare_server() -> Iterator[Server]:
    with running(NO_CAMERA, with_recordings=False) as server:
        yield server


@pytest.fixture
def hostile_server() -> Iterator[Server]:
    cameras = "".join(
        f"  - path: video/camera-{index}\n    name: {json.dumps(title)}\n".replace("{", "{{").replace("}", "}}")
        for index, title in enumerate(HOSTILE_TITLES)
    )
    with running("cameras:\n" + cameras + SETTINGS[SETTINGS.index("detection:"):], with_recordings=False) as server:
        yield server


@pytest.fixture(scope="session")
def waiting_server() -> Iterator[Server]:
    """Without a camera, and open to publishers."""
    with running(SHOWN_TO_OTHERS, with_recordings=False) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        # Tests may run as root, and clips start by themselves as they do after a click.
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def clock_at(time: str) -> str:
    """A script that makes the page believe that it is a minute later than `time`, or by as much as `pass_time()` is told."""
    return """
      let shift = Date.parse("%s") + 60000 - Date.now();
      window.pass_time = (milliseconds) => { shift += milliseconds; };
      const get = Headers.prototype.get;
      Headers.prototype.get = function (name) {
        const value = get.call(this, name);
        return name === "Date" ? new Date(Date.parse(value) + shift).toUTCString() : value;
      };
    """ % time


# What a server without live events and video answers to the attempt, which the browser writes down by itself.
EXPECTED = re.compile(r"Failed to load resource|WebSocket connection to")

OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a window of its own; whatever goes wrong in its scripts fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(
        url: str, *, size: tuple[int, int] = (1280, 800), theme: str = "light", language: str = "en-GB",
        before: str | None = None, workers: str = "block", prepare: Callable[[Page], None] | None = None,
        timezone: str = "Europe/Berlin",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=theme, locale=language,  # type: ignore[arg-type]
            service_workers=workers, has_touch=size[0] < 600, timezone_id=timezone)  # type: ignore[arg-type]
        contexts.append(context)
        if before:
            context.add_init_script(before)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda message: faults.append(f"{page.url}: {message.text}")
                if message.type == "error" and not EXPECTED.match(message.text) else None)
        if prepare:
            prepare(page)
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults
