//! The memory that a worker writes large results to.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::Arc;

use crate::shared_memory::SharedMemory;
use crate::subprocess::Subprocess;
use crate::value::Value;

/// A worker's own memory, and what it writes to it by.
#[derive(Debug)]
pub(super) struct Memory {
    shared: Arc<SharedMemory>,
    writer: Arc<OwnedFd>,
}

impl Memory {
    pub(super) fn new(size: u64) -> io::Result<Self> {
        let shared = SharedMemory::new(size)?;
        let writer = Arc::new(shared.writer()?);
        Ok(Self { shared: Arc::new(shared), writer })
    }

    pub(super) fn shared(&self) -> &Arc<SharedMemory> {
        &self.shared
    }

    /// A command whose program can write to it.
    pub(super) fn given_to(&self, command: Subprocess) -> Subprocess {
        command.inherit(&self.writer)
    }

    /// As the worker is told of it. The descriptor has the number there that it has here.
    pub(super) fn described(&self) -> (Value, Value) {
        let descriptor = self.writer.as_raw_fd().unsigned_abs();
        let fields = vec![("descriptor".into(), descriptor.into()), ("size".into(), self.shared.size().into())];
        ("shared-memory".into(), Value::Dict(fields))
    }
}
