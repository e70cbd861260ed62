// Ten calls of `math`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as math from "whole-surface-python/math";

export async function accepted(): Promise<unknown[]> {
  const a: number = await math.sqrt(2);
  const b: number = await math.pi;
  const c: boolean = await math.isclose(1, 1.1, kw({ rel_tol: 0.2 }));
  const d: number = await math.gcd(12, 18, 24);
  const e: [number, number] = await math.frexp(8);
  const f: number = await math.hypot(3, 4);
  const g: number = await math.fsum([0.1, 0.2]);
  const h: number = await math.comb(5, 2);
  const i: number = await math.log(8, 2);
  const j: boolean = await math.isnan(NaN);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a string is no number
  await math.sqrt("two");
  // @ts-expect-error no such keyword
  await math.isclose(1, 2, kw({ tolerance: 0.1 }));
}
