import { brand } from "./kind.js";

/**
 * Keyword arguments. Made by {@link kw}.
 *
 * `K` is there so that a keyword which the function doesn't have is an error at the call: an object with more properties would be
 * accepted otherwise. It is a parameter of its own because `keyof T` would make TypeScript compare `T` in the wrong direction.
 */
export interface Kw<T extends object = Record<string, unknown>, K extends PropertyKey = keyof T> {
  /** The values, by keyword. */
  readonly keywords: T;
  /** Exists in types only. */
  readonly names?: K;
}

/** What {@link kw} returns. A class, so that no plain object can pass for keywords by accident. */
class Keywords<T extends object> implements Kw<T> {
  readonly keywords: T;

  constructor(keywords: T) {
    if (typeof keywords !== "object" || keywords === null || Array.isArray(keywords)) {
      throw new TypeError("kw takes one object, such as kw({ axis: 0 })");
    }
    this.keywords = keywords;
  }

  static {
    brand(this.prototype, "keywords");
  }
}

/**
 * Passes keyword arguments, right after the positional ones: `np.mean(a, kw({ axis: 0 }))`.
 *
 * A keyword whose value is `undefined` is not passed. A bare object at the end of a call is never read as keywords, since it
 * may be meant as a `dict`.
 */
export function kw<const T extends object>(keywords: T): Kw<T> {
  return new Keywords(keywords);
}
