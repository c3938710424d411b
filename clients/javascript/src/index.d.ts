/** Client of a SpectraX server. What the server answers is handed on as it is; later servers may add fields. */

/** How a call can be ended; its `abort` makes the call throw the signal's reason. */
export interface CallOptions {
  signal?: AbortSignal;
}

export interface ClientOptions {
  /** Milliseconds, for the head of every answer and for every gap in its body; 10,000 unless set. */
  timeout?: number;
  /** Sent with every request. */
  headers?: Record<string, string>;
  fetch?: typeof globalThis.fetch;
}

/** A day (`2025-10-12`, both ends inclusive) or a moment; without a zone it is UTC. */
export type Moment = string | Date;

export interface TimeFilters extends CallOptions {
  startDate?: Moment;
  endDate?: Moment;
}

export interface AlertFilters extends TimeFilters {
  /** One class or several. */
  objectType?: string | readonly string[];
  /** 0 to 1. */
  minConfidence?: number;
}

export interface RecordingFilters extends AlertFilters {
  streamId?: string;
  sortBy?: "timestamp" | "confidence" | "duration";
  sortOrder?: "asc" | "desc";
  includeRemoved?: boolean;
}

export interface Page {
  /** 1 to 1000; 100 unless set. */
  limit?: number;
  offset?: number;
}

export interface Paging {
  /** Rows of a request, 1 to 1000; 100 unless set. */
  pageSize?: number;
}

export type CameraState = "connecting" | "running" | "waiting" | "stopped";

export interface RecordingStatus {
  state: "disabled" | "idle" | "recording" | "failing";
  reason: string | null;
  file: string | null;
}

export interface CameraStatus {
  fps: number;
  detections: number;
  last_detection: string | null;
  objects: Record<string, number>;
  state: CameraState;
  reason: string | null;
  name: string;
  stream_id: string;
  width: number | null;
  height: number | null;
  viewers: number;
  dropped: number;
  recording: RecordingStatus;
}

export interface DetectorStatus {
  state: "starting" | "running" | "failed" | "disabled";
  reason: string | null;
  inference_ms: number | null;
}

export interface Status {
  status: "running";
  cameras: Record<string, CameraStatus>;
  uptime_seconds: number;
  model: string;
  tracking_enabled: boolean;
  detector: DetectorStatus;
  recording: RecordingStatus;
  version: string;
  slow_viewers_dropped: number;
}

export type LogLevel = "trace" | "debug" | "info" | "notice" | "warning" | "error" | "critical";

export interface LogFilters extends CallOptions {
  /** 1 to 500; 100 unless set. */
  limit?: number;
  /** Lines of a lower level are left out. */
  level?: LogLevel;
  /** The `seq` of the newest line that you have. */
  after?: number;
}

export interface LogLine {
  seq: number;
  time: string;
  level: LogLevel;
  source: string;
  message: string;
  metadata: Record<string, string>;
}

export interface Log {
  total: number;
  limit: number;
  capacity: number;
  lines: LogLine[];
}

export interface Queue {
  name: string;
  camera: string | null;
  unit: string;
  depth: number;
  capacity: number;
  dropped: number | null;
}

export interface Publishing {
  path: string;
  known: boolean;
  urls: string[];
  phone_link: string | null;
  credentials_command: string;
  local: boolean;
}

export interface Feed {
  id: string;
  name: string;
  path: string;
  source: string | null;
}

export interface FeedList {
  feeds: Record<string, Feed>;
  default: string | null;
}

export interface StreamRecordings {
  recording_count: number;
  total_duration: number;
  latest_recording: string | null;
}

export interface Stream extends Feed {
  status: CameraState;
  reason: string | null;
  fps: number;
  detections: number;
  recording_stats: StreamRecordings;
}

export interface DetectedObject {
  class: string;
  confidence: number;
  /** `[x1, y1, x2, y2]` in pixels of the video. */
  bbox: [number, number, number, number];
  tracker_id?: number;
}

export interface Recording {
  id: number;
  timestamp: string;
  start_time: string;
  end_time: string;
  stream_id: string;
  stream_name: string;
  stream_path: string;
  file_path: string;
  file_size_bytes: number;
  duration: number;
  objects_detected: DetectedObject[];
  thumbnail_path: string | null;
  confidence: number;
  retained: 0 | 1;
  protected: boolean;
  tracker_ids: string | null;
  file_url: string;
  mediaUrl: string;
  thumbnail_url: string | null;
  thumbnailMediaUrl: string | null;
  clean_thumbnail_url: string | null;
}

export interface RecordingDetails extends Recording {
  /** When each of `objects_detected` was seen, in seconds of the clip; null is not known. */
  object_times: ({ from: number; to: number } | null)[];
}

export interface RecordingList {
  total: number;
  limit: number;
  offset: number;
  recordings: Recording[];
}

export interface Deletion {
  status: "success";
  success: true;
  message: string;
  id: number;
}

export interface Alert {
  id: number;
  timestamp: string;
  stream_id: string;
  stream_name: string;
  confidence: number;
  objects_detected: DetectedObject[];
  object_counts: Record<string, number>;
  thumbnail_path: string | null;
  thumbnail_url: string | null;
}

export interface AlertList {
  total: number;
  limit: number;
  offset: number;
  alerts: Alert[];
}

export interface RecordingStatistics {
  total_recordings: number;
  total_duration_seconds: number;
  total_size_bytes: number;
  total_size_gb: number;
  oldest_recording: string | null;
  newest_recording: string | null;
  objects: Record<string, number>;
  trackers: { total_unique_ids: number; most_frequent: { tracker_id: number; appearances: number }[] };
  by_camera: Record<string, { count: number; duration_seconds: number; size_bytes: number }>;
}

export interface ObjectStatistics {
  total_recordings: number;
  object_counts: Record<string, number>;
  object_percentages: Record<string, number>;
}

export interface TimeStatistics {
  hours: { hour: number; detections: number }[];
  days: { day: string; detections: number }[];
}

export interface FileInfo {
  size: number;
  type: string;
  etag: string;
  lastModified: string;
}

/** A recording (its clip), a URL as a recording has it (`file_url`, `thumbnail_url`, …) or a file name. */
export type FileReference = string | Pick<Recording, "file_url">;

export interface DownloadOptions extends CallOptions {
  /** Called with the bytes that are there and the bytes of the whole. */
  onProgress?: (done: number, total: number) => void;
  /** How often a broken connection is resumed; 2 unless set. */
  retries?: number;
}

/** Where a download goes. Each method may return a promise. */
export interface DownloadSink {
  /** How much is there, and of which version; null to begin anew. */
  resume(): Resumption | null | Promise<Resumption | null>;
  /** Bytes follow from `offset` on; with 0, what is there must be thrown away. */
  begin(start: { offset: number; total: number; etag: string; type: string }): void | Promise<void>;
  write(piece: Uint8Array): void | Promise<void>;
  /** The file is complete. */
  finish(): void | Promise<void>;
  /** What is there is no part of the file. */
  discard(): void | Promise<void>;
}

export interface Resumption {
  offset: number;
  etag: string;
}

/** Keeps a download in memory. Keep the sink, and the download can go on after it broke off. */
export class MemorySink implements DownloadSink {
  readonly type: string;
  readonly blob: Blob;
  resume(): Resumption | null;
  begin(start: { offset: number; etag: string; type: string }): void;
  write(piece: Uint8Array): void;
  finish(): void;
  discard(): void;
}

export interface EventOptions {
  /** Paths of cameras. */
  camera?: string | string[];
  kind?: LiveKind | LiveKind[];
  objectType?: string | string[];
  /** `seq` of the message that you had last. */
  lastEventId?: number;
  /** False: a break throws `ConnectionFailed`. */
  reconnect?: boolean;
}

export type LiveKind = "frame" | "event" | "recording" | "camera" | "system";

interface LiveHead {
  seq: number;
  time: string;
  camera: { stream_id: string; path: string } | null;
}

export interface LiveObject {
  track_id: number | null;
  class: string;
  confidence: number;
  /** x, y, width, height. */
  box: [number, number, number, number];
}

export interface LiveEvent {
  id: string;
  classes: string[];
  track_id: number | null;
  confidence: number;
  started_at: string;
  ended_at: string | null;
}

export type LiveMessage = LiveHead & (
  | { kind: "frame"; media_time: number; wall_time: string; width: number; height: number; objects: LiveObject[] }
  | { kind: "event"; action: "started" | "updated" | "ended"; event: LiveEvent }
  | { kind: "recording"; action: "created" | "deleted"; recording: Recording }
  | { kind: "camera"; state: string; reason: string | null }
  | { kind: "system"; state: "starting" | "running" | "stopping"; version: string }
  | { kind: "lost"; count: number | null }
);

export class SpectraX {
  /** The address is `http://localhost:8080` unless given. */
  constructor(baseUrl?: string, options?: ClientOptions);

  status(options?: CallOptions): Promise<Status>;
  paths(options?: CallOptions): Promise<string[]>;
  isHealthy(options?: CallOptions): Promise<boolean>;
  streams(options?: CallOptions): Promise<Stream[]>;
  feeds(options?: CallOptions): Promise<FeedList>;

  /** The newest picture of a camera as JPEG; of the first camera without a path. */
  snapshot(path?: string | null, options?: CallOptions): Promise<Blob>;
  snapshotById(streamId: string, options?: CallOptions): Promise<Blob>;
  /** The live pictures of a camera as JPEGs, until you leave the loop. */
  frames(path?: string | null, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined>;
  /** The address of the live pictures, for an `<img>`. */
  streamUrl(path?: string | null): string;
  /** The address of a camera's video with sound, for a player that has HLS. */
  hlsUrl(path: string): string;

  /**
   * What happens, as it happens, until you leave the loop. After a break it connects again and goes on after the last
   * message; what cannot be had any more comes as a message of kind `lost`.
   */
  events(options?: EventOptions & CallOptions): AsyncGenerator<LiveMessage, void, undefined>;
  /** Counters and gauges as Prometheus reads them. */
  metrics(options?: CallOptions): Promise<string>;
  log(options?: LogFilters): Promise<Log>;
  queues(options?: CallOptions): Promise<Queue[]>;
  /** Without a path: of the first camera that waits for a publisher, or an example. */
  publishing(path?: string | null, options?: CallOptions): Promise<Publishing>;

  recordings(filters?: RecordingFilters & Page): Promise<RecordingList>;
  /** Each recording comes once, also when others are added or deleted meanwhile. */
  iterateRecordings(filters?: RecordingFilters & Paging): AsyncGenerator<Recording, void, undefined>;
  recording(id: number, options?: CallOptions): Promise<RecordingDetails>;
  setProtected(id: number, isProtected: boolean, options?: CallOptions): Promise<Recording>;
  delete(id: number, options?: CallOptions): Promise<Deletion>;
  alerts(filters?: AlertFilters & Page): Promise<AlertList>;
  iterateAlerts(filters?: AlertFilters & Paging): AsyncGenerator<Alert, void, undefined>;

  /** The address of a clip or thumbnail; with `download`, one that saves it. */
  fileUrl(file: FileReference, options?: { download?: boolean }): string;
  fileInfo(file: FileReference, options?: CallOptions): Promise<FileInfo>;
  /** The bytes from `start` up to `stop`, which is exclusive. */
  readRange(file: FileReference, start: number, stop: number, options?: CallOptions): Promise<Uint8Array>;
  download(file: FileReference, options?: DownloadOptions & { sink?: MemorySink }): Promise<Blob>;
  downloadInto(file: FileReference, sink: DownloadSink, options?: DownloadOptions): Promise<void>;

  statistics(options?: CallOptions): Promise<RecordingStatistics>;
  objectStatistics(filters?: TimeFilters & { streamId?: string }): Promise<ObjectStatistics>;
  timeStatistics(
    filters?: TimeFilters & { days?: number; objectType?: string; streamId?: string },
  ): Promise<TimeStatistics>;

  openapi(options?: CallOptions): Promise<Record<string, unknown>>;
  docs(options?: CallOptions): Promise<string>;
  page(options?: CallOptions): Promise<string>;
}

/** Any failure of this library. */
export class SpectraXError extends Error {}

/** The server refused; `reason` is its message. */
export class APIError extends SpectraXError {
  constructor(status: number, reason: string);
  readonly status: number;
  readonly reason: string;
}

/** The server was not reached, or the connection broke. */
export class ConnectionFailed extends SpectraXError {}

/** The server did not answer, or stopped sending, for longer than `timeout`. */
export class TimedOut extends ConnectionFailed {}

/** A download broke off. */
export class IncompleteDownload extends ConnectionFailed {}

/** The answer is not what a SpectraX server sends. */
export class UnexpectedAnswer extends SpectraXError {}
