// Calls that real Python answers.

import { connect, kw, NDArray, PyComplex, PythonError, pyFloat, TimeoutError, UnsupportedError, WorkerCrashedError } from "calculator-python";
import * as json from "calculator-python/json";
import * as math from "calculator-python/math";
import * as np from "calculator-python/numpy";
import * as statistics from "calculator-python/statistics";
import * as probe from "calculator-python/tywrap_probe";
import { fails, finish, host, same } from "./check.js";

const connection = await connect({ host: host() });
try {
  // Scalars.
  same(await math.sqrt(2), Math.SQRT2, "math.sqrt(2)");
  same(await math.pi, Math.PI, "math.pi");
  same(await math.factorial(18), 6402373705728000, "math.factorial(18)");
  const wide = await fails(UnsupportedError, () => math.factorial(20), "math.factorial(20), which is no number");
  same([wide.code, wide.message.includes('"math.factorial" = "bigint"')], ["result-integer", true], "the error says what to write");
  same(await math.perm(20), 2432902008176640000n, "math.perm(20), which the policy makes a bigint");
  same(await math.perm(3), 6n, "math.perm(3), a bigint too");
  same(await math.gcd(12, 18, 27), 3, "math.gcd");
  same(await math.isclose(1, 1.001), false, "math.isclose");
  same(await math.isclose(1, 1.001, kw({ rel_tol: 0.01 })), true, "math.isclose with a keyword");
  same(await math.comb(5, 2), 10, "math.comb");
  same(await math.copysign(1, -0), -1, "a negative zero stays negative");
  same(await math.floor(2.5), 2, "math.floor");
  same(await statistics.mean([1, 2, 3, 4]), 2.5, "statistics.mean");
  same(await statistics.median([3, 1, 2]), 2, "statistics.median");

  // Everything that JSON has, and what it has not.
  same(await json.loads('{"answer": [42, null, true, 1.5, "é\\u2028"]}'), { answer: [42, null, true, 1.5, "é\u2028"] }, "json.loads");
  same(await json.dumps({ b: 1, a: [null, false, "x"] }, kw({ sort_keys: true })), '{"a": [null, false, "x"], "b": 1}', "json.dumps");
  for (const value of [
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 53 - 1,
    2n ** 64n,
    -(2n ** 200n),
    "",
    "text \u0000 \u2028 \ud83d\ude00 ${x} `y` '; DROP TABLE users; --",
    [],
    [1, [2, [3, [4]]]],
    {},
    { a: 1, "b-c": { d: [] } },
    new Uint8Array([0, 1, 255]),
    new Set([1, 2, 3]),
    new Map<number, string>([[1, "a"], [2, "b"]]),
    new PyComplex(1, -2),
  ]) {
    same(await probe.echo(value), value, `echo(${String(value)})`);
  }
  same(await probe.echo(Infinity), Infinity, "infinity");
  same(await probe.echo(NaN), NaN, "not a number");
  same(await probe.echo(-0), -0, "negative zero");
  same(Object.getPrototypeOf({}), Object.prototype, "prototypes are as they were");
  for (const [value, type] of [
    [1, "int"],
    [1.5, "float"],
    [-0, "float"],
    [pyFloat(1), "float"],
    [2n ** 70n, "int"],
    ["x", "str"],
    [true, "bool"],
    [null, "NoneType"],
    [[1], "list"],
    [{ a: 1 }, "dict"],
    [new Map([[1, 2]]), "dict"],
    [new Set([1]), "set"],
    [new Uint8Array(1), "bytes"],
    [new PyComplex(1, 2), "complex"],
    [NDArray.from(new Float64Array(3)), "ndarray"],
  ] as const) {
    same(await probe.type_name(value), type, `the type of ${String(value)}`);
  }

  // Arguments by position and by name; what is omitted has Python's default.
  same(await probe.add(1), 2, "add(1)");
  same(await probe.add(1, 2), 3, "add(1, 2)");
  same(await probe.add(1, 2, 3, 4), 10, "add(1, 2, 3, 4)");
  same(await probe.greet("you"), "Hello you", "greet");
  same(await probe.greet("you", kw({ greeting: "Hi", times: 2 })), "Hi you, Hi you", "greet with keywords");
  same(await probe.describe({ width: 3, name: "n" }), "[('name', 'n'), ('width', 3)]", "a typed dict");

  // What a stub says that was written to break out of a string or a comment is what it says.
  same(await probe.LIMIT, 7, "a constant");
  same(await probe.NASTY, "`${evil}` \"'; */ </script> \u2028 \\ \u202e //# sourceMappingURL=data:x", "a nasty constant");
  for (const choice of ["`${evil}`", "*/ evil() /*", "'; DROP TABLE users; --", "__proto__"] as const) {
    same(await probe.choose(choice), choice, `choose ${choice}`);
  }

  // numpy.
  same(await np.mean([1, 2, 3]), 2, "np.mean([1, 2, 3])");
  same(await np.mean([[1, 2], [3, 6]]), 3, "np.mean of a matrix");
  const columns = (await np.mean([[1, 2], [3, 6]], kw({ axis: 0 }))) as NDArray;
  same([columns.dtype, columns.shape, [...(columns.data as Float64Array)]], ["float64", Object.freeze([2]), [2, 4]], "np.mean along an axis");
  const count = 1_000_000;
  const left = Float64Array.from({ length: count }, (_, i) => i * 0.5 - 1000);
  const right = Float64Array.from({ length: count }, (_, i) => 1 / (i + 1));
  const product = (await np.multiply(NDArray.from(left), NDArray.from(right))) as NDArray<"float64">;
  same([product.dtype, product.size, product.data instanceof Float64Array], ["float64", count, true], "np.multiply of a million");
  let different = 0;
  for (let i = 0; i < count; i++) {
    if (!Object.is(product.data[i], (left[i] ?? 0) * (right[i] ?? 0))) different++;
  }
  same(different, 0, "products that differ");

  // Errors of Python's are errors of the caller's, and the connection goes on.
  const raised = await fails(PythonError, () => math.sqrt(-1), "math.sqrt(-1)");
  same(raised.pythonType, "ValueError", "the type of math.sqrt(-1)'s error");
  const message = await fails(PythonError, () => probe.fail("${x} `y` <z>"), "probe.fail");
  same([message.pythonType, message.message], ["ValueError", "${x} `y` <z>"], "the error says what Python says");

  // Many at once come back to the right callers.
  const squares = await Promise.all(Array.from({ length: 500 }, (_, i) => math.pow(i, 2)));
  same(squares.every((square, i) => square === i * i), true, "five hundred calls at once");

  // A worker that dies takes its calls with it, and the next one answers.
  await fails(WorkerCrashedError, () => probe.leave(), "a worker that ends");
  same(await math.sqrt(16), 4, "after a crash");

  // A signal ends a call at once.
  const begin = Date.now();
  const impatient = probe.with(connection.with({ signal: AbortSignal.timeout(200) }));
  let aborted: unknown;
  await impatient.sleep(15).then(undefined, (error: unknown) => (aborted = error));
  same([aborted !== undefined, Date.now() - begin < 10_000], [true, true], "an aborted call ends at once");
  same(aborted instanceof TimeoutError, false, "it is not the host's time that was up");
  same(await math.sqrt(25), 5, "after an aborted call");
} finally {
  await connection.close();
}
finish();
