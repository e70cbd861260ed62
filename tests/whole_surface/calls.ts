// What the project promises of Node against real Python.

import { connect, kw, NDArray } from "whole-surface-python";
import * as json from "whole-surface-python/json";
import * as linalg from "whole-surface-python/numpy.linalg";
import { finish, host, same } from "./check.js";

const connection = await connect({ host: host() });
try {
  // `json.loads` to data.
  same(await json.loads('{"a": [1, 2.5, null], "b": {"c": "d"}}'), { a: [1, 2.5, null], b: { c: "d" } }, "json.loads");

  // `numpy.linalg.svd`, whose result is a named tuple, or an array if asked for that.
  const matrix = NDArray.from([[3, 0], [0, -2]]);
  const values = await linalg.svd(matrix, kw({ compute_uv: false as const }));
  same(values instanceof NDArray && [...(values.data as Float64Array)].map(Math.round), [3, 2], "svd: the singular values");
} finally {
  await connection.close();
}
finish();
