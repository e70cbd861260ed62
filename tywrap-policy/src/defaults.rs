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

/// Members that evaluate code, unpickle, load native code or import by name, in the modules that are allowed by default and
/// in those of the standard library that exist for it. Reading and writing files is not among them: the sandbox judges it.
pub(crate) const BLOCKED_MEMBERS: &[&str] = &[
    // numpy: `load` and its kin unpickle object arrays, `dump` pickles.
    "numpy.load(allow_pickle)",
    "numpy.*.load(allow_pickle)",
    "numpy.*.read_array(allow_pickle)",
    "numpy.*.NpzFile(allow_pickle)",
    "numpy.*.dump",
    "numpy.*.dumps",
    // Compilers, and libraries loaded by path.
    "numpy.f2py.*",
    "numpy.distutils.*",
    "numpy.ctypeslib.*",
    "numpy.*.npy_load_module",
    "numpy.testing.extbuild.*",
    // These take source text, or arguments of pytest, which imports what they name.
    "numpy.*.rundocs",
    "numpy.*.runstring",
    "numpy.*.measure",
    "numpy.test",
    "numpy.*.test",
    // Imports the module it is asked to search.
    "numpy.lookfor",
    // pandas: expressions are Python, evaluated by `numexpr` or by Python itself.
    "pandas.eval",
    "pandas.*.eval",
    "pandas.*.query",
    "pandas.core.computation.*",
    // Pickles; HDF stores hold them for columns of objects.
    "pandas.read_pickle",
    "pandas.to_pickle",
    "pandas.*.read_pickle",
    "pandas.*.to_pickle",
    "pandas.io.pickle.*",
    "pandas.compat.pickle_compat.*",
    "pandas.read_hdf",
    "pandas.HDFStore",
    "pandas.*.read_hdf",
    "pandas.*.HDFStore",
    // A template of jinja2 is a program.
    "pandas.*.from_custom_template",
    "pandas.*.import_optional_dependency",
    "pandas.test",
    "pandas.*.test",
    // scipy: a pointer to native code, the decorator library's `exec`, and pytest.
    "scipy.LowLevelCallable",
    "scipy.*.LowLevelCallable",
    "scipy._lib.decorator.*",
    "scipy._lib._bunch.*",
    "scipy.test",
    "scipy.*.test",
    // pydantic: a type given as text is evaluated as a forward reference; documents may be pickles.
    "pydantic.*.parse_raw(allow_pickle)",
    "pydantic.*.parse_file(allow_pickle)",
    "pydantic.*.load_str_bytes(allow_pickle)",
    "pydantic.*.load_file(allow_pickle)",
    "pydantic.TypeAdapter",
    "pydantic.*.TypeAdapter",
    "pydantic.create_model",
    "pydantic.*.create_model",
    "pydantic.parse_obj_as",
    "pydantic.*.parse_obj_as",
    "pydantic.parse_raw_as",
    "pydantic.*.parse_raw_as",
    "pydantic.parse_file_as",
    "pydantic.*.parse_file_as",
    "pydantic.schema_of",
    "pydantic.*.schema_of",
    "pydantic.schema_json_of",
    "pydantic.*.schema_json_of",
    "pydantic.*.evaluate_forwardref",
    "pydantic.ImportString",
    "pydantic.*.ImportString",
    "pydantic.PyObject",
    "pydantic.*.PyObject",
    "pydantic.*.import_string",
    // fastapi: the model of a response is a type, too.
    "fastapi.*.add_api_route(response_model)",
    "fastapi.*.api_route(response_model)",
    "fastapi.*.get(response_model)",
    "fastapi.*.put(response_model)",
    "fastapi.*.post(response_model)",
    "fastapi.*.delete(response_model)",
    "fastapi.*.options(response_model)",
    "fastapi.*.head(response_model)",
    "fastapi.*.patch(response_model)",
    "fastapi.*.trace(response_model)",
    "fastapi.*.evaluate_forwardref",
    // The standard library, should a policy allow these.
    "cProfile.*",
    "codeop.*",
    "doctest.*",
    "inspect.get_annotations(eval_str)",
    "inspect.signature(eval_str)",
    "inspect.Signature.from_callable(eval_str)",
    "logging.config.*",
    "operator.attrgetter",
    "operator.methodcaller",
    "profile.*",
    "runpy.*",
    "shelve.*",
    "timeit.*",
    "types.CodeType",
    "types.FunctionType",
    "typing.get_type_hints",
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{ALLOWED_MODULES, BLOCKED_MEMBERS, BLOCKED_MODULES, ENVIRONMENT, EXTENSIONS};
    use crate::Policy;

    /// The defaults do not go through the reader, so here they do.
    #[test]
    fn the_defaults_are_what_a_policy_could_say() {
        let list = |entries: &[&str]| entries.iter().map(|entry| format!("{entry:?}")).collect::<Vec<_>>().join(", ");
        let text = format!(
            "[module-whitelist]\nallowed-modules = [{}]\nblocked-modules = [{}]\nblocked-members = [{}]\n\
             [subprocess]\nallowed-environment-vars = [{}]\n[filesystem]\nallowed-extensions = [{}]\n",
            list(ALLOWED_MODULES),
            list(BLOCKED_MODULES),
            list(BLOCKED_MEMBERS),
            list(ENVIRONMENT),
            list(EXTENSIONS),
        );
        let parsed = Policy::parse(&text, Path::new("tywrap.toml")).unwrap();
        assert_eq!(parsed.warnings, []);
    }

    #[test]
    fn no_default_stands_twice() {
        for list in [ALLOWED_MODULES, BLOCKED_MODULES, BLOCKED_MEMBERS, ENVIRONMENT, EXTENSIONS] {
            assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len());
        }
    }
}
