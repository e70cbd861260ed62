//! The descriptors of one connection.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// Both directions of a connection; neither blocks.
#[derive(Debug)]
pub(super) enum Stream {
    /// One descriptor for both.
    Socket(OwnedFd),
    /// Standard input and output.
    Stdio(Stdio),
}

/// Copies of this process's standard input and output. While they are here, the output itself leads to standard error, so
/// that nothing the program prints gets between the frames.
#[derive(Debug)]
pub(super) struct Stdio {
    input: OwnedFd,
    output: OwnedFd,
    flags: [OFlags; 2],
}

impl Stream {
    /// A socket that is connected.
    pub(super) fn socket(socket: OwnedFd) -> io::Result<Self> {
        fcntl_setfl(&socket, fcntl_getfl(&socket)? | OFlags::NONBLOCK)?;
        Ok(Self::Socket(socket))
    }

    /// Standard input and output.
    pub(super) fn stdio() -> io::Result<Self> {
        let input = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
        let output = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
        let flags = [fcntl_getfl(&input)?, fcntl_getfl(&output)?];
        // Others may have the same descriptions, such as a shell its terminal: what is set here is taken back.
        let stdio = Stdio { input, output, flags };
        fcntl_setfl(&stdio.input, flags[0] | OFlags::NONBLOCK)?;
        fcntl_setfl(&stdio.output, fcntl_getfl(&stdio.output)? | OFlags::NONBLOCK)?;
        rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
        Ok(Self::Stdio(stdio))
    }

    pub(super) fn input(&self) -> BorrowedFd<'_> {
        self.descriptors().0
    }

    pub(super) fn output(&self) -> BorrowedFd<'_> {
        let (input, output) = self.descriptors();
        output.unwrap_or(input)
    }

    pub(super) fn descriptors(&self) -> (BorrowedFd<'_>, Option<BorrowedFd<'_>>) {
        match self {
            Self::Socket(socket) => (socket.as_fd(), None),
            Self::Stdio(stdio) => (stdio.input.as_fd(), Some(stdio.output.as_fd())),
        }
    }
}

impl Drop for Stdio {
    fn drop(&mut self) {
        // There is nothing to do about a failure, and nobody to tell.
        let _ = fcntl_setfl(&self.output, self.flags[1]);
        let _ = fcntl_setfl(&self.input, self.flags[0]);
        let _ = rustix::stdio::dup2_stdout(&self.output);
    }
}
