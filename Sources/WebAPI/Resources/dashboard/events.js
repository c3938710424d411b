// What happens, as it happens: a WebSocket, else server-sent events, else nothing and the page asks from time to time.
import { server } from "./api.js";

/** How long a server without live events is left alone. */
const RETRY_MILLISECONDS = 60000;

/** Sends an event named after each message's kind (`event`, `recording`, `camera`, `system`, `frame`), and `gap`. */
class Feed extends EventTarget {
  #query;
  #last = null;
  #connection = null;
  #timer;
  #failures = 0;
  #isWanted = false;
  /** Whether messages come. */
  isOpen = false;

  constructor(query) {
    super();
    this.#query = query;
    // What seems open may have lost its other end unnoticed; nothing is missed by beginning anew.
    server.addEventListener("found", () => this.#isWanted && this.#connect());
  }

  start() {
    if (this.#isWanted) return this;
    this.#isWanted = true;
    this.#connect();
    return this;
  }

  stop() {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = null;
  }

  #address(path, scheme) {
    const address = new URL(path, location.href);
    if (scheme) address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    for (const [key, value] of this.#query) address.searchParams.append(key, value);
    if (this.#last !== null) address.searchParams.set("last_event_id", this.#last);
    return address;
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.isOpen = false;
    const socket = (this.#connection = new WebSocket(this.#address("/api/events/ws", "ws")));
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = this.isOpen = true;
      this.#failures = 0;
    };
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = () => {
      if (this.#connection !== socket) return;
      this.isOpen = false;
      if (wasOpen) this.#again();
      else this.#listen();
    };
  }

  #listen() {
    if (!this.#isWanted) return;
    const source = (this.#connection = new EventSource(this.#address("/api/events")));
    source.onopen = () => {
      this.isOpen = true;
      this.#failures = 0;
    };
    source.onmessage = ({ data }) => this.#take(data);
    for (const kind of ["frame", "event", "recording", "camera", "system", "lost"]) {
      source.addEventListener(kind, ({ data }) => this.#take(data));
    }
    source.onerror = () => {
      if (this.#connection !== source) return;
      this.isOpen = false;
      source.close();
      this.#again();
    };
  }

  #again() {
    if (!this.#isWanted) return;
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), this.#failures > 2 ? RETRY_MILLISECONDS : 1000 * this.#failures);
  }

  #take(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (typeof message?.kind !== "string") return;
    if (message.seq !== undefined) this.#last = message.seq;
    this.dispatchEvent(new CustomEvent(message.kind, { detail: message }));
  }
}

/** Everything but the frames. */
export const happenings = new Feed([["kind", "event"], ["kind", "recording"], ["kind", "camera"], ["kind", "system"]]);

/** The analysed frames, while somebody looks at them. */
const frames = new Feed([["kind", "frame"]]);
let watchers = 0;

/** Calls back with each analysed frame of a camera; returns what ends it. */
export function watchFrames(path, callback) {
  const listener = ({ detail }) => detail.camera?.path === path && callback(detail);
  frames.addEventListener("frame", listener);
  watchers += 1;
  frames.start();
  return () => {
    frames.removeEventListener("frame", listener);
    watchers -= 1;
    if (!watchers) frames.stop();
  };
}
