// A grid of any number of cards, of which only those near the view exist.

/** Browsers do not take boxes much higher than this; what is longer is scrolled on a scale. */
const MOST_PIXELS = 8_000_000;
/** At both ends of such a grid, a pixel is a pixel. */
const END_PIXELS = 200_000;
/** Beyond the view, in views. */
const OVERSCAN = 1;

/** Real pixels of a scrolled position and back: the ends as they are, the middle on a scale. */
export function scale(virtualRange, realRange) {
  if (virtualRange <= realRange) return { toReal: (y) => y, toVirtual: (y) => y };
  const end = Math.min(END_PIXELS, realRange / 4);
  const factor = (virtualRange - 2 * end) / (realRange - 2 * end);
  return {
    toReal: (y) => (y <= end ? y : y >= virtualRange - end ? realRange - (virtualRange - y) : end + (y - end) / factor),
    toVirtual: (y) => (y <= end ? y : y >= realRange - end ? virtualRange - (realRange - y) : end + (y - end) * factor),
  };
}

export class CardGrid {
  #cards = new Map();
  #spare = [];
  #total = 0;
  #top = 0;
  #lastReal = 0;
  #idle;

  /**
   * @param {HTMLElement} scroller the box that scrolls
   * @param {object} options `create()` makes a card, `fill(card, index)` shows entry `index` in it, `onrange(first, end,
   *   firstSeen, endSeen)` is told what is near the view and what is in it, `minimum` is the least width of a card, `below` the height under its 16:9 picture, `gap`, `padding`
   */
  constructor(scroller, options) {
    this.scroller = scroller;
    this.options = options;
    this.spacer = document.createElement("div");
    this.spacer.className = "spacer";
    this.spacer.setAttribute("role", "list");
    scroller.append(this.spacer);
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A click may leave the page before the browser tells of the scrolling in front of it.
    scroller.addEventListener("click", () => this.#scrolled(), { capture: true });
    this.observer = new ResizeObserver(() => this.#measure());
    this.observer.observe(scroller);
  }

  close() {
    this.observer.disconnect();
    clearTimeout(this.#idle);
  }

  get total() {
    return this.#total;
  }

  /** The number of entries. */
  set total(total) {
    if (total === this.#total) return;
    this.#total = total;
    this.#measure();
  }

  /** How far down the view is, in rows: what stays when the width changes. */
  get position() {
    return this.rowHeight ? (this.#top / this.rowHeight) * this.columns : 0;
  }

  set position(index) {
    this.#measure();
    this.#jump((index / this.columns) * this.rowHeight);
  }

  get firstVisible() {
    if (!this.rowHeight || !this.#total) return 0;
    return Math.min(this.#total - 1, Math.floor(this.#top / this.rowHeight) * this.columns);
  }

  get isAtTop() {
    return this.#top < this.rowHeight / 2;
  }

  /** Shows all entries anew. */
  refresh() {
    for (const [index, card] of this.#cards) this.options.fill(card, index);
  }

  card(index) {
    return this.#cards.get(index);
  }

  #measure() {
    const { scroller, options } = this;
    const width = scroller.clientWidth - 2 * options.padding;
    this.viewHeight = scroller.clientHeight;
    if (width <= 0 || !this.viewHeight) return;
    const before = this.position;
    this.columns = Math.max(1, Math.floor((width + options.gap) / (options.minimum + options.gap)));
    this.cardWidth = (width - (this.columns - 1) * options.gap) / this.columns;
    const height = Math.round((this.cardWidth * 9) / 16) + options.below;
    this.rowHeight = height + options.gap;
    const rows = Math.ceil(this.#total / this.columns);
    this.height = rows ? rows * this.rowHeight + 2 * options.padding - options.gap : 0;
    const real = Math.min(this.height, MOST_PIXELS);
    this.spacer.style.height = `${real}px`;
    this.range = Math.max(0, this.height - this.viewHeight);
    this.scale = scale(this.range, Math.max(0, real - this.viewHeight));
    for (const card of this.#cards.values()) this.#size(card);
    this.#jump((before / this.columns) * this.rowHeight);
  }

  #size(card) {
    card.style.width = `${this.cardWidth}px`;
    card.style.height = `${this.rowHeight - this.options.gap}px`;
  }

  #jump(top) {
    if (!this.scale) return;
    this.#top = Math.min(Math.max(0, top), this.range ?? 0);
    this.#lastReal = Math.round(this.scale.toReal(this.#top));
    this.scroller.scrollTop = this.#lastReal;
    this.#lastReal = this.scroller.scrollTop;
    this.#draw();
  }

  #scrolled() {
    if (!this.scale) return;
    const real = this.scroller.scrollTop;
    const moved = real - this.#lastReal;
    if (Math.abs(moved) < 1) return;
    this.#lastReal = real;
    const isFar = (this.isFar = Math.abs(moved) > 2 * this.viewHeight);
    // A short way is gone pixel by pixel; a long one, by the scroll bar, is a place on the scale.
    this.#top = isFar ? this.scale.toVirtual(real) : Math.min(Math.max(0, this.#top + moved), this.range);
    this.#draw();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#settle(), 150);
    this.options.onscroll?.();
  }

  /** Brings the scroll bar back to where the view is; nothing is seen to move. */
  #settle() {
    const real = Math.round(this.scale.toReal(this.#top));
    if (Math.abs(real - this.scroller.scrollTop) < 2) return;
    this.#lastReal = real;
    this.scroller.scrollTop = real;
    this.#lastReal = this.scroller.scrollTop;
    this.#draw();
  }

  #draw() {
    const { columns, rowHeight, options } = this;
    const offset = this.#lastReal - this.#top;
    const margin = this.viewHeight * OVERSCAN;
    const first = Math.max(0, Math.floor((this.#top - margin) / rowHeight)) * columns;
    const end = Math.min(this.#total, Math.ceil((this.#top + this.viewHeight + margin) / rowHeight) * columns);
    for (const [index, card] of this.#cards) {
      if (index >= first && index < end) continue;
      this.#cards.delete(index);
      if (card.contains(document.activeElement)) this.scroller.focus({ preventScroll: true });
      card.hidden = true;
      this.#spare.push(card);
    }
    // The spacer is scrolled: a card's place in it is its place in the whole, shifted as much as the scale shifts the view.
    let previous = null;
    for (let index = first; index < end; index += 1) {
      let card = this.#cards.get(index);
      if (!card) {
        card = this.#spare.pop() ?? options.create();
        // The keyboard and readers of the screen go from card to card in this order. Those that stay are in it, and are not moved.
        const next = previous ? previous.nextSibling : this.spacer.firstChild;
        if (next !== card) this.spacer.insertBefore(card, next);
        this.#size(card);
        card.hidden = false;
        card.setAttribute("aria-posinset", index + 1);
        this.#cards.set(index, card);
        options.fill(card, index);
      }
      card.setAttribute("aria-setsize", this.#total);
      const x = options.padding + (index % columns) * (this.cardWidth + options.gap);
      const y = options.padding + Math.floor(index / columns) * rowHeight + offset;
      const place = `translate(${x}px, ${y}px)`;
      if (card.place !== place) card.style.transform = card.place = place;
      previous = card;
    }
    const rows = (pixels) => Math.max(0, pixels / rowHeight);
    options.onrange(first, end, Math.floor(rows(this.#top)) * columns, Math.min(this.#total, Math.ceil(rows(this.#top + this.viewHeight)) * columns));
  }
}
