// A host on standard input and output that shares memory: two files, of which its client opens one to write and the other to read.
//
// Its first argument says what is different: fields of the offer, and what `result` makes of the place of a result.

import { ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL, encodeFrame, Frames, HELLO, RESULT, TAKEN } from "./wire.js";

const SIZE = 1 << 20;
const PROOF = "00112233445566778899aabbccddeeff";
const { offer, result = "right", greeting } = JSON.parse(process.argv[2]);

/** A file without a name. */
function memory(size) {
  const folder = mkdtempSync(join(tmpdir(), "tywrap-"));
  const descriptor = openSync(join(folder, "memory"), "w+");
  ftruncateSync(descriptor, size);
  rmSync(folder, { recursive: true });
  return descriptor;
}

const [theirs, ours] = [memory(SIZE), memory(16 * SIZE)];
/** Where the next result goes. */
let next = 8192;
writeSync(theirs, Buffer.from(PROOF, "hex"), 0, 16, 0);
/** What has come, for the test to ask. */
const seen = [];
let taken = 0;
const send = (frame) => process.stdout.write(encodeFrame(frame));
const frames = new Frames();
process.stdin.on("data", (chunk) => frames.push(chunk).forEach(answer));

function answer(frame) {
  if (frame.kind === TAKEN) taken++;
  if (frame.kind === HELLO) {
    const shared = { process: process.pid, descriptor: theirs, size: SIZE, proof: PROOF, ...offer };
    const asks = JSON.parse(frame.value)["shared-memory"] === true;
    send({ kind: HELLO, request: frame.request, value: JSON.stringify({ wire: 1, peer: "memory-host", ...greeting, ...(asks && { "shared-memory": shared }) }) });
  }
  if (frame.kind !== CALL) return;
  if (frame.callable === 1) {
    send({ kind: RESULT, request: frame.request, value: JSON.stringify({ seen, taken }) });
    return;
  }
  seen.push({ shared: frame.shared === true, places: frame.buffers.map(({ memory, offset }) => memory === undefined ? null : offset) });
  // The first argument comes back, through memory if the caller may have it so.
  const buffers = frame.buffers.map((buffer) => {
    if (buffer.memory === undefined) return buffer;
    const bytes = Buffer.alloc(buffer.length);
    readSync(theirs, bytes, 0, bytes.length, buffer.offset);
    return bytes;
  });
  let places;
  if (frame.shared === true) {
    places = buffers.map((buffer) => {
      writeSync(ours, buffer, 0, buffer.length, next);
      const place = { memory: ours, offset: next, length: buffer.length };
      next += buffer.length;
      return place;
    });
    if (result === "in front") places[0].offset = 4095;
    if (result === "behind") places[0].offset = 16 * SIZE - 8;
    if (result === "nowhere") places[0].memory = 999_999;
  }
  send({ kind: RESULT, request: frame.request, tagged: true, value: frame.value.slice(2, frame.value.lastIndexOf("],{")), buffers, places });
}
