import type { FrameReader } from "./reader.js";
import type { SharedMemory } from "./shared-memory.js";

/** What a transport brings in. */
export interface Receiver {
  /** Takes the bytes. */
  readonly reader: FrameReader;
  /** Runs `read`, which hands bytes to the reader, and ends the connection if they turn out to be no frames. */
  receive(read: () => void): void;
  /** The other end is gone. `error` makes the error that each open call gets. */
  lost(error: () => Error): void;
}

/**
 * Carries bytes to a host and back. Everything about an operating system is behind this, so that the rest runs in a browser too.
 *
 * A transport starts idle: it does not keep the program running until `ref()`.
 */
export interface Transport {
  /** Writes the pieces, in order. */
  write(pieces: readonly Uint8Array[]): void;
  /** Calls `flush` once the callbacks that are ready to run have run, so that what they send goes out together. */
  defer(flush: () => void): void;
  /** Keeps the program running: a call is open. */
  ref(): void;
  /** Lets the program end: no call is open. */
  unref(): void;
  /** Opens memory that the host offers; none where it can't be had. Missing where a transport has no host on this machine that it started. */
  readonly share?: (offer: unknown) => SharedMemory | undefined;
  /** Ends the connection, and resolves when nothing of it is left. `failed` says that the other end can't be expected to agree. */
  close(failed: boolean): Promise<void>;
}

/** Opens a transport that delivers to `receiver`. */
export type Opener = (receiver: Receiver) => Promise<Transport>;
