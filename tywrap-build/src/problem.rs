//! What was wrong with stubs, as diagnostics.

use std::collections::BTreeMap;

use tywrap_policy::{Code, Diagnostic};
use tywrap_surface::analyze::{Problem, ProblemKind};

/// The warnings that say what was wrong, each with its file and line. The modules that the stubs of one package miss are one
/// warning: whoever installed a part of what they can do without does not want to read of each.
pub fn stub_warnings(problems: &[Problem]) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    let mut missing: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    for problem in problems {
        match problem.kind {
            ProblemKind::Missing => {
                let package = problem.module.split('.').next().unwrap_or(&problem.module);
                missing.entry(package).or_default().push(problem);
            }
            _ => warnings.push(warning(problem)),
        }
    }
    warnings.extend(missing.into_iter().map(|(package, problems)| imports(package, &problems)));
    warnings
}

fn warning(problem: &Problem) -> Diagnostic {
    let code = match problem.kind {
        ProblemKind::Syntax | ProblemKind::Unreadable => Code::StubMalformed,
        ProblemKind::TooLarge => Code::StubTooLarge,
        ProblemKind::Circular => Code::StubCircular,
        ProblemKind::Missing | ProblemKind::Compiled => Code::StubDependency,
        ProblemKind::Untyped => Code::ModuleUntyped,
        ProblemKind::Name => Code::IdentifierRefused,
        ProblemKind::SameName => Code::NameCollision,
    };
    Diagnostic::warning(code, problem.message.clone())
        .note(format!("note: at {}:{}", problem.path.display(), problem.line))
        .help(problem.help())
}

/// The modules that what describes `package` imports in vain.
fn imports(package: &str, problems: &[&Problem]) -> Diagnostic {
    if let [problem] = problems {
        return warning(problem);
    }
    let message = format!("what describes `{package}` imports {} modules that are not installed", problems.len());
    let mut diagnostic = Diagnostic::warning(Code::StubDependency, message);
    for problem in problems {
        diagnostic =
            diagnostic.note(format!("note: {} at {}:{}", problem.message, problem.path.display(), problem.line));
    }
    diagnostic.help("install them to have their types; without them they are unknown")
}
