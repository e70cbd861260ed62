//! Files whose paths come from input, opened so that the path cannot lead anywhere else.
//!
//! The text of a path is judged first, by its components. Then the kernel resolves it beneath a descriptor of the allowed
//! directory and follows no symbolic link, and from then on only the descriptor is used: what was checked is what is
//! read, whatever is renamed or replaced meanwhile.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;
use tywrap_policy::{Code, SecurityError, SecurityValidator};

/// Opens files under the policy's section `filesystem`.
#[derive(Clone, Debug)]
pub struct InputFiles {
    validator: SecurityValidator,
    policy_directory: PathBuf,
    temporary: PathBuf,
}

/// A regular file, open for reading, no larger than `max-file-size` when it was opened.
#[derive(Debug)]
pub struct InputFile {
    file: File,
    path: PathBuf,
    size: u64,
    limit: u64,
}

impl InputFiles {
    /// Relative directories of the policy are taken from `policy_directory`, temporary ones from `temporary`. Both are
    /// absolute.
    pub fn new(
        validator: &SecurityValidator,
        policy_directory: impl Into<PathBuf>,
        temporary: impl Into<PathBuf>,
    ) -> Self {
        Self { validator: validator.clone(), policy_directory: policy_directory.into(), temporary: temporary.into() }
    }

    /// Opens the file that a path from input names.
    ///
    /// # Errors
    /// That the policy forbids the path, that it leads through a symbolic link, that it is no regular file, that it is
    /// too large, or that the kernel does not open it.
    pub fn open(&self, path: &str) -> Result<InputFile, SecurityError> {
        let checked = self.validator.file(&self.policy_directory, &self.temporary, path)?.value;
        let whole = checked.root.join(&checked.relative);
        let refused = |why: &str| {
            SecurityError::new(Code::PathRefused, format!("path `{}` is refused: {why}", whole.display()))
                .with("path", whole.display().to_string())
        };
        let descriptor = open_beneath(&checked.root, &checked.relative).map_err(|error| refused(&explain(error)))?;
        let status = fstat(&descriptor).map_err(|error| refused(&explain(error)))?;
        if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
            return Err(refused("it is no regular file"));
        }
        let size = u64::try_from(status.st_size).unwrap_or(u64::MAX);
        let limit = self.validator.policy().filesystem().max_file_size.bytes();
        if size > limit {
            return Err(refused(&format!("it has {size} bytes, and `max-file-size` is {limit}")));
        }
        Ok(InputFile { file: File::from(descriptor), path: whole, size, limit })
    }
}

impl InputFile {
    /// The bytes it had when it was opened.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its descriptor.
    pub fn into_fd(self) -> OwnedFd {
        self.file.into()
    }

    /// Reads it all.
    ///
    /// # Errors
    /// That it cannot be read, or has grown beyond `max-file-size` since it was opened.
    pub fn read(mut self) -> Result<Vec<u8>, SecurityError> {
        let refused = |why: String| {
            SecurityError::new(Code::PathRefused, format!("path `{}` is refused: {why}", self.path.display()))
        };
        let mut bytes = Vec::new();
        (&mut self.file)
            .take(self.limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| refused(error.to_string()))?;
        if bytes.len() as u64 > self.limit {
            return Err(refused(format!("it grew while it was read, and `max-file-size` is {}", self.limit)));
        }
        Ok(bytes)
    }
}

impl AsFd for InputFile {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Not to be held up by a FIFO, not to become the terminal of one.
const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

fn open_beneath(root: &Path, relative: &Path) -> Result<OwnedFd, Errno> {
    let root = open_directory(root)?;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{ResolveFlags, openat2};
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        loop {
            match openat2(&root, relative, FLAGS, Mode::empty(), resolve) {
                // Something on the way was renamed while the kernel walked; it asks for another try.
                Err(Errno::AGAIN | Errno::INTR) => {}
                // A kernel before 5.6, or a container's filter that does not know the call.
                Err(Errno::NOSYS | Errno::PERM) => break,
                result => return result,
            }
        }
    }
    walk_beneath(root, relative)
}

/// The same, one component at a time. The names are plain ones, so beneath is where each step stays, as long as it
/// follows no link.
fn walk_beneath(root: OwnedFd, relative: &Path) -> Result<OwnedFd, Errno> {
    let mut current = root;
    let mut components = relative.components().peekable();
    while let Some(component) = components.next() {
        let Component::Normal(name) = component else { return Err(Errno::XDEV) };
        let directory = if components.peek().is_some() { OFlags::DIRECTORY } else { OFlags::empty() };
        current = openat(&current, name, FLAGS | OFlags::NOFOLLOW | directory, Mode::empty())?;
    }
    Ok(current)
}

fn open_directory(root: &Path) -> Result<OwnedFd, Errno> {
    // The directory itself is the policy's word, so it may be a link.
    rustix::fs::open(root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

fn explain(error: Errno) -> String {
    match error {
        Errno::LOOP | Errno::NOTDIR => "it leads through a symbolic link, or a file where a directory should be".into(),
        Errno::XDEV => "it leads out of its directory".into(),
        error => io::Error::from(error).to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use tywrap_policy::Policy;

    use super::*;

    struct World {
        directory: tempfile::TempDir,
        files: InputFiles,
    }

    /// `safe/` is allowed; `secret.json` lies beside it.
    fn world() -> World {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("safe/inner")).unwrap();
        fs::create_dir(at("outside")).unwrap();
        fs::write(at("safe/inner/data.json"), "inside").unwrap();
        fs::write(at("outside/secret.json"), "secret").unwrap();
        let text = "[filesystem]\nallowed-directories = [\"safe\"]\nmax-file-size = \"1KiB\"";
        let policy = Policy::parse(text, &at("tywrap.toml")).unwrap().policy;
        let files = InputFiles::new(&SecurityValidator::new(&policy), directory.path(), "/nonexistent");
        World { directory, files }
    }

    impl World {
        fn at(&self, name: &str) -> PathBuf {
            self.directory.path().join(name)
        }

        fn read(&self, path: &str) -> Result<Vec<u8>, String> {
            self.files.open(path).and_then(InputFile::read).map_err(|error| error.to_string())
        }
    }

    #[test]
    fn a_file_inside_is_read_by_either_name() {
        let world = world();
        assert_eq!(world.read("safe/inner/data.json").unwrap(), b"inside");
        assert_eq!(world.read(world.at("safe/inner/data.json").to_str().unwrap()).unwrap(), b"inside");
        assert_eq!(world.files.open("safe/inner/data.json").unwrap().size(), 6);
    }

    /// Corpus `path-06`: the link is in the middle, or is the file itself; it leads out, or stays inside.
    #[test]
    fn no_symbolic_link_is_followed() {
        let world = world();
        symlink(world.at("outside"), world.at("safe/out")).unwrap();
        symlink(world.at("outside/secret.json"), world.at("safe/secret.json")).unwrap();
        symlink("inner", world.at("safe/near")).unwrap();
        symlink("/proc/self/cwd", world.at("safe/magic")).unwrap();
        for path in ["safe/out/secret.json", "safe/secret.json", "safe/near/data.json", "safe/magic/x.json"] {
            let error = world.read(path).unwrap_err();
            assert!(error.contains("symbolic link"), "{path}: {error}");
        }
        // The control: by name alone, the secret is there to be read.
        assert_eq!(fs::read(world.at("safe/out/secret.json")).unwrap(), b"secret");
        assert_eq!(fs::read(world.at("safe/secret.json")).unwrap(), b"secret");
    }

    /// Corpus `path-07`: somebody swaps the directory for a link as fast as they can.
    #[test]
    fn a_swap_between_check_and_open_never_shows_the_secret() {
        let world = world();
        fs::create_dir(world.at("safe/swap")).unwrap();
        fs::write(world.at("safe/swap/secret.json"), "public").unwrap();
        symlink(world.at("outside"), world.at("link")).unwrap();
        let done = AtomicBool::new(false);
        let (mut refused, mut read, mut leaked_by_name) = (0, 0, 0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (inside, link, spare) = (world.at("safe/swap"), world.at("link"), world.at("spare"));
                while !done.load(Ordering::Relaxed) {
                    // Exchanged in one step, so that the name is always there.
                    fs::rename(&inside, &spare).and_then(|()| fs::rename(&link, &inside)).unwrap();
                    fs::rename(&inside, &link).and_then(|()| fs::rename(&spare, &inside)).unwrap();
                }
            });
            let patience = Instant::now() + Duration::from_secs(20);
            while Instant::now() < patience {
                match world.files.open("safe/swap/secret.json").map(InputFile::read) {
                    Ok(bytes) => {
                        assert_eq!(bytes.unwrap(), b"public");
                        read += 1;
                    }
                    Err(_) => refused += 1,
                }
                leaked_by_name +=
                    u32::from(fs::read(world.at("safe/swap/secret.json")).is_ok_and(|it| it == b"secret"));
                if refused > 20 && read > 20 && leaked_by_name > 20 {
                    break;
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        assert!(leaked_by_name > 0, "the control: opening by name falls for it");
        assert!(refused > 0 && read > 0, "the swaps were seen from both sides: {refused} {read}");
    }

    #[test]
    fn directories_fifos_and_large_files_are_refused() {
        let world = world();
        fs::create_dir(world.at("safe/dir.json")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, world.at("safe/fifo.json"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        fs::write(world.at("safe/large.json"), [0; 1025]).unwrap();
        fs::write(world.at("safe/fits.json"), [0; 1024]).unwrap();
        for (path, why) in [
            ("safe/dir.json", "no regular file"),
            ("safe/fifo.json", "no regular file"),
            ("safe/large.json", "`max-file-size` is 1024"),
            ("safe/missing.json", "No such file"),
            ("safe/inner/data.json/x.json", "a file where a directory should be"),
            ("safe/inner/data.exe", "allowed-extensions"),
            ("outside/secret.json", "allowed-directories"),
        ] {
            let error = world.read(path).unwrap_err();
            assert!(error.contains(why), "{path}: {error}");
        }
        assert_eq!(world.read("safe/fits.json").unwrap().len(), 1024);
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_refused() {
        let world = world();
        let file = world.files.open("safe/inner/data.json").unwrap();
        fs::write(world.at("safe/inner/data.json"), [0; 2000]).unwrap();
        assert!(file.read().is_err());
    }

    #[test]
    fn without_openat2_the_walk_refuses_the_same() {
        let world = world();
        symlink(world.at("outside"), world.at("safe/out")).unwrap();
        symlink(world.at("outside/secret.json"), world.at("safe/secret.json")).unwrap();
        let walk = |path: &str| walk_beneath(open_directory(&world.at("safe")).unwrap(), Path::new(path));
        assert!(walk("inner/data.json").is_ok());
        for path in ["out/secret.json", "secret.json"] {
            assert!(matches!(walk(path), Err(Errno::LOOP | Errno::NOTDIR)), "{path}");
        }
        assert_eq!(walk("../outside/secret.json").unwrap_err(), Errno::XDEV);
    }
}
