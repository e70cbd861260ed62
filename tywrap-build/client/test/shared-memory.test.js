// Large buffers in memory that a host offers.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { connect, describe, NDArray } from "../dist/tywrap-client.js";

const HOST = fileURLToPath(new URL("./support/memory-host.js", import.meta.url));
const LARGE = 300_000;

/** A module whose `echo` gives its argument back, and whose `seen` says what the host saw. */
async function started(t, behaviour = {}) {
  const connection = await connect({ host: [process.execPath, HOST, JSON.stringify(behaviour)], timeout: 10_000 });
  t.after(() => connection.close());
  const module = describe("m", "", []);
  return { connection, module, echo: (...args) => module.call(0, args), seen: () => module.call(1, []) };
}

const bytes = (length, seed = 0) => Uint8Array.from({ length }, (_, i) => i * 7 + seed + (i >> 8));
const linux = { skip: process.platform !== "linux" };

test("what is large goes through memory, both ways", linux, async (t) => {
  const { echo, seen } = await started(t);
  const values = new Float64Array(LARGE / 8).map((_, i) => i / 3);
  const array = await echo(new NDArray(values));
  assert.ok(array.data instanceof Float64Array);
  assert.deepEqual(array.data, values);
  assert.deepEqual(await echo(bytes(LARGE)), bytes(LARGE));
  const both = await echo([bytes(10), bytes(LARGE, 3)]);
  assert.deepEqual(both, [bytes(10), bytes(LARGE, 3)]);
  const told = await seen();
  assert.deepEqual(told.seen.map(({ shared }) => shared), [true, true, true]);
  assert.deepEqual(told.seen.map(({ places }) => places), [[4096], [4096], [null, 4096]], "used again, and small ones in frames");
  assert.equal(told.taken, 3, "and each is taken out");
});

test("what is passed may be changed as soon as the call is made", linux, async (t) => {
  const { echo } = await started(t);
  const passed = bytes(LARGE);
  const call = echo(passed);
  await Promise.resolve();
  passed.fill(0);
  assert.deepEqual(await call, bytes(LARGE));
});

test("calls side by side do not overlap, and frames do where there is no room", linux, async (t) => {
  const { echo, seen } = await started(t);
  const all = Array.from({ length: 14 }, (_, i) => bytes(LARGE, i));
  assert.deepEqual(await Promise.all(all.map((one) => echo(one))), all);
  const places = (await seen()).seen.map(({ places }) => places[0]);
  const kept = places.filter((place) => place !== null).sort((a, b) => a - b);
  assert.equal(kept.length, 3, "as many as 1 MiB holds");
  assert.ok(kept.every((place, i) => i === 0 || place - kept[i - 1] >= LARGE && place % 4096 === 0));
});

test("a cancelled call keeps its place until it is answered", linux, async (t) => {
  const { connection, module, echo, seen } = await started(t);
  const controller = new AbortController();
  const cancelled = module.with(connection.with({ signal: controller.signal }), { echo }).echo(bytes(LARGE));
  const other = echo(bytes(LARGE, 1));
  controller.abort(new Error("enough"));
  await assert.rejects(cancelled, /enough/);
  assert.deepEqual(await other, bytes(LARGE, 1));
  assert.equal((await seen()).taken, 2, "what nobody waits for is taken out, too");
});

for (const [what, offer] of [
  ["another process", { process: 1 }],
  ["another proof", { proof: "ff".repeat(16) }],
  ["a proof of another length", { proof: "00" }],
  ["another size", { size: 1 << 19 }],
  ["a pipe", { descriptor: 1 }],
  ["a descriptor that is not open", { descriptor: 999_999 }],
  ["a path", { descriptor: "../../1/mem" }],
  ["no numbers", { size: -1 }],
]) {
  test(`an offer of ${what} is not taken up`, linux, async (t) => {
    const { echo, seen } = await started(t, { offer });
    assert.deepEqual(await echo(bytes(LARGE)), bytes(LARGE));
    assert.deepEqual((await seen()).seen, [{ shared: false, places: [null] }]);
  });
}

for (const [result, error] of [
  ["in front", { name: "ProtocolError", code: "malformed-frame" }],
  ["behind", { name: "ProtocolError", code: "malformed-frame" }],
  ["nowhere", { name: "ProtocolError", code: "malformed-frame" }],
]) {
  test(`a result that lies ${result} ends the connection`, linux, async (t) => {
    const { echo } = await started(t, { result });
    await assert.rejects(echo(bytes(LARGE)), error);
  });
}
