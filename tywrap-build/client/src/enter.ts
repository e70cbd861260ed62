import { LEAVE, OBJECTS } from "./callee.js";
import { asyncDispose } from "./dispose.js";
import { wayOf, type PyObject } from "./object.js";
import type { PyValue } from "./value.js";

/** A context manager of Python's, as its class is emitted. */
export type PyManager = PyObject &
  ({ __enter__(...args: never[]): Promise<unknown> } | { __aenter__(...args: never[]): Promise<unknown> });

/** What entering a context manager gives. */
export type EnteredBy<M> = M extends { __aenter__(): Promise<infer T> } ? T : M extends { __enter__(): Promise<infer T> } ? T : PyValue;

/** A context manager that has been entered. It is left at the end of an `await using` block. */
export class PyEntered<T> {
  /** What `as` would have named in Python. */
  readonly value: T;
  readonly #manager: PyObject;
  readonly #asynchronous: boolean;
  #left = false;

  /** Made by {@link enter}. */
  constructor(manager: PyObject, value: T, asynchronous: boolean) {
    this.#manager = manager;
    this.#asynchronous = asynchronous;
    this.value = value;
  }

  /**
   * Leaves it. Leaving it again does nothing.
   *
   * @param failure what went wrong in between. Python is told of a `RuntimeError` that says the same
   * @returns whether the manager wants the failure to be forgotten
   */
  async leave(failure?: unknown): Promise<boolean> {
    if (this.#left) return false;
    this.#left = true;
    const why = failure === undefined ? null : failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
    // Also where a signal has aborted the calls in between.
    const args = [this.#manager, why?.toWellFormed() ?? null, this.#asynchronous];
    return (await wayOf(this.#manager)?.call(OBJECTS, LEAVE, args, true)) === true;
  }

  /** Leaves it, as after a block without a failure: JavaScript doesn't say how a block ended. {@link within} does. */
  async [asyncDispose](): Promise<void> {
    await this.leave();
  }
}

/**
 * Enters a context manager, as Python's `with` does.
 *
 * ```ts
 * await using connection = await enter(await sqlite3.connect("rain.db"));
 * await connection.value.execute("create table rain (city)");
 * ```
 */
export async function enter<M extends PyManager>(manager: M): Promise<PyEntered<EnteredBy<M>>> {
  const entering: { __aenter__?(): Promise<unknown>; __enter__?(): Promise<unknown> } = manager;
  if (wayOf(manager) === undefined) throw new TypeError("`enter` takes a context manager of Python's");
  const asynchronous = entering.__aenter__ !== undefined;
  const value = asynchronous ? entering.__aenter__?.() : entering.__enter__?.();
  if (value === undefined) throw new TypeError(`\`${manager.className}\` is no context manager, or its \`__enter__\` is not granted`);
  return new PyEntered(manager, (await value) as EnteredBy<M>, asynchronous);
}

/**
 * Runs `body` with a context manager entered, and leaves it however `body` ends. What `body` throws the manager is told, and may ask to
 * forget, as `contextlib.suppress` does.
 *
 * @returns what `body` gives; `undefined` where what it threw is forgotten
 */
export async function within<M extends PyManager, R>(manager: M, body: (value: EnteredBy<M>) => Promise<R>): Promise<R | undefined> {
  const entered = await enter(manager);
  let result: R;
  try {
    result = await body(entered.value);
  } catch (failure) {
    if (await entered.leave(failure ?? new Error("nothing in particular was thrown"))) return undefined;
    throw failure;
  }
  await entered.leave();
  return result;
}
