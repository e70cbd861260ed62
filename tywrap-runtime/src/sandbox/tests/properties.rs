//! What the sandbox gives and what it keeps, property by property.

use std::net::TcpListener;
use std::time::Duration;

use super::*;
use crate::subprocess::Ending;

/// The control: a call that only the list of allowed ones refuses.
#[test]
fn strict_mode_refuses_what_is_not_listed() {
    // getxattr of a file that may be read: nothing is changed by it, and Python can do without.
    let source = "import os\ntry: os.getxattr('/usr/bin/python3', 'user.none')\nexcept OSError as e:\n    if e.errno == 38: raise\nresult='asked'";
    let target = Target::new();
    assert!(succeeded(&said(&inside(&target, source))));
    assert!(said(&inside_of(&target, source, &strict)).contains("Function not implemented"));
}

fn holds(source: &str) {
    let outcome = inside(&Target::new(), source);
    assert!(succeeded(&said(&outcome)), "{source}\n{outcome:?}");
}

#[test]
fn python_has_what_it_needs() {
    for source in NEEDED {
        holds(source);
        let outcome = inside_of(&Target::new(), source, &strict);
        assert!(succeeded(&said(&outcome)), "strict: {source}\n{outcome:?}");
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
fn without_landlock_nothing_is_started_and_the_message_says_what_to_do() {
    use crate::subprocess::SpawnError;
    let target = Target::new();
    let policy = policy();
    let start = |spec: SandboxSpec| {
        let trace = format!("open({:?},'w')", target.scratch().join("started"));
        let command =
            Subprocess::new(&policy, "python3").fixed_arg("-I").fixed_arg("-S").fixed_arg("-c").fixed_arg(trace);
        command.sandbox(spec.scratch(target.scratch()).landlock_up_to(0)).run()
    };
    let spec = SandboxSpec::new(policy.sandbox());
    let Err(SpawnError::NotEnforced(refused)) = start(spec.clone()) else { panic!("it was started") };
    assert!(!target.scratch().join("started").exists());
    let text = refused.to_string();
    for part in [
        "cannot enforce `filesystem` on Linux",
        "Linux has it from 5.13 on, where the kernel's parameter `lsm=` names `landlock`",
        "write `enforcement = { accept-degraded = { linux = [\"filesystem\"] } }` under `[sandbox]`",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // The control: what the message says is what helps.
    let accepted = format!(
        "[subprocess]\ninterpreter = \"{PYTHON}\"\n[sandbox]\n{}",
        "enforcement = { accept-degraded = { linux = [\"filesystem\"] } }"
    );
    let accepted = Policy::parse(&accepted, Path::new("/app/tywrap.toml")).unwrap().policy;
    let outcome = start(SandboxSpec { enforcement: accepted.sandbox().enforcement.clone(), ..spec }).unwrap();
    assert!(outcome.success() && target.scratch().join("started").exists(), "{outcome:?}");
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
    let listed = target.port();
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
