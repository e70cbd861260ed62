import { PyComplex } from "./complex.js";
import {
  elementCount,
  layoutOfDType,
  layoutOfTypedArray,
  tagOfTypedArray,
  type DataOf,
  type DType,
  type DTypeOf,
  type TypedArray,
} from "./dtype.js";
import { brand, kindOf } from "./kind.js";

/** What one element of an array of type `D` is in JavaScript. */
export type ElementOf<D extends DType> = D extends "bool"
  ? boolean
  : D extends "int64" | "uint64" | `${"datetime64" | "timedelta64"}[${string}]`
    ? bigint
    : D extends "complex64" | "complex128"
      ? PyComplex
      : D extends `<U${string}`
        ? string
        : D extends `|S${string}`
          ? Uint8Array
          : number;

/** Arrays in arrays, to any depth; an array of no dimensions is the element itself. */
export type Nested<T> = T | readonly Nested<T>[];

/**
 * A numpy array: the elements in C order, their type and the shape.
 *
 * The elements are not copied on the way in: `data` may be a view of a larger `ArrayBuffer` that the message came in.
 */
export class NDArray<D extends DType = DType> {
  /** The elements, row after row. */
  readonly data: DataOf<D>;
  /** The extent of each dimension; empty for an array of no dimensions, which holds one element. */
  readonly shape: readonly number[];
  /** numpy's name of the element type. */
  readonly dtype: D;

  /**
   * @param data the elements; used as it is, not copied
   * @param shape by default one dimension
   * @param dtype by default what `data` suggests (`Float64Array` → `"float64"`, `Uint8Array` → `"uint8"`)
   * @throws RangeError if `shape` and the length of `data` don't fit
   * @throws TypeError if `data` is not the typed array that holds a `dtype`
   */
  constructor(data: DataOf<D>, shape?: readonly number[], dtype?: D) {
    const tag = tagOfTypedArray(data);
    const layout = dtype === undefined ? layoutOfTypedArray(tag ?? "") : layoutOfDType(dtype);
    if (tag === undefined || layout === undefined) {
      throw new TypeError(dtype === undefined ? "an NDArray holds a typed array of numbers" : `there is no dtype "${dtype}" here`);
    }
    if (dtype !== undefined && layout.array.name !== tag) {
      throw new TypeError(`the elements of a "${dtype}" array are in a ${layout.array.name}, not in a ${tag}`);
    }
    const extents = shape === undefined ? [data.length / layout.lanes] : Array.from(shape);
    const count = elementCount(extents);
    if (count === undefined || count * layout.lanes !== data.length) {
      throw new RangeError(`shape [${extents.join(", ")}] does not fit ${data.length / layout.lanes} elements`);
    }
    this.data = data;
    this.shape = Object.freeze(extents);
    this.dtype = layout.dtype as D;
  }

  static {
    brand(this.prototype, "ndarray");
  }

  /**
   * Makes an array from a typed array, which is used as it is.
   *
   * @param data the elements, row after row
   * @param shape by default one dimension
   */
  static from<T extends TypedArray>(data: T, shape?: readonly number[]): NDArray<DTypeOf<T>>;
  /** Makes an array of `dtype` from nested arrays, which must be rectangular. */
  static from<D extends DType>(nested: Nested<number | bigint | boolean | string | Uint8Array | PyComplex>, dtype: D): NDArray<D>;
  /** Makes a `bool` array from nested arrays, which must be rectangular. */
  static from(nested: Nested<boolean>): NDArray<"bool">;
  /** Makes an `int64` array from nested arrays, which must be rectangular. */
  static from(nested: Nested<bigint>): NDArray<"int64">;
  /** Makes a `float64` array from nested arrays, which must be rectangular. */
  static from(nested: Nested<number>): NDArray<"float64">;
  /** Makes a `complex128` array from nested arrays, which must be rectangular. */
  static from(nested: Nested<number | PyComplex>): NDArray<"complex128">;
  /** Makes an array of strings from nested arrays, which must be rectangular; as long as the longest. */
  static from(nested: Nested<string>): NDArray<`<U${number}`>;
  static from(source: unknown, how?: readonly number[] | DType): NDArray {
    if (typeof source === "object" && source !== null && tagOfTypedArray(source) !== undefined && typeof how !== "string") {
      return new NDArray(source as DataOf<DType>, how);
    }
    return fromNested(source, how as DType | undefined);
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((count, extent) => count * extent, 1);
  }

  /** The array with another shape of the same number of elements. The elements are shared. */
  reshape(shape: readonly number[]): NDArray<D> {
    return new NDArray(this.data, shape, this.dtype);
  }

  /**
   * One element.
   *
   * @param indices one for each dimension, from 0
   * @throws RangeError if an index is out of range or there are too many or too few
   */
  at(...indices: number[]): ElementOf<D> {
    if (indices.length !== this.shape.length) {
      throw new RangeError(`an array of ${this.shape.length} dimensions takes ${this.shape.length} indices, not ${indices.length}`);
    }
    let position = 0;
    for (const [axis, index] of indices.entries()) {
      const extent = this.shape[axis] ?? 0;
      if (!Number.isInteger(index) || index < 0 || index >= extent) {
        throw new RangeError(`index ${index} is out of range for dimension ${axis} of extent ${extent}`);
      }
      position = position * extent + index;
    }
    return reader(this)(position) as ElementOf<D>;
  }

  /** The elements as arrays in arrays; the element itself if the array has no dimensions. */
  toNested(): Nested<ElementOf<D>> {
    const read = reader(this);
    const { shape } = this;
    let position = 0;
    const build = (axis: number): Nested<ElementOf<D>> => {
      if (axis === shape.length) return read(position++) as ElementOf<D>;
      const extent = shape[axis] ?? 0;
      const out = new Array<Nested<ElementOf<D>>>(extent);
      for (let i = 0; i < extent; i++) out[i] = build(axis + 1);
      return out;
    };
    return build(0);
  }
}

/** Reads the element at a position, counted in elements. */
function reader(array: NDArray): (position: number) => unknown {
  const data = array.data as ArrayLike<number | bigint>;
  switch (array.dtype) {
    case "bool":
      return (position) => data[position] !== 0;
    case "float16":
      return (position) => float16(data[position] as number);
    case "complex64":
    case "complex128":
      return (position) => new PyComplex(data[2 * position] as number, data[2 * position + 1] as number);
    default:
      return textReader(array) ?? ((position) => data[position]);
  }
}

/** Reads the string at a position, without the zeros at its end, which numpy does not tell from what is not there. */
function textReader({ data, dtype }: NDArray): ((position: number) => unknown) | undefined {
  if (!dtype.startsWith("<U") && !dtype.startsWith("|S")) return undefined;
  const length = Number(dtype.slice(2));
  const of = data as Uint32Array | Uint8Array;
  return (position) => {
    let end = (position + 1) * length;
    while (end > position * length && of[end - 1] === 0) end -= 1;
    const part = of.subarray(position * length, end);
    return dtype.startsWith("|S") ? (part as Uint8Array) : Array.from(part, (code) => String.fromCodePoint(code)).join("");
  };
}

function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bits of the nearest float16, ties to even. */
function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 the exponent stays, and the numbers are multiples of 2^-24. Scaling by powers of two is exact; the logarithm is not.
  let exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  if (magnitude >= 2 ** (exponent + 1)) exponent += 1;
  else if (exponent > -14 && magnitude < 2 ** exponent) exponent -= 1;
  const scaled = magnitude * 2 ** (10 - exponent);
  let rounded = Math.floor(scaled);
  const rest = scaled - rounded;
  if (rest > 0.5 || (rest === 0.5 && rounded % 2 === 1)) rounded += 1;
  // A carry out of the fraction raises the exponent by itself; a subnormal number has neither the hidden bit nor an exponent.
  return sign | (rounded + ((exponent + 14) << 10));
}

function fromNested(source: unknown, dtype: DType | undefined): NDArray {
  const shape: number[] = [];
  for (let level = source; Array.isArray(level); level = level[0]) shape.push(level.length);
  const leaves: unknown[] = [];
  collect(source, shape, 0, leaves);
  const type = dtype ?? commonType(leaves);
  const layout = layoutOfDType(type);
  if (layout === undefined) throw new TypeError(`there is no dtype "${type}" here`);
  const data = new layout.array(leaves.length * layout.lanes);
  const write = writer(type, data as never);
  leaves.forEach((leaf, position) => write(position, leaf));
  return new NDArray(data as DataOf<DType>, shape, type);
}

function collect(source: unknown, shape: readonly number[], axis: number, leaves: unknown[]): void {
  if (axis === shape.length) {
    if (Array.isArray(source)) throw new RangeError("the nested arrays are not rectangular");
    leaves.push(source);
    return;
  }
  if (!Array.isArray(source) || source.length !== shape[axis]) throw new RangeError("the nested arrays are not rectangular");
  for (let i = 0; i < source.length; i++) collect(source[i], shape, axis + 1, leaves);
}

function commonType(leaves: readonly unknown[]): DType {
  const kinds = new Set(leaves.map((leaf) => (isComplex(leaf) ? "complex" : typeof leaf)));
  if (kinds.size === 1 && kinds.has("boolean")) return "bool";
  if (kinds.size === 1 && kinds.has("bigint")) return "int64";
  if (kinds.size === 1 && kinds.has("string")) return `<U${leaves.reduce<number>((most, leaf) => Math.max(most, [...(leaf as string)].length), 1)}`;
  if (kinds.has("complex") && [...kinds].every((kind) => kind === "complex" || kind === "number")) return "complex128";
  if ([...kinds].every((kind) => kind === "number")) return "float64";
  throw new TypeError(`an NDArray can't be made of ${[...kinds].sort().join(" and ")}; name a dtype`);
}

function writer(dtype: DType, data: (number | bigint)[]): (position: number, leaf: unknown) => void {
  const fail = (leaf: unknown): never => {
    throw new TypeError(`${String(leaf)} is no element of a "${dtype}" array`);
  };
  const number = (leaf: unknown): number => (typeof leaf === "number" ? leaf : typeof leaf === "boolean" ? Number(leaf) : fail(leaf));
  if (dtype === "bool") {
    return (position, leaf) => void (data[position] = typeof leaf === "boolean" || leaf === 0 || leaf === 1 ? Number(leaf) : fail(leaf));
  }
  if (dtype === "complex64" || dtype === "complex128") {
    return (position, leaf) => {
      data[2 * position] = isComplex(leaf) ? leaf.re : number(leaf);
      data[2 * position + 1] = isComplex(leaf) ? leaf.im : 0;
    };
  }
  const length = layoutOfDType(dtype)?.lanes ?? 1;
  if (dtype.startsWith("<U")) {
    return (position, leaf) => {
      const codes = typeof leaf === "string" && leaf.isWellFormed() ? Array.from(leaf, (one) => one.codePointAt(0) as number) : fail(leaf);
      if (codes.length > length) fail(leaf);
      for (const [at, code] of codes.entries()) data[position * length + at] = code;
    };
  }
  if (dtype.startsWith("|S")) {
    return (position, leaf) => {
      const bytes = typeof leaf === "object" && leaf !== null && tagOfTypedArray(leaf) === "Uint8Array" ? (leaf as Uint8Array) : fail(leaf);
      if (bytes.length > length) fail(leaf);
      for (const [at, byte] of bytes.entries()) data[position * length + at] = byte;
    };
  }
  if (dtype === "float16") return (position, leaf) => void (data[position] = float16Bits(number(leaf)));
  if (dtype === "float32" || dtype === "float64") return (position, leaf) => void (data[position] = number(leaf));
  // The rest are integers: one that the type can't hold would wrap around in silence.
  return (position, leaf) => {
    if (typeof leaf !== "bigint" && !Number.isSafeInteger(number(leaf))) fail(leaf);
    const value = BigInt(leaf as bigint | number | boolean);
    data[position] = typeof data[position] === "bigint" ? value : Number(value);
    if (BigInt(data[position] as bigint | number) !== value) fail(leaf);
  };
}

function isComplex(value: unknown): value is PyComplex {
  return typeof value === "object" && value !== null && kindOf(value) === "complex";
}
