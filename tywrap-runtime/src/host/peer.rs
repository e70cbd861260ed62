//! Who is at the other end of a socket.

#![expect(
    unsafe_code,
    reason = "asks the kernel through `libc`: the wrappers of it cost a second of every clean build"
)]

use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Whether the peer of a connection is this user.
pub(crate) fn peer_is_this_user(stream: BorrowedFd<'_>) -> Result<(), String> {
    is_this_user(stream, "a client")
}

/// Whether the host that a client has connected to is this user's.
pub(crate) fn host_is_this_user(stream: BorrowedFd<'_>) -> Result<(), String> {
    is_this_user(stream, "a host")
}

fn is_this_user(stream: BorrowedFd<'_>, who: &str) -> Result<(), String> {
    let ours = rustix::process::geteuid().as_raw();
    match peer(stream) {
        Ok(peer) if peer == ours => Ok(()),
        Ok(peer) => Err(format!("{who} of user {peer} was turned away; this is user {ours}")),
        Err(error) => Err(format!("{who} was turned away whose user the kernel does not say: {error}")),
    }
}

/// The effective user of whoever connected to the socket, or made it.
#[cfg(target_os = "linux")]
fn peer(stream: BorrowedFd<'_>) -> io::Result<u32> {
    let mut credentials = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let size = size_of::<libc::ucred>();
    let mut length = libc::socklen_t::try_from(size).map_err(io::Error::other)?;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of `credentials`, and the new length; both live
    // until the call returns. Any bytes are a valid `ucred`.
    let failed = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &raw mut length,
        )
    };
    match (failed, length as usize == size) {
        (0, true) => Ok(credentials.uid),
        (0, false) => Err(io::Error::other("the kernel answered with less than the credentials of a peer")),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The effective user of whoever connected to the socket, or made it.
#[cfg(not(target_os = "linux"))]
fn peer(stream: BorrowedFd<'_>) -> io::Result<u32> {
    let (mut user, mut group) = (0, 0);
    // SAFETY: both pointers are to live integers of the types the function writes.
    let failed = unsafe { libc::getpeereid(stream.as_raw_fd(), &raw mut user, &raw mut group) };
    if failed == 0 { Ok(user) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot make its sockets has nothing to say")]

    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;

    use super::{peer, peer_is_this_user};

    #[test]
    fn a_peer_is_who_made_the_socket() {
        let (one, other) = UnixStream::pair().unwrap();
        assert_eq!(peer(one.as_fd()).unwrap(), rustix::process::geteuid().as_raw());
        assert_eq!(peer_is_this_user(other.as_fd()), Ok(()));
    }

    #[test]
    fn what_is_no_socket_has_no_peer() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(peer_is_this_user(file.as_fd()).unwrap_err().contains("the kernel does not say"));
    }
}
