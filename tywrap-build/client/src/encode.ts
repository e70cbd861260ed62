import { columnType, isLevelDtype, markColumn, type PyColumnType } from "./column.js";
import { OBJECTS, type Callee } from "./callee.js";
import type { PyComplex } from "./complex.js";
import { layoutOfDType, layoutOfTypedArray, tagOfTypedArray, type Layout } from "./dtype.js";
import { ValidationError } from "./errors.js";
import { MAX_BUFFERS } from "./frame.js";
import { kindOf } from "./kind.js";
import type { Kw } from "./kw.js";
import type { NDArray } from "./ndarray.js";
import { isJsonAltered, isPlain } from "./plain.js";
import type { PyFloat, PyInt } from "./number.js";
import type { Origin } from "./decode.js";
import { PyObject, referenceTo, type PyEnum } from "./object.js";
import { packBooleans, packNumbers, rowsOf, type Rows } from "./rows.js";
import type { PyScalar } from "./scalar.js";
import { partsOf, type IndexParts } from "./table-parts.js";

/** A value as it goes into a frame. */
export interface Encoded {
  /** JSON text. */
  readonly text: string;
  /** The text is in tagged form. */
  readonly tagged: boolean;
  /** Views of the caller's memory. */
  readonly buffers: readonly Uint8Array[];
  /** The functions that were lent for it. */
  readonly lent: readonly number[];
}

/**
 * Writes the arguments of a call.
 *
 * @param callee the module, for messages
 * @param index of what is called, for messages
 * @param args positional arguments, and after them possibly one {@link Kw}
 * @param origin what the objects of the result will be told; objects among the arguments must be of its connection, and functions among them are lent by it
 * @param maxDepth deepest nesting of lists, dicts and the like in one argument
 * @throws ValidationError if an argument can't be sent; the message names it
 */
export function encodeCall(callee: Callee, index: number, args: readonly unknown[], origin: Origin, maxDepth: number): Encoded {
  const encoder = new Encoder(callee, index, origin, maxDepth);
  try {
    encoder.call(args);
  } catch (error) {
    origin.owner.unlend(encoder.lent);
    throw error;
  }
  return encoder;
}

/**
 * Writes what a function gave that Python called.
 *
 * @throws ValidationError if it can't be sent
 */
export function encodeGiven(value: unknown, origin: Origin, maxDepth: number): Encoded {
  const encoder = new Encoder(GIVEN, 0, origin, maxDepth);
  try {
    // Python asks for a value where JavaScript leaves one out.
    encoder.value(value ?? null, 0);
  } catch (error) {
    origin.owner.unlend(encoder.lent);
    throw error;
  }
  return encoder;
}

/** Stands for the function, of which nothing else is known. */
const GIVEN: Callee = { name: "", digest: "", names: [], classes: [] };

class Encoder implements Encoded {
  text = "";
  tagged = false;
  readonly buffers: Uint8Array[] = [];
  readonly lent: number[] = [];
  readonly #callee: Callee;
  readonly #index: number;
  readonly #origin: Origin;
  readonly #maxDepth: number;
  /** Where lists were opened while the text was still plain. The first value that needs a tag makes all of them need one. */
  #lists: number[] = [];
  /** The way to the value being written: the argument's position or keyword, then indices and keys. */
  readonly #path: (number | string)[] = [0];
  /** The arguments that are rows. */
  readonly #rows: Map<object, Rows> = new Map();
  /** The containers on that way. */
  readonly #around: object[] = [];

  constructor(callee: Callee, index: number, origin: Origin, maxDepth: number) {
    this.#callee = callee;
    this.#index = index;
    this.#origin = origin;
    this.#maxDepth = maxDepth;
  }

  call(args: readonly unknown[]): void {
    let count = args.length;
    const last = args[count - 1];
    let keywords: object | undefined;
    if (typeof last === "object" && last !== null && kindOf(last) === "keywords") {
      keywords = (last as Kw).keywords;
      count -= 1;
    }
    while (count > 0 && args[count - 1] === undefined) count -= 1;
    if (this.#plain(args, count, keywords)) return;
    this.text = "[[";
    for (let i = 0; i < count; i++) {
      if (i > 0) this.text += ",";
      this.#path[0] = i;
      if (args[i] === undefined) this.#tag('["omitted"]');
      else this.#argument(args[i]);
    }
    this.text += "],";
    if (keywords === undefined) this.text += "{}";
    else this.#keywords(keywords);
    this.text += "]";
    if (this.buffers.length > MAX_BUFFERS) this.#refuse(0, `more than ${MAX_BUFFERS} buffers in one call`);
  }

  /** Writes everything at once, if that can be done. Calls with nothing but numbers and strings are written faster one by one. */
  #plain(args: readonly unknown[], count: number, keywords: object | undefined): boolean {
    let containers = keywords !== undefined && !isPlain(keywords, 1);
    for (let i = 0; i < count; i++) containers ||= typeof args[i] === "object" && args[i] !== null;
    if (!containers || this.#findRows(args, count, keywords) || (keywords !== undefined && !isPlain(keywords, this.#maxDepth + 1))) return false;
    for (let i = 0; i < count; i++) if (!isPlain(args[i], this.#maxDepth)) return false;
    if (isJsonAltered()) return false;
    this.text = `[${JSON.stringify(args.slice(0, count))},${keywords === undefined ? "{}" : JSON.stringify(keywords)}]`;
    return true;
  }

  /** Whether an argument is rows: they are smaller by their columns, and read faster. */
  #findRows(args: readonly unknown[], count: number, keywords: object | undefined): boolean {
    for (const value of keywords === undefined ? args.slice(0, count) : [...args.slice(0, count), ...Object.values(keywords)]) {
      const rows = Array.isArray(value) ? rowsOf(value) : undefined;
      if (rows !== undefined) this.#rows.set(value as object, rows);
    }
    return this.#rows.size > 0;
  }

  /** Writes an argument, which beside rows is written at once if it can be. */
  #argument(value: unknown): void {
    const atOnce = this.#rows.size > 0 && typeof value === "object" && value !== null && !this.#rows.has(value);
    if (atOnce && isPlain(value, this.#maxDepth) && !isJsonAltered()) this.#tag(`["plain",${JSON.stringify(value)}]`);
    else this.value(value, 0);
  }

  #keywords(keywords: object): void {
    if (Object.hasOwn(keywords, "__proto__")) {
      this.#path[0] = "__proto__";
      this.#refuse(0, "no Python function has a keyword of this name");
    }
    this.#members(keywords, 0);
  }

  value(value: unknown, depth: number): void {
    switch (typeof value) {
      case "number":
        return this.#number(value);
      case "string":
        return this.#string(value, depth);
      case "boolean":
        this.text += value ? "true" : "false";
        return;
      case "bigint":
        return this.#integer(value);
      case "object":
        if (value === null) this.text += "null";
        else this.#object(value, depth);
        return;
      case "undefined":
        return this.#refuse(depth, "`undefined` stands for nothing in Python; use `null` for `None`");
      case "function": {
        if (kindOf(value) === "class") return this.#refuse(depth, `the Python class \`${value.name}\` can't be passed as a value`);
        const id = this.#origin.owner.lend(value as (...args: unknown[]) => unknown, this.#origin);
        this.lent.push(id);
        return this.#tag(`["callback",${id}]`);
      }
      default:
        return this.#refuse(depth, `a ${typeof value} can't be sent to Python`);
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.text += value;
    else this.#float(value);
  }

  #float(value: number): void {
    if (Number.isFinite(value)) this.text += floatText(value);
    else this.#tag(Number.isNaN(value) ? '["float","nan"]' : value > 0 ? '["float","inf"]' : '["float","-inf"]');
  }

  #integer(value: bigint): void {
    if (value >= -MAX_SAFE && value <= MAX_SAFE) this.text += value;
    else this.#tag(`["int","${value}"]`);
  }

  #string(value: string, depth: number): void {
    if (!value.isWellFormed()) this.#refuse(depth, "a string with half of a surrogate pair is no text");
    this.text += JSON.stringify(value);
  }

  #object(value: object, depth: number): void {
    if (Array.isArray(value)) {
      this.#enter(value, depth);
      if (kindOf(value) === "tuple") this.#tagged("tuple", value, depth);
      else if (!this.#asRows(value, depth)) this.#list(value, depth);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      this.#enter(value, depth);
      this.#record(value, depth);
      return;
    }
    switch (kindOf(value)) {
      case "float":
        return this.#float((value as PyFloat).value);
      case "int":
        return this.#integer((value as PyInt).value);
      case "complex":
        return this.#complex(value as PyComplex);
      case "ndarray":
        return this.#ndarray(value as NDArray, depth);
      case "enum":
        return this.#tag(`["enum",${JSON.stringify((value as PyEnum<string>).className)},${JSON.stringify((value as PyEnum<string>).name)}]`);
      case "scalar":
        return this.#tag(`["scalar",${JSON.stringify((value as PyObject).className)},${JSON.stringify((value as PyScalar<never>).text)}]`);
      case "frame":
        return this.#frame(value as PyObject, depth);
      case "series":
        return this.#series(value as PyObject, depth);
      case "keywords":
        return this.#refuse(depth, "keywords come last: `kw(…)` is not a value and nothing follows it");
      default:
        this.#exotic(value, prototype as object, depth);
    }
  }

  /** Writes an array by its columns, if it is rows. */
  #asRows(items: readonly unknown[], depth: number): boolean {
    const rows = this.#rows.get(items) ?? rowsOf(items);
    if (rows === undefined || depth + 2 > this.#maxDepth) return false;
    const [lists, tagged, buffers] = [this.#lists, this.tagged, this.buffers.length];
    const { text } = this;
    try {
      this.#tag(`["rows",${items.length},[${rows.keys.map((key) => JSON.stringify(key)).join(",")}]`);
      for (const [at, cells] of rows.columns.entries()) {
        this.#path[depth + 2] = rows.keys[at] as string;
        this.#cells(cells, items, depth);
      }
      this.text += "]";
      return true;
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      // Row by row, the first that is refused is another one.
      [this.text, this.#lists, this.tagged, this.buffers.length] = [text, lists, tagged, buffers];
      return false;
    }
  }

  #cells(cells: readonly unknown[], rows: readonly unknown[], depth: number): void {
    this.text += ",";
    const may = this.buffers.length < MAX_PACKED;
    const numbers = may ? packNumbers(cells) : undefined;
    const packed = numbers ?? (may ? packBooleans(cells) : undefined);
    if (packed !== undefined) {
      this.text += `["${numbers === undefined ? "bools" : "numbers"}",${this.buffers.length}]`;
      this.buffers.push(packed);
    } else if (cells.every((cell) => isPlain(cell, this.#maxDepth - depth - 2)) && !isJsonAltered()) {
      this.text += `["json",${JSON.stringify(cells).slice(1)}`;
    } else {
      this.text += '["list"';
      for (let i = 0; i < cells.length; i++) {
        this.text += ",";
        this.#path[depth + 1] = i;
        this.#around[depth + 1] = rows[i] as object;
        this.value(cells[i], depth + 2);
      }
      this.text += "]";
    }
  }

  #list(items: readonly unknown[], depth: number): void {
    const { length } = items;
    if (this.tagged) {
      this.text += length === 0 ? '["list"' : '["list",';
    } else {
      this.text += "[";
      this.#lists.push(this.text.length);
    }
    for (let i = 0; i < length; i++) {
      if (i > 0) this.text += ",";
      this.#path[depth + 1] = i;
      const item: unknown = items[i];
      if (typeof item === "number") this.#number(item);
      else this.value(item, depth + 1);
    }
    this.text += "]";
  }

  #tagged(tag: string, items: readonly unknown[], depth: number): void {
    this.#tag(`["${tag}"`);
    const { length } = items;
    for (let i = 0; i < length; i++) {
      this.text += ",";
      this.#path[depth + 1] = i;
      this.value(items[i], depth + 1);
    }
    this.text += "]";
  }

  #record(object: object, depth: number): void {
    // As a key of a JSON object it is refused by every reader that cares for its prototypes, so it goes as a dict with any keys.
    if (!Object.hasOwn(object, "__proto__")) return this.#members(object, depth + 1);
    const present = Object.entries(object).filter(([, member]) => member !== undefined);
    this.#tagged("dict", present.flat(), depth);
  }

  /** Writes an object. `depth` is that of the members: 0 for keywords, whose names are where an argument's position is. */
  #members(object: object, depth: number): void {
    this.text += "{";
    let first = true;
    for (const key of Object.keys(object)) {
      const member = (object as Readonly<Record<string, unknown>>)[key];
      if (member === undefined) continue;
      this.#path[depth] = key;
      if (first) first = false;
      else this.text += ",";
      this.#string(key, depth);
      this.text += ":";
      if (depth === 0) this.#argument(member);
      else this.value(member, depth);
    }
    this.text += "}";
  }

  #complex(value: PyComplex): void {
    this.#tag('["complex",');
    this.#float(value.re);
    this.text += ",";
    this.#float(value.im);
    this.text += "]";
  }

  #ndarray(value: NDArray, depth: number): void {
    const layout = layoutOfDType(value.dtype);
    if (layout === undefined) return this.#refuse(depth, "an NDArray of an unknown dtype");
    if (value.dtype === "bool" && !areBooleans(value.data as Uint8Array)) {
      return this.#refuse(depth, "a bool array with a byte that is neither 0 nor 1");
    }
    this.#array(value.data, layout, value.shape);
  }

  #array(data: ArrayBufferView, layout: Layout, shape: readonly number[]): void {
    this.#tag(`["array",${this.buffers.length},"${layout.wire}",[${shape.join(",")}]]`);
    this.buffers.push(bytesOf(data));
  }

  #frame(frame: PyObject, depth: number): void {
    const { labels, columns, index } = partsOf(frame);
    this.#enter(frame, depth);
    this.#tag('["frame",');
    this.#path[depth + 1] = "columns";
    this.#labels(labels, depth + 1);
    this.text += ',["list"';
    const names = labels.values as readonly unknown[];
    for (const [at, values] of columns.entries()) {
      this.text += ",";
      const label = names[at];
      this.#path[depth + 1] = typeof label === "string" ? label : at;
      this.#column(values, depth + 1);
    }
    this.text += "],";
    this.#path[depth + 1] = "index";
    this.#labels(index, depth + 1);
    this.text += "]";
  }

  #series(series: PyObject, depth: number): void {
    const { columns, index, labels } = partsOf(series);
    this.#enter(series, depth);
    this.#tag('["series",');
    this.#path[depth + 1] = "values";
    this.#column(columns[0], depth + 1);
    this.text += ",";
    this.#path[depth + 1] = "index";
    this.#labels(index, depth + 1);
    this.text += ",";
    this.#path[depth + 1] = "name";
    this.#label((labels.values as readonly unknown[])[0], depth + 1);
    this.text += "]";
  }

  /** Writes an index, with what its values don't say if there is anything. */
  #labels({ values, range, names, frequency }: IndexParts, depth: number): void {
    const type = values === null ? undefined : columnType(values as readonly unknown[]);
    const levels = type?.dtype === "levels" ? type.levels : undefined;
    if (range === undefined && levels === undefined && names === undefined && frequency === undefined) return this.#column(values, depth, true);
    this.#tag('["index",');
    if (range !== undefined) this.text += `["range",${range.join(",")}]`;
    else if (levels !== undefined) this.#levels(values as readonly unknown[], levels, depth);
    else this.#column(values, depth, true);
    this.text += ',["list"';
    for (const name of names ?? levels ?? [null]) {
      this.text += ",";
      this.#label(names === undefined ? null : name, depth + 1);
    }
    this.text += `],${frequency === undefined ? "null" : JSON.stringify(frequency)}]`;
  }

  #levels(labels: readonly unknown[], levels: readonly (PyColumnType | undefined)[], depth: number): void {
    this.text += '["levels"';
    for (const [level, type] of levels.entries()) {
      this.text += ",";
      const values = labels.map((label, at) => {
        if (Array.isArray(label) && label.length === levels.length) return label[level] as unknown;
        this.#path[depth + 1] = at;
        return this.#refuse(depth + 1, `a label of ${levels.length} levels is an array of as many values`);
      });
      this.#column(type === undefined ? values : markColumn(values, type), depth, true);
    }
    this.text += "]";
  }

  /** Writes a column or an index: an array of numbers, or values in a list, with the dtype if it has one. */
  #column(values: unknown, depth: number, isIndex = false): void {
    if (!Array.isArray(values)) {
      const tag = typeof values === "object" && values !== null ? tagOfTypedArray(values) : undefined;
      const layout = tag === undefined ? undefined : layoutOfTypedArray(tag);
      // Bytes are numbers here, too.
      if (layout !== undefined) return this.#array(values as ArrayBufferView, layout, [(values as Uint8Array).length]);
      const type = values === null ? undefined : columnType(values as NDArray);
      if (type === undefined || type.dtype === "range") return this.value(values, depth);
      this.#tag(`["column",${JSON.stringify(type.dtype)},`);
      this.value(values, depth);
      if (type.dtype === "Sparse") {
        this.text += ",";
        this.value(type.fill, depth);
      }
      this.text += "]";
      return;
    }
    this.#enter(values, depth);
    const type = columnType(values);
    if (type?.dtype === "interval") return this.#intervals(values, type, depth);
    const isNamed = type !== undefined && isLevelDtype(type.dtype);
    if (isNamed) this.#tag(`["column",${JSON.stringify(type.dtype)},`);
    this.#tag('["list"');
    for (let i = 0; i < values.length; i++) {
      this.text += ",";
      this.#path[depth + 1] = i;
      if (isIndex || type?.categories !== undefined) this.#label(values[i], depth + 1);
      else this.value(values[i], depth + 1);
    }
    this.text += "]";
    if (!isNamed) return;
    if (type.categories !== undefined) {
      this.text += ",";
      this.#column(type.categories, depth + 1);
      this.text += type.ordered === true ? ",true" : ",false";
    }
    this.text += "]";
  }

  #intervals(values: readonly unknown[], type: PyColumnType, depth: number): void {
    this.text += '["column","interval"';
    for (const end of [0, 1]) {
      this.text += ",";
      const ends = values.map((value, at) => {
        if (value === null) return null;
        if (Array.isArray(value) && value.length === 2) return value[end] as unknown;
        this.#path[depth + 1] = at;
        return this.#refuse(depth + 1, "an interval is an array of its two ends, or `null`");
      });
      const of = type.levels?.[end];
      this.#column(of === undefined ? ends : markColumn(ends, of), depth + 1);
    }
    this.text += `,${JSON.stringify(type.closed)}]`;
  }

  /** Writes a label; one of several levels, which Python has as a tuple, is an array here. */
  #label(value: unknown, depth: number): void {
    if (!Array.isArray(value)) return this.value(value, depth);
    this.#enter(value, depth);
    this.#tagged("tuple", value, depth);
  }

  /** What is neither an array, nor a plain object, nor made by this client. */
  #exotic(value: object, prototype: object, depth: number): void {
    if (value instanceof PyObject) return this.#reference(value, depth);
    const tag = tagOfTypedArray(value);
    if (tag === "Uint8Array") {
      this.#tag(`["bytes",${this.buffers.length}]`);
      this.buffers.push(bytesOf(value as Uint8Array));
      return;
    }
    if (tag !== undefined) {
      const layout = layoutOfTypedArray(tag);
      if (layout === undefined) return this.#refuse(depth, `a ${tag} can't be sent to Python`);
      return this.#array(value as ArrayBufferView, layout, [(value as Uint8Array).length]);
    }
    // By internal slots, so that one of another realm is recognised and one that only looks like it is not.
    if (isMap(value)) {
      this.#enter(value, depth);
      const items: unknown[] = [];
      mapForEach.call(value, (item, key) => void items.push(key, item));
      return this.#tagged("dict", items, depth);
    }
    if (isSet(value)) {
      this.#enter(value, depth);
      const items: unknown[] = [];
      setForEach.call(value, (item) => void items.push(item));
      return this.#tagged("set", items, depth);
    }
    if (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf")) {
      this.#enter(value, depth);
      return this.#record(value, depth);
    }
    this.#refuse(depth, `${describe(value)} can't be sent to Python`);
  }

  #reference(object: PyObject, depth: number): void {
    const id = referenceTo(object, this.#origin.owner);
    if (id === "disposed") return this.#refuse(depth, "the object has been disposed of");
    if (id === "foreign") return this.#refuse(depth, "the object lives behind another connection");
    this.#tag(`["handle",${id},${JSON.stringify(object.className)}]`);
  }

  /** Writes text that only the tagged form has. */
  #tag(text: string): void {
    if (!this.tagged) {
      this.tagged = true;
      this.text = tagLists(this.text, this.#lists);
      this.#lists = [];
    }
    this.text += text;
  }

  #enter(value: object, depth: number): void {
    if (depth >= this.#maxDepth) {
      this.#around.length = depth;
      if (this.#around.includes(value)) this.#refuse(depth, "the value contains itself");
      this.#refuse(depth, `values are nested more than ${this.#maxDepth} deep (\`wire.max-depth\`)`);
    }
    this.#around[depth] = value;
  }

  #refuse(depth: number, why: string): never {
    const name = this.#callee.names[this.#index] ?? String(this.#index);
    // What is called on an object has the object as its first argument, which the caller has not written as one.
    const onObject = this.#callee === OBJECTS || name.includes(":");
    const callable = this.#callee === GIVEN ? "a function that Python called" : `${name.includes(":") ? "" : `${this.#callee.name}.`}${name.replace(":", ".")}`;
    const path = this.#callee === GIVEN ? `what it gave${stepsText(this.#path.slice(1, depth + 1))}` : pathText(this.#path.slice(0, depth + 1), onObject);
    throw new ValidationError(`\`${callable}\`: ${path}: ${why}`, {
      code: "argument-not-sendable",
      severity: "low",
      context: { callable, path },
    });
  }
}

/** Most buffers that rows are given. */
const MAX_PACKED = 1024;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const mapForEach = Map.prototype.forEach;
const setForEach = Set.prototype.forEach;

/** Digits that are a float to every reader, because there is a point or an exponent among them. */
function floatText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}

/** Adds the tag that each list in a plain text would have had. */
function tagLists(text: string, lists: readonly number[]): string {
  let out = "";
  let from = 0;
  for (const at of lists) {
    out += text.slice(from, at) + (text[at] === "]" ? '"list"' : '"list",');
    from = at;
  }
  return out + text.slice(from);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function areBooleans(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] as number) > 1) return false;
  return true;
}

function isMap(value: object): value is Map<unknown, unknown> {
  return holds(() => Map.prototype.has.call(value, undefined));
}

function isSet(value: object): value is Set<unknown> {
  return holds(() => Set.prototype.has.call(value, undefined));
}

function holds(probe: () => unknown): boolean {
  try {
    probe();
    return true;
  } catch {
    return false;
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  Date: "a `Date` (pass `pyDateTime(date)` or `pyDate(date)`)",
  ArrayBuffer: "an `ArrayBuffer` (wrap it in a `Uint8Array`)",
  SharedArrayBuffer: "a `SharedArrayBuffer` (wrap it in a `Uint8Array`)",
  DataView: "a `DataView` (wrap its buffer in a `Uint8Array`)",
  Promise: "a `Promise` (await it first)",
  PythonConstant: "a constant that was not awaited",
};

/** What a value calls itself. It may say anything, or fail, so little of it is believed. */
function describe(value: object): string {
  try {
    const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
    if (typeof name === "string" && /^[\w$]{1,64}$/.test(name)) {
      return (Object.hasOwn(ADVICE, name) ? ADVICE[name] : undefined) ?? `an instance of \`${name}\``;
    }
  } catch {
    // A getter that throws is no reason to hide why the value was refused.
  }
  return "an object of a class of its own";
}

function pathText(path: readonly (number | string)[], onObject: boolean): string {
  const [head, ...rest] = path;
  const place = typeof head !== "number" ? "" : onObject && head === 0 ? "the object itself" : `argument ${onObject ? head : head + 1}`;
  const start = place !== "" ? place : `keyword ${JSON.stringify(head)}`;
  return start + stepsText(rest);
}

function stepsText(steps: readonly (number | string)[]): string {
  return steps.map((step) => `[${JSON.stringify(step)}]`).join("");
}
