//! Running a program to its end, or to the end of the time it has.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A program to run, with a time limit, so that a test that hangs says so instead of never ending.
#[derive(Debug)]
pub struct Run {
    command: Command,
    input: String,
    limit: Duration,
}

/// What a program did.
#[derive(Debug)]
pub struct Ended {
    /// How it ended; `None` if it was killed because its time was up.
    pub status: Option<ExitStatus>,
    /// What it wrote to standard output, with replacement characters where that is not UTF-8.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// How long it ran.
    pub took: Duration,
}

impl Run {
    /// A program with no arguments, no input and two minutes.
    #[must_use]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self { command: Command::new(program), input: String::new(), limit: Duration::from_secs(120) }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets the working directory.
    #[must_use]
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets environment variables.
    #[must_use]
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self {
        self.command.envs(variables);
        self
    }

    /// Removes environment variables.
    #[must_use]
    pub fn without_env<N: AsRef<OsStr>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        for name in names {
            self.command.env_remove(name);
        }
        self
    }

    /// Sets what it reads from standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<String>) -> Self {
        self.input = input.into();
        self
    }

    /// Sets its time limit.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it.
    ///
    /// # Errors
    ///
    /// When it cannot be started or its pipes fail. A program that fails is an [`Ended`] that tells so.
    pub fn run(mut self) -> io::Result<Ended> {
        let begin = Instant::now();
        let mut child = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        if let Some(mut stdin) = child.stdin.take() {
            let input = std::mem::take(&mut self.input);
            // A program that ends without reading its input is no failure of this one, so the result is not looked at.
            std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        }
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if begin.elapsed() > self.limit {
                child.kill()?;
                child.wait()?;
                break None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Ok(Ended { status, stdout: collect(stdout), stderr: collect(stderr), took: begin.elapsed() })
    }
}

impl Ended {
    /// It ended by itself, with status 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Both outputs and how it ended, to show when a test fails.
    #[must_use]
    pub fn report(&self) -> String {
        let end = match self.status {
            Some(status) => status.to_string(),
            None => format!("killed after {:?}", self.took),
        };
        format!("{end}\n--- stdout ---\n{}\n--- stderr ---\n{}", self.stdout, self.stderr)
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is what there is to show.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn collect(reader: JoinHandle<Vec<u8>>) -> String {
    String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
}
