import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";

import * as library from "../src/index.js";
import {
  APIError, ConnectionFailed, MemorySink, SpectraX, SpectraXError, TimedOut, UnexpectedAnswer,
} from "../src/index.js";
import { downloadToFile } from "../src/node.js";
import { answering, cutOff, listen, startServer } from "./server.js";

const cameras = ["video/front-door", "video/backyard", "video/garage"];
const clip = "front-door_2025-10-12_19-05-30.mp4";
let server, client, folder;

before(async () => {
  server = await startServer();
  client = new SpectraX(server.url);
  folder = await mkdtemp(path.join(tmpdir(), "spectrax-"));
});

after(async () => {
  await server?.stop();
  if (folder) await rm(folder, { recursive: true });
});

async function collect(iterator) {
  const all = [];
  for await (const one of iterator) all.push(one);
  return all;
}

const ids = (rows) => rows.map((row) => row.id);
const isJPEG = (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());

describe("endpoints", () => {
  it("has a method for every operation of the document", async () => {
    const seen = new Set();
    const paths = Object.keys((await client.openapi()).paths).sort((a, b) => a.includes("{") - b.includes("{"));
    const noting = new SpectraX(server.url, {
      fetch(url, init) {
        const { pathname } = new URL(url);
        const template = paths.find((one) => new RegExp(`^${one.replace(/\{\w+\}/g, "[^/]+")}$`).test(pathname));
        seen.add(`${init.method} ${template ?? pathname}`);
        return fetch(url, init);
      },
    });
    assert.deepEqual(Object.keys((await noting.status()).cameras).sort(), [...cameras].sort());
    assert.deepEqual(await noting.paths(), cameras);
    assert.equal(await noting.isHealthy(), true);
    assert.deepEqual((await noting.streams()).map((stream) => stream.path), cameras);
    const stream = (await noting.feeds()).default;
    assert.ok(isJPEG(await bytesOf(await noting.snapshot(cameras[1]))));
    assert.ok(isJPEG(await bytesOf(await noting.snapshotById(stream))));
    let frames = 0;
    for await (const frame of noting.frames()) {
      assert.ok(isJPEG(frame));
      if (++frames === 3) break;
    }
    assert.equal((await noting.recordings({ limit: 3 })).recordings.length, 3);
    assert.equal((await noting.recording(42)).timestamp, "2025-10-12T19:05:30.123456");
    assert.equal((await noting.setProtected(42, true)).protected, true);
    assert.equal((await noting.setProtected(42, false)).protected, false);
    assert.equal((await noting.delete(100)).id, 100);
    assert.equal((await noting.alerts({ limit: 3 })).alerts.length, 3);
    for (const file of [clip, `/api/recordings/file/${clip}`]) {
      const info = await noting.fileInfo(file);
      assert.equal(info.size, (await stat(path.join(server.recordings, clip))).size);
      assert.equal(info.type, "video/mp4");
      assert.equal(new TextDecoder().decode(await noting.readRange(file, 4, 8)), "ftyp");
    }
    assert.deepEqual(Object.keys((await noting.statistics()).by_camera).sort(), cameras.slice(0, 2).sort());
    assert.deepEqual(Object.keys((await noting.objectStatistics()).object_counts).sort(), ["car", "dog", "person"]);
    assert.equal((await noting.timeStatistics({ days: 3650 })).hours.length, 24);
    assert.match(await noting.docs(), /<h1>SpectraX REST API<\/h1>/);
    assert.match(await noting.page(), /<title>SpectraX/);
    assert.match(await noting.metrics(), /spectrax_build_info/);
    await assert.rejects(noting.publishing("video/phone"), { status: 404 });
    assert.ok((await noting.queues()).some((queue) => queue.name === "decoder" && queue.camera === cameras[0]));
    const { lines: [line] } = await noting.log({ limit: 1, level: "info", after: 1 });
    assert.ok(line.seq > 1 && line.message && line.level !== "debug");
    for await (const message of noting.events({ lastEventId: 0 })) {
      assert.equal(message.kind, "lost");
      break;
    }
    const document = await noting.openapi();
    // HLS is for players; `hlsUrl` gives its address.
    const operations = Object.entries(document.paths).filter(([at]) => !at.startsWith("/hls/")).flatMap(([at, item]) =>
      Object.keys(item).filter((key) => key !== "parameters" && !item[key].responses[101]).map((method) => `${method.toUpperCase()} ${at}`));
    assert.deepEqual([...seen].sort(), operations.sort());
  });

  it("hands filters on under the server's names", async () => {
    const moment = new Date("2025-10-12T19:05:30.123Z");
    const found = await client.recordings({ startDate: moment, endDate: "2025-10-12T21:05:30.2+02:00" });
    assert.deepEqual(ids(found.recordings), [42]);
    const both = await client.recordings({ objectType: ["person", "car"], limit: 1 });
    assert.equal(both.total, (await client.recordings({ objectType: "person,car", limit: 1 })).total);
    const rows = (await client.recordings({ minConfidence: 0.9, sortBy: "confidence", sortOrder: "asc" })).recordings;
    assert.ok(rows.length > 5 && rows.every((row, at) => row.confidence >= (rows[at - 1]?.confidence ?? 0.9)));
    const streamId = (await client.feeds()).default;
    assert.ok((await client.recordings({ streamId })).recordings.every((row) => row.stream_path === cameras[0]));
    assert.ok((await client.recordings({ includeRemoved: true, limit: 1 })).total > 0);
    await assert.rejects(client.recordings({ objecttype: "person" }), /there is no filter objecttype/);
  });

  it("says why something is refused", async () => {
    await assert.rejects(client.recordings({ limit: 0 }), (error) =>
      error instanceof APIError && error.status === 400 && /limit takes a whole number, 1 to 1000/.test(error.reason));
    const unknown = { name: "APIError", status: 404, reason: "there is no recording 9999999" };
    await assert.rejects(client.recording(9999999), unknown);
    await assert.rejects(client.snapshotById("../status"), { status: 404 });
    await assert.rejects(client.readRange("recordings.db", 0, 1), { status: 404 });
    await assert.rejects(client.readRange(clip, 3, 3), SpectraXError);
    await assert.rejects(collect(client.frames("video/none")), { status: 404 });
    assert.throws(() => new SpectraX("localhost:8080"), /no address/);
    assert.equal(client.hlsUrl(cameras[0]), `${server.url}/hls/video/front-door/index.m3u8`);
    assert.equal(client.streamUrl(cameras[0]), `${server.url}/video/stream?path=video%2Ffront-door`);
    assert.equal(client.fileUrl(clip, { download: true }), `${server.url}/recordings/${clip}?download`);
  });
});

describe("events", () => {
  const gone = async (events, last, between = () => {}) => {
    const found = [];
    for await (const message of events) {
      if (message.kind === "recording") found.push(message.recording.id);
      await between(message);
      if (message.recording?.id === last) return found;
    }
  };

  it("come in order, and go on after a break without loss", async () => {
    // Each of the first connections breaks in the middle of a message.
    const way = await cutOff(server, [1500, 2500, 3000]);
    try {
      const broken = new SpectraX(way.url);
      const events = gone(broken.events({ kind: ["recording"], lastEventId: 0 }), 147);
      for (let number = 140; number < 148; number += 1) await client.delete(number);
      assert.deepEqual((await events).slice(-8), [140, 141, 142, 143, 144, 145, 146, 147]);
    } finally {
      await way.close();
    }
  });

  it("are chosen, refused and aborted", async () => {
    for await (const message of client.events({ kind: "camera", camera: cameras[2], lastEventId: 0 })) {
      if (message.kind === "lost") continue;
      assert.equal(message.camera.path, cameras[2]);
      break;
    }
    await assert.rejects(collect(client.events({ kind: "none" })), { status: 400 });
    await assert.rejects(collect(client.events({ camera: "video/none" })), { status: 404 });
    const controller = new AbortController();
    const silent = collect(client.events({ kind: "system", signal: controller.signal }));
    controller.abort(new Error("enough"));
    await assert.rejects(silent, /enough/);
  });
});

describe("paging", () => {
  it("gives every recording once and in order", async () => {
    const end = { endDate: "2025-10-12", sortOrder: "asc" };
    for (const [pageSize, filters] of [
      [1, { sortBy: "timestamp", ...end }], [7, { sortBy: "confidence" }], [100, { sortBy: "duration" }], [1000, {}],
    ]) {
      const whole = await client.recordings({ limit: 1000, ...filters });
      assert.deepEqual(ids(await collect(client.iterateRecordings({ pageSize, ...filters }))), ids(whole.recordings));
    }
    const alerts = ids(await collect(client.iterateAlerts({ pageSize: 9, objectType: "dog" })));
    assert.equal(new Set(alerts).size, (await client.alerts({ objectType: "dog", limit: 1 })).total);
    await assert.rejects(collect(client.iterateRecordings({ pageSize: 0 })), /pageSize takes 1 to 1000/);
  });

  it("loses nothing when rows are deleted and added meanwhile", async () => {
    const range = { endDate: "2025-10-15" };
    const old = ids((await client.recordings({ ...range, limit: 1000 })).recordings);
    const walked = [];
    const gone = new Set();
    for await (const { id } of client.iterateRecordings({ ...range, pageSize: 10 })) {
      walked.push(id);
      if (walked.length === 10 || walked.length === 25) {
        for (const number of [...walked.slice(0, 9), old[old.indexOf(id) + 12]]) {
          if (gone.has(number) || number === 42) continue;
          await client.delete(number);
          gone.add(number);
        }
      }
      if (walked.length === 40) await server.addRecordings(110, 5);
    }
    assert.equal(new Set(walked).size, walked.length);
    const left = new Set(old.filter((number) => !gone.has(number)));
    assert.deepEqual(walked.filter((number) => left.has(number)), [...left]);
    assert.ok(gone.size >= 10);
  });
});

describe("downloads", () => {
  it("come whole, with progress", async () => {
    const large = await client.recording(250);
    const whole = await readFile(path.join(server.recordings, large.file_url.split("/").pop()));
    const steps = [];
    const blob = await client.download(large, { onProgress: (done, total) => steps.push([done, total]) });
    assert.equal(blob.type, "video/mp4");
    assert.ok(whole.equals(await bytesOf(blob)) && whole.length > 1_000_000);
    assert.deepEqual([steps[0], steps.at(-1)], [[0, whole.length], [whole.length, whole.length]]);
    const odd = "höf & tür #1.mp4";
    const target = await downloadToFile(client, await client.recording(3), `${folder}/new/`);
    assert.equal(target, path.join(folder, "new", odd));
    assert.ok((await readFile(target)).equals(await bytesOf(await client.download(odd))));
  });

  it("go on over connections that break", async () => {
    const large = await client.recording(250);
    const whole = await readFile(path.join(server.recordings, large.file_url.split("/").pop()));
    const way = await cutOff(server, [300_000, 400_000]);
    const steps = [];
    const blob = await new SpectraX(way.url).download(large, { onProgress: (done) => steps.push(done) });
    await way.close();
    assert.ok(whole.equals(await bytesOf(blob)));
    assert.ok(steps.every((done, at) => at === 0 || done >= steps[at - 1]), "nothing was fetched twice");
  });

  it("keep what came for the next time, unless the file has changed", async () => {
    const large = await client.recording(250);
    const whole = await readFile(path.join(server.recordings, large.file_url.split("/").pop()));
    const at = path.join(folder, "kept");
    await mkdir(at);
    let way = await cutOff(server, [500_000]);
    const broken = downloadToFile(new SpectraX(way.url), large, `${at}/clip.mp4`, { retries: 0 });
    await assert.rejects(broken, ConnectionFailed);
    await way.close();
    const { size } = await stat(`${at}/clip.mp4.part`);
    assert.ok(size > 0 && size < 500_000);
    const steps = [];
    await downloadToFile(client, large, `${at}/clip.mp4`, { onProgress: (done) => steps.push(done) });
    assert.equal(steps[0], size);
    assert.ok(whole.equals(await readFile(`${at}/clip.mp4`)));
    assert.deepEqual(await readdir(at), ["clip.mp4"]);

    const changing = await client.recording(120);
    const name = changing.file_url.split("/").pop();
    const sink = new MemorySink();
    way = await cutOff(server, [10_000]);
    await assert.rejects(new SpectraX(way.url).download(changing, { sink, retries: 0 }), ConnectionFailed);
    await way.close();
    assert.ok(sink.blob.size > 0);
    const other = "another version".repeat(5000);
    await writeFile(path.join(server.recordings, name), other);
    const blob = await client.download(changing, { sink, onProgress: (done) => steps.push(done) });
    assert.equal(await blob.text(), other);
  });

  it("know a part that is whole already, and one that is none", async () => {
    const large = await client.recording(250);
    const whole = await readFile(path.join(server.recordings, large.file_url.split("/").pop()));
    const { etag } = await client.fileInfo(large);
    const at = path.join(folder, "parts");
    await mkdir(at);
    const other = Buffer.from("of something else");
    for (const [content, tag] of [[whole, etag], [Buffer.concat([whole, other]), etag], [other, ""]]) {
      await writeFile(`${at}/clip.part`, content);
      await writeFile(`${at}/clip.part.etag`, tag);
      await downloadToFile(client, large, `${at}/clip`);
      assert.ok(whole.equals(await readFile(`${at}/clip`)));
      assert.deepEqual(await readdir(at), ["clip"]);
    }
    await assert.rejects(downloadToFile(client, "none.mp4", `${at}/`), { status: 404 });
    for (const bad of ["/recordings/", "/recordings/..", "/recordings/..%2Fx", "http://elsewhere/x"]) {
      await assert.rejects(downloadToFile(client, bad, `${at}/`), SpectraXError);
    }
    assert.deepEqual(await readdir(at), ["clip"]);
  });
});

describe("ends", () => {
  it("abort every kind of call with the signal's reason", async () => {
    const silent = await listen(() => {});
    const waiting = new SpectraX(silent.url);
    const calls = [
      (options) => waiting.status(options), (options) => waiting.recordings(options),
      (options) => waiting.snapshot(null, options),
      (options) => waiting.delete(1, options), (options) => waiting.setProtected(1, true, options),
      (options) => waiting.download(clip, options), (options) => waiting.readRange(clip, 0, 1, options),
      (options) => collect(waiting.frames(null, options)), (options) => collect(waiting.iterateAlerts(options)),
      (options) => downloadToFile(waiting, clip, `${folder}/x`, options), (options) => waiting.timeStatistics(options),
    ];
    for (const call of calls) {
      const controller = new AbortController();
      const running = call({ signal: controller.signal });
      controller.abort(new Error("enough"));
      await assert.rejects(running, /^Error: enough$/);
      await assert.rejects(call({ signal: AbortSignal.abort(new Error("before")) }), /^Error: before$/);
    }
    await silent.close();
    const controller = new AbortController();
    let frames = 0;
    await assert.rejects(async () => {
      for await (const _ of client.frames(null, { signal: controller.signal })) if (++frames === 2) controller.abort();
    }, { name: "AbortError" });
  });

  it("time out, and tell servers that are no SpectraX", async () => {
    const silent = await listen(() => {});
    await assert.rejects(new SpectraX(silent.url, { timeout: 50 }).status(), TimedOut);
    await silent.close();
    await assert.rejects(new SpectraX(silent.url).status(), ConnectionFailed);
    const body = (text, status = "200 OK") =>
      `HTTP/1.1 ${status}\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`;
    for (const [answer, error] of [
      [body("<html>a router</html>"), UnexpectedAnswer], [body("[1]"), UnexpectedAnswer],
      [body("x", "502 Bad"), APIError], [body("", "302 Found"), APIError],
      ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", ConnectionFailed], ["nonsense", ConnectionFailed],
    ]) {
      const other = await answering(answer);
      await assert.rejects(new SpectraX(other.url).status(), error);
      await other.close();
    }
    const busy = await answering(body('{"status":"error","message":"connecting"}', "503 Service Unavailable"));
    await assert.rejects(new SpectraX(busy.url).snapshot(), { status: 503, reason: "connecting" });
    assert.equal(await new SpectraX(busy.url).isHealthy(), false);
    await busy.close();
    const beginning = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{";
    const stalling = await listen((socket) => socket.once("data", () => socket.write(beginning)));
    await assert.rejects(new SpectraX(stalling.url, { timeout: 50 }).status(), TimedOut);
    await stalling.close();
  });
});

describe("the package", () => {
  it("exports what it declares", async () => {
    const source = await readFile(new URL("../src/index.d.ts", import.meta.url), "utf8");
    const declared = [...source.matchAll(/^export class (\w+)/gm)].map((match) => match[1]);
    assert.deepEqual(declared.sort(), Object.keys(library).sort());
    const block = /^export class SpectraX \{\n([\s\S]*?)^\}/m.exec(source)[1];
    const methods = [...block.matchAll(/^  (\w+)\(/gm)].map((match) => match[1]);
    assert.deepEqual(methods.sort(), Object.getOwnPropertyNames(SpectraX.prototype).sort());
  });

  it("uses nothing of Node in the part for browsers", async () => {
    for (const name of ["index", "client", "download", "errors", "mjpeg", "paging", "request"]) {
      const source = await readFile(new URL(`../src/${name}.js`, import.meta.url), "utf8");
      assert.doesNotMatch(source, /\b(process|Buffer|require|node:)\b/, name);
    }
  });
});
