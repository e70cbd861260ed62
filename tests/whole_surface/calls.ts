// What the project promises of Node against real Python.

import { connect, kw, NDArray, PythonError } from "whole-surface-python";
import * as json from "whole-surface-python/json";
import * as linalg from "whole-surface-python/numpy.linalg";
import * as requests from "whole-surface-python/requests";
import * as optimize from "whole-surface-python/scipy.optimize";
import { fails, finish, host, same } from "./check.js";

const connection = await connect({ host: host() });
try {
  // `json.loads` to data.
  same(await json.loads('{"a": [1, 2.5, null], "b": {"c": "d"}}'), { a: [1, 2.5, null], b: { c: "d" } }, "json.loads");

  // `numpy.linalg.svd`, whose result is a named tuple, or an array if asked for that.
  const matrix = NDArray.from([[3, 0], [0, -2]]);
  const values = await linalg.svd(matrix, kw({ compute_uv: false as const }));
  same(values instanceof NDArray && [...(values.data as Float64Array)].map(Math.round), [3, 2], "svd: the singular values");

  // Large enough for a library to use its threads, and a library that has its own.
  const large = NDArray.from(Array.from({ length: 400 }, (_, row) => Array.from({ length: 400 }, (_, column) => (row === column ? 2 : 0))));
  same(Math.round(await linalg.norm(large)), 40, "a norm of 400 × 400");
  same(await (await optimize.linprog([1, 2], kw({ A_ub: [[-1, -1]], b_ub: [-1] }))).__getitem__("fun"), 1, "scipy.optimize.linprog");

  // Without network permission a library's own error names the key of the policy.
  const refused = await fails(PythonError, () => requests.get("http://tywrap.invalid/"), "requests without a network");
  same(refused.message.includes("`network` under `[sandbox]` in the policy"), true, refused.message);
} finally {
  await connection.close();
}
finish();
