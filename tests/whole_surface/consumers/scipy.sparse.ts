// Ten calls of `scipy.sparse`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as sparse from "whole-surface-python/scipy.sparse";

export async function accepted(): Promise<unknown[]> {
  const a = await sparse.csr_array([[1, 0], [0, 2]]);
  const b = await a.toarray();
  const c = await a.nnz;
  const d = await sparse.eye(3);
  const e = await sparse.diags([1, 2]);
  const f = await sparse.tril(a);
  const g = await sparse.triu(a);
  const h: boolean = await sparse.issparse(a);
  const i = await a.transpose();
  const j = await sparse.random(3, 3, kw({ density: 0.5 }));
  const k = await sparse.kron(a, a);
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a matrix is an object
  await sparse.issparse();
  // @ts-expect-error no such keyword
  await sparse.random(3, 3, kw({ dense: true }));
}
