"""A recorder that is killed in the middle of events leaves only clips that a browser plays to their end."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

from conftest import PAGES
from playwright.sync_api import Page
from surveillance import FOOTAGE, Surveillance, eventually

KILLS = 3
CAMERA = f"  - path: video/street\n    source: 'file:{FOOTAGE}'\n    loop: true"
RATE = 4
"""How much faster than life the clips are played."""


def unfinished(server: Surveillance, bytes: int = 0) -> set[pathlib.Path]:
    return {part for part in server.clips.rglob("*.part") if part.stat().st_size >= bytes}


def frames(clip: pathlib.Path) -> int:
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets", "-show_entries",
         "stream=nb_read_packets", "-of", "json", clip],
        check=True, capture_output=True, text=True,
    )
    return int(json.loads(done.stdout)["streams"][0]["nb_read_packets"])


def test_every_listed_clip_plays_to_its_end_after_kills(page: Page) -> None:
    recording = "  pre_buffer_seconds: 1\n  post_buffer_seconds: 1\n  max_clip_seconds: 10"
    torn: set[str] = set()
    with Surveillance(CAMERA, detection="  fps: 2", recording=recording) as server:
        for kill in range(KILLS):
            # Longer from kill to kill: after one, two, three fragments or so.
            parts = eventually("an event is being recorded", 40, lambda: unfinished(server, 200_000 * (kill + 1)))
            server.kill()
            left = unfinished(server)
            assert parts & left, "killed, it has not finished its clip"
            torn |= {part.name.removesuffix(".part") for part in left}
            server.start()
        eventually(
            "what was torn is recovered", 20, lambda: torn <= {recording_name(it) for it in recordings(server)}
        )
        listed = recordings(server)
        # One that is torn again before it is recovered is one clip.
        assert len(listed) >= len(torn) > 0

        page.goto((PAGES / "clips.html").as_uri())
        seen = page.evaluate(
            "([clips, rate]) => Promise.all(clips.map((it) => play(it.address, rate, 15 + it.duration)))",
            [[{"address": server.url + it["file_url"], "duration": it["duration"]} for it in listed], RATE],
        )
        for recording, played in zip(listed, seen, strict=True):
            assert played["how"] == "ended" and played["error"] is None, played
            assert abs(played["duration"] - recording["duration"]) <= 0.2, (played, recording["duration"])
            assert abs(played["currentTime"] - played["duration"]) <= 0.2, played
            assert (played["width"], played["height"]) == (768, 576), played
            assert played["corrupted"] == 0, played
            # Every picture of it, 10 a second; at the end up to four may be missing that are shown before the last one
            # but come after it.
            missing = 10 * recording["duration"] - frames(server.clips / recording_name(recording))
            assert recording["duration"] >= 1 and -1.5 <= missing <= 5.5, (missing, recording)
            assert played["frames"] > 0, played


def recordings(server: Surveillance) -> list[Any]:
    page = server.json("/api/recordings?limit=1000")
    return page if isinstance(page, list) else page["recordings"]


def recording_name(recording: Any) -> str:
    return pathlib.PurePath(recording["file_path"]).name
