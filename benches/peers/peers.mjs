// The same work through tywrap, through other bridges, and through frames with nothing around them, in turn.
// Run by `cargo bench -p tywrap-tests --bench peers`, which sets everything up.

import { strict as assert } from "node:assert";
import { connect } from "peers-python";
import * as bench from "peers-python/tywrap_bench";
import * as math from "peers-python/math";
import * as np from "peers-python/numpy";
import { BOTH, ECHO, IN, OUT, startRaw } from "./raw.mjs";
import { alternate, each, median, quantile, show, timed } from "./statistics.mjs";

const [host, interpreter, site, scale = "1"] = process.argv.slice(2);
const rounds = (count) => Math.max(2, Math.round(count * Number(scale)));

const N = 1_000_000;
const ROWS = 10_000;
const FLIGHT = 64;

const connection = await connect({ host: [host, "serve"] });
const raw = startRaw(interpreter);
process.env.PYTHON_BIN = interpreter;
const { python } = await import("pythonia");
const sys = await python("sys");
await sys.path.append(site);
const pythonia = { math: await python("math"), np: await python("numpy"), bench: await python("tywrap_bench") };
const inside = await insideNode();

/** node-calls-python, which runs Python in Node's own process, if it could be built. */
async function insideNode() {
  try {
    const { interpreter: py } = await import("node-calls-python");
    py.addImportPath(site);
    const module = (name) => {
      const loaded = py.importSync(name);
      return new Proxy({}, { get: (_, key) => (...args) => py.call(loaded, key, ...args) });
    };
    return { math: module("math"), np: module("numpy"), bench: module("tywrap_bench") };
  } catch (error) {
    console.log(`node-calls-python is left out: ${error.message.split("\n")[0]}`);
    return undefined;
  }
}

/** With what a contender is called in the tables. */
function contenders({ tywrap, pythonia, fast, ncp, raw }) {
  const fastMode = (on, run) => async () => {
    python.setFastMode(on);
    return run();
  };
  return {
    tywrap,
    ...(pythonia && { pythonia: fastMode(false, pythonia) }),
    ...(fast && { "pythonia, fast": fastMode(true, fast) }),
    ...(inside && ncp && { "node-calls-python": ncp }),
    ...(raw && { "raw frames": raw }),
  };
}

const results = [];

function report(work, times, rate) {
  for (const [name, all] of Object.entries(times)) {
    results.push({ work, name, median: median(all), p99: quantile(all, 0.99), rate: rate?.(median(all)) });
  }
}

// One small call after the other.
{
  const CALLS = 200;
  const sqrt = (callee) => () => each(CALLS, () => callee.sqrt(2));
  const small = new Uint8Array(40);
  const times = await alternate(rounds(20), contenders({
    tywrap: sqrt(math), pythonia: sqrt(pythonia.math), fast: sqrt(pythonia.math), ncp: inside && sqrt(inside.math),
    raw: () => each(CALLS, () => raw.call(ECHO, small)),
  }));
  report("math.sqrt, one by one", times);
}

// 64 calls at a time: each that ends starts the next.
{
  const CALLS = 3200;
  const fly = (call) => () => timed(async () => {
    let left = CALLS;
    await Promise.all(Array.from({ length: FLIGHT }, async () => {
      while (left-- > 0) await call();
    }));
  });
  const small = new Uint8Array(40);
  const times = await alternate(rounds(10), contenders({
    tywrap: fly(() => math.sqrt(2)), pythonia: fly(() => pythonia.math.sqrt(2)), fast: fly(() => pythonia.math.sqrt(2)),
    ncp: inside && fly(() => inside.math.sqrt(2)), raw: fly(() => raw.call(ECHO, small)),
  }));
  report(`math.sqrt, ${FLIGHT} in flight`, times, (time) => `${Math.round(CALLS / time)}k/s`);
}

// A million floats, out of Python, into it, and both.
const floats = Float64Array.from({ length: N }, (_, at) => at / 2);
const total = floats.reduce((sum, value) => sum + value, 0);
const array = (buffer) => new Float64Array(buffer.buffer, buffer.byteOffset, buffer.byteLength / 8);
{
  const check = (values) => assert.ok(values.length === N && Number(values[N - 1]) === N - 1, "the array is not as it must be");
  report("1e6 float64, out", await alternate(rounds(8), contenders({
    tywrap: () => timed(async () => check((await np.arange(0, N, 1, "float64")).data)),
    pythonia: () => timed(async () => check(await (await (await pythonia.np.arange(N)).tolist()).valueOf())),
    ncp: inside && (() => timed(async () => check(await inside.np.arange(0, N, 1, "float64")))),
    raw: () => timed(async () => check(array(await raw.call(OUT)))),
  })));
}
{
  const check = (sum) => assert.ok(Math.abs(sum / total - 1) < 1e-9, "the sum is not as it must be");
  report("1e6 float64, in", await alternate(rounds(8), contenders({
    tywrap: () => timed(async () => check(await np.sum(floats))),
    pythonia: () => timed(async () => check(Number(await (await pythonia.np.sum(Array.from(floats))).valueOf()))),
    ncp: inside && (() => timed(async () => check(await inside.np.sum(Array.from(floats))))),
    raw: () => timed(async () => check(array(await raw.call(IN, floats))[0])),
  })));
}
{
  const check = (values) => assert.ok(values.length === N && Number(values[N - 1]) === floats[N - 1] * 2, "the product is not as it must be");
  report("1e6 float64, both", await alternate(rounds(8), contenders({
    tywrap: () => timed(async () => check((await np.multiply(floats, 2)).data)),
    pythonia: () => timed(async () => check(await (await (await pythonia.np.multiply(Array.from(floats), 2)).tolist()).valueOf())),
    ncp: inside && (() => timed(async () => check(await inside.np.multiply(Array.from(floats), 2)))),
    raw: () => timed(async () => check(array(await raw.call(BOTH, floats)))),
  })));
}

// Rows of dicts.
const rows = await bench.rows(ROWS);
{
  const check = (all) => assert.ok(all.length === ROWS && all[ROWS - 1].name === `row ${ROWS - 1}`, "the rows are not as they must be");
  report("10,000 rows of dicts, out", await alternate(rounds(10), contenders({
    tywrap: () => timed(async () => check(await bench.rows(ROWS))),
    fast: () => timed(async () => check(await (await pythonia.bench.rows(ROWS)).valueOf())),
    ncp: inside && (() => timed(async () => check(await inside.bench.rows(ROWS)))),
  })));
  const sum = (ROWS * (ROWS - 1)) / 2;
  report("10,000 rows of dicts, in", await alternate(rounds(10), contenders({
    tywrap: () => timed(async () => assert.equal(await bench.count(rows), sum)),
    fast: () => timed(async () => assert.equal(await pythonia.bench.count(rows), sum)),
    ncp: inside && (() => timed(async () => assert.equal(await inside.bench.count(rows), sum))),
  })));
}

raw.end();
await connection.close();
python.exit();

const works = [...new Set(results.map((result) => result.work))];
const names = [...new Set(results.map((result) => result.name))];
const row = (cells) => console.log(`| ${cells.join(" | ")} |`);
row(["work", ...names, ...names.slice(1).map((name) => `tywrap / ${name}`)]);
row(Array.from({ length: 2 * names.length }, () => "---"));
for (const work of works) {
  const of = (name) => results.find((result) => result.work === work && result.name === name);
  const cells = names.map((name) => (of(name) ? (of(name).rate ?? show(of(name).median)) : "-"));
  const ratios = names.slice(1).map((name) => (of(name) ? (of("tywrap").median / of(name).median).toPrecision(3) : "-"));
  row([work, ...cells, ...ratios]);
}
const one = (name) => results.find((result) => result.work.endsWith("one by one") && result.name === name);
row(["math.sqrt, p99", ...names.map((name) => (one(name) ? show(one(name).p99) : "-")), ...names.slice(1).map((name) => (one(name) ? (one("tywrap").p99 / one(name).p99).toPrecision(3) : "-"))]);
process.exit(0);
