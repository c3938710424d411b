"""HLS of the real server in Chromium, by its playlists with Media Source Extensions and by the browser's own player, and in
other players."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import PAGES
from playwright.sync_api import Page
from surveillance import FOOTAGE, Surveillance, eventually

SOUNDS = {
    "aac": (["-c:a", "aac"], "mp4a.40.2"),
    "opus": (["-c:a", "libopus"], "opus"),
    # HLS has no G.711: it is transcoded.
    "pcm_alaw": (["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"], "mp4a.40.2"),
}


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pathlib.Path]:
    """Twelve seconds at 25 frames/s with each sound, a key frame a second."""
    folder = tmp_path_factory.mktemp("cameras")
    picture = folder / "picture.mp4"
    run("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=12", "-c:v", "libx264", "-preset", "ultrafast", "-tune",
        "zerolatency", "-pix_fmt", "yuv420p", "-g", "25", "-keyint_min", "25", "-sc_threshold", "0", picture)
    made = {}
    for name, (options, _) in SOUNDS.items():
        made[name] = folder / f"{name}.mkv"
        run("-i", picture, "-f", "lavfi", "-i", "sine=d=12:r=48000", "-c:v", "copy", *options, made[name])
    return made


def run(*arguments: object) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


@pytest.fixture(scope="module")
def server(cameras: dict[str, pathlib.Path]) -> Iterator[Surveillance]:
    entries = [f"  - path: video/{name}\n    source: 'file:{file}'\n    loop: true" for name, file in cameras.items()]
    entries.append(f"  - path: video/street\n    source: 'file:{FOOTAGE}'\n    loop: true")
    entries.append("  - path: video/phone")
    with Surveillance("\n".join(entries)) as server:
        eventually("all files are cameras", 30, lambda: all(
            has_pictures(server, name) for name in [*cameras, "street"]))
        yield server


def has_pictures(server: Surveillance, name: str) -> bool:
    with contextlib.suppress(OSError):
        return bool(server.get(f"/video/snapshot?path=video/{name}"))
    return False


def open_player(page: Page, server: Surveillance, name: str, start: str = "start") -> None:
    page.goto((PAGES / "hls.html").as_uri())
    page.evaluate(f"(address) => {start}(address)", f"{server.url}/hls/video/{name}/index.m3u8")


def look(page: Page) -> Any:
    seen = page.evaluate("look()")
    assert seen["error"] is None, seen
    return seen


def wait_for(page: Page, what: str, seconds: float, condition: str) -> Any:
    """What is seen when the condition on it holds, a JavaScript expression with `it`; fails at the first error."""

    def check() -> Any:
        look(page)
        return page.evaluate(f"((it) => ({condition}) ? it : null)(look())")

    return eventually(what, seconds, check)


def test_low_latency_playback(page: Page, server: Surveillance) -> None:
    open_player(page, server, "aac")
    first = wait_for(page, "it plays", 15, "it.currentTime > 0 && it.frames > 0")
    started = first["currentTime"]
    # Longer than the file: it goes on at its end.
    seen = wait_for(page, "it goes on playing", 40, f"it.currentTime > {started} + 14")
    assert (seen["width"], seen["height"]) == (640, 360), seen
    assert seen["codecs"].startswith("avc1."), seen
    assert seen["corrupted"] == 0 and seen["frames"] >= 14 * 25 * 0.8, seen
    assert seen["jumps"] == 0, "the parts leave no gap"
    assert seen["behind"] < 3, seen
    # About three parts a second, each asked for before it was there.
    assert seen["parts"] >= 14 * 2, seen
    assert all(brought for _, brought in seen["reloads"]), seen["reloads"]
    assert sum(took for took, _ in seen["reloads"]) / len(seen["reloads"]) > 50, "reloads wait for the part"


@pytest.mark.parametrize("sound", SOUNDS)
def test_sound(page: Page, server: Surveillance, sound: str) -> None:
    open_player(page, server, sound)
    seen = wait_for(page, "picture and sound", 20, "it.currentTime > 0 && it.frames > 20 && it.soundBytes > 1000")
    picture, heard = seen["codecs"].split(",")
    assert picture.startswith("avc1.") and heard == SOUNDS[sound][1], seen


def test_silent_camera(page: Page, server: Surveillance) -> None:
    open_player(page, server, "street")
    seen = wait_for(page, "it plays", 20, "it.currentTime > 0 && it.frames > 30")
    assert (seen["width"], seen["height"]) == (768, 576) and "," not in seen["codecs"], seen


def test_browsers_own_player(page: Page, server: Surveillance) -> None:
    page.goto((PAGES / "hls.html").as_uri())
    if not page.evaluate("document.createElement('video').canPlayType('application/vnd.apple.mpegurl')"):
        return  # Only newer Chromium has one; the others are covered above.
    open_player(page, server, "aac", "startNative")
    first = wait_for(page, "it plays", 30, "it.currentTime > 0 && it.frames > 0")
    seen = wait_for(page, "it goes on", 30, f"it.currentTime > {first['currentTime']} + 5")
    assert (seen["width"], seen["height"]) == (640, 360) and seen["soundBytes"] > 0, seen


def test_publisher_leaves_and_returns(page: Page, server: Surveillance, cameras: dict[str, pathlib.Path]) -> None:
    def publish(width: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["ffmpeg", "-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", f"testsrc2=s={width}x360:r=25",
             "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "25",
             "-f", "rtsp", "-rtsp_transport", "tcp", server.publisher("video/phone")])

    phone = publish(640)
    try:
        eventually("the phone is there", 20, lambda: has_pictures(server, "phone"))
        open_player(page, server, "phone")
        wait_for(page, "it plays", 20, "it.currentTime > 0 && it.width === 640 && it.frames > 25")
        phone.kill()
        phone.wait()
        phone = publish(480)
        seen = wait_for(page, "it plays the new size", 30, "it.width === 480")
        assert seen["inits"] >= 2 and seen["discontinuities"] >= 1, seen
        wait_for(page, "it goes on", 20, f"it.currentTime > {seen['currentTime']} + 2")
    finally:
        phone.kill()
        phone.wait()


PLAYERS = {
    "ffmpeg": ["ffmpeg", "-v", "error", "-nostdin", "-i", "@URL@", "-t", "5", "-c", "copy", "@FILE@"],
    "mpv": ["mpv", "--no-config", "--length=5", "--o=@FILE@", "--of=matroska", "--ovc=libx264", "--oac=aac", "@URL@"],
    "VLC": ["cvlc", "-q", "--run-time=6", "--play-and-exit", "--sout", "#std{access=file,mux=mkv,dst=@FILE@}", "@URL@",
            "vlc://quit"],
}


@pytest.mark.parametrize("player", PLAYERS)
def test_other_players(server: Surveillance, player: str) -> None:
    url = f"{server.url}/hls/video/aac/index.m3u8"
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        file = pathlib.Path(folder) / "played.mkv"
        command = [part.replace("@URL@", url).replace("@FILE@", str(file)) for part in PLAYERS[player]]
        if player == "VLC" and os.geteuid() == 0:
            # It refuses to be root.
            command = ["setpriv", "--reuid=65534", "--clear-groups", "env", f"HOME={folder}", *command]
        subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)
        played = subprocess.run(
            ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of",
             "csv=p=0", file], check=True, capture_output=True, text=True).stdout.split()
        packets = {codec: int(count) for codec, count in (line.split(",") for line in played)}
        assert set(packets) == {"h264", "aac"}, packets
        assert packets["h264"] >= 100 and packets["aac"] >= 150, packets


def test_sound_in_the_page(page: Page, server: Surveillance) -> None:
    page.goto(f"{server.url}/?camera=video/aac")
    video = page.locator("sx-view video")
    video.wait_for(timeout=20000)
    heard = "element => [element.muted, element.webkitAudioDecodedByteCount]"
    assert video.evaluate(heard) == [True, 0], "silent until it is asked for"
    page.get_by_role("button", name="Sound").click()
    eventually("sound", 20, lambda: video.count() and (now := video.evaluate(heard)) and not now[0] and now[1] > 1000)
    assert page.get_by_role("button", name="Sound").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="Sound").click()
    eventually("silence", 20, lambda: video.count() and video.evaluate(heard) == [True, 0])
