// The byte stream: any cut of it gives the same frames, and bytes that are none end it.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { connect, describe, NDArray } from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { encodeFrame, RESULT } from "./support/wire.js";

const module = () => describe("m", "", ["f"]);
const floats = (count) => Buffer.from(Float64Array.from({ length: count }, (_, i) => i / 3).buffer);
const arrayResult = (request, data) =>
  encodeFrame({ kind: RESULT, request, tagged: true, value: `["array",0,"<f8",[${data.length / 8}]]`, buffers: [data] });

/** Writes `bytes` cut at every `size`, each piece in a turn of its own. */
async function trickle(socket, bytes, size) {
  for (let offset = 0; offset < bytes.length; offset += size) {
    await new Promise((resolve) => socket.write(bytes.subarray(offset, offset + size), resolve));
    await new Promise(setImmediate);
  }
}

test("frames are found wherever the stream is cut", async (t) => {
  const data = floats(7);
  for (const size of [1, 2, 3, 5, 23, 24, 25, 64]) {
    const { connection } = await connected(t, async (call, to) => {
      if (call.request % 4 !== 1) return;
      // Requests are 3, 4 and 5, after HELLO and OPEN: all three are answered in one go.
      const bytes = Buffer.concat([
        encodeFrame({ kind: RESULT, request: 3, value: '"é€😀"' }),
        arrayResult(4, data),
        encodeFrame({ kind: RESULT, request: 5, tagged: true, value: '["bytes",0]', buffers: [Buffer.from([9])] }),
      ]);
      await trickle(to.socket, bytes, size);
    });
    const m = module();
    const [text, array, bytes] = await Promise.all([m.call(0, []), m.call(0, []), m.call(0, [])]);
    assert.equal(text, "é€😀");
    assert.deepStrictEqual(array.data, new Float64Array(data.buffer));
    assert.deepStrictEqual(bytes, new Uint8Array([9]));
    await connection.close();
  }
});

test("frames around the size of what is read at once", async (t) => {
  // 64 KiB: frames just below, at and above it, each with small ones before and after it in the same write.
  let waiting = [];
  await connected(t, (call, to) => {
    waiting.push(call);
    if (waiting.length < 3) return;
    const [before, large, after] = waiting;
    waiting = [];
    const [length] = JSON.parse(large.value)[0];
    to.socket.write(
      Buffer.concat([
        encodeFrame({ kind: RESULT, request: before.request, value: "1" }),
        encodeFrame({ kind: RESULT, request: large.request, tagged: true, value: '["bytes",0]', buffers: [Buffer.alloc(length, 7)] }),
        encodeFrame({ kind: RESULT, request: after.request, value: "2" }),
      ]),
    );
  });
  const m = module();
  for (let length = 65_536 - 130; length <= 65_536 + 10; length++) {
    const [before, large, after] = await Promise.all([m.call(0, []), m.call(0, [length]), m.call(0, [])]);
    assert.deepEqual([before, large.length, large[0], large.at(-1), after], [1, length, 7, 7, 2]);
  }
});

test("a million floats there and back, over a socket and over a pipe", async (t) => {
  const data = new Float64Array(floats(1_000_000).buffer);
  const sent = new NDArray(data, [1000, 1000]);
  await connected(t);
  const check = (back) => {
    assert.deepEqual(back.shape, [1000, 1000]);
    assert.equal(back.data.byteOffset % 8, 0);
    assert.equal(Buffer.compare(Buffer.from(back.data.buffer, back.data.byteOffset, back.data.byteLength), Buffer.from(data.buffer)), 0);
  };
  check(await module().call(0, [sent]));
  const host = fileURLToPath(new URL("./support/stdio-host.js", import.meta.url));
  const connection = await connect({ host: [process.execPath, host, "echo"] });
  check(await module().call(0, [sent]));
  await connection.close();
});

test("large text, many buffers, and small calls between them", async (t) => {
  await connected(t);
  const m = module();
  const text = "é😀x".repeat(50_000);
  const buffers = Array.from({ length: 40 }, (_, i) => new Uint8Array(i * 1000).fill(i));
  const results = await Promise.all([
    m.call(0, [1]),
    m.call(0, [text]),
    m.call(0, [2]),
    m.call(0, [buffers]),
    m.call(0, [Array.from({ length: 30_000 }, (_, i) => i)]),
    ...Array.from({ length: 3000 }, (_, i) => m.call(0, [`call ${i}`])),
  ]);
  assert.deepStrictEqual(results.slice(0, 4), [1, text, 2, buffers]);
  assert.equal(results[4].length, 30_000);
  assert.equal(results[4].at(-1), 29_999);
  assert.deepEqual(results.slice(5), Array.from({ length: 3000 }, (_, i) => `call ${i}`));
});

test("a small result doesn't hold the memory it was read into, nor change with it", async (t) => {
  await connected(t);
  const m = module();
  const first = await m.call(0, [new Uint8Array([1, 2, 3])]);
  await Promise.all(Array.from({ length: 2000 }, () => m.call(0, [new Uint8Array(64).fill(7)])));
  assert.deepStrictEqual(first, new Uint8Array([1, 2, 3]));
  assert.equal(first.buffer.byteLength, 3);
});

test("nothing is allocated for a frame that is too long to come", async (t) => {
  const before = process.memoryUsage().arrayBuffers;
  await connected(t, (call, to) => {
    const bytes = encodeFrame({ kind: RESULT, request: call.request, value: "1" });
    bytes.writeUInt32LE(0xffff_fff0, 0);
    to.socket.write(bytes);
  });
  await assert.rejects(module().call(0, []), { name: "ProtocolError", message: /a length of 4294967280, where 20 to 268435456 are possible/ });
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
});

test("before HELLO only a short frame is taken", async (t) => {
  await assert.rejects(
    connected(t, undefined, (peer, frame) => peer.send({ kind: 1, request: frame.request, value: JSON.stringify({ wire: 1, peer: "x".repeat(70_000) }) })),
    { code: "malformed-frame" },
  );
});

test("a deeply nested result", async (t) => {
  let value;
  let tagged;
  await connected(t, (call, to) => to.result(call, value, { tagged }));
  [value, tagged] = ["[".repeat(100_000) + "]".repeat(100_000), false];
  await module().call(0, []);
  [value, tagged] = ['["list",'.repeat(100_000) + "1" + "]".repeat(100_000), true];
  await assert.rejects(module().call(0, []), { name: "ProtocolError", message: /nested more than/ });
});

test("no key of a result reaches a prototype", async (t) => {
  let tagged = false;
  await connected(t, (call, to) => to.result(call, '{"__proto__":{"polluted":1},"a":{"constructor":{"prototype":{"polluted":1}}}}', { tagged }));
  for (tagged of [false, true]) {
    const result = await module().call(0, []);
    assert.equal(Object.getPrototypeOf(result), Object.prototype);
    assert.deepEqual(Object.keys(result), ["__proto__", "a"]);
    assert.equal(result.polluted, undefined);
    assert.equal({}.polluted, undefined);
  }
});

test("random bytes from the host settle every call", async (t) => {
  let seed = 1;
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
  for (let round = 0; round < 150; round++) {
    const { connection } = await connected(t, (call, to) => {
      const bytes = encodeFrame({ kind: RESULT, request: call.request, tagged: true, value: '["list",["bytes",0],["array",1,"<f8",[1]]]', buffers: [Buffer.from("abc"), floats(1)] });
      for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) bytes[Math.floor(random() * bytes.length)] ^= 1 << Math.floor(random() * 8);
      to.socket.end(bytes);
    });
    const settled = await Promise.allSettled([module().call(0, []), module().call(0, [])]);
    for (const { reason } of settled) {
      if (reason) assert.ok(["ProtocolError", "UnsupportedError", "ConnectionError", "PythonError"].includes(reason.name), String(reason));
    }
    await connection.close();
  }
});
