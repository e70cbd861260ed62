//! What no key can say alone: `unblock` against the lists, sizes against each other, entries that do nothing.

use crate::Code;
use crate::list::{Entry, Extending};
use crate::settings::Settings;
use crate::source::Reading;
use crate::value::Value;

/// Applies `unblock` and reports what contradicts itself.
pub(crate) fn combine(mut settings: Settings, reading: &mut Reading<'_>) -> Settings {
    unblock(&mut settings, reading);
    settings
}

fn unblock(settings: &mut Settings, reading: &mut Reading<'_>) {
    let whitelist = &mut settings.module_whitelist;
    let entries = whitelist.unblock.to_vec();
    for entry in entries {
        let name = entry.value.write();
        let Some(place) = entry.place.clone() else { continue };
        if entry.reason.is_none() {
            let message = format!("`module-whitelist.unblock` needs a reason for {name}");
            let error = reading.error(Code::PolicyValue, place.span.clone(), message);
            error.help.push(format!("write {{ name = {name}, reason = \"…\" }}"));
        }
        let taken = take_out(&mut whitelist.blocked_modules, &name)
            | take_out(&mut whitelist.blocked_members, &name)
            | take_out(&mut settings.input_validation.reject_patterns, &name);
        if !taken {
            let message = format!("{name} in `module-whitelist.unblock` matches no built-in entry");
            let warning = reading.warning(Code::PolicyStale, place.span, message);
            warning.help.push("remove it".to_owned());
        }
    }
}

/// Takes a built-in entry out, and says whether there was one.
fn take_out<T: Value>(list: &mut Extending<T>, name: &str) -> bool {
    let before = list.len();
    list.retain(|entry: &Entry<T>| entry.place.is_some() || entry.value.write() != name);
    list.len() < before
}
