import type { PyObject } from "./object.js";

/** What a table consists of that is an argument. The values of a series are its one column. */
export interface TableParts {
  readonly columns: readonly (readonly [label: unknown, values: unknown])[];
  readonly index: unknown;
  readonly name: unknown;
}

/** Registered, so that the parts of a value are found by another copy of this client, and under no name that the class may have. */
const PARTS: unique symbol = Symbol.for("tywrap.table") as never;

/** The parts of a value that is a table. */
export function partsOf(value: PyObject): TableParts {
  return (value as { readonly [PARTS]?: TableParts })[PARTS] ?? { columns: [], index: null, name: null };
}

/** Says of a value what it consists of. */
export function setParts(value: PyObject, parts: TableParts): void {
  Object.defineProperty(value, PARTS, { value: Object.freeze(parts) });
}
