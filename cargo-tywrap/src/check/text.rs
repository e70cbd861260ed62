//! What was checked, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tywrap_build::{Cause, Hole, Missing, Positions, Typed};
use tywrap_surface::{Change, ChangeKind, SurfaceDiff};

use super::changes::{Compared, Files, ModuleChange, SurfaceIs, Version, What};
use super::table::{self, Numbers};
use super::{Checked, Row};
use crate::locked::plural;

/// How many groups are shown where not all are.
const GROUPS: usize = 10;
/// How many names of a group are shown where not all are.
const NAMES: usize = 4;

/// Everything about one project, every line ended.
pub(super) fn of(checked: &Checked, verbose: bool) -> String {
    let mut text = String::new();
    if !checked.rows.is_empty() {
        text.push_str(&table::of(&checked.rows));
        text.push_str(&shares(&checked.rows));
    }
    for refused in &checked.refused {
        let at = format!("\nnothing is emitted for `wrap({})` at {}:\n", refused.wish, refused.place);
        text.push_str(&at);
        refused
            .refusals
            .iter()
            .for_each(|refusal| line(&mut text, 2, &format!("{} [{}]", refusal.message, refusal.code)));
    }
    text.push_str(&missing(&checked.rows, verbose));
    text.push_str(&holes(&checked.rows, verbose));
    text.push_str(&left_out(&checked.rows, verbose));
    text.push_str(&changes(checked));
    text
}

fn line(text: &mut String, indent: usize, what: &str) {
    let _ = writeln!(text, "{:indent$}{what}", "");
}

/// What part of all positions is typed.
fn shares(rows: &[Row]) -> String {
    let Numbers { parameters, returns, .. } = Numbers::total(rows);
    let share = |of: Positions| match of.all() {
        0 => "100".to_owned(),
        // Rounded down: 100 says that there is nothing left.
        all => format!("{:.1}", (of.typed * 1000 / all) as f64 / 10.0),
    };
    format!("\ntyped: {} % of the parameters, {} % of the returns\n", share(parameters), share(returns))
}

/// What is missing because nobody can emit it.
fn missing(rows: &[Row], verbose: bool) -> String {
    let missing = each(rows).filter(|(_, missing)| missing.cause == Cause::NotCovered);
    let groups = grouped(missing.map(|(module, missing)| {
        (format!("{}: {}", missing.kind.as_str(), missing.reason), full(module, &missing.name))
    }));
    section("missing", &groups, verbose)
}

/// What is not typed throughout.
fn holes(rows: &[Row], verbose: bool) -> String {
    let holes = rows.iter().flat_map(|row| row.coverage.holes.iter().map(|hole| (row.wish.module.as_str(), hole)));
    let groups = grouped(holes.map(|(module, hole)| {
        let Hole { name, position, typed, reasons, .. } = hole;
        let name = full(module, name);
        let at = match position.as_str() {
            Hole::RETURN => format!("{name} -> …"),
            parameter => format!("{name}({parameter})"),
        };
        let why = match reasons.as_slice() {
            [] => "nothing says what type it is".to_owned(),
            reasons => reasons.join("; "),
        };
        let how = if *typed == Typed::Not { "unknown" } else { "partly typed" };
        (format!("{how}: {why}"), at)
    }));
    section("not typed throughout", &groups, verbose)
}

/// What the policy or the annotation takes away, and what is nothing to emit: all of it if `verbose`, else how much there is.
fn left_out(rows: &[Row], verbose: bool) -> String {
    let of = |cause: Cause| each(rows).filter(move |(_, missing)| missing.cause == cause);
    if !verbose {
        let counts = [
            (of(Cause::Policy).count(), "by the policy"),
            (of(Cause::Annotation).count(), "by annotations"),
            (of(Cause::ByDesign).count(), "because they are private, types or the interpreter's"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}"));
        let counts: Vec<String> = counts.collect();
        return match counts.as_slice() {
            [] => String::new(),
            counts => format!("\nleft out: {} (`--verbose` lists them)\n", counts.join(", ")),
        };
    }
    let mut text = String::new();
    for (cause, title) in [
        (Cause::Policy, "left out by the policy"),
        (Cause::Annotation, "left out by annotations"),
        (Cause::ByDesign, "left out by design"),
    ] {
        let groups = grouped(of(cause).map(|(module, missing)| {
            (format!("{}: {}", missing.kind.as_str(), missing.reason), full(module, &missing.name))
        }));
        text.push_str(&section(title, &groups, verbose));
    }
    text
}

fn each(rows: &[Row]) -> impl Iterator<Item = (&str, &Missing)> {
    rows.iter().flat_map(|row| row.coverage.missing.iter().map(|missing| (row.wish.module.as_str(), missing)))
}

/// A name with its module. A member of a class that is known by where it is defined names that module already.
fn full(module: &str, name: &str) -> String {
    match name.split_once(':') {
        None => format!("{module}.{name}"),
        Some((defined, member)) if defined == module => format!("{module}.{member}"),
        Some((defined, member)) => format!("{defined}.{member} (of {module})"),
    }
}

/// Names by what is said of them, the largest groups first.
fn grouped(all: impl Iterator<Item = (String, String)>) -> Vec<(String, Vec<String>)> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (what, name) in all {
        groups.entry(what).or_default().push(name);
    }
    let mut groups: Vec<(String, Vec<String>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    groups
}

fn section(title: &str, groups: &[(String, Vec<String>)], verbose: bool) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let count: usize = groups.iter().map(|(_, names)| names.len()).sum();
    let mut text = format!("\n{title}: {count}\n");
    let groups_shown = if verbose { groups.len() } else { GROUPS };
    for (what, names) in groups.iter().take(groups_shown) {
        line(&mut text, 2, &format!("{:>5}  {what}", names.len()));
        if verbose {
            names.iter().for_each(|name| line(&mut text, 11, name));
        } else {
            let more = names.len().saturating_sub(NAMES);
            let shown = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            line(&mut text, 11, &format!("{shown}{more}"));
        }
    }
    let rest = groups.get(groups_shown..).unwrap_or_default();
    if !rest.is_empty() {
        let names: usize = rest.iter().map(|(_, names)| names.len()).sum();
        let reasons = plural(rest.len(), "other reason");
        line(&mut text, 2, &format!("{names:>5}  for {reasons} (`--verbose` lists them)"));
    }
    text
}

/// What differs between the lock and what is installed, or that nothing does.
fn changes(checked: &Checked) -> String {
    let lock = &checked.lock;
    let mut text = match (&checked.out_of_date, checked.changes.as_slice()) {
        (None, _) => return format!("\n`{lock}` is what is installed\n"),
        (Some(_), []) => return format!("\n`{lock}` is not as `cargo tywrap lock` writes it, and says the same\n"),
        (Some(_), changes) => {
            let count = plural(changes.len(), "module");
            let verb = if changes.len() == 1 { "is" } else { "are" };
            format!("\n{count} {verb} not as in `{lock}` (- locked, + installed):\n")
        }
    };
    for ModuleChange { module, what } in &checked.changes {
        match what {
            What::Added { installed: Some(version) } => {
                line(&mut text, 2, &format!("+ {module} ({}) is not locked", shown(Some(version))));
            }
            What::Added { installed: None } => line(&mut text, 2, &format!("+ {module} is not locked")),
            What::Removed => line(&mut text, 2, &format!("- {module} is locked, and no longer annotated")),
            What::Changed { version, files, surface } => {
                line(&mut text, 2, &format!("~ {module}{}", version_and_files(version.as_ref(), files)));
                text.push_str(&compared(surface));
            }
        }
    }
    text
}

fn shown(version: Option<&Version>) -> String {
    version.map_or_else(|| "no package".to_owned(), |version| format!("{} {}", version.name, version.version))
}

fn version_and_files(version: Option<&(Option<Version>, Option<Version>)>, files: &Files) -> String {
    match (version, files) {
        (Some((old, new)), _) => format!(": {} is now {}", shown(old.as_ref()), shown(new.as_ref())),
        (None, Files::Same) => String::new(),
        (None, Files::Differ) => {
            ": the installed files are not the locked ones, and the version is the same".to_owned()
        }
        (None, Files::NotLocked(tag)) => format!(": the lock has no files for {tag}"),
    }
}

fn compared(surface: &Compared) -> String {
    let mut text = String::new();
    match surface {
        Compared::Same(SurfaceIs::Identical) => line(&mut text, 6, "its surface is the same"),
        Compared::Same(SurfaceIs::WrittenOtherwise) => {
            line(&mut text, 6, "its surface says the same, and is not as `cargo tywrap lock` writes it");
        }
        Compared::Unreadable(diagnostic) => {
            line(&mut text, 6, &format!("{} [{}]", diagnostic.message, diagnostic.code))
        }
        Compared::Differs(diff) => text.push_str(&difference(diff)),
    }
    text
}

/// Every name that was added, removed or changed, with its signatures: first the module's own, then those that its types refer to.
fn difference(diff: &SurfaceDiff) -> String {
    let mut text = String::new();
    let (own, others): (Vec<&Change>, Vec<&Change>) =
        diff.changes.iter().partition(|change| !change.name.contains(':'));
    own.into_iter().for_each(|change| text.push_str(&signatures(change)));
    if !others.is_empty() {
        line(&mut text, 4, "in what its types refer to:");
        others.into_iter().for_each(|change| text.push_str(&signatures(change)));
    }
    if !diff.docs.is_empty() {
        line(&mut text, 4, &format!("docs of {} differ", plural(diff.docs.len(), "name")));
    }
    text
}

fn signatures(change: &Change) -> String {
    let mut text = String::new();
    let sign = match change.kind() {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Changed => '~',
    };
    line(&mut text, 4, &format!("{sign} {}", change.name));
    let (gone, new) = one_sided(change);
    gone.iter().for_each(|signature| line(&mut text, 8, &format!("- {signature}")));
    new.iter().for_each(|signature| line(&mut text, 8, &format!("+ {signature}")));
    if gone.is_empty() && new.is_empty() {
        line(&mut text, 8, "the same overloads in another order");
    }
    text
}

/// The lines of a change that only one side has.
fn one_sided(change: &Change) -> (Vec<&str>, Vec<&str>) {
    fn only<'a>(of: &'a [String], not: &[String]) -> Vec<&'a str> {
        of.iter().filter(|line| !not.contains(line)).map(String::as_str).collect()
    }
    (only(&change.before, &change.after), only(&change.after, &change.before))
}
