// Ten calls of `fractions`, and two that are none. This is compiled and never run.

import * as fractions from "whole-surface-python/fractions";

export async function accepted(): Promise<unknown[]> {
  const a: fractions.Fraction = await fractions.Fraction(1, 3);
  const b: number = await a.numerator;
  const c: number = await a.denominator;
  const d: fractions.Fraction = await fractions.Fraction("1/7");
  const e: fractions.Fraction = await a.limit_denominator(10);
  const f: fractions.Fraction = await fractions.Fraction.from_float(0.5);
  const g: [number, number] = await a.as_integer_ratio();
  const h: string = await a.__str__();
  const i: boolean = await a.__eq__(d);
  const j = await a.__add__(2);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a fraction is of numbers
  await fractions.Fraction([1], 2);
  // @ts-expect-error it is read only
  await (await fractions.Fraction(1)).numerator.set(1);
}
