// Ten calls of `re`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as re from "whole-surface-python/re";

export async function accepted(): Promise<unknown[]> {
  const a: re.Pattern<string> = await re.compile("a(b)?");
  const b: re.Match<string> | null = await a.search("xab");
  const c = await b?.group(1);
  const d: [number, number] | undefined = await b?.span();
  const e: string = await re.sub("a", "b", "aaa", kw({ count: 1 }));
  const f: string[] = (await re.split("[, ]", "a, b")) as string[];
  const g: string = await re.escape("a.b");
  const h: string[] = [];
  for await (const match of await a.finditer("ab ab")) h.push(await match.group());
  const i: re.Match<string> | null = await re.fullmatch("a+", "aaa", await re.IGNORECASE);
  const j: number = await a.groups;
  const k: [string, number] = await a.subn("x", "ab");
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a number is no pattern
  await re.compile(1);
  // @ts-expect-error a pattern of text finds nothing in a number
  await (await re.compile("a")).search(1);
}
