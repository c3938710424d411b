"""The shapes of what the server answers, as `GET /openapi.json` describes them.

Later servers may add fields. Times are UTC: `timestamp` has no zone, all others are RFC 3339.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

CameraState = Literal["connecting", "running", "waiting", "stopped"]


class RecordingStatus(TypedDict):
    state: Literal["disabled", "idle", "recording", "failing"]
    reason: str | None
    file: str | None


class CameraStatus(TypedDict):
    fps: float
    detections: int
    last_detection: str | None
    objects: dict[str, int]
    state: CameraState
    reason: str | None
    name: str
    stream_id: str
    width: int | None
    height: int | None
    viewers: int
    dropped: int
    recording: RecordingStatus


class DetectorStatus(TypedDict):
    state: Literal["starting", "running", "failed", "disabled"]
    reason: str | None
    inference_ms: float | None


class Status(TypedDict):
    status: Literal["running"]
    cameras: dict[str, CameraStatus]
    uptime_seconds: int
    model: str
    tracking_enabled: bool
    detector: DetectorStatus
    recording: RecordingStatus
    version: str
    slow_viewers_dropped: int


LogLevel = Literal["trace", "debug", "info", "notice", "warning", "error", "critical"]


class LogLine(TypedDict):
    seq: int
    time: str
    level: LogLevel
    source: str
    message: str
    metadata: dict[str, str]


class Log(TypedDict):
    total: int
    limit: int
    capacity: int
    lines: list[LogLine]


class Queue(TypedDict):
    name: str
    camera: str | None
    unit: str
    depth: int
    capacity: int
    dropped: int | None


class Publishing(TypedDict):
    path: str
    known: bool
    urls: list[str]
    phone_link: str | None
    credentials_command: str
    local: bool


class StreamRecordings(TypedDict):
    recording_count: int
    total_duration: float
    latest_recording: str | None


class Stream(TypedDict):
    id: str
    name: str
    path: str
    source: str | None
    status: CameraState
    reason: str | None
    fps: float
    detections: int
    recording_stats: StreamRecordings


class Feed(TypedDict):
    id: str
    name: str
    path: str
    source: str | None


class FeedList(TypedDict):
    feeds: dict[str, Feed]
    default: str | None


_Detected = TypedDict("_Detected", {"class": str, "confidence": float, "bbox": list[int]})


class DetectedObject(_Detected, total=False):
    """An object at the moment of its highest confidence; `bbox` is `[x1, y1, x2, y2]` in pixels of the video."""

    tracker_id: int


class Recording(TypedDict):
    id: int
    timestamp: str
    start_time: str
    end_time: str
    stream_id: str
    stream_name: str
    stream_path: str
    file_path: str
    file_size_bytes: int
    duration: float
    objects_detected: list[DetectedObject]
    thumbnail_path: str | None
    confidence: float
    retained: Literal[0, 1]
    protected: bool
    tracker_ids: str | None
    file_url: str
    mediaUrl: str
    thumbnail_url: str | None
    thumbnailMediaUrl: str | None
    clean_thumbnail_url: str | None


_Span = TypedDict("_Span", {"from": float, "to": float})


class ObjectTimes(_Span):
    """When an object was seen, in seconds from the start of the clip."""


class RecordingDetails(Recording):
    """One recording that was asked for: `object_times` are in the order of `objects_detected`; None is not known."""

    object_times: list[ObjectTimes | None]


class RecordingList(TypedDict):
    total: int
    limit: int
    offset: int
    recordings: list[Recording]


class Deletion(TypedDict):
    status: Literal["success"]
    success: Literal[True]
    message: str
    id: int


class Alert(TypedDict):
    id: int
    timestamp: str
    stream_id: str
    stream_name: str
    confidence: float
    objects_detected: list[DetectedObject]
    object_counts: dict[str, int]
    thumbnail_path: str | None
    thumbnail_url: str | None


class AlertList(TypedDict):
    total: int
    limit: int
    offset: int
    alerts: list[Alert]


class TrackerAppearances(TypedDict):
    tracker_id: int
    appearances: int


class TrackerStatistics(TypedDict):
    total_unique_ids: int
    most_frequent: list[TrackerAppearances]


class CameraStatistics(TypedDict):
    count: int
    duration_seconds: float
    size_bytes: int


class RecordingStatistics(TypedDict):
    total_recordings: int
    total_duration_seconds: float
    total_size_bytes: int
    total_size_gb: float
    oldest_recording: str | None
    newest_recording: str | None
    objects: dict[str, int]
    trackers: TrackerStatistics
    by_camera: dict[str, CameraStatistics]


class ObjectStatistics(TypedDict):
    total_recordings: int
    object_counts: dict[str, int]
    object_percentages: dict[str, float]


class HourCount(TypedDict):
    hour: int
    detections: int


class DayCount(TypedDict):
    day: str
    detections: int


class TimeStatistics(TypedDict):
    hours: list[HourCount]
    days: list[DayCount]


class LiveCamera(TypedDict):
    stream_id: str
    path: str


class LiveEvent(TypedDict):
    id: str
    classes: list[str]
    track_id: int | None
    confidence: float
    started_at: str
    ended_at: str | None


class _LiveMessage(TypedDict):
    seq: int
    kind: Literal["frame", "event", "recording", "camera", "system", "lost"]
    time: str
    camera: LiveCamera | None


class LiveMessage(_LiveMessage, total=False):
    """What a message has besides depends on its `kind`; docs/asyncapi.json of the server says what."""

    media_time: float
    wall_time: str
    width: int
    height: int
    objects: list[dict[str, Any]]
    action: str
    event: LiveEvent
    recording: Recording
    state: str
    reason: str | None
    version: str
    count: int | None
