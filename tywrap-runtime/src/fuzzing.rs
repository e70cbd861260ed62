//! Doors for fuzz targets and benchmarks, behind the feature `fuzzing`. Nothing else may use them.

use std::sync::Arc;

use crate::arguments::bind;
use crate::grants::Module;
use crate::shared_memory::SharedMemory;
use crate::value::{self, Limits};
use crate::wire::{Decoder, Kind};

/// The largest frame that is tried.
const FRAME: u32 = 1 << 20;

/// Bytes of the memory that calls may say something lies in.
const MEMORY: u64 = 1 << 16;

const LIMITS: Limits = Limits { depth: 64, size: 1 << 20 };

/// What a stream holds that arrives in pieces: each frame as text, and the error that ends it.
pub fn frames(stream: &[u8], piece: usize) -> Vec<String> {
    let mut decoder = Decoder::new(FRAME);
    if let Ok(memory) = SharedMemory::new(MEMORY) {
        decoder.share(Kind::Call, &Arc::new(memory));
    }
    let mut found = Vec::new();
    for piece in stream.chunks(piece) {
        decoder.room().extend_from_slice(piece);
        loop {
            match decoder.next() {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    let buffers: Vec<Vec<u8>> = frame.buffers.iter().map(|buffer| buffer.to_vec()).collect();
                    let value = String::from_utf8_lossy(frame.value).into_owned();
                    let read = value::read(frame.value, frame.tagged, frame.buffers.clone(), LIMITS);
                    let result = value::read_result(frame.value, frame.tagged, frame.buffers.clone(), LIMITS);
                    assert_eq!(read.as_ref().err(), result.as_ref().err(), "what is passed on is read as all else");
                    let call = value::read_call(frame.value, frame.tagged, frame.buffers, LIMITS);
                    let header = frame.header;
                    found.push(format!("{header:?} {} {value} {buffers:?} {read:?} {call:?}", frame.tagged));
                }
                Err(error) => {
                    found.push(error.to_string());
                    return found;
                }
            }
        }
    }
    found
}

/// The arguments of a call of a module's callable, read, bound, checked and written anew for the worker; nothing where they are refused.
pub fn judged(module: &'static Module, callable: usize, text: &[u8]) -> Option<Vec<u8>> {
    let (args, kwargs) = value::read_call(text, false, Vec::new(), LIMITS).ok()?.value;
    let (args, kwargs) = bind(module, module.callables.get(callable)?, args, kwargs).ok()?;
    let mut written = Vec::new();
    value::write_call(&args, &kwargs, false, &mut written, &mut Vec::new());
    Some(written)
}

/// The metrics of a host, as far as each call goes through them.
#[cfg(feature = "metrics")]
#[derive(Debug)]
pub struct CallMetrics(crate::metrics::Metrics);

#[cfg(feature = "metrics")]
impl CallMetrics {
    /// Those of a host with one module.
    ///
    /// # Errors
    /// None that is known.
    pub fn new(policy: &tywrap_policy::Policy, module: &'static Module) -> Result<Self, crate::HostError> {
        crate::metrics::Metrics::new(policy, &[module], "python3").map(Self)
    }

    /// Counts a call that was read at this moment, as a host does.
    pub fn count(&self, read: std::time::Instant, checked: std::time::Duration) {
        self.0.check(crate::metrics::Check::Call, checked);
        self.0.call(0, crate::metrics::Stopwatch::since(read), None);
    }
}

/// A value, read and written anew, and whether it is tagged then; nothing where it is no value.
pub fn rewritten(text: &[u8], tagged: bool) -> Option<(Vec<u8>, bool)> {
    let read = value::read(text, tagged, Vec::new(), LIMITS).ok()?;
    let mut written = Vec::new();
    let tagged = value::write(&read.value, &mut written, &mut Vec::new());
    Some((written, tagged))
}
