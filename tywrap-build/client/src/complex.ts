import { brand } from "./kind.js";

/** A Python `complex`. */
export class PyComplex {
  /** Real part. */
  readonly re: number;
  /** Imaginary part. */
  readonly im: number;

  /**
   * @param re real part
   * @param im imaginary part, 0 if left out
   */
  constructor(re: number, im = 0) {
    if (typeof re !== "number" || typeof im !== "number") throw new TypeError("the parts of a PyComplex are numbers");
    this.re = re;
    this.im = im;
  }

  static {
    brand(this.prototype, "complex");
  }

  /** The number as Python writes it, such as `1.5-2j`. */
  toString(): string {
    const sign = this.im < 0 || Object.is(this.im, -0) ? "-" : "+";
    return `${part(this.re)}${sign}${part(Math.abs(this.im))}j`;
  }
}

function part(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  return Object.is(value, -0) ? "-0" : String(value);
}
