import { SpectraXError } from "./errors.js";

/**
 * Walking over all pages of a list while rows come and go.
 *
 * Pages are numbered by offset, so a row that is added before the reader's place moves the next page back, and one that
 * is deleted moves it forward. Every page but the first is therefore asked for with its first row overlapping the last
 * row before, and rows are told by their ids: those that came already are passed over; a page without any of them may
 * lie beyond rows that have not come yet, so the reader steps back by a page until one is there, or the start is reached.
 *
 * The order of rows never changes, so every row that is there during the whole walk comes exactly once. Rows that are
 * added or deleted meanwhile come once or not at all.
 */
export class PageWalk {
  #seen = new Set();
  offset = 0;
  isFinished = false;

  constructor(pageSize = 100) {
    if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
      throw new SpectraXError(`pageSize takes 1 to 1000, not ${pageSize}`);
    }
    // A page of one row would be all overlap.
    this.limit = Math.max(2, pageSize);
  }

  /** Takes the page at `offset`; returns its new rows. */
  take(rows) {
    if (this.offset > 0 && !rows.some((row) => this.#seen.has(row.id))) {
      this.offset = Math.max(0, this.offset - this.limit);
      return [];
    }
    const fresh = rows.filter((row) => !this.#seen.has(row.id));
    for (const row of fresh) this.#seen.add(row.id);
    this.isFinished = rows.length < this.limit;
    this.offset += rows.length - 1;
    return fresh;
  }
}
