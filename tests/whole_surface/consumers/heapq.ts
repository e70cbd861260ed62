// Ten calls of `heapq`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as heapq from "whole-surface-python/heapq";

export async function accepted(): Promise<unknown[]> {
  const a: number[] = await heapq.nlargest(2, [1, 2, 3]);
  const b: number[] = await heapq.nsmallest(2, [1, 2, 3]);
  const c: string[] = await heapq.nsmallest(1, ["a"]);
  const d = await heapq.merge([1, 3], [2]);
  const e = await heapq.merge([3, 1], [2], kw({ reverse: true }));
  const f: null = await heapq.heapify([3, 1]);
  const g: null = await heapq.heappush([1], 2);
  const h: number = await heapq.heappop([1]);
  const i: number = await heapq.heapreplace([1], 2);
  const j: number = await heapq.heappushpop([1], 2);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a number is no heap
  await heapq.heappop(1);
  // @ts-expect-error a count is a number
  await heapq.nlargest("2", [1]);
}
