import { call, through, type Connection } from "./connection.js";
import type { Callee } from "./session.js";

/**
 * A value of a Python module that is read each time it is awaited: `const pi = await math.pi`.
 *
 * Python's module attributes can change, so nothing is kept.
 */
export interface PythonConstant<T> extends PromiseLike<T> {
  /** Reads the value. Called by `await`. */
  then<R = T, E = never>(
    onfulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E>;
}

/** What an emitted module calls Python through. Made by {@link describe}; not for use by hand. */
export interface PythonModule {
  /** Calls the callable at `index`. The emitted declaration says what it returns. */
  call(index: number, args: readonly unknown[]): Promise<any>;
  /** The attribute at `index`. */
  constant<T>(index: number): PythonConstant<T>;
  /** The exports of the emitted module, with calls through `connection`. */
  with<E extends object>(connection: Connection, exports: E): E;
}

/**
 * Describes a Python module to the client. Emitted modules call it; not for use by hand.
 *
 * @param name dotted Python name
 * @param digest of the module's grants, as the host has them compiled in
 * @param names of the callables, by index; for messages
 */
export function describe(name: string, digest: string, names: readonly string[]): PythonModule {
  return new Description(name, digest, names);
}

class Description implements PythonModule, Callee {
  readonly name: string;
  readonly digest: string;
  readonly names: readonly string[];

  constructor(name: string, digest: string, names: readonly string[]) {
    this.name = name;
    this.digest = digest;
    this.names = names;
  }

  call(index: number, args: readonly unknown[]): Promise<any> {
    return call(this, index, args);
  }

  constant<T>(index: number): PythonConstant<T> {
    return new Constant<T>(() => this.call(index, []));
  }

  with<E extends object>(connection: Connection, exports: E): E {
    return bind(connection, exports);
  }
}

class Constant<T> implements PythonConstant<T> {
  readonly #read: () => Promise<T>;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  static {
    Object.defineProperty(this, "name", { value: "PythonConstant" });
  }

  then<R = T, E = never>(
    onfulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#read().then(onfulfilled, onrejected);
  }

  /** The same constant, read through `connection`. */
  bind(connection: Connection): Constant<T> {
    return new Constant(() => through(connection, this.#read));
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
  if (typeof value === "function") {
    return (...args: unknown[]): unknown => through(connection, () => (value as (...args: unknown[]) => unknown)(...args));
  }
  if (value instanceof Constant) return value.bind(connection);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) return bind(connection, value);
  return value;
}
