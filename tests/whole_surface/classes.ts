// Instances, against real Python: methods, properties, statics, enums, what can be gone through, and what is taken as data.

import { columnType, connect, enter, kw, pyDataFrame, pyDate, pyDateTime, pyDecimal, pySeries, PythonError, pyTimedelta, take, ValidationError, within } from "whole-surface-python";
import * as collections from "whole-surface-python/collections";
import * as datetime from "whole-surface-python/datetime";
import * as decimal from "whole-surface-python/decimal";
import * as linalg from "whole-surface-python/numpy.linalg";
import * as pandas from "whole-surface-python/pandas";
import * as re from "whole-surface-python/re";
import * as sqlite3 from "whole-surface-python/sqlite3";
import * as torture from "whole-surface-python/tywrap_torture";
import * as models from "whole-surface-python/tywrap_torture.models";
import * as newer from "whole-surface-python/tywrap_torture.newer";
import { fails, finish, host, same } from "./check.js";

const connection = await connect({ host: host() });
try {
  // A `datetime`: made, asked, calculated with, compared, printed.
  const moment = await datetime.datetime(2024, 2, 29, 12, 30);
  same(await moment.isoformat(), "2024-02-29T12:30:00", "datetime.isoformat");
  same([await moment.year, await moment.minute, await moment.weekday()], [2024, 30, 3], "its properties");
  const later = await moment.__add__(await datetime.timedelta(kw({ days: 1, hours: 12 })));
  same(await later.__str__(), "2024-03-02 00:30:00", "datetime + timedelta");
  same(await later.__gt__(moment), true, "datetime > datetime");
  same(await (await moment.replace(kw({ year: 2028 }))).strftime("%d.%m.%Y"), "29.02.2028", "an inherited override");
  same(await (await datetime.datetime.fromisoformat("2020-01-02")).__repr__(), "datetime.datetime(2020, 1, 2, 0, 0)", "a class method");
  same([moment instanceof datetime.datetime, moment instanceof datetime.date, moment instanceof datetime.timedelta], [true, true, false], "instanceof");
  same(await (await datetime.datetime.max).year, 9999, "a constant of a class");

  // All of them go by their text, made by Python or here.
  same([moment.text, String(later), moment.toDate("UTC").getTime()], ["2024-02-29T12:30:00", "2024-03-02T00:30:00", Date.UTC(2024, 1, 29, 12, 30)], "its text");
  same((await moment.__sub__(pyDateTime("2024-02-28T12:30:00")) as datetime.timedelta).toMilliseconds(), 86_400_000, "datetime - datetime");
  same((await moment.__add__(pyTimedelta({ days: 1 }))).text, "2024-03-01T12:30:00", "datetime + timedelta");
  same((await datetime.datetime.combine(pyDate("2026-11-28"), await moment.time())).text, "2026-11-28T12:30:00", "a date as an argument");
  same(String(await take(moment)), moment.text, "it is data already");

  // What `__init__` assigns can be read and assigned.
  const resource = await torture.Resource("door");
  await resource.name.set("gate");
  same(await resource.name, "gate", "an attribute of the instance");

  // A `Counter`, which is a `dict`.
  const counter = await collections.Counter(["red", "blue", "red"]);
  same(await counter.most_common(1), [["red", 2]], "Counter.most_common");
  same(await counter.__getitem__("blue"), 1, "an inherited method");
  await counter.update(["blue", "blue"]);
  same(await counter.total(), 5, "after an update");
  same(await take(counter), { red: 2, blue: 3 }, "a Counter as data");

  // `Decimal` does not round.
  const digits = "0.1000000000000000000000000000000000000000000000001";
  const exact = await decimal.Decimal(digits);
  same(await exact.__str__(), digits, "Decimal keeps its digits");
  same([exact.text, await exact.__eq__(pyDecimal(digits))], [digits, true], "on the way in and out");
  same(await (await exact.__sub__(await decimal.Decimal("0.1"))).__str__(), "1E-49", "and calculates with them");

  // A context manager, left with and without a failure: sqlite3 commits or rolls back.
  const rain = await sqlite3.connect(":memory:");
  const count = async (): Promise<unknown> => (await (await rain.execute("select count(*) from rain")).fetchone());
  await (await enter(rain)).value.execute("create table rain (city)");
  await within(rain, async (open) => void (await open.execute("insert into rain values ('Bern')")));
  same(await count(), [1], "committed");
  const dry = await fails(RangeError, () => within(rain, async (open) => {
    await open.execute("insert into rain values ('Basel')");
    throw new RangeError("dry");
  }), "what was thrown is thrown on");
  same(dry.message, "dry", "as it was");
  same(await count(), [1], "rolled back");

  // `finditer` is streamed.
  const pattern = await re.compile("(?P<letter>[a-z])([0-9]+)");
  const found: string[] = [];
  for await (const match of await pattern.finditer("a1 b22 c333 d4444")) {
    found.push(`${await match.group("letter")} ${(await match.span()).join("-")}`);
    if (found.length === 3) break;
  }
  same(found, ["a 0-2", "b 3-6", "c 7-11"], "re.compile(…).finditer, ended early");

  // A table: built, grouped, read back.
  const table = await pandas.DataFrame({ kind: ["a", "b", "a"], size: [1, 2, 3] });
  same(table instanceof pandas.DataFrame, true, "a DataFrame");
  const sums = await (await table.groupby("kind")).sum();
  const data = (await take(sums)) as { columns: Record<string, { data: ArrayLike<bigint> }> };
  same(Array.from(data.columns["size"]?.data ?? []), [4n, 2n], "grouped, summed, and taken as data");

  // Tables as arguments, and what was taken of one as another that is the same.
  const whole = pySeries([1, null], { dtype: "Int64", name: "whole" });
  const kinds = pySeries(["b", null], { categories: ["b", "a"], ordered: true });
  const left = pyDataFrame({ columns: { kind: ["a", "b"], size: new Float64Array([1.5, 2.5]), whole, kinds }, index: ["x", "y"] });
  const both = await pandas.concat([left, await pandas.DataFrame(left)]);
  same(await both.shape, [4, 4], "a table made here, in a list with one of Python's");
  same(await (await pandas.isna(left)).__str__(), await (await (await pandas.DataFrame(left)).isna()).__str__(), "where the class decides the overload");
  same(await (await pandas.Series(whole)).sum(), 1, "a series made here");
  const came = await take(both);
  const column = (came.columns as Record<string, readonly unknown[]>)["kinds"] ?? [];
  same([column, columnType(column)?.ordered], [["b", null, "b", null], true], "categories and their order");
  same(await (await pandas.DataFrame(pyDataFrame(came))).equals(both), true, "what was taken of a table makes the same table");
  const mistaken = await fails(ValidationError, () => linalg.norm(left as never), "a table where there can be none");
  same(mistaken.message.includes("pandas.DataFrame"), true, "said so");

  // A named tuple of arrays.
  const [u, s, vh] = await linalg.svd([[3, 0], [0, 2]]);
  same([u.shape, s.shape, vh.shape].flat(), [2, 2, 2, 2, 2], "numpy.linalg.svd");
  same([...(s.data as Float64Array)].map(Math.round), [3, 2], "its singular values");

  // A model: made here and there, dumped, and refused by its own checks.
  const user = await models.User(kw({ name: "Ada", age: 36, tags: ["first"] }));
  same(await user.greeting(kw({ word: "Hi" })), "Hi Ada", "a model's own method");
  same(await user.model_dump(), { name: "Ada", age: 36, tags: ["first"], address: null }, "model_dump");
  same(await (await models.user("Alan", 41)).name, "Alan", "a field of a model made in Python");
  const refused = await fails(PythonError, () => models.User(kw({ name: "x", age: -1 })), "a model's checks");
  same(refused.pythonType.split(".").pop(), "ValidationError", "the error is pydantic's");

  // Members of an enum are values, one each.
  same((await torture.next_color(torture.Color.BLUE)) === torture.Color.RED, true, "an enum's member comes back");
  same([torture.Color.RED.name, torture.Color.RED.value], ["RED", "red"], "its name and value");
  same((await torture.level_of(2)) === torture.Level.HIGH, true, "of an IntEnum too");

  // A dataclass, with operators.
  const point = await torture.origin();
  same(await take(await point.moved(1, 2)), { x: 1, y: 2, label: "" }, "a dataclass as data");
  const sum = await (await torture.Point(1, kw({ y: 2, scale: 2, label: "p" }))).__add__(await torture.Point(1, 1));
  same([await sum.x, await sum.y], [3, 5], "and its operator");
  same(await (await torture.setting("depth", 3)).value, 3, "a generic, frozen one");

  // A generator that is closed early runs its `finally`.
  for await (const number of await torture.count(1000)) if (number === 2) break;
  same(await torture.log(), ["count closed"], "a generator closed early");
  const letters: string[] = [];
  for await (const letter of await torture.letters("abc")) letters.push(letter);
  same(letters, ["a", "b", "c"], "an iterator to its end");

  // Properties, also with a setter of another type; errors of a setter.
  const box = await torture.Box("ring", kw({ label: "small" }));
  same([await box.content, await box.label, await box.width], ["ring", "small", 1], "properties");
  await box.label.set(7);
  await box.width.set(2.5);
  same([await box.label, await box.width], ["7", 2.5], "assigned");
  await fails(PythonError, () => box.width.set(-1), "a setter that refuses");
  same([await box.__len__(), await box.__contains__("ring"), await box.__call__(2)], [1, true, ["ring", "ring"]], "special methods");
  same(await torture.Box.volume(1, 2, 3), 6, "a static method");
  same(await (await torture.Box.empty()).content, null, "a class method");
  same(await torture.Box.kinds, ["wood", "paper"], "a class variable");
  same(await box.__str__(), "a box with 'ring'", "str()");
  const chest = await torture.Chest();
  same([await chest.label, await (await chest.replace("silver")).content], ["chest", "silver"], "an heir");
  same(await (await (await chest.key()).turned()).__repr__().then((text) => text.includes("Key")), true, "a nested class");

  // Classes whose members do not agree, and names that mean something in JavaScript.
  same(await (await torture.Both()).only_right(), 2, "two bases");
  same(await (await torture.Stubborn()).act(), [1, 2], "an override that does not fit");
  const reserved = await torture.Reserved();
  same([await reserved.constructor_, await reserved.then_, await reserved.toString_()], [1, "later", "from Python"], "reserved members");
  same(await reserved.delete_(1, kw({ new: 2 })), 3, "a reserved method");
  same(await reserved.Value(), 1, "names that differ by case");

  // Functions of every kind.
  same([await torture.parse("7", "int"), await torture.parse("7.5"), await torture.parse(null)], [7, 7.5, null], "overloads");
  same(await torture.square(3, kw({ offset: 1 })), [10], "a decorated function");
  same(await torture.every_kind(1, 2, "c", kw({ d: true, extra: 1 })), [1, 2, "c", 0, true, 1], "parameters of every kind");
  same(await torture.later("value"), "value", "an async function");
  same(await newer.tag("n", 1), ["n", 1], "type parameters of Python 3.13");
  same(await (await newer.Stack([1, 2])).pop(), 2, "and a class with them");
} finally {
  await connection.close();
}
finish();
