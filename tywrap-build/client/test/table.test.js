// Tables: made here, sent as arguments, refused where they are made.

import assert from "node:assert/strict";
import { test } from "node:test";
import { columnType, describe, NDArray, PyObject, pyDataFrame, pySeries, take } from "../dist/tywrap-client.js";
import { connected } from "./support/fake-host.js";
import { CALL } from "./support/wire.js";

test("a table is a frozen value, and a copy of the arrays of values that it was made of", async (t) => {
  const { peer } = await connected(t);
  const module = describe("m", "", ["f"]);
  const values = ["a", "b"];
  const frame = pyDataFrame({ columns: { x: values } });
  values.push("c");
  assert.ok(frame instanceof PyObject && Object.isFrozen(frame));
  assert.equal(frame.className, "pandas.core.frame:DataFrame");
  assert.deepEqual(Object.keys(frame), ["className"]);
  frame.dispose();
  await module.call(0, [[frame, frame]]).catch(() => {});
  const json = '["frame",["dict","x",["list","a","b"]],null]';
  assert.equal(peer.of(CALL)[0].value, `[[["list",${json},${json}]],{}]`);
});

test("what take gave is sent as it came", async (t) => {
  const json =
    '{"index":["column","string",["list","r","s"]],"columns":{"a":["array",0,"<f8",[2]],"b":["column","category",["list","x",null],["column","object",["list","y","x"]],true],"c":["list",1,["float","nan"]]}}';
  const bytes = Buffer.from(new Float64Array([1.5, -2]).buffer);
  const { peer } = await connected(t, (call, to) => {
    if (call.slot !== 0) to.result(call, '["handle",1,"pandas.core.frame:DataFrame"]', { tagged: true });
    else to.result(call, json, { tagged: true, buffers: [bytes] });
  });
  const module = describe("m", "", ["f"]);
  const data = await take(await module.call(0, []));
  assert.deepEqual(data.columns.b, ["x", null]);
  assert.deepEqual(columnType(data.columns.b), { dtype: "category", categories: ["y", "x"], ordered: true });
  assert.deepEqual(columnType(columnType(data.columns.b).categories), { dtype: "object" });
  assert.equal(columnType(data.columns.c), undefined);
  assert.equal(columnType(data.columns.b.slice()), undefined);
  await module.call(0, [pyDataFrame(data)]);
  const [, columns] = json.match(/"columns":\{(.*)\}\}$/);
  const dict = columns.replace(/"([abc])":/g, '"$1",');
  assert.equal(peer.of(CALL).at(-1).value, `[[["frame",["dict",${dict}],["column","string",["list","r","s"]]]],{}]`);
  assert.deepEqual(peer.of(CALL).at(-1).buffers, [bytes]);
  // A table may be taken again, by the host.
  await take(pyDataFrame(data));
  assert.equal(peer.of(CALL).at(-1).slot, 0);
  await module.call(0, [pySeries({ index: data.index, values: data.columns.b })]);
  const column = '["column","category",["list","x",null],["column","object",["list","y","x"]],true]';
  assert.equal(peer.of(CALL).at(-1).value, `[[["series",${column},["column","string",["list","r","s"]],null]],{}]`);
  // Elsewhere it is the list that it looks like.
  await module.call(0, [data.columns.b]);
  assert.equal(peer.of(CALL).at(-1).value, '[[["x",null]],{}]');
});

test("what is no table is refused where it is made", () => {
  const square = new NDArray(new Float64Array(4), [2, 2]);
  for (const [make, error] of [
    [() => pyDataFrame({ columns: { a: [1, 2], b: [1] } }), /the column "b" has 1 values, and the table 2 rows/],
    [() => pyDataFrame({ columns: { a: [1, 2] }, index: [1] }), /the column "a" has 2 values, and the table 1 rows/],
    [() => pyDataFrame({ columns: { a: "text" } }), /neither an array nor an NDArray/],
    [() => pyDataFrame({ columns: { a: square } }), /2 dimensions/],
    [() => pyDataFrame({}), /made of/],
    [() => pyDataFrame({ columns: { a: pyDataFrame({ columns: {} }) } }), /neither/],
    [() => pySeries([1], { index: [1, 2] }), /2 labels for 1 values/],
    [() => pySeries([1], { dtype: "int65" }), /no dtype/],
    [() => pySeries([1], { dtype: "datetime64[ns, ../x]" }), /no dtype/],
    [() => pySeries([1], { dtype: "category" }), /has `categories`/],
    [() => pySeries([1], { dtype: "Int64", categories: [1] }), /has `categories`/],
    [() => pySeries([1], { ordered: true }), /must be named/],
    [() => pySeries(new Int8Array(1), { dtype: "Int64" }), /its dtype already/],
    [() => pySeries(1), /neither/],
  ]) {
    assert.throws(make, (reason) => (reason instanceof TypeError || reason instanceof RangeError) && error.test(reason.message), String(make));
  }
});

test("what cannot be sent is named by its place", async (t) => {
  await connected(t);
  const module = describe("m", "", ["f"]);
  await assert.rejects(module.call(0, [pyDataFrame({ columns: { a: [1, Symbol("x")] } })]), /argument 1\["a"\]\[1\]: a symbol can't be sent/);
  await assert.rejects(module.call(0, [pySeries([1], { index: [undefined] })]), /argument 1\["index"\]\[0\]/);
});
