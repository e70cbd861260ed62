// Ten calls of `datetime`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as datetime from "whole-surface-python/datetime";

export async function accepted(): Promise<unknown[]> {
  const a: datetime.datetime = await datetime.datetime(2024, 1, 2);
  const b: string = await a.isoformat();
  const c: number = await a.year;
  const d: datetime.timedelta = await datetime.timedelta(kw({ days: 1 }));
  const e: datetime.datetime = await a.__add__(d);
  const f: datetime.date = await a.date();
  const g: number = await d.total_seconds();
  const h: datetime.datetime = await datetime.datetime.fromisoformat("2024-01-02");
  const i: datetime.datetime = await a.replace(kw({ year: 2025 }));
  const j: string = await (await datetime.time(12, 30)).strftime("%H");
  const k: datetime.datetime = await a.astimezone(await datetime.UTC);
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a year is a number
  await datetime.datetime("2024", 1, 2);
  // @ts-expect-error a date is no timedelta
  await (await datetime.timedelta()).__mod__(await datetime.date(2024, 1, 2));
  // @ts-expect-error a property is read only
  await (await datetime.date(2024, 1, 2)).year.set(2025);
}
