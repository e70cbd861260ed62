//! The arguments of a call against the signatures of a callable.

use tywrap_policy::{Code, nearest};

use super::CallRefused;
use super::describe::{expected, mismatch};
use super::fit::{Check, Fit};
use crate::grants::{Callable, CallableKind, Module, Param, ParamKind, Signature};
use crate::value::{Callback, Value};

/// Positional arguments and keyword arguments.
pub(super) type Arguments = (Vec<Value>, Vec<(String, Value)>);

/// Binds arguments to the first signature that takes them as they are, else to the first that takes them converted.
///
/// Omitted arguments are gone afterwards: those behind one are passed by keyword.
pub(crate) fn bind(
    module: &'static Module,
    callable: &'static Callable,
    mut args: Vec<Value>,
    mut kwargs: Vec<(String, Value)>,
) -> Result<Arguments, CallRefused> {
    while let Some(Value::Omitted) = args.last() {
        args.pop();
    }
    if callable.kind == CallableKind::Attribute {
        if args.is_empty() && kwargs.is_empty() {
            return Ok((args, kwargs));
        }
        let message = format!("`{}` is a value; it is read without arguments", module.shown(callable));
        return Err(CallRefused { code: Code::CallArity, message });
    }
    let mut check = Check::new(module);
    let mut chosen = choose(&mut check, callable, &args, &kwargs);
    // Where columns don't tell, and for the words of a refusal, rows are the lists that they are.
    let values = || args.iter().chain(kwargs.iter().map(|(_, value)| value));
    if check.is_open || chosen.is_err() && values().any(Value::has_rows) {
        args.iter_mut().chain(kwargs.iter_mut().map(|(_, value)| value)).for_each(Value::expand_rows);
        check = Check::new(module);
        chosen = choose(&mut check, callable, &args, &kwargs);
    }
    let nearest = match chosen {
        Ok(Chosen { params, fit, others }) => {
            let asked = asked_of_functions(&mut check, &others, &args, &kwargs);
            let mut bound = rearrange(&mut check, params, fit, args, kwargs)?;
            if !asked.is_empty() {
                for_each_callback(&mut bound, &mut |callback| {
                    for other in &asked {
                        if other.id == callback.id {
                            callback.merge(other.clone());
                        }
                    }
                });
            }
            return Ok(bound);
        }
        Err(nearest) => nearest,
    };
    let name = format!("`{}`", module.shown(callable));
    if check.exhausted() {
        let message = format!("the arguments of {name} are too many to be checked against its types");
        return Err(CallRefused { code: Code::CallType, message });
    }
    Err(match nearest {
        Some(mismatch) => mismatch.refusal(&mut check, &name, callable.signatures.len(), &args, &kwargs),
        None => {
            CallRefused { code: Code::CallUnknown, message: format!("{name} has no signature that could be called") }
        }
    })
}

/// The signature that takes the arguments, and how.
struct Chosen {
    params: &'static [Param],
    fit: Fit,
    /// Others that take them converted, if this one does.
    others: Vec<&'static [Param]>,
}

/// Finds the signature that takes the arguments; else where they and the nearest part.
fn choose(
    check: &mut Check,
    callable: &'static Callable,
    args: &[Value],
    kwargs: &[(String, Value)],
) -> Result<Chosen, Option<Mismatch>> {
    let mut converted: Option<Chosen> = None;
    let mut nearest: Option<Mismatch> = None;
    for &index in callable.signatures {
        let params = params(check.module, index);
        match fit_signature(check, params, args, kwargs) {
            Ok(Fit::Exact) => return Ok(Chosen { params, fit: Fit::Exact, others: Vec::new() }),
            Ok(fit) => match &mut converted {
                Some(first) => first.others.push(params),
                None => converted = Some(Chosen { params, fit, others: Vec::new() }),
            },
            Err(mismatch) if nearest.as_ref().is_none_or(|near| mismatch.progress() > near.progress()) => {
                nearest = Some(mismatch);
            }
            Err(_) => {}
        }
    }
    converted.ok_or(nearest)
}

/// What signatures ask of the functions among the arguments.
fn asked_of_functions(
    check: &mut Check,
    signatures: &[&'static [Param]],
    args: &[Value],
    kwargs: &[(String, Value)],
) -> Vec<Callback> {
    let mut asked = Vec::new();
    for params in signatures {
        // Most calls have none, and what has none is not copied again.
        if !args.iter().chain(kwargs.iter().map(|(_, value)| value)).any(Value::has_callback) {
            break;
        }
        if let Ok(mut bound) = rearrange(check, params, Fit::Converted, args.to_vec(), kwargs.to_vec()) {
            for_each_callback(&mut bound, &mut |callback| asked.push(callback.clone()));
        }
    }
    asked
}

fn for_each_callback((args, kwargs): &mut Arguments, each: &mut impl FnMut(&mut Callback)) {
    args.iter_mut().chain(kwargs.iter_mut().map(|(_, value)| value)).for_each(|value| value.for_each_callback(each));
}

/// The parameters of a signature; none where the table does not have it.
fn params(module: &'static Module, signature: u32) -> &'static [Param] {
    let Some(&Signature { first, count }) = module.signatures.get(signature as usize) else { return &[] };
    let first = first as usize;
    module.params.get(first..first.saturating_add(count as usize)).unwrap_or(&[])
}

/// Where a call and a signature part.
struct Mismatch {
    params: &'static [Param],
    kind: MismatchKind,
}

enum MismatchKind {
    TooMany { most: usize },
    Missing { param: &'static Param },
    PositionalOnlyHole { hole: &'static Param, after: &'static Param },
    HoleBeforeVariadic { hole: &'static Param },
    OmittedVariadic,
    PositionalOnlyKeyword { param: &'static Param },
    UnknownKeyword { keyword: usize },
    Twice { param: &'static Param },
    Positional { at: usize, param: &'static Param },
    Keyword { keyword: usize, param: &'static Param },
}

/// The positional parameters, which come first.
fn positional(params: &'static [Param]) -> &'static [Param] {
    let is_positional = |param: &Param| matches!(param.kind, ParamKind::PosOnly | ParamKind::PosOrKw);
    let count = params.iter().take_while(|param| is_positional(param)).count();
    &params[..count]
}

fn fit_signature(
    check: &mut Check,
    params: &'static [Param],
    args: &[Value],
    kwargs: &[(String, Value)],
) -> Result<Fit, Mismatch> {
    use MismatchKind as Kind;
    let fail = |kind| Err(Mismatch { params, kind });
    let positional = positional(params);
    let variadic = params.get(positional.len()).filter(|param| param.kind == ParamKind::VarPos);
    let mut hole = None;
    let mut worst = Fit::Exact;
    // Arity first: a wrong count is what a person would see first.
    if args.len() > positional.len() && variadic.is_none() {
        return fail(Kind::TooMany { most: positional.len() });
    }
    for (at, arg) in args.iter().enumerate() {
        let omitted = matches!(arg, Value::Omitted);
        let param = match (positional.get(at), variadic) {
            (Some(param), _) => param,
            (None, _) if omitted => return fail(Kind::OmittedVariadic),
            (None, Some(variadic)) => match hole {
                Some(hole) => return fail(Kind::HoleBeforeVariadic { hole }),
                None => variadic,
            },
            (None, None) => return fail(Kind::TooMany { most: positional.len() }),
        };
        if omitted {
            hole = Some(param);
            continue;
        }
        if let Some(hole) = hole
            && param.kind == ParamKind::PosOnly
        {
            return fail(Kind::PositionalOnlyHole { hole, after: param });
        }
        match check.fit(param.schema, arg) {
            Fit::No => return fail(Kind::Positional { at, param }),
            fit => worst = worst.min(fit),
        }
    }
    let given = |at: usize| args.get(at).is_some_and(|arg| !matches!(arg, Value::Omitted));
    let extra = params.iter().find(|param| param.kind == ParamKind::VarKw);
    for (keyword, (name, value)) in kwargs.iter().enumerate() {
        let at = params.iter().position(|param| param.name == name && takes_keyword(param));
        let param = match (at, extra) {
            (Some(at), _) if given(at) && at < positional.len() => return fail(Kind::Twice { param: &params[at] }),
            (Some(at), _) => &params[at],
            (None, Some(extra)) => extra,
            (None, None) => {
                return fail(
                    match params.iter().find(|param| param.name == name && param.kind == ParamKind::PosOnly) {
                        Some(param) => Kind::PositionalOnlyKeyword { param },
                        None => Kind::UnknownKeyword { keyword },
                    },
                );
            }
        };
        match check.fit(param.schema, value) {
            Fit::No => return fail(Kind::Keyword { keyword, param }),
            fit => worst = worst.min(fit),
        }
    }
    let missing = params.iter().enumerate().find(|&(at, param)| {
        let required = !param.optional && !matches!(param.kind, ParamKind::VarPos | ParamKind::VarKw);
        let by_position = at < positional.len() && given(at);
        required && !by_position && !(takes_keyword(param) && kwargs.iter().any(|(name, _)| name == param.name))
    });
    match missing {
        Some((_, param)) => fail(Kind::Missing { param }),
        None => Ok(worst),
    }
}

fn takes_keyword(param: &Param) -> bool {
    matches!(param.kind, ParamKind::PosOrKw | ParamKind::KwOnly)
}

/// Converts the arguments, and passes what stands behind an omitted one by keyword.
fn rearrange(
    check: &mut Check,
    params: &'static [Param],
    fit: Fit,
    mut args: Vec<Value>,
    mut kwargs: Vec<(String, Value)>,
) -> Result<Arguments, CallRefused> {
    let positional = positional(params);
    if fit == Fit::Converted {
        let variadic = params.get(positional.len());
        for (at, arg) in args.iter_mut().enumerate() {
            if let Some(param) = positional.get(at).or(variadic) {
                check.convert(param.schema, arg);
            }
        }
        for (name, value) in &mut kwargs {
            let param = params.iter().find(|param| param.name == name && takes_keyword(param));
            if let Some(param) = param.or_else(|| params.iter().find(|param| param.kind == ParamKind::VarKw)) {
                check.convert(param.schema, value);
            }
        }
    }
    if let Some(hole) = args.iter().position(|arg| matches!(arg, Value::Omitted)) {
        let behind = args.split_off(hole).into_iter().zip(&positional[hole..]);
        kwargs.extend(
            behind.filter(|(arg, _)| !matches!(arg, Value::Omitted)).map(|(arg, param)| (param.name.to_owned(), arg)),
        );
    }
    Ok((args, kwargs))
}

impl Mismatch {
    /// How far the call got: the signature that it follows furthest is the one that was meant.
    fn progress(&self) -> usize {
        match self.kind {
            MismatchKind::TooMany { most } => most,
            MismatchKind::OmittedVariadic
            | MismatchKind::PositionalOnlyHole { .. }
            | MismatchKind::HoleBeforeVariadic { .. } => 100,
            MismatchKind::UnknownKeyword { keyword } => 1000 + keyword,
            MismatchKind::PositionalOnlyKeyword { .. } | MismatchKind::Twice { .. } => 1000,
            MismatchKind::Missing { .. } => 2000,
            MismatchKind::Positional { at, .. } => 3000 + at,
            MismatchKind::Keyword { keyword, .. } => 4000 + keyword,
        }
    }

    fn refusal(
        &self,
        check: &mut Check,
        name: &str,
        signatures: usize,
        args: &[Value],
        kwargs: &[(String, Value)],
    ) -> CallRefused {
        let (code, what) = match self.kind {
            MismatchKind::TooMany { most } => {
                let arguments = if most == 1 { "argument" } else { "arguments" };
                (Code::CallArity, format!("takes at most {most} positional {arguments}, got {}", args.len()))
            }
            MismatchKind::Missing { param } => {
                (Code::CallArity, format!("needs the argument `{}`: {}", param.name, expected(check, param.schema)))
            }
            MismatchKind::PositionalOnlyHole { hole, after } => (
                Code::CallArity,
                format!(
                    "cannot omit `{}` and pass `{}`, which has no keyword; pass both or neither",
                    hole.name, after.name
                ),
            ),
            MismatchKind::HoleBeforeVariadic { hole } => (
                Code::CallArity,
                format!("cannot omit `{}` and pass more positional arguments; pass it by keyword", hole.name),
            ),
            MismatchKind::OmittedVariadic => {
                (Code::CallArity, "cannot omit one of its variadic arguments; leave it out of the call".to_owned())
            }
            MismatchKind::PositionalOnlyKeyword { param } => {
                (Code::CallKeyword, format!("takes `{}` by position only", param.name))
            }
            MismatchKind::UnknownKeyword { keyword } => (Code::CallKeyword, self.unknown_keyword(&kwargs[keyword].0)),
            MismatchKind::Twice { param } => {
                (Code::CallKeyword, format!("got `{}` both by position and by keyword", param.name))
            }
            MismatchKind::Positional { at, param } => (Code::CallType, wrong(check, param, &args[at])),
            MismatchKind::Keyword { keyword, param } => {
                let (given, value) = &kwargs[keyword];
                let text = wrong(check, param, value);
                (Code::CallType, if param.kind == ParamKind::VarKw { format!("{text} (as `{given}`)") } else { text })
            }
        };
        let overloads = match signatures {
            1 => String::new(),
            count => format!(" (the nearest of {count} signatures)"),
        };
        CallRefused { code, message: format!("{name} {what}{overloads}") }
    }

    fn unknown_keyword(&self, keyword: &str) -> String {
        let known = || self.params.iter().filter(|param| takes_keyword(param)).map(|param| param.name);
        let quoted: String = keyword.chars().take(80).collect();
        let advice = match nearest(&quoted, known()).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None if known().next().is_none() => "it takes no keywords".to_owned(),
            None => {
                let names: Vec<String> = known().map(|name| format!("`{name}`")).collect();
                format!("its keywords are {}", names.join(", "))
            }
        };
        format!("has no keyword {quoted:?}; {advice}")
    }
}

/// The parameter, what it takes and what came.
fn wrong(check: &mut Check, param: &Param, value: &Value) -> String {
    let (path, schema, got) = mismatch(check, param.schema, value);
    let place = if path.is_empty() { String::new() } else { format!(" at {}", path.trim_start()) };
    format!("expected `{}`{place} to be {}, got {got}", param.name, expected(check, schema))
}
