// What the emitted types promise. This is compiled and never run; each `@ts-expect-error` is an error if the line is none.

import { kw, type NDArray } from "calculator-python";
import * as json from "calculator-python/json";
import * as math from "calculator-python/math";
import * as np from "calculator-python/numpy";
import * as statistics from "calculator-python/statistics";
import * as probe from "calculator-python/tywrap_probe";

export async function accepted(array: NDArray<"float64">): Promise<void> {
  const root: number = await math.sqrt(2);
  const pi: number = await math.pi;
  const close: boolean = await math.isclose(1, root, kw({ rel_tol: pi }));
  const text: string = await json.dumps({ close });
  const sum: number = await probe.add(1, 2, 3);
  const greeting: string = await probe.greet(text, kw({ times: sum }));
  const described: string = await probe.describe({ name: greeting });
  const calls: string[] = await probe.calls();
  void [await np.mean(array), await np.mean([[1, 2], [3, 4]]), await np.multiply(array, 2), described, calls];
  void (await statistics.mean([1, 2, 3]));
}

export async function refused(): Promise<void> {
  // @ts-expect-error a string is no number
  await math.sqrt("two");
  // @ts-expect-error one argument
  await math.sqrt();
  // @ts-expect-error not two
  await math.sqrt(1, 2);
  // @ts-expect-error no such keyword
  await math.isclose(1, 2, kw({ tolerance: 0.1 }));
  // @ts-expect-error a keyword of a wrong type
  await math.isclose(1, 2, kw({ rel_tol: "0.1" }));
  // @ts-expect-error keywords are in kw()
  await math.isclose(1, 2, { rel_tol: 0.1 });
  // @ts-expect-error keyword only
  await probe.greet("you", "Hi");
  // @ts-expect-error no such key
  await probe.describe({ height: 1 });
  // @ts-expect-error another literal
  await probe.choose("`${evil}` ");
  // @ts-expect-error it was not granted
  await probe.hidden();
  // @ts-expect-error the result is a promise
  const root: number = math.sqrt(2);
  // @ts-expect-error a constant is read by awaiting it
  const pi: number = math.pi;
  // @ts-expect-error the result is a number
  const text: string = await math.sqrt(2);
  void [root, pi, text];
}
