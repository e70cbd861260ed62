/** How bad a {@link SecurityError} is. */
export type Severity = "low" | "medium" | "high" | "critical";

/**
 * The base of every error that this client throws.
 *
 * The classes below it have a `name` of a type of their own, so that TypeScript tells them apart after `instanceof`.
 */
export class TywrapError extends Error {
  /** Stable kebab-case code, such as `module-blocked`. */
  readonly code: string;

  /**
   * @param message what happened, and what to do next
   * @param code stable kebab-case code
   * @param options as for `Error`
   */
  constructor(message: string, code: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  static {
    named(this, "TywrapError");
  }
}

/** What a {@link SecurityError} says besides its message. */
export interface SecurityDetails {
  /** Stable kebab-case code. */
  readonly code: string;
  /** How bad it is. */
  readonly severity: Severity;
  /** When it happened; by default now. */
  readonly timestamp?: Date;
  /** What it happened to, such as `{ module: "numpy" }`; by default empty. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** Something was refused: by the policy, or because it is not what the function takes. */
export class SecurityError extends TywrapError {
  /** How bad it is. */
  readonly severity: Severity;
  /** When it happened. */
  readonly timestamp: Date;
  /** What it happened to. */
  readonly context: Readonly<Record<string, unknown>>;

  /**
   * @param message what was refused, and what to do next
   * @param details the rest
   */
  constructor(message: string, details: SecurityDetails) {
    super(message, details.code);
    this.severity = details.severity;
    this.timestamp = details.timestamp ?? new Date();
    this.context = details.context ?? {};
  }

  static {
    named(this, "SecurityError");
  }
}

/** The policy compiled into the host forbids it. */
export class PolicyError extends SecurityError {
  declare readonly name: "PolicyError";

  static {
    named(this, "PolicyError");
  }
}

/** An argument is not what the function takes, or can't be sent to Python. Nothing was run. */
export class ValidationError extends SecurityError {
  declare readonly name: "ValidationError";

  static {
    named(this, "ValidationError");
  }
}

/** Python raised an exception. */
export class PythonError extends TywrapError {
  declare readonly name: "PythonError";

  /** Name of the exception's class, such as `ValueError`. */
  readonly pythonType: string;
  /** Python's traceback; empty if the host keeps it to itself. */
  readonly traceback: string;

  /**
   * @param message Python's message, without the type
   * @param details the rest
   */
  constructor(message: string, details: { readonly code?: string; readonly pythonType: string; readonly traceback?: string }) {
    super(message, details.code ?? "python-error");
    this.pythonType = details.pythonType;
    this.traceback = details.traceback ?? "";
  }

  static {
    named(this, "PythonError");
  }
}

/** More calls wait to be sent than `ConnectOptions` allow. Nothing was sent. */
export class QueueFullError extends TywrapError {
  declare readonly name: "QueueFullError";

  static {
    named(this, "QueueFullError");
  }
}

/** The call, or the start of the host, took longer than it may. */
export class TimeoutError extends TywrapError {
  declare readonly name: "TimeoutError";

  static {
    named(this, "TimeoutError");
  }
}

/** The Python process of the call ended. The host starts another one, so a later call may succeed. */
export class WorkerCrashedError extends TywrapError {
  declare readonly name: "WorkerCrashedError";

  static {
    named(this, "WorkerCrashedError");
  }
}

/** A peer said what the wire doesn't allow, or speaks another version of it. */
export class ProtocolError extends TywrapError {
  declare readonly name: "ProtocolError";

  static {
    named(this, "ProtocolError");
  }
}

/** A result, or something asked for, that this version can't carry. */
export class UnsupportedError extends TywrapError {
  declare readonly name: "UnsupportedError";

  static {
    named(this, "UnsupportedError");
  }
}

/** What is known of a host that is gone. */
export interface HostExit {
  /** The exit status, if it ended by itself. */
  readonly exitCode?: number | undefined;
  /** The signal that ended it, such as `SIGKILL`. */
  readonly signal?: string | undefined;
  /** The last of what it wrote to standard error, as it wrote it. */
  readonly stderr?: string | undefined;
}

/** There is no connection, it could not be made, or it ended before the call was answered. */
export class ConnectionError extends TywrapError {
  declare readonly name: "ConnectionError";

  /** The exit status of the host, if it was started here and ended by itself. */
  readonly exitCode: number | undefined;
  /** The signal that ended the host, if it was started here. */
  readonly signal: string | undefined;
  /** The last of what the host wrote to standard error, as it wrote it, if it was started here. */
  readonly stderr: string | undefined;

  /**
   * @param message what happened
   * @param code stable kebab-case code
   * @param options as for `Error`, and what is known of the host's end
   */
  constructor(message: string, code: string, options?: { cause?: unknown } & HostExit) {
    super(message, code, options?.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options?.exitCode;
    this.signal = options?.signal;
    this.stderr = options?.stderr;
  }

  static {
    named(this, "ConnectionError");
  }
}

/** Written on the prototype, where the built-in errors have it, so that printing an error doesn't repeat it. */
function named(type: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
}
