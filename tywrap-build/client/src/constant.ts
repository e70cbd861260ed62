/**
 * A value of Python that is read each time it is awaited: `const pi = await math.pi`.
 *
 * Python's attributes can change, so nothing is kept.
 */
export interface PythonConstant<T> extends PromiseLike<T> {
  /** Reads the value. Called by `await`. */
  then<R = T, E = never>(
    onfulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E>;
}

/** A property of an object that can be assigned: `await thing.size`, and `await thing.size.set(3)`. */
export interface PythonProperty<T, S = T> extends PythonConstant<T> {
  /** Assigns it. What Python makes of the value, the next read shows. */
  set(value: S): Promise<void>;
}

/** What reads a value when it is awaited. */
export class Constant<T> implements PythonConstant<T> {
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
}

/** A constant that can be assigned too. */
export class Property<T, S = T> extends Constant<T> implements PythonProperty<T, S> {
  readonly #write: (value: S) => Promise<unknown>;

  constructor(read: () => Promise<T>, write: (value: S) => Promise<unknown>) {
    super(read);
    this.#write = write;
  }

  static {
    Object.defineProperty(this, "name", { value: "PythonProperty" });
  }

  async set(value: S): Promise<void> {
    await this.#write(value);
  }
}
