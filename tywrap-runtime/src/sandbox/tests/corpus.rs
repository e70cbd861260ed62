//! The `runtime-*` entries of the attack corpus: the numbers in it are those of x86-64.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde::Deserialize;

use super::*;

const CORPUS: &str = include_str!("../../../../tests/attacks/corpus.json");

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

#[test]
fn the_corpus_is_denied_inside_and_works_outside() {
    let mut trials = Trials::default();
    for attack in attacks() {
        match attack.expect.as_str() {
            "denied" => trials.denied(&attack.id, &attack.source),
            "allowed" => {
                let outcome = inside(&Target::new(), &attack.source);
                assert!(succeeded(&said(&outcome)), "{}: {outcome:?}", attack.id);
            }
            // `contained` and `residual`: either result is fine, but the process must come to an end by itself, within its limits.
            _ => drop(inside(&Target::new(), &attack.source)),
        }
    }
    trials.judge(35);
}

/// The same, and what lies beyond the corpus, in another process that has never been root.
#[test]
fn the_attacks_are_denied_to_an_ordinary_user_as_well() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("this user is an ordinary one, so the other tests have shown it; as root nothing can be shown");
        return;
    }
    // Others cannot enter the directory that this program was built in.
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o1777)).unwrap();
    let program = directory.path().join("tests");
    // Not by this process: one that another test starts meanwhile would hold the file open to write, and it would be busy.
    let copied = Command::new("cp").arg(std::env::current_exe().unwrap()).arg(&program).status().unwrap();
    assert!(copied.success());
    // `nobody`, on every Linux.
    let ended = Command::new(&program)
        .args(["--nocapture", "the_corpus_is_denied_inside_and_works_outside", "attempts_beyond_the_corpus_are_denied"])
        .uid(65534)
        .gid(65534)
        .env_clear()
        .env("TMPDIR", directory.path())
        .current_dir("/")
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    eprintln!("{stderr}");
    assert!(ended.status.success() && stdout.contains("2 passed"), "{stdout}\n{stderr}");
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
            let said = said(&outcome);
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
