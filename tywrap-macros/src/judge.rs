//! Whether an annotation may stand, in the order: malformed, blocked, not allowed, not locked, not emitted.

use std::path::{Path, PathBuf};

use proc_macro2::Span;
use tywrap_contract::annotation::Annotation;
use tywrap_contract::lock;
use tywrap_contract::manifest::{Emitted, Outcome, VERSION};
use tywrap_policy::{Code, Diagnostic, Level};

use crate::context::{BuildScript, Complaints, Context, Ruling};

/// What build.rs emitted, by absolute paths.
pub(crate) struct Files {
    pub(crate) grants: PathBuf,
    pub(crate) ts: PathBuf,
    pub(crate) js: PathBuf,
    pub(crate) dts: PathBuf,
}

/// The emitted files, or why the annotation is refused, each reason at the literal it is about.
pub(crate) fn judge(annotation: &Annotation, context: &Context<'_>) -> Result<Files, Vec<syn::Error>> {
    let at_module = |diagnostic: Diagnostic| error(annotation.module.span(), &diagnostic);
    let ruling = context.ruling().map_err(|diagnostics| policy_errors(annotation.module.span(), diagnostics))?;
    allowed(annotation, context, &ruling).map_err(|diagnostic| vec![at_module(diagnostic)])?;
    emitted(annotation, context, &ruling)
}

/// What is wrong with the policy itself; warnings are build.rs's to print.
pub(crate) fn policy_errors(span: Span, diagnostics: Complaints) -> Vec<syn::Error> {
    let errors = diagnostics.into_iter().filter(|diagnostic| diagnostic.level == Level::Error);
    errors.map(|diagnostic| error(span, &with_place(diagnostic))).collect()
}

/// A diagnostic as a compile error.
pub(crate) fn error(span: Span, diagnostic: &Diagnostic) -> syn::Error {
    syn::Error::new(span, diagnostic)
}

/// The policy's say, and the lock's.
fn allowed(annotation: &Annotation, context: &Context<'_>, ruling: &Ruling) -> Result<(), Diagnostic> {
    let module = annotation.module.value();
    ruling.policy.module(&module)?;
    let by_policy = ruling.policy.lock().required;
    if !by_policy && !context.locked_by_variable() {
        return Ok(());
    }
    if context.lock(ruling)?.is_some_and(|lock| lock.module.contains_key(&module)) {
        return Ok(());
    }
    let rule = match by_policy {
        true => format!("rule: `lock.required` in {}", ruling.shown),
        false => "rule: the environment variable `TYWRAP_LOCKED` is set".to_owned(),
    };
    Err(Diagnostic::error(Code::ModuleNotLocked, format!("Python module `{module}` is not in `{}`", lock::FILE))
        .note(rule)
        .help(format!("run `{} {module}`, review what it writes, and commit it", lock::COMMAND)))
}

/// What build.rs did about it.
fn emitted(annotation: &Annotation, context: &Context<'_>, ruling: &Ruling) -> Result<Files, Vec<syn::Error>> {
    let span = annotation.module.span();
    let module = annotation.module.value();
    let one = |diagnostic: Diagnostic| vec![error(span, &diagnostic)];
    let (path, manifest) = match &context.manifest {
        Err(diagnostic) => return Err(vec![error(span, diagnostic)]),
        Ok(None) => return Err(one(no_manifest(&module, context))),
        Ok(Some((path, manifest))) => (path, manifest),
    };
    if manifest.policy.digest != ruling.policy.digest() || manifest.policy.path != ruling.path {
        return Err(one(policy_changed(&manifest.policy.shown, ruling)));
    }
    match manifest.annotations.get(&annotation.wish().to_string()) {
        None => Err(one(not_seen(&module, &context.name))),
        Some(Outcome::Refused(refusals)) => {
            let position = |member: &String| annotation.named().iter().position(|name| name.value() == *member);
            let mut refusals: Vec<_> =
                refusals.iter().map(|refusal| (refusal.member.as_ref().and_then(position), refusal)).collect();
            refusals.sort_by_key(|(position, _)| *position);
            let at = |position: usize| annotation.named().get(position).map(syn::LitStr::span);
            let errors = refusals.into_iter();
            Err(errors
                .map(|(position, refusal)| syn::Error::new(position.and_then(at).unwrap_or(span), refusal.text()))
                .collect())
        }
        Some(Outcome::Emitted(emitted)) => {
            files(path, emitted).ok_or_else(|| one(missing_output(&module, &context.name)))
        }
    }
}

fn files(manifest: &Path, emitted: &Emitted) -> Option<Files> {
    let dir = manifest.parent()?;
    let file = |path: &Path| Some(dir.join(path)).filter(|path| path.is_file());
    Some(Files {
        grants: file(&emitted.grants)?,
        ts: file(&emitted.ts)?,
        js: file(&emitted.js)?,
        dts: file(&emitted.dts)?,
    })
}

fn no_manifest(module: &str, context: &Context<'_>) -> Diagnostic {
    let dependency = format!("add to Cargo.toml:\n\n    [build-dependencies]\n    tywrap-build = \"={VERSION}\"\n");
    let script = "    fn main() {\n        tywrap_build::build();\n    }\n";
    let message = |why: &str| {
        let message = format!("nothing was emitted for Python module `{module}`: {why}");
        Diagnostic::error(Code::BuildScriptMissing, message)
    };
    match context.build_script() {
        BuildScript::None => message("the package has no build script")
            .help(dependency)
            .help(format!("and write a file `build.rs` beside it:\n\n{script}")),
        BuildScript::NotRun => {
            message("the build script has not run").help("build with Cargo; in an editor, let it run build scripts")
        }
        BuildScript::Silent => message("the build script does not call `tywrap_build`")
            .help(dependency)
            .help(format!("and call it in the build script:\n\n{script}")),
    }
}

fn policy_changed(applied: &str, ruling: &Ruling) -> Diagnostic {
    let message = format!("the policy `{}` is not the one that build.rs applied", ruling.shown);
    Diagnostic::error(Code::PolicyChanged, message)
        .note(format!("build.rs applied `{applied}` as it was then"))
        .help("make the file newer than the last build, for example with `touch`, and build again")
        .help("if it stays, the build script no longer calls `tywrap_build::build()`")
}

fn not_seen(module: &str, package: &str) -> Diagnostic {
    Diagnostic::error(Code::AnnotationNotSeen, format!("build.rs does not see this annotation of Python module `{module}`"))
        .note(format!(
            "the build script of `{package}` reads the sources of its library and binaries; it expands no macros, follows no `include!`, and does not look at tests, examples and benches"
        ))
        .help("write the annotation in a file that `mod` reaches from src/lib.rs or src/main.rs, and import it from there")
}

fn missing_output(module: &str, package: &str) -> Diagnostic {
    Diagnostic::error(Code::ModuleNotEmitted, format!("what build.rs emitted for Python module `{module}` is gone"))
        .help(format!("run `cargo clean --package {package}`, then build again"))
}

/// Names the place in the message, for a diagnostic that is about another file than the one underlined.
fn with_place(mut diagnostic: Diagnostic) -> Diagnostic {
    if let Some(place) = &diagnostic.place {
        diagnostic.message =
            format!("{}:{}:{}: {}", place.path.display(), place.line, place.column, diagnostic.message);
    }
    diagnostic
}
