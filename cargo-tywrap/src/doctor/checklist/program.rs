//! Programs that know more than this one: Cargo, git, and scanners of dependencies.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// How long one may take. Scanners fetch their databases; whoever has waited two minutes for one waits for a dead
/// network.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a program said.
pub(super) struct Said {
    /// Whether it ended with 0.
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Said {
    /// The last line of what it complained about.
    pub(super) fn complaint(&self) -> &str {
        self.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim()
    }
}

/// Runs a program in a folder, with nothing on its standard input.
///
/// # Errors
/// That it could not be started, or did not end in time.
pub(super) fn run<'a>(
    program: &Path,
    arguments: impl IntoIterator<Item = &'a str>,
    folder: &Path,
) -> Result<Said, String> {
    run_within(PATIENCE, program, arguments, folder)
}

fn run_within<'a>(
    patience: Duration,
    program: &Path,
    arguments: impl IntoIterator<Item = &'a str>,
    folder: &Path,
) -> Result<Said, String> {
    let shown = program.file_name().unwrap_or(program.as_os_str()).display();
    let failed = |error: std::io::Error| format!("`{shown}` could not be run: {error}");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let deadline = Instant::now() + patience;
    let late = || format!("`{shown}` did not end within {} s", patience.as_secs());
    // Both pipes are closed when it ends, and a program that only closed them is waited for below.
    let left = || deadline.saturating_duration_since(Instant::now());
    let texts = (stdout.recv_timeout(left()), stderr.recv_timeout(left()));
    let status = loop {
        match child.try_wait().map_err(failed)? {
            Some(status) => break status,
            None if left().is_zero() => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(late());
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let (Ok(stdout), Ok(stderr)) = texts else { return Err(late()) };
    Ok(Said { success: status.success(), stdout, stderr })
}

/// Reads a pipe to its end in a thread of its own, so that a program that fills one pipe cannot block on the other.
fn read(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        // Nobody may be waiting any more.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

    use super::*;

    fn shell(seconds: u64, script: &str) -> Result<Said, String> {
        run_within(Duration::from_secs(seconds), Path::new("/bin/sh"), ["-c", script], Path::new("/"))
    }

    #[test]
    fn what_it_said_is_kept_apart_and_however_long() {
        let said = shell(60, "yes out | head -c 200000; yes err | head -c 200000 >&2; echo last >&2; exit 3").unwrap();
        assert!(!said.success && said.stdout.len() == 200_000 && said.stderr.len() == 200_005);
        assert_eq!(said.complaint(), "last");
        assert!(shell(60, "exit 0").unwrap().success);
    }

    #[test]
    fn one_that_does_not_end_is_not_waited_for() {
        for script in ["exec sleep 600", "sleep 600 & exit 0", "exec >&- 2>&-; sleep 600"] {
            let begun = Instant::now();
            assert!(shell(1, script).is_err_and(|error| error == "`sh` did not end within 1 s"), "{script}");
            assert!(begun.elapsed() < Duration::from_secs(30), "{script}");
        }
        assert!(
            run(Path::new("/nowhere/x"), [], Path::new("/")).is_err_and(|error| error.contains("`x` could not be"))
        );
    }
}
