// What the programs of the end-to-end tests check with. A failed check is an exception, so the program fails.

declare const process: { argv: string[] };
declare const console: { log(text: string): void };

/** The host's command line. */
export function host(): [string, ...string[]] {
  const [program, ...rest] = process.argv.slice(2);
  if (program === undefined) throw new Error("usage: node program.js <host> [argument…]");
  return [program, ...rest];
}

let done = 0;

/** Counts a check that held. */
export function held(): void {
  done++;
}

/** Says how many checks held, which the test compares. */
export function finish(): void {
  console.log(`${done} checks`);
}

/** Both are the same value, by structure. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (!equal(actual, expected)) throw new Error(`${what}: found ${show(actual)}, expected ${show(expected)}`);
  held();
}

/** The call fails with an error of this class that is also `also`. */
export async function fails<E>(
  type: abstract new (...args: never[]) => E,
  run: () => PromiseLike<unknown>,
  what: string,
): Promise<E> {
  let result: unknown;
  try {
    result = await run();
  } catch (error) {
    if (!(error instanceof type)) throw new Error(`${what}: failed with ${String(error)}`);
    held();
    return error;
  }
  throw new Error(`${what}: expected to fail, gave ${show(result)}`);
}

function show(value: unknown): string {
  if (value instanceof Map) return `Map ${show([...value])}`;
  if (value instanceof Set) return `Set ${show([...value])}`;
  return typeof value === "bigint" ? `${value}n` : JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner));
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map && b instanceof Map) return equal([...a], [...b]);
  if (a instanceof Set && b instanceof Set) return equal([...a], [...b]);
  const [left, right] = [Object.entries(a), Object.entries(b)];
  const other = new Map(right);
  return left.length === right.length && left.every(([key, value]) => other.has(key) && equal(value, other.get(key)));
}
