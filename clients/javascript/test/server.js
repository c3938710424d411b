/** A real server with recordings, and ways to it that break. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const testing = fileURLToPath(new URL("../../testing/", import.meta.url));
const build = process.env.SPECTRAX_BUILD ?? path.join(testing, "../../.build/debug");

export async function startServer() {
  const child = spawn("python3", [path.join(testing, "server.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = readline.createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, "line"), once(child, "exit").then(() => ["null"])]);
  const started = JSON.parse(line);
  if (!started) throw new Error("the server does not start");
  return {
    ...started,
    recordings: path.join(started.folder, "recordings"),
    addRecordings: (first, count) =>
      promisify(execFile)(path.join(build, "RecordingsMaker"), ["add", started.folder, first, count].map(String)),
    async stop() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

/** A listener that hands every connection to `serve`. */
export async function listen(serve) {
  const sockets = new Set();
  const listener = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}

/** A way to the server that breaks: connection by connection after so many bytes of answers, then no more. */
export function cutOff(server, budgets) {
  const left = [...budgets];
  return listen((socket) => {
    let budget = left.shift() ?? Infinity;
    const upstream = net.connect(new URL(server.url).port, "127.0.0.1");
    upstream.on("error", () => {});
    socket.pipe(upstream);
    upstream.on("data", (piece) => {
      socket.write(piece.subarray(0, budget));
      budget -= piece.length;
      if (budget <= 0) {
        upstream.destroy();
        socket.end();
      }
    });
    upstream.on("close", () => socket.end());
    socket.on("close", () => upstream.destroy());
  });
}

/** A listener that gives one answer to everybody. */
export function answering(answer) {
  return listen((socket) => socket.once("data", () => socket.end(answer)));
}
