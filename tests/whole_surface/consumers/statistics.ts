// Ten calls of `statistics`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as statistics from "whole-surface-python/statistics";

export async function accepted(): Promise<unknown[]> {
  const a = await statistics.mean([1, 2, 3]);
  const b: number = await statistics.fmean([1, 2.5]);
  const c = await statistics.median([3, 1, 2]);
  const d = await statistics.stdev([1, 2, 3]);
  const e: string = await statistics.mode(["a", "a"]);
  const f: string[] = await statistics.multimode(["a", "b"]);
  const g = await statistics.quantiles([1, 2, 3], kw({ n: 4 }));
  const h: number = await statistics.correlation([1, 2], [2, 4]);
  const i: statistics.NormalDist = await statistics.NormalDist(0, 1);
  const j: number = await i.cdf(1.96);
  const k: number = await i.stdev;
  const l: number = await statistics.geometric_mean([1, 2]);
  return [a, b, c, d, e, f, g, h, i, j, k, l];
}

export async function refused(): Promise<void> {
  // @ts-expect-error text has no mean
  await statistics.fmean("abc");
  // @ts-expect-error no such keyword
  await statistics.quantiles([1], kw({ parts: 4 }));
}
