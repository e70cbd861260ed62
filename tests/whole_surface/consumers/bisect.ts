// Ten calls of `bisect`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as bisect from "whole-surface-python/bisect";

export async function accepted(): Promise<unknown[]> {
  const a: number = await bisect.bisect([1, 2, 3], 2);
  const b: number = await bisect.bisect_left([1, 2, 3], 2);
  const c: number = await bisect.bisect_right([1, 2, 3], 2);
  const d: null = await bisect.insort([1, 3], 2);
  const e: null = await bisect.insort_left([1, 3], 2);
  const f: null = await bisect.insort_right([1, 3], 2);
  const g: number = await bisect.bisect([1, 2, 3], 2, 1);
  const h: number = await bisect.bisect([1, 2, 3], 2, kw({ hi: 2 }));
  const i: number = await bisect.bisect_left(["a", "b"], "b");
  const j: number = await bisect.bisect_right(["a", "b"], "b", 0, 2);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a number has no order to search
  await bisect.bisect(1, 2);
  // @ts-expect-error no such keyword
  await bisect.bisect([1], 2, kw({ start: 1 }));
}
