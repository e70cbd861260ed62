import { ValidationError } from "./errors.js";
import { align, HEADER, LENGTH, TAGGED, writeU32 } from "./frame.js";

/** Small frames are written one after the other into a slab, and go out in one piece. */
const SLAB = 64 * 1024;

/** Buffers up to this size are copied into the slab; a larger one is a piece of its own. */
const INLINE = 16 * 1024;

/** What an outgoing frame says. */
export interface Outgoing {
  readonly kind: number;
  readonly slot?: number;
  readonly request?: number;
  readonly callable?: number;
  /** The value, as JSON text. */
  readonly text: string;
  readonly tagged?: boolean;
  readonly buffers?: readonly Uint8Array[];
  /** Buffers are sent from where they are, which is safe only if nobody writes to them meanwhile. */
  readonly lend?: boolean;
}

/** Collects frames until they are written together. */
export class Outbox {
  /** Longest frame, in bytes after the length field. */
  limit: number;
  #pieces: Uint8Array[] = [];
  #slab = new Uint8Array(SLAB);
  /** The part of the slab that is in no piece yet. What lies before may still be on its way out, so it is not used again. */
  #from = 0;
  #to = 0;

  /** @param limit longest frame, in bytes after the length field */
  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Adds a frame.
   *
   * @throws ValidationError if it is longer than the limit; then nothing was added
   */
  add(frame: Outgoing): void {
    const { text, buffers = NO_BUFFERS } = frame;
    // UTF-8 takes at most three bytes for each unit of UTF-16.
    const inline = text.length * 3 <= SLAB - HEADER;
    const encoded = inline ? undefined : encoder.encode(text);
    const start = this.#reserve(HEADER + (inline ? text.length * 3 : 0));
    const slab = this.#slab;
    const valueLength = encoded?.length ?? writeText(slab, start + HEADER, text);
    const length = frameLength(valueLength, buffers) - LENGTH;
    if (length > this.limit) {
      throw new ValidationError(`the call takes ${length} bytes, and the host takes at most ${this.limit} (\`wire.max-frame\`)`, {
        code: "frame-too-large",
        severity: "low",
        context: { length, limit: this.limit },
      });
    }
    writeU32(slab, start, length);
    slab[start + 4] = frame.kind;
    slab[start + 5] = frame.tagged === true ? TAGGED : 0;
    slab[start + 6] = frame.slot ?? 0;
    slab[start + 7] = (frame.slot ?? 0) >>> 8;
    writeU32(slab, start + 8, frame.request ?? 0);
    writeU32(slab, start + 12, frame.callable ?? 0);
    writeU32(slab, start + 16, valueLength);
    writeU32(slab, start + 20, buffers.length);
    this.#to = start + HEADER + (inline ? valueLength : 0);
    if (encoded !== undefined) this.#append(encoded);
    if (buffers.length > 0) this.#addBuffers(HEADER + valueLength, buffers, frame.lend === true);
  }

  /** Takes out what has been collected; empty if nothing has. */
  take(): Uint8Array[] {
    this.#seal();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  #addBuffers(valueEnd: number, buffers: readonly Uint8Array[], lend: boolean): void {
    const table = align(valueEnd);
    const head = new Uint8Array(table - valueEnd + 8 * buffers.length);
    buffers.forEach((buffer, i) => writeU32(head, table - valueEnd + 8 * i, buffer.byteLength));
    this.#append(head);
    let offset = table + 8 * buffers.length;
    for (const buffer of buffers) {
      const start = align(offset);
      this.#append(ZEROS.subarray(0, start - offset));
      this.#append(buffer.byteLength <= INLINE || lend ? buffer : buffer.slice());
      offset = start + buffer.byteLength;
    }
  }

  /** Adds bytes that nobody else writes to, or few enough to copy. */
  #append(bytes: Uint8Array): void {
    if (bytes.byteLength > INLINE) {
      this.#seal();
      this.#pieces.push(bytes);
      return;
    }
    const start = this.#reserve(bytes.byteLength);
    this.#slab.set(bytes, start);
    this.#to = start + bytes.byteLength;
  }

  /** Makes room in the slab, and says where. The caller moves the end. */
  #reserve(size: number): number {
    if (this.#to + size > SLAB) {
      this.#seal();
      this.#slab = new Uint8Array(SLAB);
      this.#from = this.#to = 0;
    }
    return this.#to;
  }

  #seal(): void {
    if (this.#to > this.#from) this.#pieces.push(this.#slab.subarray(this.#from, this.#to));
    this.#from = this.#to;
  }
}

const NO_BUFFERS: readonly Uint8Array[] = [];
const ZEROS = new Uint8Array(8);
const encoder = new TextEncoder();

/** Most calls are short, and starting the encoder costs more than writing those. */
const SHORT = 64;

function writeText(bytes: Uint8Array, start: number, text: string): number {
  if (text.length <= SHORT) {
    let i = 0;
    for (; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) break;
      bytes[start + i] = unit;
    }
    if (i === text.length) return i;
  }
  return encoder.encodeInto(text, bytes.subarray(start)).written;
}

function frameLength(valueLength: number, buffers: readonly Uint8Array[]): number {
  let end = HEADER + valueLength;
  if (buffers.length > 0) end = align(end) + 8 * buffers.length;
  for (const buffer of buffers) end = align(end) + buffer.byteLength;
  return end;
}
