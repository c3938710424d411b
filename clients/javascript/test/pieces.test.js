import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { UnexpectedAnswer } from "../src/index.js";
import { PictureReader } from "../src/mjpeg.js";
import { PageWalk } from "../src/paging.js";

const bytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("pictures", () => {
  it("come out of pieces of any size", () => {
    const pictures = ["\xff\xd8one", "", "\r\n--frame\r\n\r\n", "\u00fe".repeat(3000)].map(bytes);
    const stream = Buffer.concat(pictures.flatMap((one) => [
      bytes(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${one.length}\r\n\r\n`), one, bytes("\r\n"),
    ]));
    for (const size of [1, 2, 3, 7, 100, stream.length]) {
      const reader = new PictureReader();
      const came = [];
      for (let at = 0; at < stream.length; at += size) {
        came.push(...reader.feed(new Uint8Array(stream.subarray(at, at + size))));
      }
      assert.deepEqual(came, pictures);
    }
  });

  it("are refused when there are none", () => {
    const wrong = [
      "x".repeat(10_000), "--frame\r\n\r\n", "--frame\r\nContent-Length: -1\r\n\r\n",
      "Content-Length: 99999999999\r\n\r\n",
    ];
    for (const text of wrong) assert.throws(() => new PictureReader().feed(bytes(text)), UnexpectedAnswer);
  });
});

describe("a walk over pages", () => {
  it("gives every row that stays once, whatever changes", () => {
    // SplitMix32: the same in every run.
    let state = 1;
    const dice = (bound) => {
      state = (state + 0x9e3779b9) | 0;
      let value = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
      return ((value ^ (value >>> 15)) >>> 0) % bound;
    };
    for (let round = 0; round < 300; round += 1) {
      let rows = Array.from({ length: 1 + dice(400) }, (_, at) => at * 10);
      const always = new Set(rows);
      const walk = new PageWalk([1, 2, 5, 50][dice(4)]);
      const came = [];
      while (!walk.isFinished) {
        const page = rows.slice(walk.offset, walk.offset + walk.limit).map((id) => ({ id }));
        came.push(...walk.take(page).map((row) => row.id));
        for (let change = dice(4); change > 0; change -= 1) {
          if (rows.length > 0 && dice(10) < 6) {
            const [gone] = rows.splice(dice(rows.length), 1);
            always.delete(gone);
          } else {
            rows = [...new Set([...rows, dice((rows.at(-1) ?? 9) + 1)])].sort((a, b) => a - b);
          }
        }
      }
      assert.equal(new Set(came).size, came.length);
      assert.deepEqual(came.filter((id) => always.has(id)), [...always]);
    }
  });
});
