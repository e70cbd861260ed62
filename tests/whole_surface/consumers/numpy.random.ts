// Ten calls of `numpy.random`, and two that are none. This is compiled and never run.

import { kw, type NDArray } from "whole-surface-python";
import * as random from "whole-surface-python/numpy.random";

export async function accepted(): Promise<unknown[]> {
  const a: random.Generator = await random.default_rng(42);
  const b: NDArray = await a.normal(0, 1, [2, 3]);
  const c: NDArray = await a.integers(0, 10, 5);
  const d: number = await a.random();
  const e: NDArray = await a.uniform(kw({ size: [4] }));
  const f = await a.choice([1, 2, 3]);
  const g: NDArray = await a.permutation([1, 2, 3]);
  const h: number = await random.rand();
  const i: NDArray = await random.randn(2, 2);
  const j: null = await random.seed(1);
  const k: NDArray = await a.poisson(3, 10);
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a seed is no text
  await random.seed("seed");
  // @ts-expect-error a size is of numbers
  await (await random.default_rng()).normal(0, 1, "big");
}
