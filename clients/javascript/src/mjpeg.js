import { UnexpectedAnswer } from "./errors.js";

const longestHead = 8 * 1024;
const largestPicture = 64 * 1024 * 1024;
const latin1 = new TextDecoder("latin1");

/** Takes the bytes of a `multipart/x-mixed-replace` stream in pieces of any size and gives what pictures are complete. */
export class PictureReader {
  #head = "";
  #picture = null;
  #filled = 0;

  feed(piece) {
    const pictures = [];
    let at = 0;
    while (at < piece.length || this.#isComplete) {
      if (this.#isComplete) {
        pictures.push(this.#picture);
        this.#picture = null;
        this.#filled = 0;
      } else if (this.#picture) {
        const part = piece.subarray(at, at + this.#picture.length - this.#filled);
        this.#picture.set(part, this.#filled);
        this.#filled += part.length;
        at += part.length;
      } else {
        at += this.#readHead(piece, at);
      }
    }
    return pictures;
  }

  get #isComplete() {
    return this.#picture !== null && this.#filled === this.#picture.length;
  }

  /** Returns how many bytes belong to the head. */
  #readHead(piece, at) {
    const known = this.#head.length;
    this.#head += latin1.decode(piece.subarray(at, at + longestHead));
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#head.length >= longestHead) throw notMJPEG("a part's header has no end");
      return this.#head.length - known;
    }
    const size = Number(/^content-length:[ \t]*(\d+)[ \t]*$/im.exec(this.#head.slice(0, end))?.[1]);
    if (!(size <= largestPicture)) throw notMJPEG("a part has no proper Content-Length");
    this.#picture = new Uint8Array(size);
    this.#head = "";
    return end + 4 - known;
  }
}

function notMJPEG(reason) {
  return new UnexpectedAnswer(`the stream is not MJPEG: ${reason}`);
}
