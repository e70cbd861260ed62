// Arrays of objects with the same keys: what goes by its columns, what does not, and that nobody notices.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, kw, pyTuple, ValidationError } from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { CALL, RESULT } from "./support/wire.js";

const module = describe("m", "", ["f"]);

const rows = (row, count = 16) => Array.from({ length: count }, (_, n) => row(n));

/** A function that sends its arguments, and returns what arrived. */
async function sender(t, hello) {
  const { peer } = await connected(t, (call, to) => to.result(call, "null"), hello);
  return async (...args) => {
    await module.call(0, args);
    return peer.of(CALL).at(-1);
  };
}

test("rows are arguments, keywords and what stands in other values", async (t) => {
  const send = await sender(t);
  const written = '["rows",16,["a"],["bools",0]]';
  const all = rows((n) => ({ a: n > 3 }));
  for (const [args, value] of [
    [[all], `[[${written}],{}]`],
    [[1, kw({ all })], `[[1],{"all":${written}}]`],
    // Beside rows, what is plain goes as that, and what is not as before.
    [[all, [1, [2]], "x", { b: [] }], `[[${written},["plain",[1,[2]]],"x",["plain",{"b":[]}]],{}]`],
    [[all, [NaN], kw({ c: [1], d: pyTuple() })], `[[${written},["list",["float","nan"]]],{"c":["plain",[1]],"d":["tuple"]}]`],
    [[[NaN, { all }]], `[[["list",["float","nan"],{"all":${written}}]],{}]`],
    [[new Map([[1, all]])], `[[["dict",1,${written}]],{}]`],
  ]) {
    const call = await send(...args);
    assert.deepEqual([call.value, call.tagged, call.buffers.length], [value, true, 1]);
  }
});

test("what is no row like the others goes as it is", async (t) => {
  const send = await sender(t);
  const base = () => rows((n) => ({ a: n, b: "x" }));
  const changed = (change) => {
    const all = base();
    return change(all) ?? all;
  };
  const object = (properties) => Object.defineProperties({}, properties);
  for (const [what, all] of [
    ["too few", base().slice(1)],
    ["another order", changed((all) => void (all[9] = { b: "x", a: 1 }))],
    ["a key less", changed((all) => void delete all[9].b)],
    ["a key more", changed((all) => void (all[9].c = 1))],
    ["a key without a value", changed((all) => void (all[9].b = undefined))],
    ["no keys", rows(() => ({}))],
    ["another key", changed((all) => void (all[9] = { a: 1, c: 1 }))],
    ["a null", changed((all) => void (all[9] = null))],
    ["a number", changed((all) => void (all[9] = 5))],
    ["an array", changed((all) => void (all[9] = [1, "x"]))],
    ["a hidden key", changed((all) => void (all[9] = object({ a: { value: 1, enumerable: true }, b: { value: 1 } })))],
  ]) {
    const call = await send(all);
    assert.deepEqual([call.value, call.tagged], [`[${JSON.stringify([all])},{}]`, false], what);
  }
  // A subclass of `Array` is an array.
  const mine = await send((class extends Array {}).from(base()));
  assert.equal(mine.value, `[${JSON.stringify([base()])},{}]`);
  const tuple = await send(pyTuple(...base()));
  assert.ok(tuple.value.startsWith('[[["tuple",{"a":0,'), tuple.value);
  const proto = await send(rows(() => JSON.parse('{"__proto__":1,"a":2}')));
  assert.ok(proto.value.startsWith('[[["list",["dict","__proto__",1,"a",2],'), proto.value);
});

test("what is inherited, named by a symbol or computed is as it is elsewhere", async (t) => {
  const send = await sender(t);
  const written = '[[["rows",16,["a"],["json","x","x","x","x","x","x","x","x","x","x","x","x","x","x","x","x"]]],{}]';
  const getter = rows(() => ({ get a() { return "x"; } }));
  const nothing = rows(() => Object.assign(Object.create(null), { a: "x", [Symbol("b")]: 1 }));
  for (const all of [getter, nothing]) assert.equal((await send(all)).value, written);
  Object.prototype.inherited = 1;
  try {
    const all = rows(() => ({ a: "x" }));
    assert.equal((await send(all)).value, `[${JSON.stringify([all])},{}]`);
  } finally {
    delete Object.prototype.inherited;
  }
  Array.prototype.toJSON = () => "altered";
  String.prototype.toJSON = () => "altered";
  try {
    const { value } = await send(rows(() => ({ a: "x" })));
    assert.equal(value, written.replace("json", "list"));
  } finally {
    delete Array.prototype.toJSON;
    delete String.prototype.toJSON;
  }
});

test("what is refused in a row is named as in any list", async (t) => {
  const send = await sender(t, JSON.stringify({ wire: 1, peer: "host", "max-depth": 3 }));
  const cycle = rows((n) => ({ n, all: 1 }));
  cycle[3].all = cycle;
  const both = rows((n) => ({ a: n === 9 ? new Date() : n, b: n === 4 ? Symbol("x") : n }));
  for (const [value, message] of [
    [rows((n) => ({ n, when: n === 12 ? new Date(0) : null })), 'argument 1[12]["when"]: a `Date`'],
    [both, 'argument 1[4]["b"]: a symbol'],
    [rows((n) => ({ text: n === 2 ? "\ud800" : "" })), 'argument 1[2]["text"]: a string with half of a surrogate pair'],
    [rows(() => ({ "\ud800": 1 })), "a string with half of a surrogate pair"],
    [rows((n) => ({ list: n === 3 ? [undefined] : [] })), 'argument 1[3]["list"][0]: `undefined`'],
    [cycle, 'argument 1[3]["all"]'],
    [rows(() => ({ list: [[]] })), 'argument 1[0]["list"][0]: values are nested more than 3 deep'],
    [[[rows(() => ({ a: 1 }))]], "argument 1[0][0][0]: values are nested more than 3 deep"],
    [[rows(() => ({ a: [] }))], 'argument 1[0][0]["a"]: values are nested more than 3 deep'],
  ]) {
    const error = await send(value).catch((error) => error);
    assert.ok(error instanceof ValidationError, String(error));
    assert.ok(error.message.includes(message), error.message);
  }
  assert.match((await send(rows(() => ({ list: [] })))).value, /^\[\[\["rows",/);
  assert.match((await send([rows(() => ({ a: 1 }))])).value, /^\[\[\[\[\{"a":1\}/);
});

test("rows are given no more buffers than some", async (t) => {
  const send = await sender(t);
  const wide = Object.fromEntries(Array.from({ length: 1100 }, (_, n) => [`k${n}`, n]));
  const call = await send(rows(() => wide));
  assert.equal(call.buffers.length, 1024);
  assert.equal(JSON.parse(call.value)[0][0].length, 1103);
});

test("functions are lent once in rows, and rows are what functions give", async (t) => {
  const asked = [];
  const { peer } = await connected(t, (call, to) => {
    asked.push(call);
    to.send({ kind: 3, request: 900, callable: 1, value: '[[["rows",1,["a","b"],["json",[1]],["ints",0]]],{}]', tagged: true, buffers: [Buffer.alloc(8)] });
  });
  peer.socket.on("data", () => {
    const given = peer.frames.find((frame) => frame.kind === RESULT);
    if (given !== undefined) peer.result(asked[0], given.value, given);
  });
  let seen;
  const back = await module.call(0, [rows((n) => ({ n, f: (all) => ((seen = all), rows((n) => ({ n: n / 2 }))) }))]);
  assert.deepEqual(JSON.parse(asked[0].value)[0][0][4].slice(0, 3), ["list", ["callback", 1], ["callback", 2]]);
  assert.deepEqual(seen, [{ a: [1], b: 0 }]);
  assert.deepEqual(back, rows((n) => ({ n: n / 2 })));
});

test("reading rows reaches nothing that objects inherit", async (t) => {
  await connected(t, (call, to) => to.result(call, '["rows",2,["polluted","constructor","0"],["json",1,2],["json",[3],{}],["bools",0]]', { tagged: true, buffers: [Buffer.from([0, 1])] }));
  let reached = false;
  Object.defineProperty(Object.prototype, "polluted", { configurable: true, set: () => (reached = true), get: () => "inherited" });
  try {
    const all = await module.call(0, []);
    assert.deepEqual(all.map((row) => Object.entries(row)), [
      [["0", false], ["polluted", 1], ["constructor", [3]]],
      [["0", true], ["polluted", 2], ["constructor", {}]],
    ]);
    all[0].constructor.push(1);
    assert.deepEqual(Object.getOwnPropertyDescriptor(all[1], "polluted"), { value: 2, writable: true, enumerable: true, configurable: true });
    assert.equal(reached, false);
  } finally {
    delete Object.prototype.polluted;
  }
});
