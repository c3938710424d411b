// Live video: MP4 fragments over a WebSocket into Media Source Extensions, kept close to now.

const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;

/** Whether it can be tried: the browser must have it, and the server must not have turned out to lack it. */
export const video = { isPossible: Boolean(Source && globalThis.WebSocket), lacks: new Set() };

/** Seconds of picture to be behind the newest one in the beginning; with more than the most, the picture leaps. */
const WANTED_DELAY = 0.15;
const MOST_DELAY = 1;
/** Seconds of picture that are to be left when the next one comes: less is waited for, more is caught up with. */
const LEAST_RESERVE = 0.08;
const MOST_RESERVE = 0.5;
/** Where the picture had to wait, as the network is uneven or pictures come out of order, more is kept, and given up slowly. */
const MORE_RESERVE = 0.05;
const LESS_RESERVE_A_SECOND = 0.0005;
const RESERVE_MILLISECONDS = 1000;
/** A leap takes time to decode: not one after the other. */
const LEAP_MILLISECONDS = 1000;
const STALL_MILLISECONDS = 5000;
const KEEP_UP_MILLISECONDS = 100;

export class VideoPlayer {
  #socket;
  #source;
  #buffer;
  #queue = [];
  #times = [];
  #timer;
  #stallTimer;
  #isStopped = false;
  #leave = new AbortController();

  /**
   * @param {HTMLVideoElement} element
   * @param {string} path the camera's
   * @param {(state: "playing" | "stalled" | "refused" | "impossible", reason?: string) => void} tell `stalled`: nothing comes,
   *   or nothing plays; `refused`: the camera has nothing to show now; `impossible`: this browser does not play what it sends.
   * @param {boolean} hasSound whether the camera's sound is wanted too
   */
  constructor(element, path, tell, hasSound = false) {
    this.element = element;
    this.tell = tell;
    const address = new URL("/api/live/ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.searchParams.set("path", path);
    if (hasSound) address.searchParams.set("sound", "true");
    this.#socket = new WebSocket(address);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => {
      if (this.#isStopped) return;
      if (typeof data === "string") this.#control(JSON.parse(data));
      else this.#append(data);
    };
    this.#socket.onclose = ({ code, reason }) => {
      if (this.#isStopped) return;
      this.stop();
      tell(code === 4404 || code === 4503 ? "refused" : "stalled", reason);
    };
    this.#timer = setInterval(() => this.#keepUp(), KEEP_UP_MILLISECONDS);
    this.#expectPicture();
    const { signal } = this.#leave;
    // The first picture is not kept waiting for the timer.
    element.addEventListener("seeked", () => this.#showFirst(), { signal });
    element.addEventListener("waiting", () => this.#waited(), { signal });
    element.addEventListener("error", () => this.#give("stalled"), { signal });
  }

  stop() {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#leave.abort();
    clearInterval(this.#timer);
    clearTimeout(this.#stallTimer);
    this.#socket.close();
    this.element.removeAttribute("src");
    this.element.srcObject = null;
    this.element.load();
    if (this.url) URL.revokeObjectURL(this.url);
  }

  #give(state) {
    if (this.#isStopped) return;
    this.stop();
    this.tell(state);
  }

  /** The camera's time of a picture that is shown at a time of the element, seconds. */
  mediaTime(elementTime) {
    let best = this.#times[0];
    for (const entry of this.#times) {
      if (entry.buffer > elementTime + 0.001) break;
      best = entry;
    }
    return best && best.media + (elementTime - best.buffer);
  }

  #control(message) {
    if (message.type === "init") this.#begin(message);
    else if (message.type === "time") {
      this.#times.push({ buffer: message.buffer_time, media: message.media_time });
      if (this.#times.length > 400) this.#times.splice(0, 200);
    }
  }

  #begin({ codecs, mime = "video/mp4" }) {
    const type = `${mime}; codecs="${codecs}"`;
    if (!Source.isTypeSupported(type)) {
      this.#give("impossible");
      return;
    }
    this.#queue = [];
    this.#times = [];
    this.#buffer = null;
    const source = (this.#source = new Source());
    if (this.url) URL.revokeObjectURL(this.url);
    this.element.disableRemotePlayback = true;
    this.element.src = this.url = URL.createObjectURL(source);
    source.addEventListener("sourceopen", () => {
      if (this.#isStopped || source !== this.#source) return;
      try {
        this.#buffer = source.addSourceBuffer(type);
      } catch {
        this.#give("impossible");
        return;
      }
      this.#buffer.addEventListener("updateend", () => {
        this.#flush();
        if (!this.#queue.length) this.#showFirst();
      });
      this.#flush();
    }, { once: true });
  }

  #append(data) {
    this.#noteReserve();
    this.#queue.push(data);
    // Nothing takes them: begin anew rather than grow.
    if (this.#queue.length > 600) return this.#socket.close();
    this.#flush();
  }

  #flush() {
    const buffer = this.#buffer;
    if (this.#isStopped || !buffer || buffer.updating || this.#source.readyState !== "open") return;
    try {
      const { currentTime } = this.element;
      if (buffer.buffered.length && buffer.buffered.start(0) < currentTime - 30) {
        buffer.remove(0, currentTime - 10);
      } else if (this.#queue.length) {
        buffer.appendBuffer(this.#queue.shift());
      }
    } catch {
      this.#socket.close();
    }
  }

  #expectPicture() {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = setTimeout(() => this.#give("stalled"), STALL_MILLISECONDS);
  }

  #lows = [];
  #reserve = LEAST_RESERVE;
  #enlargedAt = 0;

  /** Keeps what is left of the picture when more of it comes. */
  #noteReserve() {
    const { buffered, currentTime } = this.element;
    if (!buffered.length || this.#queue.length || this.#buffer?.updating) return;
    this.#lows.push({ at: performance.now(), left: buffered.end(buffered.length - 1) - currentTime });
  }

  /** The picture stood still for want of more. */
  #waited() {
    const now = performance.now();
    // A leap waits for its pictures in any case.
    if (now - Math.max(this.#leaptAt, this.#enlargedAt) < LEAP_MILLISECONDS || this.element.seeking) return;
    this.#enlargedAt = now;
    this.#reserve = Math.min(MOST_RESERVE, this.#reserve + MORE_RESERVE);
  }

  /** How fast to play so that the reserve becomes what it should be. */
  #rate(rate) {
    const now = performance.now();
    this.#lows = this.#lows.filter(({ at }) => now - at < RESERVE_MILLISECONDS);
    if (!this.#lows.length) return 1;
    this.#reserve = Math.max(LEAST_RESERVE, this.#reserve - LESS_RESERVE_A_SECOND * KEEP_UP_MILLISECONDS / 1000);
    const off = Math.min(...this.#lows.map(({ left }) => left)) - this.#reserve;
    // Not for every trifle: begun late, ended early.
    if (Math.abs(off) < (rate === 1 ? 0.04 : 0.01)) return 1;
    return Math.min(1.1, Math.max(0.9, Math.round(100 + 50 * off) / 100));
  }

  /** What the timer would do a little later. */
  #showFirst() {
    if (this.#shown < 0 && !this.#isStopped) this.#keepUp();
  }

  #shown = -1;
  #leaptAt = -LEAP_MILLISECONDS;
  #keepUp() {
    const { element } = this;
    const { buffered } = element;
    if (!buffered.length) return;
    const end = buffered.end(buffered.length - 1);
    const start = buffered.start(buffered.length - 1);
    const delay = end - element.currentTime;
    const isOff = element.currentTime < start || delay < 0 || delay > (this.#leaptAt > 0 ? MOST_DELAY : 2 * WANTED_DELAY);
    if (isOff && performance.now() - this.#leaptAt > LEAP_MILLISECONDS) {
      this.#leaptAt = performance.now();
      this.#lows = [];
      element.currentTime = Math.max(start, end - WANTED_DELAY);
    }
    const rate = this.#rate(element.playbackRate);
    if (rate !== element.playbackRate) element.playbackRate = rate;
    if (element.paused) element.play().catch(() => {});
    if (element.currentTime !== this.#shown && element.readyState >= 2) {
      this.#shown = element.currentTime;
      this.#expectPicture();
      this.tell("playing");
    }
  }
}
