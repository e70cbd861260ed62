//! Memory that a client or a worker has in common with the host. What is written there goes on without the host's copying it, and frames
//! say only where it is.
//!
//! It is a file without a name whose size nobody can change any more, and nobody maps it: whoever reads it copies. So what the writer does
//! afterwards changes no value that was read, and takes no page away from under anybody.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use rustix::pipe::{SpliceFlags, splice};
use rustix::rand::{GetRandomFlags, getrandom};

/// Most bytes of one memory. Its pages are taken when they are written first, and kept until it is closed.
const MOST: u64 = 64 << 20;

/// Memory for one direction between two processes.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    file: File,
    size: u64,
}

impl SharedMemory {
    /// Where regions begin. What lies before is a [proof](SharedMemory::prove).
    pub(crate) const START: u64 = 4096;

    /// Memory of at most `limit` bytes.
    ///
    /// # Errors
    /// That the system has none of this kind, or no descriptor left.
    pub(crate) fn new(limit: u64) -> io::Result<Self> {
        let size = limit.min(MOST);
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create(c"tywrap", flags | MemfdFlags::NOEXEC_SEAL)
            // Before Linux 6.3.
            .or_else(|_| memfd_create(c"tywrap", flags))?;
        let file = File::from(file);
        file.set_len(size)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok(Self { file, size })
    }

    /// Bytes of it.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Its descriptor in this process, by which another of the same user opens it.
    pub(crate) fn number(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Writes 16 random bytes to its beginning, by which somebody who has opened it can tell that it is this.
    pub(crate) fn prove(&self) -> io::Result<[u8; 16]> {
        let mut proof = [0; 16];
        let filled = getrandom(&mut proof, GetRandomFlags::empty())?;
        if filled < proof.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.write_all_at(&proof, 0)?;
        Ok(proof)
    }

    /// A descriptor that can only write.
    pub(crate) fn writer(&self) -> io::Result<OwnedFd> {
        let file = File::options().write(true).open(format!("/proc/self/fd/{}", self.number()))?;
        // Below stand the standard streams of whatever gets it.
        Ok(rustix::io::fcntl_dupfd_cloexec(file, 3)?)
    }

    /// Moves bytes into a pipe without copying them, as many as it takes now.
    pub(crate) fn splice(&self, offset: u64, length: usize, pipe: impl AsFd) -> Result<usize, Errno> {
        let mut offset = offset;
        splice(&self.file, Some(&mut offset), pipe, None, length, SpliceFlags::NONBLOCK | SpliceFlags::MORE)
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }
}

/// A part of shared memory that holds a buffer.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    memory: Arc<SharedMemory>,
    offset: u32,
    length: usize,
}

impl Region {
    /// The region at `offset`, if all of it lies in the memory.
    pub(crate) fn new(memory: &Arc<SharedMemory>, offset: u32, length: u64) -> Option<Self> {
        let end = u64::from(offset).checked_add(length)?;
        if u64::from(offset) < SharedMemory::START || end > memory.size {
            return None;
        }
        Some(Self { memory: Arc::clone(memory), offset, length: usize::try_from(length).ok()? })
    }

    pub(crate) fn memory(&self) -> &Arc<SharedMemory> {
        &self.memory
    }

    pub(crate) fn offset(&self) -> u32 {
        self.offset
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Moves what lies behind `skip` bytes into a pipe, as much as that takes now.
    pub(crate) fn splice(&self, skip: usize, pipe: impl AsFd) -> Result<usize, Errno> {
        self.memory.splice(u64::from(self.offset) + skip as u64, self.length - skip, pipe)
    }

    /// A copy of what it holds now. What lies within can always be read; were it not so, zeros would stand for it.
    pub(crate) fn copy(&self) -> Vec<u8> {
        self.memory.read(self.offset.into(), self.length).unwrap_or_else(|_| vec![0; self.length])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn nobody_can_change_its_size() {
        let memory = SharedMemory::new(1 << 16).unwrap();
        let theirs = File::from(memory.writer().unwrap());
        assert!(theirs.set_len(0).is_err(), "cut off");
        assert!(theirs.set_len(1 << 20).is_err(), "grown");
        assert!(theirs.write_at(b"x", 1 << 16).is_err(), "written behind its end");
        assert!(fcntl_add_seals(&theirs, SealFlags::WRITE).is_err(), "sealed once more");
        assert_eq!(theirs.metadata().unwrap().len(), 1 << 16);
    }

    #[test]
    fn a_worker_writes_and_the_host_reads() {
        let memory = SharedMemory::new(1 << 16).unwrap();
        let theirs = File::from(memory.writer().unwrap());
        theirs.write_all_at(b"from the worker", 5000).unwrap();
        assert!(theirs.read_at(&mut [0], 5000).is_err());
        let region = Region::new(&Arc::new(memory), 5000, 15).unwrap();
        assert_eq!(region.copy(), b"from the worker");
    }

    #[test]
    fn a_region_lies_within() {
        let memory = Arc::new(SharedMemory::new(1 << 16).unwrap());
        let is_one = |offset, length| Region::new(&memory, offset, length).is_some();
        assert!(is_one(4096, (1 << 16) - 4096) && is_one(1 << 16, 0));
        assert!(!is_one(4095, 1), "where the proof is");
        assert!(!is_one(4096, (1 << 16) - 4095) && !is_one(1 << 16, 1) && !is_one(u32::MAX, 0));
        assert!(!is_one(4096, u64::MAX), "an end beyond all numbers");
    }
}
