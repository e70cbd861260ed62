// Ten calls of `requests`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as requests from "whole-surface-python/requests";

export async function accepted(): Promise<unknown[]> {
  const a: requests.Session = await requests.Session();
  const b: requests.Response = await requests.get("https://example.org", kw({ timeout: 5 }));
  const c: number = await b.status_code;
  const d: string = await b.text;
  const e = await b.json();
  const f: boolean = await b.ok;
  const g: null = await b.raise_for_status();
  const h: requests.Response = await requests.post("https://example.org", kw({ json: { a: 1 } }));
  const i: requests.Request = await requests.Request("GET", "https://example.org");
  const j: requests.PreparedRequest = await i.prepare();
  const k: requests.Response = await a.get("https://example.org");
  const l = await b.headers;
  return [a, b, c, d, e, f, g, h, i, j, k, l];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a flag is no text
  await requests.get("https://example.org", kw({ allow_redirects: "yes" }));
  // @ts-expect-error no such keyword
  await requests.get("https://example.org", kw({ retries: 3 }));
}
