// Functions of a program's, called by Python: what is sent, what is answered, and what waits meanwhile.

import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import test from "node:test";
import { connect, describe, PythonError, ValidationError } from "../dist/tywrap-client.js";
import { connected, GREETING, serve } from "./support/fake-host.js";
import { CALL, CANCEL, ERROR, RELEASE, RESULT } from "./support/wire.js";

const module = describe("m", "00", ["f", "g"]);

/** A host that calls the function it is passed, and answers the call with what that gave. */
async function calling(t, args, { tagged = false, buffers = [] } = {}) {
  const asked = new Map();
  const { connection, peer } = await connected(t, (call, peer) => {
    const id = JSON.parse(call.value.match(/\["callback",(\d+)\]/)?.[1] ?? "0");
    asked.set(call.request + 100, call);
    peer.send({ kind: CALL, request: call.request + 100, callable: id, value: JSON.stringify(args), tagged, buffers });
  });
  peer.socket.on("data", () => {
    for (const [request, call] of asked) {
      const given = peer.frames.find((frame) => frame.request === request && (frame.kind === RESULT || frame.kind === ERROR));
      if (given === undefined) continue;
      asked.delete(request);
      if (given.kind === RESULT) peer.result(call, given.value, given);
      else peer.error(call, { kind: "python", code: "python-error", message: JSON.parse(given.value).message, type: "tywrap.CallbackError" });
    }
  });
  return { connection, peer };
}

const through = (connection, ...args) => module.with(connection, { f: (...args) => module.call(0, args) }).f(...args);

test("a function is called with values and gives one", async (t) => {
  const { connection, peer } = await calling(t, [[1, ["tuple", 2.5, "x"], ["int", "9007199254740993"]], {}], { tagged: true });
  let seen;
  const given = await through(connection, (...args) => ((seen = args), new Set([args[2]])));
  assert.deepEqual(seen, [1, [2.5, "x"], 9007199254740993n]);
  assert.deepEqual(given, new Set([9007199254740993n]));
  assert.match(peer.of(CALL)[0].value, /^\[\[\["callback",1\]\],\{\}\]$/);
  // What it gives nothing for is `None`, and a promise is waited for.
  assert.equal(await through(connection, async () => void (await sleep(5))), null);
});

test("keywords come as one object, buffers as arrays", async (t) => {
  const bytes = Buffer.from([1, 2, 3]);
  const { connection } = await calling(t, [[["bytes", 0]], { axis: 1 }], { tagged: true, buffers: [bytes] });
  const given = await through(connection, (data, keywords) => [data.length, keywords.axis]);
  assert.deepEqual(given, [3, 1]);
});

test("what a function throws is the cause of the error of the call", async (t) => {
  const { connection } = await calling(t, [[1], {}]);
  const mine = new TypeError("not today");
  const error = await through(connection, () => Promise.reject(mine)).catch((error) => error);
  assert.ok(error instanceof PythonError);
  assert.equal(error.message, "TypeError: not today");
  assert.equal(error.cause, mine);
  const odd = await through(connection, () => { throw Object.create(null); }).catch((error) => error);
  assert.equal(odd.message, "a value that has no text");
});

test("what was thrown before is not the cause of what comes after", async (t) => {
  const { connection, peer } = await connected(t, () => {});
  let calls = 0;
  const outer = through(connection, () => {
    if (calls++ === 0) throw new Error("got over");
    return 1;
  });
  for (const request of [50, 51]) {
    peer.send({ kind: CALL, request, callable: 1, value: "[[],{}]" });
    while (!peer.frames.some((frame) => frame.request === request)) await sleep(5);
  }
  peer.error(peer.of(CALL)[0], { kind: "python", code: "python-error", message: "gave int 1", type: "tywrap.CallbackError" });
  const error = await outer.catch((error) => error);
  assert.deepEqual([calls, error.message, error.cause], [2, "gave int 1", undefined]);
});

test("what a function gives and can't be sent is an error that says where", async (t) => {
  const { connection, peer } = await calling(t, [[1], {}]);
  const error = await through(connection, () => [1, [Symbol("x")]]).catch((error) => error);
  assert.equal(error.message, 'ValidationError: `a function that Python called`: what it gave[1][0]: a symbol can\'t be sent to Python');
  assert.ok(error.cause instanceof ValidationError);
  assert.equal(JSON.parse(peer.of(ERROR)[0].value).kind, "callback");
});

test("a function that was let go of, or never lent, is called no more", async (t) => {
  const { connection, peer } = await connected(t, () => {});
  let calls = 0;
  const open = through(connection, () => calls++);
  open.catch(() => {});
  await sleep(20);
  peer.send({ kind: CALL, request: 7, callable: 1, value: "[[],{}]" });
  await once(peer.socket, "data");
  assert.equal(calls, 1);
  peer.send({ kind: RELEASE, value: "[1]" });
  for (const callable of [1, 99]) peer.send({ kind: CALL, request: callable + 100, callable, value: "[[],{}]" });
  await once(peer.socket, "data");
  await sleep(20);
  assert.equal(calls, 1);
  const refused = peer.of(ERROR).map((frame) => [frame.request, JSON.parse(frame.value).message]);
  assert.deepEqual(refused, [101, 199].map((request) => [request, "TywrapError: the function is not lent any more"]));
});

test("a call that fails before it is sent lends nothing", async (t) => {
  const { connection, peer } = await connected(t);
  await assert.rejects(through(connection, () => 1, Symbol("x")), ValidationError);
  peer.send({ kind: CALL, request: 7, callable: 1, value: "[[],{}]" });
  await once(peer.socket, "data");
  assert.equal(peer.of(ERROR).length, 1);
});

test("no more calls are sent than the host reads, and what a function gives is never behind them", async (t) => {
  const calls = [];
  const hello = JSON.stringify({ ...JSON.parse(GREETING), queue: 3 });
  const { connection, peer } = await connected(t, (call) => calls.push(call), hello);
  const answers = Array.from({ length: 10 }, (_, i) => through(connection, i, () => i));
  const signal = AbortSignal.timeout(10);
  const aborted = through(connection.with({ signal }), "aborted", () => 0);
  await assert.rejects(aborted);
  await sleep(20);
  assert.equal(calls.length, 3);
  assert.equal(peer.of(CANCEL).length, 0, "one that was not sent is not cancelled");
  peer.send({ kind: CALL, request: 50, callable: 2, value: "[[],{}]" });
  await sleep(20);
  assert.equal(peer.of(RESULT)[0].value, "1");
  // While a function is being called, what it calls goes out beyond that.
  let inside;
  const asking = through(connection, () => 0);
  asking.catch(() => {});
  for (let i = 0; i < 10; i++) {
    await sleep(5);
    peer.result(calls[i], String(i));
  }
  assert.deepEqual(await Promise.all(answers), Array.from({ length: 10 }, (_, i) => i));
  inside = calls.find((call) => !call.value.startsWith("[[0,") && call.value.startsWith('[[["callback"'));
  assert.ok(inside !== undefined && !calls.some((call) => call.value.includes("aborted")));
  assert.equal(calls.length, 11);
});

test("calls that are made inside of a function are sent while the queue is full", async (t) => {
  const hello = JSON.stringify({ ...JSON.parse(GREETING), queue: 1 });
  const { connection, peer } = await connected(t, (call, peer) => {
    if (call.value.includes("inner")) peer.result(call, "5");
    else peer.send({ kind: CALL, request: 9, callable: 1, value: "[[],{}]" });
  }, hello);
  const outer = through(connection, async () => (await through(connection, "inner")) + 1);
  while (peer.of(RESULT).length === 0) await sleep(5);
  assert.equal(peer.of(RESULT)[0].value, "6");
  peer.result(peer.of(CALL)[0], "7");
  assert.equal(await outer, 7);
});

test("more calls than may wait are refused", async (t) => {
  const hello = JSON.stringify({ ...JSON.parse(GREETING), queue: 1 });
  const calls = [];
  const { path, peers } = await serve(t, (call) => calls.push(call), hello);
  const connection = await connect({ socket: path, waiting: 2 });
  t.after(() => connection.close());
  const answers = [1, 2, 3].map((n) => through(connection, n));
  await assert.rejects(through(connection, 4), { name: "QueueFullError", code: "queue-full", message: /2 calls wait to be sent/ });
  await sleep(20);
  for (let i = 0; i < 3; i++) {
    while (calls.length <= i) await sleep(5);
    peers[0].result(calls[i], String(i));
  }
  assert.deepEqual(await Promise.all(answers), [0, 1, 2]);
  await assert.rejects(connect({ socket: path, waiting: -1 }), RangeError);
});

test("what was written to after the call is not what a held call sends", async (t) => {
  const hello = JSON.stringify({ ...JSON.parse(GREETING), queue: 1 });
  const calls = [];
  const { connection, peer } = await connected(t, (call) => calls.push(call), hello);
  const first = through(connection, 1);
  const data = new Uint8Array(40_000).fill(1);
  const second = through(connection, data);
  data.fill(2);
  await sleep(20);
  peer.result(calls[0], "1");
  await first;
  while (calls.length < 2) await sleep(5);
  assert.ok(calls[1].buffers[0].every((byte) => byte === 1));
  peer.result(calls[1], "null");
  await second;
});
