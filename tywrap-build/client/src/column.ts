import { brand } from "./kind.js";
import type { NDArray } from "./ndarray.js";
import type { PyValue } from "./value.js";

/** What a column of a table, or an index, is in pandas that its values alone don't say. */
export interface PyColumnType {
  /**
   * pandas' name of its dtype, such as `Int64`, `category`, `string` or `datetime64[ns, Europe/Berlin]`. A column of text is an `object`
   * in which what is missing is `None`, or an `object[nan]` where it is NaN; an `object[any]` has values of any kinds.
   *
   * `period[M]` and the like are an `NDArray` of numbers, counted as pandas counts them. `Sparse` is an `NDArray` of all values. An `interval`
   * has values `[left, right]`. `range` and `levels` are indexes: one that is counted, and one of several levels.
   */
  readonly dtype: string;
  /** Of a `category`: what the values are among. */
  readonly categories?: NDArray | readonly PyValue[];
  /** Of a `category`: whether the categories have an order. */
  readonly ordered?: boolean;
  /** Of `Sparse`: the value that pandas leaves out. */
  readonly fill?: number | bigint | boolean;
  /** Of an `interval`: which ends belong to it. */
  readonly closed?: "right" | "left" | "both" | "neither";
  /** Of `levels`: what each level is; `undefined` where its values say that. Of an `interval`: what its two ends are. */
  readonly levels?: readonly (PyColumnType | undefined)[];
  /** Of a `range`: its first number, the one that it ends before, and the step. */
  readonly range?: readonly [start: number, stop: number, step: number];
}

/** Registered, as the marks of values are, so that another copy of this client finds it. */
const TYPE: unique symbol = Symbol.for("tywrap.column") as never;

const NAMES: ReadonlySet<string> = new Set(
  ("category string str object object[nan] object[any] boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64").split(" "),
);
const LEVELS: ReadonlySet<string> = new Set("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split(" "));
const TIMES = /^(?:datetime64|timedelta64)\[(?:s|ms|us|ns)\]$/;
const FREQUENCY =
  /^(?:-?[1-9]\d{0,8})?(?:ns|us|ms|s|min|h|D|B|bh|W|M|MS|ME|BMS|BME|SM[SE](?:-15)?|T|H|(?:W|Q|QS|QE|BQS|BQE|Y|YS|YE|BYS|BYE|A|AS|BA|BQ)-(?:MON|TUE|WED|THU|FRI|SAT|SUN|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))$/;
const MOMENTS = /^datetime64\[(?:s|ms|us|ns), [A-Za-z0-9_][A-Za-z0-9_+.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_+.-]*)*\]$/;

/**
 * The dtype of a column or an index that {@link take} gave, with its categories and their order, or what else it has; `undefined` of any other
 * array, and of an `NDArray` that says all of it.
 *
 * An array that is made of it, such as by `slice` or `map`, has none.
 */
export function columnType(values: NDArray | readonly unknown[]): PyColumnType | undefined {
  return (values as { readonly [TYPE]?: PyColumnType })[TYPE];
}

/** Whether a column may be of a dtype of this name. */
export function isColumnDtype(dtype: unknown): dtype is string {
  return typeof dtype === "string" && (NAMES.has(dtype) || (dtype.length <= 90 && MOMENTS.test(dtype)));
}

/** Whether a level of an index, the labels of columns or the ends of intervals may be of a dtype of this name. */
export function isLevelDtype(dtype: unknown): dtype is string {
  return isColumnDtype(dtype) || (typeof dtype === "string" && (LEVELS.has(dtype) || TIMES.test(dtype)));
}

/** Whether an array whose elements are of a type may be the numbers of periods, or of moments in a zone. */
export function isArrayDtype(dtype: unknown, elements: string): dtype is string {
  if (typeof dtype !== "string" || dtype.length > 90) return false;
  if (MOMENTS.test(dtype)) return elements === `${dtype.slice(0, dtype.indexOf(","))}]`;
  return elements === "int64" && /^period\[.*\]$/.test(dtype) && isFrequency(dtype.slice(7, -1));
}

/** Whether an index of times may have a frequency of this name. */
export function isFrequency(name: unknown): name is string {
  return typeof name === "string" && FREQUENCY.test(name);
}

/** Says of an array, or of the columns of a table, what it is in pandas. */
export function markColumn<T extends object>(values: T, type: PyColumnType): T {
  if (Array.isArray(values)) brand(values, "column");
  Object.defineProperty(values, TYPE, { value: Object.freeze(type) });
  return values;
}
