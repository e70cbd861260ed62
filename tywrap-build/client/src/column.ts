import { brand, kindOf } from "./kind.js";
import type { NDArray } from "./ndarray.js";
import type { PyValue } from "./value.js";

/** What a column of a table is in pandas that its values alone don't say. */
export interface PyColumnType {
  /**
   * pandas' name of its dtype, such as `Int64`, `category`, `string` or `datetime64[ns, Europe/Berlin]`. A column of text is an `object`
   * in which what is missing is `None`, or an `object[nan]` where it is NaN.
   */
  readonly dtype: string;
  /** Of a `category`: what the values are among. */
  readonly categories?: NDArray | readonly PyValue[];
  /** Of a `category`: whether the categories have an order. */
  readonly ordered?: boolean;
}

/** Registered, as the marks of values are, so that another copy of this client finds it. */
const TYPE: unique symbol = Symbol.for("tywrap.column") as never;

const NAMES: ReadonlySet<string> = new Set(
  ("category string str object object[nan] boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64").split(" "),
);
const MOMENTS = /^datetime64\[(?:s|ms|us|ns), [A-Za-z0-9_][A-Za-z0-9_+.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_+.-]*)*\]$/;

/**
 * The dtype of a column that {@link take} gave as an array of values, with its categories and their order; `undefined` of any other array.
 *
 * An array that is made of it, such as by `slice` or `map`, has none.
 */
export function columnType(values: readonly unknown[]): PyColumnType | undefined {
  return kindOf(values) === "column" ? (values as { readonly [TYPE]?: PyColumnType })[TYPE] : undefined;
}

/** Whether a column may be of a dtype of this name. */
export function isColumnDtype(dtype: unknown): dtype is string {
  return typeof dtype === "string" && (NAMES.has(dtype) || (dtype.length <= 90 && MOMENTS.test(dtype)));
}

/** Says of an array what it is in pandas. */
export function markColumn<T extends readonly unknown[]>(values: T, type: PyColumnType): T {
  brand(values, "column");
  Object.defineProperty(values, TYPE, { value: Object.freeze(type) });
  return values;
}
