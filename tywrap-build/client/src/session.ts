import { CALLBACK_ERROR, failed, Lent, type Lender } from "./callback.js";
import { OBJECTS, type Callee } from "./callee.js";
import { parseJson, decodeValue, type Origin } from "./decode.js";
import { encodeCall } from "./encode.js";
import { ConnectionError, ProtocolError, PythonError, TimeoutError } from "./errors.js";
import { Failure, failureFrom, failureOf } from "./failure.js";
import { CALL, CANCEL, ERROR, HELLO, OPEN, RELEASE, RESULT, TAKEN, type Frame } from "./frame.js";
import { HeldCalls, type Call } from "./held-calls.js";
import type { ObjectOwner, Way } from "./object.js";
import { Outbox, type Outgoing } from "./outbox.js";
import { FrameReader } from "./reader.js";
import type { CallOptions } from "./options.js";
import type { Opener, Receiver, Transport } from "./transport.js";
import { PEER, WIRE_VERSION } from "./version.js";

/** Longest frame until the host says another limit: the default of `wire.max-frame`. */
const MAX_FRAME = 256 * 1024 * 1024;

/** Longest frame before the host has said anything. */
const MAX_HELLO = 64 * 1024;

/** Deepest nesting until the host says another limit: the default of `wire.max-depth`. */
const MAX_DEPTH = 64;

/** Objects released with one frame, so that its value stays far below what a host takes. */
const RELEASES = 4096;

const MAX_U16 = 0xffff;
const MAX_U32 = 0xffff_ffff;

/** What an answer settles. Called once: it is taken out of the table first. */
type Settle = (answer: unknown) => void;

/** A request that has no answer yet. */
interface Request {
  /** `undefined` for one whose caller no longer waits. */
  settle: Settle | undefined;
  /** What the objects in its result are told; none for one that has no result. */
  readonly origin: Origin | undefined;
  /** The call, if it is one. */
  readonly call: Call | undefined;
}

/** What the objects of a result are told: methods of theirs are called with the options of the call that gave them. */
class CallOrigin implements Origin, Way, Lender {
  thrown: Lender["thrown"];
  readonly owner: Session;
  readonly callee: Callee;
  readonly #options: CallOptions | undefined;

  constructor(owner: Session, callee: Callee, options: CallOptions | undefined) {
    this.owner = owner;
    this.callee = callee;
    this.#options = options;
  }

  get way(): Way {
    return this;
  }

  call(callee: Callee, index: number, args: readonly unknown[], settle = false): Promise<unknown> {
    const options = settle ? { ...this.#options, signal: undefined } : this.#options;
    // What an operation on an object gives comes of the module that the object is of.
    return this.owner.call(callee, index, args, options, callee === OBJECTS ? this : undefined);
  }
}

/** The one connection to a host: its open requests, its open modules, and the state that ends with it. */
export class Session implements ObjectOwner, Receiver {
  readonly reader: FrameReader;
  readonly #outbox = new Outbox(MAX_HELLO);
  #transport: Transport | undefined;
  #maxDepth = MAX_DEPTH;
  /** Every request that has no answer yet. */
  readonly #requests = new Map<number, Request>();
  #lastRequest = 0;
  readonly #slots = new Map<Callee, number>();
  /** The requests of OPEN frames, which are answered only when they are refused. */
  readonly #opens = new Set<number>();
  readonly #held = new HeldCalls();
  readonly #lent = new Lent();
  #releases: number[] = [];
  #flushDue = false;
  /** Callers that wait. The program is kept running while there are any. */
  #waiting = 0;
  #ended: (() => Error) | undefined;
  #closed: Promise<void> | undefined;

  /** Only {@link Session.open} makes one. */
  private constructor() {
    this.reader = new FrameReader(MAX_HELLO, (frame) => this.#receive(frame));
  }

  /**
   * Opens a transport and agrees on the version of the wire.
   *
   * @param opener opens the transport
   * @param timeout milliseconds until the host must have answered
   * @param waiting most calls that may wait to be sent
   */
  static async open(opener: Opener, timeout: number, waiting: number): Promise<Session> {
    if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
      throw new ConnectionError("the wire is little-endian, and this machine is not", "unsupported-machine");
    }
    const session = new Session();
    session.#held.waiting = waiting;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      session.#transport = await opener(session);
      session.#check();
      timer = setTimeout(() => {
        session.#end(() => new TimeoutError(`the host did not answer within ${timeout} ms`, "connect-timeout"), true);
      }, timeout);
      await session.#hello();
      return session;
    } catch (error) {
      void session.#shut(true);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Calls a callable, or reads an attribute.
   *
   * @param origin what the objects in the result are told, if it is not that they come of this call
   * @returns the value
   */
  async call(callee: Callee, index: number, args: readonly unknown[], options: CallOptions | undefined, origin?: Origin): Promise<unknown> {
    const signal = options?.signal;
    if (signal?.aborted === true) throw signal.reason;
    this.#check();
    const from = origin ?? new CallOrigin(this, callee, options);
    const { text, tagged, buffers, lent } = encodeCall(callee, index, args, from, this.#maxDepth);
    // Writing an argument may have run a getter that closed the connection.
    this.#check();
    const slot = callee === OBJECTS ? 0 : (this.#slots.get(callee) ?? this.#open(callee));
    const request = this.#newRequest();
    const call: Call = { kind: CALL, slot, request, callable: index, text, tagged, buffers, lend: options?.lend === true, lent };
    if (this.#begin(call)) this.#sendCall(call);
    const answer = await (signal === undefined ? this.#answer(request, from, call) : this.#abortableAnswer(request, from, call, signal));
    if (answer instanceof Failure) throw because(answer.toError(), from);
    return answer;
  }

  lend(call: (...args: unknown[]) => unknown, origin: Origin): number {
    return this.#lent.add(call, origin);
  }

  unlend(ids: readonly number[]): void {
    this.#lent.delete(ids);
  }

  release(id: number): void {
    if (this.#ended !== undefined) return;
    this.#releases.push(id);
    this.#flushLater();
  }

  /** Ends the connection. Open calls fail at once. */
  close(): Promise<void> {
    this.#end(() => new ConnectionError("the connection was closed", "connection-closed"), false);
    return this.#closed ?? Promise.resolve();
  }

  receive(read: () => void): void {
    try {
      read();
    } catch (error) {
      this.#end(failureFrom(error).toError, true);
    }
  }

  lost(error: () => Error): void {
    this.#end(error, true);
  }

  async #hello(): Promise<void> {
    const request = this.#newRequest();
    const shares = this.#transport?.share === undefined ? undefined : true;
    this.#send({ kind: HELLO, request, text: JSON.stringify({ wire: WIRE_VERSION, peer: PEER, "shared-memory": shares }) });
    const answer = await this.#answer(request);
    if (answer instanceof Failure) throw answer.toError();
  }

  /** Reads the host's HELLO. Fields that this version doesn't know are the business of later ones. */
  #greeted(value: unknown): void {
    const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
    const { wire, peer, "max-frame": maxFrame, "max-depth": maxDepth, queue, "shared-memory": offer } = fields;
    if (wire !== WIRE_VERSION) {
      const who = typeof peer === "string" ? JSON.stringify(peer.slice(0, 100)) : "the host";
      throw new ProtocolError(
        `${who} speaks version ${JSON.stringify(wire) ?? "none"} of the wire, and ${PEER} speaks ${WIRE_VERSION}: build the host and the package with the same tywrap`,
        "wire-version",
      );
    }
    const frame = isLimit(maxFrame) ? Math.min(maxFrame, MAX_U32) : MAX_FRAME;
    this.reader.limit = frame;
    this.#outbox.limit = frame;
    this.#held.bytes = frame;
    const memory = offer === undefined ? undefined : this.#transport?.share?.(offer);
    if (memory !== undefined) {
      this.#outbox.memory = memory;
      this.reader.readShared = (number, offset, length) => memory.read(number, offset, length);
    }
    if (isLimit(queue)) this.#held.queue = queue;
    this.#maxDepth = isLimit(maxDepth) ? maxDepth : MAX_DEPTH;
  }

  /** Opens a module. Calls follow without waiting: a host that refuses it refuses them too. */
  #open(callee: Callee): number {
    const slot = this.#slots.size + 1;
    if (slot > MAX_U16) throw new ConnectionError("a connection can open 65535 modules", "too-many-modules");
    const request = this.#newRequest();
    this.#send({ kind: OPEN, slot, request, text: JSON.stringify({ module: callee.name, digest: callee.digest }) });
    this.#slots.set(callee, slot);
    this.#opens.add(request);
    return slot;
  }

  #newRequest(): number {
    do {
      this.#lastRequest = this.#lastRequest === MAX_U32 ? 1 : this.#lastRequest + 1;
    } while (this.#requests.has(this.#lastRequest) || this.#opens.has(this.#lastRequest));
    return this.#lastRequest;
  }

  #answer(request: number, origin?: Origin, call?: Call): Promise<unknown> {
    return new Promise((resolve) => {
      this.#wait();
      const settle = (answer: unknown): void => {
        this.#stopWaiting();
        resolve(answer);
      };
      this.#requests.set(request, { settle, origin, call });
    });
  }

  #abortableAnswer(request: number, origin: Origin, call: Call, signal: NonNullable<CallOptions["signal"]>): Promise<unknown> {
    return new Promise((resolve) => {
      const abort = (): void => {
        if (this.#held.cancel(request)) {
          this.#requests.delete(request);
          this.unlend(call.lent);
        } else {
          // The host still answers, and the answer may hold objects to release; so the request stays, without a caller.
          this.#requests.set(request, { settle: undefined, origin, call });
          this.#send({ kind: CANCEL, request, text: "null" });
        }
        this.#stopWaiting();
        resolve(new Failure(() => signal.reason as Error));
      };
      this.#wait();
      signal.addEventListener("abort", abort);
      const settle = (answer: unknown): void => {
        signal.removeEventListener("abort", abort);
        this.#stopWaiting();
        resolve(answer);
      };
      this.#requests.set(request, { settle, origin, call });
    });
  }

  /** Throws why the session has ended, if it has. */
  #check(): void {
    if (this.#ended !== undefined) throw this.#ended();
  }

  #wait(): void {
    if (this.#waiting++ === 0) this.#transport?.ref();
  }

  #stopWaiting(): void {
    if (--this.#waiting === 0) this.#transport?.unref();
  }

  #send(frame: Outgoing): void {
    this.#outbox.add(frame);
    this.#flushLater();
  }

  #flushLater(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    this.#transport?.defer(() => this.#flush());
  }

  #flush(): void {
    this.#flushDue = false;
    if (this.#ended !== undefined) return;
    for (let from = 0; from < this.#releases.length; from += RELEASES) {
      this.#outbox.add({ kind: RELEASE, text: `[${this.#releases.slice(from, from + RELEASES).join(",")}]` });
    }
    if (this.#releases.length > 0) this.#releases = [];
    this.#transport?.write(this.#outbox.take());
  }

  #receive(frame: Frame): void {
    if (frame.kind === ERROR && this.#opens.delete(frame.request)) return;
    if (frame.kind === ERROR && frame.request === 0) {
      // About no request in particular, so about the connection. It is what the host says last.
      const { toError } = failureOf(this.#read(frame));
      this.#end(toError, true);
      return;
    }
    if (frame.kind === CALL && frame.slot === 0) {
      void this.#called(frame);
      return;
    }
    if (frame.kind === RELEASE) {
      const ids = this.#read(frame);
      if (Array.isArray(ids)) this.#lent.delete(ids);
      return;
    }
    const asked = this.#requests.get(frame.request);
    if (asked === undefined) {
      throw new ProtocolError(`unexpected frame: an answer to request ${frame.request}, which is not open`, "unexpected-frame");
    }
    const { settle, origin } = asked;
    const greeting = this.#outbox.limit === MAX_HELLO;
    switch (frame.kind) {
      case ERROR:
        this.#answered(frame.request, asked);
        settle?.(failureOf(this.#read(frame)));
        return;
      case HELLO:
        if (!greeting) break;
        this.#greeted(this.#read(frame));
        this.#requests.delete(frame.request);
        settle?.(undefined);
        return;
      case RESULT:
        if (greeting || origin === undefined) break;
        if (frame.shared) this.#send({ kind: TAKEN, request: frame.request, text: "null" });
        this.#answered(frame.request, asked);
        this.#settleResult(frame, settle, origin);
        return;
    }
    throw new ProtocolError(`unexpected frame: kind ${frame.kind}`, "unexpected-frame");
  }

  #answered(request: number, { call }: Request): void {
    this.#requests.delete(request);
    if (call === undefined) return;
    this.#outbox.memory?.free(request);
    this.#held.end(call);
    this.#sendHeld();
  }

  #begin(call: Call): boolean {
    try {
      return this.#held.begin(call);
    } catch (error) {
      this.unlend(call.lent);
      throw error;
    }
  }

  /** Sends a call that is open by now. */
  #sendCall(call: Call): void {
    try {
      this.#send(call);
    } catch (error) {
      // It is longer than a frame may be.
      this.#held.end(call);
      this.unlend(call.lent);
      throw error;
    }
  }

  #sendHeld(): void {
    if (this.#held.isEmpty) return;
    for (const call of this.#held.take()) {
      try {
        this.#sendCall(call);
      } catch (error) {
        const settle = this.#requests.get(call.request)?.settle;
        this.#requests.delete(call.request);
        settle?.(new Failure(() => error as Error));
      }
    }
  }

  /** Python calls a function of this side. */
  async #called(frame: Frame): Promise<void> {
    this.#held.inside++;
    this.#sendHeld();
    const answer = await this.#lent.call(frame, this.#maxDepth);
    this.#held.inside--;
    if (this.#ended !== undefined) return;
    try {
      this.#send(answer);
    } catch (error) {
      // It is longer than a frame may be.
      this.#send(failed(frame.request, error));
    }
  }

  /** A value that is none fails its call only: the frames around it are whole. */
  #settleResult(frame: Frame, settle: Settle | undefined, origin: Origin): void {
    let answer: unknown;
    try {
      answer = decodeValue(frame.text, frame.tagged, frame.buffers, origin);
    } catch (error) {
      answer = failureFrom(error);
    }
    // Where the caller no longer waits, what the value holds is unreachable from here on, and so is released.
    settle?.(answer);
  }

  #read(frame: Frame): unknown {
    if (frame.tagged || frame.buffers.length > 0) throw new ProtocolError("unexpected frame: a message in tagged form", "unexpected-frame");
    return parseJson(frame.text);
  }

  #end(error: () => Error, failed: boolean): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.reader.stop();
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const { settle } of requests) settle?.(new Failure(error));
    void this.#shut(failed);
  }

  #shut(failed: boolean): Promise<void> {
    this.#ended ??= () => new ConnectionError("the connection could not be made", "connection-failed");
    this.#outbox.memory?.close();
    this.#outbox.memory = undefined;
    this.#closed ??= this.#transport?.close(failed) ?? Promise.resolve();
    return this.#closed;
  }
}

/** The error of a call, with what a function threw that Python called, if that is why. */
function because(error: Error, origin: Origin | Lender): Error {
  if (!("thrown" in origin) || origin.thrown === undefined) return error;
  if (error instanceof PythonError && error.pythonType === CALLBACK_ERROR) {
    Object.defineProperty(error, "cause", { value: origin.thrown.error, writable: true, configurable: true });
  }
  return error;
}

function isLimit(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}
