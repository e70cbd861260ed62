import { CLOSE, ITERATE, NEXT, OBJECTS } from "./callee.js";
import { ProtocolError } from "./errors.js";
import { PyObject, wayOf, type Way } from "./object.js";
import type { PyValue } from "./value.js";

/** What can be gone through with `for await`. Several loops over one are independent, unless it is an iterator itself. */
export interface PyIterable<T> {
  /** Called by `for await`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
}

/** A Python iterator or generator. Leaving a `for await` over it early closes it. */
export interface PyIterator<T> extends PyObject<"typing:Iterator">, PyIterable<T> {}

/** Items asked for first. Few, so that the first ones come at once. */
const FIRST = 16;

/** Most items that can be asked for. */
const MOST = 1024;

// In the prototype and not in the class: the type of an object says so only where its class can be iterated.
Object.defineProperty(PyObject.prototype, Symbol.asyncIterator, {
  value(this: PyObject): AsyncGenerator<PyValue, void, undefined> {
    const way = wayOf(this);
    if (way === undefined) throw new TypeError("not an object of Python's");
    return iterate(this, way);
  },
  configurable: true,
  writable: true,
});

async function* iterate(object: PyObject, way: Way): AsyncGenerator<PyValue, void, undefined> {
  const iterator = await way.call(OBJECTS, ITERATE, [object]);
  if (!(iterator instanceof PyObject)) throw new ProtocolError("malformed value: an iterator that is no object", "malformed-value");
  let rest: PyValue[] = [];
  let open = false;
  try {
    for (let count = FIRST; ; count = Math.min(2 * count, MOST)) {
      const [done, items] = batchOf(await way.call(OBJECTS, NEXT, [iterator, count]));
      rest = items.reverse();
      open = !done;
      while (rest.length > 0) yield rest.pop() as PyValue;
      if (done) return;
      // While items are awaited there is nothing to close: Python is at it, or what it raised has ended it.
      open = false;
    }
  } finally {
    for (const item of rest) if (item instanceof PyObject) item.dispose();
    try {
      if (open) await way.call(OBJECTS, CLOSE, [iterator], true);
    } finally {
      iterator.dispose();
    }
  }
}

function batchOf(answer: unknown): [done: boolean, items: PyValue[]] {
  const [done, items] = Array.isArray(answer) ? (answer as unknown[]) : [];
  if (typeof done !== "boolean" || !Array.isArray(items) || (!done && items.length === 0)) {
    throw new ProtocolError("malformed value: no batch of items", "malformed-value");
  }
  return [done, items as PyValue[]];
}
