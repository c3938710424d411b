// <sx-view path>: one camera, live. Video where browser and server have it, single pictures elsewhere.
import { h } from "./dom.js";
import { server } from "./api.js";
import { watchFrames } from "./events.js";
import { PicturePlayer } from "./mjpeg.js";
import { video, VideoPlayer } from "./mse.js";
import { className, percent, t } from "./text.js";
import { classColour } from "./classes.js";

/** A page that is not looked at lets its pictures go after this. */
const HIDDEN_MILLISECONDS = 10000;

/** How long video may take to begin before pictures stand in for it. */
const PATIENCE_MILLISECONDS = 500;

/** Between attempts at video: at first, at most when it has played before, at most when it never has. */
const PAUSE_MILLISECONDS = { first: 1000, most: 8000, mostInVain: 60000 };

class View extends HTMLElement {
  #player;
  #meanwhile;
  #unwatch;
  #timer;
  #failures = 0;
  #frames = [];
  #isInView;
  #isShown;
  #isHeard = false;
  showsBoxes = true;

  get path() {
    return this.getAttribute("path");
  }

  /** Whether the camera's sound is heard; browsers allow it only after a click. */
  get isHeard() {
    return this.#isHeard;
  }

  set isHeard(isHeard) {
    if (isHeard === this.#isHeard) return;
    this.#isHeard = isHeard;
    this.#restart();
  }

  connectedCallback() {
    this.canvas = h("canvas", { role: "img", "aria-label": t("live.picture", { name: this.getAttribute("name") ?? this.path }) });
    this.replaceChildren(this.canvas);
    // Until the observer says more, so that the first picture does not wait for it.
    this.#isInView = true;
    this.#isShown = false;
    this.seen = new IntersectionObserver((entries) => {
      this.#isInView = entries.at(-1).isIntersecting;
      this.#look();
    });
    this.seen.observe(this);
    this.leave = new AbortController();
    const { signal } = this.leave;
    document.addEventListener("visibilitychange", () => this.#visibility(), { signal });
    server.addEventListener("found", () => {
      video.lacks.clear();
      this.#failures = 0;
      this.#restart();
    }, { signal });
    this.#look();
  }

  disconnectedCallback() {
    this.leave.abort();
    clearTimeout(this.hideTimer);
    this.seen.disconnect();
    this.#stop();
  }

  #visibility() {
    clearTimeout(this.hideTimer);
    if (document.visibilityState === "visible") this.#look();
    else this.hideTimer = setTimeout(() => this.#look(), HIDDEN_MILLISECONDS);
  }

  #look() {
    const isShown = this.#isInView && document.visibilityState === "visible";
    if (isShown === this.#isShown) return;
    this.#isShown = isShown;
    if (isShown) this.#start();
    else this.#stop();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#player?.stop();
    this.#unwatch?.();
    this.#meanwhile?.stop();
    this.#player = this.#unwatch = this.#meanwhile = null;
  }

  #restart() {
    this.#stop();
    if (this.isConnected && this.#isShown) this.#start();
  }

  #start() {
    this.#stop();
    if (video.isPossible && !video.lacks.has(this.path)) this.#startVideo();
    else this.#startPictures();
  }

  #tell(state, reason) {
    if (this.dataset.state === state && this.reason === reason) return;
    this.dataset.state = state;
    this.reason = reason;
    this.dispatchEvent(new CustomEvent("picture", { detail: { state, reason } }));
  }

  #startPictures() {
    this.replaceChildren(this.canvas);
    this.dataset.way = "pictures";
    this.#player = new PicturePlayer(this.canvas, this.path, (state, reason) => this.#tell(state, reason));
  }

  /** Pictures stand in until the video plays. */
  #startVideo() {
    this.replaceChildren(this.canvas);
    this.dataset.way = "pictures";
    this.#timer = setTimeout(() => this.#standIn(), PATIENCE_MILLISECONDS);
    this.#tryVideo();
  }

  #standIn() {
    clearTimeout(this.#timer);
    this.#meanwhile ??= new PicturePlayer(this.canvas, this.path, (state, reason) => this.#tell(state, reason));
  }

  #pause(most) {
    return Math.min(PAUSE_MILLISECONDS.first * 2 ** this.#failures++, most);
  }

  #tryVideo() {
    const element = h("video", { ".muted": !this.#isHeard, playsinline: true, "aria-label": this.canvas.getAttribute("aria-label") });
    const boxes = h("canvas", { class: "boxes", "aria-hidden": "true" });
    let hasPlayed = false;
    const player = (this.#player = new VideoPlayer(element, this.path, (state, reason) => {
      if (this.#player !== player) return;
      if (state === "impossible") {
        video.lacks.add(this.path);
        this.#start();
      } else if (state === "playing") {
        if (!hasPlayed) {
          hasPlayed = true;
          clearTimeout(this.#timer);
          this.#meanwhile?.stop();
          this.#meanwhile = null;
          this.#failures = 0;
          this.replaceChildren(element, boxes);
          this.dataset.way = "video";
          this.#unwatch = watchFrames(this.path, (frame) => {
            this.#frames.push(frame);
            if (this.#frames.length > 200) this.#frames.splice(0, 100);
          });
        }
        this.#tell("playing");
      } else if (hasPlayed || state === "refused") {
        this.#stop();
        this.#tell("stalled", reason);
        this.#timer = setTimeout(() => this.#restart(), this.#pause(PAUSE_MILLISECONDS.most));
      } else {
        // No way for it now, or the browser does not begin: pictures go on meanwhile, and from there on less often is tried.
        this.#standIn();
        this.#timer = setTimeout(() => this.#tryVideo(), this.#pause(PAUSE_MILLISECONDS.mostInVain));
      }
    }, this.#isHeard));
    this.#frames = [];
    const onPicture = (_, { mediaTime, width, height }) => {
      if (this.#player !== player) return;
      this.#drawBoxes(boxes, player.mediaTime(mediaTime), width || element.videoWidth, height || element.videoHeight);
      element.requestVideoFrameCallback(onPicture);
    };
    element.requestVideoFrameCallback?.(onPicture);
  }

  /** Draws the newest analysed frame that is not after the picture. */
  #drawBoxes(canvas, mediaTime, width, height) {
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    if (!this.showsBoxes || mediaTime === undefined) return;
    let frame;
    for (const candidate of this.#frames) {
      if (candidate.media_time > mediaTime + 0.02) break;
      frame = candidate;
    }
    if (!frame || mediaTime - frame.media_time > 1) return;
    const [scaleX, scaleY] = [width / frame.width, height / frame.height];
    const line = Math.max(2, width / 480);
    const size = Math.max(12, Math.round(width / 60));
    context.lineWidth = line;
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textBaseline = "bottom";
    for (const object of frame.objects) {
      const [x, y, w, h] = object.box;
      const colour = classColour(object.class);
      context.strokeStyle = context.fillStyle = colour;
      context.strokeRect(x * scaleX, y * scaleY, w * scaleX, h * scaleY);
      const text = `${className(object.class)} ${percent(object.confidence)}`;
      const top = Math.max(size + 6, y * scaleY);
      context.fillRect(x * scaleX - line / 2, top - size - 6, context.measureText(text).width + 8, size + 6);
      context.fillStyle = "#000";
      context.fillText(text, x * scaleX + 4, top - 2);
    }
  }
}
customElements.define("sx-view", View);
