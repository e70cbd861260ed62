// Ten calls of `csv`, and two that are none. This is compiled and never run.

import { kw } from "whole-surface-python";
import * as csv from "whole-surface-python/csv";

export async function accepted(): Promise<unknown[]> {
  const a: csv.Reader = await csv.reader(["a,b", "1,2"]);
  const rows: string[][] = [];
  for await (const row of a) rows.push(row);
  const b: number = await a.line_num;
  const c: number = await csv.field_size_limit();
  const d: string[] = await csv.list_dialects();
  const e = await csv.DictReader(["a,b", "1,2"]);
  const f = await e.fieldnames;
  const g: csv.Sniffer = await csv.Sniffer();
  const h: boolean = await g.has_header("a,b\n1,2");
  const i: csv.Reader = await csv.reader(["a;b"], kw({ delimiter: ";" }));
  const j: null = await csv.register_dialect("semi", kw({ delimiter: ";" }));
  const k = await csv.get_dialect("semi");
  const l: 1 = csv.QUOTE_ALL;
  return [a, rows, b, c, d, e, f, g, h, i, j, k, l];
}

export async function refused(): Promise<void> {
  // @ts-expect-error a reader takes lines
  await csv.reader(1);
  // @ts-expect-error a limit is a number
  await csv.field_size_limit("big");
}
