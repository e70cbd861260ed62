// An emitted module, as TypeScript sees it.

import {
  describe,
  kw,
  type ArrayLike,
  type Connection,
  type Kw,
  type NDArray,
  type PythonConstant,
} from "../../dist/tywrap-client.js";

const $module = describe("numpy", "00", ["mean", "zeros", "pi", "linalg.norm"]);

export function mean(a: ArrayLike, axis?: number): Promise<number>;
export function mean(a: ArrayLike, kw: Kw<{ axis?: number }>): Promise<NDArray<"float64">>;
export function mean(...args: unknown[]): Promise<unknown> {
  return $module.call(0, args);
}

export function zeros(shape: number | readonly number[]): Promise<NDArray<"float64">>;
export function zeros(...args: unknown[]): Promise<NDArray<"float64">> {
  return $module.call(1, args);
}

export const pi: PythonConstant<number> = $module.constant(2);
export const MAXDIMS = 64 as const;

function linalg_norm(...args: unknown[]): Promise<number> {
  return $module.call(3, args);
}
export const linalg = { norm: linalg_norm };

function withConnection(connection: Connection) {
  return $module.with(connection, { mean, zeros, pi, MAXDIMS, linalg });
}
export { withConnection as with };

declare const connection: Connection;
const np = withConnection(connection);
const one: number = await np.mean([1, 2]);
const many: NDArray<"float64"> = await np.mean([[1, 2]], kw({ axis: 0 }));
const constant: number = await np.pi;
const literal: 64 = np.MAXDIMS;
const norm: number = await np.linalg.norm([1]);
// @ts-expect-error a constant is not its value before it is awaited
const early: number = np.pi;
// @ts-expect-error not an argument
await np.zeros("3");
void [one, many, constant, literal, norm, early];
