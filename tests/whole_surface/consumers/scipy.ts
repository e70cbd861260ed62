// Ten calls of `scipy`, and two that are none. This is compiled and never run.

import * as datetime from "whole-surface-python/datetime";
import * as scipy from "whole-surface-python/scipy";

export async function accepted(): Promise<unknown[]> {
  const a = await scipy.show_config();
  const b = await scipy.show_config("dicts");
  const c = await scipy.show_config("stdout");
  const d = scipy.with;
  const e = await scipy.show_config(undefined);
  const f = [await scipy.show_config()];
  const g = [a, b, c];
  const h = await datetime.MINYEAR;
  const i = await scipy.show_config().then((shown) => shown);
  const j = await Promise.all([scipy.show_config(), scipy.show_config("dicts")]);
  return [a, b, c, d, e, f, g, h, i, j];
}

export async function refused(): Promise<void> {
  // @ts-expect-error no such mode
  await scipy.show_config("yaml");
  // @ts-expect-error one argument
  await scipy.show_config("dicts", 1);
}
