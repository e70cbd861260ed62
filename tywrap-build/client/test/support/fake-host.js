// A host without Python: a Unix socket that speaks frames and answers as the test says.

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL, encodeFrame, ERROR, Frames, HELLO, RESULT } from "./wire.js";
import { connect } from "../../dist/tywrap-client.js";

/** What a host says first unless the test says otherwise. */
export const GREETING = JSON.stringify({ wire: 1, peer: "tywrap-host 0.2.0" });

/** The other end of one connection. */
export class Peer {
  constructor(socket) {
    this.socket = socket;
    /** Every frame that came in. */
    this.frames = [];
  }

  send(frame) {
    this.socket.write(encodeFrame(frame));
  }

  /** Answers a call with a value. */
  result(call, value, { tagged = false, buffers = [] } = {}) {
    this.send({ kind: RESULT, slot: call.slot, request: call.request, value, tagged, buffers });
  }

  /** Answers a request with an error. */
  error(call, value) {
    this.send({ kind: ERROR, slot: call.slot, request: call.request, value: JSON.stringify(value) });
  }

  of(kind) {
    return this.frames.filter((frame) => frame.kind === kind);
  }
}

/**
 * Serves until the test ends.
 *
 * @param t the test's context
 * @param onCall called with each CALL and the peer
 * @param hello what HELLO is answered with; `null` for silence; or a function that answers
 */
export async function serve(t, onCall = echo, hello = GREETING) {
  const folder = await mkdtemp(join(tmpdir(), "tywrap-"));
  const path = join(folder, "host.sock");
  const peers = [];
  const server = net.createServer((socket) => {
    const peer = new Peer(socket);
    peers.push(peer);
    const frames = new Frames();
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      for (const frame of frames.push(chunk)) {
        peer.frames.push(frame);
        if (frame.kind === HELLO && typeof hello === "function") hello(peer, frame);
        else if (frame.kind === HELLO && hello !== null) peer.send({ kind: HELLO, request: frame.request, value: hello });
        if (frame.kind === CALL) onCall(frame, peer);
      }
    });
  });
  server.listen(path);
  await once(server, "listening");
  t.after(async () => {
    for (const peer of peers) peer.socket.destroy();
    server.close();
    await rm(folder, { recursive: true });
  });
  return { path, peers };
}

/** Serves and connects. */
export async function connected(t, onCall, hello) {
  const { path, peers } = await serve(t, onCall, hello);
  const connection = await connect({ socket: path, timeout: 5_000 });
  t.after(() => connection.close());
  return { connection, peer: peers[0], path, peers };
}

/** Answers a call with its first argument, as it came. */
export function echo(call, peer) {
  const { tagged, buffers } = call;
  const [args] = JSON.parse(call.value);
  // The text itself, since parsing it and writing it anew would lose what JavaScript can't tell apart.
  const end = call.value.lastIndexOf("],{");
  const value = args.length === 0 ? "null" : call.value.slice(2, end);
  peer.result(call, value, { tagged, buffers });
}
