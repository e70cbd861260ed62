//! What was done to files afterwards, and where that is found.

use super::*;

#[test]
fn a_changed_removed_or_moved_line_is_found() {
    type Edit = fn(&mut Vec<String>);
    let edits: [(&str, Edit, u64, Option<u64>, Damage); 9] = [
        ("edited", |l| l[1] = l[1].replace("event 1", "event X"), 2, Some(2), Damage::Edited),
        ("renumbered", |l| l[1] = l[1].replace("\"seq\":2", "\"seq\":7"), 2, Some(7), Damage::Edited),
        ("dropped", |l| drop(l.remove(1)), 2, Some(3), Damage::Dropped { missing: 1 }),
        ("two dropped", |l| drop(l.drain(1..3)), 2, Some(4), Damage::Dropped { missing: 2 }),
        ("moved", |l| l.swap(1, 2), 2, Some(3), Damage::Moved { expected: 2 }),
        ("moved to the front", |l| l.swap(0, 1), 1, Some(2), Damage::Moved { expected: 1 }),
        ("repeated", |l| l.insert(2, l[1].clone()), 3, Some(2), Damage::Repeated),
        ("unreadable", |l| l[1] = l[1].replace('{', ""), 2, Some(2), Damage::Unreadable),
        ("slipped in", |l| l.insert(1, "not a line".to_owned()), 2, Some(2), Damage::Unreadable),
    ];
    for (what, edit, line, seq, damage) in edits {
        let (_directory, path) = written(5);
        assert_eq!(verify(&path).lines, 5, "the control");
        let mut edited = lines(&path);
        edit(&mut edited);
        write(&path, &edited);
        let found = broken(&path, &[]);
        assert_eq!((found.path, found.line, found.seq, found.damage), (path, line, seq, damage), "{what}");
    }
}

/// Somebody who writes the lines anew from one on has a chain that holds, unless a head was kept elsewhere.
#[test]
fn lines_that_were_written_anew_are_found_by_a_head() {
    let (_directory, path) = written(5);
    let head = verify(&path).head.unwrap();
    let (_other, forged) = written(5);
    fs::copy(&forged, &path).unwrap();
    assert_eq!(verify(&path).lines, 5, "the chain holds");
    let found = broken(&path, std::slice::from_ref(&head));
    assert_eq!((found.line, found.seq, found.damage), (5, Some(5), Damage::OtherHead { head }));
    // A part of it does not fit the rest.
    let (_directory, path) = written(5);
    let mut mixed = lines(&path);
    mixed[2..].clone_from_slice(&lines(&forged)[2..]);
    write(&path, &mixed);
    let found = broken(&path, &[]);
    assert_eq!((found.line, found.seq, found.damage), (3, Some(3), Damage::Unlinked));
}

#[test]
fn an_end_that_was_cut_off_is_found_by_a_head() {
    let (_directory, path) = written(5);
    let head = AuditSeries::of(&path).head().unwrap().unwrap();
    let heads = std::slice::from_ref(&head);
    assert_eq!(AuditSeries::of(&path).verify(heads).unwrap().lines, 5, "the control");
    write(&path, &lines(&path)[..2]);
    assert_eq!(verify(&path).lines, 2, "nothing shows without a head");
    let found = broken(&path, heads);
    assert_eq!((found.line, found.seq), (2, Some(2)));
    assert_eq!(found.damage, Damage::Truncated { missing: 3, head: head.clone() });
    assert!(found.to_string().contains("line 2, event 2: the end was cut off: 3 events are missing"), "{found}");
    // Within a line, too.
    let (_directory, path) = written(5);
    let head = AuditSeries::of(&path).head().unwrap().unwrap();
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 10]).unwrap();
    assert_eq!(broken(&path, &[head]).damage.missing(), 1);
    // All of it.
    fs::write(&path, "").unwrap();
    assert_eq!(broken(&path, heads).damage.missing(), 5);
}

#[test]
fn heads_beside_the_file_are_looked_at_by_themselves() {
    let (_directory, path) = written(4);
    let mut audit = open(&path);
    audit.append(&[event("last")], true).unwrap();
    audit.close().unwrap();
    assert_eq!(verify(&path).lines, 5, "the control");
    write(&path, &lines(&path)[..3]);
    assert_eq!(broken(&path, &[]).damage.missing(), 2);
}

#[test]
fn files_that_were_removed_exchanged_or_edited_are_found() {
    let (_directory, path, files) = three_files();
    fs::remove_file(&files[1]).unwrap();
    let found = broken(&path, &[]);
    assert_eq!((&found.path, found.line, found.seq), (&path, 1, Some(9)));
    assert_eq!(found.damage, Damage::Dropped { missing: 4 });

    let (_directory, path, files) = three_files();
    fs::remove_file(&files[0]).unwrap();
    let found = broken(&path, &[]);
    assert_eq!((&found.path, found.line, found.seq), (&files[1], 1, Some(5)));
    assert_eq!(found.damage, Damage::BeginsLate { missing: 4 });

    let (directory, path, files) = three_files();
    let aside = directory.path().join("aside");
    fs::rename(&files[0], &aside).unwrap();
    fs::rename(&files[1], &files[0]).unwrap();
    fs::rename(&aside, &files[1]).unwrap();
    let found = broken(&path, &[]);
    assert_eq!((&found.path, found.line, found.damage), (&files[0], 1, Damage::Moved { expected: 1 }));

    let (_directory, path, files) = three_files();
    write(&files[1], &lines(&files[1])[..2]);
    let found = broken(&path, &[]);
    assert_eq!((&found.path, found.line, found.seq), (&path, 1, Some(9)));
    assert_eq!(found.damage, Damage::Dropped { missing: 2 });

    let (_directory, path, files) = three_files();
    let bytes = fs::read(&files[1]).unwrap();
    fs::write(&files[1], &bytes[..bytes.len() - 10]).unwrap();
    let found = broken(&path, &[]);
    assert_eq!((&found.path, found.line, found.seq), (&files[1], 4, Some(8)));
    assert_eq!(found.damage, Damage::Unreadable);

    // The file that is written: only the heads, one of which was noted when it was begun, tell how much is missing.
    let (_directory, path, files) = three_files();
    fs::remove_file(&files[2]).unwrap();
    assert_eq!(verify(&path).lines, 8);
    fs::remove_file(&files[1]).unwrap();
    let found = broken(&path, &[]);
    assert_eq!((&found.path, found.line, found.seq), (&files[0], 4, Some(4)));
    assert_eq!(found.damage.missing(), 4);
}

#[test]
fn chains_in_a_directory_are_told_apart() {
    let (directory, _path, _files) = three_files();
    open(&directory.path().join("audit-2.jsonl")).append(&[event("other")], true).unwrap();
    let found = AuditSeries::in_directory(directory.path()).unwrap();
    let names: Vec<_> = found.iter().map(|series| series.path().file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["audit-2.jsonl", "audit.jsonl"]);
    let lines: Vec<u64> = found.iter().map(|series| series.verify(&[]).unwrap().lines).collect();
    assert_eq!(lines, [1, 12]);
}
