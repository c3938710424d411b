// QR codes (ISO/IEC 18004): bytes, error correction level M, up to version 10, which is 213 bytes.

/** By version: codewords of error correction in a block, then blocks and their data codewords. */
const BLOCKS = [
  [10, [16]], [16, [28]], [26, [44]], [18, [32, 32]], [24, [43, 43]], [16, [27, 27, 27, 27]], [18, [31, 31, 31, 31]],
  [22, [38, 38, 39, 39]], [22, [36, 36, 36, 37, 37]], [26, [43, 43, 43, 43, 44]],
];
const ALIGNMENT = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];

// GF(256) over x⁸ + x⁴ + x³ + x² + 1.
const POWERS = [1];
for (let index = 1; index < 255; index += 1) POWERS.push((POWERS[index - 1] << 1) ^ (POWERS[index - 1] & 128 ? 0x11d : 0));
const LOGS = new Map(POWERS.map((power, index) => [power, index]));
const multiply = (a, b) => (a && b ? POWERS[(LOGS.get(a) + LOGS.get(b)) % 255] : 0);

/** The remainder of Reed and Solomon. */
function correction(data, count) {
  let divisor = [1];
  for (let index = 0; index < count; index += 1) {
    divisor = [...divisor, 0].map((value, place) => value ^ multiply(divisor[place - 1] ?? 0, POWERS[index]));
  }
  const rest = [...data, ...Array(count).fill(0)];
  for (let place = 0; place < data.length; place += 1) {
    const factor = rest[place];
    divisor.forEach((value, index) => (rest[place + index] ^= multiply(value, factor)));
  }
  return rest.slice(data.length);
}

/** All codewords of a text in their order, and the version that holds them. */
function codewords(text) {
  const bytes = [...new TextEncoder().encode(text)];
  const version = BLOCKS.findIndex(([, blocks], index) => {
    const room = blocks.reduce((sum, size) => sum + size, 0);
    return bytes.length + (index < 9 ? 2 : 3) <= room;
  });
  if (version < 0) throw new RangeError("the text is too long for a QR code");
  const [count, sizes] = BLOCKS[version];
  const room = sizes.reduce((sum, size) => sum + size, 0);
  const length = bytes.length.toString(2).padStart(version < 9 ? 8 : 16, "0");
  let bits = `0100${length}${bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("")}`;
  bits += "0".repeat(Math.min(4, room * 8 - bits.length));
  bits += "0".repeat((8 - (bits.length % 8)) % 8);
  const data = bits.match(/.{8}/g).map((byte) => parseInt(byte, 2));
  for (let index = 0; data.length < room; index += 1) data.push(index % 2 ? 0x11 : 0xec);
  let start = 0;
  const blocks = sizes.map((size) => data.slice(start, (start += size)));
  const checks = blocks.map((block) => correction(block, count));
  const woven = [];
  for (let index = 0; index < Math.max(...sizes); index += 1) for (const block of blocks) if (index < block.length) woven.push(block[index]);
  for (let index = 0; index < count; index += 1) for (const check of checks) woven.push(check[index]);
  return { version: version + 1, woven };
}

/** Bits with the remainder of a division of polynomials after them. */
function checked(value, polynomial, length) {
  const degree = polynomial.toString(2).length - 1;
  let rest = value << degree;
  for (let bit = length + degree - 1; bit >= degree; bit -= 1) if (rest & (1 << bit)) rest ^= polynomial << (bit - degree);
  return (value << degree) | rest;
}

const MASKS = [
  (x, y) => (x + y) % 2, (x, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3, (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3), (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** How hard a code is to read: long runs, blocks, false finders, uneven shares. */
function penalty(dark, size) {
  let sum = 0;
  const lines = [];
  for (let index = 0; index < size; index += 1) {
    lines.push(dark[index].map(Number).join(""), dark.map((row) => Number(row[index])).join(""));
  }
  for (const line of lines) {
    for (const run of line.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    for (const pattern of ["10111010000", "00001011101"]) {
      for (let at = line.indexOf(pattern); at >= 0; at = line.indexOf(pattern, at + 1)) sum += 40;
    }
  }
  for (let y = 1; y < size; y += 1) {
    for (let x = 1; x < size; x += 1) {
      if (dark[y][x] === dark[y - 1][x] && dark[y][x] === dark[y][x - 1] && dark[y][x] === dark[y - 1][x - 1]) sum += 3;
    }
  }
  const share = dark.flat().filter(Boolean).length / size ** 2;
  return sum + 10 * Math.floor(Math.abs(share * 20 - 10));
}

/** The modules of a text's code, rows of booleans of which true is dark; without the quiet zone. */
export function qr(text) {
  const { version, woven } = codewords(text);
  const size = 17 + 4 * version;
  const dark = Array.from({ length: size }, () => Array(size).fill(false));
  const fixed = Array.from({ length: size }, () => Array(size).fill(false));
  const set = (x, y, isDark) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    dark[y][x] = Boolean(isDark);
    fixed[y][x] = true;
  };
  for (let index = 0; index < size; index += 1) {
    set(6, index, index % 2 === 0);
    set(index, 6, index % 2 === 0);
  }
  for (const [left, top] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
    for (let y = -4; y <= 4; y += 1) for (let x = -4; x <= 4; x += 1) set(left + x, top + y, ![2, 4].includes(Math.max(Math.abs(x), Math.abs(y))));
  }
  const centres = ALIGNMENT[version - 1];
  const last = centres.length - 1;
  centres.forEach((top, row) => centres.forEach((left, column) => {
    if ((!row && !column) || (!row && column === last) || (row === last && !column)) return;
    for (let y = -2; y <= 2; y += 1) for (let x = -2; x <= 2; x += 1) set(left + x, top + y, Math.max(Math.abs(x), Math.abs(y)) !== 1);
  }));
  const format = (mask) => {
    // Level M is 00.
    const bits = checked(mask, 0b10100110111, 5) ^ 0b101010000010010;
    const bit = (index) => (bits >> index) & 1;
    for (let index = 0; index < 6; index += 1) set(8, index, bit(index));
    set(8, 7, bit(6));
    set(8, 8, bit(7));
    set(7, 8, bit(8));
    for (let index = 9; index < 15; index += 1) set(14 - index, 8, bit(index));
    for (let index = 0; index < 8; index += 1) set(size - 1 - index, 8, bit(index));
    for (let index = 8; index < 15; index += 1) set(8, size - 15 + index, bit(index));
    set(8, size - 8, true);
  };
  format(0);
  if (version >= 7) {
    const bits = checked(version, 0b1111100100101, 6);
    for (let index = 0; index < 18; index += 1) {
      const [a, b] = [size - 11 + (index % 3), Math.floor(index / 3)];
      set(a, b, (bits >> index) & 1);
      set(b, a, (bits >> index) & 1);
    }
  }
  let bit = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const y = (right + 1) & 2 ? step : size - 1 - step;
      for (const x of [right, right - 1]) {
        if (fixed[y][x]) continue;
        dark[y][x] = bit < woven.length * 8 && Boolean((woven[bit >> 3] >> (7 - (bit & 7))) & 1);
        bit += 1;
      }
    }
  }
  const masked = (mask) => {
    format(mask);
    return dark.map((row, y) => row.map((value, x) => (fixed[y][x] ? value : value !== (MASKS[mask](x, y) === 0))));
  };
  let best = null;
  let least = Infinity;
  MASKS.forEach((_, mask) => {
    const candidate = masked(mask);
    const cost = penalty(candidate, size);
    if (cost < least) [best, least] = [candidate, cost];
  });
  return best;
}
