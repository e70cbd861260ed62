// Ten calls of `ipaddress`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as ipaddress from "whole-surface-python/ipaddress";

export async function accepted(): Promise<unknown[]> {
  const a: ipaddress.IPv4Address = await ipaddress.IPv4Address("10.0.0.1");
  const b: boolean = await a.is_private;
  const c: ipaddress.IPv4Network = await ipaddress.IPv4Network("10.0.0.0/8");
  const d: boolean = await c.__contains__(a);
  const e: number = await c.num_addresses;
  const f = await ipaddress.ip_address("::1");
  const g = await ipaddress.ip_network("10.0.0.0/8", kw({ strict: false }));
  const h: Uint8Array = await a.packed;
  const i = await c.subnets(1);
  const j: ipaddress.IPv6Address = await ipaddress.IPv6Address("::1");
  const k: string = await j.exploded;
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a network has no such member
  await (await ipaddress.IPv4Network("10.0.0.0/8")).hostnames();
  // @ts-expect-error it is read only
  await (await ipaddress.IPv4Address("10.0.0.1")).packed.set(new Uint8Array(4));
}
