// Ten calls of `numpy.linalg`, and two that are none. This is compiled and never run.

import { kw, NDArray } from "whole-surface-python";
import * as linalg from "whole-surface-python/numpy.linalg";

export async function accepted(): Promise<unknown[]> {
  const matrix = NDArray.from([[2, 0], [0, 3]]);
  const [u, s, vh] = await linalg.svd(matrix);
  const a: NDArray = await linalg.inv(matrix);
  const b = await linalg.det(matrix);
  const c = await linalg.norm(matrix);
  const d: NDArray = await linalg.solve(matrix, [1, 2]);
  const [values, vectors] = await linalg.eigh(matrix);
  const e = await linalg.matrix_rank(matrix);
  const f = await linalg.qr(matrix);
  const g: NDArray = await linalg.pinv(matrix);
  const h = await linalg.lstsq(matrix, [1, 2]);
  const i = await linalg.matrix_power(matrix, 3);
  const j: NDArray[] = [u, s, vh, values, vectors];
  return [matrix, a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error text is no matrix
  await linalg.inv("matrix");
  // @ts-expect-error no such mode
  await linalg.qr([[1]], kw({ mode: "fast" }));
}
