//! What may be wrapped, what is, and whether the lock is what is installed.

use tywrap_contract::locate;
use tywrap_contract::lock::COMMAND;

use super::facts::Facts;
use super::line::Line;
use crate::inspect::Inspected;
use crate::locked::plural;

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`cargo tywrap check`", "`[module-whitelist]`", "`[lock]`"]);
    let whitelist = facts.policy.module_whitelist();
    line.switch("module-whitelist.enabled", whitelist.enabled.is_on());
    for entry in whitelist.unblock.iter() {
        // The policy refuses an entry without a reason.
        let reason = entry.reason.as_deref().unwrap_or_default();
        line.warn(format!("`{}` is unblocked: {reason}", entry.value.as_str()));
    }
    let mut denied = 0;
    for (wish, (file, number)) in &facts.project.wishes {
        if let Err(error) = facts.policy.module(&wish.module) {
            denied += 1;
            line.fail(format!("{}:{number}: {}", locate::shown(file, &facts.project.root), error.message));
        }
    }
    if denied == 0 {
        line.pass(format!("{} allowed by a valid policy", plural(facts.project.wishes.len(), "annotation")));
    }
    for (path, reason) in &facts.project.unreadable {
        line.fail(format!("{}: {reason}", locate::shown(path, &facts.project.root)));
    }
    match &facts.inspected {
        Err(errors) => errors.iter().for_each(|error| line.fail(format!("{} [{}]", error.message, error.code))),
        Ok(inspected) => locked(&mut line, inspected),
    }
    if !facts.policy.lock().required {
        line.by_hand("set `lock.required = true`, or `TYWRAP_LOCKED=1` where releases are built");
    }
    line
}

fn locked(line: &mut Line, Inspected { lock, plan, .. }: &Inspected) {
    if lock.is_none() {
        line.fail(format!("there is no `tywrap.lock`: run `{COMMAND}` and review what it writes"));
    } else if plan.is_up_to_date() {
        line.pass(format!("{} locked, as installed", plural(plan.modules.len(), "module")));
    } else {
        let changed = plan.modules.iter().filter(|module| module.changed);
        let changed: Vec<String> = changed.map(|module| format!("`{}`", module.surface.module)).collect();
        let what = if changed.is_empty() { "modules that are not annotated".to_owned() } else { changed.join(", ") };
        line.fail(format!("the lock is not what is installed: {what}"));
    }
}
