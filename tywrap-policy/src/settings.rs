//! The sections and keys of the policy: the one table that reading, validation and the reference are made from.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use crate::Code;
use crate::choice::{Enforcement, Integers, KillSignal, LogLevel, Network, PackageName, Program, Scratch};
use crate::defaults;
use crate::list::{Extending, Replacing};
use crate::member::MemberPattern;
use crate::name::{Command, Directory, EnvironmentName, Extension, ModulePattern, PolicyPath, Text};
use crate::near::nearest;
use crate::pattern::{Pattern, WholePattern};
use crate::source::Reading;
use crate::value::{AlwaysOn, ByteSize, Count, Switch, Value};

/// One key as the reference shows it.
pub(crate) struct KeyReference {
    pub(crate) name: String,
    pub(crate) expected: String,
    pub(crate) default: String,
    pub(crate) meaning: &'static str,
}

/// One section as the reference shows it.
pub(crate) struct SectionReference {
    pub(crate) name: String,
    pub(crate) meaning: &'static str,
    pub(crate) keys: Vec<KeyReference>,
}

macro_rules! settings {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident: $Section:ident {
            $($(#[doc = $doc:literal])+ $key:ident: $Type:ty = $default:expr;)+
        }
    )+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Clone, Debug)]
            #[non_exhaustive]
            pub struct $Section {
                $($(#[doc = $doc])+ pub $key: $Type,)+
            }

            impl $Section {
                const KEYS: &'static [&'static str] = &[$(stringify!($key)),+];

                fn read(table: &DeTable<'_>, reading: &mut Reading<'_>) -> Self {
                    let section = kebab(stringify!($section));
                    unknown_keys(&section, table, Self::KEYS, reading);
                    Self {
                        $($key: read_key(&section, &kebab(stringify!($key)), table, reading, || $default),)+
                    }
                }

                fn reference() -> SectionReference {
                    SectionReference {
                        name: kebab(stringify!($section)),
                        meaning: concat!($($section_doc),+),
                        keys: vec![$(KeyReference {
                            name: kebab(stringify!($key)),
                            expected: <$Type as Value>::expected(),
                            default: { let default: $Type = $default; default.write() },
                            meaning: concat!($($doc),+),
                        }),+],
                    }
                }
            }
        )+

        /// Every section.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings {
            $(pub(crate) $section: $Section,)+
        }

        impl Settings {
            const SECTIONS: &'static [&'static str] = &[$(stringify!($section)),+];

            /// Reads what the file says over the defaults.
            pub(crate) fn read(document: &DeTable<'_>, reading: &mut Reading<'_>) -> Self {
                unknown_sections(document, Self::SECTIONS, reading);
                let empty = DeTable::new();
                Self {
                    $($section: $Section::read(
                        section(&kebab(stringify!($section)), document, reading).unwrap_or(&empty),
                        reading,
                    ),)+
                }
            }

            /// What the reference documentation is written from.
            pub(crate) fn reference() -> Vec<SectionReference> {
                vec![$($Section::reference()),+]
            }
        }
    };
}

settings! {
    /// What names, paths, commands and arguments of commands may look like. Values of calls are never judged by it:
    /// `re.compile("a|b")` is fine.
    input_validation: InputValidation {
        /// Whether `allowed-characters` and `reject-patterns` are applied. Python's own grammar of names always is.
        enabled: Switch = Switch::On;
        /// Whether a path or an argument that `reject-patterns` matches is refused; without it, such a text passes with a
        /// warning. Names are refused either way. With it, unknown fields of documents are refused, too.
        strict_mode: Switch = Switch::On;
        /// The longest name, path, argument or structured scalar. Arrays are bounded by `wire.max-frame`.
        max_input_size: ByteSize = ByteSize::mib(1);
        /// What the whole of a name must match.
        allowed_characters: WholePattern = WholePattern::allowed_characters();
        /// What must not occur in a name, path, command or argument. Extends the default.
        reject_patterns: Extending<Pattern> = Extending::built_in(Pattern::rejected());
    }

    /// Which Python modules may be wrapped.
    module_whitelist: ModuleWhitelist {
        /// Whether `allowed-modules` is applied. `blocked-modules` always is.
        enabled: Switch = Switch::On;
        /// The modules that may be wrapped: `numpy` is exactly itself, `numpy.*` the tree below it. Replaces the default.
        allowed_modules: Replacing<ModulePattern> = defaults::modules(defaults::ALLOWED_MODULES);
        /// The modules that may not be, each with everything below it. Always wins. Extends the default.
        blocked_modules: Extending<ModulePattern> = defaults::modules(defaults::BLOCKED_MODULES);
        /// Members that may not be wrapped: they evaluate code or unpickle. `*` stands for one or more names, as in
        /// `numpy.f2py.*`; `numpy.load(allow_pickle)` is one parameter. Extends the default.
        blocked_members: Extending<MemberPattern> = defaults::members();
        /// Defaults taken out of `blocked-modules`, `blocked-members` and `input-validation.reject-patterns`, each with
        /// the reason.
        unblock: Replacing<Text> = Replacing::built_in([]);
    }

    /// How programs are started.
    subprocess: Subprocess {
        /// The programs that may be started, by exact name. Replaces the default.
        command_whitelist: Replacing<Command> = defaults::list(&["python3", "python", "node"], Command::of);
        /// Whether arguments are checked against `input-validation`. NUL and control characters are always refused.
        argument_validation: Switch = Switch::On;
        /// The longest argument, in bytes. Linux passes at most 128 KiB.
        max_argument_length: Count<1, 131_071> = Count::of::<1000>();
        /// Whether the environment starts empty. Names that make a program load code are dropped either way.
        environment_cleaning: Switch = Switch::On;
        /// How long a program, or one call of the worker, may take.
        timeout: Duration = Duration::from_secs(30);
        /// The signal that asks a program to end.
        kill_signal: KillSignal = KillSignal::Term;
        /// How long after it SIGKILL follows.
        kill_grace: Duration = Duration::from_secs(5);
        /// How much a program that runs once may print, on each of its two outputs.
        max_buffer: ByteSize = ByteSize::mib(10);
        /// The variables a program may see. Replaces the default.
        allowed_environment_vars: Replacing<EnvironmentName> = defaults::list(defaults::ENVIRONMENT, EnvironmentName::of);
        /// The Python interpreter; without it, the first `python3` found at start.
        interpreter: Option<PolicyPath> = None;
        /// The virtual environment whose packages are used; without it, a `.venv` beside the policy.
        venv: Option<PolicyPath> = None;
    }

    /// What the kernel keeps the Python worker from.
    sandbox: Sandbox {
        /// Whether the host refuses to start where a property cannot be enforced, or which ones it may go without.
        enforcement: Enforcement = Enforcement::Required;
        /// What the worker may reach of the network.
        network: Network = Network::Deny;
        /// The worker's address space.
        memory: ByteSize = ByteSize::mib(2048);
        /// The processor time a worker may use in all; without it, there is no limit.
        cpu_time: Option<Duration> = None;
        /// How many files the worker may have open.
        open_files: Count<16, 1_048_576> = Count::of::<256>();
        /// The largest file the worker may write.
        file_size: ByteSize = ByteSize::mib(50);
        /// Whether the worker has a directory to write in.
        scratch: Scratch = Scratch::None;
        /// Whether system calls are allowed by a list instead of refused by one.
        strict_syscalls: bool = false;
    }

    /// How the reviewed Python surface is used.
    lock: Lock {
        /// Whether a module that is not in `tywrap.lock` is an error instead of a warning.
        required: bool = false;
        /// Whether `cargo tywrap lock --introspect` may run a sandboxed interpreter on modules without stubs.
        introspect: bool = false;
    }

    /// The connection between TypeScript, host and worker.
    wire: Wire {
        /// The largest frame. A length is a 32-bit number, so at most 4 GiB less one byte.
        max_frame: ByteSize = ByteSize::mib(256);
        /// How deep a value may nest. JSON parsers of common libraries stop at 128 by themselves.
        max_depth: Count<4, 120> = Count::of::<64>();
        /// How many Python workers there are.
        workers: Count<1, 256> = Count::of::<1>();
        /// After how many calls a worker makes way for a new one, as soon as nobody holds an object in it; without it, it stays.
        recycle_calls: Option<Count<1, 4_294_967_295>> = None;
        /// From how much resident memory on a worker makes way for a new one, as soon as nobody holds an object in it; without it, it stays.
        recycle_memory: Option<ByteSize> = None;
        /// How many calls may wait.
        queue: Count<1, 1_048_576> = Count::of::<1024>();
        /// Whether large arrays of a client that starts the host by itself go through memory that it, the host and the worker share.
        shared_memory: Switch = Switch::On;
        /// How many Python objects a connection may hold.
        max_handles: Count<1, 16_777_216> = Count::of::<65_536>();
    }

    /// Which paths that come from input may be used. Build output, the audit log and sockets are not bound by it.
    filesystem: Filesystem {
        /// Whether extension and directory of a path are checked.
        path_validation: Switch = Switch::On;
        /// Whether a path is kept from leaving its directory. It cannot be switched off.
        prevent_path_traversal: AlwaysOn = AlwaysOn;
        /// The directories paths may lie in. Replaces the default.
        allowed_directories: Replacing<Directory> = defaults::directories();
        /// The largest file that is read.
        max_file_size: ByteSize = ByteSize::mib(50);
        /// The extensions files may have. Replaces the default.
        allowed_extensions: Replacing<Extension> = defaults::list(defaults::EXTENSIONS, Extension::of);
    }

    /// What is emitted.
    code_generation: CodeGeneration {
        /// Whether text is escaped for the place it goes to. It cannot be switched off.
        template_escaping: AlwaysOn = AlwaysOn;
        /// Whether what is emitted is matched against the emitter's grammar. It cannot be switched off.
        injection_prevention: AlwaysOn = AlwaysOn;
        /// Whether every literal that is emitted is read back and compared.
        output_validation: Switch = Switch::On;
        /// Whether source maps are kept from naming absolute paths and foreign files.
        source_map_sanitization: Switch = Switch::On;
        /// Where the npm package goes; without it, `target/tywrap/<package>`.
        out_dir: Option<PolicyPath> = None;
        /// The name of the npm package; without it, `<crate>-python`.
        package_name: Option<PackageName> = None;
        /// What Python's `int` is in TypeScript, for all callables or for some.
        integers: Integers = Integers::default();
    }

    /// What is recorded.
    monitoring: Monitoring {
        /// Whether the chained audit file is written.
        audit_logging: Switch = Switch::On;
        /// Whether security events are kept and sent to sinks.
        security_events: Switch = Switch::On;
        /// Whether durations are measured.
        performance_monitoring: Switch = Switch::On;
        /// Whether Python errors are counted by type.
        error_tracking: Switch = Switch::On;
        /// The least important event that a host records: `"error"` those that are high or critical, `"warn"` those that are medium, too, and
        /// `"info"`, like `"debug"`, all.
        log_level: LogLevel = LogLevel::Info;
        /// How large an audit file becomes before another is begun; that happens each day (UTC) anyway. At least 64
        /// KiB.
        log_size: ByteSize = ByteSize::mib(64);
        /// How long audit files are kept: one is removed when its last event is older. The one that is written stays.
        log_retention: Duration = Duration::from_secs(30 * 24 * 60 * 60);
        /// The audit file; without it, the host chooses one in its private directory.
        audit_log: Option<PolicyPath> = None;
        /// The program that is given high and critical events on its standard input: its absolute path and its
        /// arguments. Its file name must be in `command-whitelist`; it must not be a script.
        alert_command: Option<Program> = None;
    }
}

/// Keys are Rust names with `-`.
fn kebab(name: &str) -> String {
    name.replace('_', "-")
}

/// The table of a section; none where the file has none, or where it is not a table.
fn section<'t, 'i>(name: &str, document: &'t DeTable<'i>, reading: &mut Reading<'_>) -> Option<&'t DeTable<'i>> {
    let raw = document.get(name)?;
    let DeValue::Table(table) = raw.get_ref() else {
        let message = format!("`{name}` is a section");
        reading
            .error(Code::PolicyType, raw.span(), message)
            .help
            .push(format!("write `[{name}]` on a line of its own"));
        return None;
    };
    Some(table)
}

fn read_key<T: Value>(
    section: &str,
    key: &str,
    table: &DeTable<'_>,
    reading: &mut Reading<'_>,
    default: impl FnOnce() -> T,
) -> T {
    let Some(raw) = table.get(key) else { return default() };
    reading.key = format!("{section}.{key}");
    match T::read(raw, reading) {
        Some(value) => value.over(default()),
        None => default(),
    }
}

fn unknown_keys(section: &str, table: &DeTable<'_>, known: &[&str], reading: &mut Reading<'_>) {
    let known: Vec<String> = known.iter().map(|key| kebab(key)).collect();
    for (key, _) in table.iter() {
        let name = key.get_ref().as_ref();
        if known.iter().any(|known| known == name) {
            continue;
        }
        let near = nearest(name, known.iter().map(String::as_str));
        let error = reading.error(Code::PolicyUnknownKey, key.span(), format!("unknown key `{name}` in `{section}`"));
        match near.first() {
            Some(near) => error.help.push(format!("did you mean `{near}`?")),
            None => error.help.push(format!("the keys are {}", list(&known))),
        }
    }
}

fn unknown_sections(document: &DeTable<'_>, known: &[&str], reading: &mut Reading<'_>) {
    let known: Vec<String> = known.iter().map(|section| kebab(section)).collect();
    for (key, value) in document.iter() {
        let name = key.get_ref().as_ref();
        if known.iter().any(|known| known == name) {
            continue;
        }
        let what = if value.get_ref().is_table() { "section" } else { "key" };
        let near = nearest(name, known.iter().map(String::as_str));
        let error = reading.error(Code::PolicyUnknownKey, key.span(), format!("unknown {what} `{name}`"));
        match near.first() {
            Some(near) => error.help.push(format!("did you mean `{near}`?")),
            None => error.help.push(format!("the sections are {}", list(&known))),
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
