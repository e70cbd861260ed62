import { ProtocolError } from "./errors.js";

/** Where regions begin. What lies before proves which memory it is. */
const START = 4096;

/** Regions begin at a multiple of this. */
const PAGE = 4096;

/** From this length on a buffer goes through shared memory; below, a frame is as quick (`benches/README.md`). */
const ASIDE = 256 * 1024;

/** What is needed of `node:fs`. */
type Files = Pick<typeof import("node:fs"), "closeSync" | "fstatSync" | "openSync" | "readSync" | "writeSync">;

/** What a host says of memory that it offers. */
interface Offer {
  readonly process: number;
  readonly descriptor: number;
  readonly size: number;
  readonly proof: string;
}

/** A buffer that is in the memory until its call is answered. */
interface Region {
  readonly start: number;
  readonly end: number;
  readonly request: number;
}

/**
 * Memory that this process shares with a host that it has started: what is written here, a worker reads, and the other way round.
 *
 * It is reached by the host's descriptors, which the system lets nobody open but the same user. Every access copies, so nothing that is
 * done to the memory afterwards changes a value.
 */
export class SharedMemory {
  readonly #files: Files;
  readonly #process: number;
  readonly #descriptor: number;
  readonly #size: number;
  /** In the order of where they are. */
  #regions: Region[] = [];

  private constructor(files: Files, descriptor: number, { process, size }: Offer) {
    this.#files = files;
    this.#process = process;
    this.#descriptor = descriptor;
    this.#size = size;
  }

  /**
   * Opens what a host offers in its `HELLO`; nothing where it can't be had, which costs time and nothing else.
   *
   * @param files `node:fs`
   * @param pid the process that was started, which need not be the host
   * @param offer what the host says
   */
  static open(files: Files, pid: number | undefined, offer: unknown): SharedMemory | undefined {
    if (!isOffer(offer) || offer.process !== pid) return undefined;
    let descriptor: number;
    try {
      descriptor = files.openSync(path(pid, offer.descriptor), "r+");
    } catch {
      return undefined;
    }
    const memory = new SharedMemory(files, descriptor, offer);
    if (memory.#isProven(offer)) return memory;
    memory.close();
    return undefined;
  }

  /** Whether what was opened is what the host meant: somebody else may have been started under that number. */
  #isProven({ size, proof }: Offer): boolean {
    try {
      const stat = this.#files.fstatSync(this.#descriptor);
      if (!stat.isFile() || stat.size !== size) return false;
      const bytes = new Uint8Array(proof.length / 2);
      this.#files.readSync(this.#descriptor, bytes, 0, bytes.length, 0);
      return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") === proof;
    } catch {
      return false;
    }
  }

  /** Writes a buffer of a call, if it is large and there is room; says where. It stays there until {@link SharedMemory.free}. */
  keep(request: number, buffer: Uint8Array): number | undefined {
    const length = buffer.byteLength;
    if (length < ASIDE) return undefined;
    let start = START;
    let at = 0;
    for (; at < this.#regions.length; at++) {
      const next = this.#regions[at] as Region;
      if (next.start - start >= length) break;
      start = next.end;
    }
    if (this.#size - start < length) return undefined;
    try {
      for (let done = 0; done < length; ) {
        done += this.#files.writeSync(this.#descriptor, buffer, done, length - done, start + done);
      }
    } catch {
      // The system has no memory left for it.
      return undefined;
    }
    this.#regions.splice(at, 0, { start, end: Math.ceil((start + length) / PAGE) * PAGE, request });
    return start;
  }

  /** The call has been answered, so nobody needs its buffers any more. */
  free(request: number): void {
    if (this.#regions.length > 0) this.#regions = this.#regions.filter((region) => region.request !== request);
  }

  /**
   * Copies a buffer out of the memory that the host has under this number.
   *
   * @throws ProtocolError if there is no such buffer
   */
  read(number: number, offset: number, length: number): Uint8Array {
    const descriptor = this.#open(number);
    try {
      if (offset < START || this.#files.fstatSync(descriptor).size - offset < length) {
        throw new ProtocolError("malformed frame: a buffer that does not lie in the shared memory", "malformed-frame");
      }
      // Nothing of it is left as it is, so that it need not be filled with zeros.
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      for (let done = 0; done < length; ) {
        done += this.#files.readSync(descriptor, bytes, done, length - done, offset + done);
      }
      return bytes;
    } finally {
      this.#files.closeSync(descriptor);
    }
  }

  #open(number: number): number {
    try {
      return this.#files.openSync(path(this.#process, number), "r");
    } catch (cause) {
      throw new ProtocolError("malformed frame: a buffer in memory that can't be opened", "malformed-frame", { cause });
    }
  }

  close(): void {
    try {
      this.#files.closeSync(this.#descriptor);
    } catch {
      // Whatever is wrong with it, it is no longer used.
    }
  }
}

function path(process: number, descriptor: number): string {
  return `/proc/${process}/fd/${descriptor}`;
}

function isOffer(value: unknown): value is Offer {
  if (typeof value !== "object" || value === null) return false;
  const { process, descriptor, size, proof } = value as Record<string, unknown>;
  return [process, descriptor, size].every((number) => Number.isSafeInteger(number) && (number as number) > 0)
    && typeof proof === "string" && /^[0-9a-f]{32}$/.test(proof);
}
