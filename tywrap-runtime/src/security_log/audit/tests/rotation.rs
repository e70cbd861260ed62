//! Going on in another file, and what is kept of those before.

use super::*;

#[test]
fn another_file_is_begun_by_size_and_the_chain_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let options = AuditOptions::new(&path).size(4096);
    let mut audit = AuditFile::open(options.clone()).unwrap();
    for line in 0..30 {
        audit.append(&[event(&format!("event {line}"))], false).unwrap();
    }
    drop(audit);
    let files = files(directory.path());
    assert!(files.len() > 2, "{files:?}");
    for file in &files {
        assert!(fs::metadata(file).unwrap().len() <= 4096, "{file:?}");
        assert!(!lines(file).is_empty());
    }
    let verified = verify(&path);
    assert_eq!((verified.files, verified.lines, verified.first), (files.len() as u64, 30, 1));
    // So it does after the host has gone and come back.
    AuditFile::open(options).unwrap().append(&[event("after")], false).unwrap();
    assert_eq!(verify(&path).lines, 31);
}

#[test]
fn a_batch_that_is_larger_than_a_file_is_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let mut audit = AuditFile::open(AuditOptions::new(&path).size(100)).unwrap();
    let batch: Vec<_> = (0..5).map(|line| event(&format!("event {line}"))).collect();
    audit.append(&batch, false).unwrap();
    audit.append(&batch, false).unwrap();
    assert_eq!(verify(&path).lines, 10);
    assert_eq!(files(directory.path()).len(), 2);
}

#[test]
fn another_file_is_begun_each_day() {
    let (_directory, path, files) = three_files();
    assert!(files[0].to_str().unwrap().contains(".000000000001."), "{files:?}");
    assert!(files[1].to_str().unwrap().contains(".000000000005."), "{files:?}");
    assert_eq!(verify(&path).lines, 12);
    assert!(lines(&files[1])[0].starts_with("{\"seq\":5,"));
}

#[test]
fn files_are_removed_once_their_last_event_is_too_old_and_the_chain_says_so() {
    let (directory, path, files) = three_files();
    // Yesterday's file has its last event within the time; that of the day before has not.
    let options = AuditOptions::new(&path).retention(Duration::from_secs(36 * 3600));
    let mut audit = AuditFile::open(options).unwrap();
    audit.append(&[event("after")], true).unwrap();
    drop(audit);
    assert_eq!(super::files(directory.path()), &files[1..]);
    let verified = verify(&path);
    assert_eq!((verified.first, verified.removed, verified.lines), (5, 4, 10));
    assert!(fs::read_to_string(&path).unwrap().contains("\"kind\":\"log-pruned\""));
    // What is removed beside that is missed.
    fs::remove_file(&files[1]).unwrap();
    let found = broken(&path, &[]);
    assert_eq!((found.path, found.line, found.seq), (path, 1, Some(9)));
    assert_eq!(found.damage, Damage::BeginsLate { missing: 4 });
}

#[test]
fn the_file_that_is_written_stays_however_old_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let old = || AuditFile::open(AuditOptions::new(&path).retention(Duration::from_secs(3600))).unwrap();
    old().append(&[event_at("old", days_ago(9))], true).unwrap();
    drop(old());
    assert_eq!(verify(&path).lines, 1, "nothing was written since");
    let mut audit = old();
    audit.append(&[event("new")], true).unwrap();
    assert_eq!(files(directory.path()).len(), 1, "now it is one of those before");
    assert_eq!((verify(&path).first, verify(&path).removed), (2, 1));
    assert!(audit.take_own().iter().any(|event| event.kind() == EventKind::LogPruned));
}

/// Every state of the directory between the steps of beginning another file.
#[test]
fn a_crash_while_another_file_is_begun_loses_nothing() {
    let names = |directory: &Path| super::super::series::Names::new(&directory.join("audit.jsonl"));
    let crashes: [fn(&super::super::series::Names); 4] = [
        // The next file has been made.
        |names| fs::write(names.next(), "").unwrap(),
        // The file has its new name, and none has the old one.
        |names| {
            fs::write(names.next(), "").unwrap();
            fs::rename(names.current(), names.closed(1, days_ago(0))).unwrap();
        },
        // The next file has its place.
        |names| {
            fs::rename(names.current(), names.closed(1, days_ago(0))).unwrap();
            fs::write(names.current(), "").unwrap();
        },
        // Its first line was torn.
        |names| {
            fs::rename(names.current(), names.closed(1, days_ago(0))).unwrap();
            fs::write(names.current(), "{\"seq\":4,").unwrap();
        },
    ];
    for (at, crash) in crashes.into_iter().enumerate() {
        let (directory, path) = written(3);
        crash(&names(directory.path()));
        assert_eq!(verify(&path).lines, 3, "crash {at}");
        assert_eq!(AuditSeries::of(&path).head().unwrap().unwrap().seq, 3, "crash {at}");
        open(&path).append(&[event("after")], true).unwrap();
        let verified = verify(&path);
        assert_eq!((verified.lines, verified.first), (if at == 3 { 5 } else { 4 }, 1), "crash {at}");
        let options = AuditOptions::new(&path).size(1);
        AuditFile::open(options).unwrap().append(&[event("in another")], true).unwrap();
        assert!(!names(directory.path()).next().exists());
        assert_eq!(verify(&path).lines, verified.lines + 1);
    }
}

#[test]
fn heads_are_given_out_by_count_and_noted_beside() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let mut audit = open(&path);
    for _ in 0..17 {
        let batch: Vec<_> = (0..250).map(|line| event(&format!("event {line}"))).collect();
        audit.append(&batch, false).unwrap();
    }
    let own = audit.take_own();
    let heads: Vec<&str> = own.iter().map(|event| event.context()["head"].as_str()).collect();
    assert_eq!(heads.len(), 1, "after 4,096 lines: {own:?}");
    let noted = fs::read_to_string(path.with_extension("jsonl.heads")).unwrap();
    assert!(noted.starts_with(heads[0]) && heads[0].starts_with("4250:"), "{noted}");
    audit.append(&[event("last")], false).unwrap();
    audit.close().unwrap();
    // The last one is noted when the log ends.
    let noted = fs::read_to_string(path.with_extension("jsonl.heads")).unwrap();
    let verified = verify(&path);
    assert_eq!(noted.lines().count(), 2);
    assert!(noted.lines().next_back().unwrap().starts_with(&verified.head.unwrap().to_string()), "{noted}");
}
