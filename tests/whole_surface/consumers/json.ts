// Ten calls of `json`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as json from "whole-surface-python/json";

export async function accepted(): Promise<unknown[]> {
  const a: string = await json.dumps({ a: [1, null] });
  const b: string = await json.dumps([1], kw({ indent: 2, sort_keys: true }));
  const c = await json.loads("[1]");
  const d = await json.loads(new Uint8Array([49]));
  const e: json.JSONDecoder = await json.JSONDecoder();
  const f = await e.decode("{}");
  const g: json.JSONEncoder = await json.JSONEncoder(kw({ ensure_ascii: false }));
  const h: string = await g.encode({ a: 1 });
  const i: number = await (await json.JSONDecodeError("msg", "doc", 0)).lineno;
  const j: boolean = json.JSONDecodeError[Symbol.hasInstance](e);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a number is no text
  await json.loads(1);
  // @ts-expect-error a flag is a boolean
  await json.dumps({}, kw({ sort_keys: "yes" }));
}
