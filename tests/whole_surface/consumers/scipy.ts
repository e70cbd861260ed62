// Ten calls of `scipy`, which has one function that is not in a module below it, and two that are none. This is compiled and never run.

import { kw, type Connection } from "whole-surface-python";
import * as scipy from "whole-surface-python/scipy";

export async function accepted(connection: Connection): Promise<unknown[]> {
  const a: null = await scipy.show_config();
  const b: null = await scipy.show_config("stdout");
  const c: null = await scipy.show_config(undefined);
  const d: null = await scipy.show_config(kw({ mode: "stdout" }));
  const e = await scipy.show_config("dicts");
  const f = (await scipy.show_config("dicts"))["Build Dependencies"];
  const g: null = await scipy.with(connection).show_config();
  const h: null = await scipy.with(connection).show_config(kw({ mode: "stdout" }));
  const i = await scipy.with(connection).show_config("dicts");
  const j = await Promise.all([scipy.show_config(), scipy.show_config("dicts")]);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error no such mode
  await scipy.show_config("yaml");
  // @ts-expect-error one argument
  await scipy.show_config("dicts", 1);
}
