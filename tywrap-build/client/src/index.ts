import "./iterate.js";
export type { PyCallback } from "./callback.js";
export { columnType } from "./column.js";
export type { PyColumnType } from "./column.js";
export { PyComplex } from "./complex.js";
export { connect, Connection } from "./connection.js";
export type { PythonConstant, PythonProperty } from "./constant.js";
export type { DataOf, DType, DTypeData, DTypeOf, DTypeText, DTypeTimeUnit, TypedArray } from "./dtype.js";
export { enter, PyEntered, within } from "./enter.js";
export type { EnteredBy, PyManager } from "./enter.js";
export {
  ConnectionError,
  PolicyError,
  ProtocolError,
  PythonError,
  QueueFullError,
  SecurityError,
  TimeoutError,
  TywrapError,
  UnsupportedError,
  ValidationError,
  WorkerCrashedError,
} from "./errors.js";
export type { HostExit, SecurityDetails, Severity } from "./errors.js";
export type { PyIterable, PyIterator } from "./iterate.js";
export { kw } from "./kw.js";
export type { Kw } from "./kw.js";
export { pyDate, pyDateTime, pyDecimal, pyFraction, pyTime, pyTimedelta, pyUuid } from "./make-scalar.js";
export type { TimedeltaParts } from "./make-scalar.js";
export { describe } from "./module.js";
export type { PythonModule } from "./module.js";
export { NDArray } from "./ndarray.js";
export type { ElementOf, Nested } from "./ndarray.js";
export { PyFloat, pyFloat, PyInt, pyInt } from "./number.js";
export { PyObject } from "./object.js";
export type { Inherit, PyClass, PyEnum } from "./object.js";
export type { AbortSignalLike, CallOptions, ConnectionOptions, ConnectOptions, HostCommand, HostOptions, HttpOptions, SocketOptions } from "./options.js";
export type { PyDate, PyDateTime, PyDecimal, PyFraction, PyScalar, PyTime, PyTimedelta, PyUuid } from "./scalar.js";
export { pyDataFrame, pySeries } from "./table.js";
export type { ColumnValues, DataFrameParts, IndexValues, PyDataFrame, PySeries, SeriesOptions } from "./table.js";
export { take } from "./take.js";
export type { PyColumn, PyTable } from "./take.js";
export { pyTuple } from "./tuple.js";
export type { PyTuple } from "./tuple.js";
export type { ArrayLike, PyArgument, PyValue } from "./value.js";
