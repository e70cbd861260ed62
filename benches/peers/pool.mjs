// Work for one core, several times: `node pool.mjs <host with one worker> <host with four>` prints milliseconds of each, in turn.

import { connect } from "peers-python";
import * as bench from "peers-python/tywrap_bench";
import { alternate, median, timed } from "./statistics.mjs";

const SIZE = 50_000;
const CALLS = 80;
const [one, four] = await Promise.all(process.argv.slice(2, 4).map((host) => connect({ host: [host, "serve"] })));
const many = (connection) => () => timed(() => Promise.all(Array.from({ length: CALLS }, () => bench.with(connection).work(SIZE))));
// Every worker imports numpy first.
await Promise.all([many(one)(), many(four)()]);
const times = await alternate(5, { one: many(one), four: many(four) });
console.log(`${median(times.one)} ${median(times.four)}`);
await Promise.all([one.close(), four.close()]);
process.exit(0);
