// Peak memory of one product of a million floats: `node memory.mjs <contender> <host> <python>` prints bytes, of all processes and what they share together.

import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { family } from "./processes.mjs";
import { BOTH, startRaw } from "./raw.mjs";

const [contender, host, interpreter] = process.argv.slice(2);
const floats = Float64Array.from({ length: 1_000_000 }, (_, at) => at / 2);

if (contender === "tywrap") {
  const { connect } = await import("peers-python");
  const np = await import("peers-python/numpy");
  await connect({ host: [host, "serve"] });
  for (let i = 0; i < 10; i++) await np.multiply(floats, 2);
} else {
  const raw = startRaw(interpreter);
  for (let i = 0; i < 10; i++) await raw.call(BOTH, floats);
}

/** Memory that has no process to count it: what processes share without mapping it. Its pages are kept until the end. */
function shared(pid) {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`);
  const isMemory = (link) => {
    try {
      return readlinkSync(link).startsWith("/memfd:");
    } catch {
      return false;
    }
  };
  return links.filter(isMemory).map((link) => statSync(link)).map(({ ino, blocks }) => [ino, blocks * 512]);
}

const peak = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
const all = family(process.pid);
const memories = new Map(all.flatMap(shared));
console.log([...all.map(peak), ...memories.values()].reduce((sum, one) => sum + one));
process.exit(0);
