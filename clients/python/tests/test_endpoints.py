"""Every endpoint, against a real server, with both clients."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import re
from collections.abc import Callable
from typing import Any, get_type_hints

import httpx
import pytest
from server import CAMERAS, Server

from spectrax_client import AsyncSpectraX, BadRequest, NotFound, SpectraX, models

CLIP = "front-door_2025-10-12_19-05-30.mp4"


def operations(document: dict[str, Any]) -> set[str]:
    methods = {"get", "head", "post", "put", "patch", "delete"}
    return {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
        # WebSockets are for browsers; `events` gives the same messages. HLS is for players; `hls_url` gives its address.
        if method in methods and "101" not in item[method]["responses"] and not path.startswith("/hls/")
    }


def template(document: dict[str, Any], request: httpx.Request) -> str:
    """The operation that a request belongs to; fixed paths go first."""
    for path in sorted(document["paths"], key=lambda path: "{" in path):
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.url.path):
            return f"{request.method} {path}"
    return f"{request.method} {request.url.path}"


def scenario(number: int) -> list[tuple[str, Callable[[Any], Any]]]:
    """A call of every method; `number` is a recording that goes."""
    return [
        ("status", lambda c: c.status()),
        ("paths", lambda c: c.paths()),
        ("is_healthy", lambda c: c.is_healthy()),
        ("streams", lambda c: c.streams()),
        ("feeds", lambda c: c.feeds()),
        ("snapshot", lambda c: c.snapshot(CAMERAS[1])),
        ("recordings", lambda c: c.recordings(limit=3)),
        ("recording", lambda c: c.recording(42)),
        ("set_protected", lambda c: c.set_protected(42, True)),
        ("delete", lambda c: c.delete(number)),
        ("alerts", lambda c: c.alerts(limit=3)),
        ("file_info", lambda c: c.file_info(CLIP)),
        ("file_info of media", lambda c: c.file_info(f"/api/recordings/file/{CLIP}")),
        ("read_range", lambda c: c.read_range(CLIP, 4, 8)),
        ("read_range of media", lambda c: c.read_range(f"/api/recordings/file/{CLIP}", 4, 8)),
        ("statistics", lambda c: c.statistics()),
        ("object_statistics", lambda c: c.object_statistics()),
        ("time_statistics", lambda c: c.time_statistics(days=3650)),
        ("openapi", lambda c: c.openapi()),
        ("docs", lambda c: c.docs()),
        ("metrics", lambda c: c.metrics()),
        ("queues", lambda c: c.queues()),
        ("log", lambda c: c.log(limit=1, level="info", after=1)),
        ("page", lambda c: c.page()),
    ]


def check(answers: dict[str, Any], number: int) -> None:
    assert answers["status"]["status"] == "running" and set(answers["status"]["cameras"]) == set(CAMERAS)
    assert answers["paths"] == CAMERAS
    assert answers["is_healthy"] is True
    assert [stream["path"] for stream in answers["streams"]] == CAMERAS
    assert answers["feeds"]["default"] == answers["streams"][0]["id"]
    assert answers["snapshot"].startswith(b"\xff\xd8")
    assert answers["recordings"]["limit"] == 3 and len(answers["recordings"]["recordings"]) == 3
    assert answers["recording"]["timestamp"] == "2025-10-12T19:05:30.123456"
    assert answers["set_protected"]["protected"] is True
    assert answers["delete"]["id"] == number
    assert len(answers["alerts"]["alerts"]) == 3
    assert answers["file_info"].content_type == "video/mp4" and answers["file_info"] == answers["file_info of media"]
    assert answers["file_info"].size == answers["recording"]["file_size_bytes"] and answers["file_info"].etag
    assert answers["read_range"] == answers["read_range of media"] == b"ftyp"
    assert answers["statistics"]["by_camera"].keys() == set(CAMERAS[:2])
    assert answers["object_statistics"]["object_counts"].keys() == {"person", "car", "dog"}
    assert len(answers["time_statistics"]["hours"]) == 24 and len(answers["time_statistics"]["days"]) == 7
    assert "spectrax_build_info" in answers["metrics"]
    assert {"decoder", "clips"} <= {queue["name"] for queue in answers["queues"]}
    (line,) = answers["log"]["lines"]
    assert line["level"] in ("info", "notice", "warning", "error") and line["message"] and line["seq"] > 1
    assert "<h1>SpectraX REST API</h1>" in answers["docs"] and "<title>SpectraX" in answers["page"]


def test_every_operation_sync(server: Server) -> None:
    seen: list[httpx.Request] = []
    with SpectraX(server.url) as client:
        client._http.event_hooks["request"].append(seen.append)
        answers = {name: call(client) for name, call in scenario(100)}
        client.snapshot_by_id(answers["feeds"]["default"])
        with pytest.raises(NotFound, match="this server takes no streams"):
            client.publishing("video/phone")
        assert client.hls_url("video/front-door") == f"{server.url}/hls/video/front-door/index.m3u8"
        frames = client.frames()
        assert all(next(frames).startswith(b"\xff\xd8") for _ in range(3))
        frames.close()
        assert next(client.events(last_event_id=0))["kind"] == "lost"
    check(answers, 100)
    document = answers["openapi"]
    assert {template(document, request) for request in seen} == operations(document)


def test_every_operation_async(server: Server) -> None:
    seen: list[httpx.Request] = []

    async def run() -> dict[str, Any]:
        async def note(request: httpx.Request) -> None:
            seen.append(request)

        async with AsyncSpectraX(server.url) as client:
            client._http.event_hooks["request"].append(note)
            answers = {name: await call(client) for name, call in scenario(101)}
            await client.snapshot_by_id(answers["feeds"]["default"])
            with pytest.raises(NotFound, match="this server takes no streams"):
                await client.publishing("video/phone")
            frames = client.frames()
            for _ in range(3):
                assert (await frames.__anext__()).startswith(b"\xff\xd8")
            await frames.aclose()
            events = client.events(last_event_id=0)
            assert (await events.__anext__())["kind"] == "lost"
            await events.aclose()
            return answers

    answers = asyncio.run(run())
    check(answers, 101)
    document = answers["openapi"]
    assert {template(document, request) for request in seen} == operations(document)


def test_both_clients_have_the_same_methods() -> None:
    def signatures(kind: type) -> dict[str, str]:
        found = {name: str(inspect.signature(value)) for name, value in vars(kind).items() if inspect.isfunction(value)}
        generator = (r"AsyncGenerator\[(\w+), None\]", r"Generator[\1, None, None]")
        return {
            name.replace("__a", "__"): re.sub(*generator, re.sub("Async(?=Iter|Base|Sp)", "", text))
            for name, text in found.items()
        }

    assert signatures(SpectraX) == signatures(AsyncSpectraX)


def test_answers_have_the_declared_fields(client: SpectraX) -> None:
    def same(value: Any, shape: type) -> None:
        assert set(value) == set(get_type_hints(shape)), shape.__name__

    same(client.status(), models.Status)
    same(client.status()["detector"], models.DetectorStatus)
    same(client.status()["cameras"][CAMERAS[0]], models.CameraStatus)
    same(client.streams()[0], models.Stream)
    same(client.streams()[0]["recording_stats"], models.StreamRecordings)
    same(client.feeds(), models.FeedList)
    same(next(iter(client.feeds()["feeds"].values())), models.Feed)
    same(client.recordings(limit=1), models.RecordingList)
    same(client.recordings(limit=1)["recordings"][0], models.Recording)
    same(client.recording(42), models.RecordingDetails)
    assert client.recording(42)["object_times"][1] == {"from": 1, "to": 1.5}
    same(client.queues()[0], models.Queue)
    same(client.log(limit=1), models.Log)
    same(client.log(limit=1)["lines"][0], models.LogLine)
    same(client.recording(42)["objects_detected"][0], models.DetectedObject)
    same(client.alerts(limit=1), models.AlertList)
    same(client.alerts(limit=1)["alerts"][0], models.Alert)
    same(client.delete(102), models.Deletion)
    same(client.statistics(), models.RecordingStatistics)
    same(client.statistics()["trackers"], models.TrackerStatistics)
    same(client.statistics()["trackers"]["most_frequent"][0], models.TrackerAppearances)
    same(client.statistics()["by_camera"][CAMERAS[0]], models.CameraStatistics)
    same(client.object_statistics(), models.ObjectStatistics)
    same(client.time_statistics(), models.TimeStatistics)
    same(client.time_statistics()["hours"][0], models.HourCount)
    same(client.time_statistics()["days"][0], models.DayCount)


def test_filters_arrive(client: SpectraX) -> None:
    moment = datetime.datetime(2025, 10, 12, 19, 5, 30, 123456, tzinfo=datetime.timezone.utc)
    zone = datetime.timezone(datetime.timedelta(hours=2))
    for start in (moment, moment.astimezone(zone), moment.replace(tzinfo=None), moment.isoformat()):
        found = client.recordings(start_date=start, end_date=moment)["recordings"]
        assert [row["id"] for row in found] == [42]
    day = client.recordings(start_date=datetime.date(2025, 10, 12), end_date=datetime.date(2025, 10, 12))
    assert {row["timestamp"][:10] for row in day["recordings"]} == {"2025-10-12"} and day["total"] > 1
    both = client.recordings(object_type=["person", "car"], limit=1)["total"]
    assert both == client.recordings(object_type="person,car", limit=1)["total"]
    assert both < client.recordings(object_type=("person", "car", "dog"), limit=1)["total"]
    assert all(row["confidence"] >= 0.9 for row in client.recordings(min_confidence=0.9)["recordings"])
    rows = client.recordings(sort_by="confidence", sort_order="asc")["recordings"]
    assert [row["confidence"] for row in rows] == sorted(row["confidence"] for row in rows)
    stream = client.feeds()["default"]
    assert {row["stream_path"] for row in client.recordings(stream_id=stream)["recordings"]} == {CAMERAS[0]}
    assert client.recordings(include_removed=True, limit=1)["total"] >= client.recordings(limit=1)["total"]
    assert client.alerts(object_type="dog", min_confidence=0.9)["total"] < client.alerts(object_type="dog")["total"]
    assert client.object_statistics(end_date="2000-01-01")["total_recordings"] == 0
    assert sum(hour["detections"] for hour in client.time_statistics(days=3650, object_type="dog")["hours"]) > 0


def test_refusals_say_why(client: SpectraX) -> None:
    with pytest.raises(BadRequest, match="limit takes a whole number, 1 to 1000") as refused:
        client.recordings(limit=0)
    assert refused.value.status == 400
    with pytest.raises(NotFound, match="there is no recording 9999999"):
        client.recording(9999999)
    with pytest.raises(NotFound, match="no camera has the path"):
        next(client.frames("video/none"))
    with pytest.raises(NotFound):
        client.snapshot_by_id("../status")
    with pytest.raises(NotFound, match="there is no recording file"):
        client.read_range("recordings.db", 0, 1)
    assert client.stream_url("video/front-door").endswith("/video/stream?path=video%2Ffront-door")
