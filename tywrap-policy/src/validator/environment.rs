//! The environment of programs.

use std::collections::BTreeMap;
use std::fmt;

use super::logged;
use crate::name::EnvironmentName;
use crate::{Code, Policy, SecurityError};

/// Bytes of `name=value` that Linux passes at most (`MAX_ARG_STRLEN`), with its NUL.
const LONGEST: usize = 128 * 1024;

/// What `…_NUM_THREADS` may ask for. Each thread of a linear algebra library takes memory as it starts.
const MOST_THREADS: u32 = 256;

/// What a program may see, and what it may not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Environment {
    /// What is passed on.
    pub kept: BTreeMap<String, String>,
    /// What is not, in the order it came. Values are not repeated: they may be secrets.
    pub dropped: Vec<Dropped>,
}

/// A variable that is not passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Its name, escaped for a log.
    pub name: String,
    /// Why.
    pub reason: DropReason,
}

/// Why a variable is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// `allowed-environment-vars` does not name it.
    NotAllowed,
    /// It makes programs load code, so that no list can allow it.
    LoadsCode,
    /// The host sets it itself.
    SetByHost,
    /// No program can have it: the name is not made of ASCII letters, digits and `_`.
    Name,
    /// The value has a NUL, a line break or another control character.
    Control,
    /// Name and value are longer than the kernel passes on.
    TooLong,
    /// A list of directories has an entry that is empty or relative, which means the working directory.
    RelativeDirectory,
    /// A number of threads that is none, or too large.
    Threads,
}

impl DropReason {
    /// The code it is logged under.
    pub const fn code(self) -> Code {
        match self {
            Self::NotAllowed | Self::LoadsCode | Self::SetByHost => Code::EnvironmentDropped,
            Self::Name | Self::Control | Self::TooLong | Self::RelativeDirectory | Self::Threads => {
                Code::EnvironmentRefused
            }
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAllowed => "`allowed-environment-vars` does not name it",
            Self::LoadsCode => "it makes programs load code",
            Self::SetByHost => "the host sets it itself",
            Self::Name => "its name is not made of ASCII letters, digits and `_`",
            Self::Control => "its value has a control character",
            Self::TooLong => "it is longer than the kernel passes on",
            Self::RelativeDirectory => "it lists a directory that is empty or relative",
            Self::Threads => "it is no number of threads, or too large a one",
        })
    }
}

/// Who the environment is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// A program that runs once.
    Program,
    /// The Python worker.
    Worker,
}

pub(super) fn clean<N: AsRef<str>, V: AsRef<str>>(
    policy: &Policy,
    variables: impl IntoIterator<Item = (N, V)>,
    whose: For,
) -> Environment {
    let mut environment = Environment::default();
    for (name, value) in variables {
        let (name, value) = (name.as_ref(), value.as_ref());
        match judge(policy, name, value, whose) {
            None => _ = environment.kept.insert(name.to_owned(), value.to_owned()),
            Some(reason) => environment.dropped.push(Dropped { name: logged(name), reason }),
        }
    }
    environment
}

pub(super) fn variable(policy: &Policy, name: &str, value: &str) -> Result<(), SecurityError> {
    let Some(reason) = judge(policy, name, value, For::Program) else { return Ok(()) };
    let message = format!("environment variable `{}` is refused: {reason}", logged(name));
    let error = SecurityError::new(Code::EnvironmentRefused, message).with("variable", logged(name));
    let list = policy.subprocess().allowed_environment_vars.place();
    Err(if reason == DropReason::NotAllowed {
        error.with("rule", policy.rule("allowed-environment-vars", list))
    } else {
        error
    })
}

fn judge(policy: &Policy, name: &str, value: &str, whose: For) -> Option<DropReason> {
    let subprocess = policy.subprocess();
    let allowed = || subprocess.allowed_environment_vars.iter().any(|entry| entry.value.as_str() == name);
    if !EnvironmentName::is_valid(name) {
        Some(DropReason::Name)
    } else if loads_code(name) {
        Some(DropReason::LoadsCode)
    } else if subprocess.environment_cleaning.is_on() && !allowed() {
        Some(DropReason::NotAllowed)
    } else if whose == For::Worker && (is(name, "PATH") || starts(name, "PYTHON")) {
        Some(DropReason::SetByHost)
    } else if name.len() + 1 + value.len() >= LONGEST {
        Some(DropReason::TooLong)
    } else if value.chars().any(char::is_control) {
        Some(DropReason::Control)
    } else if (is(name, "PATH") || is(name, "PYTHONPATH")) && !absolute_directories(value) {
        Some(DropReason::RelativeDirectory)
    } else if name.to_ascii_uppercase().ends_with("_NUM_THREADS") && !threads(value) {
        Some(DropReason::Threads)
    } else {
        None
    }
}

/// Whether a variable makes a program load code, or libraries, or configuration that names them: the dynamic loaders of
/// Linux and macOS, glibc, malloc implementations, shells, Python, Node, OpenSSL and other interpreters. Windows ignores the
/// case of names, so it is ignored everywhere. `PYTHONPATH` is not here: it is in the default list, for programs that run
/// once; a worker is never given it.
pub(crate) fn loads_code(name: &str) -> bool {
    const PREFIXES: &[&str] =
        &["LD_", "DYLD_", "_RLD", "GLIBC_", "MALLOC_", "BASH_FUNC_", "PYTHON", "NODE_", "NPM_CONFIG_", "GIT_"];
    const NAMES: &[&str] = &[
        "BASHOPTS",
        "BASH_ENV",
        "CDPATH",
        "ENV",
        "GCONV_PATH",
        "GETCONF_DIR",
        "HOSTALIASES",
        "IFS",
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "LOCALDOMAIN",
        "LOCPATH",
        "LUA_CPATH",
        "LUA_INIT",
        "LUA_PATH",
        "NIS_PATH",
        "NLSPATH",
        "OPENSSL_CONF",
        "OPENSSL_ENGINES",
        "OPENSSL_MODULES",
        "PERL5DB",
        "PERL5LIB",
        "PERL5OPT",
        "PERLLIB",
        "PROMPT_COMMAND",
        "PS4",
        "RESOLV_HOST_CONF",
        "RES_OPTIONS",
        "RUBYLIB",
        "RUBYOPT",
        "SHELLOPTS",
        "TCLLIBPATH",
        "ZDOTDIR",
    ];
    /// Those with such a prefix that only say how text, hashes and colours are made.
    const HARMLESS: &[&str] = &[
        "PYTHONPATH",
        "PYTHONHASHSEED",
        "PYTHONUTF8",
        "PYTHONIOENCODING",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONSAFEPATH",
        "PYTHONNOUSERSITE",
        "PYTHONFAULTHANDLER",
        "PYTHONCOERCECLOCALE",
        "PYTHONTRACEMALLOC",
        "PYTHONINTMAXSTRDIGITS",
        "NODE_ENV",
        "NODE_NO_WARNINGS",
        "NODE_DISABLE_COLORS",
    ];
    let listed = PREFIXES.iter().any(|prefix| starts(name, prefix)) || NAMES.iter().any(|listed| is(name, listed));
    listed && !HARMLESS.iter().any(|harmless| is(name, harmless))
}

fn is(name: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(other)
}

fn starts(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn absolute_directories(value: &str) -> bool {
    let separator = if cfg!(windows) { ';' } else { ':' };
    value.split(separator).all(|directory| std::path::Path::new(directory).is_absolute())
}

fn threads(value: &str) -> bool {
    value.parse::<u32>().is_ok_and(|threads| (1..=MOST_THREADS).contains(&threads))
}
