//! Ten thousand programs and a hundred hosts, started and ended in every way they can end: nothing of them is left.
//!
//! A test of its own, because it counts the descriptors, children and memory of its whole process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "the seed says how to see it again")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tywrap_policy::Policy;
use tywrap_runtime::{
    Callable, CallableKind, Child, CompiledPolicy, Ending, Endpoint, Exit, Host, Integers, Module, Param, ParamKind,
    SandboxSpec, Schema, Signature, SpawnError, Subprocess,
};

/// Programs that are started.
const CYCLES: usize = 10_000;

/// Hosts that are started, each with two workers.
const HOSTS: usize = 100;

/// What memory may differ by, in bytes, between one tenth of the way and the end: a tenth of a byte per cycle would be a leak that matters to nobody,
/// and the allocator keeps pages as it sees fit.
const SLACK: u64 = 4 << 20;

/// Programs and what they do: policies let nobody give an interpreter code on the command line, so they are files.
const PROGRAMS: &[(&str, &str)] = &[
    ("ends", ""),
    ("waits", "import time; time.sleep(60)"),
    (
        "stays",
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('.', flush=True)\ntime.sleep(60)",
    ),
    ("floods", "while True: print('x' * 65536)"),
    ("crashes", "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"),
    ("stops", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
    ("closes", "import os, time\nfor fd in range(3): os.close(fd)\ntime.sleep(60)"),
    // Without a sandbox it may have children, which are of its group.
    ("breeds", "import os, time\nfor _ in range(3): os.fork()\ntime.sleep(60)"),
];

/// Python in a directory of programs, in a sandbox or not.
struct World {
    directory: tempfile::TempDir,
    policy: Policy,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (name, source) in PROGRAMS {
            fs::write(directory.path().join(name).with_extension("py"), source).unwrap();
        }
        let text = "[subprocess]\ninterpreter = \"/usr/bin/python3\"\nkill-grace = \"5ms\"\nmax-buffer = \"100KiB\"\n";
        let policy = Policy::parse(text, Path::new("/app/tywrap.toml")).unwrap().policy;
        Self { directory, policy }
    }

    fn command(&self, program: &str, sandboxed: bool) -> Subprocess {
        let script = self.directory.path().join(program).with_extension("py");
        let command = Subprocess::new(&self.policy, "python3").arg(script.to_str().unwrap());
        let spec = SandboxSpec::new(self.policy.sandbox()).read(script);
        if sandboxed { command.sandbox(spec) } else { command }
    }

    /// Starts a program and ends it, or lets it end, and says in which way.
    fn cycle(&self, random: &mut fastrand::Rng) -> &'static str {
        let (program, _) = random.choice(PROGRAMS).copied().unwrap();
        let sandboxed = program != "breeds" && random.u8(..) < 200;
        let command = self.command(program, sandboxed);
        let moment = Duration::from_micros(random.u64(0..12_000));
        match random.u8(0..10) {
            0..3 => {
                let outcome = command.timeout(moment).run().unwrap();
                assert!(!matches!(outcome.ending, Ending::Exited(Exit::Code(code)) if code != 0), "{outcome:?}");
                return "run to its end or its time";
            }
            3 => {
                // Without descriptors to be had nothing starts, and nothing of what began is left.
                let before = getrlimit(Resource::Nofile);
                let limit = descriptors() + random.u64(0..12);
                setrlimit(Resource::Nofile, Rlimit { current: Some(limit), ..before }).unwrap();
                let started = command.spawn();
                setrlimit(Resource::Nofile, before).unwrap();
                return match started {
                    Ok(_) => "started with the last descriptors",
                    Err(SpawnError::System { .. } | SpawnError::Program(_)) => "not started for want of descriptors",
                    Err(other) => panic!("{other}"),
                };
            }
            _ => {}
        }
        let mut child = command.spawn().unwrap();
        std::thread::sleep(moment);
        end(&mut child, random)
    }
}

fn end(child: &mut Child, random: &mut fastrand::Rng) -> &'static str {
    match random.u8(0..5) {
        0 => "dropped",
        1 => {
            child.kill();
            "killed and dropped"
        }
        2 => {
            child.shut_down().unwrap();
            "shut down"
        }
        3 => {
            drop((child.take_stdin(), child.take_stdout(), child.take_stderr()));
            child.shut_down().unwrap();
            "shut down behind closed pipes"
        }
        _ => {
            child.terminate();
            child.kill();
            child.wait().unwrap();
            "killed and waited for"
        }
    }
}

static MATH: Module = Module {
    name: "math",
    package: "tests",
    digest: "d1",
    policy_digest: "",
    classes: &[],
    callables: &[Callable {
        path: "sqrt",
        kind: CallableKind::Function,
        signatures: &[0],
        integers: Integers::Number,
        result: None,
    }],
    signatures: &[Signature { first: 0, count: 1 }],
    params: &[Param { name: "x", kind: ParamKind::PosOnly, optional: false, schema: 0 }],
    schemas: &[Schema::Float],
};

/// A host that serves, calls and ends, with a client that says something or nothing, and goes.
fn host(directory: &Path, random: &mut fastrand::Rng) {
    use sha2::Digest as _;
    let text =
        "[subprocess]\ninterpreter = \"/usr/bin/python3\"\n[sandbox]\nscratch = \"private\"\n[wire]\nworkers = 2\n";
    let digest: String = sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    let policy = CompiledPolicy { path: "/nowhere/tywrap.toml", directory: "/nowhere", digest: digest.leak(), text };
    let builder = Host::builder(policy).module(&MATH).audit_log(directory.join("audit.jsonl"));
    let host = builder.cache_directory(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")).build().unwrap();
    let socket = directory.join("socket");
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| host.serve(Endpoint::Unix(socket.clone())).unwrap());
        if random.bool() {
            assert!(host.call(&MATH, "sqrt", vec![4.into()], vec![]).is_ok());
        }
        let client = loop {
            match UnixStream::connect(&socket) {
                Ok(client) => break client,
                Err(_) => assert!(!serving.is_finished()),
            }
            std::thread::sleep(Duration::from_micros(100));
        };
        if random.bool() {
            let _ = (&client).write_all(&[0xff; 64]);
        }
        if random.bool() {
            drop(client);
        }
        host.stop();
        serving.join().unwrap();
    });
}

/// Open descriptors of this process.
fn descriptors() -> u64 {
    fs::read_dir("/proc/self/fd").unwrap().count() as u64
}

/// Children of this process, zombies among them.
fn children() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.map(of).filter(|children| !children.is_empty()).collect()
}

/// Processes that run one of the programs.
fn running(directory: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let command = |process: fs::DirEntry| fs::read(process.path().join("cmdline")).unwrap_or_default();
    let text = |command: Vec<u8>| String::from_utf8_lossy(&command).replace('\0', " ");
    processes.map(command).map(text).filter(|it| it.contains(directory.to_str().unwrap())).collect()
}

/// Bytes of memory in use.
fn memory() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let resident: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    resident * rustix::param::page_size() as u64
}

fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn nothing_is_left_of_ten_thousand_programs_and_a_hundred_hosts() {
    let seed = std::env::var("TYWRAP_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("TYWRAP_SEED={seed} sees the same again");
    let mut random = fastrand::Rng::with_seed(seed);

    let world = World::new();
    // A socket's directory must be its user's alone.
    let hosts = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o700)).tempdir().unwrap();
    // Scratch directories are made where temporary files are.
    let temporary = std::env::temp_dir();
    let scratch = || {
        let names = fs::read_dir(&temporary).unwrap().flatten().map(|entry| entry.file_name());
        names.filter(|name| name.to_str().is_some_and(|name| name.starts_with("tywrap-scratch-"))).count()
    };
    let (scratch_before, programs) = (scratch(), entries(world.directory.path()));

    let mut ways: BTreeMap<&str, usize> = BTreeMap::new();
    let mut early = None;
    for cycle in 0..CYCLES {
        *ways.entry(world.cycle(&mut random)).or_default() += 1;
        if cycle % (CYCLES / HOSTS) == 0 {
            host(hosts.path(), &mut random);
        }
        if cycle == CYCLES / 10 {
            early = Some((descriptors(), memory()));
        }
    }
    eprintln!("{ways:#?}");
    assert!(ways.len() >= 7 && ways.values().all(|&count| count > CYCLES / 200), "each way was taken: {ways:?}");

    let (descriptors_early, memory_early) = early.unwrap();
    let grown = memory().saturating_sub(memory_early);
    eprintln!("memory: {memory_early} bytes after {}, {grown} more after {CYCLES}", CYCLES / 10);
    assert_eq!(descriptors(), descriptors_early);
    assert!(grown < SLACK, "{grown} bytes");
    assert_eq!(children(), [""; 0]);
    // What lived without its parent is init's to reap, which takes a moment.
    let gone = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        running(world.directory.path()).is_empty()
    });
    assert!(gone, "{:?}", running(world.directory.path()));
    assert_eq!(entries(world.directory.path()), programs);
    assert_eq!(scratch(), scratch_before);
    // The audit file is meant to stay, with its lock and its heads; the socket is not.
    assert_eq!(entries(hosts.path()), 3);
    for name in ["audit.jsonl", "audit.jsonl.lock", "audit.jsonl.heads"] {
        drop(File::open(hosts.path().join(name)).unwrap());
    }
}
