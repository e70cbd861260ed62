import { QueueFullError } from "./errors.js";
import type { Outgoing } from "./outbox.js";

/** A call as it is sent. */
export interface Call extends Outgoing {
  readonly request: number;
  readonly buffers: readonly Uint8Array[];
  /** The functions that were lent for it. */
  readonly lent: readonly number[];
}

/** Calls that may be open beyond twice the queue while a function of this side is called. docs/wire.md has the numbers. */
const INSIDE = 32;

/**
 * The calls that wait here until the host would read them.
 *
 * While too much of a connection is open, a host reads nothing more from it. So that what a function gives never stands behind calls
 * that the host does not read, these calls are not sent before.
 */
export class HeldCalls {
  /** Most calls that may be open: `wire.queue`. */
  queue = Infinity;
  /** While as many bytes are open, nothing more is read: `wire.max-frame`. */
  bytes = Infinity;
  /** Most calls that may wait here. */
  waiting = Infinity;
  /** How many functions of this side are being called. */
  inside = 0;
  #open = 0;
  #openBytes = 0;
  readonly #held = new Map<number, Call>();

  /**
   * Whether a call may be sent now. If so, it is open; if not, it waits here.
   *
   * @throws QueueFullError if too many do already
   */
  begin(call: Call): boolean {
    if (this.#held.size === 0 && this.#hasRoom()) {
      this.#begin(call);
      return true;
    }
    if (this.#held.size >= this.waiting) {
      throw new QueueFullError(`${this.#held.size} calls wait to be sent, which is the most (\`waiting\` of \`connect\`)`, "queue-full");
    }
    // Whoever called may write to what was not lent.
    const buffers = call.lend === true ? call.buffers : call.buffers.map((buffer) => buffer.slice());
    this.#held.set(call.request, { ...call, buffers, lend: true });
    return false;
  }

  /** Whether nothing waits here, as mostly. */
  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** A call was answered, or could not be sent. */
  end(call: Call): void {
    this.#open--;
    this.#openBytes -= size(call);
  }

  /** Takes back a call that waits here. Whether it did. */
  cancel(request: number): boolean {
    return this.#held.delete(request);
  }

  /** The calls that may be sent now. */
  *take(): Iterable<Call> {
    for (const [request, call] of this.#held) {
      if (!this.#hasRoom()) return;
      this.#held.delete(request);
      this.#begin(call);
      yield call;
    }
  }

  #begin(call: Call): void {
    this.#open++;
    this.#openBytes += size(call);
  }

  #hasRoom(): boolean {
    return this.inside > 0
      ? this.#open < 2 * this.queue + INSIDE && this.#openBytes < 2 * this.bytes
      : this.#open < this.queue && this.#openBytes < this.bytes;
  }
}

/** At least the bytes that the host counts for a call. */
function size({ text, buffers }: Call): number {
  // UTF-8 takes at most three bytes for each unit of UTF-16.
  let bytes = text.length * 3;
  for (const buffer of buffers) bytes += buffer.byteLength;
  return bytes;
}
