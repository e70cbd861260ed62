import assert from "node:assert/strict";
import { test } from "node:test";
import { NDArray, PyComplex } from "../dist/tywrap-client.js";

test("from nested arrays and back", () => {
  for (const [nested, dtype, shape] of [
    [[[1, 2, 3], [4, 5, 6]], "float64", [2, 3]],
    [[], "float64", [0]],
    [[[], []], "float64", [2, 0]],
    [1.5, "float64", []],
    [[true, false], "bool", [2]],
    [[1n, -(2n ** 63n)], "int64", [2]],
    [[[[new PyComplex(1, -2)]]], "complex128", [1, 1, 1]],
  ]) {
    const array = NDArray.from(nested);
    assert.equal(array.dtype, dtype);
    assert.deepEqual(array.shape, shape);
    assert.equal(array.ndim, shape.length);
    assert.deepStrictEqual(array.toNested(), nested);
  }
});

test("a dtype can be named", () => {
  for (const [nested, dtype, data] of [
    [[1, 2], "int32", new Int32Array([1, 2])],
    [[1n, 255], "uint8", new Uint8Array([1, 255])],
    [[1, 2n, true], "int64", new BigInt64Array([1n, 2n, 1n])],
    [[1, true], "float32", new Float32Array([1, 1])],
    [[0, 1, true], "bool", new Uint8Array([0, 1, 1])],
    [[1, new PyComplex(2, 3)], "complex64", new Float32Array([1, 0, 2, 3])],
    [[1n], "datetime64[ns]", new BigInt64Array([1n])],
  ]) {
    const array = NDArray.from(nested, dtype);
    assert.deepStrictEqual(array.data, data);
    assert.equal(array.dtype, dtype);
  }
});

test("a typed array is used as it is", () => {
  const data = new Float32Array([1, 2, 3, 4]);
  const array = NDArray.from(data, [2, 2]);
  assert.equal(array.data, data);
  assert.equal(array.dtype, "float32");
  assert.equal(array.at(1, 0), 3);
  assert.equal(array.reshape([4]).data, data);
  assert.equal(new NDArray(Buffer.from([1, 2])).dtype, "uint8");
});

test("float16 both ways", () => {
  // Every bit pattern, so also subnormals, infinities and both zeros. Only the NaNs, of which there are many, become one.
  const bits = new Uint16Array(65536).map((_, i) => i);
  const numbers = new NDArray(bits, [65536], "float16").toNested();
  const back = NDArray.from(numbers, "float16").data;
  for (let i = 0; i < 65536; i++) {
    if (Number.isNaN(numbers[i])) assert.ok((i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0 && back[i] === 0x7e00);
    else assert.equal(back[i], i);
  }
  // Between two neighbours the even one wins a tie, and past the largest comes infinity.
  const rounded = NDArray.from([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -25, 2 ** -25 * 1.01], "float16");
  assert.deepEqual(rounded.toNested(), [1, 1 + 2 ** -9, 65504, Infinity, 0, 2 ** -24]);
});

test("what doesn't fit is refused", () => {
  const refused = (make, type) => assert.throws(make, type);
  refused(() => new NDArray(new Float64Array(3), [2, 2]), RangeError);
  refused(() => new NDArray(new Float64Array(3), [-3, -1]), RangeError);
  refused(() => new NDArray(new Float64Array(0), [2 ** 32, 2 ** 32, 0]), RangeError);
  refused(() => new NDArray(new Float64Array(3), [1.5, 2]), RangeError);
  refused(() => new NDArray(new Float64Array(3), [], "complex128"), RangeError);
  refused(() => new NDArray(new Float32Array(3), [3], "float64"), TypeError);
  refused(() => new NDArray(new Float64Array(3), [3], "object"), TypeError);
  refused(() => new NDArray([1, 2, 3]), TypeError);
  refused(() => new NDArray(new DataView(new ArrayBuffer(8))), TypeError);
  refused(() => NDArray.from([[1, 2], [3]]), RangeError);
  refused(() => NDArray.from([1, [2]]), RangeError);
  refused(() => NDArray.from([[1], 2]), RangeError);
  refused(() => NDArray.from([1, "2"]), TypeError);
  refused(() => NDArray.from([1, 2n]), TypeError);
  refused(() => NDArray.from([256], "uint8"), TypeError);
  refused(() => NDArray.from([-1], "uint8"), TypeError);
  refused(() => NDArray.from([1.5], "int32"), TypeError);
  refused(() => NDArray.from([2n ** 63n], "int64"), TypeError);
  refused(() => NDArray.from([2 ** 53], "int64"), TypeError);
  refused(() => NDArray.from([1], "int7"), TypeError);
  refused(() => NDArray.from([1, 2]).at(2), RangeError);
  refused(() => NDArray.from([1, 2]).at(-1), RangeError);
  refused(() => NDArray.from([1, 2]).at(0, 0), RangeError);
});
