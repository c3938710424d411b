/** Downloads to files, for Node.js. */

import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import { filePath } from "./client.js";
import { SpectraXError } from "./errors.js";

/**
 * A file on its way. Until it is complete it is `NAME.part`, and `NAME.part.etag` beside it says of which version; the
 * next download to the same place goes on with it.
 */
export class FileSink {
  #file = null;

  constructor(target) {
    this.target = target;
    this.part = `${target}.part`;
    this.tag = `${target}.part.etag`;
  }

  async resume() {
    const etag = await readFile(this.tag, "utf8").catch(absent);
    const offset = (await stat(this.part).catch(absent))?.size ?? 0;
    return etag && offset > 0 ? { offset, etag } : null;
  }

  async begin({ offset, etag }) {
    await this.close();
    if (offset === 0) {
      await mkdir(path.dirname(this.target), { recursive: true });
      // The tag goes first and comes last: a part is never taken for one of another version.
      await rm(this.tag, { force: true });
    }
    this.#file = await open(this.part, offset === 0 ? "w" : "a");
    if (offset === 0 && etag) await writeFile(this.tag, etag);
  }

  async write(piece) {
    await this.#file.writeFile(piece);
  }

  async finish() {
    await this.close();
    await rename(this.part, this.target);
    await rm(this.tag, { force: true });
  }

  async discard() {
    await this.close();
    await rm(this.tag, { force: true });
    await rm(this.part, { force: true });
  }

  async close() {
    await this.#file?.close();
    this.#file = null;
  }
}

/** Downloads a clip or thumbnail to a file, or into a folder if `target` is one or ends in a slash; returns the path. */
export async function downloadToFile(client, file, target, options) {
  const isFolder = /[/\\]$/.test(target) || (await stat(target).catch(absent))?.isDirectory();
  const sink = new FileSink(isFolder ? path.join(target, nameOf(file)) : target);
  try {
    await client.downloadInto(file, sink, options);
  } finally {
    await sink.close();
  }
  return sink.target;
}

/** The name comes from the server: it must stay in the folder. */
function nameOf(file) {
  const name = decodeURIComponent(filePath(file).split("?")[0].split("/").pop());
  if (!name || name === "." || name === ".." || /[/\\\0]/.test(name)) {
    throw new SpectraXError(`${filePath(file)} holds no file name`);
  }
  return name;
}

function absent(error) {
  if (error.code !== "ENOENT") throw error;
  return null;
}
