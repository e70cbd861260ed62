// Ten calls of `pandas`, and two that are none. This is compiled and never run.

import { kw, take } from "whole-surface-python";
import * as pandas from "whole-surface-python/pandas";

export async function accepted(): Promise<unknown[]> {
  const a: pandas.DataFrame = await pandas.DataFrame({ k: ["a", "b"], v: [1, 2] });
  const b = await a.head(1);
  const c: [number, number] = await a.shape;
  const d = await a.groupby("k");
  const e = await d.sum();
  const f = await take(a);
  const g = await a.describe();
  const h: pandas.DataFrame = await a.drop(kw({ columns: "v" }));
  const i = await pandas.Series([1, 2, 3]);
  const j: pandas.DataFrame = await pandas.concat([a, a]);
  const k = await a.to_json();
  const l: pandas.DataFrame = await a.merge(a, kw({ on: "k" }));
  const m = await pandas.isna(a);
  const n = await pandas.date_range("2024-01-01", kw({ periods: 3 }));
  return [a, b, c, d, e, f, g, h, i, j, k, l, m, n];
}

export async function refused(): Promise<void> {
  // @ts-expect-error rows are a number
  await (await pandas.DataFrame()).head("one");
  // @ts-expect-error no such keyword
  await (await pandas.DataFrame()).head(kw({ rows: 1 }));
}
