// The DOM's AbortSignal fits where the client spells out what it needs.

import type { Connection } from "../../../dist/tywrap-client.js";

declare const connection: Connection;
const controller = new AbortController();
connection.with({ signal: controller.signal });
connection.with({ signal: AbortSignal.timeout(100) });
