export { PyComplex } from "./complex.js";
export { connect, Connection } from "./connection.js";
export type { DataOf, DType, DTypeData, DTypeOf, DTypeTimeUnit, TypedArray } from "./dtype.js";
export {
  ConnectionError,
  PolicyError,
  ProtocolError,
  PythonError,
  SecurityError,
  TimeoutError,
  TywrapError,
  UnsupportedError,
  ValidationError,
  WorkerCrashedError,
} from "./errors.js";
export type { HostExit, SecurityDetails, Severity } from "./errors.js";
export { kw } from "./kw.js";
export type { Kw } from "./kw.js";
export { describe } from "./module.js";
export type { PythonConstant, PythonModule } from "./module.js";
export { NDArray } from "./ndarray.js";
export type { ElementOf, Nested } from "./ndarray.js";
export { PyFloat, pyFloat, PyInt, pyInt } from "./number.js";
export { PyObject } from "./object.js";
export type { AbortSignalLike, CallOptions, ConnectOptions, HostCommand, HostOptions, SocketOptions } from "./options.js";
export { pyTuple } from "./tuple.js";
export type { PyTuple } from "./tuple.js";
export type { ArrayLike, PyArgument, PyValue } from "./value.js";
