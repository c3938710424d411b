import { fetchInto, MemorySink } from "./download.js";
import { ConnectionFailed, SpectraXError, UnexpectedAnswer } from "./errors.js";
import { EventReader, pause, silence } from "./events.js";
import { PictureReader } from "./mjpeg.js";
import { PageWalk } from "./paging.js";
import { Exchange, query } from "./request.js";

/** What the server calls the filters. */
const filterNames = {
  streamId: "stream_id",
  startDate: "start_date",
  endDate: "end_date",
  objectType: "object_type",
  minConfidence: "min_confidence",
  sortBy: "sort_by",
  sortOrder: "sort_order",
  includeRemoved: "include_removed",
  limit: "limit",
  offset: "offset",
  days: "days",
};

/** A SpectraX server. Every method takes `{ signal }` as its last argument's option. */
export class SpectraX {
  #base;
  #timeout;
  #headers;
  #fetch;

  constructor(baseUrl = "http://localhost:8080", { timeout = 10_000, headers = {}, fetch = globalThis.fetch } = {}) {
    if (!/^https?:\/\/[^/]/.test(baseUrl)) {
      throw new SpectraXError(`"${baseUrl}" is no address of a server: something like http://localhost:8080 is`);
    }
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#timeout = timeout;
    this.#headers = headers;
    // Called as a function of its own: browsers refuse it as a method of another object.
    this.#fetch = (...parameters) => fetch(...parameters);
  }

  // Status

  /** State of the server, its cameras and its detector. */
  status(options) {
    return this.#json("GET", "/status", options);
  }

  /** The paths of all cameras. */
  async paths(options) {
    return (await this.#json("GET", "/paths", options)).paths;
  }

  /** Whether the server says that it is live. */
  async isHealthy(options) {
    const exchange = await this.#open("GET", "/healthz", options, {}, [503]);
    await exchange.read("text");
    return exchange.response.ok;
  }

  /** The cameras with their state and the sums of their recordings. */
  async streams(options) {
    return (await this.#json("GET", "/api/streams", options)).streams;
  }

  /** The cameras by their identifiers. */
  feeds(options) {
    return this.#json("GET", "/feeds", options);
  }

  // Live

  /** The newest picture of a camera as JPEG; of the first camera without a path. */
  snapshot(path, options) {
    return this.#blob(`/video/snapshot${query({ path })}`, options);
  }

  /** The newest picture of the camera with an identifier. */
  snapshotById(streamId, options) {
    return this.#blob(`/video/jpeg/${encodeURIComponent(streamId)}`, options);
  }

  /** The live pictures of a camera as JPEGs, until you leave the loop. Slow readers miss pictures. */
  async *frames(path, options) {
    const exchange = await this.#open("GET", `/video/stream${query({ path })}`, options);
    const reader = new PictureReader();
    for await (const piece of exchange.pieces()) yield* reader.feed(piece);
  }

  /** The address of the live pictures, for an `<img>`. */
  streamUrl(path) {
    return `${this.#base}/video/stream${query({ path })}`;
  }

  /** The address of a camera's video with sound, for a player that has HLS. */
  hlsUrl(path) {
    return `${this.#base}/hls/${path.split("/").map(encodeURIComponent).join("/")}/index.m3u8`;
  }

  // Events

  /**
   * What happens, as it happens, until you leave the loop. After a break it connects again and goes on after the last
   * message; what cannot be had any more comes as a message of kind `lost`.
   */
  async *events({ camera, kind, objectType, lastEventId, reconnect = true, signal } = {}) {
    const path = `/api/events${query({ camera, kind, class: objectType })}`;
    let last = lastEventId;
    let failures = 0;
    while (true) {
      const headers = last === undefined || last === null ? {} : { "Last-Event-ID": String(last) };
      let failure = new ConnectionFailed("GET /api/events: the server has ended it");
      try {
        const exchange = await this.#open("GET", path, { signal }, { headers, cache: "no-store" }, [], silence);
        const reader = new EventReader();
        for await (const piece of exchange.pieces()) {
          for (const message of reader.feed(piece)) {
            last = message.seq;
            failures = 0;
            yield message;
          }
        }
      } catch (error) {
        if (!(error instanceof ConnectionFailed || error.status >= 500)) throw error;
        failure = error;
      }
      if (!reconnect) throw failure;
      await pause(Math.min(10_000, 500 * 2 ** Math.min(failures++, 10)), signal);
    }
  }

  /** Counters and gauges as Prometheus reads them. */
  async metrics(options) {
    return (await this.#open("GET", "/metrics", options)).read("text");
  }

  /** The latest lines of the log, the newest first. `after` is the `seq` of the newest line that you have. */
  log({ limit, level, after, ...options } = {}) {
    return this.#json("GET", `/api/log${query({ limit, level, after })}`, options);
  }

  /** What waits in the server's queues, and what they lost; the same values as in the metrics. */
  async queues(options) {
    return (await this.#json("GET", "/api/queues", options)).queues;
  }

  /** Where a phone or an encoder sends its pictures, for a camera that is only a path in the settings. */
  publishing(path, options) {
    return this.#json("GET", `/api/publish${query({ path })}`, options);
  }

  // Recordings

  /** A page of recordings. */
  async recordings(filters = {}) {
    return this.#json("GET", `/api/recordings${filterQuery(filters)}`, filters);
  }

  /** All recordings, page by page. Each comes once, also when others are added or deleted meanwhile (`paging.js`). */
  async *iterateRecordings({ pageSize, ...filters } = {}) {
    const walk = new PageWalk(pageSize);
    while (!walk.isFinished) {
      const page = await this.recordings({ ...filters, limit: walk.limit, offset: walk.offset });
      yield* walk.take(page.recordings);
    }
  }

  /** One recording. */
  recording(id, options) {
    return this.#json("GET", `/api/recordings/${encodeURIComponent(id)}`, options);
  }

  /** Keeps a recording from being removed by retention, or no longer. */
  setProtected(id, isProtected, options) {
    const body = JSON.stringify({ protected: isProtected });
    return this.#json("PATCH", `/api/recordings/${encodeURIComponent(id)}`, options, {
      body, headers: { "Content-Type": "application/json" },
    });
  }

  /** Deletes a recording with its files. */
  delete(id, options) {
    return this.#json("DELETE", `/api/recordings/${encodeURIComponent(id)}`, options);
  }

  /** A page of recordings of something that was surely seen, newest first. */
  async alerts(filters = {}) {
    return this.#json("GET", `/api/alerts${filterQuery(filters)}`, filters);
  }

  /** All alerts, page by page, as `iterateRecordings`. */
  async *iterateAlerts({ pageSize, ...filters } = {}) {
    const walk = new PageWalk(pageSize);
    while (!walk.isFinished) {
      const page = await this.alerts({ ...filters, limit: walk.limit, offset: walk.offset });
      yield* walk.take(page.alerts);
    }
  }

  // Files

  /** The address of a clip or thumbnail, for a `<video>`, an `<img>` or, with `download`, a link that saves it. */
  fileUrl(file, { download = false } = {}) {
    return `${this.#base}${filePath(file)}${download ? "?download" : ""}`;
  }

  /** Size, type and version of a clip or thumbnail. */
  async fileInfo(file, options) {
    const exchange = await this.#open("HEAD", filePath(file), options);
    exchange.close();
    const header = (name) => exchange.response.headers.get(name) ?? "";
    return {
      size: Number(header("Content-Length")),
      type: header("Content-Type"),
      etag: header("ETag"),
      lastModified: header("Last-Modified"),
    };
  }

  /** The bytes from `start` up to `stop`, which is exclusive; fewer where the file ends before. */
  async readRange(file, start, stop, options) {
    if (!(Number.isSafeInteger(start) && Number.isSafeInteger(stop) && 0 <= start && start < stop)) {
      throw new SpectraXError(`start and stop take 0 <= start < stop, not ${start} and ${stop}`);
    }
    const headers = { Range: `bytes=${start}-${stop - 1}` };
    const exchange = await this.#open("GET", filePath(file), options, { headers });
    if (exchange.response.status !== 206) {
      exchange.close();
      throw new UnexpectedAnswer("the server does not serve ranges");
    }
    return new Uint8Array(await exchange.read("arrayBuffer"));
  }

  /** A clip or thumbnail as a Blob. With a `MemorySink` as `sink`, a download that broke off goes on when called again. */
  async download(file, { sink = new MemorySink(), ...options } = {}) {
    await this.downloadInto(file, sink, options);
    return sink.blob;
  }

  /** The same into any sink, see `DownloadSink`. */
  async downloadInto(file, sink, options = {}) {
    const open = (headers) => this.#open("GET", filePath(file), options, { headers }, [416]);
    return fetchInto(open, sink, options);
  }

  // Statistics

  /** Sums over all recordings. */
  statistics(options) {
    return this.#json("GET", "/api/recordings/stats", options);
  }

  /** In how many recordings each class was seen. */
  async objectStatistics(filters = {}) {
    return (await this.#json("GET", `/api/stats/objects${filterQuery(filters)}`, filters)).stats;
  }

  /** When recordings began: by hour of the day and by day of the week. */
  async timeStatistics(filters = {}) {
    return (await this.#json("GET", `/api/stats/times${filterQuery(filters)}`, filters)).stats;
  }

  // Document

  /** The OpenAPI document of the server. */
  openapi(options) {
    return this.#json("GET", "/openapi.json", options);
  }

  /** The same as a page. */
  async docs(options) {
    return (await this.#open("GET", "/docs", options)).read("text");
  }

  /** The page with all cameras live. */
  async page(options) {
    return (await this.#open("GET", "/", options)).read("text");
  }

  // Requests

  #open(method, path, { signal } = {}, init = {}, accepts = [], timeout = this.#timeout) {
    const exchange = new Exchange(`${method} ${path.split("?")[0]}`, timeout, signal);
    const headers = { ...this.#headers, ...init.headers };
    return exchange.open(this.#fetch, this.#base + path, { ...init, method, headers }, accepts);
  }

  async #blob(path, options) {
    return (await this.#open("GET", path, options)).read("blob");
  }

  async #json(method, path, options, init) {
    const text = await (await this.#open(method, path, options, init)).read("text");
    let value = null;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new UnexpectedAnswer(`${method} ${path.split("?")[0]}: the answer is no JSON`, { cause: error });
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new UnexpectedAnswer(`${method} ${path.split("?")[0]}: the answer is no JSON object`);
    }
    return value;
  }
}

/** The address of a file on the server: of a recording's clip, of a URL as a recording has it, or of a file name. */
export function filePath(file) {
  if (typeof file === "object" && file !== null) return file.file_url;
  if (file.startsWith("/")) return file;
  if (file.includes("://")) throw new SpectraXError(`${file} is a whole address: give its path, or a file name`);
  return `/recordings/${encodeURIComponent(file)}`;
}

/** Filters under the names that the server gives them; an unknown one is a mistake, not a wish to be ignored. */
function filterQuery({ signal, ...filters }) {
  const named = Object.entries(filters).map(([name, value]) => {
    if (!Object.hasOwn(filterNames, name)) throw new SpectraXError(`there is no filter ${name}`);
    return [filterNames[name], Array.isArray(value) ? value.join(",") : value];
  });
  return query(Object.fromEntries(named));
}
