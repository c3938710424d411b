import { APIError, ConnectionFailed, TimedOut } from "./errors.js";

/**
 * An answer whose head has come. `timeout` (milliseconds) holds for the head and for every gap in the body; the
 * caller's signal ends both.
 */
export class Exchange {
  #title;
  #timeout;
  #signal;
  #controller = new AbortController();
  #timer;
  #onAbort = () => this.#controller.abort();
  response;

  constructor(title, timeout, signal) {
    this.#title = title;
    this.#timeout = timeout;
    this.#signal = signal;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Sends the request; throws `APIError` for what the server refuses, unless its status is among `accepts`. */
  async open(fetch, url, init, accepts = []) {
    try {
      const request = { ...init, signal: this.#controller.signal, redirect: "manual" };
      this.response = await this.#guard(() => fetch(url, request));
      if (!this.response.ok && !accepts.includes(this.response.status)) {
        throw await this.#guard(() => APIError.from(this.response));
      }
    } catch (error) {
      this.close();
      throw error;
    }
    return this;
  }

  /** The body in pieces; leaving the loop hangs up. */
  async *pieces() {
    const reader = this.response.body?.getReader();
    try {
      while (reader) {
        const { done, value } = await this.#guard(() => reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      this.close();
    }
  }

  async read(kind) {
    try {
      return await this.#guard(() => this.response[kind]());
    } finally {
      this.close();
    }
  }

  /** Hangs up if the body is still coming. */
  close() {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#controller.abort();
  }

  async #guard(body) {
    let isLate = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      isLate = true;
      this.#controller.abort();
    }, this.#timeout);
    try {
      return await body();
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (isLate) throw new TimedOut(`${this.#title}: no answer in time`, { cause: error });
      throw new ConnectionFailed(`${this.#title}: ${error.cause?.message ?? error.message}`, { cause: error });
    } finally {
      clearTimeout(this.#timer);
    }
  }
}

/** Parameters as a query; those that are null or undefined are left out. */
export function query(values) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue;
    parameters.set(name, value instanceof Date ? value.toISOString() : String(value));
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}
