"""Live events and live video with a WebSocket library that others use."""

from __future__ import annotations

import asyncio
import json
import pathlib
import subprocess
import urllib.request

import pytest
import websockets
from server import CAMERAS, Server


def address(server: Server, target: str) -> str:
    return server.url.replace("http://", "ws://") + target


def test_events(server: Server) -> None:
    async def run() -> None:
        async with websockets.connect(address(server, "/api/events/ws?kind=recording&last_event_id=0")) as socket:
            assert json.loads(await socket.recv())["kind"] == "lost"
            await asyncio.wait_for(await socket.ping(b"there?"), 10)
            # Fragments, and a message of the greatest size: taken and dropped.
            await socket.send(["one ", "message ", "in parts"])
            await socket.send(b"\0" * 65536)
            request = urllib.request.Request(f"{server.url}/api/recordings/90", method="DELETE")
            await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=10).read())
            # Others may have been deleted before.
            while (message := json.loads(await asyncio.wait_for(socket.recv(), 10)))["recording"]["id"] != 90:
                pass
            assert message["action"] == "deleted"
            await socket.send(b"\0" * 65537)
            with pytest.raises(websockets.ConnectionClosedError) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009

    asyncio.run(run())


def test_live_video_plays(server: Server, tmp_path: pathlib.Path) -> None:
    async def take() -> tuple[dict[str, object], int, bytes]:
        async with websockets.connect(address(server, f"/api/live/ws?path={CAMERAS[0]}"), max_size=None) as socket:
            beginning = json.loads(await socket.recv())
            parts = [await socket.recv()]
            fragments = 0
            while fragments < 20:
                part = await asyncio.wait_for(socket.recv(), 20)
                if isinstance(part, bytes):
                    fragments += 1
                    parts.append(part)
                else:
                    assert json.loads(part)["type"] == "time"
            return beginning, fragments, b"".join(part for part in parts if isinstance(part, bytes))

    beginning, fragments, video = asyncio.run(take())
    assert beginning["type"] == "init" and str(beginning["codecs"]).startswith("avc1.")
    (tmp_path / "live.mp4").write_bytes(video)
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames,width", "-of", "json",
         tmp_path / "live.mp4"], check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert probe.stderr == ""
    (stream,) = json.loads(probe.stdout)["streams"]
    assert int(stream["nb_read_frames"]) == fragments and stream["width"] == beginning["width"]


@pytest.mark.parametrize("path, code", [("video/none", 4404), (CAMERAS[2], 4503)])
def test_what_cannot_be_shown(server: Server, path: str, code: int) -> None:
    async def run() -> None:
        async with websockets.connect(address(server, f"/api/live/ws?path={path}")) as socket:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == code

    asyncio.run(run())
