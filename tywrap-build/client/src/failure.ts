import {
  ConnectionError,
  PolicyError,
  ProtocolError,
  PythonError,
  TimeoutError,
  TywrapError,
  UnsupportedError,
  ValidationError,
  WorkerCrashedError,
  type SecurityDetails,
  type Severity,
} from "./errors.js";

/**
 * Why a request failed, not yet an error.
 *
 * The error is made in the asynchronous function that awaits the answer, not where the frame arrives: only there does the
 * engine know who called, and the stack ends in the caller's line.
 */
export class Failure {
  /** Makes the error. */
  readonly toError: () => Error;

  constructor(toError: () => Error) {
    this.toError = toError;
  }
}

/** Reads the value of an ERROR frame. What is missing or of a wrong type gets a default: an error must never hide behind another. */
export function failureOf(value: unknown): Failure {
  const fields: Record<string, unknown> = typeof value === "object" && value !== null ? { ...value } : {};
  const kind = text(fields["kind"]);
  const code = text(fields["code"]) ?? kind ?? "unknown";
  const message = text(fields["message"]) ?? "the host gave no reason";
  switch (kind) {
    case "policy":
      return new Failure(() => new PolicyError(message, securityDetails(fields, code, "high")));
    case "validation":
      return new Failure(() => new ValidationError(message, securityDetails(fields, code, "medium")));
    case "timeout":
      return new Failure(() => new TimeoutError(message, code));
    case "worker-crashed":
      return new Failure(() => new WorkerCrashedError(message, code));
    case "cancelled":
      return new Failure(() => new TywrapError(message, code));
    case "unsupported":
      return new Failure(() => new UnsupportedError(message, code));
    case "python":
      return new Failure(
        () => new PythonError(message, { code, pythonType: text(fields["type"]) ?? "Exception", traceback: text(fields["traceback"]) ?? "" }),
      );
    default:
      return new Failure(() => new ProtocolError(kind === "protocol" ? message : `an error of unknown kind: ${message}`, code));
  }
}

/** An error that came up while an answer was read, to be made again where it is awaited. */
export function failureFrom(error: unknown): Failure {
  if (error instanceof ProtocolError) return new Failure(() => new ProtocolError(error.message, error.code));
  if (error instanceof UnsupportedError) return new Failure(() => new UnsupportedError(error.message, error.code));
  // Something other than what the host said went wrong, such as running out of memory.
  return new Failure(() => new ConnectionError(`an answer can't be read: ${String(error)}`, "answer-unreadable", { cause: error }));
}

function securityDetails(fields: Record<string, unknown>, code: string, severity: Severity): SecurityDetails {
  const context = fields["context"];
  return {
    code,
    severity: isSeverity(fields["severity"]) ? fields["severity"] : severity,
    timestamp: timestamp(fields["timestamp"]),
    context: typeof context === "object" && context !== null ? (context as Readonly<Record<string, unknown>>) : {},
  };
}

function timestamp(value: unknown): Date {
  const date = typeof value === "number" || typeof value === "string" ? new Date(value) : new Date();
  return Number.isNaN(date.getTime()) ? new Date() : date;
}

function isSeverity(value: unknown): value is Severity {
  return value === "low" || value === "medium" || value === "high" || value === "critical";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
