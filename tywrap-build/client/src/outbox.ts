import { ValidationError } from "./errors.js";
import { align, CALL, entrySize, HEADER, IN_FRAME, LENGTH, SHARED, TAGGED, writeU32 } from "./frame.js";
import type { SharedMemory } from "./shared-memory.js";

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
  /** Where large buffers of calls go, if there is any. */
  memory: SharedMemory | undefined;
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
    const shared = frame.kind === CALL ? this.memory : undefined;
    const entry = entrySize(shared !== undefined);
    const length = frameLength(valueLength, buffers.length * entry, buffers) - LENGTH;
    if (length > this.limit) {
      throw new ValidationError(`the call takes ${length} bytes, and the host takes at most ${this.limit} (\`wire.max-frame\`)`, {
        code: "frame-too-large",
        severity: "low",
        context: { length, limit: this.limit },
      });
    }
    const request = frame.request ?? 0;
    const places = shared === undefined || buffers.length === 0 ? NO_PLACES : buffers.map((buffer) => shared.keep(request, buffer));
    const here = places.length === 0 ? buffers : buffers.filter((_, i) => places[i] === undefined);
    writeU32(slab, start, here.length === buffers.length ? length : frameLength(valueLength, buffers.length * entry, here) - LENGTH);
    slab[start + 4] = frame.kind;
    slab[start + 5] = (frame.tagged === true ? TAGGED : 0) | (shared === undefined ? 0 : SHARED);
    slab[start + 6] = frame.slot ?? 0;
    slab[start + 7] = (frame.slot ?? 0) >>> 8;
    writeU32(slab, start + 8, request);
    writeU32(slab, start + 12, frame.callable ?? 0);
    writeU32(slab, start + 16, valueLength);
    writeU32(slab, start + 20, buffers.length);
    this.#to = start + HEADER + (inline ? valueLength : 0);
    if (encoded !== undefined) this.#append(encoded);
    if (buffers.length === 0) return;
    const end = this.#addTable(HEADER + valueLength, buffers, shared === undefined ? undefined : places);
    this.#addBuffers(end, here, frame.lend === true);
  }

  /** Takes out what has been collected; empty if nothing has. */
  take(): Uint8Array[] {
    this.#seal();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  /** Adds what says how long buffers are, and where if that is not always in the frame. Gives its end. */
  #addTable(valueEnd: number, buffers: readonly Uint8Array[], places: readonly (number | undefined)[] | undefined): number {
    const padding = align(valueEnd) - valueEnd;
    const entry = entrySize(places !== undefined);
    const table = new Uint8Array(padding + entry * buffers.length);
    buffers.forEach((buffer, i) => {
      const at = padding + entry * i;
      writeU32(table, at, buffer.byteLength);
      if (places === undefined) return;
      writeU32(table, at + 8, places[i] === undefined ? IN_FRAME : 0);
      writeU32(table, at + 12, places[i] ?? 0);
    });
    this.#append(table);
    return valueEnd + table.byteLength;
  }

  #addBuffers(offset: number, buffers: readonly Uint8Array[], lend: boolean): void {
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
const NO_PLACES: readonly (number | undefined)[] = [];
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

/** Bytes of a frame with a table of so many bytes, none if it has no buffers, and the buffers that are in it. */
function frameLength(valueLength: number, table: number, buffers: readonly Uint8Array[]): number {
  let end = HEADER + valueLength;
  if (table > 0) end = align(end) + table;
  for (const buffer of buffers) end = align(end) + buffer.byteLength;
  return end;
}
