import { decodeArguments, type Origin } from "./decode.js";
import { encodeGiven } from "./encode.js";
import { TywrapError } from "./errors.js";
import { ERROR, RESULT, type Frame } from "./frame.js";
import type { Outgoing } from "./outbox.js";

/**
 * A function that is passed to Python, which calls it with arguments `A` while a call of the connection is open, and waits for what it
 * gives. Keywords come as one object behind the other arguments.
 *
 * What it throws is a `tywrap.CallbackError` in Python; if that ends the call, it is the `cause` of the {@link PythonError}.
 */
export interface PyCallback<A extends readonly unknown[], R> {
  (...args: A): R | Promise<R>;
}

/** Any function. */
type Callable = (...args: unknown[]) => unknown;

/** What Python calls the class of the error that {@link PyCallback} speaks of. */
export const CALLBACK_ERROR = "tywrap.CallbackError";

/** What the call is told that lent a function. */
export interface Lender {
  /** What the last function that failed has thrown. */
  thrown?: { readonly error: unknown } | undefined;
}

/** The functions that a connection has lent to Python, by the numbers that it names them by. */
export class Lent {
  readonly #functions = new Map<number, { readonly call: Callable; readonly origin: Origin }>();
  #last = 0;

  /** Lends a function, and gives its number. */
  add(call: Callable, origin: Origin): number {
    do {
      this.#last = this.#last === 0xffff_ffff ? 1 : this.#last + 1;
    } while (this.#functions.has(this.#last));
    this.#functions.set(this.#last, { call, origin });
    return this.#last;
  }

  /** Forgets functions. */
  delete(ids: readonly unknown[]): void {
    for (const id of ids) this.#functions.delete(id as number);
  }

  /** Calls a function as a frame says, and gives the frame that answers. */
  async call(frame: Frame, maxDepth: number): Promise<Outgoing> {
    const { request } = frame;
    const lent = this.#functions.get(frame.callable);
    try {
      if (lent === undefined) throw new TywrapError("the function is not lent any more", "callback-failed");
      const { args, keywords } = decodeArguments(frame.text, frame.tagged, frame.buffers, lent.origin);
      const given = await lent.call(...args, ...(Object.keys(keywords).length > 0 ? [keywords] : []));
      const { text, tagged, buffers } = encodeGiven(given, lent.origin, maxDepth);
      // What an earlier one threw, Python has got over.
      (lent.origin as Lender).thrown = undefined;
      return { kind: RESULT, request, text, tagged, buffers };
    } catch (error) {
      if (lent !== undefined) (lent.origin as Lender).thrown = { error };
      return failed(request, error);
    }
  }
}

/** The frame that says that a function failed. */
export function failed(request: number, error: unknown): Outgoing {
  const value = { kind: "callback", code: "callback-failed", message: describe(error).toWellFormed().slice(0, 10_000) };
  return { kind: ERROR, request, text: JSON.stringify(value) };
}

/** What was thrown says of itself. It may say anything, or fail. */
function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "a value that has no text";
  }
}
