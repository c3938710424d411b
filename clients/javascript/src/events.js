import { UnexpectedAnswer } from "./errors.js";

/** Milliseconds without a byte after which the connection is dead: the server sends something every 15 s. */
export const silence = 40_000;

const longestLine = 16 * 1024 * 1024;

/** Takes the bytes of a stream of server-sent events in pieces of any size and gives the messages that are complete. */
export class EventReader {
  #decoder = new TextDecoder();
  #text = "";
  #data = [];

  feed(piece) {
    this.#text += this.#decoder.decode(piece, { stream: true });
    const lines = this.#text.split("\n");
    this.#text = lines.pop();
    if (this.#text.length > longestLine) throw notEvents("a line has no end");
    const messages = [];
    for (const ended of lines) {
      const line = ended.replace(/\r$/, "");
      if (line.startsWith("data:")) this.#data.push(line.slice(5).replace(/^ /, ""));
      else if (line === "" && this.#data.length > 0) {
        messages.push(message(this.#data.join("\n")));
        this.#data = [];
      }
    }
    return messages;
  }
}

function message(text) {
  let value = null;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notEvents("an event is no JSON", error);
  }
  if (!Number.isSafeInteger(value?.seq)) throw notEvents("an event is no message of SpectraX");
  return value;
}

/** Waits, or throws the signal's reason. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function notEvents(reason, cause) {
  return new UnexpectedAnswer(`the stream does not consist of events: ${reason}`, { cause });
}
