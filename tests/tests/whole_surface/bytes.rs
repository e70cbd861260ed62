//! The output is a function of its inputs: another folder and another seed give the same bytes.

use std::collections::BTreeMap;
use std::path::Path;

use crate::generator::{build, generator};

#[test]
fn two_builds_give_the_same_bytes() {
    let first = files(&generator().package);
    assert!(first.len() > 100, "there is something to compare: {}", first.len());
    // The packages of both go to one folder of the target directory, so the first is read before the second is built.
    let report = generator().report().unwrap();
    let second = build("whole-surface-again", "4242");
    let again = files(&second.package);
    assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    let different: Vec<&String> =
        first.iter().filter(|(name, bytes)| again[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(different.is_empty(), "{different:?}");
    assert_eq!(report, second.report().unwrap());
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}
