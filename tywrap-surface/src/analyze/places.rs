//! Where packages are looked for: the one rule that the build script and the command share.

use std::path::{Path, PathBuf};

use super::search::SearchPath;

/// Where packages may be: the virtual environment that is named, else the one beside the policy, else around the interpreter.
/// The layout is read on disk; nothing is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The virtual environment that the policy or the command line names.
    pub named: Option<PathBuf>,
    /// `.venv` beside the policy.
    pub beside: PathBuf,
    /// The interpreter.
    pub interpreter: Option<PathBuf>,
}

impl Places {
    /// The packages there; only the standard library where there is no environment at all.
    ///
    /// # Errors
    ///
    /// The path that was named, if it is no virtual environment: no other may stand in for it.
    pub fn find(&self) -> Result<SearchPath, &Path> {
        match &self.named {
            // Messages name files in it: without the `..` of a path that is relative to the policy.
            Some(venv) => SearchPath::from_venv(&venv.canonicalize().unwrap_or_else(|_| venv.clone())).ok_or(venv),
            None => Ok(SearchPath::from_venv(&self.beside)
                .or_else(|| SearchPath::from_interpreter(self.interpreter.as_deref()?))
                .unwrap_or_else(SearchPath::stdlib)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_comes_first_and_nothing_stands_in_for_it() {
        let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/venv");
        let nowhere = venv.join("nowhere");
        let find = |named: Option<&Path>, beside: &Path, interpreter: Option<&Path>| {
            let owned = |path: Option<&Path>| path.map(Path::to_owned);
            Places { named: owned(named), beside: beside.to_owned(), interpreter: owned(interpreter) }
                .find()
                .map(|path| path.environment().map(Path::to_owned))
                .map_err(Path::to_owned)
        };
        let python = venv.join("bin/python3");
        assert_eq!(find(Some(&venv), &nowhere, None), Ok(Some(venv.clone())));
        assert_eq!(find(Some(&venv.join("lib/..")), &nowhere, None), Ok(Some(venv.clone())));
        assert_eq!(find(Some(&nowhere), &venv, Some(&python)), Err(nowhere.clone()));
        assert_eq!(find(None, &venv, None), Ok(Some(venv.clone())));
        assert_eq!(find(None, &nowhere, Some(&python)), Ok(Some(venv.clone())));
        assert_eq!(find(None, &nowhere, None), Ok(None));
    }
}
