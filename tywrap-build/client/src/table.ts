import { columnType, isColumnDtype, isFrequency, markColumn, type PyColumnType } from "./column.js";
import { prototypeOf } from "./classes.js";
import { call } from "./connection.js";
import { tagOfTypedArray, type TypedArray } from "./dtype.js";
import { brand, kindOf, type Kind } from "./kind.js";
import type { NDArray } from "./ndarray.js";
import { makeObject, type PyObject } from "./object.js";
import type { PyColumn, PyTable } from "./take.js";
import { labelsOf, partsOf, setParts, type IndexParts, type TableParts } from "./table-parts.js";
import type { PyArgument } from "./value.js";

/** A pandas `DataFrame`, made here: a value, which needs no `dispose` and holds on any connection. */
export type PyDataFrame = PyObject<
  | "pandas.core.frame:DataFrame"
  | "pandas.core.generic:NDFrame"
  | "pandas.core.indexing:IndexingMixin"
  | "pandas.core.arraylike:OpsMixin"
  | "pandas.core.frame:_GetItemHack",
  PyTable
>;

/** A pandas `Series`, made here: a value, which needs no `dispose` and holds on any connection. */
export type PySeries = PyObject<
  | "pandas.core.series:Series"
  | "pandas.core.generic:NDFrame"
  | "pandas.core.indexing:IndexingMixin"
  | "pandas.core.base:IndexOpsMixin"
  | "pandas.core.arraylike:OpsMixin",
  PyColumn
>;

/**
 * The values of a column: what {@link take} gave, whose dtype is kept; an array of one dimension; a typed array, whose type it has; or an
 * array of values, of which pandas makes what it likes.
 */
export type ColumnValues = NDArray | TypedArray | readonly PyArgument[];

/** The labels of rows: values as of a column, or of several levels, where each label is an array of one value for each level. */
export type IndexValues = ColumnValues;

/** What a `DataFrame` is made of. */
export interface DataFrameParts {
  /** The columns by label, in this order; as a `Map` where a label is no string, or looks like a number. A `PySeries` gives its values and their dtype. */
  readonly columns: Readonly<Record<string, ColumnValues | PySeries>> | ReadonlyMap<unknown, ColumnValues | PySeries>;
  /** The labels of the rows, which are counted from 0 if it is left out. */
  readonly index?: IndexValues | null;
  /** The names of the levels of the index, of which there is one as a rule. */
  readonly indexNames?: readonly PyArgument[];
  /** The names of the levels of the labels of the columns. */
  readonly columnsNames?: readonly PyArgument[];
  /** The frequency of an index of times in equal steps, in pandas' words, such as `D`; Python checks that they are. */
  readonly frequency?: string;
}

/** What a `Series` has besides its values. */
export interface SeriesOptions {
  /** The labels, which are counted from 0 if it is left out. */
  readonly index?: IndexValues | null;
  /** Its name. */
  readonly name?: PyArgument;
  /** The names of the levels of the index, of which there is one as a rule. */
  readonly indexNames?: readonly PyArgument[];
  /** The frequency of an index of times in equal steps, in pandas' words, such as `D`. */
  readonly frequency?: string;
  /** A dtype as {@link PyColumnType} has it, of values that have none yet. */
  readonly dtype?: string;
  /** What the values are among; the dtype is `category` then. */
  readonly categories?: NDArray | TypedArray | readonly PyArgument[];
  /** Whether the categories have an order. */
  readonly ordered?: boolean;
}

/**
 * A pandas `DataFrame` as an argument, of columns and labels; also of what {@link take} gave of one, which it is the same as then.
 *
 * @throws TypeError if a part is none
 * @throws RangeError if the parts are not equally long
 */
export function pyDataFrame(parts: DataFrameParts | PyTable): PyDataFrame {
  const { columns, index } = parts;
  if (typeof columns !== "object" || columns === null) throw new TypeError("a DataFrame is made of `{ columns, index }`");
  const entries: Iterable<[unknown, unknown]> = isMap(columns) ? columns : Object.entries(columns);
  const rows = index === undefined || index === null ? undefined : lengthOf(index, "the index");
  let length = rows;
  const labels: unknown[] = [];
  const made: unknown[] = [];
  for (const [label, given] of entries) {
    const values = isSeries(given) ? partsOf(given as PyObject).columns[0] : given;
    const what = `the column ${JSON.stringify(label, shown) ?? "without a label"}`;
    const got = lengthOf(values, what);
    length ??= got;
    if (got !== length) throw new RangeError(`${what} has ${got} values, and the table ${length} rows`);
    labels.push(label);
    made.push(kept(values));
  }
  return table("frame", "pandas.core.frame:DataFrame", {
    labels: indexOf(ofColumns(labels, columns), "the labels of the columns", parts.columnsNames, undefined, labels.length, true),
    columns: made,
    index: indexOf(index ?? null, "the index", parts.indexNames, parts.frequency, length ?? 0, made.length > 0 || (length ?? 0) === 0),
  });
}

/**
 * A pandas `Series` as an argument, of values and labels; also of what {@link take} gave of one, which it is the same as then.
 *
 * @throws TypeError if a part is none
 * @throws RangeError if there are not as many labels as values
 */
export function pySeries(values: ColumnValues | PyColumn, options: SeriesOptions = {}): PySeries {
  const taken = isTaken(values) ? values : undefined;
  const given: unknown = taken === undefined ? values : taken.values;
  const index: unknown = options.index === undefined ? (taken?.index ?? null) : options.index;
  const length = lengthOf(given, "a Series");
  if (index !== null && lengthOf(index, "the index") !== length) {
    throw new RangeError(`the index has ${lengthOf(index, "the index")} labels for ${length} values`);
  }
  const names = options.indexNames ?? (options.index === undefined ? taken?.indexNames : undefined);
  const frequency = options.frequency ?? (options.index === undefined ? taken?.frequency : undefined);
  return table("series", "pandas.core.series:Series", {
    labels: { values: [options.name === undefined ? (taken?.name ?? null) : options.name] },
    columns: [typed(given, options)],
    index: indexOf(index, "the index", names, frequency, length, true),
  });
}

/** What JSON has nothing for, in a message. */
function shown(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** The labels of columns, with the type that they have where the columns are those that were taken. */
function ofColumns(labels: unknown[], columns: object): unknown[] {
  const taken = labelsOf(columns);
  if (taken?.type === undefined || taken.labels.length !== labels.length) return labels;
  return labels.every((label, at) => Object.is(label, taken.labels[at])) ? markColumn(labels, taken.type) : labels;
}

/** An index of so many labels, with names and a frequency if it has any. A range goes as one if something else says how long it is. */
function indexOf(given: unknown, what: string, names: unknown, frequency: unknown, count: number, counted: boolean): IndexParts {
  const values = kept(given);
  if (frequency !== undefined && (values === null || !isFrequency(frequency))) {
    throw new TypeError(values === null ? "a frequency is one of an index" : `${JSON.stringify(frequency) ?? "this"} is no frequency of an index`);
  }
  const type = values === null ? undefined : columnType(values as readonly unknown[]);
  const range = values === null ? ([0, count, 1] as const) : type?.range;
  const parts = { values, range: counted && range !== undefined && isRange(values, range) ? range : undefined, frequency };
  if (names === undefined) return values === null ? { values } : parts;
  if (!Array.isArray(names)) throw new TypeError(`the names of ${what} are an array`);
  const levels = type?.levels?.length ?? 1;
  if (Array.isArray(values) && type?.dtype !== "levels" && names.length > 1) {
    const several = values.every((label) => Array.isArray(label) && label.length === names.length);
    if (several) return { ...parts, values: markColumn(values, { dtype: "levels", levels: names.map(() => undefined) }), names: [...(names as unknown[])] };
  }
  if (names.length !== (type?.dtype === "levels" ? levels : 1)) throw new RangeError(`${what} has ${names.length} names for ${levels} levels`);
  return { ...parts, names: [...(names as unknown[])] };
}

/** Whether labels are still those of the range that they were. */
function isRange(values: unknown, [start, stop, step]: readonly [number, number, number]): boolean {
  if (values === null) return true;
  const labels = Array.isArray(values) ? values : ((values as NDArray).data as ArrayLike<unknown>);
  if (Math.max(0, Math.ceil((stop - start) / step)) !== labels.length) return false;
  for (let at = 0; at < labels.length; at++) if (Number(labels[at]) !== start + at * step) return false;
  return true;
}

function table<T>(kind: Kind & ("frame" | "series"), className: string, parts: TableParts): T {
  const value = makeObject(prototypeOf(className, undefined), className, { call }, undefined);
  brand(value, kind);
  setParts(value, parts);
  return Object.freeze(value) as T;
}

/** The values of a series, with the dtype that was asked for. */
function typed(values: unknown, { dtype, categories, ordered }: SeriesOptions): unknown {
  if (dtype === undefined && categories === undefined) {
    if (ordered !== undefined) throw new TypeError("categories that are ordered must be named: pass `categories`");
    return kept(values);
  }
  if (!Array.isArray(values)) throw new TypeError("a typed array or NDArray has its dtype already; pass an array of values");
  const name = dtype ?? "category";
  if (!isColumnDtype(name)) throw new TypeError(`${JSON.stringify(name)} is no dtype of a column`);
  if ((name === "category") !== (categories !== undefined)) throw new TypeError("a dtype of `category` has `categories`, and no other has");
  if (categories === undefined) return markColumn([...(values as unknown[])], { dtype: name });
  lengthOf(categories, "the categories");
  return markColumn([...(values as unknown[])], {
    dtype: name,
    categories: kept(categories) as NonNullable<PyColumnType["categories"]>,
    ordered: ordered ?? false,
  });
}

/** A copy of an array, so that it stays as long as it was found to be. Arrays of numbers are not copied, as in any call. */
function kept(values: unknown): unknown {
  if (!Array.isArray(values)) return values;
  const type = columnType(values);
  return type === undefined ? [...(values as unknown[])] : markColumn([...(values as unknown[])], { ...type });
}

function lengthOf(values: unknown, what: string): number {
  if (Array.isArray(values)) return values.length;
  if (typeof values === "object" && values !== null) {
    if (kindOf(values) === "ndarray") {
      const { shape } = values as NDArray;
      if (shape.length !== 1) throw new TypeError(`${what} is an NDArray of ${shape.length} dimensions instead of one`);
      return shape[0] as number;
    }
    if (tagOfTypedArray(values) !== undefined) return (values as TypedArray).length;
  }
  throw new TypeError(`${what} is neither an array nor an NDArray`);
}

function isSeries(value: unknown): boolean {
  return typeof value === "object" && value !== null && kindOf(value) === "series";
}

function isTaken(values: ColumnValues | PyColumn): values is PyColumn {
  if (typeof values !== "object" || values === null) return false;
  return !Array.isArray(values) && kindOf(values) === undefined && tagOfTypedArray(values) === undefined && "values" in values;
}

function isMap(value: object): value is ReadonlyMap<unknown, unknown> {
  return Object.prototype.toString.call(value) === "[object Map]";
}
