import { ProtocolError } from "./errors.js";
import { HEADER, LENGTH, parseFrame, readU32, type Frame, type ReadShared } from "./frame.js";

/** Bytes read at once where nothing larger is under way. */
const SCRATCH = 64 * 1024;

/**
 * Cuts a stream of bytes into frames.
 *
 * Bytes are read into {@link FrameReader.target} and announced by {@link FrameReader.received}. Small frames are read many at a time
 * into one buffer that is used again; a frame that doesn't fit gets a buffer of its own, which the rest of it is read into directly
 * and its arrays are views of. So the bytes of a large array are touched once.
 */
export class FrameReader {
  /** Longest frame, in bytes after the length field. */
  limit: number;
  /** Whether a length of 0 may stand between frames. It means nothing but that the other end is there. */
  heartbeats = false;
  /** Copies what frames say is in shared memory, if there is any. */
  readShared: ReadShared | undefined;
  readonly #deliver: (frame: Frame) => void;
  readonly #scratch = new Uint8Array(SCRATCH);
  #start = 0;
  #end = 0;
  #large: Uint8Array | undefined;
  #filled = 0;
  #stopped = false;

  /**
   * @param limit longest frame, in bytes after the length field
   * @param deliver called with each frame, in order; may call {@link FrameReader.stop}
   */
  constructor(limit: number, deliver: (frame: Frame) => void) {
    this.limit = limit;
    this.#deliver = deliver;
  }

  /** Where the next bytes go. Never empty. */
  target(): Uint8Array {
    return this.#large === undefined ? this.#scratch.subarray(this.#end) : this.#large.subarray(this.#filled);
  }

  /**
   * Takes note of `count` bytes written to the start of {@link FrameReader.target}.
   *
   * @throws ProtocolError if they are no frames
   */
  received(count: number): void {
    if (this.#stopped) return;
    if (this.#large !== undefined) {
      this.#filled += count;
      if (this.#filled < this.#large.length) return;
      const bytes = this.#large;
      this.#large = undefined;
      this.#deliver(parseFrame(bytes, true, this.readShared));
      return;
    }
    this.#end += count;
    this.#cut();
  }

  /** Takes bytes that were read elsewhere. */
  push(chunk: Uint8Array): void {
    for (let offset = 0; offset < chunk.length && !this.#stopped; ) {
      const target = this.target();
      const count = Math.min(target.length, chunk.length - offset);
      target.set(chunk.subarray(offset, offset + count));
      this.received(count);
      offset += count;
    }
  }

  /** Drops everything from here on. */
  stop(): void {
    this.#stopped = true;
    this.#start = this.#end = 0;
    this.#large = undefined;
  }

  #cut(): void {
    while (this.#end - this.#start >= LENGTH) {
      const length = readU32(this.#scratch, this.#start);
      if (length === 0 && this.heartbeats) {
        this.#start += LENGTH;
        continue;
      }
      if (length < HEADER - LENGTH || length > this.limit) {
        throw new ProtocolError(`malformed frame: a length of ${length}, where ${HEADER - LENGTH} to ${this.limit} are possible`, "malformed-frame");
      }
      const total = LENGTH + length;
      if (this.#end - this.#start < total) {
        if (total > SCRATCH) this.#startLarge(total);
        break;
      }
      const start = this.#start;
      this.#start += total;
      this.#deliver(parseFrame(this.#scratch.subarray(start, start + total), false, this.readShared));
      if (this.#stopped) return;
    }
    if (this.#start === this.#end) this.#start = this.#end = 0;
    // What is left is the start of a frame that fits if it stands at the front.
    else if (this.#start > 0) {
      this.#scratch.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
  }

  #startLarge(total: number): void {
    this.#large = new Uint8Array(total);
    this.#large.set(this.#scratch.subarray(this.#start, this.#end));
    this.#filled = this.#end - this.#start;
    this.#start = this.#end = 0;
  }
}
