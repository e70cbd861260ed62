import { prototypeOf } from "./classes.js";
import type { Callee } from "./callee.js";
import { brand, kindOf } from "./kind.js";
import { makeObject, type PyObject, type Way } from "./object.js";

/**
 * A value of Python's that one line of text says everything about. It is no object in a worker: it needs no `dispose`, holds on any
 * connection, and methods that are granted of its class send it along. `C` is the names of its class and of all that the class inherits
 * from, as for any `PyObject`.
 */
export interface PyScalar<C extends string> extends PyObject<C> {
  /** Its text: the same for values that are the same in every part. */
  readonly text: string;
  /** Its text. */
  toString(): string;
  /** Its text, as JSON has it. */
  toJSON(): string;
}

/** A `datetime.date`. Its text is `2026-11-28`. */
export interface PyDate<C extends string = "datetime:date"> extends PyScalar<C> {
  /** Midnight of that day in UTC. */
  toDate(): Date;
}

/** A `datetime.time`. Its text is `09:30:00.250000`, and behind that the offset from UTC if it has one. */
export type PyTime<C extends string = "datetime:time"> = PyScalar<C>;

/** A `datetime.datetime`. Its text is `2026-11-28T09:30:00+01:00[Europe/Berlin]`, with the parts that it has. */
export interface PyDateTime<C extends string = "datetime:datetime" | "datetime:date"> extends PyScalar<C> {
  /**
   * The moment, in whole milliseconds: what is below is cut off.
   *
   * @param naive how one without an offset is read: in UTC, or in the zone that JavaScript runs in
   * @throws TypeError if it has no offset and `naive` is left out
   */
  toDate(naive?: "UTC" | "local"): Date;
}

/** A `datetime.timedelta`. Its text is its microseconds, a whole number. */
export interface PyTimedelta<C extends string = "datetime:timedelta"> extends PyScalar<C> {
  /** All of it, in microseconds. */
  toMicroseconds(): bigint;
  /** All of it, in milliseconds and parts of one. */
  toMilliseconds(): number;
}

/** A `decimal.Decimal`. Its text is that of Python's `str`. */
export interface PyDecimal<C extends string = "decimal:Decimal"> extends PyScalar<C> {
  /** The nearest number that JavaScript has. */
  toNumber(): number;
}

/** A `fractions.Fraction`. Its text is `1/3`. */
export interface PyFraction<C extends string = "fractions:Fraction"> extends PyScalar<C> {
  /** Above and below the line. */
  toParts(): [numerator: bigint, denominator: bigint];
  /** The nearest number that JavaScript has, of the nearest numbers of its parts. */
  toNumber(): number;
}

/** A `uuid.UUID`. Its text is in lower case, with hyphens. */
export type PyUuid<C extends string = "uuid:UUID"> = PyScalar<C>;

/** What can be done with the text of a class, whatever is granted. */
interface Form {
  readonly pattern: RegExp;
  readonly conversions: Readonly<Record<string, (this: PyObject, ...args: never[]) => unknown>>;
}

const DATE = String.raw`\d{4}-\d{2}-\d{2}`;
const TIME = String.raw`\d{2}:\d{2}:\d{2}(?:\.\d{6})?`;
const OFFSET = String.raw`[+-]\d{2}:\d{2}(?::\d{2}(?:\.\d{6})?)?`;
const INTEGER = String.raw`(?:0|-?[1-9]\d{0,4299})`;

/** The forms of `docs/wire.md`. What is no date in the calendar is the host's and Python's to refuse. */
const FORMS: Readonly<Record<string, Form>> = {
  "datetime:date": {
    pattern: new RegExp(`^${DATE}$`),
    conversions: { toDate: dateOf },
  },
  "datetime:time": { pattern: new RegExp(`^${TIME}(?:${OFFSET})?$`), conversions: {} },
  "datetime:datetime": {
    pattern: new RegExp(String.raw`^${DATE}T${TIME}(?:${OFFSET}(?:\[[A-Za-z0-9_+./-]{1,64}\])?)?$`),
    conversions: { toDate: momentOf },
  },
  "datetime:timedelta": {
    pattern: new RegExp(`^${INTEGER}$`),
    conversions: { toMicroseconds: microsecondsOf, toMilliseconds: millisecondsOf },
  },
  "decimal:Decimal": {
    pattern: /^-?(?:\d+(?:\.\d+)?(?:E[+-]\d{1,19})?|Infinity|s?NaN\d*)$/,
    conversions: { toNumber: numberOfDecimal },
  },
  "fractions:Fraction": {
    pattern: new RegExp(String.raw`^${INTEGER}\/[1-9]\d{0,4299}$`),
    conversions: { toParts: partsOf, toNumber: numberOfFraction },
  },
  "uuid:UUID": { pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, conversions: {} },
};

/** Longest text that a host takes. */
const LONGEST = 8603;

/** What values of a class inherit from, by what the objects of that class do. */
const prototypes = new WeakMap<object, Map<string, object>>();

/** The text of a scalar. */
function textOf(value: unknown): string {
  if (typeof value === "object" && value !== null && kindOf(value) === "scalar") return (value as PyScalar<never>).text;
  throw new TypeError("this is called on a value of Python's, and not by itself");
}

/** Whether a class goes by its text and this may be one. */
export function isScalarText(className: string, text: string): boolean {
  return Object.hasOwn(FORMS, className) && text.length <= LONGEST && (FORMS[className] as Form).pattern.test(text);
}

/** A value, by the class and the text that {@link isScalarText} accepts. */
export function makeScalar(className: string, text: string, way: Way, callee: Callee | undefined): PyObject {
  const value = makeObject(prototype(prototypeOf(className, callee), className), className, way, undefined);
  Object.defineProperty(value, "text", { value: text, enumerable: true });
  Object.freeze(value);
  return value;
}

function prototype(base: object, className: string): object {
  let known = prototypes.get(base);
  if (known === undefined) prototypes.set(base, (known = new Map()));
  let made = known.get(className);
  if (made === undefined) {
    made = Object.create(base) as object;
    for (const [name, value] of Object.entries({ ...COMMON, ...FORMS[className]?.conversions })) {
      Object.defineProperty(made, name, { value, configurable: true, writable: true });
    }
    brand(made, "scalar");
    known.set(className, made);
  }
  return made;
}

const COMMON: Form["conversions"] = {
  toString(): string {
    return textOf(this);
  },
  toJSON(): string {
    return textOf(this);
  },
};

function dateOf(this: PyObject): Date {
  return new Date(`${textOf(this)}T00:00:00Z`);
}

function momentOf(this: PyObject, naive?: "UTC" | "local"): Date {
  const [text = ""] = textOf(this).split("[");
  const offset = text.slice(19).replace(/^\.\d+/, "");
  // JavaScript reads three digits of a fraction, and offsets of whole minutes.
  const moment = text.slice(0, 19) + (text[19] === "." ? text.slice(19, 23) : "");
  if (offset !== "") return new Date(Date.parse(`${moment}Z`) - millisecondsOfOffset(offset));
  if (naive === "UTC") return new Date(`${moment}Z`);
  if (naive === "local") return new Date(moment);
  throw new TypeError("a datetime without a zone is no moment: say how to read it, `toDate(\"UTC\")` or `toDate(\"local\")`");
}

function millisecondsOfOffset(offset: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(":").map(Number);
  return (offset.startsWith("-") ? -1000 : 1000) * (hours * 3600 + minutes * 60 + seconds);
}

function microsecondsOf(this: PyObject): bigint {
  return BigInt(textOf(this));
}

function millisecondsOf(this: PyObject): number {
  return Number(textOf(this)) / 1000;
}

function numberOfDecimal(this: PyObject): number {
  return Number(textOf(this).replace(/s?NaN\d*/, "NaN"));
}

function partsOf(this: PyObject): [bigint, bigint] {
  const [numerator = "", denominator = ""] = textOf(this).split("/");
  return [BigInt(numerator), BigInt(denominator)];
}

function numberOfFraction(this: PyObject): number {
  const [numerator, denominator] = partsOf.call(this);
  return Number(numerator) / Number(denominator);
}
