// Classes and enums, written as an emitted module writes them, against a host that answers as the test says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, ProtocolError, PyObject, take, UnsupportedError, ValidationError } from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { CALL, OPEN, RELEASE } from "./support/wire.js";

const NAMES = [
  "Counter", "Counter.fromkeys", "m:Counter.most_common", "m:Thing.size", "m:Thing.size", "m:Thing.len", "make", "Counter.max",
  "m:Color.mix", "m:Counter.update", "m:Thing.update", "Color",
];
const CLASSES = [
  ["m:Counter", [1], { most_common: 2, update: 9 }],
  ["m:Thing", [], { size: [3, 4], len: [5], update: 10 }],
  ["m:Color", [], { mix: 8 }],
  ["m:Both", [0, 3, 1], {}],
];

/** As a module with classes is emitted. Each call makes another module, as two packages would. */
function emitted(name = "m", classes = CLASSES) {
  const $module = describe(name, "d", NAMES, classes);
  const make = (...args) => $module.call(6, args);
  if (classes !== CLASSES) return { $module, make };
  const Counter = $module.class(0, 0, { fromkeys: 1, max: [7], name: 1, length: [7], prototype: 1, call: 1, bind: 1, ["__proto__"]: 1 });
  const Thing = $module.class(1, -1, {});
  const Color = $module.enum(2, 11, { RED: 1, BLUE: 2, NONE: null }, { parse: 1 });
  return { $module, make, Counter, Thing, Color, with: (connection) => $module.with(connection, { make, Counter, Thing, Color }) };
}

/** A host whose callables give handles and which otherwise says which callable was called with what. */
function host(handles = { 0: ["handle", 7, "m:Counter"], 6: ["handle", 7, "m:Counter"] }) {
  return (call, peer) => {
    if (call.slot !== 0 && call.callable in handles) peer.result(call, JSON.stringify(handles[call.callable]), { tagged: true });
    else peer.result(call, JSON.stringify(`${call.slot} ${call.callable} ${call.value}`));
  };
}

test("methods and properties of an object, its own and those of bases", async (t) => {
  await connected(t, host());
  const { make } = emitted();
  const counter = await make();
  assert.ok(counter instanceof PyObject);
  assert.equal(counter.className, "m:Counter");
  assert.equal(await counter.most_common(3), '1 2 [[["handle",7,"m:Counter"],3],{}]');
  assert.equal(await counter.size, '1 3 [[["handle",7,"m:Counter"]],{}]');
  assert.equal(await counter.size.set(3), undefined);
  assert.equal(await counter.len, '1 5 [[["handle",7,"m:Counter"]],{}]');
  assert.equal(counter.len.set, undefined);
  // The heir's own comes before the base's.
  assert.match(await counter.update(), /^1 9 /);
  assert.equal(counter.most_common.name, "most_common");
  assert.equal(await counter.__str__(), '0 4 [[["handle",7,"m:Counter"]],{}]');
  assert.equal(await counter.__repr__(), '0 5 [[["handle",7,"m:Counter"]],{}]');
  assert.equal(await take(counter), '0 3 [[["handle",7,"m:Counter"]],{}]');
  assert.deepEqual(Object.keys(counter), ["className"]);
});

test("a property is read when it is awaited and assigned by set", async (t) => {
  const { peer } = await connected(t, host());
  const counter = await emitted().make();
  const { size } = counter;
  const before = peer.of(CALL).length;
  await size.set(5);
  assert.equal(peer.of(CALL).length, before + 1);
  const { callable, value } = peer.of(CALL).at(-1);
  assert.equal(callable, 4);
  assert.equal(value, '[[["handle",7,"m:Counter"],5],{}]');
  await size;
  await size;
  assert.equal(peer.of(CALL).length, before + 3);
});

test("several bases have the order of the class", async (t) => {
  await connected(t, host({ 6: ["handle", 1, "m:Both"] }));
  const { make } = emitted("m", [
    ["m:A", [], { f: 1, g: 1 }],
    ["m:B", [], { f: 2, g: 2, h: 2 }],
    ["m:Both", [0, 1], { g: 3 }],
  ]);
  const both = await make();
  const called = async (key) => (await both[key]()).split(" ")[1];
  assert.deepEqual(await Promise.all(["f", "g", "h"].map(called)), ["1", "3", "2"]);
});

test("the module that gave the object goes first, then any that has the class, and else there are no methods", async (t) => {
  const { peer } = await connected(t, (call, to) => {
    if (call.value === "[[],{}]") to.result(call, JSON.stringify(["handle", 1, "shared:A"]), { tagged: true });
    else if (call.value === "[[0],{}]") to.result(call, JSON.stringify(["handle", 1, "unknown:A"]), { tagged: true });
    else to.result(call, JSON.stringify(`${call.slot} ${call.callable}`));
  });
  emitted("first", [["shared:A", [], { f: 1 }]]);
  const second = emitted("second", [["shared:A", [], { f: 2 }]]);
  const third = emitted("third", []);
  assert.equal(await (await second.$module.call(0, [])).f(), "1 2");
  assert.equal(await (await third.$module.call(0, [])).f(), "3 1");
  assert.deepEqual(peer.of(OPEN).map(({ value }) => JSON.parse(value).module), ["second", "third", "first"]);
  const unknown = await second.$module.call(0, [0]);
  assert.equal(Object.getPrototypeOf(unknown), PyObject.prototype);
});

test("a method goes through the connection of its object, with the options of the call that gave it", async (t) => {
  const one = await connected(t, (call, to) => {
    if (call.callable === 6) to.result(call, '["handle",1,"m:Counter"]', { tagged: true });
  });
  const two = await connected(t, host());
  const abort = new AbortController();
  const module = emitted();
  const counter = await module.with(one.connection.with({ signal: abort.signal })).make();
  const open = counter.most_common();
  abort.abort(new Error("enough"));
  await assert.rejects(open, /enough/);
  await assert.rejects(counter.size.then(), /enough/);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(one.peer.of(CALL).length, 2);
  assert.equal(two.peer.of(CALL).length, 0);
  await assert.rejects(module.make(counter), /lives behind another connection/);
});

test("a method needs an object, and names the arguments as the caller wrote them", async (t) => {
  await connected(t, host());
  const counter = await emitted().make();
  assert.throws(() => counter.most_common.call({}), TypeError);
  assert.throws(() => Object.getPrototypeOf(counter).size, TypeError);
  await assert.rejects(counter.most_common(1, Symbol()), /^ValidationError: `m\.Counter\.most_common`: argument 2: a symbol/);
  counter.dispose();
  await assert.rejects(counter.most_common(), /the object itself: the object has been disposed of/);
});

test("a class value makes instances and has statics", async (t) => {
  await connected(t, host());
  const { Counter, Thing, Color, make } = emitted();
  const counter = await Counter([1]);
  assert.match(await Counter.fromkeys("a"), /^1 1 \[\["a"\]/);
  assert.match(await Counter.max, /^1 7 /);
  for (const key of ["name", "prototype", "call", "bind", "__proto__"]) assert.match(await Counter[key](1), /^1 1 \[\[1\]/, key);
  assert.match(await Counter.length, /^1 7 /);
  assert.equal(Thing.name, "Thing");
  assert.equal(Color.name, "Color");
  assert.ok(counter instanceof Counter && counter instanceof Thing && !(counter instanceof Color));
  assert.ok(!({} instanceof Counter) && !(null instanceof Counter) && !({ className: "m:Counter" } instanceof Counter));
  await assert.rejects(Thing(), UnsupportedError);
  assert.throws(() => new Counter(), TypeError);
  assert.throws(() => (Counter.other = 1), TypeError);
  await assert.rejects(make(Thing), { name: "ValidationError", message: /the Python class `Thing` can't be passed as a value/ });
});

test("with() binds class values, their statics and enums", async (t) => {
  const named = (name) => (call, peer) => peer.result(call, JSON.stringify(`${name} ${call.callable}`));
  const one = await connected(t, named("one"));
  await connected(t, named("two"));
  const module = emitted();
  const bound = module.with(one.connection);
  assert.deepEqual(
    await Promise.all([
      bound.Counter(), module.Counter(), bound.Counter.fromkeys(), module.Counter.fromkeys(), bound.Counter.max, module.Counter.max,
      bound.Color(1), bound.Color.parse(), module.Color.parse(), bound.Counter.name(),
    ]),
    ["one 0", "two 0", "one 1", "two 1", "one 7", "two 7", "one 11", "one 1", "two 1", "one 1"],
  );
  assert.equal(bound.Color.RED, module.Color.RED);
  assert.equal(bound.Thing.name, "Thing");
  assert.ok(module.Color.RED instanceof bound.Color);
});

test("a member of an enum is one frozen value, whichever module or host says it", async (t) => {
  const { peer } = await connected(t, (call, to) => {
    if (call.slot !== 0 && call.callable === 6) to.result(call, JSON.stringify(["list", ["enum", "m:Color", "RED"], ["enum", "m:Color", "RED|BLUE"]]), { tagged: true });
    else to.result(call, JSON.stringify(`${call.slot} ${call.callable}`));
  });
  const { Color, make, Thing } = emitted();
  assert.equal(emitted("other").Color.RED, Color.RED);
  const [red, both] = await make(Color.RED, [Color.BLUE]);
  assert.equal(peer.of(CALL)[0].value, '[[["enum","m:Color","RED"],["list",["enum","m:Color","BLUE"]]],{}]');
  assert.equal(red, Color.RED);
  assert.deepEqual([red.name, red.value, both.name, both.value, Color.NONE.value], ["RED", 1, "RED|BLUE", 3, null]);
  assert.equal((await make())[1], both);
  assert.ok(Object.isFrozen(red) && red instanceof Color && red instanceof PyObject && !(red instanceof Thing));
  assert.match(await red.mix(both), /^\d 8$/);
  assert.equal(peer.of(CALL).at(-1).value, '[[["enum","m:Color","RED"],["enum","m:Color","RED|BLUE"]],{}]');
  assert.equal(await red.__str__(), "0 4");
  red.dispose();
  await red[Symbol.asyncDispose ?? "dispose"]();
  assert.equal(await take(red), "0 3");
  assert.equal(peer.of(RELEASE).length, 0);
});

for (const [what, text] of [
  ["of an enum that is not known", '["enum","m:Other","RED"]'],
  ["that is not known", '["enum","m:Color","GREEN"]'],
  ["of the prototype", '["enum","m:Color","constructor"]'],
  ["combined with one that is not known", '["enum","m:Color","RED|GREEN"]'],
  ["combined in another order", '["enum","m:Color","BLUE|RED"]'],
  ["combined with itself", '["enum","m:Color","RED|RED"]'],
  ["without a name", '["enum","m:Color"]'],
  ["with more", '["enum","m:Color","RED",1]'],
  ["that is no text", '["enum","m:Color",1]'],
  ["of no class", '["enum",null,"RED"]'],
]) {
  test(`a member ${what} is refused`, async (t) => {
    await connected(t, (call, to) => to.result(call, text, { tagged: true }));
    await assert.rejects(emitted().make(), ProtocolError);
  });
}

/** A host whose objects can be gone through; `items` in batches as they are asked for. */
function iterables(items, log = []) {
  const states = new Map();
  return (call, peer) => {
    if (call.slot !== 0) return peer.result(call, '["handle",1,"m:Counter"]', { tagged: true });
    const [[[, id], count]] = JSON.parse(call.value).map((part) => part);
    log.push([call.callable, id, count]);
    if (call.callable === 0) {
      const iterator = 100 + states.size;
      states.set(iterator, 0);
      return peer.result(call, `["handle",${iterator},"builtins:list_iterator"]`, { tagged: true });
    }
    if (call.callable === 1) {
      const from = states.get(id);
      states.set(id, from + count);
      return peer.result(call, JSON.stringify([from + count >= items.length, items.slice(from, from + count)]));
    }
    return peer.result(call, "null");
  };
}

test("for await asks for growing batches and lets go of the iterator", async (t) => {
  const items = Array.from({ length: 5000 }, (_, i) => i);
  const log = [];
  const { peer } = await connected(t, iterables(items, log));
  const seen = [];
  for await (const item of await emitted().make()) seen.push(item);
  assert.deepEqual(seen, items);
  assert.deepEqual(log.map(([, , count]) => count), [undefined, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024, 1024]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(peer.of(RELEASE).map(({ value }) => value), ["[100]"]);
  assert.ok(log.every(([callable]) => callable !== 2));
});

test("several loops over one object are independent", async (t) => {
  await connected(t, iterables([1, 2, 3]));
  const object = await emitted().make();
  const pairs = [];
  for await (const a of object) for await (const b of object) pairs.push(a * 10 + b);
  assert.deepEqual(pairs, [11, 12, 13, 21, 22, 23, 31, 32, 33]);
});

test("leaving a loop early closes the iterator, also after an abort", async (t) => {
  const log = [];
  const { peer, connection } = await connected(t, iterables(Array.from({ length: 40 }, (_, i) => i), log));
  const module = emitted();
  for await (const item of await module.make()) if (item === 3) break;
  assert.deepEqual(log.at(-1).slice(0, 2), [2, 100]);
  await assert.rejects(async () => {
    for await (const _ of await module.make()) throw new Error("mine");
  }, /mine/);
  assert.deepEqual(log.at(-1).slice(0, 2), [2, 101]);
  const abort = new AbortController();
  for await (const _ of await module.with(connection.with({ signal: abort.signal })).make()) {
    abort.abort();
    break;
  }
  assert.deepEqual(log.at(-1).slice(0, 2), [2, 102]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(peer.of(RELEASE).flatMap(({ value }) => JSON.parse(value)), [100, 101, 102]);
});

for (const [what, answers] of [
  ["an iterator that is none", ["1"]],
  ["no batch", ['["handle",9,"a:B"]', "1"]],
  ["an endless nothing", ['["handle",9,"a:B"]', '["list",false,["list"]]']],
]) {
  test(`${what} ends the loop with a ProtocolError`, async (t) => {
    const rest = [...answers];
    await connected(t, (call, to) => {
      to.result(call, call.slot === 0 ? rest.shift() : '["handle",1,"m:Counter"]', { tagged: true });
    });
    await assert.rejects(async () => {
      for await (const _ of await emitted().make());
    }, ProtocolError);
  });
}

test("what Python raises comes out of the loop", async (t) => {
  await connected(t, (call, to) => {
    if (call.slot === 0 && call.callable === 1) to.error(call, { kind: "python", code: "python-error", type: "ValueError", message: "odd" });
    else to.result(call, '["handle",1,"m:Counter"]', { tagged: true });
  });
  await assert.rejects(
    async () => {
      for await (const _ of await emitted().make());
    },
    { pythonType: "ValueError" },
  );
});

test("take refuses what is no object of Python's", async () => {
  await assert.rejects(take({ className: "m:Counter" }), TypeError);
});

test("a class that a module does not have is a mistake of the emitter's", () => {
  assert.throws(() => emitted().$module.class(99, -1, {}), RangeError);
});

test("describing a thousand classes is cheap", () => {
  const classes = Array.from({ length: 1200 }, (_, at) => [`big:C${at}`, [], { f: 1 }]);
  let touched = 0;
  const watched = new Proxy(classes, { get: (target, key) => (touched++, Reflect.get(target, key)) });
  describe("big", "d", [], watched);
  assert.ok(touched < 5, `${touched} reads`);
});
