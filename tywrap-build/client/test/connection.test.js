// From connect() to close(): starting, failing, ending, and settling every call exactly once.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { test } from "node:test";
import { connect, ConnectionError, describe, ProtocolError, PyObject, TimeoutError } from "../dist/tywrap-client.js";
import { connected, serve } from "./support/fake-host.js";
import { CALL, CANCEL, HELLO, OPEN, RELEASE } from "./support/wire.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
const run = promisify(execFile);
const HOST = fileURLToPath(new URL("./support/stdio-host.js", import.meta.url));
const CLIENT = new URL("../dist/tywrap-client.js", import.meta.url).href;
const host = (...args) => [process.execPath, HOST, ...args];
const module = () => describe("m", "", ["f"]);

test("a host on standard input and output", async () => {
  const connection = await connect({ host: host("echo") });
  assert.deepEqual(await module().call(0, [{ a: ["é"] }]), { a: ["é"] });
  await connection.close();
  await assert.rejects(module().call(0, []), { name: "ConnectionError", code: "connection-closed" });
});

test("environment and working directory", async () => {
  const connection = await connect({ host: host("environment"), env: { ONLY: "this" }, cwd: "/" });
  const { ONLY, HOME, cwd } = await module().call(0, []);
  assert.deepEqual([ONLY, HOME, cwd], ["this", undefined, "/"]);
  await connection.close();
});

test("no shell is involved", async () => {
  await assert.rejects(connect({ host: ["true; echo"] }), { code: "host-not-started" });
  const connection = await connect({ host: host("echo", "$(exit 1)", "; exit 1") });
  await connection.close();
});

test("a host that can't be started", async () => {
  await assert.rejects(connect({ host: ["/nowhere/host"] }), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.equal(error.code, "host-not-started");
    assert.match(error.message, /`\/nowhere\/host` can't be started: .*ENOENT/);
    return true;
  });
  await assert.rejects(connect({ host: ["\0"] }), { code: "host-not-started" });
  await assert.rejects(connect({ host: [] }), TypeError);
  await assert.rejects(connect({ host: "path" }), TypeError);
  await assert.rejects(connect({}), TypeError);
  await assert.rejects(connect({ host: ["x"], timeout: 0 }), RangeError);
  await assert.rejects(connect({ host: ["x"], timeout: NaN }), RangeError);
});

test("a host that ends at once: the error has its status and what it wrote", async () => {
  await assert.rejects(connect({ host: host("die", "3") }), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.equal(error.exitCode, 3);
    assert.equal(error.signal, undefined);
    assert.match(error.stderr, /\x1b\[31mcannot read the policy/);
    // In the message nothing is left that steers a terminal.
    assert.match(error.message, /exited with status 3; it wrote:\n  first line\n  \[31mcannot read the policy\[0m$/);
    return true;
  });
});

test("a host that says nothing, and a program that is no host", async () => {
  await assert.rejects(connect({ host: host("mute"), timeout: 200 }), (error) => error instanceof TimeoutError && error.code === "connect-timeout");
  await assert.rejects(connect({ host: host("noise") }), (error) => error instanceof ProtocolError && error.code === "malformed-frame");
});

for (const [mode, detail, expected, message] of [
  ["die-on-call", "7", { exitCode: 7, signal: undefined }, /exited with status 7; it wrote:\n  out of memory/],
  ["killed-on-call", "SIGKILL", { exitCode: undefined, signal: "SIGKILL" }, /was ended by SIGKILL/],
  ["close-on-call", "", { exitCode: undefined, signal: "SIGTERM" }, /was ended by SIGTERM/],
]) {
  test(`every open call learns of it: ${mode}`, async () => {
    const connection = await connect({ host: host(mode, detail) });
    const { call } = bound(module());
    const outcomes = await Promise.allSettled([call(1), call(2), call(3)]);
    for (const { reason } of outcomes) {
      assert.ok(reason instanceof ConnectionError, String(reason));
      assert.equal(reason.code, "host-gone");
      assert.equal(reason.exitCode, expected.exitCode);
      assert.equal(reason.signal, expected.signal);
      assert.match(reason.message, message);
    }
    assert.equal(new Set(outcomes.map(({ reason }) => reason)).size, 3);
    await assert.rejects(call(4), { code: "host-gone" });
    await connection.close();
  });
}

test("a host that does not end when told is made to", async () => {
  const connection = await connect({ host: host("stubborn") });
  const open = module().call(0, []);
  const started = Date.now();
  const closing = connection.close();
  await assert.rejects(open, { code: "connection-closed" });
  assert.ok(Date.now() - started < 1_000, "open calls don't wait for it");
  assert.equal(connection.close(), closing);
  await closing;
  assert.ok(Date.now() - started > 5_000);
});

test("a socket that nobody listens on", async () => {
  await assert.rejects(connect({ socket: "/nowhere/host.sock" }), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /no host answers at the socket `\/nowhere\/host.sock`: .*ENOENT/);
    return true;
  });
});

for (const [what, hello, expected] of [
  ["another version", '{"wire":2,"peer":"tywrap-host 9.9.9"}', { name: "ProtocolError", code: "wire-version", message: /"tywrap-host 9.9.9" speaks version 2 .* tywrap-client 0.2.0 speaks 1/ }],
  ["no version", "{}", { name: "ProtocolError", code: "wire-version" }],
  ["no object", "null", { name: "ProtocolError", code: "wire-version" }],
  ["no JSON", "{", { name: "ProtocolError", code: "malformed-value" }],
  ["a refusal", (peer, frame) => peer.error(frame, { kind: "policy", code: "peer-uid", message: "another user" }), { name: "PolicyError", code: "peer-uid" }],
  ["a refusal of no request", (peer) => peer.error({ request: 0, slot: 0 }, { kind: "protocol", code: "wire-version", message: "no" }), { name: "ProtocolError", message: "no" }],
  ["a result", (peer, frame) => peer.result(frame, "1"), { name: "ProtocolError", code: "unexpected-frame" }],
  ["another request", (peer) => peer.send({ kind: HELLO, request: 9, value: '{"wire":1}' }), { name: "ProtocolError", code: "unexpected-frame" }],
  ["the end", (peer) => peer.socket.end(), { name: "ConnectionError", code: "host-gone" }],
  ["a cut", (peer) => peer.socket.destroy(), { name: "ConnectionError", code: "host-gone" }],
]) {
  test(`HELLO is answered with ${what}`, async (t) => {
    const { path } = await serve(t, undefined, hello);
    await assert.rejects(connect({ socket: path }), expected);
  });
}

test("without a connection", async () => {
  const script = `
    import { describe } from ${JSON.stringify(CLIENT)};
    await describe("m", "", ["f"]).call(0, []).catch((error) => console.log(error.name, error.code));
  `;
  assert.equal((await run(process.execPath, ["--input-type=module", "-e", script])).stdout, "ConnectionError not-connected\n");
});

test("modules are opened once, with their first call, and refused by their calls", async (t) => {
  const { peer } = await connected(t, (call, to) => {
    if (call.slot === 2) to.error(call, { kind: "policy", code: "module-not-granted", message: "no module `b`" });
    else to.result(call, "1");
  });
  const [a, b] = [describe("a", "aa", ["f"]), describe("b", "bb", ["f"])];
  const outcomes = await Promise.allSettled([a.call(0, []), b.call(0, []), a.call(0, [])]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const [first, second, ...more] = peer.of(OPEN);
  assert.deepEqual([first.value, second.value, more.length], ['{"module":"a","digest":"aa"}', '{"module":"b","digest":"bb"}', 0]);
  // The refusal of the OPEN itself comes too, and is no call's.
  peer.error({ request: second.request, slot: 2 }, { kind: "policy", code: "module-not-granted", message: "no module `b`" });
  assert.equal(await a.call(0, []), 1);
  await assert.rejects(b.call(0, []), { name: "PolicyError", code: "module-not-granted" });
});

test("answers are matched by request, in any order, and settle once", async (t) => {
  const held = [];
  await connected(t, (call, to) => {
    held.push([call, to]);
    if (held.length === 3) for (const [request, peer] of held.reverse()) peer.result(request, JSON.parse(request.value)[0][0].toString());
  });
  const { call } = bound(module());
  assert.deepEqual(await Promise.all([call(1), call(2), call(3)]), [1, 2, 3]);
});

test("an answer to no request ends the connection", async (t) => {
  await connected(t, (call, to) => {
    to.result(call, "1");
    to.result(call, "2");
  });
  const { call } = bound(module());
  assert.equal(await call(), 1);
  await assert.rejects(call(), { name: "ProtocolError", code: "unexpected-frame" });
});

test("calls of one turn go out together, also those that follow from answers", async (t) => {
  const { peer } = await connected(t);
  const writes = countWrites(t);
  const { call } = bound(module());
  const chain = async (i) => {
    for (let step = 0; step < 5; step++) assert.equal(await call(i), i);
  };
  await Promise.all(Array.from({ length: 64 }, (_, i) => chain(i)));
  assert.equal(peer.of(CALL).length, 320);
  // One write for each of the five steps; more only where the answers to one write came in several pieces.
  assert.ok(writes() <= 10, `${writes()} writes`);
});

test("a call that is made some promise reactions later still goes out with the others", async (t) => {
  await connected(t);
  const writes = countWrites(t);
  const { call } = bound(module());
  const late = async (hops) => {
    for (let i = 0; i < hops; i++) await null;
    return call(hops);
  };
  // From a callback of the event loop, where Node's next-tick queue runs before the promise reactions.
  const all = await new Promise((resolve) => setImmediate(() => resolve(Promise.all([0, 1, 5, 20].map(late)))));
  assert.deepEqual(all, [0, 1, 5, 20]);
  assert.equal(writes(), 1);
});

test("cancelling", async (t) => {
  const calls = [];
  const { connection, peer } = await connected(t, (call, to) => calls.push([call, to]));
  const controller = new AbortController();
  const { signal } = controller;
  const cancellable = bound(module(), connection.with({ signal }));
  const [first, second] = [cancellable.call(1), cancellable.call(2)];
  const other = bound(module()).call(3);
  while (calls.length < 3) await sleep(1);
  calls[1][1].result(calls[1][0], "2");
  assert.equal(await second, 2);
  controller.abort(new Error("enough"));
  await assert.rejects(first, { message: "enough" });
  await assert.rejects(cancellable.call(4), { message: "enough" });
  while (peer.of(CANCEL).length === 0) await sleep(1);
  assert.deepEqual(peer.of(CANCEL).map(({ request, value }) => [request, value]), [[calls[0][0].request, "null"]]);
  // Its answer comes all the same, whichever it is, and other calls go on.
  peer.error(calls[0][0], { kind: "timeout", code: "cancelled", message: "cancelled" });
  peer.result(calls[2][0], "3");
  assert.equal(await other, 3);
  assert.equal(peer.of(CALL).length, 3);
});

test("AbortSignal.timeout, and no listener is left behind", async (t) => {
  let answer = true;
  const { connection } = await connected(t, (call, to) => answer && to.result(call, "1"));
  let listeners = 0;
  const signal = AbortSignal.timeout(100);
  const counting = {
    get aborted() { return signal.aborted; },
    get reason() { return signal.reason; },
    addEventListener: (...args) => (listeners++, signal.addEventListener(...args)),
    removeEventListener: (...args) => (listeners--, signal.removeEventListener(...args)),
  };
  const { call } = bound(module(), connection.with({ signal: counting }));
  await Promise.all([call(), call()]);
  assert.equal(listeners, 0);
  answer = false;
  await assert.rejects(call(), { name: "TimeoutError" });
});

test("objects are released: disposed of, unreachable, and of a cancelled call", async (t) => {
  let id = 0;
  const held = [];
  const { connection, peer } = await connected(t, (call, to) => {
    if (JSON.parse(call.value)[0][0] === "hold") held.push(call);
    else to.result(call, `["handle",${++id},"collections:Counter"]`, { tagged: true });
  });
  const { call } = bound(module());
  const [one, two] = await Promise.all([call(), call()]);
  assert.ok(one instanceof PyObject);
  assert.equal(one.className, "collections:Counter");
  await call([one, two]);
  assert.match(peer.of(CALL).at(-1).value, /\[\["list",\["handle",\d,"collections:Counter"\],\["handle",\d,"collections:Counter"\]\]\]/);
  one.dispose();
  one.dispose();
  await two[Symbol.asyncDispose]();
  const third = await call();
  third[Symbol.dispose]();
  while (peer.of(RELEASE).length < 2) await sleep(1);
  assert.deepEqual(peer.of(RELEASE).map(({ value, request }) => [value, request]), [["[1,2]", 0], ["[4]", 0]]);
  await assert.rejects(call(one), /argument 1: the object has been disposed of/);

  const controller = new AbortController();
  const cancelled = bound(module(), connection.with({ signal: controller.signal })).call("hold");
  while (held.length === 0) await sleep(1);
  controller.abort();
  await assert.rejects(cancelled, { name: "AbortError" });
  peer.result(held[0], '["list",["handle",99,"a:B"]]', { tagged: true });
  await call(); // Its object, 5, is forgotten too.
  for (let i = 0; i < 50 && !peer.of(RELEASE).some(({ value }) => value.includes("99")); i++) {
    collectGarbage();
    await sleep(10);
  }
  assert.ok(peer.of(RELEASE).some(({ value }) => value.includes("99")), "forgotten objects are released");
});

test("an object of another connection", async (t) => {
  const { connection } = await connected(t, (call, to) => to.result(call, '["handle",1,"a:B"]', { tagged: true }));
  const object = await module().call(0, []);
  await connected(t);
  await assert.rejects(module().call(0, [object]), /lives behind another connection/);
  const error = await bound(module(), connection).call(object);
  assert.ok(error instanceof PyObject);
});

for (const [what, body, output] of [
  ["forgets to close ends", "console.log(await module.call(0, [1]));", "1\n"],
  ["closes ends", "console.log(await module.call(0, [1])); await connection.close();", "1\n"],
  ["waits for a slow call gets it", "const slow = module.call(0, [1]); await 0; slow.then(console.log);", "1\n"],
]) {
  for (const where of ["socket", "host"]) {
    test(`a program that ${what} (${where})`, async (t) => {
      const { path } = await serve(t, (call, to) => setTimeout(() => to.result(call, "1"), 50));
      const options = where === "socket" ? { socket: path } : { host: host("echo") };
      const script = `
        import { connect, describe } from ${JSON.stringify(CLIENT)};
        const connection = await connect(${JSON.stringify(options)});
        const module = describe("m", "", ["f"]);
        ${body}
      `;
      const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { timeout: 10_000 });
      assert.equal(stdout, output);
    });
  }
}

test("a call that nobody answers keeps the program running", async (t) => {
  const { path, peers } = await serve(t, () => {});
  const script = `
    import { connect, describe } from ${JSON.stringify(CLIENT)};
    await connect({ socket: ${JSON.stringify(path)} });
    describe("m", "", ["f"]).call(0, []).catch((error) => console.log(error.code));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  while ((peers[0]?.of(CALL).length ?? 0) === 0) await sleep(5);
  await sleep(200);
  assert.equal(child.exitCode, null);
  peers[0].socket.destroy();
  await once(child, "close");
  assert.equal(output, "host-gone\n");
});

test("the stack of an error leads to the caller", async (t) => {
  await connected(t, (call, to) => to.error(call, { kind: "python", type: "ValueError", message: "math domain error" }));
  async function theCaller() {
    return await module().call(0, [-1]);
  }
  await assert.rejects(theCaller(), (error) => /theCaller/.test(error.stack));
});

/** Counts the writes of clients, told from those of the fake host by not being of a Buffer. */
function countWrites(t) {
  const { write } = Socket.prototype;
  let count = 0;
  Socket.prototype.write = function (chunk, ...rest) {
    if (chunk instanceof Uint8Array && !Buffer.isBuffer(chunk)) count++;
    return write.call(this, chunk, ...rest);
  };
  t.after(() => (Socket.prototype.write = write));
  return () => count;
}

/** The function of a module, as an emitted package has it. */
function bound(module, connection) {
  const exports = { call: (...args) => module.call(0, args) };
  return connection === undefined ? exports : module.with(connection, exports);
}
