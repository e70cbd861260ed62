//! Programs that know more than this one: Cargo, git, and scanners of dependencies.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// How long one may take. Scanners fetch their databases; whoever has waited two minutes for one waits for a dead network.
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
    let shown = program.file_name().unwrap_or(program.as_os_str()).display();
    let failed = |error: std::io::Error| format!("`{shown}` could not be run: {error}");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let (stdout, stderr) = (read(child.stdout.take()), read(child.stderr.take()));
    let deadline = Instant::now() + PATIENCE;
    let late = || format!("`{shown}` did not end within {} s", PATIENCE.as_secs());
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
