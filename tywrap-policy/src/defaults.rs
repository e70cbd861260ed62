//! The lists that hold where the policy says nothing.

use crate::list::{Extending, List, Replacing};
use crate::member::MemberPattern;
use crate::name::{Directory, ModulePattern, PolicyPath};
use crate::value::Value;

pub(crate) const ALLOWED_MODULES: &[&str] = &[
    "math",
    "json",
    "datetime",
    "collections",
    "itertools",
    "functools",
    "uuid",
    "hashlib",
    "base64",
    "urllib.parse",
    "numpy",
    "numpy.*",
    "pandas",
    "pandas.*",
    "scipy",
    "scipy.*",
    "fastapi",
    "pydantic",
    "requests",
    "csv",
    "xml.etree.ElementTree",
];

/// Files, processes, the network, the interpreter itself, and what turns bytes into code.
pub(crate) const BLOCKED_MODULES: &[&str] = &[
    "os",
    "subprocess",
    "sys",
    "importlib",
    "builtins",
    "__builtins__",
    "eval",
    "exec",
    "compile",
    "open",
    "file",
    "input",
    "raw_input",
    "socket",
    "urllib.request",
    "http.client",
    "multiprocessing",
    "threading",
    "asyncio",
    "shutil",
    "tempfile",
    "pathlib",
    "glob",
    "fnmatch",
    "ctypes",
    "pickle",
    "marshal",
    "code",
    "pty",
    "signal",
];

pub(crate) const ENVIRONMENT: &[&str] = &["PATH", "PYTHONPATH", "HOME", "USER", "LC_ALL", "LANG", "TZ"];

pub(crate) const EXTENSIONS: &[&str] = &[".py", ".pyi", ".json", ".txt", ".md", ".ts", ".js", ".d.ts", ".map"];

/// Members of the default modules that evaluate code or unpickle.
pub(crate) const BLOCKED_MEMBERS: &[&str] = &[
    "pandas.eval",
    "pandas.read_pickle",
    "pandas.DataFrame.eval",
    "pandas.DataFrame.query",
    "numpy.load(allow_pickle)",
];

pub(crate) fn list<T: Value>(values: &[&str], of: impl Fn(&str) -> T) -> Replacing<T> {
    Replacing::built_in(values.iter().map(|value| of(value)))
}

pub(crate) fn modules<const EXTENDS: bool>(names: &[&str]) -> List<ModulePattern, EXTENDS> {
    List::built_in(names.iter().map(|name| ModulePattern::of(name)))
}

pub(crate) fn members() -> Extending<MemberPattern> {
    Extending::built_in(BLOCKED_MEMBERS.iter().map(|text| MemberPattern::of(text)))
}

pub(crate) fn directories() -> Replacing<Directory> {
    Replacing::built_in([
        Directory::At(PolicyPath::of("generated")),
        Directory::At(PolicyPath::of(".tywrap-cache")),
        Directory::Temporary(PolicyPath::of("tywrap")),
    ])
}
