// A host without Python that serves over HTTP, written from docs/wire.md and sharing nothing with the client.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { connect } from "../../dist/tywrap-client.js";
import { echo, GREETING } from "./fake-host.js";
import { CALL, encodeFrame, Frames, HELLO, RESULT } from "./wire.js";

const TYPE = "application/vnd.tywrap.frames";

/** One connection: what came in, and the response that goes on. */
export class HttpPeer {
  constructor(response) {
    this.response = response;
    this.id = randomBytes(16).toString("hex");
    this.frames = [];
    /** The size of each body that came in. */
    this.bodies = [];
    this.next = 1;
    this.ended = once(response, "close");
  }

  send(frame) {
    this.response.write(encodeFrame(frame));
  }

  result(call, value, { tagged = false, buffers = [] } = {}) {
    this.send({ kind: RESULT, slot: call.slot, request: call.request, value, tagged, buffers });
  }
}

/** Answers a request with a refusal, as the host does. */
export function refuse(response, status, code, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ kind: "policy", code, message: `refused as ${code}` }));
}

/**
 * Serves until the test ends.
 *
 * @param t the test's context
 * @param onCall called with each CALL and the peer
 * @param intercept called with each request and its response; whatever it returns that is true ends the matter
 */
export async function serveHttp(t, { onCall = echo, intercept = () => false, prefix = "", maxBody = 2 ** 28 + 4 } = {}) {
  const peers = [];
  const requests = [];
  const take = (peer, body) => {
    const frames = new Frames();
    peer.bodies.push(body.length);
    for (const frame of frames.push(body)) {
      peer.frames.push(frame);
      if (frame.kind === HELLO) peer.send({ kind: HELLO, request: frame.request, value: GREETING });
      if (frame.kind === CALL) onCall(frame, peer);
    }
  };
  const server = http.createServer(async (request, response) => {
    requests.push(request);
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (await intercept(request, response, peers)) return;
    if (request.method !== "DELETE" && request.headers["content-type"] !== TYPE) return refuse(response, 415, "http-request-refused");
    if (request.url === `${prefix}/v1/connections`) {
      const peer = new HttpPeer(response);
      peers.push(peer);
      response.writeHead(200, { "content-type": TYPE, "tywrap-connection": peer.id, "tywrap-max-body": String(maxBody) });
      response.flushHeaders();
      return take(peer, body);
    }
    const peer = peers.find(({ id, response }) => request.url === `${prefix}/v1/connections/${id}` && !response.writableEnded);
    if (peer === undefined) return refuse(response, 404, "http-connection-unknown");
    if (request.method === "DELETE") {
      peer.deleted = true;
      peer.response.end();
    } else if (Number(request.headers["tywrap-sequence"]) !== peer.next) {
      return refuse(response, 409, "http-sequence", { "tywrap-sequence": String(peer.next) });
    } else {
      peer.next++;
      take(peer, body);
    }
    response.writeHead(204);
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}${prefix}`, peers, requests, server };
}

/** Serves and connects. */
export async function connectedHttp(t, options = {}, more = {}) {
  const host = await serveHttp(t, options);
  const connection = await connect({ url: host.url, timeout: 5_000, ...more });
  t.after(() => connection.close());
  return { ...host, connection, peer: host.peers[0] };
}
