import { kindOf } from "./kind.js";

/**
 * Whether `JSON.stringify` writes a value just as the wire has it. It does for most data, and much faster than any code of ours. What
 * it would change in silence (`NaN`, -0, an integer that is not exact, `undefined` in a list), leave out or convert is not plain, nor is
 * what takes a tag; those are written, or refused, one by one. Getters are read here and then again.
 *
 * @param depth how many levels of containers there may be
 */
export function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
      return value.isWellFormed();
    case "boolean":
      return true;
    case "number":
      return Number.isInteger(value) ? Number.isSafeInteger(value) && !Object.is(value, -0) : Number.isFinite(value);
    case "object":
      return value === null || (depth > 0 && isPlainContainer(value, depth - 1));
    default:
      return false;
  }
}

function isPlainContainer(value: object, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) {
    const items = value as unknown[];
    if (kindOf(items) !== undefined || "toJSON" in items) return false;
    for (let i = 0; i < items.length; i++) if (!isPlain(items[i], depth)) return false;
    return true;
  }
  if (prototype !== Object.prototype && prototype !== null) return false;
  // Whatever is inherited is inherited by all, and makes the whole program an odd one: then nothing is plain.
  for (const key in value) {
    if (key === "__proto__" || key === "toJSON" || !key.isWellFormed()) return false;
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (member !== undefined && !isPlain(member, depth)) return false;
  }
  return true;
}

/** Whether somebody gave strings, numbers or booleans a form of their own in JSON. */
export function isJsonAltered(): boolean {
  return ["", 0, true, {}, []].some((value) => "toJSON" in Object(value));
}
