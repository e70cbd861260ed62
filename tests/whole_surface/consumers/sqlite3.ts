// Ten calls of `sqlite3`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as sqlite3 from "whole-surface-python/sqlite3";

export async function accepted(): Promise<unknown[]> {
  const a: sqlite3.Connection = await sqlite3.connect(":memory:");
  const b: sqlite3.Cursor = await a.cursor();
  const c: sqlite3.Cursor = await b.execute("select 1");
  const d = await c.fetchall();
  const e = await c.fetchone();
  const f: null = await a.commit();
  const g: sqlite3.Cursor = await a.executemany("insert into t values (?)", [[1], [2]]);
  const h: number = await a.total_changes;
  const i: boolean = await sqlite3.complete_statement("select 1;");
  const j: sqlite3.Connection = await sqlite3.connect(":memory:", kw({ timeout: 1 }));
  const k: null = await a.close();
  return [a, b, c, d, e, f, g, h, i, j, k];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a statement is a text
  await (await sqlite3.connect(":memory:")).execute(1);
  // @ts-expect-error a timeout is a number
  await sqlite3.connect(":memory:", "1");
}
