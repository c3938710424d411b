// Live pictures one by one: MJPEG, and single snapshots where a page shows many cameras at once.

/** A browser opens six connections to a server; endless pictures may take this many, the rest stay for everything else. */
const MOST_STREAMS = 3;
let streams = 0;

/** A camera without a picture for this long is said to stand still. */
const STALL_MILLISECONDS = 5000;

async function draw(canvas, blob) {
  const picture = await createImageBitmap(blob);
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  canvas.getContext("2d", { alpha: false })?.drawImage(picture, 0, 0);
  picture.close();
}

/** Draws a camera's pictures, boxes included, into a canvas until it is stopped. */
export class PicturePlayer {
  #abort = new AbortController();

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {string} path the camera's
   * @param {(state: "playing" | "stalled", reason?: string) => void} tell
   */
  constructor(canvas, path, tell) {
    this.canvas = canvas;
    this.query = new URLSearchParams({ path });
    this.tell = tell;
    this.#run();
  }

  stop() {
    this.#abort.abort();
  }

  async #run() {
    const { signal } = this.#abort;
    let failures = 0;
    while (!signal.aborted) {
      const isStream = streams < MOST_STREAMS;
      try {
        if (isStream) {
          streams += 1;
          await this.#stream(signal).finally(() => (streams -= 1));
        } else {
          await this.#snapshot(signal);
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        this.tell("stalled", error.reason);
      }
      await pause(isStream || failures ? Math.min(1000 * 2 ** failures, 8000) : 900 + 200 * Math.random(), signal);
    }
  }

  async #snapshot(signal) {
    const response = await fetch(`/video/snapshot?${this.query}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(STALL_MILLISECONDS)]),
      cache: "no-store",
    });
    if (!response.ok) throw await refusal(response);
    await draw(this.canvas, await response.blob());
    this.tell("playing");
  }

  async #stream(signal) {
    const own = new AbortController();
    const stop = () => own.abort();
    signal.addEventListener("abort", stop);
    let timer = setTimeout(stop, STALL_MILLISECONDS);
    try {
      const response = await fetch(`/video/stream?${this.query}`, { signal: own.signal, cache: "no-store" });
      if (!response.ok) throw await refusal(response);
      let isDrawing = false;
      for await (const part of parts(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(stop, STALL_MILLISECONDS);
        // One that comes while another is being decoded is left out: the newest counts.
        if (isDrawing) continue;
        isDrawing = true;
        draw(this.canvas, new Blob([part], { type: "image/jpeg" }))
          .then(() => this.tell("playing"), () => {})
          .finally(() => (isDrawing = false));
      }
      throw new Error("the stream ended");
    } finally {
      clearTimeout(timer);
      own.abort();
      signal.removeEventListener("abort", stop);
    }
  }
}

async function refusal(response) {
  const error = new Error(`HTTP ${response.status}`);
  error.reason = (await response.json().catch(() => null))?.message;
  return error;
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}

/** The parts of a `multipart/x-mixed-replace` body; each must tell its `Content-Length`. */
async function* parts(body) {
  const reader = body.getReader();
  const text = new TextDecoder("latin1");
  let buffer = new Uint8Array(0);
  let need = 0;
  let head = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const joined = new Uint8Array(buffer.length + value.length);
    joined.set(buffer);
    joined.set(value, buffer.length);
    buffer = joined;
    while (true) {
      if (!need) {
        const start = text.decode(buffer.subarray(0, 512));
        const end = start.indexOf("\r\n\r\n");
        if (end < 0) {
          if (buffer.length > 512) throw new Error("a part without a head");
          break;
        }
        need = Number(/content-length: *(\d+)/i.exec(start.slice(0, end))?.[1]);
        if (!need) throw new Error("a part without a length");
        head = end + 4;
      }
      if (buffer.length < head + need) break;
      yield buffer.slice(head, head + need);
      buffer = buffer.subarray(Math.min(buffer.length, head + need + 2));
      need = 0;
    }
  }
}
