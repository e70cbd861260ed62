import { ProtocolError } from "./errors.js";

/** Kinds of frame, as docs/wire.md numbers them. */
export const HELLO = 1;
export const OPEN = 2;
export const CALL = 3;
export const RESULT = 4;
export const ERROR = 5;
export const CANCEL = 6;
export const RELEASE = 7;
export const TAKEN = 9;

/** Flag: the value is in tagged form. */
export const TAGGED = 1;

/** Flag: buffers may lie in shared memory, so the table says of each where it is. */
export const SHARED = 4;

/** In the table of a frame with {@link SHARED}: the buffer is in no memory, but in the frame. */
export const IN_FRAME = 0xffff_ffff;

/** Bytes of an entry in the table of buffers. */
export function entrySize(shared: boolean): number {
  return shared ? 16 : 8;
}

/** Copies a buffer out of shared memory: its number in the host, where it is there, and how long. */
export type ReadShared = (number: number, offset: number, length: number) => Uint8Array;

/** Bytes before the value. */
export const HEADER = 24;

/** Most buffers in a frame. */
export const MAX_BUFFERS = 0xffff;

/** Bytes of the length field, which does not count itself. */
export const LENGTH = 4;

/** One frame, taken apart. */
export interface Frame {
  readonly kind: number;
  readonly tagged: boolean;
  /** Buffers of it were in shared memory, and have been copied. */
  readonly shared: boolean;
  readonly slot: number;
  readonly request: number;
  readonly callable: number;
  /** The value, as JSON text. */
  readonly text: string;
  /** The buffers, each safe to keep. */
  readonly buffers: readonly Uint8Array[];
}

/** The next multiple of 8. Buffers are aligned so that typed arrays can be views of them. */
export function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

/** Reads a 32-bit integer. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return (at(bytes, offset) | (at(bytes, offset + 1) << 8) | (at(bytes, offset + 2) << 16) | (at(bytes, offset + 3) << 24)) >>> 0;
}

/** Writes a 32-bit integer. */
export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

/**
 * Takes a frame apart.
 *
 * @param bytes a whole frame, from its length field to its last byte; the caller has checked that the length field says so
 * @param owned the bytes are not used for anything else afterwards, so buffers can be views of them
 * @param readShared copies what is in shared memory, if there is any
 * @throws ProtocolError if its parts don't add up
 */
export function parseFrame(bytes: Uint8Array, owned: boolean, readShared?: ReadShared): Frame {
  const total = bytes.length;
  const kind = at(bytes, 4);
  const flags = at(bytes, 5);
  if (kind < HELLO || kind > 8) throw malformed(`kind ${kind}`);
  const shared = kind === RESULT && (flags & SHARED) !== 0 ? readShared : undefined;
  if ((flags & ~(shared === undefined ? TAGGED : TAGGED | SHARED)) !== 0) throw malformed(`flags ${flags}`);
  const valueLength = readU32(bytes, 16);
  const bufferCount = readU32(bytes, 20);
  const valueEnd = HEADER + valueLength;
  if (valueEnd > total) throw malformed(`a value of ${valueLength} bytes in a frame of ${total}`);
  return {
    kind,
    tagged: (flags & TAGGED) !== 0,
    shared: shared !== undefined,
    slot: at(bytes, 6) | (at(bytes, 7) << 8),
    request: readU32(bytes, 8),
    callable: readU32(bytes, 12),
    text: readText(bytes, HEADER, valueEnd),
    buffers: bufferCount === 0 ? noBuffers(valueEnd, total) : readBuffers(bytes, valueEnd, bufferCount, owned, shared),
  };
}

const NO_BUFFERS: readonly Uint8Array[] = [];

function noBuffers(end: number, total: number): readonly Uint8Array[] {
  if (end !== total) throw malformed(`${total - end} bytes after the value`);
  return NO_BUFFERS;
}

function readBuffers(
  bytes: Uint8Array,
  valueEnd: number,
  count: number,
  owned: boolean,
  shared: ReadShared | undefined,
): readonly Uint8Array[] {
  const table = align(valueEnd);
  const entry = entrySize(shared !== undefined);
  let offset = table + entry * count;
  if (count > MAX_BUFFERS || offset > bytes.length) throw malformed(`${count} buffers in a frame of ${bytes.length} bytes`);
  checkPadding(bytes, valueEnd, table);
  const buffers: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const place = table + entry * i;
    const low = readU32(bytes, place);
    const high = readU32(bytes, place + 4);
    const number = shared === undefined ? IN_FRAME : readU32(bytes, place + 8);
    if (shared !== undefined && number !== IN_FRAME) {
      if (high !== 0) throw malformed(`buffer ${i} is longer than any`);
      buffers.push(shared(number, readU32(bytes, place + 12), low));
      continue;
    }
    const start = align(offset);
    const end = start + low;
    if (high !== 0 || end > bytes.length) throw malformed(`buffer ${i} ends outside the frame`);
    checkPadding(bytes, offset, start);
    buffers.push(owned ? bytes.subarray(start, end) : bytes.slice(start, end));
    offset = end;
  }
  if (offset !== bytes.length) throw malformed(`${bytes.length - offset} bytes after the last buffer`);
  return buffers;
}

function checkPadding(bytes: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) throw malformed("padding that is not zero");
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Most results are a number or a short string, and starting the decoder costs more than reading those. */
const SHORT = 24;

function readText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT) {
    let text = "";
    let i = start;
    for (; i < end; i++) {
      const byte = at(bytes, i);
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (i === end) return text;
  }
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch (cause) {
    throw new ProtocolError("malformed frame: a value that is not UTF-8", "malformed-frame", { cause });
  }
}

/** The callers have checked that `offset` is in range. */
function at(bytes: Uint8Array, offset: number): number {
  return bytes[offset] as number;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(`malformed frame: ${what}`, "malformed-frame");
}
