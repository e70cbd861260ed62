// Ten calls of `numpy`, and two that are none. This is compiled and never run.

import { kw, NDArray } from "whole-surface-python";
import * as np from "whole-surface-python/numpy";

export async function accepted(): Promise<unknown[]> {
  const array = NDArray.from([[1, 2], [3, 4]]);
  const a = await np.mean(array);
  const b: NDArray = await np.zeros([2, 3]);
  const c = await np.sum(array, kw({ axis: 0 }));
  const d = await np.add(array, 1);
  const e = await np.dot(array, array);
  const f: NDArray = await np.arange(0, 10, 2);
  const g: NDArray = await np.linspace(0, 1, 5);
  const h = await np.reshape(array, [4]);
  const i = await np.where(array, array, 0);
  const j: NDArray[] = await np.split(array, 2).then((parts) => parts as NDArray[]);
  const k = await np.concatenate([array, array], kw({ axis: 1 }));
  const l: boolean = await np.allclose(array, array);
  const m: number = await np.pi.then((pi) => pi);
  return [array, a, b, c, d, e, f, g, h, i, j, k, l, m];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a map is no shape
  await np.zeros(new Map());
  // @ts-expect-error no such keyword
  await np.sum(array(), kw({ dimension: 0 }));
}
