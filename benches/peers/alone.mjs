// Small calls with nobody else in this process: `node alone.mjs <contender> <host> <python> <what>` prints one number.
//
// `p99`: milliseconds, one call after the other. `rate`: thousands of calls a second, 64 at a time, pythonia in its fast mode. `processor`:
// microseconds that all processes together compute for each of those.

import { readFileSync } from "node:fs";
import { family } from "./processes.mjs";
import { each, quantile, timed } from "./statistics.mjs";

const [contender, host, interpreter, what] = process.argv.slice(2);
const CALLS = 100_000;
const FLIGHT = 64;

const math = contender === "tywrap" ? await startTywrap() : await startPythonia();

async function startTywrap() {
  const { connect } = await import("peers-python");
  await connect({ host: [host, "serve"] });
  return import("peers-python/math");
}

async function startPythonia() {
  process.env.PYTHON_BIN = interpreter;
  const { python } = await import("pythonia");
  python.setFastMode(what !== "p99");
  return python("math");
}

const fly = (calls) => timed(async () => {
  let left = calls;
  await Promise.all(Array.from({ length: FLIGHT }, async () => {
    while (left-- > 0) await math.sqrt(2);
  }));
});

/** Microseconds that processes have computed, of which the kernel counts hundredths of a second. */
function computed(pids) {
  const ticks = (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  return pids.map(ticks).reduce((sum, one) => sum + one) * 10_000;
}

if (what === "p99") {
  // The first ones warm up.
  await each(CALLS / 50, () => math.sqrt(2));
  console.log(quantile(await each(CALLS / 5, () => math.sqrt(2)), 0.99));
} else {
  await fly(CALLS / 10);
  const pids = family(process.pid);
  const before = computed(pids);
  const time = await fly(CALLS);
  console.log(what === "rate" ? CALLS / time : (computed(pids) - before) / CALLS);
}
process.exit(0);
