// Ten calls of `zoneinfo`, and two that are none. This is compiled and never run.

import * as datetime from "whole-surface-python/datetime";
import * as zoneinfo from "whole-surface-python/zoneinfo";

export async function accepted(): Promise<unknown[]> {
  const a: zoneinfo.ZoneInfo = await zoneinfo.ZoneInfo("Europe/Vienna");
  const b: string = await a.key;
  const c: Set<string> = await zoneinfo.available_timezones();
  const d = await a.utcoffset(await datetime.datetime(2024, 1, 1));
  const e = await a.tzname(null);
  const f = await a.dst(null);
  const g = await datetime.datetime.now(a);
  const h: zoneinfo.ZoneInfo = await zoneinfo.ZoneInfo.no_cache("UTC");
  const i: null = await zoneinfo.ZoneInfo.clear_cache();
  const j = await zoneinfo.TZPATH;
  const k: datetime.datetime = await a.fromutc(await datetime.datetime(2024, 1, 1));
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a key is a text
  await zoneinfo.ZoneInfo(1);
  // @ts-expect-error a date has no offset
  await (await zoneinfo.ZoneInfo("UTC")).utcoffset(await datetime.date(2024, 1, 1));
}
