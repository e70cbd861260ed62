// Ten calls of `difflib`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as difflib from "whole-surface-python/difflib";

export async function accepted(): Promise<unknown[]> {
  const a: string[] = await difflib.get_close_matches("appel", ["apple", "peach"]);
  const b = await difflib.SequenceMatcher(null, ["a", "b"], ["a", "c"]);
  const c: number = await b.ratio();
  const d = await b.get_opcodes();
  const e = await b.get_matching_blocks();
  const f: string[] = [];
  for await (const line of await difflib.unified_diff(["a"], ["b"], kw({ lineterm: "" }))) f.push(line);
  const g = await difflib.ndiff(["a"], ["b"]);
  const h: difflib.Differ = await difflib.Differ();
  const i = await h.compare(["a"], ["b"]);
  const j: boolean = await difflib.IS_LINE_JUNK("a");
  const k: string = await (await difflib.HtmlDiff()).make_table(["a"], ["b"]);
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error lines are texts
  await difflib.unified_diff([1], ["b"]);
  // @ts-expect-error a cutoff is a number
  await difflib.get_close_matches("a", ["b"], 1, "0.5");
}
