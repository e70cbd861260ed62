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

use std::time::Duration;

use tywrap_tests::{Bridges, Generator, Node, Packages, Venv};

fn main() {
    // Cargo says `--bench`.
    let scale = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_else(|| "1".to_owned());
    let venv = Venv::get(&Packages::BENCH).unwrap();
    let bridges = Bridges::get().unwrap();
    let generator = Generator::build_release("peers", "peers", "peers", &venv, &[("@WORKERS@", "1")]).unwrap();
    generator.install(&bridges.folder, "peers-python").unwrap();
    let ended = Node::find()
        .unwrap()
        .run(bridges.folder.join("peers.mjs"))
        .arg(&generator.host)
        .arg(venv.python())
        .arg(venv.site_packages())
        .arg(scale)
        .envs(Generator::homes())
        .dir(&bridges.folder)
        .limit(Duration::from_mins(20))
        .run()
        .unwrap();
    assert!(ended.success(), "{}", ended.report());
    println!("{}", ended.stdout);
    starts(&bridges, &generator, &venv);
}

/// From nothing to the first result, each in a Node of its own, in turn.
fn starts(bridges: &Bridges, generator: &Generator, venv: &Venv) {
    let names = ["tywrap", "pythonia", "raw frames"];
    let mut times = names.map(|_| Vec::new());
    for _ in 0..21 {
        for (name, times) in names.iter().zip(&mut times) {
            let ended = Node::find()
                .unwrap()
                .run(bridges.folder.join("start.mjs"))
                .arg(name)
                .arg(&generator.host)
                .arg(venv.python())
                .envs(Generator::homes())
                .dir(&bridges.folder)
                .run()
                .unwrap();
            times.push(ended.stdout.trim().parse::<f64>().unwrap());
        }
    }
    let medians = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    println!("| start to the first result | {} |", names.join(" | "));
    println!("| | {:.1} ms | {:.1} ms | {:.1} ms |", medians[0], medians[1], medians[2]);
}
