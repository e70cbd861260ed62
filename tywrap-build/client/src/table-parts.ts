import type { PyColumnType } from "./column.js";
import type { PyObject } from "./object.js";

/** Labels, with what they don't say themselves. */
export interface IndexParts {
  readonly values: unknown;
  /** Start, stop and step, where the values are those. */
  readonly range?: readonly [number, number, number] | undefined;
  readonly names?: readonly unknown[] | undefined;
  readonly frequency?: string | undefined;
}

/** What a table consists of that is an argument. The values of a series are its one column, and its name is its one label. */
export interface TableParts {
  readonly labels: IndexParts;
  readonly columns: readonly unknown[];
  readonly index: IndexParts;
}

/** Registered, so that the parts of a value are found by another copy of this client, and under no name that the class may have. */
const PARTS: unique symbol = Symbol.for("tywrap.table") as never;

/** As {@link PARTS}, of the columns of a table that was taken. */
const LABELS: unique symbol = Symbol.for("tywrap.labels") as never;

/** The labels of columns as they came, and what pandas has for them. */
export interface TakenLabels {
  readonly labels: readonly unknown[];
  readonly type: PyColumnType | undefined;
}

/** The labels that the columns of a table came with. */
export function labelsOf(columns: object): TakenLabels | undefined {
  return (columns as { readonly [LABELS]?: TakenLabels })[LABELS];
}

/** Says of the columns of a table which labels they came with. */
export function setLabels(columns: object, taken: TakenLabels): void {
  Object.defineProperty(columns, LABELS, { value: Object.freeze(taken) });
}

/** The parts of a value that is a table. */
export function partsOf(value: PyObject): TableParts {
  return (value as { readonly [PARTS]?: TableParts })[PARTS] ?? { labels: { values: [] }, columns: [], index: { values: null } };
}

/** Says of a value what it consists of. */
export function setParts(value: PyObject, parts: TableParts): void {
  Object.defineProperty(value, PARTS, { value: Object.freeze(parts) });
}
