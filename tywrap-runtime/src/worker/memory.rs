//! The memory that a worker shares with its host, and with the client that started that.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::Arc;

use crate::shared_memory::SharedMemory;
use crate::subprocess::Subprocess;
use crate::value::Value;

/// What a worker reads from and what it writes to.
#[derive(Debug)]
pub(super) struct Memory {
    /// The client's.
    client: Arc<SharedMemory>,
    /// The worker's, which nobody else writes to.
    own: Arc<SharedMemory>,
    /// What the worker inherits.
    reader: Arc<OwnedFd>,
    writer: Arc<OwnedFd>,
}

impl Memory {
    pub(super) fn new(client: &Arc<SharedMemory>, size: u64) -> io::Result<Self> {
        let own = SharedMemory::new(size)?;
        let (reader, writer) = (Arc::new(client.reader()?), Arc::new(own.writer()?));
        Ok(Self { client: Arc::clone(client), own: Arc::new(own), reader, writer })
    }

    pub(super) fn own(&self) -> &Arc<SharedMemory> {
        &self.own
    }

    /// A command whose program has both.
    pub(super) fn given_to(&self, command: Subprocess) -> Subprocess {
        command.inherit(&self.reader).inherit(&self.writer)
    }

    /// As the worker is told of it. Its descriptors have the numbers there that they have here.
    pub(super) fn described(&self) -> (Value, Value) {
        let number = |fd: &OwnedFd| Value::from(fd.as_raw_fd().unsigned_abs());
        let fields = vec![
            ("reads".into(), number(&self.reader)),
            ("writes".into(), number(&self.writer)),
            ("size".into(), self.own.size().into()),
        ];
        ("shared-memory".into(), Value::Dict(fields))
    }

    /// Whether this is the memory that the worker reads from.
    pub(super) fn is_read_from(&self, memory: Option<&Arc<SharedMemory>>) -> bool {
        memory.is_some_and(|memory| Arc::ptr_eq(memory, &self.client))
    }
}
