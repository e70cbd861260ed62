// What TypeScript accepts and refuses. Compiled without the types of Node or of a browser.

import {
  columnType,
  connect,
  Connection,
  kw,
  NDArray,
  PolicyError,
  PyComplex,
  pyDataFrame,
  pyFloat,
  PyObject,
  pySeries,
  pyTuple,
  PythonError,
  take,
  ValidationError,
  type ArrayLike,
  type Kw,
  type Nested,
  type PyArgument,
  type PyColumn,
  type PyTable,
  type PyTuple,
  type PyValue,
} from "../../dist/tywrap-client.js";

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

// Connecting.
const connection: Connection = await connect({ host: ["target/debug/host", "--flag"], env: { PATH: "/bin", GONE: undefined }, cwd: "/", timeout: 1 });
await connect({ socket: "/run/host.sock" });
await connect({ url: "http://127.0.0.1:8080" });
await connect({ url: "https://app.example/python", token: undefined, timeout: 1 });
const words = ["host"];
// @ts-expect-error a list may be empty
await connect({ host: words });
// @ts-expect-error no shell: a command line is no program
await connect({ host: "host --flag" });
// @ts-expect-error one or the other
await connect({ host: ["host"], socket: "/run/host.sock" });
// @ts-expect-error a socket has no working directory
await connect({ socket: "/run/host.sock", cwd: "/" });
// @ts-expect-error a socket has no token
await connect({ socket: "/run/host.sock", token: "x" });
// @ts-expect-error one or the other
await connect({ url: "http://127.0.0.1:8080", socket: "/run/host.sock" });
// @ts-expect-error an address, not an object
await connect({ url: new Date() });
// @ts-expect-error one of the three is needed
await connect({});
// @ts-expect-error made by connect() only
new Connection();
connection.with({ signal: undefined, lend: true });
// @ts-expect-error not an option
connection.with({ timeout: 1 });

// `await using` needs no more than the reference in the declarations.
const disposable: AsyncDisposable = connection;
await disposable[Symbol.asyncDispose]();

// Keywords.
declare function mean(a: ArrayLike, kw: Kw<{ axis?: number | readonly number[]; order?: "C" | "F"; keepdims?: boolean | undefined }>): Promise<number>;
declare function need(kw: Kw<{ stop: number; step?: number }>): Promise<number>;
declare function anyKeyword(kw: Kw<Record<string, PyArgument>>): Promise<number>;
await mean([1], kw({ axis: 0 }));
await mean([1], kw({ axis: [0, 1], order: "C", keepdims: undefined }));
await mean([1], kw({}));
await need(kw({ stop: 1 }));
await anyKeyword(kw({ whatever: [1], else: { a: null } }));
// @ts-expect-error a plain object is never keywords
await mean([1], { axis: 0 });
// @ts-expect-error not a keyword
await mean([1], kw({ axsi: 0 }));
// @ts-expect-error not a keyword, beside one that is
await mean([1], kw({ axis: 0, order: "C", axsi: 0 }));
// @ts-expect-error not a value of the keyword
await mean([1], kw({ order: "D" }));
// @ts-expect-error not a type of the keyword
await mean([1], kw({ axis: "0" }));
// @ts-expect-error a keyword that is required
await need(kw({ step: 1 }));
// @ts-expect-error with exactOptionalPropertyTypes
await need(kw({ stop: 1, step: undefined }));
const prepared = kw({ axis: 1 });
await mean([1], prepared);

// Arrays.
same<NDArray<"float64">["data"], Float64Array>(true);
same<NDArray<"int64">["data"], BigInt64Array>(true);
same<NDArray<"datetime64[ns]">["data"], BigInt64Array>(true);
same<ReturnType<NDArray<"bool">["toNested"]>, Nested<boolean>>(true);
same<ReturnType<NDArray<"complex128">["at"]>, PyComplex>(true);
const typed: NDArray<"float32"> = NDArray.from(new Float32Array(4), [2, 2]);
const doubles: NDArray<"float64"> = NDArray.from([[1, 2], [3, 4]]);
const flags: NDArray<"bool"> = NDArray.from([true]);
const bigs: NDArray<"int64"> = NDArray.from([1n]);
const bytes: NDArray<"uint8"> = NDArray.from([1, 2], "uint8");
const complexes: NDArray<"complex128"> = NDArray.from([new PyComplex(1), 2]);
const some: NDArray = typed;
const maybe: NDArray<"float32" | "float64"> = typed;
const read: number = maybe.at(0, 1);
// @ts-expect-error another type of element
const wrong: NDArray<"float32"> = doubles;
// @ts-expect-error another array than the dtype's
new NDArray(new Float32Array(1), [1], "float64");
// @ts-expect-error no dtype
NDArray.from([1], "float65");
void [flags, bigs, bytes, complexes, some, read, wrong];

const likes: ArrayLike[] = [1, 1n, true, [1, [2n]], new Float64Array(1), typed, [new Float64Array(1), typed], new PyComplex(1), [pyFloat(1)]];
const numbers: ArrayLike<number>[] = [1, [1, [2]], typed];
// @ts-expect-error no number
numbers.push("1");
// @ts-expect-error no array
likes.push({ a: 1 });
// @ts-expect-error a plain object with the fields of nothing
likes.push(() => 1);

// Values.
const arguments_: PyArgument[] = [
  null,
  1n,
  pyFloat(1),
  pyTuple(1, "a"),
  [1, ["a"] as const],
  new Set([1]) as ReadonlySet<number>,
  new Map([[pyTuple(1, 2), new Uint8Array()]]),
  { a: { b: undefined, c: [new Float32Array(1)] } },
];
// @ts-expect-error a function
arguments_.push(() => 1);
// @ts-expect-error not supported yet
arguments_.push(new Date());
// @ts-expect-error symbols have no counterpart
arguments_.push(Symbol());
declare const value: PyValue;
if (value instanceof Map) same<typeof value, Map<PyValue, PyValue>>(true);
arguments_.push(value);
const pair: PyTuple<[number, string]> = pyTuple(1, "a");
const asArray: readonly [number, string] = pair;
declare function shape(of: number | readonly number[]): void;
shape(pyTuple(1, 2));
void asArray;

// Objects.
declare const counter: PyObject<"collections:Counter">;
const anyObject: PyObject = counter;
// @ts-expect-error another class
const deque: PyObject<"collections:deque"> = counter;
// @ts-expect-error made by the worker only
new PyObject();
// @ts-expect-error what looks like one is none
const fake: PyObject = { className: "a:B", dispose() {} };
anyObject.dispose();
const bothDisposable: AsyncDisposable & Disposable = counter;
void [deque, fake, bothDisposable];

// Tables.
declare const table: PyTable;
declare const column: PyColumn;
const frames: PyObject<"pandas.core.frame:DataFrame">[] = [
  pyDataFrame(table),
  pyDataFrame({ columns: { a: [1, null], b: new Float64Array(2), c: typed, d: pySeries([1, 2], { dtype: "Int64" }) }, index: ["x", "y"] }),
  pyDataFrame({ columns: new Map<PyArgument, readonly PyArgument[]>([[1, [1]]]), index: null }),
];
const general: PyObject<"pandas.core.generic:NDFrame">[] = [pyDataFrame(table), pySeries(column), pySeries(["x"], { categories: ["x"], ordered: true, name: 1 })];
general.push(pyDataFrame({ columns: {}, index: [["a", 1]], indexNames: ["k", null], columnsNames: ["c"] }), pySeries([1], { index: typed, frequency: "D", indexNames: [1] }));
const names: PyValue[] | undefined = table.indexNames ?? column.indexNames;
const step: string | undefined = table.frequency ?? column.frequency;
void [names, step];
const asData: PyTable = await take(pyDataFrame(table));
const dtype: string | undefined = columnType([1])?.dtype;
// @ts-expect-error another class
const series: PyObject<"pandas.core.series:Series"> = pyDataFrame(table);
// @ts-expect-error a text is no column
pyDataFrame({ columns: { a: "text" } });
// @ts-expect-error columns are needed
pyDataFrame({ index: [1] });
arguments_.push(pyDataFrame(table), [pySeries([1])]);
likes.push(pySeries([1]));
void [frames, general, asData, dtype, series];

// Errors are told apart.
declare const error: PolicyError | ValidationError | PythonError;
if (error instanceof PythonError) same<typeof error, PythonError>(true);
else if (error instanceof PolicyError) same<typeof error, PolicyError>(true);
else same<typeof error, ValidationError>(true);
same<PolicyError["severity"], "low" | "medium" | "high" | "critical">(true);
same<PolicyError["timestamp"], Date>(true);
