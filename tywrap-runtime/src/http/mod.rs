//! The HTTP front: the frames of the wire over requests and streaming responses, as "Over HTTP" in `docs/wire.md` says.
//!
//! The front is a gateway. It decides who may have a connection, and moves bytes between HTTP and a socket into the
//! host's own engine, where each of them is judged as if it had come over a Unix socket. It reads no value, and of a
//! frame only the length.

mod boundaries;
mod front;
mod guard;
mod listener;
mod origins;
mod refusal;
mod server;
mod service;
mod session;
mod stream;
mod token;
mod watched;

pub use front::HttpFront;
