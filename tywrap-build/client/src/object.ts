import { OBJECTS, REPR, STR, type Callee } from "./callee.js";
import type { Origin } from "./decode.js";
import { asyncDispose, dispose } from "./dispose.js";
import type { PyValue } from "./value.js";

/** Where remote objects live: one connection. */
export interface ObjectOwner {
  /** Tells the worker that an object is no longer used. */
  release(id: number): void;
  /** Lends a function to Python, which names it by the number that is given. */
  lend(call: (...args: unknown[]) => unknown, origin: Origin): number;
  /** Takes back functions that were not sent. */
  unlend(ids: readonly number[]): void;
}

/** How calls on an object are made: through the connection that it came by, with its options. */
export interface Way {
  /** Calls a callable. With `settle`, no signal that aborts calls holds for it. */
  call(callee: Callee, index: number, args: readonly unknown[], settle?: boolean): Promise<unknown>;
}

/** A live object, as the wire names it. */
interface Handle {
  readonly owner: ObjectOwner;
  readonly id: number;
}

/** A last resort for objects that nobody disposed of. */
const forgotten = new FinalizationRegistry<Handle>(({ owner, id }) => owner.release(id));

/** The reach into an object that only this client has. */
export let referenceTo: (object: PyObject, owner: ObjectOwner) => number | "disposed" | "foreign";
export let wayOf: (object: unknown) => Way | undefined;
export let makeObject: (prototype: object, className: string, way: Way, handle: Handle | undefined) => PyObject;

/** Keys that exist in types only, so that no property by a name of theirs can be seen. */
declare const CLASSES: unique symbol;
declare const DATA: unique symbol;

/**
 * A live object in the Python worker. `C` is the names of its class and of all that the class inherits from, such as
 * `"collections:Counter" | "builtins:dict"`; plain `PyObject` is an object of any class. `D` is what `take` gives of it.
 *
 * It stays alive until `dispose()`, the end of an `await using` block, or the end of the connection. One that is only forgotten is
 * released when the garbage collector gets to it, which may be never.
 */
export class PyObject<C extends string = never, D = PyValue> {
  declare readonly [CLASSES]: { readonly [K in C]: true };
  declare readonly [DATA]: D;

  /** Defining module and qualified name of its class. */
  readonly className: string;
  readonly #way: Way;
  /** None for the member of an enum, which is a value and lives nowhere. */
  readonly #handle: Handle | undefined;
  #disposed = false;

  private constructor(className: string, way: Way, handle: Handle | undefined) {
    this.className = className;
    this.#way = way;
    this.#handle = handle;
    if (handle !== undefined) forgotten.register(this, handle, this);
  }

  static {
    makeObject = (prototype, className, way, handle) => {
      // Made by what is called with `new`, so that the object is never seen with another prototype.
      const made = function (): void {};
      made.prototype = prototype;
      return Reflect.construct(PyObject, [className, way, handle], made) as PyObject;
    };
    wayOf = (object) => (typeof object === "object" && object !== null && #way in object ? object.#way : undefined);
    referenceTo = (object, owner) => {
      if (!(#handle in object) || object.#handle?.owner !== owner) return "foreign";
      return object.#disposed ? "disposed" : object.#handle.id;
    };
  }

  /** Lets go of the object. Using it afterwards is an error; disposing of it again does nothing. */
  dispose(): void {
    if (this.#handle === undefined || this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    this.#handle.owner.release(this.#handle.id);
  }

  /** The same as {@link PyObject.dispose}. */
  [dispose](): void {
    this.dispose();
  }

  /** The same as {@link PyObject.dispose}. */
  [asyncDispose](): Promise<void> {
    this.dispose();
    return Promise.resolve();
  }

  /** What Python's `str` makes of it. */
  __str__(): Promise<string> {
    return this.#way.call(OBJECTS, STR, [this]) as Promise<string>;
  }

  /** What Python's `repr` makes of it. */
  __repr__(): Promise<string> {
    return this.#way.call(OBJECTS, REPR, [this]) as Promise<string>;
  }
}

/**
 * What a class that inherits from `B` has of it: all but the members `K`, which it overrides, and what going through it gives, which it
 * says again. `C` is the names of the class and of all that it inherits from.
 */
export type Inherit<B, C extends string, K extends PropertyKey = never, D = PyValue> =
  Omit<B, K | keyof PyObject | typeof Symbol.asyncIterator> & PyObject<C, D>;

/**
 * The member of a Python enum: a frozen value, of which there is one, so that `===` tells members apart. `N` is its name, and `V` its
 * value; a value that the stub doesn't state is `null`, and `take` gives it.
 */
export interface PyEnum<C extends string, N extends string = string, V = PyValue> extends PyObject<C, V> {
  /** Its name in Python; of a combination of flags, their names with a `|` between them. */
  readonly name: N;
  /** Its value in Python. */
  readonly value: V;
}

/** What a Python class is besides what it is called with: `value instanceof Counter` tells whether Python said so. */
export interface PyClass<I> {
  /** Called by `instanceof`. */
  [Symbol.hasInstance](value: unknown): value is I;
}
