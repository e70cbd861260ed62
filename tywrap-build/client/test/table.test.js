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
  const json = '["frame",["list","x"],["list",["list","a","b"]],null]';
  assert.equal(peer.of(CALL)[0].value, `[[["list",${json},${json}]],{}]`);
});

test("what take gave is sent as it came", async (t) => {
  const index = '["index",["column","string",["list","r","s"]],["list","k"],null]';
  const columns =
    '["list",["array",0,"<f8",[2]],["column","category",["list","x",null],["column","object",["list","y","x"]],true],["list",1,["float","nan"]]]';
  const json = `["frame",["index",["column","object",["list","a","b","c"]],["list","side"],null],${columns},${index}]`;
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
  assert.deepEqual([data.index, data.indexNames, data.columnsNames], [["r", "s"], ["k"], ["side"]]);
  assert.deepEqual(Object.keys(data), ["index", "columns", "columnsNames", "indexNames"]);
  await module.call(0, [pyDataFrame(data)]);
  assert.equal(peer.of(CALL).at(-1).value, `[[${json}],{}]`);
  assert.deepEqual(peer.of(CALL).at(-1).buffers, [bytes]);
  // A table may be taken again, by the host.
  await take(pyDataFrame(data));
  assert.equal(peer.of(CALL).at(-1).slot, 0);
  // With another column the labels are what they look like.
  await module.call(0, [pyDataFrame({ ...data, columns: { d: [1, 2] } })]);
  assert.equal(peer.of(CALL).at(-1).value, `[[["frame",["index",["list","d"],["list","side"],null],["list",["list",1,2]],${index}]],{}]`);
  await module.call(0, [pySeries({ index: data.index, values: data.columns.b })]);
  const column = '["column","category",["list","x",null],["column","object",["list","y","x"]],true]';
  assert.equal(peer.of(CALL).at(-1).value, `[[["series",${column},["column","string",["list","r","s"]],null]],{}]`);
  // Elsewhere it is the list that it looks like.
  await module.call(0, [data.columns.b]);
  assert.equal(peer.of(CALL).at(-1).value, '[[["x",null]],{}]');
});

/** Takes what the host answers with, and gives it back as an argument. */
async function thereAndBack(t, json, buffers = []) {
  const { peer } = await connected(t, (call, to) => {
    if (call.slot !== 0) to.result(call, '["handle",1,"pandas.core.frame:DataFrame"]', { tagged: true });
    else to.result(call, json, { tagged: true, buffers });
  });
  const module = describe("m", "", ["f"]);
  const data = await take(await module.call(0, []));
  const again = async (value) => {
    await module.call(0, [value]);
    return peer.of(CALL).at(-1).value.slice(2, -5);
  };
  return { data, again };
}

test("tables go there and back whole", async (t) => {
  const longs = (...numbers) => Buffer.from(new BigInt64Array(numbers.map(BigInt)).buffer);
  const list = '["list",["list",1,2]]';
  for (const [json, buffers] of [
    [`["frame",["column","object",["list","a"]],${list},["index",["range",6,2,-2],["list",["tuple","k",1]],null]]`],
    [`["frame",["index",["range",4,5,1],["list",null],null],${list},["index",["array",0,"<M8[ns]",[2]],["list","d"],"2D"]]`, [longs(0, 1)]],
    [
      `["frame",["index",["levels",["column","int64",["list",1]],["column","object",["list","x"]]],["list","p",null],null],${list},` +
        '["index",["levels",["column","datetime64[ns]",["list",["scalar","datetime:datetime","2024-01-01T00:00:00"],null]],["list",null,null]],["list",null,null],null]]',
    ],
    [`["frame",["column","datetime64[ns]",["list",5,["int","1711706400000000001"]]],["list",["list",1],["list",2]],["list","x"]]`],
    [`["frame",["column","int64",["list",10,2]],["list",["list",1],["list",2]],["list","x"]]`],
    [`["frame",["column","object",["list","10","2"]],["list",["list",1],["list",2]],["list","x"]]`],
    ['["frame",["column","object",["list"]],["list"],["array",0,"<i8",[3]]]', [longs(1, 2, 3)]],
    [
      `["frame",["list","a","b"],["list",["column","Sparse",["array",0,"<i8",[2]],0],["column","period[W-SUN]",["array",1,"<i8",[2]]]],["column","interval",["column","float64",["list",0.5,null]],["column","float64",["list",1.5,null]],"both"]]`,
      [longs(0, 1), longs(2, 3)],
    ],
  ]) {
    const { data, again } = await thereAndBack(t, json, buffers);
    assert.equal(await again(pyDataFrame(data)), json);
  }
  const series = '["series",["list",1,2],["index",["array",0,"<m8[s]",[2]],["list","t"],"s"],"n"]';
  const { data, again } = await thereAndBack(t, series, [longs(1, 2)]);
  assert.deepEqual([data.name, data.indexNames, data.frequency], ["n", ["t"], "s"]);
  assert.equal(await again(pySeries(data)), series);
  assert.equal(await again(pySeries(data, { name: "m", index: null })), '["series",["list",1,2],null,"m"]');
});

test("what is taken of a table is plain", async (t) => {
  const json = '["frame",["index",["levels",["column","int64",["list",1]],["list","x"]],["list",null,null],null],["list",["list",1,2]],["index",["range",6,2,-2],["list",null],null]]';
  const { data, again } = await thereAndBack(t, json);
  assert.deepEqual(data.index, new NDArray(new BigInt64Array([6n, 4n])));
  assert.deepEqual([...data.columns], [[[1, "x"], [1, 2]]]);
  assert.deepEqual(Object.keys(data), ["index", "columns"]);
  assert.deepEqual(columnType(data.index), { dtype: "range", range: [6, 2, -2] });
  // What was changed is no range any more, nor one of another number of rows.
  data.index.data[1] = 5n;
  assert.match(await again(pyDataFrame(data)), /,\["array",0,"<i8",\[2\]\]\]$/);
});

test("tables that are none fail their call", async (t) => {
  let json;
  await connected(t, (call, to) => to.result(call, json, { tagged: true }));
  const module = describe("m", "", ["f"]);
  for (json of [
    '["frame",["list"],["list"],["index",["range",0,1000000000000,1],["list",null],null]]',
    '["frame",["list","a"],["list"],["list"]]',
    '["frame",["list","a","a"],["list",["list"],["list"]],["list"]]',
    '["frame",["list","a"],["list",["list",1]],["index",["list",1],["list"],null]]',
    '["frame",["list","a"],["list",["list",1]],["index",["list",1],["list",null],"x"]]',
    '["series",["list",1],["index",["levels",["list",1],["list"]],["list",null,null],null],null]',
    '["series",["list",1],["index",["range",0,1,0],["list",null],null],null]',
    '["series",["list",1],null,null]',
    '["series",["list",1]]',
  ]) {
    await assert.rejects(module.call(0, []), { name: "ProtocolError" }, json);
  }
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
    [() => pySeries([1], { index: [1], frequency: "D; import os" }), /no frequency/],
    [() => pySeries([1], { frequency: "D" }), /one of an index/],
    [() => pySeries([1], { indexNames: ["a", "b"] }), /2 names for 1 levels/],
    [() => pyDataFrame({ columns: { a: [1] }, columnsNames: "x" }), /names of the labels of the columns are an array/],
  ]) {
    assert.throws(make, (reason) => (reason instanceof TypeError || reason instanceof RangeError) && error.test(reason.message), String(make));
  }
});

test("what cannot be sent is named by its place", async (t) => {
  await connected(t);
  const module = describe("m", "", ["f"]);
  await assert.rejects(module.call(0, [pyDataFrame({ columns: { a: [1, Symbol("x")] } })]), /argument 1\["a"\]\[1\]: a symbol can't be sent/);
  await assert.rejects(module.call(0, [pySeries([1], { index: [undefined] })]), /argument 1\["index"\]\[0\]/);
  const uneven = pySeries([1, 2], { index: [["a", 1], ["b", 2]], indexNames: ["k", "l"] });
  await module.call(0, [uneven]).catch(() => {});
});
