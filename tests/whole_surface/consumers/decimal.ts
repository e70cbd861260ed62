// Ten calls of `decimal`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as decimal from "whole-surface-python/decimal";

export async function accepted(): Promise<unknown[]> {
  const a: decimal.Decimal = await decimal.Decimal("0.1");
  const b: string = await a.__str__();
  const c: decimal.Decimal = await a.__add__(await decimal.Decimal(1));
  const d: decimal.Decimal = await a.sqrt();
  const e: decimal.Decimal = await a.quantize(await decimal.Decimal("0.01"), kw({ rounding: "ROUND_UP" }));
  const f: boolean = await a.is_finite();
  const g: [number, number] = await a.as_integer_ratio();
  const h: decimal.Context = await decimal.getcontext();
  const i: number = await h.prec;
  const j: null = await h.prec.set(10).then(() => null);
  const k: decimal.Decimal = await decimal.Decimal.from_float(0.5);
  const l: decimal.Decimal = await h.divide(1, 3);
  return [a, b, c, d, e, f, g, h, i, j, k, l];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a digit is no array
  await decimal.Decimal(new Map());
  // @ts-expect-error a precision is a number
  await (await decimal.getcontext()).prec.set("ten");
}
