// Ten calls of `functools`, and two that are none. This is compiled and never run.

import type { PyObject } from "whole-surface-python";

declare const some: PyObject;
import * as functools from "whole-surface-python/functools";

export async function accepted(): Promise<unknown[]> {
  const a: number = await functools.WRAPPER_UPDATES.then((names) => names.length);
  const b = await functools.cmp_to_key(some);
  const c = await functools.partial(some);
  const d = await functools.reduce(some, [1, 2]);
  const e = await functools.reduce(some, [1, 2], 0);
  const f = await functools.wraps(some);
  const g = await functools.lru_cache(128);
  const h = await functools.update_wrapper(some, some);
  const i = await functools.cached_property(some);
  const j = await functools.cache(some);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a function is an object
  await functools.reduce(1, [1]);
  // @ts-expect-error a size is a number
  await functools.lru_cache("many");
}
