"""What the API document prints, run as it is: its clients and its command lines."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request
from typing import Any

import pytest
from openapi_spec_validator import validate
from server import CHECKOUT, Server

HERE = pathlib.Path(__file__).resolve().parent
PRINTED = CHECKOUT / "Tests/Fixtures/document-clients"
OPENAPI = CHECKOUT / "Sources/WebAPI/Resources/openapi.json"
DOCUMENTED_FIELDS = {
    "id", "timestamp", "stream_id", "stream_name", "file_path", "duration", "objects_detected", "thumbnail_path",
    "confidence", "retained", "tracker_ids", "file_url", "thumbnail_url", "mediaUrl", "thumbnailMediaUrl",
}  # fmt: skip


def port(server: Server) -> str:
    return server.url.rsplit(":", 1)[1]


def check_recording(recording: dict[str, Any]) -> None:
    """The recording that the document shows."""
    assert recording.keys() >= DOCUMENTED_FIELDS
    shown = {
        "id": 42,
        "timestamp": "2025-10-12T19:05:30.123456",
        "stream_name": "front-door",
        "objects_detected": [
            {"class": "person", "confidence": 0.95, "bbox": [100, 200, 300, 400], "tracker_id": 42},
            {"class": "car", "confidence": 0.87, "bbox": [500, 100, 700, 300], "tracker_id": 15},
        ],
        "confidence": 0.95,
        "retained": 1,
        "tracker_ids": "[42, 15]",
        "file_url": "/recordings/front-door_2025-10-12_19-05-30.mp4",
        "thumbnail_url": "/recordings/front-door_2025-10-12_19-05-30_thumb.jpg",
        "mediaUrl": "/api/recordings/file/front-door_2025-10-12_19-05-30.mp4",
        "thumbnailMediaUrl": "/api/recordings/file/front-door_2025-10-12_19-05-30_thumb.jpg",
    }
    assert {key: recording[key] for key in shown} == shown


def check_stats(stats: dict[str, Any]) -> None:
    assert stats["total_recordings"] == 250 and stats["trackers"].keys() == {"total_unique_ids", "most_frequent"}
    assert {"count", "duration_seconds"} <= stats["by_camera"]["video/front-door"].keys()


def test_the_python_client(server: Server, tmp_path: pathlib.Path) -> None:
    lines = subprocess.run(
        [sys.executable, HERE / "run_client.py", PRINTED / "client.py", port(server)],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    assert re.fullmatch(r"System uptime: \d+s", lines[0])
    assert re.fullmatch(r"Found 8\d recordings with people", lines[1])
    assert re.fullmatch(r"Recording: \S+ at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", lines[2])
    assert re.fullmatch(r"Duration: 2\.00s, Confidence: 0\.\d\d", lines[3])
    assert (tmp_path / "output.mp4").read_bytes()[4:8] == b"ftyp"
    rest = json.loads(lines[4])
    assert rest["found"]["limit"] == 5 and len(rest["found"]["recordings"]) == 5
    check_recording(rest["recording"])
    check_stats(rest["stats"])


def test_the_javascript_client(server: Server) -> None:
    lines = subprocess.run(
        ["node", HERE / "run_client.mjs", PRINTED / "client.mjs", port(server)],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    assert re.fullmatch(r"System uptime: \d+s", lines[0])
    assert re.fullmatch(r"Found \d+ recordings", lines[1])
    assert re.fullmatch(r"Duration: 2\.00s, Confidence: 0\.9\d", lines[3])
    rest = json.loads(lines[4])
    (video,) = rest["shown"]
    assert re.fullmatch(r"http://localhost:8080/recordings/.+\.mp4", video["src"]) and video["controls"] is True
    assert rest["stream"] == "http://localhost:8080/video/stream?path=video/front-door"
    assert rest["found"]["offset"] == 1 and len(rest["found"]["recordings"]) == 5
    check_recording(rest["recording"])
    check_stats(rest["stats"])


def run_line(line: str, server: Server, folder: pathlib.Path) -> bytes:
    """What a line prints; curl takes localhost:8080 for the server. Endless ones end when pictures have come."""
    way = f'connect-to = "localhost:8080:127.0.0.1:{port(server)}"'
    (folder / ".curlrc").write_text(f"{way}\nsilent\nshow-error\nfail\n")
    process = subprocess.Popen(
        ["bash", "-o", "pipefail", "-c", line], cwd=folder, env={**os.environ, "CURL_HOME": str(folder)},
        stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    if "/video/stream" not in line:
        printed, _ = process.communicate(timeout=20)
        assert process.returncode == 0, line
        return printed
    stream = folder / "stream.mjpeg"
    try:
        if ">" not in line:
            return process.stdout.read(30_000)
        end = time.monotonic() + 20
        while time.monotonic() < end and not (stream.exists() and stream.stat().st_size > 30_000):
            time.sleep(0.02)
        return stream.read_bytes()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


PRINTED_LINES = [line for line in (PRINTED / "curl.sh").read_text().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("line", PRINTED_LINES)
def test_a_printed_line(line: str, server: Server, tmp_path: pathlib.Path) -> None:
    printed = run_line(line, server, tmp_path)
    if "/video/stream" in line:
        assert printed.startswith(b"--frame\r\nContent-Type: image/jpeg\r\n") and printed.count(b"\xff\xd8\xff") >= 2
    elif "-O" in line:
        name = line.rsplit("/", 1)[1]
        assert (tmp_path / name).read_bytes() == (server.recordings / name).read_bytes()
    else:
        answer = json.loads(printed)
        assert answer.get("status") != "error"
        if "/recordings/42" in line:
            check_recording(answer)
        if "object_type=person" in line:
            assert answer["total"] > 80
        if "start_date" in line:
            days = {row["timestamp"][:10] for row in answer["recordings"]}
            assert days and days <= {f"2025-10-{day:02}" for day in range(1, 13)}


def test_the_openapi_document_is_valid() -> None:
    validate(json.loads(OPENAPI.read_text()))


def test_the_lines_of_the_openapi_document(server: Server, tmp_path: pathlib.Path) -> None:
    document = json.loads(urllib.request.urlopen(f"{server.url}/openapi.json").read())
    assert document == json.loads(OPENAPI.read_text())
    camera = json.loads(urllib.request.urlopen(f"{server.url}/feeds").read())["default"]
    lines = [
        sample["source"]
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for sample in operation.get("x-codeSamples", [])
    ]
    assert len(lines) > 20
    # What deletes goes last.
    for number, line in enumerate(sorted(lines, key=lambda line: "DELETE" in line)):
        folder = tmp_path / str(number)
        folder.mkdir()
        if "/api/events" in line:
            # It never ends; with another number of the last message there is something at once.
            line = line.replace("curl", "curl --max-time 1").replace("?", "?last_event_id=0&") + " || true"
            assert b'"kind":"lost"' in run_line(line, server, folder)
            continue
        run_line(line.replace("fd778237-c3e5-49e8-be03-e588801943be", camera), server, folder)
        if "now.jpg" in line:
            assert (folder / "now.jpg").read_bytes().startswith(b"\xff\xd8")
