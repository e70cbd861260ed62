/** A member of a class: a method, a property that is read, or one that can be assigned too. Numbers are indices of callables. */
export type Member = number | readonly [get: number, set?: number];

/** A class as an emitted module describes it. */
export type ClassEntry = readonly [
  /** Defining module and qualified name. */
  name: string,
  /** The classes it inherits from, nearest first, as positions in the module's list. */
  bases: readonly number[],
  /** What it defines itself. */
  members: Readonly<Record<string, Member>>,
];

/** What a session has to know of a module to call it. */
export interface Callee {
  readonly name: string;
  readonly digest: string;
  /** Names of the callables, by index. */
  readonly names: readonly string[];
  /** The classes whose instances it may give. */
  readonly classes: readonly ClassEntry[];
}

/** The operations on objects, whatever their class: slot 0, which is open on every connection. */
export const OBJECTS: Callee = { name: "object", digest: "", names: ["iterate", "next", "close", "take", "str", "repr", "leave"], classes: [] };

/** Positions in {@link OBJECTS}. */
export const ITERATE = 0;
export const NEXT = 1;
export const CLOSE = 2;
export const TAKE = 3;
export const STR = 4;
export const REPR = 5;
export const LEAVE = 6;
