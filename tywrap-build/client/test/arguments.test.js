// What the client sends, what it refuses to send, and how it says so.

import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { describe, kw, NDArray, PyComplex, pyFloat, pyInt, pyTuple, ValidationError } from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { CALL } from "./support/wire.js";

/** A function that sends its arguments, and returns what arrived. */
async function sender(t) {
  const { peer, connection } = await connected(t, (call, to) => to.result(call, "null"));
  const module = describe("numpy", "", ["mean"]);
  const send = async (...args) => {
    await module.call(0, args);
    const { value, tagged, buffers } = peer.of(CALL).at(-1);
    return { value, tagged, buffers: buffers.map((buffer) => buffer.toString("hex")) };
  };
  return { send, peer, connection, module };
}

const plain = (value) => ({ value, tagged: false, buffers: [] });

test("positional arguments and keywords", async (t) => {
  const { send } = await sender(t);
  for (const [args, value] of [
    [[], "[[],{}]"],
    [[1], "[[1],{}]"],
    [[1, undefined, undefined], "[[1],{}]"],
    [[undefined], "[[],{}]"],
    [[1, kw({ axis: 0 })], '[[1],{"axis":0}]'],
    [[1, undefined, kw({ axis: 0, keepdims: undefined })], '[[1],{"axis":0}]'],
    [[kw({ a: { b: undefined, c: null } })], '[[],{"a":{"c":null}}]'],
    [[{ axis: 0 }], '[[{"axis":0}],{}]'],
    [[10n, pyInt("+12"), pyInt(-3)], "[[10,12,-3],{}]"],
    [[[pyFloat(2), -0, 1e21, 2 ** 53, 0.1]], "[[[2.0,-0.0,1e+21,9007199254740992.0,0.1]],{}]"],
  ]) {
    assert.deepEqual(await send(...args), plain(value));
  }
  const middle = await send(1, undefined, 3);
  assert.deepEqual(middle, { value: '[[1,["omitted"],3],{}]', tagged: true, buffers: [] });
});

test("a value that needs a tag tags the lists around and before it", async (t) => {
  const { send } = await sender(t);
  for (const [args, value] of [
    [[[], [1, [2]], NaN], '[[["list"],["list",1,["list",2]],["float","nan"]],{}]'],
    [[[1, NaN, 2]], '[[["list",1,["float","nan"],2]],{}]'],
    [[[NaN, []]], '[[["list",["float","nan"],["list"]]],{}]'],
    [[[[[[NaN]]]]], '[[["list",["list",["list",["list",["float","nan"]]]]]],{}]'],
    [[{ "[": ["]", "["] }, { a: [new Set([1])] }], '[[{"[":["list","]","["]},{"a":["list",["set",1]]}],{}]'],
    [[["a"], kw({ shape: pyTuple(1, [2]) })], '[[["list","a"]],{"shape":["tuple",1,["list",2]]}]'],
  ]) {
    assert.deepEqual(await send(...args), { value, tagged: true, buffers: [] });
  }
});

test("buffers", async (t) => {
  const { send } = await sender(t);
  const backing = new Float64Array([1, 2, 3, 4]);
  const view = backing.subarray(1, 3);
  assert.deepEqual(await send([view, Buffer.from("a"), new Uint8ClampedArray([7])]), {
    value: '[[["list",["array",0,"<f8",[2]],["bytes",1],["array",2,"|u1",[1]]]],{}]',
    tagged: true,
    buffers: [Buffer.from(view.buffer, 8, 16).toString("hex"), "61", "07"],
  });
  for (const [array, dtype] of [
    [new Int8Array(1), "|i1"],
    [new Int16Array(1), "<i2"],
    [new Uint16Array(1), "<u2"],
    [new Int32Array(1), "<i4"],
    [new Uint32Array(1), "<u4"],
    [new BigInt64Array(1), "<i8"],
    [new BigUint64Array(1), "<u8"],
    [new Float32Array(1), "<f4"],
  ]) {
    assert.equal((await send(array)).value, `[[["array",0,"${dtype}",[1]]],{}]`);
  }
  assert.equal((await send(new NDArray(new Float64Array(4), [2], "complex128"))).value, '[[["array",0,"<c16",[2]]],{}]');
  assert.equal((await send(NDArray.from([[true], [false]]))).value, '[[["array",0,"|b1",[2,1]]],{}]');
});

test("keys that name the prototype are keys like any other", async (t) => {
  const { send } = await sender(t);
  const hostile = { ...JSON.parse('{"__proto__":{"polluted":1},"constructor":2}'), absent: undefined };
  // The one that hosts refuse in an object goes as a dict with any keys, which Python sees no difference in.
  assert.equal((await send([hostile])).value, '[[["list",["dict","__proto__",{"polluted":1},"constructor",2]]],{}]');
  assert.deepEqual(await send(kw({ constructor: 1 })), plain('[[],{"constructor":1}]'));
  assert.deepEqual(await send(Object.assign(Object.create(null), { a: 1 })), plain('[[{"a":1}],{}]'));
});

test("values of another realm", async (t) => {
  const { send } = await sender(t);
  const foreign = vm.runInNewContext("({ record: { a: [1] }, map: new Map([[1, 2]]), set: new Set([3]), array: new Float32Array(1) })");
  assert.deepEqual(await send(foreign.record), plain('[[{"a":[1]}],{}]'));
  assert.equal((await send(foreign.map)).value, '[[["dict",1,2]],{}]');
  assert.equal((await send(foreign.set)).value, '[[["set",3]],{}]');
  assert.equal((await send(foreign.array)).value, '[[["array",0,"<f4",[1]]],{}]');
});

test("values made by another copy of the client", async (t) => {
  const { send } = await sender(t);
  const copy = await import("../dist/tywrap-client.js?copy");
  assert.notEqual(copy.kw, kw);
  assert.equal((await send(new copy.NDArray(new Float64Array(1)))).value, '[[["array",0,"<f8",[1]]],{}]');
  assert.equal((await send(copy.pyTuple(copy.pyFloat(1), copy.pyInt(2)), copy.kw({ a: 1 }))).value, '[[["tuple",1.0,2]],{"a":1}]');
});

test("a Map or Set is read by what it holds, not by what it says", async (t) => {
  const { send } = await sender(t);
  class Lying extends Map {
    *[Symbol.iterator]() {
      yield ["not", "in it"];
    }
    forEach() {
      throw new Error("called");
    }
  }
  assert.equal((await send(new Lying([["a", 1]]))).value, '[[["dict","a",1]],{}]');
});

const cyclic = { list: [] };
cyclic.list.push(cyclic);
const nested = (depth) => (depth === 0 ? 1 : [nested(depth - 1)]);
class Point {
  x = 1;
}

for (const [what, args, message] of [
  ["a symbol", [Symbol("s")], "argument 1: a symbol can't be sent"],
  ["undefined in a list", [[1, undefined]], "argument 1[1]: `undefined` stands for nothing"],
  ["a hole in a list", [[1, , 2]], "argument 1[1]: `undefined` stands for nothing"], // eslint-disable-line no-sparse-arrays
  ["a Date", [{ when: { at: new Date(0) } }], 'argument 1["when"]["at"]: a `Date`'],
  ["a Date as a keyword", [kw({ when: [new Date(0)] })], 'keyword "when"[0]: a `Date`'],
  ["an instance", [new Point()], "an instance of `Point` can't be sent"],
  ["an ArrayBuffer", [new ArrayBuffer(1)], "wrap it in a `Uint8Array`"],
  ["a DataView", [new DataView(new ArrayBuffer(1))], "wrap its buffer"],
  ["a promise", [Promise.resolve(1)], "await it first"],
  ["a constant that was not awaited", [describe("math", "", ["pi"]).constant(0)], "a constant that was not awaited"],
  ["a number in a box", [new Number(1)], "an instance of `Number`"],
  ["a RegExp", [/a/], "an instance of `RegExp`"],
  ["an Error", [new Error("x")], "an instance of `Error`"],
  ["a WeakMap", [new WeakMap()], "an instance of `WeakMap`"],
  ["a Map that is none", [Object.create(Map.prototype)], "an instance of `Map`"],
  ["a proxy of a Map", [new Proxy(new Map(), {})], "an instance of `Map`"],
  ["a class with a name that is no name", [new (class { static name = "x\u001b[31m`"; })()], "an object of a class of its own"],
  ["a cycle", [cyclic], "the value contains itself"],
  ["a deep list", [nested(65)], "nested more than 64 deep"],
  ["half a surrogate pair", ["a\ud800b"], "half of a surrogate pair"],
  ["half a surrogate pair in a key", [{ "\udc00": 1 }], "half of a surrogate pair"],
  ["keywords that are not last", [kw({ a: 1 }), 2], "argument 1: keywords come last"],
  ["keywords in a list", [[kw({ a: 1 })]], "argument 1[0]: keywords come last"],
  ["keywords twice", [kw({ a: 1 }), kw({ b: 1 })], "argument 1: keywords come last"],
  ["a keyword that names the prototype", [kw(JSON.parse('{"__proto__":1}'))], 'keyword "__proto__": no Python function'],
  ["a bool array of other bytes", [new NDArray(new Uint8Array([2]), [1], "bool")], "neither 0 nor 1"],
  ["too many buffers", [Array(65_536).fill(new Uint8Array())], "more than 65535 buffers"],
  ["a symbol in a Map", [new Map([[1, Symbol("x")]])], "argument 1[1]: a symbol"],
]) {
  test(`${what} is refused before anything is sent`, async (t) => {
    const { send, peer } = await sender(t);
    const error = await send(...args).then(
      () => assert.fail("it was sent"),
      (reason) => reason,
    );
    assert.ok(error instanceof ValidationError, String(error));
    assert.ok(error.message.includes(message), error.message);
    assert.equal(error.code, "argument-not-sendable");
    assert.equal(peer.of(CALL).length, 0);
    // And the connection is as good as new.
    assert.deepEqual(await send("next"), plain('[["next"],{}]'));
  });
}

test("64 levels are sent", async (t) => {
  const { send } = await sender(t);
  assert.deepEqual(await send(nested(64)), plain(`[[${"[".repeat(64)}1${"]".repeat(64)}],{}]`));
});

test("a getter or a proxy that throws rejects the call with what it threw", async (t) => {
  const { send } = await sender(t);
  const thrown = new Error("from the getter");
  const getter = { get a() { throw thrown; } };
  const proxy = new Proxy([1, 2], { get(target, key) { if (key === "1") throw thrown; return target[key]; } });
  await assert.rejects(send(1, [NaN, getter]), (error) => error === thrown);
  await assert.rejects(send(proxy), (error) => error === thrown);
  assert.deepEqual(await send("next"), plain('[["next"],{}]'));
});

test("a getter that calls gets a frame of its own", async (t) => {
  const { send, peer, module } = await sender(t);
  let inner;
  const outer = { before: [1], get now() { inner = module.call(0, [NaN]); return 2; }, after: [3] };
  await send([outer]);
  await inner;
  // A getter is read twice: when it is looked at, and when it is written.
  assert.deepEqual(
    [...new Set(peer.of(CALL).map((call) => call.value))],
    ['[[["float","nan"]],{}]', '[[[{"before":[1],"now":2,"after":[3]}]],{}]'],
  );
});

test("what JSON would change in silence is written otherwise", async (t) => {
  const { send } = await sender(t);
  const cyclic = [];
  cyclic.push(cyclic);
  assert.deepEqual(await send([[1, -0], { a: 2 ** 53 }]), plain('[[[[1,-0.0],{"a":9007199254740992.0}]],{}]'));
  assert.deepEqual(await send([1e21, 5e-324, 0.1]), plain("[[[1e+21,5e-324,0.1]],{}]"));
  assert.deepEqual(await send({ a: undefined, b: [null] }, kw({ c: undefined, d: ["é"] })), plain('[[{"b":[null]}],{"d":["é"]}]'));
  assert.deepEqual(await send([Object.assign([1], { toJSON: () => 2 })]), plain("[[[[1]]],{}]"));
  assert.match((await send([{ toJSON: () => 2 }])).value, /\{"toJSON":\["callback",\d+\]\}/);
  await assert.rejects(send([, 1]), { code: "argument-not-sendable" });
  await assert.rejects(send([undefined]), { code: "argument-not-sendable" });
  await assert.rejects(send(["\ud800"]), { code: "argument-not-sendable" });
  await assert.rejects(send([{ "\ud800": 1 }]), { code: "argument-not-sendable" });
  await assert.rejects(send(cyclic), /contains itself/);
  Array.prototype.toJSON = () => "changed";
  try {
    assert.deepEqual(await send([1, "a"]), plain('[[[1,"a"]],{}]'));
  } finally {
    delete Array.prototype.toJSON;
  }
});

test("a getter that closes the connection", async (t) => {
  const { send, connection } = await sender(t);
  await assert.rejects(send({ get a() { void connection.close(); return 1; } }), { code: "connection-closed" });
});

test("an array is sent as it was when the call was made, unless it is lent", async (t) => {
  const { peer, connection } = await connected(t, (call, to) => to.result(call, "null"));
  const module = describe("m", "", ["f"]);
  const last = () => peer.of(CALL).at(-1).buffers[0].readDoubleLE(0);
  for (const length of [2, 100_000]) {
    const data = new Float64Array(length).fill(1);
    const sent = module.call(0, [data]);
    data.fill(2);
    await sent;
    assert.equal(last(), 1);
  }
  const data = new Float64Array(100_000).fill(1);
  const lent = module.with(connection.with({ lend: true }), { f: (...args) => module.call(0, args) }).f(data);
  data.fill(2);
  await lent;
  assert.equal(last(), 2);
});

test("a call that is longer than the host takes", async (t) => {
  const hello = JSON.stringify({ wire: 1, peer: "h", "max-frame": 1000, "max-depth": 2 });
  const { peer } = await connected(t, (call, to) => to.result(call, "1"), hello);
  const module = describe("m", "", ["f"]);
  await assert.rejects(module.call(0, ["x".repeat(1000)]), { code: "frame-too-large", name: "ValidationError" });
  await assert.rejects(module.call(0, [new Uint8Array(100_000)]), { code: "frame-too-large" });
  await assert.rejects(module.call(0, [[[[1]]]]), /nested more than 2 deep/);
  assert.equal(await module.call(0, ["x".repeat(900)]), 1);
  assert.equal(peer.of(CALL).length, 1);
});

test("forcing a type", () => {
  assert.throws(() => pyInt(1.5), RangeError);
  assert.throws(() => pyInt(2 ** 53), RangeError);
  assert.throws(() => pyInt("1e3"), SyntaxError);
  assert.throws(() => pyInt(" 1"), SyntaxError);
  assert.throws(() => pyFloat("1"), TypeError);
  assert.throws(() => new PyComplex("1"), TypeError);
  assert.throws(() => kw([1]), TypeError);
  assert.throws(() => kw(null), TypeError);
  assert.equal(pyInt("-00012").value, -12n);
  assert.ok(Object.isFrozen(pyTuple(1)));
  assert.equal(String(new PyComplex(1.5, -2)), "1.5-2j");
  assert.equal(String(new PyComplex(NaN, -0)), "nan-0j");
});
