/** Client of a SpectraX server, for browsers and Node.js 18 or later. See README.md and index.d.ts. */

export { SpectraX } from "./client.js";
export { MemorySink } from "./download.js";
export { APIError, ConnectionFailed, IncompleteDownload, SpectraXError, TimedOut, UnexpectedAnswer } from "./errors.js";
