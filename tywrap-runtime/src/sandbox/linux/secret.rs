//! The arguments of `execveat` in pages at random addresses: the key to the exec gate of [`super::seccomp`].

#![expect(unsafe_code, reason = "maps pages and writes pointers into them for the kernel to read")]

use std::ffi::{CString, c_char, c_void};
use std::io;

use super::seccomp::ExecGate;

/// What `execveat` is called with. The three outer addresses are random; the strings they point to lie on the heap.
pub(crate) struct ExecArguments {
    path: Pages,
    argv: Pages,
    envp: Pages,
    /// What `argv` and `envp` point into.
    _strings: Vec<CString>,
}

impl ExecArguments {
    pub(crate) fn new(argv: Vec<CString>, envp: Vec<CString>) -> io::Result<Self> {
        // A fresh mapping holds zeros, so `path` is the empty string and both vectors end with a null pointer.
        let path = Pages::new(1)?;
        let arguments = Pages::with_pointers(&argv)?;
        let environment = Pages::with_pointers(&envp)?;
        let mut strings = argv;
        strings.extend(envp);
        // Moving a `CString` moves the handle, not the bytes that the vectors point to.
        Ok(Self { path, argv: arguments, envp: environment, _strings: strings })
    }

    pub(crate) fn path(&self) -> *const c_char {
        self.path.start.cast()
    }

    pub(crate) fn argv(&self) -> *const *const c_char {
        self.argv.start.cast()
    }

    pub(crate) fn envp(&self) -> *const *const c_char {
        self.envp.start.cast()
    }

    pub(crate) fn gate(&self) -> ExecGate {
        ExecGate { path: self.path.start as u64, argv: self.argv.start as u64, envp: self.envp.start as u64 }
    }
}

struct Pages {
    start: *mut c_void,
    length: usize,
}

impl Pages {
    fn with_pointers(strings: &[CString]) -> io::Result<Self> {
        let pages = Self::new((strings.len() + 1) * size_of::<*const c_char>())?;
        let slots = pages.start.cast::<*const c_char>();
        for (index, string) in strings.iter().enumerate() {
            // SAFETY: the mapping is writable, page-aligned and has room for one pointer more than there are strings.
            unsafe { slots.add(index).write(string.as_ptr()) };
        }
        Ok(pages)
    }

    fn new(length: usize) -> io::Result<Self> {
        let mut last = io::Error::from_raw_os_error(libc::ENOMEM);
        // A random place is taken or out of range once in a while, on small address spaces more often.
        for _ in 0..64 {
            let hint = random_address()?;
            // SAFETY: `MAP_FIXED_NOREPLACE` maps at the given place or fails; it replaces nothing that is there.
            let start = unsafe {
                libc::mmap(
                    hint as *mut c_void,
                    length,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE,
                    -1,
                    0,
                )
            };
            if start == libc::MAP_FAILED {
                last = io::Error::last_os_error();
                continue;
            }
            let pages = Self { start, length };
            // A kernel that does not know the flag takes the address for a hint and may map elsewhere.
            if start as usize == hint {
                return Ok(pages);
            }
        }
        Err(last)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: this is exactly the range that `new` mapped, and nothing borrows from it beyond `self`.
        unsafe { libc::munmap(self.start, self.length) };
    }
}

/// A page-aligned address in the lower half of what user space has with 39 or 47 bits, above where programs are linked.
fn random_address() -> io::Result<usize> {
    let mut bytes = [0_u8; 8];
    let read = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    if read != bytes.len() {
        return Err(io::Error::other("the kernel gave too few random bytes"));
    }
    #[cfg(target_arch = "x86_64")]
    const BITS: u32 = 47;
    #[cfg(not(target_arch = "x86_64"))]
    const BITS: u32 = 39;
    let page = rustix::param::page_size() as u64;
    let address = u64::from_ne_bytes(bytes) % (1 << BITS) / page * page;
    usize::try_from(address.max(0x1_0000_0000)).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn vectors_point_to_their_strings_and_end_with_null() {
        let text = |text: &str| CString::new(text).unwrap();
        let arguments = ExecArguments::new(vec![text("python3"), text("-I")], vec![text("A=1")]).unwrap();
        // SAFETY: each vector holds its strings and a null pointer, and lives as long as `arguments`.
        unsafe {
            assert_eq!(*arguments.path(), 0);
            assert_eq!(std::ffi::CStr::from_ptr(*arguments.argv().add(1)).to_bytes(), b"-I");
            assert!((*arguments.argv().add(2)).is_null());
            assert_eq!(std::ffi::CStr::from_ptr(*arguments.envp()).to_bytes(), b"A=1");
            assert!((*arguments.envp().add(1)).is_null());
        }
    }

    #[test]
    fn addresses_differ_from_one_call_to_the_next() {
        let first = ExecArguments::new(Vec::new(), Vec::new()).unwrap().gate();
        let second = ExecArguments::new(Vec::new(), Vec::new()).unwrap().gate();
        assert_ne!((first.path, first.argv, first.envp), (second.path, second.argv, second.envp));
    }
}
