import type { PyComplex } from "./complex.js";
import type { TypedArray } from "./dtype.js";
import type { NDArray } from "./ndarray.js";
import type { PyFloat, PyInt } from "./number.js";
import type { PyObject } from "./object.js";

/** Everything that can come back from Python. */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyComplex
  | NDArray
  | PyObject
  | PyValue[]
  | Set<PyValue>
  | Map<PyValue, PyValue>
  | { [key: string]: PyValue };

/**
 * Everything that can be passed to Python where a parameter's type leaves it open.
 *
 * A property that is `undefined` is left out of its `dict`.
 */
export type PyArgument =
  | null
  | boolean
  | number
  | bigint
  | string
  | TypedArray
  | PyComplex
  | PyFloat
  | PyInt
  | NDArray
  | PyObject
  | readonly PyArgument[]
  | ReadonlySet<PyArgument>
  | ReadonlyMap<PyArgument, PyArgument>
  | { readonly [key: string]: PyArgument | undefined };

/**
 * What numpy makes an array of: an array, a number, numbers in arrays, or a remote object that is one or becomes one, such as a
 * pandas `Series`. `S` narrows the single elements.
 */
export type ArrayLike<S = number | bigint | boolean | string | PyComplex | PyFloat | PyInt> =
  | S
  | NDArray
  | TypedArray
  | PyObject
  | readonly ArrayLike<S>[];
