import { brand } from "./kind.js";

/** A frozen array that is a Python `tuple`. Made by {@link pyTuple}. */
export type PyTuple<T extends readonly unknown[] = readonly unknown[]> = Readonly<T>;

/**
 * Passes its arguments as a Python `tuple`.
 *
 * Where a parameter's type is a tuple, a plain array is sent as one already. This is for the places that leave it open, such as a key
 * of a `Map`, or an index that means something else as a list.
 */
export function pyTuple<const T extends readonly unknown[]>(...items: T): PyTuple<T> {
  brand(items, "tuple");
  return Object.freeze(items);
}
