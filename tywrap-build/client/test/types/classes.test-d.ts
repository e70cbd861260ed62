// An emitted module with classes, as TypeScript sees it.

import {
  describe,
  PyObject,
  take,
  type Inherit,
  type NDArray,
  type PyArgument,
  type PyClass,
  type PyColumn,
  type PyEnum,
  type PyIterable,
  type PyIterator,
  type PythonConstant,
  type PythonProperty,
  type PyTable,
  type PyValue,
} from "../../dist/tywrap-client.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

interface Dict<K, V> extends PyObject<"builtins:dict">, PyIterable<K> {
  get(key: K): Promise<V | null>;
  update(other: ReadonlyMap<K, V>): Promise<void>;
  copy(): Promise<Dict<K, V>>;
  readonly size: PythonProperty<number, number | string>;
}
interface Counter<T = PyValue> extends Inherit<Dict<T, number>, "collections:Counter" | "builtins:dict", "update" | "copy">, PyIterable<T> {
  most_common(n?: number | null): Promise<[T, number][]>;
  update(other: string): Promise<void>;
  copy(): Promise<Counter<T>>;
  readonly len: PythonConstant<number>;
}
interface Special extends Inherit<Counter<string>, "m:Special" | "collections:Counter" | "builtins:dict", "len">, PyIterable<string> {
  readonly len: PythonConstant<string>;
}
interface CounterClass extends PyClass<Counter> {
  (): Promise<Counter>;
  <T>(iterable: Iterable<T>): Promise<Counter<T>>;
  fromkeys(keys: string): Promise<Counter<string>>;
  readonly max: PythonConstant<number>;
}
interface Frame extends PyObject<"pandas:DataFrame", PyTable> {
  readonly T: PythonConstant<Frame>;
}
interface Series extends PyObject<"pandas:Series", PyColumn> {}
interface Geo extends Inherit<Frame, "geo:Frame" | "pandas:DataFrame", never, PyTable> {}

const $module = describe("collections", "d", ["Counter"], [["collections:Counter", [1], { most_common: 2, size: [3, 4] }], ["builtins:dict", [], {}]]);
const Counter: CounterClass = $module.class(0, 0, { fromkeys: 1, max: [7] });
// @ts-expect-error a property has at least what reads it
describe("m", "d", [], [["m:A", [], { size: [] }]]);

const counter = await Counter(["a"]);
same<typeof counter, Counter<string>>(true);
const pairs: [string, number][] = await counter.most_common();
const got: number | null = await counter.get("a");
await counter.update("b");
// @ts-expect-error what the base takes is overridden
await counter.update(new Map());
same<Awaited<ReturnType<typeof counter.copy>>, Counter<string>>(true);
const length: number = await counter.len;
const size: number = await counter.size;
await counter.size.set("3");
// @ts-expect-error not a value of the property
await counter.size.set(null);
// @ts-expect-error read-only
counter.len.set(3);
// @ts-expect-error not assigned like this
counter.size = 3;
same<typeof counter.className, string>(true);
const texts: string[] = [await counter.__str__(), await counter.__repr__()];
void [pairs, got, length, size, texts];

// Heirs are assignable to bases, and not the other way round.
declare const special: Special;
const asCounter: PyObject<"collections:Counter"> = special;
const asDict: PyObject<"builtins:dict"> = special;
const asAny: PyObject = special;
const whole: Dict<string, number> = await (await Counter(["a"])).copy().then((copy) => copy as unknown as Dict<string, number>);
const two: PyObject<"a"> = null as unknown as PyObject<"a" | "b">;
const argument: PyArgument = special;
const value: PyValue = counter;
const anyClass: PyObject<any, any> = special;
const overridden: string = await special.len;
// @ts-expect-error a base is no heir
const notSpecial: PyObject<"m:Special"> = counter;
// @ts-expect-error one class is not two
const notBoth: PyObject<"a" | "b"> = null as unknown as PyObject<"a">;
// @ts-expect-error any object is none of a class
const notAny: PyObject<"a"> = null as unknown as PyObject;
// @ts-expect-error what looks like one is none
const fake: PyObject<"a"> = { className: "a", dispose() {} };
void [asCounter, asDict, asAny, whole, two, argument, value, anyClass, overridden, notSpecial, notBoth, notAny, fake];

// No property by a name of its own stands for what exists in types only.
type Names<T> = Extract<keyof T, string>;
same<Names<PyObject<"a">>, "className" | "dispose" | "__str__" | "__repr__">(true);
same<Names<Special>, Names<PyObject> | "get" | "size" | "most_common" | "update" | "copy" | "len">(true);

// `instanceof` narrows.
declare const unknown: PyValue;
if (unknown instanceof Counter) {
  same<typeof unknown, Counter>(true);
  await unknown.most_common();
}
declare const either: Frame | Counter<string>;
if (either instanceof Counter) await either.most_common();
else await either.T;

// Iteration.
for await (const key of counter) same<typeof key, string>(true);
for await (const key of special) same<typeof key, string>(true);
declare const matches: PyIterator<Frame>;
for await (const match of matches) same<typeof match, Frame>(true);
const iterator: PyObject<"typing:Iterator"> = matches;
// @ts-expect-error nothing says that it can be iterated
for await (const _ of asAny);
void iterator;

// Taken as data.
declare const frame: Frame;
declare const geo: Geo;
declare const series: Series;
same<Awaited<ReturnType<typeof take<PyTable>>>, PyTable>(true);
const table = await take(frame);
same<typeof table, PyTable>(true);
const geoTable = await take(geo);
same<typeof geoTable, PyTable>(true);
const column: PyColumn = await take(series);
const index: NDArray | PyValue[] = table.index;
const data = await take(counter);
same<typeof data, PyValue>(true);
const frameIsObject: PyObject = frame;
// @ts-expect-error no object
await take(1);
void [column, index, frameIsObject];

// Enums.
interface Mix {
  mix(): Promise<number>;
}
type Red = PyEnum<"m:Color", "RED", "red"> & Mix;
type Blue = PyEnum<"m:Color", "BLUE", 2> & Mix;
type Color = Red | Blue;
declare const color: Color;
const Color: { readonly RED: Red; readonly BLUE: Blue } & PyClass<Color> = $module.enum(0, -1, { RED: "red", BLUE: 2 }, {});
if (color.name === "RED") same<typeof color.value, "red">(true);
else same<typeof color.value, 2>(true);
if (color === Color.RED) same<typeof color.name, "RED">(true);
if (unknown instanceof Color) same<typeof unknown.name, "RED" | "BLUE">(true);
await color.mix();
const taken = await take(Color.RED);
same<typeof taken, "red">(true);
const colorObject: PyObject<"m:Color"> = color;
const anyMember: PyEnum<"m:Color"> = color;
const colorArgument: PyArgument = color;
// @ts-expect-error of another enum
const other: PyEnum<"m:Other"> = color;
// @ts-expect-error frozen
color.name = "RED";
void [colorObject, anyMember, colorArgument, other];
