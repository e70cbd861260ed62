// Functions of TypeScript that real Python calls: with values and with objects, inside of one another, and failing.

import { connect, kw, NDArray, PythonError, take, type PyObject } from "whole-surface-python";
import * as difflib from "whole-surface-python/difflib";
import * as functools from "whole-surface-python/functools";
import * as itertools from "whole-surface-python/itertools";
import * as json from "whole-surface-python/json";
import * as np from "whole-surface-python/numpy";
import * as pandas from "whole-surface-python/pandas";
import * as re from "whole-surface-python/re";
import * as optimize from "whole-surface-python/scipy.optimize";
import * as torture from "whole-surface-python/tywrap_torture";
import { fails, finish, host, same } from "./check.js";

const connection = await connect({ host: host() });
try {
  // Types flow through: `T` of the items is what the function is called with.
  const total: number = await functools.reduce((sum: number, item: number) => sum + item, [1, 2, 3, 4]);
  same(total, 10, "functools.reduce");
  same(await functools.reduce(async (text: string, item: string) => text + item, ["a", "b", "c"]), "abc", "with a promise");
  same(await torture.apply((number, text) => number > 2 && text.length > 0, 3), true, "torture.apply");

  // What Python keeps it calls later, inside of whatever call is open then.
  const sums: number[] = [];
  for await (const sum of await itertools.accumulate([1, 2, 3, 4], (a: number, b: number) => a * b)) sums.push(sum);
  same(sums, [1, 2, 6, 24], "itertools.accumulate");

  // Objects come as objects, and their methods are called while Python waits.
  const swapped = await re.sub("(\\w+) (\\w+)", async (match) => `${await match.group(2)} ${await match.group(1)}`, "hello world, good day");
  same(swapped, "world hello, day good", "re.sub");
  const junk = await difflib.SequenceMatcher((letter: PyObject | string) => letter === " ", " abcd", "abcd abcd");
  same((await junk.find_longest_match(0, 5, 0, 9)).slice(0, 3), [1, 0, 4], "difflib.SequenceMatcher");

  // Numbers and arrays, with Python called from inside.
  const root = await optimize.brentq(async (x: number) => x * x - Number(await np.sqrt(4)), 0, 2);
  same(Math.abs((root as number) - Math.SQRT2) < 1e-9, true, "optimize.brentq");
  const least = await optimize.minimize((x: NDArray<"float64">) => (x.data[0] as number - 3) ** 2 + 1, [0]);
  const found = (await take(least)) as Record<string, unknown>;
  same(Math.round((found["x"] as NDArray<"float64">).data[0] as number * 1000), 3000, "optimize.minimize");

  // Every element of a column.
  const frame = await pandas.DataFrame({ city: ["Rome", "Oslo", "Rome"], rain: [1, 5, 3] });
  const doubled = await frame.apply(async (column: pandas.Series) => (await column.__str__()).split("\n").length, kw({ axis: 0 }));
  same((await take(doubled)).values instanceof NDArray, true, "DataFrame.apply");
  const parsed = await json.loads('{"a": 1.5, "b": [2.25]}', kw({ parse_float: (text: string) => text.length }));
  same(parsed, { a: 3, b: [4] }, "json.loads with parse_float");

  // What a function throws is the cause of what the call throws.
  const mine = new Error("no more");
  const error = await fails(PythonError, () => functools.reduce((): number => { throw mine; }, [1, 2]), "a function that throws");
  same([error.pythonType, error.message, error.cause === mine], ["tywrap.CallbackError", "Error: no more", true], "its error");
  const wrong = await fails(
    PythonError,
    // What compiles is checked all the same.
    () => torture.apply((() => "yes") as unknown as () => boolean, 3),
    "a function that gives a string for a bool",
  );
  same(wrong.message.includes('gave str "yes" where Python expects bool'), true, wrong.message);

  // Calls inside of calls inside of calls.
  const depth = async (n: number): Promise<number> => (n === 0 ? 0 : functools.reduce(async (a: number, b: number) => a + b + (await depth(n - 1)), [0, 1]));
  same(await depth(12), 12, "twelve deep");

  // Side by side: a hundred calls, each of which calls back.
  const many = await Promise.all(Array.from({ length: 100 }, (_, i) => functools.reduce((a: number, b: number) => a + b, [i, 1, 1])));
  same(many, Array.from({ length: 100 }, (_, i) => i + 2), "a hundred at a time");
} finally {
  await connection.close();
}
finish();
