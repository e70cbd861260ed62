import type { Socket } from "node:net";

import { ConnectionError } from "./errors.js";
import type { Opener, Receiver, Transport } from "./transport.js";

/** Connects to the Unix socket at `path`. */
export function openSocket(path: string): Opener {
  return async (receiver) => {
    // Imported here, so that this file loads where there is no Node.
    const net = await import("node:net");
    return new Promise((resolve, reject) => {
      const socket = net.connect({
        path,
        // The reader says where the bytes go, so that those of a large frame are read into their place.
        onread: {
          buffer: () => receiver.reader.target(),
          callback: (count) => {
            receiver.receive(() => receiver.reader.received(count));
            return true;
          },
        },
      });
      const refused = (cause: Error): void => {
        reject(new ConnectionError(`no host answers at the socket \`${path}\`: ${cause.message}`, "connection-failed", { cause }));
      };
      socket.once("error", refused);
      socket.once("connect", () => {
        socket.off("error", refused);
        resolve(new SocketTransport(socket, receiver));
      });
    });
  };
}

class SocketTransport implements Transport {
  readonly #socket: Socket;
  readonly #gone: Promise<void>;

  constructor(socket: Socket, receiver: Receiver) {
    this.#socket = socket;
    let cause: Error | undefined;
    socket.on("error", (error) => (cause = error));
    this.#gone = new Promise((resolve) => {
      socket.once("close", () => {
        const why = cause === undefined ? "" : `: ${cause.message}`;
        receiver.lost(() => new ConnectionError(`the host closed the connection${why}`, "host-gone", { cause }));
        resolve();
      });
    });
    socket.unref();
  }

  write(pieces: readonly Uint8Array[]): void {
    writeAll(this.#socket, pieces);
  }

  defer(flush: () => void): void {
    deferPastMicrotasks(flush);
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  close(failed: boolean): Promise<void> {
    // Whoever closes waits for it, so it must not be cut short by the end of the program.
    this.#socket.ref();
    if (failed) this.#socket.destroy();
    else this.#socket.end(() => this.#socket.destroy());
    return this.#gone;
  }
}

/** Writes pieces with one system call, as far as the system takes them. */
export function writeAll(
  stream: { cork(): void; uncork(): void; write(piece: Uint8Array): boolean; readonly writable: boolean },
  pieces: readonly Uint8Array[],
): void {
  if (!stream.writable) return;
  if (pieces.length > 1) stream.cork();
  for (const piece of pieces) stream.write(piece);
  if (pieces.length > 1) stream.uncork();
}

/**
 * Runs `flush` when all promise reactions that are ready have run, without a turn of the event loop.
 *
 * Answers arrive many at a time and the calls that follow from them are made in promise reactions. Node runs its next-tick queue when
 * those have run out; but before them if the call was made elsewhere, hence first the microtask.
 */
export function deferPastMicrotasks(flush: () => void): void {
  queueMicrotask(() => process.nextTick(flush));
}
