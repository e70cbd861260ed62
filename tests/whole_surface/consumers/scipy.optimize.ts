// Ten calls of `scipy.optimize`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as optimize from "whole-surface-python/scipy.optimize";

export async function accepted(): Promise<unknown[]> {
  const a = await optimize.linprog([1, 2]);
  const b = await optimize.linprog([1, 2], kw({ bounds: [0, 1] }));
  const c = await optimize.nnls([[1, 0], [0, 1]], [1, 2]);
  const d = await optimize.lsq_linear([[1, 0], [0, 1]], [1, 2]);
  const e = await optimize.linear_sum_assignment([[1, 2], [3, 4]]);
  const f: optimize.Bounds = await optimize.Bounds([0], [1]);
  const g = await optimize.LinearConstraint([[1, 1]], 0, 1);
  const h = await optimize.milp([1, 2]);
  const i = await f.residual([0.5]);
  const j = await optimize.rosen([1, 1]);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error costs are numbers
  await optimize.linprog("cheap");
  // @ts-expect-error a flag is a boolean
  await optimize.linear_sum_assignment([[1]], "maximize");
}
