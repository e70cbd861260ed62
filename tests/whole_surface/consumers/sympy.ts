// Ten calls of `sympy`, and two that are none. This is compiled and never run.

import * as sympy from "whole-surface-python/sympy";

export async function accepted(): Promise<unknown[]> {
  const a = await sympy.symbols("x");
  const b = await sympy.sympify("x + 1");
  const c = await sympy.simplify(b);
  const d = await sympy.expand("(x + 1)**2");
  const e = await sympy.factor("x**2 - 1");
  const f = await sympy.diff("x**2", "x");
  const g = await sympy.solve("x**2 - 1", "x");
  const h = await sympy.Integer(3);
  const i = await sympy.Rational(1, 3);
  const j = await sympy.latex(b);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error no such function
  await sympy.simplicate("x");
  // @ts-expect-error a name is an argument
  await sympy.symbols();
}
