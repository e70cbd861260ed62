// Context managers: entered by their own method, left by the operation, whatever happens in between.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, enter, within } from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { CALL } from "./support/wire.js";

const LEAVE = 6;
const HANDLE = ["handle", 7, "m:Lock"];

/** A host whose managers give a number when they are entered, and forget failures that ask for it. */
function host(call, to) {
  if (call.slot === 0) to.result(call, String(call.callable === LEAVE && call.value.includes("forget")));
  else if (call.callable === 0) to.result(call, JSON.stringify(HANDLE), { tagged: true });
  else to.result(call, "5");
}

async function manager(members = { __enter__: 1 }) {
  const $module = describe("m", "d", ["make", "m:Lock.__enter__"], [["m:Lock", [], members]]);
  return $module.call(0, []);
}

const left = (peer) => peer.of(CALL).filter((call) => call.slot === 0).map((call) => [call.callable, call.value]);
const LEFT = (failure, asynchronous = false) => [LEAVE, `[[["handle",7,"m:Lock"],${failure},${asynchronous}],{}]`];

test("a manager is left once, however often that is asked for", async (t) => {
  const { peer } = await connected(t, host);
  const entered = await enter(await manager());
  assert.equal(entered.value, 5);
  assert.deepEqual(left(peer), []);
  await entered[Symbol.asyncDispose]();
  assert.equal(await entered.leave(new Error("later")), false);
  assert.deepEqual(left(peer), [LEFT("null")]);
});

test("within() leaves with what was thrown, and throws it on unless it is to be forgotten", async (t) => {
  const { peer } = await connected(t, host);
  const lock = await manager();
  assert.equal(await within(lock, async (value) => value + 1), 6);
  await assert.rejects(within(lock, () => Promise.reject(new RangeError("dry"))), RangeError);
  assert.equal(await within(lock, () => Promise.reject(new Error("forget this"))), undefined);
  await assert.rejects(within(lock, () => Promise.reject(undefined)), (error) => error === undefined);
  await assert.rejects(within(lock, () => { throw "\ud800"; }), (error) => error === "\ud800");
  assert.deepEqual(left(peer), [
    LEFT("null"),
    LEFT('"RangeError: dry"'),
    LEFT('"Error: forget this"'),
    LEFT('"Error: nothing in particular was thrown"'),
    LEFT('"\ufffd"'),
  ]);
});

test("an asynchronous manager is entered as one", async (t) => {
  const { peer } = await connected(t, host);
  const entered = await enter(await manager({ __aenter__: 1 }));
  assert.equal(entered.value, 5);
  await entered.leave();
  assert.deepEqual(left(peer), [LEFT("null", true)]);
});

test("what is no manager can't be entered", async (t) => {
  await connected(t, host);
  await assert.rejects(enter(await manager({})), /no context manager/);
  await assert.rejects(enter({ __enter__: () => 1 }), TypeError);
});
