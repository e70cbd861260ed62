// Ten calls of `numpy.fft`, and two that are none. This is compiled and never run.

import { kw, type NDArray } from "whole-surface-python";
import * as fft from "whole-surface-python/numpy.fft";

export async function accepted(): Promise<unknown[]> {
  const a: NDArray = await fft.fft([1, 2, 3, 4]);
  const b: NDArray = await fft.ifft(a);
  const c: NDArray = await fft.rfft([1, 2, 3, 4]);
  const d: NDArray = await fft.irfft(c, 4);
  const e: NDArray = await fft.fft2([[1, 2], [3, 4]]);
  const f: NDArray = await fft.fftn([[1, 2], [3, 4]], kw({ axes: [0] }));
  const g: NDArray = await fft.fftfreq(8, 0.1);
  const h: NDArray = await fft.rfftfreq(8);
  const i: NDArray = await fft.fftshift([1, 2, 3]);
  const j: NDArray = await fft.ifftshift([1, 2]);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a count is a number
  await fft.rfftfreq("8");
  // @ts-expect-error no such keyword
  await fft.fft([1, 2], kw({ size: 2 }));
}
