//! Running a program to its end: one poll loop over its pipes, its exit and the clock.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::child::{Child, timespec};
use super::outcome::{Ending, Outcome, Signal, Stream};

/// Bytes per read: what a pipe holds unless somebody enlarged it.
const CHUNK: usize = 64 * 1024;

/// What a run may take.
pub(super) struct Bounds {
    pub(super) timeout: Duration,
    /// Bytes of each output.
    pub(super) output: u64,
}

/// Feeds the input, drains both outputs at once, and ends the program when it takes too long or prints too much.
pub(super) fn run(mut child: Child, input: &[u8], bounds: &Bounds) -> io::Result<Outcome> {
    let mut input = Input { pipe: child.take_stdin(), rest: input };
    let mut stdout = Output::new(child.take_stdout(), bounds.output)?;
    let mut stderr = Output::new(child.take_stderr(), bounds.output)?;
    input.prepare()?;

    let end_by = child.ending();
    let mut phase = Phase::Running { until: child.started().checked_add(bounds.timeout) };
    let exit = loop {
        if let Some(exit) = child.try_wait()? {
            break exit;
        }
        let now = Instant::now();
        let until = match phase {
            Phase::Running { until } if until.is_some_and(|until| now >= until) => {
                child.terminate();
                phase = Phase::Asked { until: now.checked_add(end_by.grace) };
                continue;
            }
            Phase::Asked { until } if until.is_some_and(|until| now >= until) => {
                child.kill();
                phase = Phase::Killed;
                continue;
            }
            Phase::Running { until } | Phase::Asked { until } => until,
            Phase::Killed | Phase::Flooded(_) => None,
        };
        wait(&child, &input, [&stdout, &stderr], until.map(|until| until - now))?;
        input.feed();
        for (stream, output) in [(Stream::Stdout, &mut stdout), (Stream::Stderr, &mut stderr)] {
            output.drain_once()?;
            // A program that was already asked to end is past caring what it prints.
            if output.over && matches!(phase, Phase::Running { .. }) {
                child.kill();
                phase = Phase::Flooded(stream);
            }
        }
    };
    // The group is dead. What it wrote before is in the pipes, and a pipe holds a bounded amount.
    for (stream, output) in [(Stream::Stdout, &mut stdout), (Stream::Stderr, &mut stderr)] {
        output.drain_rest()?;
        if output.over && matches!(phase, Phase::Running { .. }) {
            phase = Phase::Flooded(stream);
        }
    }
    let ending = match phase {
        Phase::Running { .. } => Ending::Exited(exit),
        Phase::Asked { .. } => Ending::TimedOut { after: bounds.timeout, signal: Signal(end_by.signal.as_raw()) },
        Phase::Killed => {
            Ending::TimedOut { after: bounds.timeout, signal: Signal(rustix::process::Signal::KILL.as_raw()) }
        }
        Phase::Flooded(stream) => Ending::OutputLimit { stream, limit: bounds.output },
    };
    Ok(Outcome { ending, stdout: stdout.bytes, stderr: stderr.bytes, duration: child.started().elapsed() })
}

#[derive(Clone, Copy)]
enum Phase {
    /// Until when; no deadline where the clock cannot express one that late.
    Running {
        until: Option<Instant>,
    },
    Asked {
        until: Option<Instant>,
    },
    Killed,
    Flooded(Stream),
}

fn wait(child: &Child, input: &Input<'_>, outputs: [&Output; 2], timeout: Option<Duration>) -> io::Result<()> {
    let mut descriptors = vec![PollFd::from_borrowed_fd(child.pidfd(), PollFlags::IN)];
    descriptors.extend(input.pipe.iter().map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
    descriptors
        .extend(outputs.iter().filter_map(|output| output.pipe.as_ref()).map(|pipe| PollFd::new(pipe, PollFlags::IN)));
    match poll(&mut descriptors, timeout.map(timespec).as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

struct Input<'a> {
    pipe: Option<OwnedFd>,
    rest: &'a [u8],
}

impl Input<'_> {
    fn prepare(&mut self) -> io::Result<()> {
        if self.rest.is_empty() {
            self.pipe = None;
        } else if let Some(pipe) = &self.pipe {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        Ok(())
    }

    /// Writes what fits. A program that has closed its input is no error: it did not want the rest.
    fn feed(&mut self) {
        let Some(pipe) = &self.pipe else { return };
        match rustix::io::write(pipe, self.rest) {
            Ok(written) => self.rest = &self.rest[written..],
            Err(Errno::INTR | Errno::AGAIN) => return,
            Err(_) => self.rest = &[],
        }
        if self.rest.is_empty() {
            self.pipe = None;
        }
    }
}

struct Output {
    pipe: Option<OwnedFd>,
    bytes: Vec<u8>,
    limit: u64,
    /// It has printed more than the limit.
    over: bool,
}

impl Output {
    fn new(pipe: Option<OwnedFd>, limit: u64) -> io::Result<Self> {
        if let Some(pipe) = &pipe {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        Ok(Self { pipe, bytes: Vec::new(), limit, over: false })
    }

    /// Reads once, keeping what the limit allows; the rest is thrown away, so that the program does not block on it.
    fn drain_once(&mut self) -> io::Result<bool> {
        let Some(pipe) = &self.pipe else { return Ok(false) };
        let mut chunk = [0_u8; CHUNK];
        match rustix::io::read(pipe, &mut chunk) {
            Ok(0) => {
                self.pipe = None;
                Ok(false)
            }
            Ok(read) => {
                let room = usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_sub(self.bytes.len());
                self.bytes.extend_from_slice(&chunk[..read.min(room)]);
                self.over |= read > room;
                Ok(true)
            }
            Err(Errno::AGAIN) => Ok(false),
            Err(Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads until the pipe is empty or the limit is passed: a process that got away may hold the other end for ever.
    fn drain_rest(&mut self) -> io::Result<()> {
        while !self.over && self.drain_once()? {}
        Ok(())
    }
}
