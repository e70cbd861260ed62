import { columnType, isColumnDtype, markColumn, type PyColumnType } from "./column.js";
import { prototypeOf } from "./classes.js";
import { call } from "./connection.js";
import { tagOfTypedArray, type TypedArray } from "./dtype.js";
import { brand, kindOf, type Kind } from "./kind.js";
import type { NDArray } from "./ndarray.js";
import { makeObject, type PyObject } from "./object.js";
import type { PyColumn, PyTable } from "./take.js";
import { partsOf, setParts, type TableParts } from "./table-parts.js";
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
}

/** What a `Series` has besides its values. */
export interface SeriesOptions {
  /** The labels, which are counted from 0 if it is left out. */
  readonly index?: IndexValues | null;
  /** Its name. */
  readonly name?: PyArgument;
  /** A dtype as {@link PyColumnType} has it, of values that have none yet. */
  readonly dtype?: string;
  /** What the values are among; the dtype is `category` then. */
  readonly categories?: NDArray | TypedArray | readonly PyArgument[];
  /** Whether the categories have an order. */
  readonly ordered?: boolean;
}

/**
 * A pandas `DataFrame` as an argument, of columns and labels; also of what {@link take} gave of one, which it is the same as then, but for
 * the names of its levels and the frequency of its index.
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
  const made: [unknown, unknown][] = [];
  for (const [label, given] of entries) {
    const values = isSeries(given) ? partsOf(given as PyObject).columns[0]?.[1] : given;
    const what = `the column ${JSON.stringify(label) ?? "without a label"}`;
    const got = lengthOf(values, what);
    length ??= got;
    if (got !== length) throw new RangeError(`${what} has ${got} values, and the table ${length} rows`);
    made.push([label, kept(values)]);
  }
  return table("frame", "pandas.core.frame:DataFrame", { columns: made, index: index === undefined ? null : kept(index), name: null });
}

/**
 * A pandas `Series` as an argument, of values and labels; also of what {@link take} gave of one, which it is the same as then, but for its name.
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
  const parts = { columns: [[null, typed(given, options)] as const], index: kept(index), name: options.name ?? null };
  return table("series", "pandas.core.series:Series", parts);
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
