/**
 * The part of an `AbortSignal` that a call uses. The DOM's and Node's both fit; it is spelt out because a program may have the types
 * of neither.
 */
export interface AbortSignalLike {
  /** It has been aborted. */
  readonly aborted: boolean;
  /** Why; what an aborted call is rejected with. */
  readonly reason: unknown;
  /** Calls `listener` when it is aborted. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Undoes `addEventListener`. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** How calls are made. See `Connection.with`. */
export interface CallOptions {
  /**
   * Aborts the calls: each open one is rejected with the signal's `reason` at once, and cancelled in Python.
   * For a time limit pass `AbortSignal.timeout(ms)`.
   */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * Sends large arrays from where they are instead of copying them when the call is made, which saves time and memory.
   * You must not write to an array before its call has settled: Python could see either value.
   */
  readonly lend?: boolean | undefined;
}

/** A host program to start: its path, and its arguments. No shell is involved. */
export type HostCommand = readonly [program: string, ...args: string[]];

/** What holds for any connection. */
export interface ConnectionOptions {
  /** Milliseconds until the host must have answered the first message; by default 30,000. It does not limit calls. */
  readonly timeout?: number | undefined;
  /**
   * Most calls that may wait here because the host has as many as it takes (`wire.queue`); by default any number. One more is rejected
   * with a {@link QueueFullError}.
   */
  readonly waiting?: number | undefined;
}

/** How to start a host and talk to it over its standard input and output. */
export interface HostOptions extends ConnectionOptions {
  /** The program and its arguments, such as `["target/debug/quickstart"]`. */
  readonly host: HostCommand;
  readonly socket?: never;
  readonly url?: never;
  readonly token?: never;
  /** Its environment; by default this process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Its working directory; by default this process's. */
  readonly cwd?: string | undefined;
}

/** How to talk to a host that is running already. */
export interface SocketOptions extends ConnectionOptions {
  /** Path of the Unix socket that the host listens on. */
  readonly socket: string;
  readonly host?: never;
  readonly url?: never;
  readonly token?: never;
  readonly env?: never;
  readonly cwd?: never;
}

/**
 * How to talk to a host that serves over HTTP, also from a browser.
 *
 * In Node such a connection keeps the program running until it is closed, since a response is under way all the time.
 */
export interface HttpOptions extends ConnectionOptions {
  /** Address of the host, such as `http://127.0.0.1:8080`; `https:` where a proxy in front of it does that. */
  readonly url: string;
  /** The token that the host asks for, if it does. */
  readonly token?: string | undefined;
  readonly host?: never;
  readonly socket?: never;
  readonly env?: never;
  readonly cwd?: never;
}

/** Which host to talk to. */
export type ConnectOptions = HostOptions | SocketOptions | HttpOptions;
