// What emitted modules use, written as an emitted module is.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  describe,
  kw,
  PolicyError,
  ProtocolError,
  PythonError,
  SecurityError,
  TimeoutError,
  TywrapError,
  UnsupportedError,
  ValidationError,
  WorkerCrashedError,
} from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { CALL } from "./support/wire.js";

/** As a module with a function, constants, and a dotted member is emitted. */
function emitted() {
  const $module = describe("numpy", "d1", ["mean", "pi", "linalg.norm"]);
  function mean(...args) {
    return $module.call(0, args);
  }
  const pi = $module.constant(1);
  const MAXDIMS = 64;
  const linalg = { norm: (...args) => $module.call(2, args) };
  const withConnection = (connection) => $module.with(connection, { mean, pi, MAXDIMS, linalg });
  return { mean, pi, MAXDIMS, linalg, with: withConnection };
}

/** A host that answers with its own name and the callable's index. */
const named = (name) => (call, peer) => peer.result(call, JSON.stringify(`${name} ${call.callable}`));

test("the last connection is the default, and with() uses another", async (t) => {
  const one = await connected(t, named("one"));
  const np = emitted();
  assert.equal(await np.mean([1]), "one 0");
  const two = await connected(t, named("two"));
  const bound = np.with(one.connection);
  assert.deepEqual(
    await Promise.all([np.mean([1]), bound.mean([1]), np.pi, bound.pi, bound.linalg.norm([1], kw({ ord: 2 })), np.linalg.norm()]),
    ["two 0", "one 0", "two 1", "one 1", "one 2", "two 2"],
  );
  assert.equal(bound.MAXDIMS, 64);
  assert.ok(Object.isFrozen(bound));
  assert.equal(two.peer.of(CALL).length, 3);
});

test("with() holds for the call only, also where it fails", async (t) => {
  const one = await connected(t, named("one"));
  await connected(t, named("two"));
  const np = emitted();
  const bound = np.with(one.connection);
  const [refused, inner] = [bound.mean(Symbol("x")), np.mean()];
  await assert.rejects(refused, ValidationError);
  assert.equal(await inner, "two 0");
});

test("a constant is read each time it is awaited, and not before", async (t) => {
  let count = 0;
  const { peer } = await connected(t, (call, to) => to.result(call, String(++count)));
  const { pi } = emitted();
  assert.equal(peer.of(CALL).length, 0);
  assert.equal(await pi, 1);
  assert.equal(await pi, 2);
  assert.equal(await pi.then((value) => value + 1), 4);
  assert.deepEqual(JSON.parse(peer.of(CALL)[0].value), [[], {}]);
});

const details = { code: "some-code", message: "what happened" };
for (const [kind, type, extra] of [
  ["policy", PolicyError, { severity: "high" }],
  ["validation", ValidationError, { severity: "medium" }],
  ["timeout", TimeoutError, {}],
  ["worker-crashed", WorkerCrashedError, {}],
  ["protocol", ProtocolError, {}],
  ["unsupported", UnsupportedError, {}],
  ["cancelled", TywrapError, {}],
  ["python", PythonError, { pythonType: "ValueError", traceback: "Traceback" }],
]) {
  test(`an error of kind ${kind}`, async (t) => {
    await connected(t, (call, to) => to.error(call, { kind, ...details, type: "ValueError", traceback: "Traceback" }));
    const error = await emitted().mean().catch((reason) => reason);
    assert.equal(Object.getPrototypeOf(error), type.prototype);
    assert.ok(error instanceof TywrapError && error instanceof Error);
    assert.equal(error.name, type.name);
    assert.match(error.stack, new RegExp(`^${type.name}: what happened`));
    const { code, message } = error;
    assert.deepEqual({ code, message }, details);
    for (const [key, expected] of Object.entries(extra)) assert.equal(error[key], expected);
    assert.equal(error instanceof SecurityError, kind === "policy" || kind === "validation");
  });
}

test("what the host says of a refusal", async (t) => {
  const context = { module: "os" };
  await connected(t, (call, to) => to.error(call, { kind: "policy", ...details, severity: "critical", timestamp: "2024-01-02T03:04:05Z", context }));
  const error = await emitted().mean().catch((reason) => reason);
  assert.equal(error.severity, "critical");
  assert.equal(error.timestamp.toISOString(), "2024-01-02T03:04:05.000Z");
  assert.deepEqual(error.context, context);
});

for (const [what, value] of [
  ["an unknown kind", { kind: "new", message: "what happened" }],
  ["nothing", {}],
  ["fields of other types", { kind: 1, code: [], message: {} }],
  ["an unknown severity", { kind: "policy", message: "m", severity: "mild", timestamp: "never", context: 1 }],
  ["null", null],
  ["a list", []],
]) {
  test(`an error that says ${what} is an error all the same`, async (t) => {
    await connected(t, (call, to) => to.error(call, value));
    const error = await emitted().mean().catch((reason) => reason);
    assert.ok(error instanceof (value?.kind === "policy" ? PolicyError : ProtocolError), String(error));
    assert.equal(typeof error.code, "string");
    assert.ok(error.message.length > 0);
    if (error instanceof PolicyError) {
      assert.equal(error.severity, "high");
      assert.ok(Math.abs(error.timestamp - Date.now()) < 10_000);
      assert.deepEqual(error.context, {});
    }
  });
}

test("the package says the version of the crates", async () => {
  const { readFile } = await import("node:fs/promises");
  const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
  const { version } = JSON.parse(await read("../package.json"));
  const workspace = /\[workspace\.package\][^[]*?\nversion = "([^"]+)"/.exec(await read("../../../Cargo.toml"));
  assert.equal(version, workspace?.[1]);
  assert.ok((await read("../dist/tywrap-client.js")).includes(`"tywrap-client ${version}"`));
});
