// Ten calls of `scipy.stats`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as stats from "whole-surface-python/scipy.stats";

export async function accepted(): Promise<unknown[]> {
  const x = [1, 2, 3, 4];
  const a = await stats.pearsonr(x, x);
  const b = await a.pvalue;
  const c = await stats.ttest_ind(x, x);
  const d = await stats.linregress(x, x);
  const e = await d.slope;
  const f = await (await stats.norm()).cdf(1.96);
  const g = await stats.zscore(x);
  const h = await stats.describe(x);
  const i = await stats.spearmanr(x, x);
  const j = await stats.shapiro(x);
  const k = await stats.mannwhitneyu(x, x, kw({ alternative: "less" }));
  const l = await stats.entropy([0.5, 0.5]);
  return [x, a, b, c, d, e, f, g, h, i, j, k, l];
}

export async function refused(): Promise<void> {
  // @ts-expect-error no such alternative
  await stats.mannwhitneyu([1], [2], kw({ alternative: "more" }));
  // @ts-expect-error text is no sample
  await stats.shapiro("text");
}
