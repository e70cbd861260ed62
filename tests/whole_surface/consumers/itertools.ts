// Ten calls of `itertools`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as itertools from "whole-surface-python/itertools";

export async function accepted(): Promise<unknown[]> {
  const a = await itertools.count(1, 2);
  const b = await itertools.chain([1], [2]);
  const c = await itertools.islice([1, 2, 3], 2);
  const d = await itertools.permutations([1, 2], 2);
  const e = await itertools.combinations(["a", "b"], 2);
  const f = await itertools.product([1], ["a"]);
  const g = await itertools.accumulate([1, 2, 3]);
  const h = await itertools.cycle([1]);
  const i = await itertools.zip_longest([1], [2], kw({ fillvalue: 0 }));
  const j = await itertools.pairwise([1, 2]);
  const k: number[] = [];
  for await (const number of c) k.push(number);
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a number is nothing to go through
  await itertools.cycle(1);
  // @ts-expect-error a count counts numbers
  await itertools.count("a");
}
