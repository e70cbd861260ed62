// Values that go by their text: made here, converted, sent along as receivers, and read back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, pyDate, pyDateTime, pyDecimal, pyFraction, PyObject, pyTime, pyTimedelta, pyUuid } from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { CALL } from "./support/wire.js";

test("texts are brought to the form of the wire", () => {
  for (const [value, text] of [
    [pyDate("2026-11-28"), "2026-11-28"],
    [pyDate(new Date("2026-11-28T23:59:59.999Z")), "2026-11-28"],
    [pyTime("09:30:00.5"), "09:30:00.500000"],
    [pyTime("09:30:00.000+01:00"), "09:30:00+01:00"],
    [pyDateTime("2026-11-28T09:30:00.123Z"), "2026-11-28T09:30:00.123000+00:00"],
    [pyDateTime(new Date(0)), "1970-01-01T00:00:00+00:00"],
    [pyDateTime("2026-11-28T09:30:00+01:00[Europe/Berlin]"), "2026-11-28T09:30:00+01:00[Europe/Berlin]"],
    [pyTimedelta({ weeks: 1, days: -7, milliseconds: 1.5 }), "1500"],
    [pyTimedelta({ days: 999_999_999, hours: 23, minutes: 59, seconds: 59, microseconds: 999_999 }), "86399999999999999999"],
    [pyTimedelta({ seconds: 0.1, microseconds: 2n }), "100002"],
    [pyTimedelta({}), "0"],
    [pyDecimal(10n ** 30n), "1000000000000000000000000000000"],
    [pyDecimal("1e5"), "1E+5"],
    [pyDecimal("1E-5"), "1E-5"],
    [pyFraction(6, -4), "-6/4"],
    [pyUuid("12345678-1234-5678-9ABC-DEF012345678"), "12345678-1234-5678-9abc-def012345678"],
  ]) {
    assert.equal(value.text, text);
    assert.equal(String(value), text);
    assert.equal(JSON.stringify({ value }), JSON.stringify({ value: text }));
    assert.ok(value instanceof PyObject && Object.isFrozen(value));
  }
});

test("what is of no form is refused where it is made", () => {
  for (const make of [
    () => pyDate("2026-1-1"),
    () => pyDate(new Date(NaN)),
    () => pyDate(new Date("-000001-01-01T00:00:00Z")),
    () => pyTime("9:30"),
    () => pyTime("09:30:00.1234567"),
    () => pyDateTime("2026-11-28"),
    () => pyDateTime("2026-11-28T09:30:00[Europe/Berlin]"),
    () => pyTimedelta({ days: Infinity }),
    () => pyTimedelta({ months: 1 }),
    () => pyTimedelta({ __proto__: null, constructor: 1 }),
    () => pyDecimal(0.1),
    () => pyDecimal("1,5"),
    () => pyDecimal(`1${"0".repeat(9000)}`),
    () => pyFraction(1, 0),
    () => pyFraction(0.5),
    () => pyUuid("1234"),
  ]) {
    assert.throws(make, (error) => error instanceof TypeError || error instanceof RangeError, String(make));
  }
});

test("conversions", () => {
  const at = (text) => pyDateTime(text).toDate().toISOString();
  assert.equal(pyDate("2026-11-28").toDate().toISOString(), "2026-11-28T00:00:00.000Z");
  assert.equal(at("2026-11-28T09:30:00.123456+01:00[Europe/Berlin]"), "2026-11-28T08:30:00.123Z");
  assert.equal(at("2026-11-28T09:30:00-00:30"), "2026-11-28T10:00:00.000Z");
  assert.equal(at("2026-11-28T09:30:00+00:00:30.500000"), "2026-11-28T09:29:29.500Z");
  assert.equal(at("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000Z");
  const naive = pyDateTime("2026-11-28T09:30:00");
  assert.throws(() => naive.toDate(), /no moment/);
  assert.equal(naive.toDate("UTC").toISOString(), "2026-11-28T09:30:00.000Z");
  assert.equal(naive.toDate("local").getTime(), new Date(2026, 10, 28, 9, 30).getTime());
  assert.equal(pyTimedelta({ seconds: -1.5 }).toMilliseconds(), -1500);
  assert.equal(pyTimedelta(2n ** 60n).toMicroseconds(), 2n ** 60n);
  assert.equal(pyDecimal("1.50").toNumber(), 1.5);
  assert.ok(Number.isNaN(pyDecimal("-sNaN12").toNumber()));
  assert.equal(pyDecimal("-Infinity").toNumber(), -Infinity);
  assert.deepEqual(pyFraction(-2n, 3n).toParts(), [-2n, 3n]);
  assert.equal(pyFraction(1, 4).toNumber(), 0.25);
  const { toDate } = pyDate("2026-11-28");
  assert.throws(() => toDate.call({}), TypeError);
});

test("methods of the class take it along, whether Python made it or it was made here", async (t) => {
  const $module = describe("days", "00", ["make", "datetime:date.weekday", "datetime:date.year"], [["datetime:date", [], { weekday: 1, year: [2] }]]);
  const { peer } = await connected(t, (call, to) => {
    if (call.callable === 0) to.result(call, JSON.stringify(["scalar", "datetime:date", "2026-11-28"]), { tagged: true });
    else to.result(call, "5");
  });
  const came = await $module.call(0, []);
  assert.equal(await came.weekday(), 5);
  assert.equal(await came.year, 5);
  assert.equal(await pyDate("2026-11-28").weekday(), 5);
  assert.equal(came.toDate().getUTCFullYear(), 2026);
  came.dispose();
  assert.equal(await came.weekday(), 5, "it lives nowhere, so there is nothing to dispose of");
  for (const call of peer.of(CALL).slice(1)) assert.equal(call.value, '[[["scalar","datetime:date","2026-11-28"]],{}]');
});
