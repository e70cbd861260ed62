/** Version of the wire that this client speaks (docs/wire.md). */
export const WIRE_VERSION = 1;

/** How this client introduces itself. A test holds it equal to the version of the crates. */
export const PEER = "tywrap-client 0.2.0";
