//! What no key can say alone: `unblock` against the lists, keys against each other, entries that do nothing.

use std::ops::Range;

use toml::de::DeTable;

use crate::Code;
use crate::list::{Entry, Extending};
use crate::module;
use crate::name::ModulePattern;
use crate::settings::Settings;
use crate::source::Reading;
use crate::validator::loads_code;
use crate::value::Value;

/// The worker's interpreter with numpy maps about this much before it does anything, in MiB.
const LEAST_MEMORY: u64 = 64;
/// An audit file holds at least some tens of events, in KiB; each file costs the disk more than an event does.
const LEAST_LOG: u64 = 64;
/// A frame holds at least a header and a short message, in bytes; its length is a 32-bit number.
const FRAMES: std::ops::RangeInclusive<u64> = 4096..=u32::MAX as u64;

/// Applies `unblock` and reports what contradicts itself.
pub(crate) fn combine(mut settings: Settings, document: &DeTable<'_>, reading: &mut Reading<'_>) -> Settings {
    sizes(&settings, document, reading);
    contradictions(&settings, document, reading);
    unblock(&mut settings, reading);
    stale(&settings, reading);
    settings
}

fn sizes(settings: &Settings, document: &DeTable<'_>, reading: &mut Reading<'_>) {
    let frame = settings.wire.max_frame;
    if let Some(span) = span(document, "wire", "max-frame").filter(|_| !FRAMES.contains(&frame.bytes())) {
        let message = "`wire.max-frame` must lie between 4KiB and 4 GiB less one byte";
        reading.error(Code::PolicyValue, span, message);
    }
    let memory = settings.sandbox.memory;
    if let Some(span) = span(document, "sandbox", "memory").filter(|_| memory.bytes() < LEAST_MEMORY << 20) {
        let message = format!("`sandbox.memory` must be at least {LEAST_MEMORY}MiB: Python starts in no less");
        reading.error(Code::PolicyValue, span, message);
    }
    let log = settings.monitoring.log_size;
    if let Some(span) = span(document, "monitoring", "log-size").filter(|_| log.bytes() < LEAST_LOG << 10) {
        let message = format!("`monitoring.log-size` must be at least {LEAST_LOG}KiB: an event may take 4 of them");
        reading.error(Code::PolicyValue, span, message);
    }
}

/// A key that only matters while a switch is on, with the switch off.
fn contradictions(settings: &Settings, document: &DeTable<'_>, reading: &mut Reading<'_>) {
    let monitoring = &settings.monitoring;
    for (switch, on, key) in [
        ("audit-logging", monitoring.audit_logging.is_on(), "audit-log"),
        ("security-events", monitoring.security_events.is_on(), "alert-command"),
    ] {
        if let Some(span) = span(document, "monitoring", key).filter(|_| !on) {
            let message = format!("`monitoring.{key}` has no use while `monitoring.{switch}` is off");
            let error = reading.error(Code::PolicyCombination, span, message);
            error.help.push(format!("remove `{key}`, or `{switch} = false`"));
        }
    }
}

fn unblock(settings: &mut Settings, reading: &mut Reading<'_>) {
    let whitelist = &mut settings.module_whitelist;
    let entries = whitelist.unblock.to_vec();
    for entry in entries {
        let name = entry.value.write();
        let Some(place) = entry.place.clone() else { continue };
        if entry.reason.is_none() {
            let message = format!("{name} in `module-whitelist.unblock` needs a reason");
            let error = reading.error(Code::PolicyValue, place.span.clone(), message);
            error.help.push(format!("write {{ name = {name}, reason = \"…\" }}"));
        }
        let patterns = &mut settings.input_validation.reject_patterns;
        let taken = take_out(&mut whitelist.blocked_modules, &name)
            | take_out(&mut whitelist.blocked_members, &name)
            | take_out(patterns, &name);
        let own = own(&whitelist.blocked_modules, &name)
            .or_else(|| own(&whitelist.blocked_members, &name))
            .or_else(|| own(patterns, &name));
        if let Some(own) = own {
            let message = format!("{name} is blocked at {own} and unblocked here");
            let error = reading.error(Code::PolicyCombination, place.span, message);
            error.help.push("remove one of the two".to_owned());
        } else if !taken {
            let blocking = blocking(&whitelist.blocked_modules, entry.value.as_str());
            let message = format!("{name} in `module-whitelist.unblock` matches no built-in entry");
            let warning = reading.warning(Code::PolicyStale, place.span, message);
            warning.help.push(match blocking {
                Some(blocking) => format!("it is blocked by `{blocking}`: unblock that, and allow {name} alone"),
                None => "remove it".to_owned(),
            });
        }
    }
}

/// The entry that blocks a module.
fn blocking<'l>(list: &'l Extending<ModulePattern>, name: &str) -> Option<&'l ModulePattern> {
    list.iter().map(|entry| &entry.value).find(|pattern| module::blocks(pattern, name))
}

/// Takes a built-in entry out, and says whether there was one.
fn take_out<T: Value>(list: &mut Extending<T>, name: &str) -> bool {
    let before = list.len();
    list.retain(|entry: &Entry<T>| entry.place.is_some() || entry.value.write() != name);
    list.len() < before
}

/// Where the file itself has an entry.
fn own<T: Value>(list: &Extending<T>, name: &str) -> Option<String> {
    let entry = list.iter().find(|entry| entry.place.is_some() && entry.value.write() == name)?;
    entry.place.as_ref().map(ToString::to_string)
}

/// Entries of the file that another rule makes useless.
fn stale(settings: &Settings, reading: &mut Reading<'_>) {
    let whitelist = &settings.module_whitelist;
    for entry in whitelist.allowed_modules.iter() {
        let Some(place) = entry.place.clone() else { continue };
        let Some(blocking) = blocking(&whitelist.blocked_modules, entry.value.name()) else {
            continue;
        };
        let message = format!("`{}` is allowed here and blocked all the same", entry.value);
        let warning = reading.warning(Code::PolicyStale, place.span, message);
        warning.notes.push(format!("rule: `blocked-modules` has `{blocking}`, and always wins"));
        warning.help.push("remove it, or take the block out with `unblock`".to_owned());
    }
    for entry in settings.subprocess.allowed_environment_vars.iter() {
        let name = entry.value.as_str();
        let Some(place) = entry.place.clone().filter(|_| loads_code(name)) else { continue };
        let message = format!("`{name}` is allowed here and never passed on: it makes programs load code");
        reading.warning(Code::PolicyStale, place.span, message).help.push("remove it".to_owned());
    }
}

fn span(document: &DeTable<'_>, section: &str, key: &str) -> Option<Range<usize>> {
    document.get(section)?.get_ref().as_table()?.get(key).map(toml::Spanned::span)
}
