import type { Callee } from "./callee.js";
import { asyncDispose } from "./dispose.js";
import { ConnectionError } from "./errors.js";
import { openHost } from "./host-process.js";
import { openHttp } from "./http.js";
import type { CallOptions, ConnectOptions } from "./options.js";
import { Session } from "./session.js";
import { openSocket } from "./socket.js";
import type { Opener } from "./transport.js";

/** Milliseconds until a host must have answered, unless the options say otherwise. */
const TIMEOUT = 30_000;

/** The reach into a connection that only this client has. */
let makeConnection: (session: Session) => Connection;
let callThrough: (connection: Connection, callee: Callee, index: number, args: readonly unknown[]) => Promise<unknown>;

/**
 * A connection to a host. Made by {@link connect}.
 *
 * It keeps the program running only while calls are open, so a program that forgets to close it ends all the same; over HTTP it keeps
 * the program running until it is closed.
 */
export class Connection {
  readonly #session: Session;
  readonly #options: CallOptions | undefined;

  private constructor(session: Session, options: CallOptions | undefined) {
    this.#session = session;
    this.#options = options;
  }

  static {
    makeConnection = (session) => new Connection(session, undefined);
    callThrough = (connection, callee, index, args) => connection.#session.call(callee, index, args, connection.#options);
  }

  /**
   * The same connection, with options for the calls made through it: `np.with(connection.with({ signal })).mean(a)`.
   *
   * Options of this connection hold unless `options` says otherwise.
   */
  with(options: CallOptions): Connection {
    return new Connection(this.#session, { ...this.#options, ...options });
  }

  /**
   * Ends the connection, and the host if {@link connect} started it. Calls that are open are rejected with a {@link ConnectionError}.
   *
   * @returns when nothing of it is left
   */
  close(): Promise<void> {
    return this.#session.close();
  }

  /** The same as {@link Connection.close}. */
  [asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What modules call through unless `with` says otherwise. */
let defaultConnection: Connection | undefined;

/** What modules call through at this very moment, if `with` said so. */
let currentConnection: Connection | undefined;

/**
 * Starts a host, or connects to one, and makes it the connection that the wrapped modules use.
 *
 * ```ts
 * const connection = await connect({ host: ["target/debug/quickstart"] });
 * ```
 *
 * Connecting again replaces the default; `np.with(connection)` uses a particular one.
 *
 * @throws ConnectionError if the host can't be started or reached, refuses the connection, or ends before it answers
 * @throws TimeoutError if it doesn't answer in time
 * @throws ProtocolError if it is of another version
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { timeout = TIMEOUT, waiting = Infinity } = options;
  if (!(timeout > 0 && timeout <= 0x7fff_ffff)) throw new RangeError("`timeout` is a positive number of milliseconds");
  if (!(waiting >= 0)) throw new RangeError("`waiting` is a number of calls");
  const connection = makeConnection(await Session.open(openerOf(options), timeout, waiting));
  defaultConnection = connection;
  return connection;
}

/** Calls through the connection that is to be used now. */
export function call(callee: Callee, index: number, args: readonly unknown[]): Promise<unknown> {
  const connection = currentConnection ?? defaultConnection;
  if (connection === undefined) {
    return Promise.reject(new ConnectionError("there is no connection: `await connect({ host: [\"path/to/host\"] })` first", "not-connected"));
  }
  return callThrough(connection, callee, index, args);
}

/**
 * Runs `body`, whose calls go through `connection`.
 *
 * A call picks its connection before it waits for anything, so nothing else can run in between.
 */
export function through<T>(connection: Connection, body: () => T): T {
  const before = currentConnection;
  currentConnection = connection;
  try {
    return body();
  } finally {
    currentConnection = before;
  }
}

function openerOf(options: ConnectOptions): Opener {
  if (typeof options.socket === "string") return openSocket(options.socket);
  if (typeof options.url === "string") return openHttp(options as Extract<ConnectOptions, { url: unknown }>);
  const { host } = options;
  if (!Array.isArray(host) || host.length === 0 || !host.every((part) => typeof part === "string")) {
    throw new TypeError("`connect` takes `{ host: [program, ...arguments] }`, `{ socket: path }` or `{ url }`");
  }
  return openHost(options as Extract<ConnectOptions, { host: unknown }>);
}
