// Ten calls of `urllib.parse`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as parse from "whole-surface-python/urllib.parse";

export async function accepted(): Promise<unknown[]> {
  const a: string = await parse.quote("a b");
  const b: string = await parse.unquote("a%20b");
  const c: string = await parse.urljoin("https://a.b/c", "d");
  const d: string = await parse.urlencode({ a: "1" });
  const e = await parse.parse_qs("a=1&a=2");
  const f: [string, string][] = await parse.parse_qsl("a=1");
  const g = await parse.urlsplit("https://a.b/c?d#e");
  const h = await parse.urlparse("https://a.b/c");
  const i: string = await parse.quote_plus("a b", kw({ safe: "/" }));
  const j: string = await parse.unquote_plus("a+b");
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a number is no text
  await parse.unquote_plus(1);
  // @ts-expect-error no such keyword
  await parse.quote("a", kw({ unsafe: "/" }));
}
