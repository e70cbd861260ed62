//! Keys that choose one of several things.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeArray, DeValue};

use crate::Code;
use crate::near::nearest;
use crate::source::Reading;
use crate::value::{Raw, Value, quoted, wrong_type, wrong_value};

/// A choice that is one word.
macro_rules! words {
    ($(#[doc = $doc:literal])+ $Name:ident, $expected:literal, $($(#[doc = $word_doc:literal])+ $Variant:ident = $word:literal,)+) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $Name {
            $($(#[doc = $word_doc])+ $Variant,)+
        }

        impl $Name {
            /// Every choice.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// As it is written in the policy.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Value for $Name {
            fn expected() -> String {
        $expected.to_owned()
    }

            fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
                let Some(text) = raw.get_ref().as_str() else {
                    wrong_type::<Self>(raw, reading);
                    return None;
                };
                let found = Self::ALL.iter().copied().find(|choice| choice.as_str() == text);
                if found.is_none() {
                    let near = nearest(text, Self::ALL.iter().map(|choice| choice.as_str()));
                    let message = format!("`{}` cannot be `{text}`", reading.key);
                    let error = reading.error(Code::PolicyValue, raw.span(), message);
                    error.help.extend(near.first().map(|near| format!("did you mean `{}`?", quoted(near))));
                    error.help.push(format!("write {}", Self::expected()));
                }
                found
            }

            fn write(&self) -> String {
                quoted(self.as_str())
            }
        }
    };
}

words! {
    /// The signal that asks a program to end. SIGKILL follows after the grace, whatever it is.
    KillSignal, "`\"SIGTERM\"`, `\"SIGINT\"`, `\"SIGHUP\"`, `\"SIGQUIT\"` or `\"SIGKILL\"`",
    /// Terminate.
    Term = "SIGTERM",
    /// Interrupt, as Ctrl-C does; Python raises `KeyboardInterrupt`.
    Int = "SIGINT",
    /// Hang up.
    Hup = "SIGHUP",
    /// Quit, with a core dump where the limits allow one.
    Quit = "SIGQUIT",
    /// Kill at once.
    Kill = "SIGKILL",
}

words! {
    /// The least important event that is recorded.
    LogLevel, "`\"debug\"`, `\"info\"`, `\"warn\"` or `\"error\"`",
    /// Everything.
    Debug = "debug",
    /// Starts, ends and what follows.
    Info = "info",
    /// What should be looked at, and what follows.
    Warn = "warn",
    /// What went wrong.
    Error = "error",
}

words! {
    /// Whether the worker has a directory to write in.
    Scratch, "`\"none\"` or `\"private\"`",
    /// It has none.
    None = "none",
    /// It has an empty one of its own, removed when it ends.
    Private = "private",
}

words! {
    /// A property of the sandbox.
    Property, "`\"network\"`, `\"filesystem\"`, `\"signals\"`, `\"exec\"` or `\"memory\"`",
    /// No network but what the policy allows.
    Network = "network",
    /// No files but what the worker needs to read, and its scratch directory.
    Filesystem = "filesystem",
    /// No signals to other processes.
    Signals = "signals",
    /// No other programs.
    Exec = "exec",
    /// Memory is bounded.
    Memory = "memory",
}

words! {
    /// What Python's `int` is in TypeScript.
    IntegerMode, "`\"number\"` or `\"bigint\"`",
    /// `number`; an integer that it cannot hold is an error.
    Number = "number",
    /// `bigint`.
    Bigint = "bigint",
}

words! {
    /// An operating system that a host may run on.
    OperatingSystem, "`\"linux\"`, `\"macos\"` or `\"windows\"`",
    /// Linux.
    Linux = "linux",
    /// macOS, and whatever else is neither of the others.
    Macos = "macos",
    /// Windows.
    Windows = "windows",
}

impl OperatingSystem {
    /// The one that this program was compiled for.
    pub const CURRENT: Self = if cfg!(target_os = "linux") {
        Self::Linux
    } else if cfg!(windows) {
        Self::Windows
    } else {
        Self::Macos
    };
}

/// What happens where the kernel cannot enforce a property of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// The host does not start.
    Required,
    /// The host goes without these, and says so in its status. On a system that is not named, everything is required.
    AcceptDegraded(BTreeMap<OperatingSystem, BTreeSet<Property>>),
}

impl Enforcement {
    /// Whether the host may start without `property` on the system that this program was compiled for.
    pub fn accepts_without(&self, property: Property) -> bool {
        self.accepts_without_on(OperatingSystem::CURRENT, property)
    }

    /// Whether the host may start without `property` on `system`.
    pub fn accepts_without_on(&self, system: OperatingSystem, property: Property) -> bool {
        match self {
            Self::Required => false,
            Self::AcceptDegraded(by_system) => by_system.get(&system).is_some_and(|it| it.contains(&property)),
        }
    }

    /// Accepts the same everywhere.
    pub fn accept_degraded(properties: BTreeSet<Property>) -> Self {
        Self::AcceptDegraded(OperatingSystem::ALL.iter().map(|system| (*system, properties.clone())).collect())
    }
}

impl Value for Enforcement {
    fn expected() -> String {
        "`\"required\"`, `{ accept-degraded = [\"filesystem\"] }`, or for one system `{ accept-degraded = { macos = [\"filesystem\"] } }`"
            .to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        const KEY: &str = "accept-degraded";
        match raw.get_ref() {
            DeValue::String(text) if text == "required" => Some(Self::Required),
            DeValue::Table(_) => {
                let accepted = only_entry::<Self>(raw, KEY, "an array or a table", reading)?;
                let Some(systems) = accepted.get_ref().as_table() else {
                    let properties = properties(filled_array::<Self>(accepted, KEY, reading)?, reading)?;
                    warn(raw, &properties, "", reading);
                    return Some(Self::accept_degraded(properties));
                };
                if systems.is_empty() {
                    wrong_value::<Self>(accepted, reading, format_args!("`{KEY}` is empty"));
                    return None;
                }
                let mut by_system = BTreeMap::new();
                for (name, items) in systems {
                    let named = Raw::new(name.span(), DeValue::String(name.get_ref().clone()));
                    let system = OperatingSystem::read(&named, reading)?;
                    let properties = properties(filled_array::<Self>(items, system.as_str(), reading)?, reading)?;
                    warn(items, &properties, &format!(" on {system}"), reading);
                    by_system.insert(system, properties);
                }
                Some(Self::AcceptDegraded(by_system))
            }
            other => {
                refuse::<Self>(raw, other, reading);
                None
            }
        }
    }

    fn write(&self) -> String {
        let array = |properties: &BTreeSet<Property>| {
            let names: Vec<String> = properties.iter().map(Property::write).collect();
            format!("[{}]", names.join(", "))
        };
        match self {
            Self::Required => quoted("required"),
            Self::AcceptDegraded(by_system) => {
                let arrays: BTreeSet<String> = by_system.values().map(array).collect();
                let accepted = match arrays.first() {
                    Some(same) if arrays.len() == 1 && by_system.len() == OperatingSystem::ALL.len() => same.clone(),
                    _ => {
                        let systems = by_system.iter().map(|(system, it)| format!("{system} = {}", array(it)));
                        format!("{{ {} }}", systems.collect::<Vec<_>>().join(", "))
                    }
                };
                format!("{{ accept-degraded = {accepted} }}")
            }
        }
    }
}

fn properties(items: &DeArray<'_>, reading: &mut Reading<'_>) -> Option<BTreeSet<Property>> {
    items.iter().map(|item| Property::read(item, reading)).collect()
}

/// Whoever reads the policy should see what it gives up.
fn warn(raw: &Raw<'_>, properties: &BTreeSet<Property>, on: &str, reading: &mut Reading<'_>) {
    let names: Vec<String> = properties.iter().map(|property| format!("`{property}`")).collect();
    let message = format!("`{}` lets the host start without {}{on}", reading.key, names.join(", "));
    reading.warning(Code::PolicySwitchOff, raw.span(), message);
}

/// What the worker may reach of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// Nothing.
    Deny,
    /// TCP connections to these ports.
    AllowTcp(BTreeSet<u16>),
}

impl Value for Network {
    fn expected() -> String {
        "`\"deny\"`, or `{ allow-tcp = [443] }`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        match raw.get_ref() {
            DeValue::String(text) if text == "deny" => Some(Self::Deny),
            DeValue::Table(_) => {
                const KEY: &str = "allow-tcp";
                let items = only_entry::<Self>(raw, KEY, "an array", reading)?;
                let items = filled_array::<Self>(items, KEY, reading)?;
                let mut ports = BTreeSet::new();
                for item in items.iter() {
                    let port = item.get_ref().as_integer();
                    let port = port.and_then(|port| u16::from_str_radix(port.as_str(), port.radix()).ok());
                    match port.filter(|port| *port != 0) {
                        Some(port) => ports.insert(port),
                        None => {
                            wrong_value::<Self>(item, reading, "a port is a number between 1 and 65535");
                            return None;
                        }
                    };
                }
                Some(Self::AllowTcp(ports))
            }
            other => {
                refuse::<Self>(raw, other, reading);
                None
            }
        }
    }

    fn write(&self) -> String {
        match self {
            Self::Deny => quoted("deny"),
            Self::AllowTcp(ports) => {
                let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
                format!("{{ allow-tcp = [{}] }}", ports.join(", "))
            }
        }
    }
}

/// What stands behind the one key of a table.
fn only_entry<'t, 'i, T: Value>(
    raw: &'t Raw<'i>,
    key: &str,
    what: &str,
    reading: &mut Reading<'_>,
) -> Option<&'t Raw<'i>> {
    let entries: Vec<_> = raw.get_ref().as_table().map(|table| table.iter().collect()).unwrap_or_default();
    if let [(name, value)] = entries[..]
        && name.get_ref() == key
    {
        return Some(value);
    }
    wrong_value::<T>(raw, reading, format_args!("the table has the one key `{key}`, {what}"));
    None
}

/// An array that is not empty.
fn filled_array<'t, 'i, T: Value>(raw: &'t Raw<'i>, key: &str, reading: &mut Reading<'_>) -> Option<&'t DeArray<'i>> {
    match raw.get_ref().as_array() {
        Some(items) if items.is_empty() => wrong_value::<T>(raw, reading, format_args!("`{key}` is empty")),
        Some(items) => return Some(items),
        None => wrong_value::<T>(raw, reading, format_args!("`{key}` is an array")),
    }
    None
}

fn refuse<T: Value>(raw: &Raw<'_>, value: &DeValue<'_>, reading: &mut Reading<'_>) {
    match value {
        DeValue::String(text) => wrong_value::<T>(raw, reading, format_args!("`{text}` is none of the choices")),
        _ => wrong_type::<T>(raw, reading),
    }
}

/// What Python's `int` is in TypeScript, for all callables or for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers {
    default: IntegerMode,
    callables: BTreeMap<String, IntegerMode>,
}

impl Default for Integers {
    fn default() -> Self {
        Self { default: IntegerMode::Number, callables: BTreeMap::new() }
    }
}

impl Integers {
    /// What it is for a callable, such as `math` and `factorial`.
    pub fn of(&self, module: &str, path: &str) -> IntegerMode {
        self.callables.get(&format!("{module}.{path}")).copied().unwrap_or(self.default)
    }
}

impl Value for Integers {
    fn expected() -> String {
        "`\"number\"`, `\"bigint\"`, or a table `{ default = \"number\", \"math.factorial\" = \"bigint\" }`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let Some(table) = raw.get_ref().as_table() else {
            if !raw.get_ref().is_str() {
                wrong_type::<Self>(raw, reading);
                return None;
            }
            return IntegerMode::read(raw, reading).map(|default| Self { default, callables: BTreeMap::new() });
        };
        let mut integers = Self::default();
        for (name, value) in table.iter() {
            let mode = IntegerMode::read(value, reading)?;
            let name = name.get_ref().as_ref();
            if name == "default" {
                integers.default = mode;
            } else if !name.contains('.') || crate::module::syntax(name).is_err() {
                wrong_value::<Self>(value, reading, format_args!("`{name}` names no callable of a module"));
                return None;
            } else {
                integers.callables.insert(name.to_owned(), mode);
            }
        }
        Some(integers)
    }

    fn write(&self) -> String {
        if self.callables.is_empty() {
            return self.default.write();
        }
        let callables = self.callables.iter().map(|(name, mode)| format!(", {} = {}", quoted(name), mode.write()));
        format!("{{ default = {}{} }}", self.default.write(), callables.collect::<String>())
    }
}

/// The name of an npm package, with or without a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageName(String);

impl PackageName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// npm's rules for new packages: lower case, URL-safe, no leading dot or underscore, at most 214 characters.
    fn is_valid(name: &str) -> bool {
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        };
        let reserved = ["node_modules", "favicon.ico"].contains(&name);
        let parts = match name.strip_prefix('@') {
            Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| part(scope) && part(name)),
            None => part(name),
        };
        name.len() <= 214 && !reserved && parts
    }
}

impl Value for PackageName {
    fn expected() -> String {
        "the name of an npm package, such as `\"@scope/name\"`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        match raw.get_ref().as_str() {
            Some(name) if Self::is_valid(name) => Some(Self(name.to_owned())),
            Some(_) => {
                wrong_value::<Self>(raw, reading, "npm would refuse it");
                None
            }
            None => {
                wrong_type::<Self>(raw, reading);
                None
            }
        }
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

/// A program with its arguments; it is started without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    path: String,
    arguments: Vec<String>,
}

impl Program {
    /// Its absolute path.
    pub fn path(&self) -> &std::path::Path {
        std::path::Path::new(&self.path)
    }

    /// Its arguments.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }
}

impl Value for Program {
    fn expected() -> String {
        "an array of a program's absolute path and its arguments".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let Some(items) = raw.get_ref().as_array() else {
            wrong_type::<Self>(raw, reading);
            return None;
        };
        let mut words = Vec::with_capacity(items.len());
        for item in items.iter() {
            match item.get_ref().as_str() {
                Some(word) if !word.contains('\0') => words.push(word.to_owned()),
                _ => {
                    wrong_value::<Self>(item, reading, "its items are strings without NUL");
                    return None;
                }
            }
        }
        match words.split_first() {
            Some((path, arguments)) if path.starts_with('/') => {
                Some(Self { path: path.clone(), arguments: arguments.to_vec() })
            }
            _ => {
                wrong_value::<Self>(raw, reading, "its first item is an absolute path");
                None
            }
        }
    }

    fn write(&self) -> String {
        let words = std::iter::once(&self.path).chain(&self.arguments).map(|word| quoted(word));
        format!("[{}]", words.collect::<Vec<_>>().join(", "))
    }
}
