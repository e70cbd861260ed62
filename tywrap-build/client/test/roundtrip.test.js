// Whatever is sent comes back the same from a host that returns it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, NDArray, PyComplex, pyDate, pyDateTime, pyDecimal, PyFloat, pyFloat, pyFraction, PyInt, pyInt, pyTimedelta, pyTuple, pyUuid } from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";

/** Numbers that a seed gives again: a failure names its seed. */
function generator(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  const pick = (items) => items[below(items.length)];
  return { next, below, pick };
}

const NUMBERS = [0, -0, 1, -1, 0.1, 1e21, -1e20, 2 ** 53, 2 ** 53 - 1, -(2 ** 53) + 1, 5e-324, 1.7976931348623157e308, NaN, Infinity, -Infinity];
const TEXTS = ["", "a", "é", "€", "😀", '"', "\\", "\n", "\u0000", "\u2028", "</script>", "__proto__", "list", "[", "]]},{", "],{", "x".repeat(100)];
const ARRAYS = [Int8Array, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array];

function value({ next, below, pick }, depth) {
  const self = { next, below, pick };
  const many = () => Array.from({ length: below(4) }, () => value(self, depth - 1));
  const text = () => pick(TEXTS) + pick(TEXTS);
  const scalars = [
    () => null,
    () => next() < 0.5,
    () => pick(NUMBERS),
    () => (next() - 0.5) * 10 ** below(30),
    () => below(1000) - 500,
    text,
    () => BigInt(pick([0, 1, -7])) * 2n ** BigInt(below(200)),
    () => pyFloat(below(5)),
    () => pyInt(BigInt(below(5)) ** 50n),
    () => new PyComplex(pick(NUMBERS), pick(NUMBERS)),
    () => Uint8Array.from({ length: below(20) }, () => below(256)),
    () => pyDate(new Date((next() - 0.2) * 1e14)),
    () => pyDateTime(new Date(Math.floor((next() - 0.2) * 1e14))),
    () => pyTimedelta(BigInt(Math.floor((next() - 0.5) * 2 ** 53)) * BigInt(below(9000))),
    () => pyDecimal(`${pick(["", "-"])}${below(1000)}.${below(1e9)}E${pick(["+", "-"])}${below(400)}`),
    () => pyFraction(below(1e9) - 5e8, 1 + below(1e9)),
    () => pyUuid(crypto.randomUUID()),
    () => NDArray.from(Array.from({ length: 1 + below(3) }, () => pick(TEXTS).replaceAll("\u0000", ""))),
    () => {
      const array = pick(ARRAYS);
      const count = below(12);
      const data = Uint8Array.from({ length: count * array.BYTES_PER_ELEMENT }, () => below(256));
      const shape = pick([[count], [1, count], [count, 1, 1]]);
      return new NDArray(new array(data.buffer), shape);
    },
  ];
  const containers = [
    many,
    () => pyTuple(...many()),
    () => new Set(many()),
    () => new Map(many().map((item) => [item, value(self, depth - 1)])),
    () => Object.fromEntries(many().map((item) => [text(), item])),
    () => JSON.parse('{"__proto__":[1]}'),
    () => rows(self, depth),
  ];
  return pick(depth > 0 && next() < 0.5 ? containers : scalars)();
}

/** Objects with the same keys, most of the time. */
function rows(self, depth) {
  const { next, below, pick } = self;
  const cells = Array.from({ length: 1 + below(4) }, (_, at) => {
    const cell = pick([() => pick(NUMBERS), () => below(9), () => next(), () => next() < 0.5, () => pick(TEXTS), () => pick([null, 1, "x", true]), () => value(self, depth - 1)]);
    return [`${pick(TEXTS)}${at}`, cell];
  });
  return Array.from({ length: 12 + below(20) }, () => Object.fromEntries(cells.slice(0, next() < 0.005 ? 1 : 4).map(([key, cell]) => [key, cell()])));
}

/** What a value comes back as: what only forces a type on the way to Python is gone, and a tuple is an array. */
function returned(sent) {
  if (sent instanceof PyFloat) return sent.value;
  if (sent instanceof PyInt) return integer(sent.value);
  if (typeof sent === "bigint") return integer(sent);
  if (Array.isArray(sent)) return sent.map(returned);
  if (sent instanceof Set) return new Set([...sent].map(returned));
  if (sent instanceof Map) return new Map([...sent].map(([key, item]) => [returned(key), returned(item)]));
  // Every dict with this key travels as one with any keys.
  if (typeof sent === "object" && sent !== null && Object.hasOwn(sent, "__proto__")) {
    return new Map(Object.entries(sent).map(([key, item]) => [key, returned(item)]));
  }
  if (typeof sent === "object" && sent !== null && Object.getPrototypeOf(sent) === Object.prototype) {
    return Object.fromEntries(Object.entries(sent).map(([key, item]) => [key, returned(item)]));
  }
  return sent;
}

function integer(big) {
  return Number.isSafeInteger(Number(big)) ? Number(big) : big;
}

test("what is sent comes back", async (t) => {
  const { peer } = await connected(t);
  const module = describe("m", "", ["f"]);
  let tags = 0;
  for (let seed = 1; seed <= 3000; seed++) {
    const sent = value(generator(seed), 4);
    if (typeof sent === "object") tags++;
    assert.deepStrictEqual(await module.call(0, [sent]), returned(sent), `seed ${seed}`);
  }
  assert.ok(tags > 1000, "the generator makes more than scalars");
  const rows = peer.frames.filter((frame) => frame.value.includes('["rows",'));
  assert.ok(rows.length > 100, `${rows.length} values have rows`);
});
