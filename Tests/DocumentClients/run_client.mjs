// Runs the document's JavaScript client as it is, then calls what its example does not: run_client.mjs FILE PORT.
// It talks to localhost:8080, which stands for the server on PORT of the loopback here, and to a browser's document.
import { readFile } from "node:fs/promises";

const [file, port] = process.argv.slice(2);
const { fetch } = globalThis;
const here = (url) => url.replace(/^http:\/\/localhost:8080(?=\/)/, `http://127.0.0.1:${port}`);
globalThis.fetch = (url, ...rest) => fetch(here(url), ...rest);
const shown = [];
globalThis.document = {
  createElement: (name) => ({ name }),
  body: { appendChild: (element) => shown.push(element) },
};
// The body of an async function takes the client's top-level await; the text itself stays as it is.
const AsyncFunction = (async () => {}).constructor;
const client = await new AsyncFunction(`${await readFile(file, "utf8")}\nreturn client;`)();
const found = await client.getRecordings({ limit: 5, start_date: "2025-10-01", end_date: "2025-10-12", offset: 1 });
const [recording, stats] = [await client.getRecording(42), await client.getStats()];
console.log(JSON.stringify({ shown, found, recording, stats, stream: client.getStreamUrl("video/front-door") }));
