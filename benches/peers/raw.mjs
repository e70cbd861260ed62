// The floor, seen from Node: frames over a child's standard input and output.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const [ECHO, OUT, IN, BOTH] = [0, 1, 2, 3];

/** Starts `raw.py`. Calls are answered in order. */
export function startRaw(python) {
  const child = spawn(python, [fileURLToPath(new URL("raw.py", import.meta.url))], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  let header = Buffer.alloc(0);
  let body;
  let at = 0;
  child.stdout.on("data", (chunk) => {
    while (chunk.length > 0) {
      if (body === undefined) {
        header = header.length > 0 ? Buffer.concat([header, chunk]) : chunk;
        if (header.length < 8) return;
        body = Buffer.from(new ArrayBuffer(header.readUInt32LE(0)));
        [chunk, header, at] = [header.subarray(8), Buffer.alloc(0), 0];
      }
      const part = chunk.subarray(0, body.length - at);
      body.set(part, at);
      at += part.length;
      chunk = chunk.subarray(part.length);
      if (at < body.length) return;
      const done = body;
      body = undefined;
      waiting.shift()(done);
    }
  });
  return {
    pid: child.pid,
    call(what, data = new Uint8Array()) {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(data.byteLength, 0);
      head.writeUInt32LE(what, 4);
      return new Promise((resolve) => {
        waiting.push(resolve);
        if (data.byteLength === 0) child.stdin.write(head);
        else {
          child.stdin.cork();
          child.stdin.write(head);
          child.stdin.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
          child.stdin.uncork();
        }
      });
    },
    end: () => child.kill(),
  };
}
