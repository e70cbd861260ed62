import { call } from "./connection.js";
import {
  isScalarText,
  makeScalar,
  type PyDate,
  type PyDateTime,
  type PyDecimal,
  type PyFraction,
  type PyTime,
  type PyTimedelta,
  type PyUuid,
} from "./scalar.js";

/** A value made here. Its methods go where the modules' calls go. */
function scalar<T>(className: string, text: string, what: string): T {
  if (!isScalarText(className, text)) throw new TypeError(`${JSON.stringify(text.slice(0, 100))} is no ${what}`);
  return makeScalar(className, text, { call }, undefined) as T;
}

function partsOfDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new RangeError("Python's dates are those of the years 1 to 9999");
  return date.toISOString();
}

/** A `datetime.date`, of a text such as `2026-11-28`, or of the day that a `Date` is in, in UTC. */
export function pyDate(date: string | Date): PyDate {
  return scalar("datetime:date", typeof date === "string" ? date : partsOfDate(date).slice(0, 10), "date such as 2026-11-28");
}

/** A `datetime.time`, of a text such as `09:30:00`. */
export function pyTime(text: string): PyTime {
  return scalar("datetime:time", sixDigits(text), "time such as 09:30:00 or 09:30:00.25+01:00");
}

/**
 * A `datetime.datetime`, of a `Date`, which is one in UTC, or of a text such as `2026-11-28T09:30:00`. Behind the seconds may be a
 * fraction, an offset from UTC (or `Z`), and then the name of the zone, as in `2026-11-28T09:30:00+01:00[Europe/Berlin]`, which is
 * also how `Temporal.ZonedDateTime` writes itself.
 */
export function pyDateTime(moment: string | Date): PyDateTime {
  const text = typeof moment === "string" ? moment : partsOfDate(moment);
  return scalar("datetime:datetime", sixDigits(text.replace("Z", "+00:00")), "date and time such as 2026-11-28T09:30:00+01:00");
}

/** Python counts microseconds, and writes all six digits of them or none. */
function sixDigits(text: string): string {
  return text.replace(/\.(\d{1,6})(?!\d)/, (_, digits: string) => (/^0+$/.test(digits) ? "" : `.${digits.padEnd(6, "0")}`));
}

/** How long a `datetime.timedelta` is: the sum of its parts, each of which may be negative or have a fraction. */
export interface TimedeltaParts {
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
  readonly milliseconds?: number;
  readonly microseconds?: number | bigint;
}

const MICROSECONDS: Readonly<Record<keyof TimedeltaParts, number>> = {
  weeks: 604_800_000_000,
  days: 86_400_000_000,
  hours: 3_600_000_000,
  minutes: 60_000_000,
  seconds: 1_000_000,
  milliseconds: 1000,
  microseconds: 1,
};

/** A `datetime.timedelta`, of its parts or of its microseconds. What is below a microsecond is rounded. */
export function pyTimedelta(length: TimedeltaParts | bigint): PyTimedelta {
  let sum = 0n;
  if (typeof length === "bigint") sum = length;
  else {
    for (const [part, value] of Object.entries(length) as [keyof TimedeltaParts, number | bigint | undefined][]) {
      const unit = Object.hasOwn(MICROSECONDS, part) ? MICROSECONDS[part] : undefined;
      if (unit === undefined) throw new TypeError(`a timedelta has no ${JSON.stringify(part)}`);
      if (value === undefined) continue;
      if (typeof value !== "bigint" && !Number.isFinite(value)) throw new RangeError(`the ${part} of a timedelta are ${value}`);
      // A whole number of units is exact, however many there are.
      sum += typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value) * BigInt(unit) : BigInt(Math.round(value * unit));
    }
  }
  return scalar("datetime:timedelta", String(sum), "timedelta");
}

/** A `decimal.Decimal`, of a text such as `1.50`, or of an integer. A number with a fraction is a text away: which digits it should have, it doesn't say. */
export function pyDecimal(value: string | bigint | number): PyDecimal {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new TypeError("a Decimal is made of a text, or of an integer: write `pyDecimal(\"0.1\")`");
  }
  const text = String(value).replace(/e([+-]?)/i, (_, sign: string) => `E${sign === "" ? "+" : sign}`);
  return scalar("decimal:Decimal", text, "decimal number such as 1.50");
}

/** A `fractions.Fraction`. Python brings it to its lowest terms. */
export function pyFraction(numerator: bigint | number, denominator: bigint | number = 1n): PyFraction {
  const [above, below] = [BigInt(numerator), BigInt(denominator)];
  if (below === 0n) throw new RangeError("the denominator of a fraction is not 0");
  return scalar("fractions:Fraction", below < 0n ? `${-above}/${-below}` : `${above}/${below}`, "fraction");
}

/** A `uuid.UUID`, of a text with hyphens, such as `crypto.randomUUID()` gives. */
export function pyUuid(text: string): PyUuid {
  return scalar("uuid:UUID", text.toLowerCase(), "UUID such as 12345678-1234-5678-9abc-def012345678");
}
