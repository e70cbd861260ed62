import { kindOf } from "./kind.js";

/** Fewer rows are written as they are. */
const MIN_ROWS = 16;

/** Objects that have the same keys, by their columns. */
export interface Rows {
  /** The keys of each, in their order. */
  readonly keys: readonly string[];
  /** What all of them have under one key. */
  readonly columns: readonly (readonly unknown[])[];
}

/**
 * The columns of an array, if it is many plain objects that have the same keys in the same order, and nothing in it has a hole. Getters
 * are read here.
 */
export function rowsOf(items: readonly unknown[]): Rows | undefined {
  const { length } = items;
  if (length < MIN_ROWS || !isRecord(items[0]) || Object.getPrototypeOf(items) !== Array.prototype || kindOf(items) !== undefined) return undefined;
  const keys = Object.keys(items[0]);
  if (keys.length === 0 || keys.includes("__proto__") || !keys.every((key) => key.isWellFormed())) return undefined;
  const columns = keys.map(() => new Array<unknown>(length));
  for (let i = 0; i < length; i++) {
    const row = items[i];
    if (!isRecord(row)) return undefined;
    let at = 0;
    // What is inherited is none of the keys, so a program in which something is has no rows.
    for (const key in row) {
      if (key !== keys[at]) return undefined;
      const cell = row[key];
      if (cell === undefined) return undefined;
      (columns[at] as unknown[])[i] = cell;
      at += 1;
    }
    if (at !== keys.length) return undefined;
  }
  return { keys, columns };
}

/** The objects of columns, each of which has `count` values. */
export function makeRows<V>(keys: readonly string[], columns: readonly ArrayLike<V>[], count: number): Record<string, V>[] {
  const rows = new Array<Record<string, V>>(count);
  // Copies of an object that has the keys: they are made fast, and assigning to one reaches nothing that is inherited.
  const empty = Object.fromEntries(keys.map((key) => [key, null])) as Record<string, never>;
  for (let i = 0; i < count; i++) rows[i] = { ...empty };
  for (const [at, key] of keys.entries()) fill(rows, key, columns[at] as ArrayLike<V>);
  return rows;
}

/** Its own function, so that what an engine learns of one column does not have to do for all. */
function fill<V>(rows: Record<string, V>[], key: string, column: ArrayLike<V>): void {
  for (let i = 0; i < rows.length; i++) (rows[i] as Record<string, V>)[key] = column[i] as V;
}

/** The bytes of a column that is numbers. */
export function packNumbers(cells: readonly unknown[]): Uint8Array | undefined {
  const numbers = new Float64Array(cells.length);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (typeof cell !== "number") return undefined;
    numbers[i] = cell;
  }
  return new Uint8Array(numbers.buffer);
}

/** The bytes of a column that is booleans. */
export function packBooleans(cells: readonly unknown[]): Uint8Array | undefined {
  const bytes = new Uint8Array(cells.length);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (typeof cell !== "boolean") return undefined;
    bytes[i] = Number(cell);
  }
  return bytes;
}

/** A column of `count` numbers or booleans; nothing if the bytes are none of such. */
export function unpack(tag: string, bytes: Uint8Array, count: number): ArrayLike<number | boolean> | undefined {
  if (tag === "bools") {
    if (bytes.length !== count || !bytes.every((byte) => byte <= 1)) return undefined;
    return Array.from(bytes, (byte) => byte === 1);
  }
  if (bytes.length !== count * Float64Array.BYTES_PER_ELEMENT) return undefined;
  const aligned = bytes.byteOffset % Float64Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  const numbers = new Float64Array(aligned.buffer, aligned.byteOffset, count);
  return tag === "ints" && !numbers.every((number) => Number.isSafeInteger(number) && !Object.is(number, -0)) ? undefined : numbers;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
