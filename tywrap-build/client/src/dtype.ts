/** Unit of a numpy `datetime64` or `timedelta64`. */
export type DTypeTimeUnit = "Y" | "M" | "W" | "D" | "h" | "m" | "s" | "ms" | "us" | "ns" | "ps" | "fs" | "as";

/** numpy's name of an element type. */
export type DType = keyof DTypeData | `datetime64[${DTypeTimeUnit}]` | `timedelta64[${DTypeTimeUnit}]` | DTypeText;

/** Strings of a fixed length, which numpy writes like this: `<U5` is five characters, `|S5` five bytes. */
export type DTypeText = `<U${number}` | `|S${number}`;

/** The typed array that holds the elements of each {@link DType}. */
export interface DTypeData {
  /** One byte each, 0 or 1. */
  bool: Uint8Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  uint64: BigUint64Array;
  /** The bit patterns: not every JavaScript has a `Float16Array`. `toNested()` gives numbers. */
  float16: Uint16Array;
  float32: Float32Array;
  float64: Float64Array;
  /** Real and imaginary part in turn. */
  complex64: Float32Array;
  /** Real and imaginary part in turn. */
  complex128: Float64Array;
}

/**
 * The typed array that holds the elements of `D`. Times are counted in their unit, in 64 bits; the smallest value is NaT. Strings are
 * their code points or their bytes, with zeros up to their length.
 */
export type DataOf<D extends DType> = D extends keyof DTypeData
  ? DTypeData[D]
  : D extends `<U${string}`
    ? Uint32Array
    : D extends `|S${string}`
      ? Uint8Array
      : BigInt64Array;

/** Any typed array of numbers. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** The {@link DType} that a typed array has unless another is named. */
export type DTypeOf<T extends TypedArray> = T extends Float64Array
  ? "float64"
  : T extends Float32Array
    ? "float32"
    : T extends BigInt64Array
      ? "int64"
      : T extends BigUint64Array
        ? "uint64"
        : T extends Int32Array
          ? "int32"
          : T extends Uint32Array
            ? "uint32"
            : T extends Int16Array
              ? "int16"
              : T extends Uint16Array
                ? "uint16"
                : T extends Int8Array
                  ? "int8"
                  : "uint8";

interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

/** One element type: how the wire names it, and what holds it here. */
export interface Layout {
  readonly dtype: DType;
  /** numpy's `dtype.str`. */
  readonly wire: string;
  readonly array: TypedArrayConstructor;
  /** Elements of `array` that one element of the type takes: 2 for a complex number, the length of a string. */
  readonly lanes: number;
}

const TABLE: readonly Layout[] = [
  { dtype: "bool", wire: "|b1", array: Uint8Array, lanes: 1 },
  { dtype: "int8", wire: "|i1", array: Int8Array, lanes: 1 },
  { dtype: "uint8", wire: "|u1", array: Uint8Array, lanes: 1 },
  { dtype: "int16", wire: "<i2", array: Int16Array, lanes: 1 },
  { dtype: "uint16", wire: "<u2", array: Uint16Array, lanes: 1 },
  { dtype: "int32", wire: "<i4", array: Int32Array, lanes: 1 },
  { dtype: "uint32", wire: "<u4", array: Uint32Array, lanes: 1 },
  { dtype: "int64", wire: "<i8", array: BigInt64Array, lanes: 1 },
  { dtype: "uint64", wire: "<u8", array: BigUint64Array, lanes: 1 },
  { dtype: "float16", wire: "<f2", array: Uint16Array, lanes: 1 },
  { dtype: "float32", wire: "<f4", array: Float32Array, lanes: 1 },
  { dtype: "float64", wire: "<f8", array: Float64Array, lanes: 1 },
  { dtype: "complex64", wire: "<c8", array: Float32Array, lanes: 2 },
  { dtype: "complex128", wire: "<c16", array: Float64Array, lanes: 2 },
];

const BY_DTYPE = new Map(TABLE.map((layout) => [layout.dtype as string, layout]));
const BY_WIRE = new Map(TABLE.map((layout) => [layout.wire, layout]));
const TIME = /^(?:(datetime64|timedelta64)|<([Mm])8)\[(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]$/;

/** The layout of an element type by numpy's name of it. */
export function layoutOfDType(dtype: string): Layout | undefined {
  return BY_DTYPE.get(dtype) ?? timeLayout(dtype, 1) ?? textLayout(dtype);
}

/** The layout of an element type by numpy's `dtype.str`. */
export function layoutOfWire(wire: string): Layout | undefined {
  return BY_WIRE.get(wire) ?? timeLayout(wire, 2) ?? textLayout(wire);
}

/** The layout that a typed array has unless another is named; `tag` is its `Symbol.toStringTag`. */
export function layoutOfTypedArray(tag: string): Layout | undefined {
  switch (tag) {
    case "Int8Array":
      return BY_WIRE.get("|i1");
    case "Uint8Array":
    case "Uint8ClampedArray":
      return BY_WIRE.get("|u1");
    case "Int16Array":
      return BY_WIRE.get("<i2");
    case "Uint16Array":
      return BY_WIRE.get("<u2");
    case "Int32Array":
      return BY_WIRE.get("<i4");
    case "Uint32Array":
      return BY_WIRE.get("<u4");
    case "BigInt64Array":
      return BY_WIRE.get("<i8");
    case "BigUint64Array":
      return BY_WIRE.get("<u8");
    case "Float16Array":
      return BY_WIRE.get("<f2");
    case "Float32Array":
      return BY_WIRE.get("<f4");
    case "Float64Array":
      return BY_WIRE.get("<f8");
    default:
      return undefined;
  }
}

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

/** Which typed array a value is, whatever realm it is of and whatever it says of itself; `undefined` if none. */
export function tagOfTypedArray(value: object): string | undefined {
  return typedArrayTag?.call(value) as string | undefined;
}

/** Number of elements of a shape, or `undefined` if it is no shape or can't be counted exactly. */
export function elementCount(shape: readonly unknown[]): number | undefined {
  let count = 1;
  let empty = false;
  for (const extent of shape) {
    if (typeof extent !== "number" || !Number.isSafeInteger(extent) || extent < 0) return undefined;
    if (extent === 0) empty = true;
    else count *= extent;
    // An extent of zero must not hide a product that is out of range.
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return empty ? 0 : count;
}

/** numpy's name of a string type is what the wire says, too. */
function textLayout(name: string): Layout | undefined {
  const digits = /^(?:<U|\|S)([1-9]\d{0,9})$/.exec(name)?.[1];
  if (digits === undefined) return undefined;
  return { dtype: name as DTypeText, wire: name, array: name.startsWith("<U") ? Uint32Array : Uint8Array, lanes: Number(digits) };
}

function timeLayout(name: string, spelling: 1 | 2): Layout | undefined {
  const match = TIME.exec(name);
  if (!match?.[spelling]) return undefined;
  const date = match[1] === "datetime64" || match[2] === "M";
  const unit = match[3] as DTypeTimeUnit;
  return {
    dtype: `${date ? "datetime64" : "timedelta64"}[${unit}]`,
    wire: `<${date ? "M" : "m"}8[${unit}]`,
    array: BigInt64Array,
    lanes: 1,
  };
}
