//! tywrap against other bridges and against frames with nothing around them: `cargo bench -p tywrap-tests --bench peers [-- <scale>]`.
//!
//! Sets up a virtual environment, the other bridges and a host in release mode, then runs the programs of `benches/peers/`. What they
//! print goes into `benches/README.md`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints tables, and fails by panicking"
)]

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use tywrap_tests::{Bridges, Generator, Node, Packages, Venv};

fn main() {
    // Cargo says `--bench`.
    let scale = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_else(|| "1".to_owned());
    let venv = Venv::get(&Packages::BENCH).unwrap();
    let bridges = Bridges::get().unwrap();
    let generator = Generator::build_release("peers", "peers", "peers", &venv, &[("@WORKERS@", "1")]).unwrap();
    // Built in its place, so kept aside.
    let one = bridges.folder.join("host-with-one-worker");
    std::fs::copy(&generator.host, &one).unwrap();
    let four = Generator::build_release("peers", "peers", "peers", &venv, &[("@WORKERS@", "4")]).unwrap();
    four.install(&bridges.folder, "peers-python").unwrap();
    let here = Here { folder: &bridges.folder, host: &one, python: &venv.python() };

    println!(
        "{}",
        here.node(
            "peers.mjs",
            &[one.as_os_str(), here.python.as_os_str(), venv.site_packages().as_os_str(), scale.as_ref()]
        )
    );
    for (what, unit) in
        [("p99", "ms"), ("rate", "thousand calls a second"), ("processor", "µs of processor time a call")]
    {
        let numbers = here.medians("alone.mjs", ["tywrap", "pythonia"], &[what], 5);
        println!("alone, {what}: tywrap {:.3}, pythonia {:.3} {unit}", numbers[0], numbers[1]);
    }
    let starts = here.medians("start.mjs", ["tywrap", "pythonia", "raw frames"], &[], 21);
    println!(
        "start to the first result: tywrap {:.1} ms, pythonia {:.1} ms, raw frames with numpy {:.1} ms",
        starts[0], starts[1], starts[2]
    );
    let peaks = here.medians("memory.mjs", ["tywrap", "raw frames"], &[], 3).map(|bytes| bytes / f64::from(1 << 20));
    println!("peak memory of 1e6 multiply: tywrap {:.0} MiB, raw frames {:.0} MiB", peaks[0], peaks[1]);
    println!(
        "80 calls of 20 passes over 50,000 elements, ms with one worker and with four: {}",
        here.node("pool.mjs", &[one.as_os_str(), four.host.as_os_str()])
    );
}

/// What every program is given.
struct Here<'a> {
    folder: &'a Path,
    host: &'a Path,
    python: &'a Path,
}

impl Here<'_> {
    /// What a program prints.
    fn node(&self, program: &str, arguments: &[&OsStr]) -> String {
        let ended = Node::find()
            .unwrap()
            .run(self.folder.join(program))
            .args(arguments)
            .envs(Generator::homes())
            .dir(self.folder)
            .limit(Duration::from_mins(20))
            .run()
            .unwrap();
        assert!(ended.success(), "{}", ended.report());
        ended.stdout.trim_end().to_owned()
    }

    /// The median of the number that a program prints, for each contender, in turn.
    fn medians<const N: usize>(&self, program: &str, contenders: [&str; N], more: &[&str], rounds: usize) -> [f64; N] {
        let mut numbers = contenders.map(|_| Vec::new());
        for _ in 0..rounds {
            for (contender, numbers) in contenders.iter().zip(&mut numbers) {
                let mut arguments = vec![contender.as_ref(), self.host.as_os_str(), self.python.as_os_str()];
                arguments.extend(more.iter().map(OsStr::new));
                let printed = self.node(program, &arguments);
                numbers.push(printed.parse::<f64>().unwrap());
            }
        }
        numbers.map(|mut numbers| {
            numbers.sort_by(f64::total_cmp);
            numbers[numbers.len() / 2]
        })
    }
}
