// Ten calls of `collections`, and two that are none. This is compiled and never run.

import { kw, take } from "whole-surface-python";
import * as collections from "whole-surface-python/collections";

export async function accepted(): Promise<unknown[]> {
  const a: collections.Counter<string> = await collections.Counter(["a", "b"]);
  const b: [string, number][] = await a.most_common(1);
  const c: number = await a.total();
  const d: collections.deque<number> = await collections.deque([1, 2]);
  const e: null = await d.append(3);
  const f: number = await d.pop();
  const g: collections.OrderedDict<string, number> = await collections.OrderedDict(new Map([["a", 1]]));
  const h: null = await g.move_to_end("a");
  const i: [string, number] = await g.popitem(kw({ last: false }));
  const j = await take(a);
  const k: number = await a.__getitem__("a");
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a deque of numbers takes no text
  await (await collections.deque([1])).append("x");
  // @ts-expect-error no such method
  await (await collections.Counter(["a"])).most_uncommon();
}
