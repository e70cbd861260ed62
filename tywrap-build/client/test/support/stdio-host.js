// A host on standard input and output whose whole behaviour is its first argument.

import { closeSync, writeSync } from "node:fs";
import { CALL, encodeFrame, Frames, HELLO, RESULT } from "./wire.js";

let closed = false;
const [, , mode, detail] = process.argv;
const send = (frame) => writeAll(1, encodeFrame(frame));

if (mode === "mute") setInterval(() => {}, 1_000);
else if (mode === "die") {
  writeAll(2, Buffer.from(`first line\n\x1b[31mcannot read the policy\x1b[0m\n`));
  process.exit(Number(detail));
} else if (mode === "noise") {
  writeAll(1, Buffer.from("Hello, I am no host at all, but I do print.\n"));
  setInterval(() => {}, 1_000);
} else {
  if (mode === "stubborn") process.on("SIGTERM", () => {});
  const frames = new Frames();
  process.stdin.on("data", (chunk) => frames.push(chunk).forEach(answer));
  if (mode === "stubborn") setInterval(() => {}, 1_000);
}

function answer(frame) {
  if (frame.kind === HELLO) {
    send({ kind: HELLO, request: frame.request, value: JSON.stringify({ wire: 1, peer: "stdio-host" }) });
    return;
  }
  if (frame.kind !== CALL) return;
  switch (mode) {
    case "echo": {
      const end = frame.value.lastIndexOf("],{");
      send({ ...frame, kind: RESULT, value: frame.value.slice(2, end) });
      break;
    }
    case "environment":
      send({ kind: RESULT, request: frame.request, value: JSON.stringify({ ...process.env, cwd: process.cwd() }) });
      break;
    case "die-on-call":
      writeAll(2, Buffer.from("out of memory\n"));
      process.exit(Number(detail));
      break;
    case "killed-on-call":
      process.kill(process.pid, detail);
      break;
    case "close-on-call":
      if (closed) break;
      closed = true;
      closeSync(1);
      setInterval(() => {}, 1_000);
      break;
    default: // "silent" and "stubborn" never answer a call.
  }
}

function writeAll(fd, bytes) {
  const idle = new Int32Array(new SharedArrayBuffer(4));
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(fd, bytes, offset);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(idle, 0, 0, 1);
    }
  }
}
