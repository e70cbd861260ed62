// Ten calls of `random`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as random from "whole-surface-python/random";

export async function accepted(): Promise<unknown[]> {
  const a: number = await random.random();
  const b: number = await random.randint(1, 6);
  const c: string = await random.choice(["a", "b"]);
  const d: string[] = await random.choices(["a", "b"], kw({ k: 3 }));
  const e: number[] = await random.sample([1, 2, 3], 2);
  const f: null = await random.seed(42);
  const g: number = await random.gauss(0, 1);
  const h: random.Random = await random.Random(7);
  const i: number = await h.uniform(0, 1);
  const j: Uint8Array = await h.randbytes(4);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a bound is a number
  await random.randint("1", 6);
  // @ts-expect-error k is a number
  await random.choices([1], kw({ k: "3" }));
}
