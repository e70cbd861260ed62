import type { Callee, ClassEntry, Member } from "./callee.js";
import { Constant, Property } from "./constant.js";
import { PyObject, wayOf, type Way } from "./object.js";

/** A module with classes, of which nothing is made before an object of one comes. */
class Table {
  readonly #callee: Callee;
  #positions: Map<string, number> | undefined;
  readonly #prototypes = new Map<number, object>();

  constructor(callee: Callee) {
    this.#callee = callee;
  }

  position(name: string): number | undefined {
    this.#positions ??= new Map(this.#callee.classes.map(([each], at) => [each, at]));
    return this.#positions.get(name);
  }

  /** What objects of a class inherit from. */
  prototype(at: number): object {
    const before = this.#prototypes.get(at);
    if (before !== undefined) return before;
    const [, bases, members] = this.#entry(at);
    const [nearest, ...others] = bases;
    let prototype: object;
    if (nearest !== undefined && sameItems(this.#entry(nearest)[1], others)) {
      prototype = Object.create(this.prototype(nearest)) as object;
    } else {
      // Classes with several bases each have an order of their own, which no chain of prototypes can be shared for.
      prototype = Object.create(PyObject.prototype) as object;
      for (const base of [...bases].reverse()) this.#define(prototype, this.#entry(base)[2]);
    }
    this.#define(prototype, members);
    this.#prototypes.set(at, prototype);
    return prototype;
  }

  inherits(at: number, name: string): boolean {
    return this.#entry(at)[1].some((base) => this.#entry(base)[0] === name);
  }

  #entry(at: number): ClassEntry {
    return this.#callee.classes[at] ?? NO_CLASS;
  }

  #define(prototype: object, members: ClassEntry[2]): void {
    for (const [key, member] of Object.entries(members)) {
      Object.defineProperty(prototype, key, { ...memberOf(this.#callee, key, member), configurable: true });
    }
  }
}

const NO_CLASS: ClassEntry = ["", [], {}];

function memberOf(callee: Callee, key: string, member: Member): PropertyDescriptor {
  if (typeof member === "number") {
    const method = function (this: unknown, ...args: unknown[]): Promise<unknown> {
      return receiver(this, key).call(callee, member, [this, ...args]);
    };
    Object.defineProperty(method, "name", { value: key });
    return { value: method, writable: true };
  }
  const [get, set] = member;
  return {
    get(this: unknown): unknown {
      const way = receiver(this, key);
      const read = (): Promise<unknown> => way.call(callee, get, [this]);
      return set === undefined ? new Constant(read) : new Property(read, (value) => way.call(callee, set, [this, value]));
    },
  };
}

function receiver(object: unknown, key: string): Way {
  const way = wayOf(object);
  if (way === undefined) throw new TypeError(`\`${key}\` is called on an object of Python's, and not by itself`);
  return way;
}

function sameItems(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

/** Every module with classes that was described, in order. */
const tables = new Map<Callee, Table>();

/** Makes the classes of a module known. */
export function register(callee: Callee): void {
  if (callee.classes.length > 0) tables.set(callee, new Table(callee));
}

/** What an object of a class inherits from, by the module that gave it, else by any that knows the class. */
export function prototypeOf(className: string, callee: Callee | undefined): object {
  const own = callee === undefined ? undefined : tables.get(callee);
  for (const table of own === undefined ? tables.values() : [own, ...tables.values()]) {
    const at = table.position(className);
    if (at !== undefined) return table.prototype(at);
  }
  return PyObject.prototype;
}

/** An object is of a class, or of one that inherits from it. */
export function isInstance(value: unknown, className: string): boolean {
  if (wayOf(value) === undefined) return false;
  const own = (value as PyObject).className;
  if (own === className) return true;
  for (const table of tables.values()) {
    const at = table.position(own);
    if (at !== undefined && table.inherits(at, className)) return true;
  }
  return false;
}
