//! The `runtime-*` entries of the attack corpus, each run inside the sandbox and, as a positive control, outside of any.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "what a machine could not be attacked with is worth reading")]

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::Deserialize;
use tywrap_policy::Policy;

use super::*;
use crate::subprocess::{Ending, Outcome, Subprocess};

const PYTHON: &str = "/usr/bin/python3";
const CORPUS: &str = include_str!("../../../tests/attacks/corpus.json");
const PRELUDE: &str = include_str!("../../../tests/attacks/prelude.py");

/// Runs the attack and says what came of it in one line.
const RUNNER: &str = "
import sys
def attack():
    names = {}
    try:
        exec(compile(SOURCE, 'attack', 'exec'), names)
    except BaseException as error:
        print('DENIED', type(error).__name__, error)
    else:
        print('GOT', repr(names['result'])[:80]) if names.get('result') is not None else print('DENIED no result')
    sys.stdout.flush()
attack()
";

#[derive(Deserialize)]
struct Entry {
    id: String,
    category: String,
    input: serde_json::Value,
    expect: String,
}

struct Attack {
    id: String,
    source: String,
    expect: String,
}

/// The world an attack aims at.
struct Target {
    root: tempfile::TempDir,
    scratch: tempfile::TempDir,
    victim: std::process::Child,
    port: TcpListener,
    abstract_name: String,
    /// Opened the careless way, without close-on-exec, as any library in the host might.
    _leaked: OwnedFd,
}

impl Target {
    fn new() -> Self {
        use std::os::linux::net::SocketAddrExt as _;
        let root = tempfile::tempdir().unwrap();
        for directory in ["victim/.ssh", "scr", "venv/lib/python3.11/site-packages"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        for file in ["victim/secret.txt", "victim/.ssh/id_rsa", "venv/pyvenv.cfg"] {
            fs::write(root.path().join(file), "secret").unwrap();
        }
        let path_socket = UnixListener::bind(root.path().join("victim/sock")).unwrap();
        // Tests run side by side, and abstract names are the whole machine's.
        static TARGETS: AtomicU32 = AtomicU32::new(0);
        let name = format!("tywrap-victim-{}-{}", std::process::id(), TARGETS.fetch_add(1, Ordering::Relaxed));
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let abstract_socket = UnixListener::bind_addr(&address).unwrap();
        for listener in [path_socket, abstract_socket] {
            // Ends with the test's process; it greets whoever gets through.
            std::thread::spawn(move || {
                while let Ok((mut stream, _)) = listener.accept() {
                    let _ = stream.write_all(b"hello");
                }
            });
        }
        let victim = Command::new(PYTHON)
            .args(["-I", "-S", "-c", "import time; time.sleep(600)"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let leaked = rustix::io::dup(fs::File::open("/etc/hostname").unwrap()).unwrap();
        rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
        Self {
            _leaked: leaked,
            root,
            scratch: tempfile::tempdir().unwrap(),
            victim,
            port: TcpListener::bind("127.0.0.1:0").unwrap(),
            abstract_name: name,
        }
    }

    fn fill(&self, source: &str) -> String {
        source
            .replace("@ROOT@", self.root.path().to_str().unwrap())
            .replace("@SCRATCH@", self.scratch.path().to_str().unwrap())
            .replace("@VIC@", &self.victim.id().to_string())
            .replace("@PORT@", &self.port.local_addr().unwrap().port().to_string())
            .replace("@PPID@", &std::process::id().to_string())
            .replace("tywrap-victim", &self.abstract_name)
            // Enough to pass the limit of the sandbox, and an end where there is none.
            .replace(
                "while True: x.append(bytearray(64<<20))",
                "while len(x) < 40: x.append(bytearray(64<<20))\nresult=len(x)",
            )
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
        // The positive control of the mount attack, where it had the capability.
        let _ = Command::new("/bin/umount").arg(self.scratch.path()).stderr(Stdio::null()).status();
    }
}

fn attacks() -> Vec<Attack> {
    // Other categories hold lone surrogates, which no Rust string can.
    let text = CORPUS.replace("\\ud", "\\u0");
    let entries: Vec<Entry> = serde_json::from_str(&text).unwrap();
    entries
        .into_iter()
        .filter(|entry| entry.category.starts_with("runtime-"))
        .map(|entry| {
            let text = |key: &str| entry.input.get(key).and_then(|value| value.as_str()).unwrap_or_default();
            let prelude = if entry.input.get("prelude").is_some_and(|value| value == true) { PRELUDE } else { "" };
            let source = format!("{prelude}\n{}\n{}", text("preload"), text("python"));
            Attack { id: entry.id, source, expect: entry.expect }
        })
        .collect()
}

fn policy() -> Policy {
    let text = format!(
        "[subprocess]\ninterpreter = \"{PYTHON}\"\ntimeout = \"3s\"\nkill-grace = \"100ms\"\n\
         [sandbox]\nmemory = \"2GiB\"\nfile-size = \"16MiB\"\ncpu-time = \"10s\""
    );
    Policy::parse(&text, Path::new("/app/tywrap.toml")).expect("a valid policy").policy
}

fn script(source: &str) -> String {
    format!("SOURCE = {}\n{RUNNER}", serde_json::to_string(source).unwrap())
}

fn inside(target: &Target, source: &str) -> Outcome {
    inside_of(target, source, &|spec| spec)
}

/// Inside of a sandbox that `change` makes of the usual one.
fn inside_of(target: &Target, source: &str, change: &dyn Fn(SandboxSpec) -> SandboxSpec) -> Outcome {
    let policy = policy();
    let spec = change(SandboxSpec::new(policy.sandbox()).scratch(target.scratch.path()));
    Subprocess::new(&policy, "python3")
        .fixed_arg("-I")
        .fixed_arg("-S")
        .fixed_arg("-B")
        .fixed_arg("-c")
        .fixed_arg(script(&target.fill(source)))
        .sandbox(spec)
        .run()
        .expect("the sandbox starts")
}

/// Without any guard: no group, no filter, no limits. `timeout` is coreutils'.
fn outside(target: &Target, source: &str) -> String {
    let output = Command::new("/usr/bin/timeout")
        .args(["--signal=KILL", "2", PYTHON, "-I", "-S", "-B", "-c"])
        .arg(script(&target.fill(source)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.is_empty() { format!("ENDED {}", output.status) } else { said }
}

/// What got out: the attack's own line, or the line that a program it started printed.
fn succeeded(said: &str) -> bool {
    said.contains("GOT ") || said.contains("\"ok\"") || said.contains("{ok:")
}

#[test]
fn the_corpus_is_denied_inside_and_works_outside() {
    let mut wrong = Vec::new();
    let mut without_control = Vec::new();
    let mut controlled = 0;
    for attack in attacks() {
        let target = Target::new();
        let outcome = inside(&target, &attack.source);
        let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
        let line = format!(
            "{}: {:?} {} {}",
            attack.id,
            outcome.ending,
            said.trim(),
            String::from_utf8_lossy(&outcome.stderr).trim()
        );
        match attack.expect.as_str() {
            "denied" if succeeded(&said) => wrong.push(line),
            "allowed" if !succeeded(&said) => wrong.push(line),
            "denied" => {
                let control = outside(&target, &attack.source);
                // Without a guard nothing ends it but this test's patience.
                let endless = attack.source.contains("while True: pass") || attack.source.contains("(a+)+$");
                if succeeded(&control) || (endless && control.starts_with("ENDED")) {
                    controlled += 1;
                } else {
                    without_control.push(format!("{}: {}", attack.id, control.trim()));
                }
            }
            // `contained` and `residual`: either result is fine, but the process must have come to an end by itself.
            _ => {}
        }
    }
    eprintln!("{controlled} attacks are denied inside and succeed outside");
    eprintln!("no control on this machine, so not counted:\n  {}", without_control.join("\n  "));
    assert!(wrong.is_empty(), "not as the corpus expects:\n{}", wrong.join("\n"));
    assert!(controlled >= 35, "only {controlled} attacks work without the guard, which says little about the guard");
}

fn holds(source: &str) {
    let target = Target::new();
    let outcome = inside(&target, source);
    let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(succeeded(&said), "{source}\n{:?} {said} {}", outcome.ending, String::from_utf8_lossy(&outcome.stderr));
}

fn denied(source: &str) {
    let target = Target::new();
    let source = format!("{PRELUDE}\n{source}");
    let outcome = inside(&target, &source);
    let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(!succeeded(&said), "{source}\n{said}");
    let control = outside(&target, &source);
    assert!(succeeded(&control), "the control fails, too: {source}\n{control}");
}

fn strict(spec: SandboxSpec) -> SandboxSpec {
    SandboxSpec { strict_syscalls: true, ..spec }
}

/// Stricter than usual, and on older kernels: what the corpus expects there holds too. Attacks on the limits take seconds each, and
/// have nothing to do with either.
#[test]
fn the_corpus_is_denied_in_strict_mode_and_on_older_kernels() {
    let newest = linux::Kernel::probe().landlock;
    type Change = Box<dyn Fn(SandboxSpec) -> SandboxSpec>;
    let mut modes: Vec<(String, Change)> = vec![("strict".into(), Box::new(strict))];
    for abi in 1..newest.min(7) {
        modes.push((format!("Landlock ABI {abi}"), Box::new(move |spec| spec.landlock_up_to(abi))));
    }
    let attacks = attacks();
    let mut wrong = Vec::new();
    for (mode, change) in &modes {
        for attack in attacks.iter().filter(|attack| !attack.id.starts_with("rt-res")) {
            let outcome = inside_of(&Target::new(), &attack.source, change);
            let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
            let as_expected = match attack.expect.as_str() {
                "denied" => !succeeded(&said),
                "allowed" => succeeded(&said),
                _ => true,
            };
            if !as_expected {
                let stderr = String::from_utf8_lossy(&outcome.stderr);
                wrong.push(format!("{mode}, {}: {} {}", attack.id, said.trim(), stderr.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "not as the corpus expects:\n{}", wrong.join("\n"));
}

/// The control: a call that only the list of allowed ones refuses.
#[test]
fn strict_mode_refuses_what_is_not_listed() {
    // getxattr of a file that may be read: nothing is changed by it, and Python can do without.
    let source = "import os\ntry: os.getxattr('/usr/bin/python3', 'user.none')\nexcept OSError as e:\n    if e.errno == 38: raise\nresult='asked'";
    let target = Target::new();
    let said = |outcome: Outcome| String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(succeeded(&said(inside(&target, source))));
    assert!(said(inside_of(&target, source, &strict)).contains("Function not implemented"));
}

#[test]
fn python_has_what_it_needs() {
    for source in NEEDED {
        holds(source);
        let outcome = inside_of(&Target::new(), source, &strict);
        let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert!(succeeded(&said), "strict: {source}\n{said} {}", String::from_utf8_lossy(&outcome.stderr));
    }
}

const NEEDED: &[&str] = &[
    // Threads, locks, and the pair that wakes an event loop.
    "import threading\nr=[]\nt=[threading.Thread(target=r.append, args=(i,)) for i in range(16)]\nfor x in t: x.start()\nfor x in t: x.join()\nresult=sorted(r)",
    "import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 'slept'\nresult=asyncio.run(f())",
    "import hashlib, ssl, zoneinfo, decimal, json, uuid, random, os\nresult=(hashlib.sha256(b'').hexdigest(), str(uuid.uuid4()), os.urandom(4))",
    "import datetime\nresult=datetime.datetime.now().astimezone().isoformat()",
    "import os, signal\nsignal.signal(signal.SIGUSR1, lambda *a: None)\nos.kill(os.getpid(), signal.SIGUSR1)\nsignal.raise_signal(signal.SIGUSR1)\nresult='signalled itself'",
    "import mmap\nm=mmap.mmap(-1, 1<<20); m[:3]=b'abc'; result=m[:3]",
    "import resource\nresult=resource.getrlimit(resource.RLIMIT_AS)",
    "import os\nresult=os.cpu_count()",
    "import os\nos.makedirs('@SCRATCH@/a/b'); open('@SCRATCH@/a/b/f','w').write('x'); os.rename('@SCRATCH@/a/b/f','@SCRATCH@/a/b/g'); os.unlink('@SCRATCH@/a/b/g'); os.rmdir('@SCRATCH@/a/b'); result=os.getcwd()",
];

/// Attacks of the same kinds that the corpus does not list.
#[test]
fn neighbours_of_the_corpus_are_denied() {
    for source in [
        // A pair of datagram sockets can be connected anew, to anybody's socket.
        "a,b=socket.socketpair(socket.AF_UNIX,socket.SOCK_DGRAM); result='pair'",
        // A signal by way of a descriptor's owner.
        "import fcntl\nr,w=os.pipe(); fcntl.fcntl(r,fcntl.F_SETOWN,@VIC@); result='owner set'",
        // Every other way to reach a process by its number.
        "os.kill(@VIC@,0); result='signalled'",
        "result=sc(434,@VIC@,0)",
        "sc(200,@VIC@,0); result='signalled a thread'",
        "os.sched_setaffinity(@VIC@,{0}); result='pinned'",
        "os.truncate('@ROOT@/victim/secret.txt',0); result='truncated'",
        "os.memfd_create('x'); result='memory that no limit counts'",
        "f=os.memfd_create('x'); os.write(f,open('/bin/echo','rb').read()); os.execve(f,['x','GOT program'],{})",
        // A number beyond those that the filter knows, here setxattrat. Outside the kernel reads its arguments (EFAULT).
        "try: sc(463,-100,None,0,None,None,0)\nexcept OSError as e:\n    if e.errno==38: raise\n    result='reached the kernel'",
    ] {
        denied(source);
    }
}

/// A descriptor for reading is enough for an owner to change a file's flags. The file must be one it may read, and
/// the scratch directory has one; its flags are nobody's business inside, but the call is the same.
#[test]
fn flags_of_files_cannot_be_changed_through_a_descriptor_for_reading() {
    denied(
        "import fcntl\nopen('@SCRATCH@/f','w').close(); f=os.open('@SCRATCH@/f',os.O_RDONLY)\n\
         fcntl.ioctl(f,0x40086602,struct.pack('l',0x80)); result='flags set'",
    );
}

#[test]
fn a_second_exec_is_denied_even_of_the_interpreter_itself() {
    denied("os.execv('/usr/bin/python3',['p','-c','print(\\'{\"ok\":\"RE-EXEC\"}\\')'])");
    // By descriptor, as the host itself does it.
    denied("f=os.open('/usr/bin/python3',os.O_RDONLY); os.execve(f,['p','-c','print(\\'{\"ok\":\"RE-EXEC\"}\\')'],{})");
}

#[test]
fn a_sandboxed_program_that_takes_too_long_is_ended() {
    let outcome = inside(&Target::new(), "while True: pass");
    assert!(matches!(outcome.ending, Ending::TimedOut { after, .. } if after == Duration::from_secs(3)));
}

#[test]
fn a_sandboxed_program_dies_with_the_thread_that_started_it() {
    use crate::subprocess::{Exit, Signal};
    let policy = policy();
    let spawn = move || {
        let command = Subprocess::new(&policy, "python3").fixed_arg("-I").fixed_arg("-S").fixed_arg("-c");
        let command = command.fixed_arg("import time; time.sleep(60)").sandbox(SandboxSpec::new(policy.sandbox()));
        command.spawn().unwrap()
    };
    let mut child = std::thread::spawn(spawn).join().unwrap();
    assert_eq!(child.wait().unwrap(), Exit::Signal(Signal(libc::SIGKILL)));
}

#[test]
fn no_capability_is_left() {
    let sets = "d=ctypes.create_string_buffer(24); sc(125,ctypes.c_char_p(struct.pack('Ii',0x20080522,0)),d)\n";
    let none = format!("{PRELUDE}\n{sets}if any(d.raw): raise OSError(1,'capabilities %r'%d.raw)\nresult='none'");
    holds(&none);
    if rustix::process::geteuid().is_root() {
        assert!(!succeeded(&outside(&Target::new(), &none)), "the control: root has some");
    }
}

#[test]
fn older_kernels_qualify_where_seccomp_closes_the_gap() {
    use tywrap_policy::section::{Enforcement, Network, Property};
    let spec = SandboxSpec::new(policy().sandbox());
    let with = |landlock, seccomp| linux::assess(linux::Kernel { landlock, seccomp }, &spec);
    for abi in 1..=10 {
        assert!(with(abi, true).require(&Enforcement::Required).is_ok(), "abi {abi}");
    }
    let missing = with(0, true).require(&Enforcement::Required).unwrap_err();
    assert_eq!(missing.property, Property::Filesystem);
    for property in Property::ALL {
        assert!(!with(7, false).holds(*property), "{property} without seccomp");
    }
    let mut ports = spec.clone();
    ports.network = Network::AllowTcp([443].into());
    let status = |landlock| linux::assess(linux::Kernel { landlock, seccomp: true }, &ports);
    assert!(!status(3).holds(Property::Network) && status(4).holds(Property::Network));
}

#[test]
fn tcp_is_allowed_to_the_listed_ports_only() {
    use tywrap_policy::section::Network;
    if linux::Kernel::probe().landlock < 4 {
        eprintln!("single ports need Landlock ABI 4, so this says nothing here");
        return;
    }
    let other = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let target = Target::new();
    let listed = target.port.local_addr().unwrap().port();
    let policy = policy();
    let try_port = |port: u16, call: &str| {
        let mut spec = SandboxSpec::new(policy.sandbox());
        spec.network = Network::AllowTcp([listed].into());
        let source =
            format!("import socket\ns=socket.socket({call})\ns.connect(('127.0.0.1',{port}))\nresult='connected'");
        let outcome = Subprocess::new(&policy, "python3")
            .fixed_arg("-I")
            .fixed_arg("-S")
            .fixed_arg("-c")
            .fixed_arg(script(&source))
            .sandbox(spec)
            .run()
            .unwrap();
        String::from_utf8(outcome.stdout).unwrap()
    };
    assert!(succeeded(&try_port(listed, "")));
    assert!(try_port(other, "").contains("PermissionError"));
    assert!(try_port(listed, "socket.AF_INET, socket.SOCK_DGRAM").contains("PermissionError"));
    assert!(try_port(listed, "socket.AF_INET, socket.SOCK_STREAM, 262").contains("PermissionError"), "Multipath TCP");
    assert!(try_port(listed, "socket.AF_UNIX").contains("PermissionError"));
}
