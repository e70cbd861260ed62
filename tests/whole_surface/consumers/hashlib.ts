// Ten calls of `hashlib`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as hashlib from "whole-surface-python/hashlib";

export async function accepted(): Promise<unknown[]> {
  const a = await hashlib.sha256(new Uint8Array([1]));
  const b: string = await a.hexdigest();
  const c: Uint8Array = await a.digest();
  const d: null = await a.update(new Uint8Array([2]));
  const e = await hashlib.md5(kw({ usedforsecurity: false }));
  const f: number = await e.digest_size;
  const g: string = await e.name;
  const h = await hashlib.new_("sha1", new Uint8Array(1));
  const i: Uint8Array = await hashlib.pbkdf2_hmac("sha256", new Uint8Array(1), new Uint8Array(2), 1000);
  const j = await a.copy();
  const k: Set<string> = await hashlib.algorithms_guaranteed;
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error text is not bytes
  await hashlib.sha256("text");
  // @ts-expect-error rounds are a number
  await hashlib.pbkdf2_hmac("sha256", new Uint8Array(1), new Uint8Array(2), "many");
}
