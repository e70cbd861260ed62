//! Bytes that are shared, not copied.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use crate::shared_memory::Region;

/// Immutable bytes. A clone shares them.
#[derive(Clone)]
pub struct Buffer(Source);

#[derive(Clone)]
enum Source {
    Own { owner: Arc<Vec<u8>>, range: Range<usize> },
    Shared(Arc<Lent>),
}

/// Bytes in memory that a peer can write to.
struct Lent {
    region: Region,
    /// What it held when somebody looked first. From then on this is what counts.
    copy: OnceLock<Vec<u8>>,
}

impl Buffer {
    /// The bytes of `owner` in `range`, which lies within it.
    pub(crate) fn slice(owner: Arc<Vec<u8>>, range: Range<usize>) -> Self {
        debug_assert!(range.start <= range.end && range.end <= owner.len(), "a slice of its owner");
        Self(Source::Own { owner, range })
    }

    /// The bytes of a region, which are copied when somebody looks at them.
    pub(crate) fn shared(region: Region) -> Self {
        Self(Source::Shared(Arc::new(Lent { region, copy: OnceLock::new() })))
    }

    /// The region it is in, unless somebody has looked at it: what was checked must be what is passed on.
    pub(crate) fn region(&self) -> Option<&Region> {
        match &self.0 {
            Source::Shared(lent) if lent.copy.get().is_none() => Some(&lent.region),
            _ => None,
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        match &self.0 {
            Source::Own { range, .. } => range.len(),
            Source::Shared(lent) => lent.region.len(),
        }
    }

    /// Whether there is no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Source::Own { owner, range } => &owner[range.clone()],
            Source::Shared(lent) => lent.copy.get_or_init(|| lent.region.copy()),
        }
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        let range = 0..bytes.len();
        Self(Source::Own { owner: Arc::new(bytes), range })
    }
}

impl From<&[u8]> for Buffer {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Buffer {}

/// Its length; what is in it may be large, and may be secret.
impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({} bytes)", self.len())
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;

    use super::*;
    use crate::shared_memory::SharedMemory;

    #[test]
    fn what_was_looked_at_does_not_change() {
        let memory = Arc::new(SharedMemory::new(1 << 16).unwrap());
        let theirs = File::from(memory.writer().unwrap());
        theirs.write_all_at(&[1, 0, 1], 4096).unwrap();
        let buffer = Buffer::shared(Region::new(&memory, 4096, 3).unwrap());
        let clone = buffer.clone();
        assert!(buffer.region().is_some() && buffer.len() == 3, "its length tells nothing of it");
        assert_eq!(&*buffer, [1, 0, 1]);
        theirs.write_all_at(&[7, 7, 7], 4096).unwrap();
        assert_eq!(&*clone, [1, 0, 1]);
        assert!(clone.region().is_none(), "it would be read once more");
    }
}
