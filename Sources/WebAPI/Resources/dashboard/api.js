// Talks to the server, and knows whether it is there and what its clock says.

/** The server's refusal, in its own words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Whether the server answers; sends `lost`, `found` and `status`. */
class Server extends EventTarget {
  isThere = true;
  /** The latest `/status`, null before the first. */
  status = null;
  /** What to add to this machine's clock to have the server's, milliseconds. */
  clockOffset = 0;

  /** Milliseconds since 1970 by the server's clock: the one on this machine may be wrong. */
  now() {
    return Date.now() + this.clockOffset;
  }

  /** The cameras in the order of the settings, each with its path. */
  get cameras() {
    return this.paths.filter((path) => this.status?.cameras[path]).map((path) => ({ path, ...this.status.cameras[path] }));
  }
  paths = [];

  camera(path) {
    const camera = this.status?.cameras[path];
    return camera && { path, ...camera };
  }

  answered(response) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    // The field has whole seconds: small differences are no news.
    if (date && Math.abs(date + 500 - this.now()) > 1500) this.clockOffset = date + 500 - Date.now();
    if (this.isThere) return;
    this.isThere = true;
    this.dispatchEvent(new Event("found"));
  }

  isSilent() {
    if (!this.isThere) return;
    this.isThere = false;
    this.dispatchEvent(new Event("lost"));
  }
}
export const server = new Server();

/** What a proxy answers when the server behind it does not. */
const AWAY = [502, 503, 504];

/**
 * Sends a request and returns the response.
 * @throws {Refused} when the server says no; TypeError when it is silent; AbortError.
 */
async function send(method, path, { parameters, body, signal, keepalive } = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters ?? {})) {
    if (value !== null && value !== undefined && value !== "") query.set(key, value);
  }
  const target = query.size ? `${path}?${query}` : path;
  let response;
  try {
    response = await fetch(target, {
      method,
      signal,
      keepalive,
      cache: "no-store",
      headers: body ? { "Content-Type": "application/json" } : undefined,
      body: body && JSON.stringify(body),
    });
  } catch (error) {
    if (error.name !== "AbortError" && error.name !== "TimeoutError") server.isSilent();
    throw error;
  }
  const problem = response.ok ? null : await response.json().catch(() => null);
  if (AWAY.includes(response.status) && problem?.status !== "error") {
    server.isSilent();
    throw new TypeError(`HTTP ${response.status}`);
  }
  server.answered(response);
  if (response.ok) return response;
  throw new Refused(response.status, problem?.message ?? `HTTP ${response.status}`);
}

export const get = async (path, options) => (await send("GET", path, options)).json();
export const change = async (path, body) => (await send("PATCH", path, { body })).json();
export const remove = async (path, options) => (await send("DELETE", path, options)).json();

/** Makes one call of a burst of calls, when it is over or has lasted, and never two at a time. */
export function gathered(body, milliseconds = 500) {
  let timer;
  let isRunning = false;
  const call = () => {
    timer ??= setTimeout(async () => {
      timer = undefined;
      if (isRunning) return call();
      isRunning = true;
      await body();
      isRunning = false;
    }, milliseconds);
  };
  return call;
}

/** Asks for the status again and again while the page is looked at. */
export function watchStatus() {
  let timer;
  const look = async () => {
    clearTimeout(timer);
    let pause = 3000;
    try {
      const [status, list] = await Promise.all([
        get("/status", { signal: AbortSignal.timeout(8000) }),
        server.status ? null : get("/paths", { signal: AbortSignal.timeout(8000) }),
      ]);
      const known = Object.keys(status.cameras);
      if (list) server.paths = list.paths;
      else if (known.length !== server.paths.length || known.some((path) => !server.paths.includes(path))) {
        server.paths = (await get("/paths")).paths;
      }
      server.status = status;
      server.dispatchEvent(new Event("status"));
    } catch (error) {
      if (error.name === "TimeoutError") server.isSilent();
      if (error instanceof Refused) server.dispatchEvent(new CustomEvent("refused", { detail: error }));
      pause = 1500;
    }
    if (document.visibilityState === "visible") timer = setTimeout(look, pause);
  };
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  addEventListener("online", look);
  look();
}

/** Whether the server serves another release of this page by now. */
export async function isOutdated() {
  const page = await fetch("/", { cache: "no-store" }).then((response) => response.text()).catch(() => "");
  const release = /data-release="([^"]*)"/.exec(page)?.[1];
  return release !== undefined && release !== document.documentElement.dataset.release;
}
