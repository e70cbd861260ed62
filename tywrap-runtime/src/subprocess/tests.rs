//! Real children. Python is run with `-c`, which only tywrap itself can pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

const PYTHON: &str = "/usr/bin/python3";

fn policy(text: &str) -> Policy {
    Policy::parse(text, Path::new("/app/tywrap.toml")).expect("a valid policy").policy
}

fn python(settings: &str, source: &str) -> Subprocess {
    let policy = policy(&format!("[subprocess]\ninterpreter = \"{PYTHON}\"\n{settings}"));
    Subprocess::new(&policy, "python3").fixed_arg("-I").fixed_arg("-S").fixed_arg("-c").fixed_arg(source)
}

fn run(settings: &str, source: &str) -> Outcome {
    python(settings, source).run().expect("python starts")
}

/// Whether a process exists and is more than a zombie.
fn alive(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    !matches!(state, Some('Z' | 'X'))
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_exit_code_is_kept_with_what_was_printed() {
    let outcome = run("", "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)");
    assert_eq!(outcome.ending, Ending::Exited(Exit::Code(3)));
    assert_eq!((outcome.stdout.as_slice(), outcome.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    assert!(!outcome.success());
    assert!(run("", "").success());
}

#[test]
fn exit_codes_are_the_kernel_s_low_byte() {
    assert_eq!(run("", "import os; os._exit(256)").ending, Ending::Exited(Exit::Code(0)));
    assert_eq!(run("", "import os; os._exit(-1)").ending, Ending::Exited(Exit::Code(255)));
}

#[test]
fn a_signal_is_told_from_an_exit() {
    let outcome = run("", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)");
    assert_eq!(outcome.ending, Ending::Exited(Exit::Signal(Signal(libc::SIGSEGV))));
}

#[test]
fn a_timeout_says_that_the_kill_signal_was_enough() {
    let started = Instant::now();
    let outcome = run("timeout = \"300ms\"", "import time; print('begun', flush=True); time.sleep(60)");
    let after = Duration::from_millis(300);
    assert_eq!(outcome.ending, Ending::TimedOut { after, signal: Signal(libc::SIGTERM) });
    assert_eq!(outcome.stdout, b"begun\n");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_program_that_ignores_the_kill_signal_is_killed_after_the_grace() {
    let source =
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)";
    let outcome = run("timeout = \"500ms\"\nkill-grace = \"200ms\"", source);
    assert_eq!(outcome.stdout, b"deaf\n", "it must have been deaf before it was asked");
    let after = Duration::from_millis(500);
    assert_eq!(outcome.ending, Ending::TimedOut { after, signal: Signal(libc::SIGKILL) });
    assert!(outcome.duration >= Duration::from_millis(700));
}

#[test]
fn a_stopped_program_is_killed_at_its_deadline() {
    let source = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)";
    let outcome = run("timeout = \"300ms\"\nkill-grace = \"100ms\"", source);
    assert!(matches!(outcome.ending, Ending::TimedOut { signal: Signal(libc::SIGKILL), .. }), "{:?}", outcome.ending);
}

#[test]
fn a_caller_can_shorten_the_timeout_and_not_lengthen_it() {
    let sleep = "import time; time.sleep(60)";
    let shorter = python("", sleep).timeout(Duration::from_millis(200)).run().unwrap();
    assert!(matches!(shorter.ending, Ending::TimedOut { after, .. } if after == Duration::from_millis(200)));
    let longer = python("timeout = \"200ms\"", sleep).timeout(Duration::from_secs(60)).run().unwrap();
    assert!(matches!(longer.ending, Ending::TimedOut { after, .. } if after == Duration::from_millis(200)));
}

#[test]
fn a_timeout_leaves_no_zombie() {
    let outcome = run("timeout = \"300ms\"", "import os, time; print(os.getpid(), flush=True); time.sleep(60)");
    let pid = String::from_utf8(outcome.stdout).unwrap();
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists(), "reaped before the outcome is known");
}

#[test]
fn a_timeout_beyond_the_clock_is_none() {
    let outcome = run("timeout = \"500000000000years\"\nkill-grace = \"500000000000years\"", "print('ran')");
    assert!(outcome.success());
}

#[test]
fn grandchildren_die_with_a_timeout() {
    let source = "
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pid = os.fork()
if pid: print(pid, flush=True)
time.sleep(60)";
    let outcome = run("timeout = \"500ms\"\nkill-grace = \"100ms\"", source);
    let pid: u32 = String::from_utf8(outcome.stdout).unwrap().trim().parse().unwrap();
    wait_until("the grandchild is gone", || !alive(pid));
}

#[test]
fn grandchildren_die_with_a_normal_exit_even_if_they_hold_the_pipes() {
    let source = "
import os, time
pid = os.fork()
if pid:
    print(pid, flush=True)
else:
    time.sleep(60)";
    let outcome = run("", source);
    assert!(outcome.success(), "{outcome:?}");
    assert!(outcome.duration < Duration::from_secs(10), "nobody waited for the grandchild");
    let pid: u32 = String::from_utf8(outcome.stdout).unwrap().trim().parse().unwrap();
    wait_until("the grandchild is gone", || !alive(pid));
}

#[test]
fn a_command_cannot_leave_its_group() {
    for call in ["os.setsid()", "os.setpgid(0, os.getppid())", "L.prctl(1, 0, 0, 0, 0)"] {
        let source = format!(
            "
import ctypes, os
L = ctypes.CDLL(None, use_errno=True)
if os.fork() == 0:
    try:
        r = {call}
        os._exit(7 if r == -1 and ctypes.get_errno() == 1 else 0)
    except PermissionError:
        os._exit(7)
pid, status = os.wait()
os._exit(os.waitstatus_to_exitcode(status))"
        );
        assert_eq!(run("", &source).ending, Ending::Exited(Exit::Code(7)), "{call}");
    }
}

#[test]
fn both_outputs_are_drained_at_once() {
    // A megabyte each, far more than a pipe holds, in an order that blocks whoever reads one after the other.
    let source = "
import sys
for _ in range(64):
    sys.stderr.buffer.write(b'e' * 16384); sys.stderr.flush()
    sys.stdout.buffer.write(b'o' * 16384); sys.stdout.flush()";
    let outcome = run("", source);
    assert!(outcome.success(), "{:?}", outcome.ending);
    assert_eq!((outcome.stdout.len(), outcome.stderr.len()), (1 << 20, 1 << 20));
}

#[test]
fn an_input_larger_than_a_pipe_meets_an_output_larger_than_a_pipe() {
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|index| index as u8).collect();
    let source = "
import sys
while chunk := sys.stdin.buffer.read1(4096): sys.stdout.buffer.write(chunk); sys.stdout.flush()";
    let outcome = python("", source).input(bytes.clone()).run().unwrap();
    assert!(outcome.success());
    assert_eq!(outcome.stdout, bytes);
}

#[test]
fn the_output_limit_counts_bytes_exactly() {
    for (stream, name) in [(Stream::Stdout, "stdout"), (Stream::Stderr, "stderr")] {
        let print = |bytes: usize| format!("import sys; sys.{name}.buffer.write(b'x' * {bytes})");
        let kept =
            |outcome: &Outcome| if stream == Stream::Stdout { outcome.stdout.len() } else { outcome.stderr.len() };
        let fits = run("max-buffer = \"100000B\"", &print(100_000));
        assert!(fits.success() && kept(&fits) == 100_000, "{:?}", fits.ending);
        let over = run("max-buffer = \"100000B\"", &print(100_001));
        assert_eq!(over.ending, Ending::OutputLimit { stream, limit: 100_000 });
        assert_eq!(kept(&over), 100_000);
    }
}

#[test]
fn a_flood_is_killed_at_the_limit_whatever_its_lines_or_characters() {
    for print in ["b'x' * 65536", "b'\\n' * 65536", "'\\U0001F600'.encode() * 16384"] {
        let source = format!("import sys\nwhile True: sys.stdout.buffer.write({print})");
        let outcome = run("max-buffer = \"1MiB\"", &source);
        assert_eq!(outcome.ending, Ending::OutputLimit { stream: Stream::Stdout, limit: 1 << 20 }, "{print}");
        assert_eq!(outcome.stdout.len(), 1 << 20);
    }
}

#[test]
fn closed_pipes_do_not_end_the_wait() {
    let outcome = run("", "import os, time; os.close(1); os.close(2); time.sleep(0.2); os._exit(4)");
    assert_eq!(outcome.ending, Ending::Exited(Exit::Code(4)));
}

#[test]
fn an_input_nobody_reads_is_no_error() {
    let outcome = python("", "import os; os.close(0); print('done')").input(vec![0; 1 << 20]).run().unwrap();
    assert!(outcome.success(), "{:?}", outcome.ending);
}

#[test]
fn without_an_input_there_is_nothing_to_read() {
    let outcome = run("", "import sys; print(repr(sys.stdin.read()))");
    assert_eq!(outcome.stdout, b"''\n");
}

#[test]
fn ignored_signals_are_not_inherited() {
    let ignored = |status: &str| status.lines().find(|line| line.starts_with("SigIgn:")).unwrap().to_owned();
    let own = ignored(&fs::read_to_string("/proc/self/status").unwrap());
    assert!(!own.ends_with("0000000000000000"), "Rust ignores SIGPIPE, so there is something to inherit: {own}");
    // Not Python, which ignores SIGPIPE by itself.
    let policy = policy("[subprocess]\ncommand-whitelist = [\"grep\"]");
    let outcome = Subprocess::new(&policy, "grep").arg("SigIgn").arg("/proc/self/status").run().unwrap();
    assert_eq!(String::from_utf8(outcome.stdout).unwrap(), "SigIgn:\t0000000000000000\n");
}

#[test]
fn no_descriptor_is_inherited() {
    // Opened the careless way, without close-on-exec, as any library in the host might.
    let leaked = fs::File::open("/etc/hostname").unwrap();
    let fd = rustix::io::dup(&leaked).unwrap();
    rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::empty()).unwrap();
    let outcome = run("", "import os; print(sorted(int(f) for f in os.listdir('/proc/self/fd')))");
    // The fourth is the directory being listed.
    assert_eq!(outcome.stdout, b"[0, 1, 2, 3]\n");
}

#[test]
fn the_environment_is_exactly_what_is_allowed() {
    // What the kernel passed; Python adds to what it shows.
    let source = "print(sorted(open('/proc/self/environ').read().split(chr(0))))";
    let outcome = python("", source)
        .env("PATH", "/usr/bin")
        .env("LD_PRELOAD", "/tmp/x.so")
        .env("SECRET_TOKEN", "x")
        .fixed_env("PYTHONUTF8", "1")
        .run()
        .unwrap();
    assert_eq!(String::from_utf8(outcome.stdout).unwrap(), "['', 'PATH=/usr/bin', 'PYTHONUTF8=1']\n");
}

#[test]
fn a_dropped_handle_kills_and_reaps_the_group() {
    let source = "
import os, time
pid = os.fork()
if pid: print(pid, flush=True)
time.sleep(60)";
    let mut child = python("", source).spawn().unwrap();
    let mut stdout = fs::File::from(child.take_stdout().unwrap());
    let mut line = [0_u8; 32];
    let read = stdout.read(&mut line).unwrap();
    let grandchild: u32 = std::str::from_utf8(&line[..read]).unwrap().trim().parse().unwrap();
    let leader = child.id();
    assert!(alive(leader) && alive(grandchild));
    drop(child);
    assert!(!Path::new(&format!("/proc/{leader}")).exists(), "it is reaped, not a zombie");
    wait_until("the grandchild is gone", || !alive(grandchild));
}

#[test]
fn a_long_lived_child_talks_over_its_pipes_and_is_shut_down() {
    let mut child =
        python("", "import sys\nfor line in sys.stdin: print(line.upper(), end='', flush=True)").spawn().unwrap();
    let mut stdin = fs::File::from(child.take_stdin().unwrap());
    let mut stdout = fs::File::from(child.take_stdout().unwrap());
    stdin.write_all(b"ping\n").unwrap();
    let mut answer = [0_u8; 5];
    stdout.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"PING\n");
    assert_eq!(child.try_wait().unwrap(), None);
    let (exit, signal) = child.shut_down().unwrap();
    assert_eq!((exit, signal), (Exit::Signal(Signal(libc::SIGTERM)), Signal(libc::SIGTERM)));
    assert_eq!(child.try_wait().unwrap(), Some(exit), "asking again is fine");
    child.kill();
    let error = stdin.write_all(b"anybody\n").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn the_child_dies_with_the_thread_that_started_it() {
    let mut child = thread::spawn(|| python("", "import time; time.sleep(60)").spawn().unwrap()).join().unwrap();
    assert_eq!(child.wait().unwrap(), Exit::Signal(Signal(libc::SIGKILL)));
}

/// A directory that only this user can write, whatever the umask is.
fn private_directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Copies a program, in another process. Were it open for writing in this one, a child that another test has just forked
/// would have it open until its exec, and nobody could execute the copy.
fn copy_program(from: &Path, to: &Path) {
    assert!(std::process::Command::new("/bin/cp").args([from, to]).status().unwrap().success());
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
}

fn executable(path: &Path, bytes: &[u8]) {
    let source = private_directory();
    let source = source.path().join("source");
    fs::write(&source, bytes).unwrap();
    copy_program(&source, path);
}

fn copy_of_python(directory: &Path) -> PathBuf {
    let path = directory.join("python3");
    copy_program(&fs::canonicalize(PYTHON).unwrap(), &path);
    path
}

fn on_path(directories: &[&Path]) -> Subprocess {
    let path = std::env::join_paths(directories).unwrap();
    Subprocess::new(&policy(""), "python3").search_path(path)
}

#[test]
fn a_program_in_a_directory_that_others_can_write_is_passed_over() {
    let directory = private_directory();
    let planted = copy_of_python(directory.path());
    // The positive control: while nobody else can write there, it is the one that is found.
    assert_eq!(on_path(&[directory.path(), Path::new("/usr/bin")]).resolve().unwrap().path(), planted);
    for mode in [0o777, 0o1777, 0o707] {
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
        let found = on_path(&[directory.path(), Path::new("/usr/bin")]).resolve().unwrap();
        assert_eq!(found.path(), Path::new("/usr/bin/python3"), "mode {mode:o}");
        let error = on_path(&[directory.path()]).resolve().unwrap_err();
        assert!(error.to_string().contains("can be changed by others"), "{error}");
    }
}

#[test]
fn a_parent_that_others_can_write_counts_too_and_so_does_the_file() {
    let directory = private_directory();
    let inner = directory.path().join("bin");
    fs::create_dir(&inner).unwrap();
    let planted = copy_of_python(&inner);
    assert!(on_path(&[&inner]).resolve().is_ok());
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(on_path(&[&inner]).resolve().is_err());
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&planted, fs::Permissions::from_mode(0o757)).unwrap();
    assert!(on_path(&[&inner]).resolve().is_err());
}

#[test]
fn a_shim_is_passed_over_and_named_when_it_is_the_only_one() {
    let directory = private_directory();
    executable(&directory.path().join("python3"), b"#!/usr/bin/env bash\nexec pyenv exec python3 \"$@\"\n");
    let found = on_path(&[directory.path(), Path::new("/usr/bin")]).resolve().unwrap();
    assert_eq!(found.path(), Path::new("/usr/bin/python3"));
    let error = on_path(&[directory.path()]).resolve().unwrap_err().to_string();
    assert!(error.contains("is a script") && error.contains("interpreter = "), "{error}");
}

#[test]
fn a_name_that_is_a_link_to_another_program_is_refused() {
    let directory = private_directory();
    symlink("/bin/sh", directory.path().join("python3")).unwrap();
    let error = on_path(&[directory.path()]).resolve().unwrap_err().to_string();
    assert!(error.contains("link to another program"), "{error}");
    // The positive control: a link to Python is fine.
    let other = private_directory();
    symlink(PYTHON, other.path().join("python3")).unwrap();
    assert!(on_path(&[other.path()]).resolve().is_ok());
}

#[test]
fn relative_and_empty_entries_of_a_search_path_are_passed_over() {
    let error = Subprocess::new(&policy(""), "python3").search_path(":.:usr/bin").resolve().unwrap_err();
    assert!(error.to_string().contains("there is no program `python3`"), "{error}");
}

#[test]
fn a_pinned_program_that_was_replaced_is_not_started() {
    let directory = private_directory();
    let path = copy_of_python(directory.path());
    let command = on_path(&[directory.path()]);
    let program = command.resolve().unwrap();
    let start = || {
        Subprocess::pinned(&policy(""), &program).fixed_arg("-I").fixed_arg("-S").fixed_arg("-c").fixed_arg("").run()
    };
    assert!(start().unwrap().success());
    let new = directory.path().join("new");
    executable(&new, b"\x7fELF something else");
    fs::rename(&new, &path).unwrap();
    assert!(matches!(start(), Err(SpawnError::Program(ProgramRefused::Changed { .. }))));
}

#[test]
fn what_is_no_program_is_refused() {
    let directory = private_directory();
    let path = directory.path().join("python3");
    for bytes in [&b""[..], b"MZ", b"\x7fELF", &[b"\x7fELF\x02\x01\x01".as_slice(), &[0xff; 57]].concat()] {
        executable(&path, bytes);
        let error = on_path(&[directory.path()]).resolve().unwrap_err();
        assert!(
            error.to_string().contains("is not a 64-bit ELF program") || error.to_string().contains("cannot be read"),
            "{error}"
        );
    }
    fs::remove_file(&path).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o755), 0)
        .unwrap();
    assert!(on_path(&[directory.path()]).resolve().is_err());
}

#[test]
fn a_failure_before_the_exec_says_which_step() {
    let spec = SandboxSpec::new(policy("").sandbox()).scratch("/nonexistent");
    assert!(python("", "").sandbox(spec).run().is_err());
    let directory = private_directory();
    // An ELF header without a program behind it passes the look at its first bytes, and fails in the kernel.
    let mut bytes = fs::read(PYTHON).unwrap();
    bytes[18] = 0xff;
    executable(&directory.path().join("python3"), &bytes);
    let error = on_path(&[directory.path()]).run().unwrap_err();
    assert!(matches!(error, SpawnError::Start { action: "executing the program", .. }), "{error}");
}

#[test]
fn commands_that_the_policy_does_not_list_are_refused() {
    for name in [
        "rm",
        "cat",
        "curl",
        "wget",
        "nc",
        "bash",
        "sh",
        "python3; id",
        "./python3",
        "/usr/bin/env",
        "/usr/bin/python3",
    ] {
        assert!(matches!(Subprocess::new(&policy(""), name).run(), Err(SpawnError::Refused(_))), "{name}");
    }
    // The control: one of them, once it is listed.
    let listed = policy("[subprocess]\ncommand-whitelist = [\"cat\"]");
    assert_eq!(Subprocess::new(&listed, "cat").arg("/dev/null").run().unwrap().ending, Ending::Exited(Exit::Code(0)));
}

#[test]
fn options_of_an_interpreter_and_unpassable_arguments_are_refused() {
    let long = "x".repeat(200_000);
    for arguments in
        [&["-c", "import os"][..], &["-X", "importtime"], &["x.py\0-c"], &["x.py\n-c"], &[long.as_str()], &["$(id)"]]
    {
        let command = Subprocess::new(&policy(""), "python3").search_path("/usr/bin").args(arguments.iter().copied());
        assert!(matches!(command.run(), Err(SpawnError::Refused(_))), "{arguments:?}");
    }
}

#[test]
fn an_argument_that_passes_arrives_as_it_is_because_there_is_no_shell() {
    let arguments = ["$(id)", "`id`", "a|b", "a&b", "a>b", "a;b", "*", "~"];
    let settings = format!("interpreter = \"{PYTHON}\"\nargument-validation = false");
    let policy = policy(&format!("[subprocess]\n{settings}"));
    let command = Subprocess::new(&policy, "python3")
        .fixed_arg("-I")
        .fixed_arg("-c")
        .fixed_arg("import sys; print(sys.argv[1:])");
    let outcome = command.args(arguments).run().unwrap();
    let expected = format!("{arguments:?}\n").replace('"', "'");
    assert_eq!(String::from_utf8(outcome.stdout).unwrap(), expected);
}

#[test]
fn what_happens_is_recorded_once() {
    use crate::security_log::{EventKind, Filter, SecurityLogger};
    let logger = SecurityLogger::in_memory();
    let kinds = || -> Vec<EventKind> { logger.events(Filter::default()).iter().map(|event| event.kind()).collect() };
    Subprocess::new(&policy(""), "rm").logger(&logger).run().unwrap_err();
    assert_eq!(kinds(), [EventKind::CommandRefused]);
    python("", "pass").logger(&logger).env("LD_PRELOAD", "x").run().unwrap();
    assert_eq!(kinds()[1..], [EventKind::EnvironmentCleaned, EventKind::SubprocessStarted]);
    python("timeout = \"100ms\"", "import time; time.sleep(9)").logger(&logger).run().unwrap();
    assert_eq!(kinds()[3..], [EventKind::SubprocessStarted, EventKind::SubprocessTimeout]);
    python("max-buffer = \"10B\"", "print('x' * 99)").logger(&logger).run().unwrap();
    assert_eq!(kinds()[5..], [EventKind::SubprocessStarted, EventKind::SubprocessOutputLimit]);
    python("", "print('os.system(1)')").logger(&logger).run().unwrap();
    assert_eq!(kinds()[7..], [EventKind::SubprocessStarted, EventKind::OutputSuspicious]);
    // Nothing of an argument is in the log.
    assert!(logger.events(Filter::default()).iter().all(|event| !format!("{event:?}").contains("time.sleep")));
    let report = logger.report(Duration::from_secs(60));
    assert!(report.indicators().iter().any(|it| it.name == "validated commands" && it.value == "4 of 4"));
}
