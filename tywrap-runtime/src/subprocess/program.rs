//! From a name to the one file that will be executed.
//!
//! A program is looked up once, and what is kept is an open descriptor: the file whose owner, mode, directories and
//! first bytes were checked is the file that is executed, whatever its name means by then. [`Program::verify`] compares
//! the name with the descriptor again before each start, because Python derives its library from the name.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::error::ProgramRefused;

/// A program that may be started, pinned by device and inode. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Program {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    path: PathBuf,
    resolved: PathBuf,
    loader: Option<PathBuf>,
    file: File,
    device: u64,
    inode: u64,
}

impl Program {
    /// Takes the program at an absolute path, such as the policy's `interpreter`.
    ///
    /// # Errors
    /// Why the file cannot be trusted.
    pub(crate) fn at(name: &str, path: &Path) -> Result<Self, ProgramRefused> {
        let trusted = trusted_path(path)?;
        let file_name = trusted.file_name().unwrap_or_default();
        // A `python3` that is a link to `sh` is `sh`. What the policy's own path is called is the policy's business.
        let wanted = path.file_name().unwrap_or_else(|| OsStr::new(name));
        if !same_program(wanted, file_name) {
            return Err(ProgramRefused::OtherProgram { path: path.to_owned(), resolved: trusted });
        }
        let (file, metadata) = open_trusted(&trusted)?;
        let loader = read_loader(&file, &trusted)?;
        Ok(Self {
            inner: Arc::new(Inner {
                name: name.to_owned(),
                path: path.to_owned(),
                resolved: trusted,
                loader,
                device: metadata.dev(),
                inode: metadata.ino(),
                file,
            }),
        })
    }

    /// Looks a name up in the directories of a search path, in order. A candidate that cannot be trusted is passed
    /// over; if none is left, the error says what was wrong with each.
    ///
    /// # Errors
    /// That the name is nowhere, or what was wrong with each file of that name.
    pub(crate) fn find(name: &str, search_path: &OsStr) -> Result<(Self, Vec<ProgramRefused>), ProgramRefused> {
        let mut refused = Vec::new();
        for directory in std::env::split_paths(search_path) {
            // An empty or relative entry means the working directory, which is whoever's.
            if !directory.is_absolute() {
                continue;
            }
            let candidate = directory.join(name);
            // Something of that name that is no executable file is not what the shell would have found either.
            if !std::fs::metadata(&candidate).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0) {
                continue;
            }
            match Self::at(name, &candidate) {
                Ok(program) => return Ok((program, refused)),
                Err(error) => refused.push(error),
            }
        }
        Err(ProgramRefused::NoneLeft { name: name.to_owned(), refused })
    }

    /// The name it was asked for by.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The path it was found at. It is passed as the first argument: Python finds its virtual environment by it.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The file itself, with every symbolic link followed.
    pub fn resolved(&self) -> &Path {
        &self.inner.resolved
    }

    /// The dynamic loader it names, if it is dynamically linked.
    pub(crate) fn loader(&self) -> Option<&Path> {
        self.inner.loader.as_deref()
    }

    /// The file to execute.
    #[cfg(target_os = "linux")]
    pub(crate) fn file(&self) -> &File {
        &self.inner.file
    }

    /// Whether the name still leads to the pinned file.
    ///
    /// # Errors
    /// That it does not, or no longer safely.
    pub(crate) fn verify(&self) -> Result<(), ProgramRefused> {
        let changed = || ProgramRefused::Changed { path: self.inner.path.clone() };
        let resolved = trusted_path(&self.inner.path)?;
        let metadata = std::fs::symlink_metadata(&resolved).map_err(|_| changed())?;
        if metadata.dev() == self.inner.device && metadata.ino() == self.inner.inode { Ok(()) } else { Err(changed()) }
    }
}

/// Whether a resolved file still is the program that was asked for: `python3` may be `python3.11`, never `sh`.
fn same_program(wanted: &OsStr, found: &OsStr) -> bool {
    let stem = |name: &OsStr| {
        let bytes = name.as_bytes();
        let letters = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        bytes[..letters].to_ascii_lowercase()
    };
    let stem_wanted = stem(wanted);
    if stem_wanted.is_empty() { wanted == found } else { stem(found).starts_with(&stem_wanted) }
}

/// Whether nobody else decides what is found in a directory.
pub(crate) fn trusted_directory(path: &Path) -> bool {
    trusted_path(path).is_ok_and(|resolved| trust_directory(&resolved, true).is_ok())
}

/// Follows a path link by link, and lets no directory pass in which somebody else could put another file there.
fn trusted_path(path: &Path) -> Result<PathBuf, ProgramRefused> {
    /// As many as the kernel follows.
    const MOST_LINKS: usize = 40;

    if !path.is_absolute() {
        return Err(ProgramRefused::Relative { path: path.to_owned() });
    }
    let unreadable = |at: &Path, error: io::Error| ProgramRefused::Unreadable { path: at.to_owned(), error };
    let mut links = 0;
    let mut current = PathBuf::from("/");
    let mut rest: VecDeque<OsString> = components(path);
    trust_directory(&current, rest.len() == 1)?;
    while let Some(component) = rest.pop_front() {
        if component == ".." {
            current.pop();
            continue;
        }
        let next = current.join(&component);
        let metadata = std::fs::symlink_metadata(&next).map_err(|error| unreadable(&next, error))?;
        if metadata.file_type().is_symlink() {
            links += 1;
            if links > MOST_LINKS {
                return Err(unreadable(path, io::Error::from_raw_os_error(libc::ELOOP)));
            }
            // In a sticky directory anyone may make a link; what it says counts only from somebody trusted.
            if !trusted_owner(&metadata) {
                return Err(ProgramRefused::Writable { path: path.to_owned(), by: next });
            }
            let target = std::fs::read_link(&next).map_err(|error| unreadable(&next, error))?;
            if target.is_absolute() {
                current = PathBuf::from("/");
            }
            let mut target = components(&target);
            target.append(&mut rest);
            rest = target;
        } else {
            if metadata.is_dir() {
                trust_directory(&next, rest.len() == 1)?;
            }
            current = next;
        }
    }
    Ok(current)
}

fn components(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

/// A directory that only root and this user can change. One with the sticky bit, such as `/tmp`, will do on the way, as
/// nobody can rename there what is not theirs, but not for the program itself.
fn trust_directory(path: &Path, holds_the_program: bool) -> Result<(), ProgramRefused> {
    const STICKY: u32 = 0o1000;
    let metadata =
        std::fs::symlink_metadata(path).map_err(|error| ProgramRefused::Unreadable { path: path.to_owned(), error })?;
    let sticky = metadata.mode() & STICKY != 0 && !holds_the_program;
    if trusted_owner(&metadata) && (sticky || !writable_by_others(&metadata)) {
        Ok(())
    } else {
        Err(ProgramRefused::Writable { path: path.to_owned(), by: path.to_owned() })
    }
}

fn trusted_owner(metadata: &Metadata) -> bool {
    let user = rustix::process::geteuid().as_raw();
    metadata.uid() == 0 || metadata.uid() == user
}

/// Whether the mode lets others write. Two groups are not others: root's, and the one that some systems give each user
/// alone, with the user's number; there a umask of 002 is usual and every directory is writable by the group.
fn writable_by_others(metadata: &Metadata) -> bool {
    let mode = metadata.mode();
    let user = rustix::process::geteuid().as_raw();
    let own_group = metadata.gid() == 0 || (metadata.gid() == user && metadata.uid() == user);
    mode & 0o002 != 0 || (mode & 0o020 != 0 && !own_group)
}

fn open_trusted(path: &Path) -> Result<(File, Metadata), ProgramRefused> {
    let unreadable = |error| ProgramRefused::Unreadable { path: path.to_owned(), error };
    // Reading is needed for the first bytes; `O_NONBLOCK` keeps a FIFO from holding us up before it is refused.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() || metadata.mode() & 0o111 == 0 {
        return Err(ProgramRefused::NotExecutable { path: path.to_owned() });
    }
    if !trusted_owner(&metadata) || writable_by_others(&metadata) {
        return Err(ProgramRefused::Writable { path: path.to_owned(), by: path.to_owned() });
    }
    Ok((file, metadata))
}

/// The loader an ELF program names, from its `PT_INTERP`. A script is refused, and so is anything else that is not ELF:
/// the kernel would hand it to some other program.
#[cfg(not(target_vendor = "apple"))]
fn read_loader(file: &File, path: &Path) -> Result<Option<PathBuf>, ProgramRefused> {
    const HEADER: usize = 64;
    const ENTRY: usize = 56;
    const PT_INTERP: u32 = 3;

    let unreadable = |error| ProgramRefused::Unreadable { path: path.to_owned(), error };
    let start = start_of(file, HEADER).map_err(unreadable)?;
    if start.starts_with(b"#!") {
        return Err(ProgramRefused::Shim { path: path.to_owned() });
    }
    let not_native = || ProgramRefused::NotNative { path: path.to_owned() };
    // Class 2 is 64-bit, data 1 is little-endian: every platform the sandbox knows.
    if start.len() < HEADER || !start.starts_with(b"\x7fELF\x02\x01") {
        return Err(not_native());
    }
    let u16_at = |bytes: &[u8], at: usize| bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes);
    let u32_at = |bytes: &[u8], at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let u64_at = |bytes: &[u8], at: usize| bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let table = u64_at(&start, 32).ok_or_else(not_native)?;
    let entry_size = u16_at(&start, 54).ok_or_else(not_native)?;
    let entries = u16_at(&start, 56).ok_or_else(not_native)?;
    if usize::from(entry_size) != ENTRY {
        return Err(not_native());
    }
    for index in 0..u64::from(entries) {
        let mut entry = [0_u8; ENTRY];
        let offset = table.checked_add(index * ENTRY as u64).ok_or_else(not_native)?;
        file.read_exact_at(&mut entry, offset).map_err(unreadable)?;
        if u32_at(&entry, 0) != Some(PT_INTERP) {
            continue;
        }
        let (Some(offset), Some(length)) = (u64_at(&entry, 8), u64_at(&entry, 32)) else { return Err(not_native()) };
        // The kernel takes no longer path.
        if length > 4096 {
            return Err(not_native());
        }
        let mut name = vec![0_u8; length as usize];
        file.read_exact_at(&mut name, offset).map_err(unreadable)?;
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        return Ok(Some(PathBuf::from(OsStr::from_bytes(name))));
    }
    Ok(None)
}

#[cfg(target_vendor = "apple")]
fn read_loader(file: &File, path: &Path) -> Result<Option<PathBuf>, ProgramRefused> {
    let start = start_of(file, 2).map_err(|error| ProgramRefused::Unreadable { path: path.to_owned(), error })?;
    if start == b"#!" { Err(ProgramRefused::Shim { path: path.to_owned() }) } else { Ok(None) }
}

/// The first bytes of a file, fewer if it is shorter.
fn start_of(file: &File, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0_u8; most];
    let mut read = 0;
    while read < most {
        match file.read_at(&mut bytes[read..], read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    bytes.truncate(read);
    Ok(bytes)
}
