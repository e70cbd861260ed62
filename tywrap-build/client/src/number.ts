import { brand } from "./kind.js";

/** A number that is a Python `float` even where it is integral. Made by {@link pyFloat}. */
export class PyFloat {
  /** The number. */
  readonly value: number;

  /** @param value any number, also NaN, an infinity or -0 */
  constructor(value: number) {
    if (typeof value !== "number") throw new TypeError(`pyFloat takes a number, not a ${typeof value}`);
    this.value = value;
  }

  static {
    brand(this.prototype, "float");
  }
}

/** A number that is a Python `int` of any size. Made by {@link pyInt}. */
export class PyInt {
  /** The integer. */
  readonly value: bigint;

  /** @param value a bigint */
  constructor(value: bigint) {
    if (typeof value !== "bigint") throw new TypeError(`PyInt takes a bigint, not a ${typeof value}`);
    this.value = value;
  }

  static {
    brand(this.prototype, "int");
  }
}

/**
 * Passes `value` as a Python `float`.
 *
 * An integral JavaScript number goes out as an `int` where the parameter's type leaves it open; `pyFloat(2)` is `2.0`.
 */
export function pyFloat(value: number): PyFloat {
  return new PyFloat(value);
}

/**
 * Passes `value` as a Python `int`.
 *
 * @param value an integral number, a bigint, or decimal digits with an optional sign
 * @throws RangeError if a number is not a safe integer, because its digits would already be rounded
 * @throws SyntaxError if a string is no decimal integer
 */
export function pyInt(value: number | bigint | string): PyInt {
  switch (typeof value) {
    case "bigint":
      return new PyInt(value);
    case "number":
      if (!Number.isSafeInteger(value)) {
        throw new RangeError(`pyInt takes a safe integer, not ${value}; write a larger one as a bigint or a string`);
      }
      return new PyInt(BigInt(value));
    case "string":
      if (!/^[+-]?[0-9]+$/.test(value)) throw new SyntaxError("pyInt takes decimal digits with an optional sign");
      return new PyInt(value.startsWith("+") ? BigInt(value.slice(1)) : BigInt(value));
    default:
      throw new TypeError(`pyInt takes a number, a bigint or a string, not a ${typeof value}`);
  }
}
