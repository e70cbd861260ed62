// Frames over HTTP: requests one after the other, and one response that goes on.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect, ConnectionError, describe, NDArray, ProtocolError, TimeoutError } from "../dist/tywrap-client.js";
import { connectedHttp, refuse, serveHttp } from "./support/http-host.js";
import { CALL, ERROR } from "./support/wire.js";

const TOKEN = "0123456789abcdef0123456789abcdef";
const module = () => describe("m", "", ["f"]);

/** What a promise is rejected with. */
const failure = (promise) => promise.then(assert.fail, (error) => error);

test("calls are answered, and those that are made meanwhile go out together", async (t) => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const { connection, peer, requests } = await connectedHttp(
    t,
    { intercept: (request) => request.headers["tywrap-sequence"] === "1" && held.then(() => false) },
    { token: TOKEN },
  );
  const m = module();
  const first = m.call(0, [0]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const others = Array.from({ length: 50 }, (_, i) => m.call(0, [i + 1]));
  await new Promise((resolve) => setTimeout(resolve, 50));
  release();
  assert.deepStrictEqual(await Promise.all([first, ...others]), Array.from({ length: 51 }, (_, i) => i));
  assert.equal(peer.bodies.length, 3, "HELLO, the first call, and all others");
  for (const request of requests) {
    assert.equal(request.headers.authorization, `Bearer ${TOKEN}`);
    assert.equal(request.headers["transfer-encoding"], undefined);
  }
  await connection.close();
  assert.equal(peer.deleted, true);
  await peer.ended;
  assert.equal((await failure(m.call(0, []))).code, "connection-closed");
});

test("without a token none is sent, and a path in front is kept", async (t) => {
  const { requests, connection } = await connectedHttp(t, { prefix: "/behind/a/proxy" });
  assert.equal(await module().call(0, [7]), 7);
  assert.ok(requests.every(({ headers, url }) => headers.authorization === undefined && url.startsWith("/behind/a/proxy/v1/connections")));
  await connection.close();
  const slash = await connect({ url: `http://${requests[0].headers.host}/behind/a/proxy/` });
  assert.equal(await module().call(0, [8]), 8);
  await slash.close();
});

test("large arrays go both ways, each frame whole and in a body of its own", async (t) => {
  const { peer } = await connectedHttp(t);
  const arrays = [300_000, 3, 2_000_000, 1_000].map((length, seed) => Float64Array.from({ length }, (_, i) => i / (seed + 3)));
  const m = module();
  const answers = await Promise.all(arrays.map((data) => m.call(0, [new NDArray(data, [data.length])])));
  answers.forEach((answer, i) => assert.deepStrictEqual(answer.data, arrays[i]));
  const calls = peer.frames.filter(({ kind }) => kind === CALL);
  assert.deepStrictEqual(calls.map(({ buffers }) => buffers[0].length), arrays.map(({ byteLength }) => byteLength));
  assert.equal(peer.bodies.length, 1 + 3, "small ones go with a large one behind them, up to a size");
});

test("no body is longer than the host takes", async (t) => {
  const { peer } = await connectedHttp(t, { maxBody: 500 });
  const m = module();
  const texts = Array.from({ length: 40 }, (_, i) => "x".repeat((i * 37) % 300));
  assert.deepStrictEqual(await Promise.all(texts.map((text) => m.call(0, [text]))), texts);
  assert.ok(peer.bodies.every((size) => size <= 500) && peer.bodies.some((size) => size > 350), peer.bodies.join(" "));
});

test("heartbeats mean nothing, wherever a chunk ends", async (t) => {
  const { peer } = await connectedHttp(t, {
    async onCall(call, to) {
      const zero = Buffer.alloc(4);
      to.response.write(Buffer.concat([zero, zero, zero]));
      to.response.write(zero.subarray(0, 3));
      await new Promise((resolve) => setTimeout(resolve, 20));
      to.response.write(zero.subarray(3));
      to.result(call, "[\"bytes\",0]", { tagged: true, buffers: [Buffer.alloc(200_000, 0)] });
      to.response.write(zero);
    },
  });
  for (let i = 0; i < 3; i++) assert.deepStrictEqual(await module().call(0, []), new Uint8Array(200_000));
  assert.equal(peer.frames.filter(({ kind }) => kind === CALL).length, 3);
});

test("a refused connection says why, with the code of the host", async (t) => {
  for (const [status, code] of [
    [401, "http-unauthorized"],
    [403, "http-origin-refused"],
    [403, "http-host-refused"],
    [503, "http-limit"],
  ]) {
    const { url } = await serveHttp(t, { intercept: (_, response) => (refuse(response, status, code), true) });
    const error = await failure(connect({ url, token: TOKEN }));
    assert.ok(error instanceof ConnectionError);
    assert.deepStrictEqual([error.code, error.message], [code, `the host refused a request: refused as ${code}`]);
    assert.ok(!String(error.stack).includes(TOKEN));
  }
});

test("what is no host is told apart", async (t) => {
  const answer = (status, headers, body) => (_, response) => {
    response.writeHead(status, headers);
    response.end(body);
    return true;
  };
  const html = { "content-type": "text/html" };
  const frames = { "content-type": "application/vnd.tywrap.frames" };
  for (const [intercept, type, code] of [
    [answer(502, html, "<h1>Bad gateway</h1>"), ConnectionError, "http-status"],
    [answer(404, { "content-type": "application/json" }, '{"code":"<script>","message":"x"}'), ConnectionError, "http-status"],
    [answer(200, html, "<h1>Welcome</h1>"), ProtocolError, "unexpected-response"],
    [answer(200, frames, ""), ProtocolError, "unexpected-response"],
    [answer(200, { ...frames, "tywrap-connection": "../../healthz" }, ""), ProtocolError, "unexpected-response"],
    [answer(302, { location: "http://127.0.0.1:1/" }, ""), ConnectionError, "connection-failed"],
  ]) {
    const { url } = await serveHttp(t, { intercept });
    const error = await failure(connect({ url }));
    assert.ok(error instanceof type, String(error));
    assert.equal(error.code, code);
  }
  const { url, server } = await serveHttp(t);
  server.close();
  const error = await failure(connect({ url }));
  assert.deepStrictEqual([error.code, error instanceof ConnectionError], ["connection-failed", true]);
  assert.match(error.message, /no host answers at `http:\/\/127.0.0.1:\d+\/v1\/connections`: .*ECONNREFUSED/);
});

test("a host that says nothing is waited for as long as one likes", async (t) => {
  const { url } = await serveHttp(t, { intercept: () => new Promise(() => {}) });
  const error = await failure(connect({ url, timeout: 100 }));
  assert.ok(error instanceof TimeoutError);
  assert.equal(error.code, "connect-timeout");
});

test("a request that breaks off is not sent twice to a host that has it", async (t) => {
  let breaks = [];
  const { peer } = await connectedHttp(t, {
    onCall: (call, to) => {
      to.result(call, "1");
    },
    intercept: (request, _, peers) => {
      const how = request.headers["tywrap-sequence"] === undefined ? undefined : breaks.shift();
      // The host has it, and its answer is lost; or it never came.
      if (how === "after") peers[0].next++;
      if (how !== undefined) request.socket.destroy();
      if (how === "after") peers[0].response.write(answerTo(3));
      return how !== undefined;
    },
  });
  const m = module();
  breaks = ["after"];
  assert.equal(await m.call(0, []), 1, "taken once, asked again");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(peer.frames.filter(({ kind }) => kind === CALL).length, 0, "the second request was refused");
  breaks = ["before"];
  assert.equal(await m.call(0, []), 1, "sent again");
  assert.equal(peer.frames.filter(({ kind }) => kind === CALL).length, 1);
  breaks = ["before", "before"];
  const error = await failure(m.call(0, []));
  assert.deepStrictEqual([error.code, error instanceof ConnectionError], ["host-gone", true]);
  await peer.ended;
});

/** A result, as bytes. */
function answerTo(request) {
  const bytes = Buffer.alloc(25);
  bytes.writeUInt32LE(21, 0);
  bytes[4] = 4;
  bytes[6] = 1;
  bytes.writeUInt32LE(request, 8);
  bytes.writeUInt32LE(1, 16);
  bytes.write("1", 24);
  return bytes;
}

test("refusals of what is sent end the connection", async (t) => {
  for (const [status, code] of [
    [404, "http-connection-unknown"],
    [409, "http-sequence"],
    [413, "frame-too-large"],
    [503, "http-limit"],
  ]) {
    const { connection } = await connectedHttp(t, {
      intercept: (request, response, peers) => {
        if (request.headers["tywrap-sequence"] === undefined) return false;
        refuse(response, status, code, { "tywrap-sequence": "2" });
        if (status === 404) setTimeout(() => peers[0].response.end(), 50);
        return true;
      },
    });
    const error = await failure(module().call(0, []));
    assert.ok(error instanceof ConnectionError);
    // Of a connection that has ended, its end is what says why.
    assert.equal(error.code, status === 404 ? "host-gone" : code);
    assert.equal((await failure(module().call(0, []))).code, error.code);
    await connection.close();
  }
});

test("the last frame says why a host closed, even if a request fails first", async (t) => {
  await connectedHttp(t, {
    intercept: (request, response, peers) => {
      if (request.headers["tywrap-sequence"] === undefined) return false;
      refuse(response, 404, "http-connection-unknown");
      setTimeout(() => {
        const value = JSON.stringify({ kind: "protocol", code: "frame-malformed", message: "no such thing" });
        peers[0].send({ kind: ERROR, value });
        peers[0].response.end();
      }, 50);
      return true;
    },
  });
  const error = await failure(module().call(0, []));
  assert.deepStrictEqual([error.code, error instanceof ProtocolError], ["frame-malformed", true]);
});

test("the end of the response ends what is open", async (t) => {
  for (const how of ["end", "destroy"]) {
    await connectedHttp(t, { onCall: (_, to) => to.response[how]() });
    const error = await failure(module().call(0, []));
    assert.ok(error instanceof ConnectionError);
    assert.equal(error.code, "host-gone");
  }
});

test("bytes that are no frames end the connection, and the host is told", async (t) => {
  const { peer } = await connectedHttp(t, { onCall: (_, to) => to.response.write(Buffer.alloc(100, 0xfe)) });
  const error = await failure(module().call(0, []));
  assert.ok(error instanceof ProtocolError);
  await peer.ended;
});

test("a call can be aborted, and a connection closed while calls are open", async (t) => {
  const { connection, peer } = await connectedHttp(t, { onCall: () => {} });
  const m = module();
  const error = await failure(m.with(connection.with({ signal: AbortSignal.timeout(50) }), { f: () => m.call(0, []) }).f());
  assert.equal(error.name, "TimeoutError");
  const open = failure(m.call(0, []));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await connection.close();
  assert.equal((await open).code, "connection-closed");
  await peer.ended;
  assert.equal(peer.deleted, true);
});

test("addresses and tokens that are none are refused at once", async () => {
  for (const url of ["127.0.0.1:8080", "ftp://host", "unix:/run/host.sock", "http://user:secret@host", "http://host?token=secret", "http://host#x", ""]) {
    const error = await failure(connect({ url }));
    assert.ok(error instanceof TypeError && !error.message.includes("secret"), `${url}: ${error}`);
  }
  for (const token of ["", "two words", "line\nbreak", `${TOKEN}é`, 7]) {
    const error = await failure(connect({ url: "http://127.0.0.1:1", token }));
    assert.ok(error instanceof TypeError, String(error));
  }
});

test("a program that closes its connection ends", async (t) => {
  const { url } = await serveHttp(t);
  const { spawn } = await import("node:child_process");
  const script = `
    import { connect, describe } from ${JSON.stringify(new URL("../dist/tywrap-client.js", import.meta.url).href)};
    const connection = await connect({ url: ${JSON.stringify(url)} });
    console.log(await describe("m", "", ["f"]).call(0, [5]));
    await connection.close();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  const begin = Date.now();
  const [code] = await once(child, "close");
  assert.deepStrictEqual([code, output], [0, "5\n"]);
  assert.ok(Date.now() - begin < 4_000, "it waits for something");
});
