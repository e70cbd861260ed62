// The wire as the tests see it: written from docs/wire.md, and sharing nothing with the client.

export const HELLO = 1;
export const OPEN = 2;
export const CALL = 3;
export const RESULT = 4;
export const ERROR = 5;
export const CANCEL = 6;
export const RELEASE = 7;
export const TAKEN = 9;

const IN_FRAME = 0xffff_ffff;

/**
 * One frame as bytes.
 *
 * @param places where each buffer is, `{ memory, offset, length }` in shared memory or nothing, of a frame that may say so
 */
export function encodeFrame({ kind, tagged = false, slot = 0, request = 0, callable = 0, value = "null", buffers = [], places }) {
  const text = Buffer.from(value);
  const header = Buffer.alloc(24);
  header.writeUInt8(kind, 4);
  header.writeUInt8((tagged ? 1 : 0) | (places === undefined ? 0 : 4), 5);
  header.writeUInt16LE(slot, 6);
  header.writeUInt32LE(request, 8);
  header.writeUInt32LE(callable, 12);
  header.writeUInt32LE(text.length, 16);
  header.writeUInt32LE(buffers.length, 20);
  const parts = [header, text];
  let size = 24 + text.length;
  const add = (bytes) => {
    parts.push(bytes);
    size += bytes.length;
  };
  const pad = () => add(Buffer.alloc((8 - (size % 8)) % 8));
  if (buffers.length > 0) {
    pad();
    for (const [i, buffer] of buffers.entries()) {
      const entry = Buffer.alloc(places === undefined ? 8 : 16);
      entry.writeBigUInt64LE(BigInt(places?.[i]?.length ?? buffer.length));
      if (places !== undefined) {
        entry.writeUInt32LE(places[i]?.memory ?? IN_FRAME, 8);
        entry.writeUInt32LE(places[i]?.offset ?? 0, 12);
      }
      add(entry);
    }
    for (const buffer of buffers.filter((_, i) => places?.[i] === undefined)) {
      pad();
      add(buffer);
    }
  }
  header.writeUInt32LE(size - 4, 0);
  return Buffer.concat(parts, size);
}

/**
 * Takes one whole frame apart, and throws unless its parts add up.
 *
 * A buffer in shared memory is `{ memory, offset, length }`.
 */
export function decodeFrame(bytes) {
  const flags = bytes.readUInt8(5);
  if ((flags & ~5) !== 0) throw new Error(`flags ${flags}`);
  const shared = (flags & 4) !== 0;
  const valueLength = bytes.readUInt32LE(16);
  const count = bytes.readUInt32LE(20);
  let end = 24 + valueLength;
  const value = bytes.toString("utf8", 24, end);
  const skip = () => {
    for (; end % 8 !== 0; end++) if (bytes[end] !== 0) throw new Error("padding that is not zero");
  };
  const buffers = [];
  if (count > 0) {
    skip();
    const width = shared ? 16 : 8;
    const entries = Array.from({ length: count }, (_, i) => bytes.subarray(end + width * i, end + width * (i + 1)));
    end += width * count;
    for (const entry of entries) {
      const length = Number(entry.readBigUInt64LE());
      const memory = shared ? entry.readUInt32LE(8) : IN_FRAME;
      if (memory !== IN_FRAME) {
        buffers.push({ memory, offset: entry.readUInt32LE(12), length });
        continue;
      }
      skip();
      buffers.push(bytes.subarray(end, end + length));
      end += length;
    }
  }
  if (end !== bytes.length) throw new Error(`the frame has ${bytes.length} bytes, its parts ${end}`);
  return {
    kind: bytes.readUInt8(4),
    tagged: (flags & 1) !== 0,
    ...(shared && { shared }),
    slot: bytes.readUInt16LE(6),
    request: bytes.readUInt32LE(8),
    callable: bytes.readUInt32LE(12),
    value,
    buffers,
    bytes,
  };
}

/** Cuts a stream into frames. */
export class Frames {
  #pending = [];
  #size = 0;

  /** Adds bytes, and returns the frames that are whole now. */
  push(chunk) {
    this.#pending.push(chunk);
    this.#size += chunk.length;
    if (this.#size < 4) return [];
    // Joined only when a frame is whole, or a large one would be copied once for each of its pieces.
    const first = this.#pending[0].length >= 4 ? this.#pending[0] : (this.#pending = [Buffer.concat(this.#pending)])[0];
    if (this.#size < 4 + first.readUInt32LE(0)) return [];
    let bytes = Buffer.concat(this.#pending);
    const frames = [];
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE(0)) {
      const total = 4 + bytes.readUInt32LE(0);
      frames.push(decodeFrame(bytes.subarray(0, total)));
      bytes = bytes.subarray(total);
    }
    this.#pending = bytes.length > 0 ? [bytes] : [];
    this.#size = bytes.length;
    return frames;
  }
}
