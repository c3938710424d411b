import { APIError, ConnectionFailed, IncompleteDownload, UnexpectedAnswer } from "./errors.js";

/** Keeps a download in memory. Keep the sink, and the download can go on after it broke off. */
export class MemorySink {
  #pieces = [];
  #size = 0;
  #etag = "";
  type = "";

  resume() {
    return this.#etag && this.#size > 0 ? { offset: this.#size, etag: this.#etag } : null;
  }

  begin({ offset, etag, type }) {
    if (offset === 0) {
      this.#pieces = [];
      this.#size = 0;
    }
    this.#etag = etag;
    this.type = type;
  }

  write(piece) {
    this.#pieces.push(piece);
    this.#size += piece.length;
  }

  finish() {}

  discard() {
    this.begin({ offset: 0, etag: "", type: "" });
  }

  get blob() {
    return new Blob(this.#pieces, { type: this.type });
  }
}

/**
 * Fetches a file into a sink, going on with what the sink has, if that is of the same version (`If-Range`). A broken
 * connection is resumed up to `retries` times.
 *
 * @param open opens an exchange with the given headers, accepting 416.
 */
export async function fetchInto(open, sink, { onProgress, retries = 2 } = {}) {
  for (let left = retries; ; left -= 1) {
    try {
      if (await fetchOnce(open, sink, onProgress)) return;
    } catch (error) {
      if (!(error instanceof ConnectionFailed) || left <= 0) throw error;
    }
  }
}

/** Whether the file is complete; if not, it must be asked for anew. */
async function fetchOnce(open, sink, onProgress) {
  const there = await sink.resume();
  const exchange = await open(there ? { Range: `bytes=${there.offset}-`, "If-Range": there.etag } : {});
  try {
    const { response } = exchange;
    const range = response.headers.get("Content-Range");
    if (response.status === 416) {
      // Either nothing is left to fetch, or what there is must be thrown away.
      if (there && range === `bytes */${there.offset}`) {
        await sink.finish();
        return true;
      }
      await sink.discard();
      if (!there) throw new APIError(416, "the server refuses the whole file");
      return false;
    }
    let offset = 0;
    let total = Number(response.headers.get("Content-Length"));
    if (response.status === 206) {
      const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(range ?? "");
      if (!there || Number(match?.[1]) !== there.offset) {
        throw new UnexpectedAnswer("the server sent another part of the file than was asked for");
      }
      offset = there.offset;
      total = Number(match[2]);
    }
    const etag = response.headers.get("ETag") ?? "";
    const type = response.headers.get("Content-Type") ?? "";
    await sink.begin({ offset, total, etag: etag.startsWith("W/") ? "" : etag, type });
    let done = offset;
    onProgress?.(done, total);
    for await (const piece of exchange.pieces()) {
      await sink.write(piece);
      done += piece.length;
      onProgress?.(done, total);
    }
    if (done !== total) throw new IncompleteDownload(`${done} of ${total} bytes came`);
    await sink.finish();
    return true;
  } finally {
    exchange.close();
  }
}
