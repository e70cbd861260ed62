// Ten calls of `string`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as string from "whole-surface-python/string";

export async function accepted(): Promise<unknown[]> {
  const a: string = await string.capwords("a b");
  const b: string = (await string.ascii_letters) + string.digits;
  const c: string.Template = await string.Template("$a");
  const d: string = await c.substitute({ a: "1" });
  const e: string = await c.safe_substitute(kw({ a: "1" }));
  const f: string[] = await c.get_identifiers().catch(() => []);
  const g: boolean = await c.is_valid().catch(() => true);
  const h: string.Formatter = await string.Formatter();
  const i: string = await h.format("{}", 1);
  const j: string = await string.capwords("a-b", "-");
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a template is a text
  await string.Template(1);
  // @ts-expect-error a number has no words
  await string.capwords(1);
}
