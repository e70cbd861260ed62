import type { Callee, ClassEntry } from "./callee.js";
import { makeClass, partsOf, type Statics } from "./class-value.js";
import { register } from "./classes.js";
import { call, through, type Connection } from "./connection.js";
import { Constant, type PythonConstant } from "./constant.js";
import { declareEnum } from "./enum.js";
import type { PyValue } from "./value.js";

/** What an emitted module calls Python through. Made by {@link describe}; not for use by hand. */
export interface PythonModule {
  /** Calls the callable at `index`. The emitted declaration says what it returns. */
  call(index: number, args: readonly unknown[]): Promise<any>;
  /** The attribute at `index`. */
  constant<T>(index: number): PythonConstant<T>;
  /**
   * The class at position `index` of the module's.
   *
   * @param index position among the classes
   * @param constructor index of what makes an instance, or -1
   * @param statics what the class has besides: a number is a function, one in brackets an attribute
   */
  class(index: number, constructor: number, statics: Statics): any;
  /** The enum at position `index` of the module's classes, with its members in order and the values that the stub states. */
  enum(index: number, constructor: number, members: Readonly<Record<string, PyValue>>, statics: Statics): any;
  /** The exports of the emitted module, with calls through `connection`. */
  with<E extends object>(connection: Connection, exports: E): E;
}

/**
 * Describes a Python module to the client. Emitted modules call it; not for use by hand.
 *
 * @param name dotted Python name
 * @param digest of the module's grants, as the host has them compiled in
 * @param names of the callables, by index; for messages
 * @param classes whose instances the module may give
 */
export function describe(name: string, digest: string, names: readonly string[], classes: readonly ClassEntry[] = []): PythonModule {
  const module = new Description(name, digest, names, classes);
  register(module);
  return module;
}

class Description implements PythonModule, Callee {
  readonly name: string;
  readonly digest: string;
  readonly names: readonly string[];
  readonly classes: readonly ClassEntry[];

  constructor(name: string, digest: string, names: readonly string[], classes: readonly ClassEntry[]) {
    this.name = name;
    this.digest = digest;
    this.names = names;
    this.classes = classes;
  }

  call(index: number, args: readonly unknown[]): Promise<any> {
    return call(this, index, args);
  }

  constant<T>(index: number): PythonConstant<T> {
    return new Constant<T>(() => this.call(index, []));
  }

  class(index: number, constructor: number, statics: Statics): any {
    return this.#class(index, constructor, statics, new Map());
  }

  enum(index: number, constructor: number, members: Readonly<Record<string, PyValue>>, statics: Statics): any {
    const declared = declareEnum(this.#className(index), members, { call });
    return this.#class(index, constructor, statics, new Map(declared.map((member) => [member.name, member])));
  }

  #class(index: number, constructor: number, statics: Statics, values: ReadonlyMap<string, unknown>): unknown {
    const className = this.#className(index);
    return makeClass({ className, constructor, statics, values, call: (at, args) => this.call(at, args) });
  }

  #className(index: number): string {
    const entry = this.classes[index];
    if (entry === undefined) throw new RangeError(`\`${this.name}\` has no class ${index}`);
    return entry[0];
  }

  with<E extends object>(connection: Connection, exports: E): E {
    return bind(connection, exports);
  }
}

function bind<E extends object>(connection: Connection, exports: E): E {
  const bound: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(exports)) {
    // Defined, not assigned: a Python name may be `__proto__`.
    Object.defineProperty(bound, key, { value: bindOne(connection, value), enumerable: true });
  }
  return Object.freeze(bound) as E;
}

function bindOne(connection: Connection, value: unknown): unknown {
  const parts = typeof value === "function" ? partsOf(value) : undefined;
  if (parts !== undefined) return makeClass({ ...parts, call: (index, args) => through(connection, () => parts.call(index, args)) });
  if (typeof value === "function") {
    return (...args: unknown[]): unknown => through(connection, () => (value as (...args: unknown[]) => unknown)(...args));
  }
  if (value instanceof Constant) return new Constant(() => through(connection, () => value.then((read) => read)));
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) return bind(connection, value);
  return value;
}
