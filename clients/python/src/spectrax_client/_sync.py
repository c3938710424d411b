"""The synchronous client."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import httpx

from ._calls import (
    UNCOMPRESSED,
    Call,
    FileReference,
    Moment,
    ObjectTypes,
    SortField,
    SortOrder,
    base_of,
    file_path,
    json_object,
    query,
    segment,
)
from ._errors import APIError, ConnectionFailed, Unavailable, UnexpectedAnswer, api_error, transport_errors
from ._events import SILENCE, EventReader, Resumption
from ._files import Download, FileInfo, Progress
from ._mjpeg import PictureReader
from ._paging import PageWalk
from .models import (
    Alert,
    AlertList,
    Deletion,
    FeedList,
    LiveMessage,
    Log,
    LogLevel,
    ObjectStatistics,
    Publishing,
    Queue,
    Recording,
    RecordingDetails,
    RecordingList,
    RecordingStatistics,
    Status,
    Stream,
    TimeStatistics,
)


class SpectraX:
    """A SpectraX server. Safe to share between threads; close it, or use it in a `with`.

    `timeout` in seconds holds for connecting, for every answer, and for every gap within one.
    """

    def __init__(
        self,
        base_url: str = "http://localhost:8080",
        *,
        timeout: float = 10.0,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=base_of(base_url), timeout=timeout, headers=dict(headers or {}), transport=transport
        )

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> SpectraX:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Status

    def status(self) -> Status:
        """State of the server, its cameras and its detector."""
        return cast(Status, self._json(Call("GET", "/status")))

    def paths(self) -> list[str]:
        """The paths of all cameras."""
        return cast("list[str]", self._json(Call("GET", "/paths"))["paths"])

    def is_healthy(self) -> bool:
        """Whether the server says that it is live."""
        try:
            self._json(Call("GET", "/healthz"))
        except Unavailable:
            return False
        return True

    def streams(self) -> list[Stream]:
        """The cameras with their state and the sums of their recordings."""
        return cast("list[Stream]", self._json(Call("GET", "/api/streams"))["streams"])

    def feeds(self) -> FeedList:
        """The cameras by their identifiers."""
        return cast(FeedList, self._json(Call("GET", "/feeds")))

    # Live

    def snapshot(self, path: str | None = None) -> bytes:
        """The newest picture of a camera as JPEG; of the first camera without `path`."""
        return self._bytes(Call("GET", "/video/snapshot", query(path=path)))

    def snapshot_by_id(self, stream_id: str) -> bytes:
        """The newest picture of the camera with an identifier."""
        return self._bytes(Call("GET", f"/video/jpeg/{segment(stream_id)}"))

    def frames(self, path: str | None = None) -> Generator[bytes, None, None]:
        """The live pictures of a camera as JPEGs, until you stop iterating. Slow readers miss pictures."""
        call = Call("GET", "/video/stream", query(path=path))
        reader = PictureReader()
        with self._open(call, UNCOMPRESSED) as response:
            for piece in response.iter_raw():
                yield from reader.feed(piece)

    def stream_url(self, path: str | None = None) -> str:
        """The address of the live pictures, for an `<img>` or a player."""
        return str(self._http.build_request("GET", "/video/stream", params=query(path=path)).url)

    def hls_url(self, path: str) -> str:
        """The address of a camera's video with sound, for a player that has HLS."""
        return str(self._http.build_request("GET", f"/hls/{path}/index.m3u8").url)

    # Events

    def events(
        self,
        *,
        camera: str | Iterable[str] | None = None,
        kind: str | Iterable[str] | None = None,
        object_type: ObjectTypes | None = None,
        last_event_id: int | None = None,
        reconnect: bool = True,
    ) -> Generator[LiveMessage, None, None]:
        """What happens, as it happens, until you stop iterating.

        After a break it connects again and goes on after the last message (`seq`), or after `last_event_id` at first; what
        cannot be had any more comes as a message of kind `lost`. With `reconnect` False a break raises `ConnectionFailed`.
        """
        call = Call("GET", "/api/events", query(**{"camera": camera, "kind": kind, "class": object_type}))
        place = Resumption(last_event_id)
        while True:
            reader = EventReader()
            headers = dict(UNCOMPRESSED)
            if place.last is not None:
                headers["Last-Event-ID"] = str(place.last)
            failure = ConnectionFailed(f"{call.title}: the server has ended it")
            try:
                with self._open(call, headers, timeout=SILENCE) as response:
                    for piece in response.iter_raw():
                        for message in reader.feed(piece):
                            place.came(message)
                            yield message
            except ConnectionFailed as error:
                failure = error
            except APIError as error:
                if error.status < 500 or not reconnect:
                    raise
            if not reconnect:
                raise failure
            time.sleep(place.delay())

    def metrics(self) -> str:
        """Counters and gauges as Prometheus reads them."""
        return (self._bytes(Call("GET", "/metrics"))).decode()

    def log(self, *, limit: int = 100, level: LogLevel = "trace", after: int = 0) -> Log:
        """The latest lines of the log, the newest first. `after` is the `seq` of the newest line that you have."""
        parameters = query(limit=limit, level=level, after=after)
        return cast(Log, self._json(Call("GET", "/api/log", parameters)))

    def queues(self) -> list[Queue]:
        """What waits in the server's queues, and what they lost; the same values as in the metrics."""
        return cast("list[Queue]", (self._json(Call("GET", "/api/queues")))["queues"])

    def publishing(self, path: str | None = None) -> Publishing:
        """Where a phone or an encoder sends its pictures, for a camera that is only a path in the settings."""
        return cast(Publishing, self._json(Call("GET", "/api/publish", query(path=path))))

    # Recordings

    def recordings(
        self,
        *,
        limit: int = 100,
        offset: int = 0,
        stream_id: str | None = None,
        start_date: Moment | None = None,
        end_date: Moment | None = None,
        object_type: ObjectTypes | None = None,
        min_confidence: float | None = None,
        sort_by: SortField = "timestamp",
        sort_order: SortOrder = "desc",
        include_removed: bool | None = None,
    ) -> RecordingList:
        """A page of recordings."""
        parameters = query(
            limit=limit, offset=offset, stream_id=stream_id, start_date=start_date, end_date=end_date,
            object_type=object_type, min_confidence=min_confidence, sort_by=sort_by, sort_order=sort_order,
            include_removed=include_removed,
        )  # fmt: skip
        return cast(RecordingList, self._json(Call("GET", "/api/recordings", parameters)))

    def iter_recordings(
        self,
        *,
        page_size: int = 100,
        stream_id: str | None = None,
        start_date: Moment | None = None,
        end_date: Moment | None = None,
        object_type: ObjectTypes | None = None,
        min_confidence: float | None = None,
        sort_by: SortField = "timestamp",
        sort_order: SortOrder = "desc",
        include_removed: bool | None = None,
    ) -> Iterator[Recording]:
        """All recordings, page by page; each comes once, also when others are added or deleted meanwhile."""
        types = object_type if object_type is None or isinstance(object_type, str) else list(object_type)
        walk: PageWalk[Recording] = PageWalk(page_size)
        while not walk.is_finished:
            page = self.recordings(
                limit=walk.limit, offset=walk.offset, stream_id=stream_id, start_date=start_date, end_date=end_date,
                object_type=types, min_confidence=min_confidence, sort_by=sort_by, sort_order=sort_order,
                include_removed=include_removed,
            )  # fmt: skip
            yield from walk.take([(row["id"], row) for row in page["recordings"]])

    def recording(self, recording_id: int) -> RecordingDetails:
        """One recording."""
        return cast(RecordingDetails, self._json(Call("GET", f"/api/recordings/{recording_id:d}")))

    def set_protected(self, recording_id: int, protected: bool) -> Recording:
        """Keeps a recording from being removed by retention, or no longer."""
        call = Call("PATCH", f"/api/recordings/{recording_id:d}", json={"protected": protected})
        return cast(Recording, self._json(call))

    def delete(self, recording_id: int) -> Deletion:
        """Deletes a recording with its files."""
        return cast(Deletion, self._json(Call("DELETE", f"/api/recordings/{recording_id:d}")))

    def alerts(
        self,
        *,
        limit: int = 100,
        offset: int = 0,
        start_date: Moment | None = None,
        end_date: Moment | None = None,
        object_type: ObjectTypes | None = None,
        min_confidence: float | None = None,
    ) -> AlertList:
        """A page of recordings of something that was surely seen, newest first."""
        parameters = query(
            limit=limit, offset=offset, start_date=start_date, end_date=end_date, object_type=object_type,
            min_confidence=min_confidence,
        )  # fmt: skip
        return cast(AlertList, self._json(Call("GET", "/api/alerts", parameters)))

    def iter_alerts(
        self,
        *,
        page_size: int = 100,
        start_date: Moment | None = None,
        end_date: Moment | None = None,
        object_type: ObjectTypes | None = None,
        min_confidence: float | None = None,
    ) -> Iterator[Alert]:
        """All alerts, page by page, as `iter_recordings`."""
        types = object_type if object_type is None or isinstance(object_type, str) else list(object_type)
        walk: PageWalk[Alert] = PageWalk(page_size)
        while not walk.is_finished:
            page = self.alerts(
                limit=walk.limit, offset=walk.offset, start_date=start_date, end_date=end_date, object_type=types,
                min_confidence=min_confidence,
            )  # fmt: skip
            yield from walk.take([(row["id"], row) for row in page["alerts"]])

    # Files

    def file_info(self, file: FileReference) -> FileInfo:
        """Size, type and version of a clip or thumbnail."""
        call = Call("HEAD", file_path(file))
        with self._open(call) as response:
            return FileInfo.of(response.headers)

    def read_range(self, file: FileReference, start: int, stop: int) -> bytes:
        """The bytes from `start` up to `stop`, which is exclusive; fewer where the file ends before."""
        if not 0 <= start < stop:
            raise ValueError(f"start and stop take 0 <= start < stop, not {start} and {stop}")
        call = Call("GET", file_path(file))
        with self._open(call, {**UNCOMPRESSED, "Range": f"bytes={start}-{stop - 1}"}) as response:
            if response.status_code != 206:
                raise UnexpectedAnswer(f"{call.title}: the server does not serve ranges")
            return response.read()

    def download(
        self,
        file: FileReference,
        target: str | os.PathLike[str],
        *,
        progress: Progress | None = None,
        retries: int = 2,
    ) -> Path:
        """Downloads a clip or thumbnail to a file or into a folder, and returns the file.

        A broken connection is resumed up to `retries` times. What had come when that fails too stays as `NAME.part`,
        and the next call continues it; if the file has changed on the server, it begins anew.
        """
        call = Call("GET", file_path(file))
        download = Download(target, call.path, progress)
        while True:
            try:
                if self._fetch(call, download):
                    return download.target
            except ConnectionFailed:
                if retries <= 0:
                    raise
                retries -= 1
            finally:
                download.pause()

    def _fetch(self, call: Call, download: Download) -> bool:
        """Whether the file is complete; if not, it must be asked for anew."""
        with self._open(call, download.request_headers(), accepts=(416,)) as response:
            if response.status_code == 416:
                return download.is_whole(response.headers)
            download.begin(response.status_code, response.headers)
            for piece in response.iter_raw():
                download.write(piece)
        download.finish()
        return True

    # Statistics

    def statistics(self) -> RecordingStatistics:
        """Sums over all recordings."""
        return cast(RecordingStatistics, self._json(Call("GET", "/api/recordings/stats")))

    def object_statistics(
        self,
        *,
        start_date: Moment | None = None,
        end_date: Moment | None = None,
        stream_id: str | None = None,
    ) -> ObjectStatistics:
        """In how many recordings each class was seen."""
        parameters = query(start_date=start_date, end_date=end_date, stream_id=stream_id)
        return cast(ObjectStatistics, self._json(Call("GET", "/api/stats/objects", parameters))["stats"])

    def time_statistics(
        self,
        *,
        days: int | None = None,
        start_date: Moment | None = None,
        end_date: Moment | None = None,
        object_type: str | None = None,
        stream_id: str | None = None,
    ) -> TimeStatistics:
        """When recordings began: by hour of the day and by day of the week; of the last `days` (7) or between dates."""
        parameters = query(
            days=days, start_date=start_date, end_date=end_date, object_type=object_type, stream_id=stream_id
        )
        return cast(TimeStatistics, self._json(Call("GET", "/api/stats/times", parameters))["stats"])

    # Document

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document of the server."""
        return self._json(Call("GET", "/openapi.json"))

    def docs(self) -> str:
        """The same as a page."""
        return self._bytes(Call("GET", "/docs")).decode()

    def page(self) -> str:
        """The page with all cameras live."""
        return self._bytes(Call("GET", "/")).decode()

    # Requests

    @contextlib.contextmanager
    def _open(
        self, call: Call, headers: Mapping[str, str] | None = None, accepts: tuple[int, ...] = (),
        timeout: float | None = None,
    ) -> Iterator[httpx.Response]:
        """An answer that is not read yet; raises what the server refuses."""
        with transport_errors(call.title):
            with self._http.stream(
                call.method, call.path, params=call.params or None, json=call.json, headers=headers,
                timeout=httpx.USE_CLIENT_DEFAULT if timeout is None else timeout,
            ) as response:
                if not response.is_success and response.status_code not in accepts:
                    raise api_error(response.status_code, response.read())
                yield response

    def _bytes(self, call: Call) -> bytes:
        with self._open(call) as response:
            return response.read()

    def _json(self, call: Call) -> dict[str, Any]:
        with self._open(call) as response:
            response.read()
        return json_object(call, response)
