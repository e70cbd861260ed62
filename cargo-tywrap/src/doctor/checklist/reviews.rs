//! Whether what was reviewed is what is used: the policy, the lock and the surfaces are in git, as they lie there.

use tywrap_contract::{locate, lock};

use super::facts::Facts;
use super::line::Line;
use super::program;
use crate::locked::plural;

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`git status`", "`cargo tywrap lock --check`"]);
    line.by_hand("two people read each change of these files: `git log -- tywrap.toml tywrap.lock .tywrap`");
    let Some(git) = facts.program("git") else {
        line.manual("git is not installed: see that the policy, the lock and `.tywrap/` are under version control");
        return line;
    };
    let names = [locate::POLICY, lock::FILE, lock::SURFACES];
    let ask = |arguments: &[&str]| {
        let arguments = arguments.iter().copied().chain(["--"]).chain(names);
        program::run(&git, arguments, facts.folder())
    };
    let tracked = match ask(&["ls-files"]) {
        Ok(said) if said.success => said.stdout,
        Ok(_) => {
            line.manual("this is no work tree of git: see that the three are under version control");
            return line;
        }
        Err(error) => {
            line.fail(error);
            return line;
        }
    };
    let (mut files, mut missing) = (0, false);
    for name in names {
        let inside = format!("{name}/");
        match tracked.lines().filter(|path| *path == name || path.starts_with(&inside)).count() {
            0 => {
                line.fail(format!("`{name}` is not committed"));
                missing = true;
            }
            count => files += count,
        }
    }
    match ask(&["status", "--porcelain", "--untracked-files=all"]) {
        Ok(said) if said.success && said.stdout.is_empty() => {
            if !missing {
                line.pass(format!("{} committed and as committed", plural(files, "file")));
            }
        }
        Ok(said) if said.success => {
            let changed = plural(said.stdout.lines().count(), "file");
            line.fail(format!("{changed} of the policy, the lock and `.tywrap/` differ from what is committed"));
        }
        Ok(said) => line.fail(format!("`git status` failed: {}", said.complaint())),
        Err(error) => line.fail(error),
    }
    line
}
