// Ten calls of `base64`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as base64 from "whole-surface-python/base64";

export async function accepted(): Promise<unknown[]> {
  const bytes = new Uint8Array([1, 2, 3]);
  const a: Uint8Array = await base64.b64encode(bytes);
  const b: Uint8Array = await base64.b64decode("AQID");
  const c: Uint8Array = await base64.b64decode("AQID", kw({ validate: true }));
  const d: Uint8Array = await base64.urlsafe_b64encode(bytes);
  const e: Uint8Array = await base64.b32encode(bytes);
  const f: Uint8Array = await base64.b16encode(bytes);
  const g: Uint8Array = await base64.a85encode(bytes, kw({ adobe: true }));
  const h: Uint8Array = await base64.b85decode("000");
  const i: Uint8Array = await base64.encodebytes(bytes);
  const j: Uint8Array = await base64.standard_b64decode("AQID");
  return [bytes, a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a number is not bytes
  await base64.b64encode(1);
  // @ts-expect-error no such keyword
  await base64.b64decode("AQID", kw({ strict: true }));
}
