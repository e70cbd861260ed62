//! Limits and timeouts: none that is none in effect, and none that is far from its default by accident.

use std::path::Path;
use std::time::Duration;

use tywrap_policy::Policy;

use super::facts::Facts;
use super::line::Line;

/// No call may take longer. It is the response time of a critical event (SECURITY.md): whoever comes to look at a
/// machine should find that what hung there has ended.
const LONGEST_CALL: Duration = Duration::from_secs(15 * 60);

/// How many times its default a limit may be before somebody should have a look. The defaults (docs/policy.md) are
/// meant for ordinary calls; two doublings are a choice, more may be a slip of the unit.
const FACTOR: u64 = 4;

/// A limit that has a default: how it is called, how it is read, and how it is written.
struct Limit {
    key: &'static str,
    read: fn(&Policy) -> u64,
    show: fn(u64) -> String,
}

const LIMITS: [Limit; 11] = [
    Limit { key: "subprocess.timeout", read: |policy| millis(policy.subprocess().timeout), show: duration },
    Limit { key: "subprocess.kill-grace", read: |policy| millis(policy.subprocess().kill_grace), show: duration },
    Limit { key: "subprocess.max-buffer", read: |policy| policy.subprocess().max_buffer.bytes(), show: size },
    Limit {
        key: "subprocess.max-argument-length",
        read: |policy| policy.subprocess().max_argument_length.get().into(),
        show: size,
    },
    Limit {
        key: "input-validation.max-input-size",
        read: |policy| policy.input_validation().max_input_size.bytes(),
        show: size,
    },
    Limit { key: "sandbox.open-files", read: |policy| policy.sandbox().open_files.get().into(), show: count },
    Limit { key: "sandbox.file-size", read: |policy| policy.sandbox().file_size.bytes(), show: size },
    Limit { key: "wire.max-frame", read: |policy| policy.wire().max_frame.bytes(), show: size },
    Limit { key: "wire.queue", read: |policy| policy.wire().queue.get().into(), show: count },
    Limit { key: "wire.max-handles", read: |policy| policy.wire().max_handles.get().into(), show: count },
    Limit { key: "filesystem.max-file-size", read: |policy| policy.filesystem().max_file_size.bytes(), show: size },
];

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`[subprocess]`", "`[sandbox]`", "`[wire]`"]);
    let policy = &facts.policy;
    let (subprocess, sandbox, wire) = (policy.subprocess(), policy.sandbox(), policy.wire());
    rule(
        &mut line,
        subprocess.timeout <= LONGEST_CALL,
        format!("`subprocess.timeout` is {}", duration(millis(subprocess.timeout))),
        "longer than the 15 minutes in which a critical event is looked at",
    );
    rule(
        &mut line,
        subprocess.kill_grace <= subprocess.timeout,
        format!("`subprocess.kill-grace` is {}", duration(millis(subprocess.kill_grace))),
        "longer than the call itself may take",
    );
    rule(
        &mut line,
        wire.max_frame < sandbox.memory,
        format!("`wire.max-frame` is {}", wire.max_frame),
        "as much as a worker has memory",
    );
    let workers = u64::from(wire.workers.get());
    let all = sandbox.memory.bytes().saturating_mul(workers);
    match machine_memory() {
        Some(machine) => rule(
            &mut line,
            all <= machine,
            format!("`sandbox.memory` times `wire.workers` is {}", size(all)),
            &format!("more than the {} of this machine", size(machine)),
        ),
        None => line.by_hand("see that the machine has `sandbox.memory` times `wire.workers`"),
    }
    let Ok(defaults) = Policy::parse("", Path::new("tywrap.toml")) else { return line };
    for Limit { key, read, show } in &LIMITS {
        let (value, default) = (read(policy), read(&defaults.policy));
        if value > default.saturating_mul(FACTOR) {
            line.warn(format!("`{key}` is {}, more than {FACTOR} times its default of {}", show(value), show(default)));
        }
    }
    if sandbox.cpu_time.is_none() && wire.recycle_calls.is_none() && wire.recycle_memory.is_none() {
        line.by_hand("decide on `wire.recycle-calls` or `wire.recycle-memory` where hosts run for weeks");
    }
    line
}

fn rule(line: &mut Line, holds: bool, what: String, otherwise: &str) {
    if holds { line.pass(what) } else { line.fail(format!("{what}, {otherwise}")) }
}

/// The memory of this machine in bytes, where the kernel tells.
fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let kibibytes = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?.split_whitespace().next()?;
    kibibytes.parse::<u64>().ok()?.checked_mul(1024)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn duration(millis: u64) -> String {
    humantime::format_duration(Duration::from_millis(millis)).to_string()
}

/// A size in the largest unit of which there is at least one, rounded down.
fn size(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, shift)| bytes >> shift > 0);
    unit.map_or(format!("{bytes} bytes"), |(unit, shift)| format!("{} {unit}", bytes >> shift))
}

fn count(number: u64) -> String {
    number.to_string()
}
