//! Applies the policy to a surface: which members an annotation gets.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tywrap_contract::annotation::{Selection, Wish};
use tywrap_contract::manifest::Refusal;
use tywrap_policy::{Code, Diagnostic, Policy, nearest};
use tywrap_surface::model::{Func, Item, ParamKind, QName, Sig, Surface};

use crate::emit::{self, ModuleInput};

mod class_rules;

pub(crate) use self::class_rules::{ClassNames, ClassRules, Judged};

/// Where surfaces come from.
pub(crate) trait Surfaces {
    /// The surface of a module.
    fn surface(&mut self, module: &str) -> Result<Arc<Surface>, Diagnostic>;
}

impl<F: FnMut(&str) -> Result<Arc<Surface>, Diagnostic>> Surfaces for F {
    fn surface(&mut self, module: &str) -> Result<Arc<Surface>, Diagnostic> {
        self(module)
    }
}

/// What an annotation gets.
#[derive(Debug)]
pub(crate) struct Selected {
    /// The module itself with the prefix ``, and its submodules by the prefix of their members, in that order.
    pub(crate) parts: BTreeMap<String, Part>,
    /// Members that the policy leaves out, with the reason.
    pub(crate) left_out: Vec<LeftOut>,
}

/// The chosen members of one module.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) surface: Arc<Surface>,
    choices: Vec<Choice>,
}

#[derive(Debug)]
enum Choice {
    /// Position in the surface's items.
    As(usize),
    /// An item from which something was taken away.
    Less(Box<Item>),
}

/// A member that is not emitted, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LeftOut {
    /// Path below the module.
    pub name: String,
    /// The reason, as a sentence fragment.
    pub reason: String,
}

impl LeftOut {
    pub(crate) fn new(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { name: name.into(), reason: reason.into() }
    }
}

impl Part {
    /// The chosen items, in the order of the surface.
    pub(crate) fn items(&self) -> impl Iterator<Item = Cow<'_, Item>> {
        self.choices.iter().filter_map(|choice| match choice {
            Choice::As(index) => self.surface.items.get(*index).map(Cow::Borrowed),
            Choice::Less(item) => Some(Cow::Borrowed(&**item)),
        })
    }
}

impl Selected {
    /// What the emitter makes of it for the package `package`.
    pub(crate) fn input<'s>(
        &'s self,
        wish: &'s Wish,
        package: &'s str,
        policy: &'s Policy,
        rules: &'s ClassRules<'s>,
    ) -> ModuleInput<'s> {
        let parts = self.parts.iter();
        let parts =
            parts.map(|(prefix, part)| emit::Part { prefix, surface: &part.surface, items: part.items().collect() });
        ModuleInput {
            module: &wish.module,
            package,
            policy_digest: policy.digest(),
            parts: parts.collect(),
            integers: &policy.code_generation().integers,
            rules,
        }
    }

    /// Everything that tells this selection from another one of the same surfaces.
    pub(crate) fn fingerprint(&self) -> String {
        let mut text = String::new();
        for (prefix, part) in &self.parts {
            text.push_str(&format!("{prefix}={}\n", part.surface.module));
            for choice in &part.choices {
                match choice {
                    Choice::As(index) => text.push_str(&format!("{index}\n")),
                    Choice::Less(item) => text.push_str(&format!("{item:?}\n")),
                }
            }
        }
        text
    }
}

/// Chooses the members of an annotation. Its module must be allowed already.
///
/// # Errors
/// Why an entry of `only` or `except` is wrong, or why there is no surface.
pub(crate) fn select(policy: &Policy, wish: &Wish, surfaces: &mut dyn Surfaces) -> Result<Selected, Vec<Refusal>> {
    let surface = surfaces.surface(&wish.module).map_err(|diagnostic| vec![Refusal::new(&diagnostic)])?;
    match &wish.selection {
        Selection::All => whole(policy, &surface, &BTreeSet::new()),
        Selection::Except(names) => whole(policy, &surface, names),
        Selection::Only(names) => only(policy, &surface, names, surfaces),
    }
}

/// The modules whose surfaces an annotation needs: its own, and those that dotted entries of `only` lead to. `surface`
/// gives a module's surface, if there is one.
pub fn modules_of(wish: &Wish, surface: &mut dyn FnMut(&str) -> Option<Arc<Surface>>) -> BTreeSet<String> {
    let mut surfaces = |module: &str| surface(module).ok_or_else(|| not_found(module));
    let mut modules = BTreeSet::from([wish.module.clone()]);
    if let (Selection::Only(names), Ok(base)) = (&wish.selection, surfaces(&wish.module)) {
        for name in names {
            if let Ok((surface, _)) = walk(&base, name, &mut |_| Ok(()), &mut surfaces) {
                modules.insert(surface.module.clone());
            }
        }
    }
    modules
}

/// The error of a module without a surface.
pub(crate) fn not_found(module: &str) -> Diagnostic {
    Diagnostic::error(Code::ModuleNotFound, format!("nothing describes Python module `{module}`"))
        .note("note: the standard library is built in; of a package, its stubs or else its sources are read")
        .help("install it where the policy's `subprocess.venv` points, or into a `.venv` beside the policy")
}

fn whole(policy: &Policy, surface: &Arc<Surface>, except: &BTreeSet<String>) -> Result<Selected, Vec<Refusal>> {
    let mut choices = Vec::new();
    let mut left_out = Vec::new();
    for (index, item) in surface.items.iter().enumerate() {
        // Walking attributes stops at modules: `json.decoder.scanner.re.enum.sys` is no member.
        if matches!(item, Item::Module { .. }) || except.contains(name(item)) {
            continue;
        }
        match judge(policy, surface, index, &mut left_out) {
            Ok(choice) => choices.push(choice),
            // A private name is no member; leaving it out is no decision of the policy.
            Err(diagnostic) if diagnostic.code == Code::MemberMalformed => {}
            Err(diagnostic) => left_out.push(LeftOut::new(name(item), reason(&diagnostic))),
        }
    }
    let unknown = except.iter().filter(|except| !surface.items.iter().any(|item| name(item) == *except));
    let refusals: Vec<Refusal> = unknown.map(|name| Refusal::of_member(name, &unknown_member(surface, name))).collect();
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let part = Part { surface: Arc::clone(surface), choices };
    Ok(Selected { parts: BTreeMap::from([(String::new(), part)]), left_out })
}

fn only(
    policy: &Policy,
    base: &Arc<Surface>,
    names: &BTreeSet<String>,
    surfaces: &mut dyn Surfaces,
) -> Result<Selected, Vec<Refusal>> {
    let mut chosen: BTreeMap<String, (Arc<Surface>, BTreeMap<usize, Choice>)> = BTreeMap::new();
    let mut refusals = Vec::new();
    let mut left_out = Vec::new();
    for path in names {
        let allowed = &mut |module: &str| policy.module(module).map(|_| ());
        let choice = walk(base, path, allowed, surfaces)
            .and_then(|(surface, index)| Ok((judge(policy, &surface, index, &mut left_out)?, surface, index)));
        match choice {
            Ok((choice, surface, index)) => {
                let prefix = path.rsplit_once('.').map_or("", |(prefix, _)| prefix);
                let part = chosen.entry(prefix.to_owned()).or_insert_with(|| (surface, BTreeMap::new()));
                part.1.insert(index, choice);
            }
            Err(diagnostic) => refusals.push(Refusal::of_member(path, &diagnostic)),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let parts = chosen
        .into_iter()
        .map(|(prefix, (surface, choices))| (prefix, Part { surface, choices: choices.into_values().collect() }))
        .collect();
    Ok(Selected { parts, left_out })
}

/// Follows a dotted path through submodules to an item. Each module on the way must pass `allowed`.
fn walk(
    base: &Arc<Surface>,
    path: &str,
    allowed: &mut dyn FnMut(&str) -> Result<(), Diagnostic>,
    surfaces: &mut dyn Surfaces,
) -> Result<(Arc<Surface>, usize), Diagnostic> {
    let mut at = Arc::clone(base);
    let mut segments = path.split('.').peekable();
    while let Some(segment) = segments.next() {
        let index = at.items.iter().position(|item| name(item) == segment);
        let item = index.and_then(|index| at.items.get(index));
        if segments.peek().is_none() {
            return match (index, item) {
                (_, Some(Item::Module { module, .. })) => Err(is_module(base, path, module)),
                (Some(index), _) => Ok((at, index)),
                (None, _) => Err(unknown_member(&at, segment)),
            };
        }
        let module = match item {
            Some(Item::Module { module, .. }) => module.clone(),
            Some(Item::Class { .. }) => return Err(member_of_class(&at, path, segment)),
            Some(_) => return Err(unknown_member(&at, path)),
            // A submodule that the package does not import itself.
            None => format!("{}.{segment}", at.module),
        };
        allowed(&module)?;
        at = match surfaces.surface(&module) {
            Err(error) if error.code == Code::ModuleNotFound && item.is_none() => {
                return Err(unknown_member(&at, segment));
            }
            other => other?,
        };
    }
    Err(unknown_member(base, path))
}

/// Whether the policy grants an item, and what of it. Parameters that it takes away are noted.
fn judge(policy: &Policy, surface: &Surface, index: usize, left_out: &mut Vec<LeftOut>) -> Result<Choice, Diagnostic> {
    let Some(item) = surface.items.get(index) else { return Err(unknown_member(surface, "")) };
    let module = surface.module.as_str();
    policy.member(module, name(item))?;
    let Some(def) = definition(item) else { return Ok(Choice::As(index)) };
    if def.module != module {
        if let Some(rule) = implementation_names(&def.module).find_map(|name| policy.is_blocked_module(name)) {
            let message = format!("`{module}.{}` is re-exported from `{}`, which is blocked", name(item), def.module);
            return Err(Diagnostic::error(Code::MemberBlocked, message).note(rule));
        }
        // A blocked member is blocked under every name it is exported by.
        match policy.member(&def.module, &def.name) {
            Err(diagnostic) if diagnostic.code == Code::MemberBlocked => return Err(diagnostic),
            _ => {}
        }
    }
    let Item::Func(func) = item else { return Ok(Choice::As(index)) };
    let mut blocked = policy.blocked_parameters(module, &func.name);
    blocked.extend(policy.blocked_parameters(&def.module, &def.name));
    let Some((_, rule)) = blocked.first() else { return Ok(Choice::As(index)) };
    let names: Vec<&str> = blocked.iter().map(|(name, _)| name.as_str()).collect();
    let sigs: Vec<Sig> = func.sigs.iter().filter_map(|sig| without(sig, &names)).collect();
    if sigs.is_empty() {
        let message = format!("`{module}.{}` cannot be called without its blocked parameter", func.name);
        return Err(Diagnostic::error(Code::MemberBlocked, message).note(rule.clone()));
    }
    for (parameter, rule) in &blocked {
        let name = format!("{}({parameter})", func.name);
        let is_noted = left_out.iter().any(|left| left.name == name);
        if !is_noted && func.sigs.iter().any(|sig| sig.params.iter().any(|param| param.name == *parameter)) {
            left_out.push(LeftOut::new(name, format!("the parameter is blocked by policy; {rule}")));
        }
    }
    Ok(Choice::Less(Box::new(Item::Func(Func { sigs, ..func.clone() }))))
}

/// A signature without some parameters, or `None` if a call needs one of them. No argument may reach a parameter that was
/// taken away: what stood behind it can only be given by keyword, and nothing can be given that has no name.
fn without(sig: &Sig, blocked: &[&str]) -> Option<Sig> {
    let is_blocked = |name: &str| blocked.contains(&name);
    let names_all = blocked.iter().all(|name| sig.params.iter().any(|param| param.name == *name));
    // An unnamed blocked parameter may hide in `*args`.
    let mut open = names_all;
    let mut params = Vec::new();
    for param in &sig.params {
        let mut param = param.clone();
        match param.kind {
            ParamKind::VarKw => continue,
            ParamKind::VarPos if !open => continue,
            ParamKind::VarPos => {}
            ParamKind::KwOnly if is_blocked(&param.name) => {
                param.default.as_ref()?;
                continue;
            }
            ParamKind::KwOnly => {}
            ParamKind::PosOnly | ParamKind::PosOrKw if is_blocked(&param.name) => {
                param.default.as_ref()?;
                open = false;
                continue;
            }
            ParamKind::PosOnly | ParamKind::PosOrKw if open || !names_all => {}
            ParamKind::PosOnly => {
                param.default.as_ref()?;
                continue;
            }
            ParamKind::PosOrKw => param.kind = ParamKind::KwOnly,
        }
        params.push(param);
    }
    Some(Sig { params, ..sig.clone() })
}

/// The names under which a module may be blocked: its own, and the one whose implementation it is.
fn implementation_names(module: &str) -> impl Iterator<Item = &str> {
    let public = match module {
        "posix" | "nt" => Some("os"),
        "_posixsubprocess" | "_winapi" => Some("subprocess"),
        "_thread" => Some("threading"),
        other => other.strip_prefix('_').filter(|rest| !rest.starts_with('_')),
    };
    std::iter::once(module).chain(public)
}

fn definition(item: &Item) -> Option<&QName> {
    match item {
        Item::Func(func) => Some(&func.def),
        Item::Const(constant) => Some(&constant.def),
        Item::Class { def, .. } | Item::Alias { def, .. } => Some(def),
        Item::TypeVar(_) | Item::Module { .. } => None,
    }
}

/// The exported name of an item.
pub(crate) fn name(item: &Item) -> &str {
    match item {
        Item::Func(func) => &func.name,
        Item::Const(constant) => &constant.name,
        Item::Class { name, .. } | Item::Alias { name, .. } | Item::Module { name, .. } => name,
        Item::TypeVar(var) => &var.name,
    }
}

fn unknown_member(surface: &Surface, member: &str) -> Diagnostic {
    let module = &surface.module;
    if let Some(omitted) = surface.omitted.iter().find(|omitted| omitted.name == member) {
        return not_covered(module, member, &omitted.reason);
    }
    let message = format!("Python module `{module}` has no member `{}`", member.escape_debug());
    let mut diagnostic = Diagnostic::error(Code::MemberUnknown, message);
    let names = surface.items.iter().map(name).filter(|name| !name.starts_with('_'));
    let near: Vec<String> = nearest(member, names).into_iter().map(|near| format!("`{near}`")).collect();
    if !near.is_empty() {
        diagnostic = diagnostic.help(format!("did you mean {}?", near.join(" or ")));
    }
    diagnostic
}

/// The error of a member that is there, but cannot be wrapped.
pub(crate) fn not_covered(module: &str, member: &str, reason: &str) -> Diagnostic {
    Diagnostic::error(Code::MemberNotCovered, format!("`{module}.{member}` cannot be wrapped: {reason}"))
        .help("leave it out of `only`")
}

fn is_module(base: &Surface, path: &str, module: &str) -> Diagnostic {
    let message = format!("`{path}` is a module, and modules are no members of `{}`", base.module);
    Diagnostic::error(Code::MemberUnknown, message)
        .help(format!("name its members, such as `\"{path}.…\"`, or wrap it with `#[tywrap::wrap(\"{module}\")]`"))
}

fn member_of_class(surface: &Surface, path: &str, class: &str) -> Diagnostic {
    let message = format!("`{path}` is a member of the class `{class}` of `{}`", surface.module);
    Diagnostic::error(Code::MemberNotCovered, message)
        .help("members of classes are not wrapped on their own: leave it out of `only`")
}

fn reason(diagnostic: &Diagnostic) -> String {
    let notes = diagnostic.notes.iter().map(|note| format!("; {note}"));
    format!("{}{}", diagnostic.message, notes.collect::<String>())
}

#[cfg(test)]
mod tests;
