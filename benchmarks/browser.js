// Runs in the dashboard before its own scripts: reads the numbers in the pictures that are shown (barcode.py), and keeps what
// is drawn over them. It changes nothing of the page.
{
  // As in barcode.py; three points for a block, of which the middle one counts.
  const [LEFT, TOP, WIDTH, HEIGHT] = [0.1, 0.45, 0.8, 0.05];
  const small = new OffscreenCanvas(96, 3);
  const context = small.getContext("2d", { willReadFrequently: true });

  /** The number in a picture, or null. */
  function number(source) {
    const [width, height] = source.videoWidth ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
    if (!width || !height) return null;
    context.drawImage(source, width * LEFT, height * TOP, width * WIDTH, height * HEIGHT, 0, 0, 96, 3);
    const { data } = context.getImageData(0, 1, 96, 1);
    let value = 0, sum = 0;
    for (let place = 0; place < 32; place += 1) {
      const bit = data[(3 * place + 1) * 4] > 127 ? 1 : 0;
      if (place < 24) value = value * 2 + bit;
      else sum = sum * 2 + bit;
    }
    return Number((BigInt(value) * 2654435761n >> 8n) & 255n) === sum ? value : null;
  }

  /** What the page shows of its first camera: the element. */
  const shown = () => document.querySelector("sx-view > video") ?? document.querySelector("sx-view > canvas:not(.boxes)");

  /** Of the clock that `performance.now()` counts on, the wall's, milliseconds. */
  const wall = (moment) => Date.now() + (moment - performance.now());

  const bench = (globalThis.bench = { first: null, samples: [], frames: [], drawn: null });

  // The first picture after opening, looked for before each picture of the page is composed; it is seen a sixtieth later.
  // A black picture would say 0.
  const look = () => {
    const element = shown();
    const value = element && number(element);
    if (value === null || value === undefined || value === 0) return void requestAnimationFrame(look);
    bench.first = performance.now() + 1000 / 60;
    bench.firstWay = element.localName;
  };
  requestAnimationFrame(look);

  /** Begins to keep each new picture: its number, and when it is seen. */
  bench.watch = () => {
    const element = shown();
    bench.samples = [];
    if (element.localName === "video") {
      const keep = (moment, { mediaTime, expectedDisplayTime, presentedFrames }) => {
        const sample = { number: number(element), at: wall(Math.max(performance.now(), expectedDisplayTime)), mediaTime, presentedFrames };
        element.requestVideoFrameCallback(keep);
        // The dashboard draws its boxes for this picture before this runs.
        requestAnimationFrame(() => {
          sample.drawn = bench.drawn;
          bench.samples.push(sample);
        });
      };
      element.requestVideoFrameCallback(keep);
    } else {
      let before;
      const keep = () => {
        const value = number(element);
        if (value !== before) bench.samples.push({ number: (before = value), at: wall(performance.now() + 1000 / 60) });
        requestAnimationFrame(keep);
      };
      requestAnimationFrame(keep);
    }
    return element.localName;
  };

  /** Where the picture is on the page: CSS pixels, without the bars beside it. */
  bench.place = () => {
    const element = shown();
    const { left, top, width, height } = element.getBoundingClientRect();
    const [w, h] = element.videoWidth ? [element.videoWidth, element.videoHeight] : [element.width, element.height];
    const scale = (getComputedStyle(element).objectFit === "cover" ? Math.max : Math.min)(width / w, height / h);
    return [left + (width - w * scale) / 2, top + (height - h * scale) / 2, w * scale, h * scale];
  };

  // What the server says, and which boxes are drawn.
  const Socket = globalThis.WebSocket;
  globalThis.WebSocket = class extends Socket {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("message", ({ data }) => {
        if (typeof data !== "string") return;
        const message = JSON.parse(data);
        if (message.kind === "frame") {
          bench.frames.push({ at: Date.now(), time: message.media_time, size: [message.width, message.height], boxes: message.objects.map(({ box }) => box) });
        }
      });
    }
  };
  const { clearRect, strokeRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...place) {
    if (this.canvas.className === "boxes") bench.drawn = { size: [this.canvas.width, this.canvas.height], boxes: [] };
    return clearRect.apply(this, place);
  };
  CanvasRenderingContext2D.prototype.strokeRect = function (...place) {
    if (this.canvas.className === "boxes") bench.drawn?.boxes.push(place);
    return strokeRect.apply(this, place);
  };
}
