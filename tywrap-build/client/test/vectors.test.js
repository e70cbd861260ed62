// The byte-exact examples that both ends of the wire are tested against.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import * as client from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { CANCEL, decodeFrame, encodeFrame, HELLO } from "./support/wire.js";

const vectors = JSON.parse(await readFile(new URL("../../../docs/wire-vectors.json", import.meta.url), "utf8"));
const frames = new Map(vectors.frames.map((vector) => [vector.name, vector]));
const bytesOf = (hex) => Buffer.from(hex, "hex");

/** The value of an expression over the client's exports. */
function evaluate(expression) {
  return new Function(...Object.keys(client), `return ${expression};`)(...Object.values(client));
}

test("the tests' own frames are those of the document", () => {
  // Those with this flag are between host and worker.
  for (const vector of vectors.frames.filter(({ nested }) => nested !== true)) {
    const buffers = vector.buffers.map(bytesOf);
    assert.equal(encodeFrame({ ...vector, buffers }).toString("hex"), vector.frame, vector.name);
    const { bytes, ...parts } = decodeFrame(bytesOf(vector.frame));
    const { name, frame, ...expected } = vector;
    assert.deepEqual(parts, { ...expected, buffers }, vector.name);
  }
});

test("a conversation of the client, byte for byte", async (t) => {
  const { peer } = await connected(t, (call, to) => call.request !== 7 && to.result(call, "null"));
  const math = client.describe("math", "00ff", []);
  const linalg = client.describe("numpy.linalg", "ff00", []);
  const { NDArray, kw, pyTuple } = client;
  await Promise.all([
    math.call(7, [2, "é", null, true, 0.5, kw({ axis: 0 })]),
    math.call(7, [[1, pyTuple()], undefined, NaN, undefined]),
    linalg.call(0, [new NDArray(new Float64Array([1.5, -2]))]),
    Promise.race([linalg.call(1, [Buffer.from("abc"), new Uint8Array(), new Uint8Array([0, 255])]), sleep(20)]),
    linalg.call(1, [Buffer.from("abc"), new Uint8Array()]),
  ]);
  const names = [
    "hello from the client",
    "open",
    "plain call",
    "tagged call",
    "open another",
    "call with one buffer",
    "call with three buffers, one empty",
    "last buffer empty: padding before it stays",
  ];
  assert.deepEqual(peer.frames.map((frame) => frame.bytes.toString("hex")), names.map((name) => frames.get(name).frame));
});

test("cancel, byte for byte", async (t) => {
  const { connection, peer } = await connected(t, () => {});
  const module = client.describe("m", "", []);
  const controller = new AbortController();
  const calls = Array.from({ length: 5 }, () => module.call(0, []).catch(() => {}));
  const exports = { f: (...args) => module.call(0, args) };
  calls.pop();
  const aborted = module.with(connection.with({ signal: controller.signal }), exports).f();
  await sleep(10);
  controller.abort();
  await assert.rejects(aborted, { name: "AbortError" });
  await sleep(10);
  const [cancel] = peer.of(CANCEL);
  const expected = bytesOf(frames.get("cancel").frame);
  expected.writeUInt32LE(peer.frames.at(-2).request, 8);
  assert.equal(cancel.bytes.toString("hex"), expected.toString("hex"));
});

test("answers are read", async (t) => {
  // The requests of the vectors are those of a conversation, so each is given the number of the call that it answers here.
  let answer;
  const { peer } = await connected(t, (call, to) => {
    const bytes = bytesOf(answer.frame);
    bytes.writeUInt32LE(call.request, 8);
    to.socket.write(bytes);
  });
  const module = client.describe("m", "", ["f"]);
  answer = frames.get("plain result");
  assert.equal(await module.call(0, []), 1.4142135623730951);
  answer = frames.get("result with a buffer");
  assert.deepEqual(await module.call(0, []), new client.NDArray(new Float32Array([0.5, 1]), [1, 2]));
  answer = frames.get("error");
  await assert.rejects(module.call(0, []), { name: "PythonError", pythonType: "ValueError", message: "math domain error", traceback: "Traceback" });
  assert.equal(peer.of(HELLO).length, 1);
});

for (const { name, frame } of vectors["malformed-frames"]) {
  test(`malformed frame: ${name}`, async (t) => {
    const bytes = bytesOf(frame);
    const { connection } = await connected(t, (call, to) => {
      if (bytes.length >= 12) bytes.writeUInt32LE(call.request, 8);
      to.socket.write(bytes);
    });
    const module = client.describe("m", "", ["f"]);
    const first = module.call(0, []);
    const both = Promise.allSettled([first, module.call(0, [])]);
    await assert.rejects(first, { name: "ProtocolError" });
    // Bytes that are no frames end the connection at once; a whole frame whose value is none only fails its call.
    await connection.close();
    for (const { status } of await both) assert.equal(status, "rejected");
  });
}

test("values are written", async (t) => {
  const { peer } = await connected(t);
  const module = client.describe("m", "", ["f"]);
  for (const vector of vectors.values.filter(({ only }) => only === undefined || only === "to-python")) {
    await module.call(0, [evaluate(vector.js)]);
    const call = peer.frames.at(-1);
    assert.equal(call.value, `[[${vector.json}],{}]`);
    assert.equal(call.tagged, vector.tagged, vector.json);
    assert.deepEqual(call.buffers.map((buffer) => buffer.toString("hex")), vector.buffers, vector.json);
  }
});

test("values are read", async (t) => {
  let vector;
  await connected(t, (call, to) => to.result(call, vector.json, { tagged: vector.tagged, buffers: vector.buffers.map(bytesOf) }));
  const module = client.describe("m", "", ["f"]);
  for (vector of vectors.values.filter(({ only }) => only !== "to-python")) {
    const written = evaluate(vector.js);
    const expected = written instanceof client.PyFloat ? written.value : written;
    assert.deepStrictEqual(await module.call(0, []), expected, vector.json);
  }
});

test("tables are written", async (t) => {
  const { peer } = await connected(t);
  const module = client.describe("m", "", ["f"]);
  for (const vector of vectors.tables) {
    await module.call(0, [evaluate(vector.js)]).catch(() => {});
    const call = peer.frames.at(-1);
    assert.equal(call.value, `[[${vector.json}],{}]`);
    assert.deepEqual(call.buffers.map((buffer) => buffer.toString("hex")), vector.buffers, vector.json);
  }
});

test("columns are read, and written again within a table", async (t) => {
  let vector;
  const { peer } = await connected(t, (call, to) => to.result(call, vector.json, { tagged: true, buffers: vector.buffers.map(bytesOf) }));
  const module = client.describe("m", "", ["f"]);
  for (vector of vectors.columns) {
    const column = await module.call(0, []);
    assert.deepStrictEqual(column, evaluate(vector.js), vector.json);
    assert.deepStrictEqual(client.columnType(column), evaluate(`(${vector.type})`), vector.json);
    await module.call(0, [client.pySeries(column)]);
    const call = peer.frames.at(-1);
    assert.equal(call.value, `[[["series",${vector.json},null,null]],{}]`);
    assert.deepEqual(call.buffers.map((buffer) => buffer.toString("hex")), vector.buffers, vector.json);
  }
});

test("values that are none fail their call only", async (t) => {
  let vector;
  await connected(t, (call, to) => to.result(call, vector.json, { tagged: vector.tagged, buffers: vector.buffers.map(bytesOf) }));
  const module = client.describe("m", "", ["f"]);
  for (vector of vectors["malformed-values"]) {
    const error = await module.call(0, []).then(
      (value) => assert.fail(`${vector.name}: ${String(value)}`),
      (reason) => reason,
    );
    assert.ok(error instanceof client.ProtocolError || error instanceof client.UnsupportedError, `${vector.name}: ${error}`);
  }
  vector = { json: "1", tagged: false, buffers: [] };
  assert.equal(await module.call(0, []), 1);
});
