import { isInstance } from "./classes.js";
import { Constant } from "./constant.js";
import { UnsupportedError } from "./errors.js";
import { brand } from "./kind.js";

/** What a class has besides its instances: a number is a function, one in brackets an attribute. */
export type Statics = Readonly<Record<string, number | readonly [number]>>;

/** What a class value is made of. */
export interface ClassParts {
  /** Defining module and qualified name. */
  readonly className: string;
  /** Index of the constructor, or -1. */
  readonly constructor: number;
  readonly statics: Statics;
  /** What it holds besides: the members of an enum. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Calls a callable of the module. */
  readonly call: (index: number, args: readonly unknown[]) => Promise<unknown>;
}

/** What each class value was made of, to make it again for another connection. */
const parts = new WeakMap<object, ClassParts>();

/** A class value's parts. */
export function partsOf(value: object): ClassParts | undefined {
  return parts.get(value);
}

/** A class as a value: a function that makes instances, with what the class has. */
export function makeClass(of: ClassParts): unknown {
  const { className, constructor, statics, values, call } = of;
  // No constructor in JavaScript's sense: `new Counter()` could give no promise.
  const made = (...args: unknown[]): Promise<unknown> => {
    if (constructor >= 0) return call(constructor, args);
    return Promise.reject(new UnsupportedError(`\`${className}\` can't be made from outside of Python`, "class-not-callable"));
  };
  Object.defineProperty(made, "name", { value: className.slice(Math.max(className.lastIndexOf(":"), className.lastIndexOf(".")) + 1) });
  Object.defineProperty(made, Symbol.hasInstance, { value: (value: unknown) => isInstance(value, className) });
  brand(made, "class");
  // Defined and not assigned: a static may be called `name`, `length` or `prototype`.
  for (const [key, index] of Object.entries(statics)) {
    const value = typeof index === "number" ? staticMethod(key, index, call) : new Constant(() => call(index[0], []));
    Object.defineProperty(made, key, { value, enumerable: true });
  }
  for (const [key, value] of values) Object.defineProperty(made, key, { value, enumerable: true });
  parts.set(made, of);
  return Object.freeze(made);
}

function staticMethod(key: string, index: number, call: ClassParts["call"]): unknown {
  const method = (...args: unknown[]): Promise<unknown> => call(index, args);
  Object.defineProperty(method, "name", { value: key });
  return method;
}
