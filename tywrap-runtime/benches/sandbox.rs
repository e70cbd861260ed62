//! What the sandbox costs: starting Python in it, a round trip through its pipes, and starting from a host with much memory. Each
//! pair alternates, and the table has medians: `cargo bench -p tywrap-runtime --bench sandbox`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people, which may fail loudly")]

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("there is no sandbox for this operating system");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::path::Path;
    use std::time::{Duration, Instant};

    use tywrap_policy::Policy;
    use tywrap_runtime::{SandboxSpec, Subprocess};

    /// Rounds of each pair. The project asks for 40 or more.
    const ROUNDS: usize = 60;
    /// Round trips in one round.
    const TRIPS: u32 = 2_000;
    /// What a host with much memory has.
    const MEMORY: usize = 2 << 30;

    pub(super) fn main() {
        let text = "[subprocess]\ninterpreter = \"/usr/bin/python3\"\n";
        let policy = Policy::parse(text, Path::new("/app/tywrap.toml")).unwrap().policy;
        let strict = format!("{text}[sandbox]\nstrict-syscalls = true\n");
        let strict = Policy::parse(&strict, Path::new("/app/tywrap.toml")).unwrap().policy;

        println!("| | plain | sandbox | ratio | strict-syscalls | ratio |\n|---|---|---|---|---|---|");
        let scripts = Scripts::new();
        let start = |policy: &Policy, sandboxed: bool| {
            let begin = Instant::now();
            let outcome = scripts.command(policy, sandboxed, "nothing.py").run().unwrap();
            assert!(outcome.success(), "{outcome:?}");
            begin.elapsed()
        };
        row("start of Python, to its end", &policy, &strict, &start);
        row("round trip of 64 bytes through its pipes", &policy, &strict, &|policy, sandboxed| {
            scripts.round_trip(policy, sandboxed)
        });

        let memory = touched(MEMORY);
        row(&format!("start from a host with {} GiB in use", MEMORY >> 30), &policy, &strict, &start);
        drop(memory);
    }

    /// Programs in files: a policy lets nobody give an interpreter options.
    struct Scripts(tempfile::TempDir);

    impl Scripts {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let echo = "import os\nwhile True: os.write(1, os.read(0, 64) or os._exit(0))\n";
            for (name, source) in [("nothing.py", ""), ("echo.py", echo)] {
                std::fs::write(directory.path().join(name), source).unwrap();
            }
            Self(directory)
        }

        fn command(&self, policy: &Policy, sandboxed: bool, script: &str) -> Subprocess {
            let script = self.0.path().join(script);
            let command = Subprocess::new(policy, "python3").arg(script.to_str().unwrap());
            let spec = SandboxSpec::new(policy.sandbox()).read(script);
            if sandboxed { command.sandbox(spec) } else { command }
        }

        /// The time of one round trip.
        fn round_trip(&self, policy: &Policy, sandboxed: bool) -> Duration {
            let mut child = self.command(policy, sandboxed, "echo.py").spawn().unwrap();
            let (stdin, stdout) = (child.take_stdin().unwrap(), child.take_stdout().unwrap());
            let (mut stdin, mut stdout) = (File::from(stdin), File::from(stdout));
            let mut bytes = [7_u8; 64];
            let mut trip = || {
                stdin.write_all(&bytes).unwrap();
                stdout.read_exact(&mut bytes).unwrap();
            };
            trip();
            let begin = Instant::now();
            (0..TRIPS).for_each(|_| trip());
            begin.elapsed() / TRIPS
        }
    }

    /// Memory that is really there.
    fn touched(bytes: usize) -> Vec<u8> {
        let mut memory = vec![0_u8; bytes];
        memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        memory
    }

    fn row(what: &str, policy: &Policy, strict: &Policy, measure: &dyn Fn(&Policy, bool) -> Duration) {
        let mut times: [Vec<Duration>; 3] = Default::default();
        for _ in 0..ROUNDS {
            let round = [measure(policy, false), measure(policy, true), measure(strict, true)];
            times.iter_mut().zip(round).for_each(|(times, time)| times.push(time));
        }
        let [plain, sandbox, strict] = times.map(|mut times| {
            times.sort();
            times.get(times.len() / 2).copied().unwrap_or_default()
        });
        let ratio = |time: Duration| time.as_secs_f64() / plain.as_secs_f64();
        println!(
            "| {what} | {plain:.2?} | {sandbox:.2?} | {:.3} | {strict:.2?} | {:.3} |",
            ratio(sandbox),
            ratio(strict)
        );
    }
}
