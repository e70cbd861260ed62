// Node's AbortSignal and Buffer fit where the client spells out what it needs.

import { describe, type Connection, type PyArgument } from "../../../dist/tywrap-client.js";

declare const connection: Connection;
const controller = new AbortController();
connection.with({ signal: controller.signal });
connection.with({ signal: AbortSignal.timeout(100) });

const bytes: PyArgument = Buffer.from("bytes");
void describe("m", "", []).call(0, [bytes]);
