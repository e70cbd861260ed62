import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";

import { ConnectionError } from "./errors.js";
import type { HostOptions } from "./options.js";
import { SharedMemory } from "./shared-memory.js";
import { deferPastMicrotasks, writeAll } from "./socket.js";
import type { Opener, Receiver, Transport } from "./transport.js";

/** How much of the host's standard error is kept for errors, in characters. */
const STDERR_TAIL = 8 * 1024;

/** How many milliseconds a host has to end by itself, and again after it was asked to. Its worker has 5 s of grace. */
const GRACE = 7_000;

/** How many milliseconds the output that a host left behind is waited for. */
const DRAIN = 500;

/** Starts a host, and talks to it over its standard input and output. What it writes to standard error is passed on. */
export function openHost(options: HostOptions): Opener {
  return async (receiver) => {
    // Looked for here, so that this file loads where there is no Node. An import takes longer, and Node before 20.16 has nothing else.
    const { spawn } = process.getBuiltinModule?.("node:child_process") ?? (await import("node:child_process"));
    const files = process.getBuiltinModule?.("node:fs") ?? (await import("node:fs"));
    const [program, ...args] = options.host;
    return new Promise((resolve, reject) => {
      const refused = (cause: unknown): void => {
        const why = cause instanceof Error ? cause.message : String(cause);
        reject(new ConnectionError(`the host \`${program}\` can't be started: ${why}`, "host-not-started", { cause }));
      };
      let child: ChildProcess;
      try {
        child = spawn(program, args, {
          stdio: ["pipe", "pipe", "pipe"],
          shell: false,
          windowsHide: true,
          cwd: options.cwd,
          env: options.env ?? process.env,
        });
      } catch (cause) {
        refused(cause);
        return;
      }
      child.once("error", refused);
      child.once("spawn", () => {
        child.off("error", refused);
        resolve(new HostProcess(child, program, receiver, (offer) => SharedMemory.open(files, child.pid, offer)));
      });
    });
  };
}

class HostProcess implements Transport {
  readonly share: NonNullable<Transport["share"]>;
  readonly #child: ChildProcess;
  readonly #stdin: Socket;
  readonly #stdout: Socket;
  /** Settles when the process has ended and its output was read. */
  readonly #gone: Promise<void>;
  #stderr = "";

  constructor(child: ChildProcess, program: string, receiver: Receiver, share: NonNullable<Transport["share"]>) {
    this.share = share;
    // Pipes to a child are sockets, though the types don't say so.
    const [stdin, stdout, stderr] = [child.stdin, child.stdout, child.stderr] as [Socket, Socket, Socket];
    this.#child = child;
    this.#stdin = stdin;
    this.#stdout = stdout;
    stdout.on("data", (chunk: Uint8Array) => receiver.receive(() => receiver.reader.push(chunk)));
    stderr.setEncoding("utf8");
    stderr.on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL);
      process.stderr.write(text);
    });
    // A write to a host that is gone fails; so does its output end, which is where it is dealt with.
    stdin.on("error", ignore);
    stdout.on("error", ignore);
    stderr.on("error", ignore);
    child.on("error", ignore);
    this.#gone = new Promise((resolve) => {
      const ended = (): void => {
        receiver.lost(() => this.#exitError(program));
        resolve();
      };
      child.once("close", ended);
      // Something that the host started may hold its output open for ever.
      child.once("exit", () => {
        const drained = setTimeout(ended, DRAIN);
        child.once("close", () => clearTimeout(drained));
      });
    });
    // The end of its output is the end of the conversation, whether or not the process lives on.
    stdout.once("close", () => {
      child.ref();
      this.#terminate(DRAIN);
    });
    child.unref();
    stdin.unref();
    stderr.unref();
    stdout.unref();
  }

  write(pieces: readonly Uint8Array[]): void {
    writeAll(this.#stdin, pieces);
  }

  defer(flush: () => void): void {
    deferPastMicrotasks(flush);
  }

  ref(): void {
    // The end of the output is noticed through it, and everything else follows from there.
    this.#stdout.ref();
  }

  unref(): void {
    this.#stdout.unref();
  }

  close(failed: boolean): Promise<void> {
    // Whoever closes waits for it, so it must not be cut short by the end of the program.
    this.#child.ref();
    this.#stdout.ref();
    this.#stdin.end();
    this.#terminate(failed ? 0 : GRACE);
    return this.#gone;
  }

  /** Asks the process to end after `patience` milliseconds, and makes it a grace later. */
  #terminate(patience: number): void {
    const asked = setTimeout(() => this.#child.kill("SIGTERM"), patience);
    const made = setTimeout(() => this.#child.kill("SIGKILL"), patience + GRACE);
    void this.#gone.then(() => {
      clearTimeout(asked);
      clearTimeout(made);
    });
  }

  #exitError(program: string): ConnectionError {
    const { exitCode, signalCode } = this.#child;
    const how = signalCode !== null ? `was ended by ${signalCode}` : exitCode !== null ? `exited with status ${exitCode}` : "closed its output";
    const said = printable(this.#stderr);
    return new ConnectionError(`the host \`${program}\` ${how}${said === "" ? "" : `; it wrote:\n${said}`}`, "host-gone", {
      exitCode: exitCode ?? undefined,
      signal: signalCode ?? undefined,
      stderr: this.#stderr,
    });
  }
}

/** The last lines of what a host wrote, without what would steer a terminal. */
function printable(text: string): string {
  const lines = text.trimEnd().split("\n").slice(-12);
  return lines.map((line) => `  ${line.replace(/[\p{Cc}\p{Cf}]/gu, "")}`).join("\n").trimEnd();
}

function ignore(): void {}
