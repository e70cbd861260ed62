import type { Callee } from "./callee.js";
import { prototypeOf } from "./classes.js";
import { columnType, isArrayDtype, isColumnDtype, isFrequency, isLevelDtype, markColumn } from "./column.js";
import { PyComplex } from "./complex.js";
import { elementCount, layoutOfWire, type DataOf, type DType } from "./dtype.js";
import { memberOf } from "./enum.js";
import { ProtocolError, UnsupportedError } from "./errors.js";
import { NDArray } from "./ndarray.js";
import { makeObject, type ObjectOwner, type Way } from "./object.js";
import { setLabels } from "./table-parts.js";
import { makeRows, unpack } from "./rows.js";
import { isScalarText, makeScalar } from "./scalar.js";
import type { PyValue } from "./value.js";

/** Nesting at which a value is given up, well before the stack is. */
const MAX_DEPTH = 1024;

/** Longest integer with its sign: what Python converts from text by default. Converting takes time that grows with the square. */
const MAX_DIGITS = 4301;

/** Where a value comes from, which the objects in it are told. */
export interface Origin {
  /** The connection. */
  readonly owner: ObjectOwner;
  /** How their methods are called. */
  readonly way: Way;
  /** The module whose call gave them. */
  readonly callee: Callee;
}

/**
 * Reads the value of a frame.
 *
 * @param text JSON text
 * @param tagged the text is in tagged form
 * @param buffers the frame's buffers; each must be used once
 * @param origin where it comes from
 * @throws ProtocolError if it is no value
 * @throws UnsupportedError if it holds an array of a type that has no typed array
 */
export function decodeValue(text: string, tagged: boolean, buffers: readonly Uint8Array[], origin: Origin): PyValue {
  const decoder = new Decoder(buffers, origin);
  const value = parseJson(text);
  const result = tagged ? decoder.value(value, 0) : (value as PyValue);
  decoder.finish();
  return result;
}

/**
 * Reads the arguments of a call that Python makes.
 *
 * @throws ProtocolError if they are none
 */
export function decodeArguments(
  text: string,
  tagged: boolean,
  buffers: readonly Uint8Array[],
  origin: Origin,
): { readonly args: PyValue[]; readonly keywords: Record<string, PyValue> } {
  const value = parseJson(text);
  const [args, keywords] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!Array.isArray(args) || typeof keywords !== "object" || keywords === null) throw malformed("arguments that are none");
  const decoder = new Decoder(buffers, origin);
  if (tagged) {
    for (let i = 0; i < args.length; i++) args[i] = decoder.value(args[i], 0);
    decoder.value(keywords, 0);
  }
  decoder.finish();
  return { args, keywords: keywords as Record<string, PyValue> };
}

/**
 * Reads JSON text in which no integer is out of the exact range: it would be rounded in silence.
 *
 * `JSON.parse` makes every key an own property, also `__proto__`, so no key of a peer reaches a prototype.
 */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("a value that is not JSON", "malformed-value", { cause });
  }
  if (SUSPECT.test(text)) checkNumbers(text);
  return value;
}

/** A number with an integral part, or an exponent, long enough to be out of range. It may also stand in a string. */
const SUSPECT = /(?:^|[[,:\s])-?(?:[1-9]\d{15}|[\d.]+[eE]\+?\d{3})/;

/** The strings, which are skipped, and the numbers of a JSON text. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

function checkNumbers(text: string): void {
  for (const [token] of text.matchAll(TOKENS)) {
    if (token.startsWith('"')) continue;
    const number = Number(token);
    const exact = /[.eE]/.test(token) ? Number.isFinite(number) : Number.isSafeInteger(number);
    if (!exact) throw malformed("a number that is out of range");
  }
}

class Decoder {
  readonly #buffers: readonly Uint8Array[];
  readonly #origin: Origin;
  readonly #used: Set<number> = new Set();

  constructor(buffers: readonly Uint8Array[], origin: Origin) {
    this.#buffers = buffers;
    this.#origin = origin;
  }

  finish(): void {
    if (this.#used.size !== this.#buffers.length) throw malformed("a buffer that is not used");
  }

  value(node: unknown, depth: number): PyValue {
    if (typeof node !== "object" || node === null) return node as PyValue;
    if (depth > MAX_DEPTH) throw malformed(`values nested more than ${MAX_DEPTH} deep`);
    if (Array.isArray(node)) return this.#tagged(node, depth + 1);
    const record = node as Record<string, unknown>;
    for (const key of Object.keys(record)) {
      const before = record[key];
      // The property is an own one, so this can't reach a setter, whatever the key is.
      if (typeof before === "object" && before !== null) record[key] = this.value(before, depth + 1);
    }
    return record as PyValue;
  }

  #tagged(node: readonly unknown[], depth: number): PyValue {
    switch (node[0]) {
      case "list":
      case "tuple":
        return this.#items(node, depth);
      case "rows":
        return this.#rows(node, depth);
      case "plain":
        return only(node) as PyValue;
      case "set":
      case "frozenset":
        return new Set(this.#items(node, depth));
      case "dict":
        return this.#dict(node, depth);
      case "int":
        return integer(only(node));
      case "float":
        return float(only(node));
      case "complex":
        return complex(node);
      case "bytes":
        return this.#buffer(only(node));
      case "array":
        return this.#array(node);
      case "column":
        return this.#column(node, depth);
      case "frame":
        return this.#frame(node, depth);
      case "series":
        return this.#series(node, depth);
      case "handle":
        return this.#handle(node);
      case "enum":
        if (node.length !== 3) throw malformed("an enum without class or member");
        return memberOf(node[1], node[2]);
      case "scalar":
        return this.#scalar(node);
      default:
        throw malformed("a tag that is not known");
    }
  }

  #items(node: readonly unknown[], depth: number): PyValue[] {
    const items = new Array<PyValue>(node.length - 1);
    for (let i = 1; i < node.length; i++) items[i - 1] = this.value(node[i], depth);
    return items;
  }

  #rows(node: readonly unknown[], depth: number): PyValue[] {
    const [, count, keys] = node;
    if (!Number.isSafeInteger(count) || (count as number) < 1 || !areKeys(keys) || node.length !== keys.length + 3) {
      throw malformed("rows without a count, without keys or without a column for each");
    }
    return makeRows(keys, keys.map((_, at) => this.#cells(node[at + 3], count as number, depth + 1)), count as number);
  }

  #cells(node: unknown, count: number, depth: number): ArrayLike<PyValue> {
    const [tag] = Array.isArray(node) ? (node as unknown[]) : [];
    switch (tag) {
      case "json":
      case "list": {
        const parts = node as PyValue[];
        if (parts.length !== count + 1) break;
        return tag === "json" ? parts.slice(1) : this.#items(parts, depth);
      }
      case "ints":
      case "floats":
      case "numbers":
      case "bools": {
        const cells = unpack(tag, this.#buffer(only(node as unknown[])), count);
        if (cells !== undefined) return cells;
      }
    }
    throw malformed("a column of rows that has not one value for each, or others than its tag says");
  }

  #dict(node: readonly unknown[], depth: number): Map<PyValue, PyValue> {
    if (node.length % 2 === 0) throw malformed("a dict with a key and no value");
    const dict = new Map<PyValue, PyValue>();
    for (let i = 1; i < node.length; i += 2) dict.set(this.value(node[i], depth), this.value(node[i + 1], depth));
    return dict;
  }

  #buffer(index: unknown): Uint8Array {
    const buffer = typeof index === "number" ? this.#buffers[index] : undefined;
    if (buffer === undefined || this.#used.has(index as number)) throw malformed("a buffer that is not there, or is used twice");
    this.#used.add(index as number);
    return buffer;
  }

  #array(node: readonly unknown[]): NDArray {
    const [, index, dtype, shape] = node;
    const count = Array.isArray(shape) ? elementCount(shape) : undefined;
    if (node.length !== 4 || typeof dtype !== "string" || count === undefined) throw malformed("an array without dtype or shape");
    const layout = layoutOfWire(dtype);
    if (layout === undefined) {
      throw new UnsupportedError(`an array of dtype ${JSON.stringify(dtype.slice(0, 32))} can't be brought to JavaScript`, "unsupported-dtype");
    }
    let bytes = this.#buffer(index);
    const width = layout.array.BYTES_PER_ELEMENT;
    if (bytes.length !== count * layout.lanes * width) throw malformed("an array whose shape does not fit its bytes");
    // A buffer of a large frame is aligned to 8 and a copied one starts at 0, so this is for a transport that promises neither.
    if (bytes.byteOffset % width !== 0) bytes = bytes.slice();
    const data = new layout.array(bytes.buffer, bytes.byteOffset, count * layout.lanes);
    return new NDArray(data as DataOf<DType>, shape as number[], layout.dtype);
  }

  /** A column. A level may be of numpy's dtypes too, whose values go one by one in it. */
  #column(node: readonly unknown[], depth: number, isLevel = false): PyValue[] | NDArray {
    const [, dtype, data, ...rest] = node;
    if (dtype === "interval") return this.#intervals(node, depth);
    const values = this.#values(data, depth);
    if (values instanceof NDArray) {
      if (values.shape.length === 1 && dtype === "Sparse" && rest.length === 1) {
        const fill = this.value(rest[0], depth);
        const isNumber = /^(?:u?int|float)\d+$/.test(values.dtype) && (typeof fill === "number" || typeof fill === "bigint");
        if (isNumber || (values.dtype === "bool" && typeof fill === "boolean")) return markColumn(values, { dtype, fill: fill as number | bigint | boolean });
      } else if (values.shape.length === 1 && isArrayDtype(dtype, values.dtype) && rest.length === 0) return markColumn(values, { dtype });
      throw malformed("a column of an array that is none");
    }
    if (!isLevelDtype(dtype) || (!isLevel && !isColumnDtype(dtype))) throw malformed("a column without dtype");
    if (dtype !== "category") {
      if (rest.length !== 0) throw malformed("a column with too many parts");
      return markColumn(values, { dtype });
    }
    const [categories, ordered] = rest;
    if (rest.length !== 2 || typeof ordered !== "boolean") throw malformed("a column of categories without them");
    return markColumn(values, { dtype, categories: this.#values(categories, depth), ordered });
  }

  #intervals(node: readonly unknown[], depth: number): PyValue[] {
    const [, dtype, ...ends] = node;
    const closed = ends.pop();
    const [left, right] = ends.map((end) => this.#level(end, depth));
    const isClosed = closed === "right" || closed === "left" || closed === "both" || closed === "neither";
    const of = left === undefined ? undefined : columnType(left)?.dtype;
    if (of === undefined || of === "interval" || of === "category" || columnType(right ?? [])?.dtype !== of) throw malformed("intervals of what has none");
    if (ends.length !== 2 || left === undefined || right?.length !== left.length || !isClosed) throw malformed("intervals that are none");
    const values = left.map((start, at) => (start === null ? null : [start, right[at] as PyValue]));
    return markColumn(values, { dtype: dtype as string, closed, levels: [columnType(left), columnType(right)] });
  }

  /** A list or an array, or a column of either. */
  #values(node: unknown, depth: number): PyValue[] | NDArray {
    const tag: unknown = Array.isArray(node) ? node[0] : undefined;
    const values = tag === "list" || tag === "array" || tag === "column" ? this.value(node, depth) : undefined;
    if (Array.isArray(values) || values instanceof NDArray) return values;
    throw malformed("a column without values");
  }

  /** A list, or a column of one. */
  #level(node: unknown, depth: number): PyValue[] {
    const isColumn = Array.isArray(node) && node[0] === "column";
    const values = isColumn ? this.#column(node as unknown[], depth + 1, true) : this.#values(node, depth);
    if (!Array.isArray(values)) throw malformed("labels that are an array");
    return values;
  }

  #frame(node: readonly unknown[], depth: number): PyValue {
    const [, axis, list, rows] = node;
    if (node.length !== 4 || !Array.isArray(list) || list[0] !== "list") throw malformed("a table without its parts");
    const columns = list.slice(1).map((column) => this.#values(column, depth));
    const count = columns[0] === undefined ? 0 : lengthOf(columns[0]);
    const labels = this.#index(axis, columns.length, depth, true);
    const index = this.#index(rows, count, depth, false);
    const names = labels.values as PyValue[];
    if (names.length !== columns.length) throw malformed("a table with more labels than columns, or less");
    // A number would not stay in its place among the keys of an object.
    const isRecord = names.every((name) => typeof name === "string" && name !== "__proto__" && !/^(?:0|[1-9]\d*)$/.test(name));
    const entries = names.map((name, at) => [name, columns[at]] as [PyValue, PyValue]);
    const named = isRecord ? (Object.fromEntries(entries) as Record<string, PyValue>) : new Map(entries);
    if ((isRecord ? Object.keys(named).length : (named as Map<PyValue, PyValue>).size) !== names.length) throw malformed("a label that stands twice");
    setLabels(named, { labels: names, type: columnType(names) });
    const table: Record<string, PyValue> = { index: index.values, columns: named };
    if (labels.names !== undefined) table["columnsNames"] = labels.names;
    return besides(table, index);
  }

  #series(node: readonly unknown[], depth: number): PyValue {
    if (node.length !== 4) throw malformed("a series without its parts");
    const values = this.#values(node[1], depth);
    const index = this.#index(node[2], lengthOf(values), depth, false);
    const name = this.value(node[3], depth);
    return besides(name === null ? { index: index.values, values } : { index: index.values, values, name }, index);
  }

  /** An index. One that is a range has as many labels as there are values beside it, and as labels of columns they are keys. */
  #index(node: unknown, count: number, depth: number, isKeys: boolean): TakenIndex {
    const read = (labels: unknown): PyValue[] | NDArray =>
      isKeys || (Array.isArray(labels) && labels[0] === "column") ? this.#anyLevel(labels, depth, isKeys) : this.#values(labels, depth);
    if (!Array.isArray(node) || node[0] !== "index") return { values: read(node) };
    const [, labels, named, frequency] = node as unknown[];
    if (node.length !== 4 || (frequency !== null && !isFrequency(frequency)) || !Array.isArray(labels)) throw malformed("an index without its parts");
    const names = this.#values(named, depth);
    const kind: unknown = labels[0];
    const values = kind === "range" ? rangeOf(labels, count, isKeys) : kind === "levels" ? this.#levels(labels, depth) : read(labels);
    if (!Array.isArray(names) || names.length !== (kind === "levels" ? labels.length - 1 : 1)) throw malformed("an index with other names than levels");
    return { values, names: names.every((name) => name === null) ? undefined : names, frequency: frequency ?? undefined };
  }

  #anyLevel(node: unknown, depth: number, isListed: boolean): PyValue[] | NDArray {
    if (isListed) return this.#level(node, depth);
    return this.#column(node as unknown[], depth + 1, true);
  }

  #levels(node: readonly unknown[], depth: number): PyValue[] {
    const levels = node.slice(1).map((level) => this.#level(level, depth));
    const [first] = levels;
    if (first === undefined || levels.some((level) => level.length !== first.length)) throw malformed("an index without levels, or of uneven ones");
    const labels = first.map((_, at) => levels.map((level) => level[at] as PyValue));
    return markColumn(labels, { dtype: "levels", levels: levels.map((level) => columnType(level)) });
  }

  #scalar(node: readonly unknown[]): PyValue {
    const [, className, text] = node;
    if (node.length !== 3 || typeof className !== "string" || typeof text !== "string" || !isScalarText(className, text)) {
      throw malformed("a scalar that is none");
    }
    return makeScalar(className, text, this.#origin.way, this.#origin.callee);
  }

  #handle(node: readonly unknown[]): PyValue {
    const [, id, className] = node;
    if (node.length !== 3 || !Number.isSafeInteger(id) || typeof className !== "string") throw malformed("a handle without id or class");
    const { owner, way, callee } = this.#origin;
    return makeObject(prototypeOf(className, callee), className, way, { owner, id: id as number });
  }
}

/** An index that was taken, and what its values don't say. */
interface TakenIndex {
  readonly values: PyValue[] | NDArray;
  readonly names?: PyValue[] | undefined;
  readonly frequency?: string | undefined;
}

/** A table with what is known of its index; what is not known is no property. */
function besides(table: Record<string, PyValue>, { names, frequency }: TakenIndex): PyValue {
  if (names !== undefined) table["indexNames"] = names;
  if (frequency !== undefined) table["frequency"] = frequency;
  return table;
}

function rangeOf(node: readonly unknown[], count: number, isKeys: boolean): PyValue[] | NDArray {
  const [, start, stop, step] = node as number[];
  const length = Math.max(0, Math.ceil(((stop as number) - (start as number)) / (step as number)));
  if (node.length !== 4 || !node.slice(1).every(Number.isSafeInteger) || length !== count) throw malformed("a range of an index that is none");
  const type = { dtype: "range", range: [start, stop, step] as [number, number, number] };
  const at = (position: number): number => (start as number) + position * (step as number);
  if (isKeys) return markColumn(Array.from({ length }, (_, position) => at(position)), type);
  const data = new BigInt64Array(length);
  for (let position = 0; position < length; position++) data[position] = BigInt(at(position));
  return markColumn(new NDArray(data), type);
}

function lengthOf(values: PyValue[] | NDArray): number {
  if (Array.isArray(values)) return values.length;
  if (values.shape.length !== 1) throw malformed("a column of several dimensions");
  return values.shape[0] as number;
}

function areKeys(keys: unknown): keys is readonly string[] {
  if (!Array.isArray(keys) || keys.length === 0 || keys.includes("__proto__")) return false;
  return keys.every((key) => typeof key === "string") && new Set(keys).size === keys.length;
}

function only(node: readonly unknown[]): unknown {
  if (node.length !== 2) throw malformed(`a tag with ${node.length - 1} parts instead of one`);
  return node[1];
}

function integer(digits: unknown): bigint {
  if (typeof digits !== "string" || digits.length > MAX_DIGITS || !/^-?(?:0|[1-9]\d*)$/.test(digits)) throw malformed("an int that is none");
  return BigInt(digits);
}

function float(text: unknown): number {
  switch (text) {
    case "nan":
      return NaN;
    case "inf":
      return Infinity;
    case "-inf":
      return -Infinity;
  }
  const number = typeof text === "string" && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(number)) throw malformed("a float that is none");
  return number;
}

function complex(node: readonly unknown[]): PyComplex {
  if (node.length !== 3) throw malformed("a complex number without two parts");
  const part = (value: unknown): number => {
    if (typeof value === "number") return value;
    if (Array.isArray(value) && value[0] === "float") return float(only(value));
    throw malformed("a complex number with a part that is no float");
  };
  return new PyComplex(part(node[1]), part(node[2]));
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(`malformed value: ${what}`, "malformed-value");
}
