// Ten calls of `uuid`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as uuid from "whole-surface-python/uuid";

export async function accepted(): Promise<unknown[]> {
  const a: uuid.UUID = await uuid.uuid4();
  const b: string = await a.hex;
  const c: uuid.UUID = await uuid.UUID("12345678123456781234567812345678");
  const d: boolean = await a.__eq__(c);
  const e: uuid.UUID = await uuid.uuid5(await uuid.NAMESPACE_DNS, "example.org");
  const f: Uint8Array = await c.bytes;
  const g: number = await c.version.then((version) => version ?? 0);
  const h: string = await c.urn;
  const i: uuid.UUID = await uuid.UUID(kw({ int: 5 }));
  const j: number = await uuid.getnode();
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a UUID is no text
  await uuid.uuid5("dns", "example.org");
  // @ts-expect-error it is read only
  await (await uuid.uuid4()).hex.set("x");
}
