// TypeScript computes with numpy and pandas. Run by `cargo run -p science`, which passes the host's command line.
import { connect, kw, NDArray, take } from "science-python";
import * as np from "science-python/numpy";
import * as pd from "science-python/pandas";

declare const console: { log(...values: unknown[]): void };
declare const process: { argv: string[] };
declare const performance: { now(): number };

const [host, ...args] = process.argv.slice(2);
if (host === undefined) throw new Error("usage: node app.js <host program> [argument…]");

const connection = await connect({ host: [host, ...args] });
try {
  console.log("np.mean([1, 2, 3])                 ", await np.mean([1, 2, 3]));
  console.log("np.linalg.norm([3, 4])             ", await np.linalg.norm([3, 4]));

  const samples = NDArray.from(Float64Array.from({ length: 1_000_000 }, (_, i) => i / 1e6));
  const start = performance.now();
  const doubled = (await np.multiply(samples, 2)) as NDArray<"float64">;
  const elapsed = (performance.now() - start).toFixed(1);
  console.log(`np.multiply(1e6 floats, 2)          last is ${doubled.data[999_999]}, there and back in ${elapsed} ms`);

  const grid = await np.reshape(await np.arange(6), [2, 3]);
  console.log("np.reshape(np.arange(6), [2, 3])   ", grid.toNested());
  console.log("np.sum(grid, kw({ axis: 0 }))      ", ((await np.sum(grid, kw({ axis: 0 }))) as NDArray).toNested());

  const days = await pd.date_range("2026-01-01", kw({ periods: 5, freq: "D" }));
  console.log("pd.infer_freq(pd.date_range(…))    ", await pd.infer_freq(days));

  const rain = await pd.DataFrame({ city: ["Bern", "Basel", "Bern"], millimetres: [3.5, 1, 2] });
  const total = await (await rain.groupby("city")).sum();
  console.log('rain.groupby("city").sum()         ', await take(total));
} finally {
  await connection.close();
}
