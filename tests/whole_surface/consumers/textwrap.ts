// Ten calls of `textwrap`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as textwrap from "whole-surface-python/textwrap";

export async function accepted(): Promise<unknown[]> {
  const a: string[] = await textwrap.wrap("a b c", 3);
  const b: string = await textwrap.fill("a b", kw({ width: 3, initial_indent: "> " }));
  const c: string = await textwrap.dedent("  a");
  const d: string = await textwrap.indent("a", "  ");
  const e: string = await textwrap.shorten("a b c", 4, kw({ placeholder: "…" }));
  const f: textwrap.TextWrapper = await textwrap.TextWrapper(20);
  const g: string[] = await f.wrap("a b");
  const h: string = await f.fill("a b");
  const i: number = await f.width;
  const j: null = await f.width.set(40).then(() => null);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a width is a number
  await textwrap.wrap("a", "wide");
  // @ts-expect-error no such keyword
  await textwrap.fill("a", kw({ columns: 3 }));
}
