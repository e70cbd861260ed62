import { OBJECTS, TAKE } from "./callee.js";
import type { NDArray } from "./ndarray.js";
import { wayOf, type PyObject } from "./object.js";
import type { PyValue } from "./value.js";

/** A table, such as a pandas `DataFrame`, as data. */
export type PyTable = {
  /** The labels of the rows; of several levels, an array of values for each. `columnType` tells what pandas has for it. */
  index: NDArray | PyValue[];
  /** The columns, by label: a `Map` where a label is no string. `columnType` tells the dtype of a column that is an array of values. */
  columns: Map<PyValue, NDArray | PyValue[]> | { [name: string]: NDArray | PyValue[] };
  /** The names of the levels of the index, of which there is one as a rule; left out where none has a name. */
  indexNames?: PyValue[];
  /** The names of the levels of the labels of the columns; left out where none has a name. */
  columnsNames?: PyValue[];
  /** The frequency of an index of times in equal steps, in pandas' words, such as `D`; left out where it has none. */
  frequency?: string;
};

/** A column with its labels, such as a pandas `Series`, as data. */
export type PyColumn = {
  /** The labels. */
  index: NDArray | PyValue[];
  /** The values. */
  values: NDArray | PyValue[];
  /** Its name; left out where it has none. */
  name?: PyValue;
  /** The names of the levels of the index; left out where none has a name. */
  indexNames?: PyValue[];
  /** The frequency of an index of times in equal steps; left out where it has none. */
  frequency?: string;
};

/**
 * What an object holds, as data: the fields of a dataclass or model, the items of a mapping, set or sequence, the columns of a table.
 *
 * A function and no method, since there are Python classes with a method of this name.
 */
export async function take<D>(object: PyObject<never, D>): Promise<D> {
  const way = wayOf(object);
  if (way === undefined) throw new TypeError("`take` takes an object of Python's");
  return (await way.call(OBJECTS, TAKE, [object])) as D;
}
