import { ConnectionError, ProtocolError } from "./errors.js";
import { LENGTH, readU32 } from "./frame.js";
import type { HttpOptions } from "./options.js";
import type { Opener, Receiver, Transport } from "./transport.js";

/** What a body of frames says it is. */
const FRAMES = "application/vnd.tywrap.frames";

/** A body to which nothing is added any more, in bytes. */
const BODY = 1024 * 1024;

/** Milliseconds that a host has to agree that a connection is closed, or to say why it closed one. */
const FAREWELL = 2_000;

/** Longest answer to a refused request that is read, in characters. */
const REFUSAL = 16 * 1024;

/** Talks to a host that serves over HTTP, as "Over HTTP" in docs/wire.md says. */
export function openHttp(options: HttpOptions): Opener {
  const address = addressOf(options.url);
  const headers: Record<string, string> = {};
  if (options.token !== undefined) {
    if (typeof options.token !== "string" || !/^[\w.~+/-]+=*$/.test(options.token)) {
      throw new TypeError("`token` has other characters than letters, digits and `-._~+/`, with `=` at its end");
    }
    headers["authorization"] = `Bearer ${options.token}`;
  }
  return (receiver) => Promise.resolve(new HttpTransport(address, headers, receiver));
}

/** What is sent goes out in requests, one after the other, and what comes is one response. */
class HttpTransport implements Transport {
  readonly #address: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #receiver: Receiver;
  /** Ends every request. */
  readonly #abort = new AbortController();
  /** Frames that wait for the request that is under way. */
  #queue: Uint8Array[] = [];
  #sending = false;
  /** Where the connection is, once the host has made one. */
  #connection: string | undefined;
  /** Most bytes of a body. The host says how many that is, and the longest frame is no longer. */
  #most = BODY;
  /** The number of the last body. */
  #sequence = 0;
  /** Settles when the response that brings frames has ended. */
  #ended: Promise<void> = Promise.resolve();

  constructor(address: string, headers: Readonly<Record<string, string>>, receiver: Receiver) {
    this.#address = address;
    this.#headers = headers;
    this.#receiver = receiver;
    receiver.reader.heartbeats = true;
  }

  write(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.#queue.push(piece);
    if (!this.#sending) void this.#send();
  }

  defer(flush: () => void): void {
    // What comes after that waits for the request, and goes out with the next.
    queueMicrotask(flush);
  }

  ref(): void {
    // A program runs as long as a response is under way, whoever waits for it.
  }

  unref(): void {
    // Likewise.
  }

  async close(failed: boolean): Promise<void> {
    const connection = this.#connection;
    if (!failed && connection !== undefined) {
      const agreed = AbortSignal.timeout(FAREWELL);
      // The end of the response says the same, where the host does not hear this.
      await this.#request("DELETE", connection, { signal: agreed }).catch(ignore);
    }
    // Everything of it is gone with this, though Node's `fetch` may never say so where a response ends at the same time.
    this.#abort.abort();
  }

  /** Sends what is queued, until nothing is. */
  async #send(): Promise<void> {
    this.#sending = true;
    try {
      while (this.#queue.length > 0 && !this.#abort.signal.aborted) {
        const body = takeBody(this.#queue, this.#most);
        if (this.#connection === undefined) await this.#open(body);
        else await this.#post(this.#connection, body);
      }
    } catch (error) {
      this.#queue = [];
      this.#receiver.lost(() => error as Error);
    } finally {
      this.#sending = false;
    }
  }

  /** Makes the connection. Its response goes on beside this. */
  async #open(body: Uint8Array<ArrayBuffer>): Promise<void> {
    const response = await this.#request("POST", this.#address, { body }).catch((cause: unknown) => {
      throw new ConnectionError(`no host answers at \`${this.#address}\`: ${textOf(cause)}`, "connection-failed", { cause });
    });
    if (response.status !== 200) throw await refusal(response);
    const id = response.headers.get("tywrap-connection");
    if (response.headers.get("content-type") !== FRAMES || id === null || !/^[0-9a-f]{32}$/.test(id) || response.body === null) {
      throw new ProtocolError(`what answers at \`${this.#address}\` is no tywrap host`, "unexpected-response");
    }
    this.#connection = `${this.#address}/${id}`;
    this.#most = Number(response.headers.get("tywrap-max-body") ?? BODY);
    this.#ended = this.#receive(response.body.getReader());
  }

  async #receive(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const { reader: frames } = this.#receiver;
    let cause: unknown;
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const { value } = read;
        this.#receiver.receive(() => frames.push(value));
      }
    } catch (error) {
      cause = error;
    }
    const why = cause === undefined ? "" : `: ${textOf(cause)}`;
    this.#receiver.lost(() => new ConnectionError(`the host closed the connection${why}`, "host-gone", { cause }));
  }

  /** Sends a body. Where the request breaks off, a second one asks whether the first has arrived. */
  async #post(connection: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const number = String(++this.#sequence);
    const request = { body, headers: { "tywrap-sequence": number } };
    let again = false;
    const response = await this.#request("POST", connection, request)
      .catch(() => {
        again = true;
        return this.#request("POST", connection, request);
      })
      .catch((cause: unknown) => {
        throw new ConnectionError(`a call could not be sent: ${textOf(cause)}`, "host-gone", { cause });
      });
    if (response.status === 204) return;
    const taken = response.status === 409 && response.headers.get("tywrap-sequence") === String(this.#sequence + 1);
    if (again && taken) {
      await response.body?.cancel();
      return;
    }
    const error = await refusal(response);
    // A host that has closed the connection says why in its last frame, which may still be on its way.
    if (response.status === 404) await Promise.race([this.#ended, pause(FAREWELL)]);
    throw error;
  }

  #request(
    method: "POST" | "DELETE",
    url: string,
    options: { body?: Uint8Array<ArrayBuffer>; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response> {
    const { body, headers, signal = this.#abort.signal } = options;
    const type = body === undefined ? undefined : { "content-type": FRAMES };
    return fetch(url, {
      method,
      headers: { ...this.#headers, ...headers, ...type },
      signal,
      // Nothing of ours is for anybody else: no cookies out, and no other address that the token is sent to.
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      ...(body === undefined ? undefined : { body }),
    });
  }
}

/** Where connections are made. */
function addressOf(url: string): string {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {
    // Said below.
  }
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username + parsed.password + parsed.search + parsed.hash !== "") {
    throw new TypeError("`url` is an address such as `http://127.0.0.1:8080`, without a user, `?` or `#`; the token is an option of its own");
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}/v1/connections`;
}

/** Takes whole frames off the front of the queue: as many as go into a body, and at least one. */
function takeBody(queue: Uint8Array[], most: number): Uint8Array<ArrayBuffer> {
  const size = bodySize(queue, most);
  const body = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const piece = queue[0] as Uint8Array;
    const part = piece.subarray(0, size - filled);
    body.set(part, filled);
    filled += part.length;
    if (part.length === piece.length) queue.shift();
    else queue[0] = piece.subarray(part.length);
  }
  return body;
}

/** How many bytes of the queue, which begins with a frame, go into the next body. */
function bodySize(queue: readonly Uint8Array[], most: number): number {
  let size = 0;
  // Where the next frame begins: the piece, and the place in it.
  let at = 0;
  let offset = 0;
  while (at < queue.length && size < BODY) {
    // The head of a frame lies in one piece.
    const total = LENGTH + readU32(queue[at] as Uint8Array, offset);
    if (size > 0 && size + total > most) break;
    size += total;
    offset += total;
    for (let piece = queue[at]; piece !== undefined && offset >= piece.length; piece = queue[at]) {
      offset -= piece.length;
      at++;
    }
  }
  return size;
}

/** The error that a refused request is. */
async function refusal(response: Response): Promise<ConnectionError> {
  const text = (await response.text().catch(() => "")).slice(0, REFUSAL);
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    // A proxy in between has pages of its own.
  }
  const { code, message } = (typeof said === "object" && said !== null ? said : {}) as Record<string, unknown>;
  if (typeof code !== "string" || !/^[a-z]+(-[a-z]+)*$/.test(code) || typeof message !== "string") {
    return new ConnectionError(`a request was answered by ${response.status}, and not by a tywrap host`, "http-status");
  }
  return new ConnectionError(`the host refused a request: ${message}`, code);
}

/** What `fetch` says went wrong; the reason is often a level deeper. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function ignore(): void {
  // Nothing depends on it.
}
