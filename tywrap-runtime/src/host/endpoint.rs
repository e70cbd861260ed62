//! Where clients come from: the socket that is listened on, made so that nobody else can reach it.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use tywrap_policy::{Code, Diagnostic};

use super::HostError;

/// Where a host serves.
#[derive(Debug)]
#[non_exhaustive]
pub enum Endpoint {
    /// Standard input and output, for a client that starts the host. The end of the input ends the host.
    Stdio,
    /// A Unix socket at this absolute path, for any number of clients of the same user. Its directory is made if it is
    /// missing, and must belong to this user alone.
    Unix(PathBuf),
    /// A stream socket that is connected already, for one client. Its end ends the host.
    Connection(OwnedFd),
    /// HTTP, over TCP or a Unix socket, for any number of clients that the front lets in.
    #[cfg(feature = "http")]
    Http(crate::http::HttpFront),
}

/// Longest path of a Unix socket, in bytes; `sun_path` has a NUL behind it.
const MAX_PATH: usize = 107;

/// A socket that is listened on. It is removed when this is dropped, if it is still there.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) listener: mio::net::UnixListener,
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Socket {
    /// Listens at `path`.
    pub(crate) fn listen(path: &Path) -> Result<Self, HostError> {
        if !path.is_absolute() {
            return Err(unusable(path, "is not an absolute path", "build it from the user's runtime directory"));
        }
        if path.as_os_str().len() > MAX_PATH {
            let what = format!("has {} bytes, and a socket's path has at most {MAX_PATH}", path.as_os_str().len());
            return Err(unusable(path, &what, "choose a shorter one"));
        }
        let (Some(directory), Some(_)) = (path.parent(), path.file_name()) else {
            return Err(unusable(path, "names no file", "add a file name, such as `host.sock`"));
        };
        private_directory(path, directory)?;
        // Two hosts that start at once must not both find the same dead socket.
        let lock = fs::File::open(directory).map_err(|error| failed(path, "opening its directory", &error))?;
        rustix::fs::flock(&lock, FlockOperation::LockExclusive)
            .map_err(|error| failed(path, "locking its directory", &error.into()))?;
        clear(path)?;
        // Under another name until its mode is right: a client sees either no socket or a finished one.
        let unfinished = directory.join(format!(".tywrap-{}", std::process::id()));
        let made = make(&unfinished, path);
        if made.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        let (listener, metadata) = made.map_err(|error| failed(path, "making it", &error))?;
        Ok(Self { listener, path: path.to_owned(), device: metadata.dev(), inode: metadata.ino() })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| metadata.dev() == self.device && metadata.ino() == self.inode);
        if ours {
            // If it fails, the next host finds a dead socket and removes it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the directory, or checks that it is this user's alone.
fn private_directory(path: &Path, directory: &Path) -> Result<(), HostError> {
    match DirBuilder::new().recursive(true).mode(0o700).create(directory) {
        Ok(()) => {}
        Err(error) => return Err(failed(path, "making its directory", &error)),
    }
    let metadata = fs::metadata(directory).map_err(|error| failed(path, "looking at its directory", &error))?;
    let shown = directory.display();
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        let what = format!("lies in `{shown}`, which belongs to user {}", metadata.uid());
        return Err(unusable(path, &what, "give it a directory of your own"));
    }
    if metadata.mode() & 0o077 != 0 {
        let what = format!("lies in `{shown}`, which others can use (mode {:o})", metadata.mode() & 0o7777);
        return Err(unusable(path, &what, &format!("give it a directory of its own, or run `chmod 700 {shown}`")));
    }
    Ok(())
}

/// Removes a socket that nobody listens on. Anything else at the path is an error.
fn clear(path: &Path) -> Result<(), HostError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(path, "looking at it", &error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(unusable(path, "exists and is no socket", "choose another path, or remove it yourself"));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(unusable(path, "is served by another host", "end that one, or choose another path")),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|error| failed(path, "removing the dead socket", &error))
        }
        Err(error) => Err(failed(path, "asking who serves it", &error)),
    }
}

fn make(unfinished: &Path, path: &Path) -> io::Result<(mio::net::UnixListener, Metadata)> {
    match fs::remove_file(unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(unfinished)?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(unfinished, Permissions::from_mode(0o600))?;
    fs::rename(unfinished, path)?;
    let metadata = fs::symlink_metadata(path)?;
    Ok((mio::net::UnixListener::from_std(listener), metadata))
}

fn unusable(path: &Path, what: &str, help: &str) -> HostError {
    Diagnostic::error(Code::SocketUnusable, format!("the socket `{}` {what}", path.display())).help(help).into()
}

fn failed(path: &Path, action: &str, error: &io::Error) -> HostError {
    let message = format!("the socket `{}` cannot be used: {action} failed: {error}", path.display());
    Diagnostic::error(Code::SocketUnusable, message).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        Socket::listen(path).unwrap_err().to_string()
    }

    #[test]
    fn a_socket_is_private_and_goes_with_its_host() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("made/on/the/way/host.sock");
        let socket = Socket::listen(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        assert!(UnixStream::connect(&path).is_ok());
        assert!(refusal(&path).contains("is served by another host"), "{}", refusal(&path));
        drop(socket);
        assert!(!path.exists());
        // One that another process left behind.
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let socket = Socket::listen(&path).unwrap();
        // Somebody replaced it: not ours to remove.
        fs::remove_file(&path).unwrap();
        fs::write(&path, "x").unwrap();
        drop(socket);
        assert!(path.exists());
    }

    #[test]
    fn what_is_no_socket_of_ours_is_left_alone() {
        let temporary = tempfile::tempdir().unwrap();
        fs::set_permissions(temporary.path(), Permissions::from_mode(0o700)).unwrap();
        let file = temporary.path().join("file");
        fs::write(&file, "precious").unwrap();
        let link = temporary.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for path in [&file, &link, &temporary.path().to_owned()] {
            let path = if path.is_dir() { path.join("sub") } else { path.clone() };
            if path.ends_with("sub") {
                fs::create_dir(&path).unwrap();
            }
            assert!(refusal(&path).contains("exists and is no socket"), "{}", refusal(&path));
        }
        assert_eq!(fs::read(&file).unwrap(), b"precious");

        let open = temporary.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        let message = refusal(&open.join("host.sock"));
        assert!(message.contains("others can use (mode 755)") && message.contains("chmod 700"), "{message}");
        assert!(refusal(Path::new("host.sock")).contains("not an absolute path"));
        assert!(refusal(&temporary.path().join("x".repeat(120))).contains("at most 107"));
        assert!(refusal(Path::new("/")).contains("names no file"));
    }
}
