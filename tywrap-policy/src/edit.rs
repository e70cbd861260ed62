//! The edit of the policy that would allow what was denied, written so that it can be made without thinking.

use crate::list::{Entry, Extending};
use crate::policy::Policy;
use crate::value::{Value, quoted};

/// Steps in the file as it is, and lines that section `module-whitelist` does not have yet.
#[derive(Debug, Default)]
pub(crate) struct Edit {
    steps: Vec<String>,
    lines: Vec<String>,
}

impl Edit {
    /// Takes entries out of a list that extends its default: own entries are removed, defaults are unblocked.
    pub(crate) fn unblock<T: Value>(&mut self, policy: &Policy, key: &str, entries: &[&Entry<T>]) {
        for entry in entries {
            if let Some(place) = &entry.place {
                self.steps.push(format!("remove {} from `{key}` at {place}", entry.value.write()));
            }
        }
        let built_in: Vec<String> = entries
            .iter()
            .filter(|entry| entry.place.is_none())
            .map(|entry| format!("{{ name = {}, reason = \"…\" }}", entry.value.write()))
            .collect();
        if built_in.is_empty() {
            return;
        }
        let items = built_in.join(", ");
        match policy.module_whitelist().unblock.place() {
            Some(place) => self.steps.push(format!("add {items} to `unblock` at {place}")),
            None => self.lines.push(format!("unblock = [{items}]")),
        }
    }

    /// Allows a module, unless it is.
    pub(crate) fn allow(&mut self, policy: &Policy, module: &str) {
        let whitelist = policy.module_whitelist();
        let list = &whitelist.allowed_modules;
        if !whitelist.enabled.is_on() || list.iter().any(|entry| entry.value.allows(module)) {
            return;
        }
        match list.place() {
            Some(place) => self.steps.push(format!("add {} to `allowed-modules` at {place}", quoted(module))),
            // The list replaces its default, so the line names what is to stay.
            None => {
                let names: Vec<String> = list.iter().map(|entry| entry.value.write()).chain([quoted(module)]).collect();
                self.lines.push(format!("allowed-modules = [{}]", names.join(", ")));
            }
        }
    }

    /// Any other step.
    pub(crate) fn step(&mut self, step: String) {
        self.steps.push(step);
    }

    /// The help that ends a denial.
    pub(crate) fn help(mut self, policy: &Policy) -> String {
        let mut block = String::new();
        if !self.lines.is_empty() {
            self.steps.push(format!("write under `[module-whitelist]` in {}:", policy.path().display()));
            for line in &self.lines {
                block.push_str("\n    ");
                block.push_str(line);
            }
        }
        format!("to allow it, {}{block}", self.steps.join(", and "))
    }
}

/// The entry that a denial names as its rule: one of the file before a built-in one, because it has a place.
pub(crate) fn deciding<T>(list: &Extending<T>, applies: impl Fn(&T) -> bool) -> Option<(&Entry<T>, Vec<&Entry<T>>)> {
    let all: Vec<&Entry<T>> = list.iter().filter(|entry| applies(&entry.value)).collect();
    let first = all.iter().find(|entry| entry.place.is_some()).or(all.first())?;
    Some((first, all))
}
