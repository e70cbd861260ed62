//! Text to syntax trees, with the statements that are not valid taken out.
//!
//! A parser that goes on after an error guesses where the next statement begins, and one bracket that is not closed can cost
//! everything behind it. Here the lines decide instead: a statement ends before the next line that is not indented further.

use std::collections::BTreeMap;

use ruff_python_ast::{ExceptHandler, Expr, Stmt};
use ruff_python_parser::{Mode, ParseOptions};
use ruff_text_size::Ranged;

use super::problem::line_at;

/// How much of a file is read, in bytes. The largest stubs that are installed by the thousand have 2 MiB.
pub(crate) const LARGEST: usize = 8 << 20;

/// How many statements of a file are taken out, and how many bytes are parsed for that, before the parser's guesses are
/// taken for the rest.
const MOST_BROKEN: usize = 100;
const MOST_PARSED: usize = 64 << 20;

/// A file as far as it is Python.
pub(crate) struct Parsed {
    /// Its statements. For one that was not valid there is a `...`.
    pub(crate) suite: Vec<Stmt>,
    /// The names that were to be bound by what is not valid, each with its place, by the place of the `...`.
    pub(crate) broken: Broken,
    /// The line of the first place that is not valid, and what is wrong there.
    pub(crate) error: Option<(usize, String)>,
}

/// Names with their places, by the place of the statement.
pub(crate) type Broken = BTreeMap<usize, Vec<(String, usize)>>;

/// Shortens a text that is too large, at the start of a statement; the one-based line of what is no longer there.
pub(crate) fn cut(text: &mut String) -> Option<usize> {
    if text.len() <= LARGEST {
        return None;
    }
    let mut limit = LARGEST;
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let kept = text.get(..limit).unwrap_or_default();
    let starts_statement = |at: &usize| {
        let next = kept.as_bytes().get(at + 1).copied().unwrap_or_default();
        let line = kept.get(..*at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        // What a decorator stands on goes with it.
        (next.is_ascii_alphabetic() || matches!(next, b'@' | b'_')) && !line.starts_with('@')
    };
    let end = kept.rmatch_indices('\n').map(|(at, _)| at).find(starts_statement).map_or(0, |at| at + 1);
    let line = line_at(text, end);
    text.truncate(end);
    Some(line)
}

/// Parses a module. Of a text that was cut, the last statement may be half a one, which is nobody's mistake.
pub(crate) fn parse(source: &str, is_cut: bool) -> Parsed {
    let mut broken = Broken::new();
    let mut errors: Vec<(usize, String)> = Vec::new();
    let mut repaired: Option<Vec<u8>> = None;
    let mut parsed_bytes = 0;
    loop {
        let text = repaired.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or(source);
        let parsed = ruff_python_parser::parse_unchecked(text, ParseOptions::from(Mode::Module));
        parsed_bytes += text.len();
        let first = parsed.errors().iter().min_by_key(|error| error.location.start());
        let first = first.map(|error| (error.location.start().to_usize(), error.error.to_string()));
        let suite: Vec<Stmt> =
            parsed.try_into_module().map(|module| module.into_suite().into_iter().collect()).unwrap_or_default();
        let Some((at, message)) = first else { return Parsed { suite, broken, error: summary(source, &errors) } };
        let statement = innermost(&suite, at);
        let (start, end, names) = match statement {
            Some(stmt) => (stmt.start().to_usize(), end_of(text, stmt), names_of(stmt)),
            None => (line_start(text, at), line_end(text, at), Vec::new()),
        };
        if !(is_cut && end >= text.len()) {
            errors.push((at.min(source.len()), message));
        }
        if broken.contains_key(&start) || broken.len() >= MOST_BROKEN || parsed_bytes > MOST_PARSED {
            return Parsed { suite, broken, error: summary(source, &errors) };
        }
        broken.insert(start, names);
        blank(repaired.get_or_insert_with(|| source.as_bytes().to_vec()), start, end);
    }
}

fn summary(source: &str, errors: &[(usize, String)]) -> Option<(usize, String)> {
    let (at, message) = errors.iter().min()?;
    let more = match errors.len() - 1 {
        0 => String::new(),
        1 => "; one more statement is not".to_owned(),
        more => format!("; {more} more statements are not"),
    };
    Some((line_at(source, *at), format!("this is not valid Python: {message}{more}")))
}

/// Writes `...` over a statement; lines and places stay as they are.
fn blank(text: &mut [u8], start: usize, end: usize) {
    let Some(statement) = text.get_mut(start..end) else { return };
    for (at, byte) in statement.iter_mut().enumerate() {
        *byte = match *byte {
            b'\n' => b'\n',
            _ if at < 3 => b'.',
            _ => b' ',
        };
    }
}

/// The innermost statement that begins before a place.
fn innermost(suite: &[Stmt], at: usize) -> Option<&Stmt> {
    let stmt = suite.iter().rfind(|stmt| stmt.start().to_usize() <= at)?;
    let inside = bodies(stmt).into_iter().filter_map(|body| innermost(body, at));
    Some(inside.max_by_key(|inner| inner.start()).unwrap_or(stmt))
}

/// The bodies inside a statement.
fn bodies(stmt: &Stmt) -> Vec<&[Stmt]> {
    match stmt {
        Stmt::FunctionDef(def) => vec![&def.body],
        Stmt::ClassDef(def) => vec![&def.body],
        Stmt::If(branch) => {
            std::iter::once(&*branch.body).chain(branch.elif_else_clauses.iter().map(|clause| &*clause.body)).collect()
        }
        Stmt::Try(attempt) => {
            let handlers = attempt.handlers.iter().map(|ExceptHandler::ExceptHandler(handler)| &*handler.body);
            [&*attempt.body, &*attempt.orelse, &*attempt.finalbody].into_iter().chain(handlers).collect()
        }
        Stmt::With(with) => vec![&with.body],
        Stmt::For(each) => vec![&each.body, &each.orelse],
        Stmt::While(each) => vec![&each.body, &each.orelse],
        _ => Vec::new(),
    }
}

/// Where a statement ends, as its lines tell: before the next line with a word that is not indented further.
fn end_of(text: &str, stmt: &Stmt) -> usize {
    // The name of a definition stands on a later line than its decorators.
    let (start, header) = match stmt {
        Stmt::FunctionDef(def) => (def.range.start().to_usize(), def.name.start().to_usize()),
        Stmt::ClassDef(def) => (def.range.start().to_usize(), def.name.start().to_usize()),
        other => (other.start().to_usize(), other.start().to_usize()),
    };
    let indent = start - line_start(text, start);
    let mut at = line_end(text, header);
    while at < text.len() {
        let line = text.get(at + 1..).unwrap_or_default();
        let line = line.get(..line.find('\n').unwrap_or(line.len())).unwrap_or_default();
        let words = line.trim_start();
        let is_word = words.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '@');
        if is_word && line.len() - words.len() <= indent {
            return at;
        }
        at += 1 + line.len();
    }
    text.len()
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|after| after.find('\n')).map_or(text.len(), |newline| at + newline)
}

/// The names that a statement would bind, with their places.
fn names_of(stmt: &Stmt) -> Vec<(String, usize)> {
    let mut names = Vec::new();
    match stmt {
        Stmt::FunctionDef(def) => names.push((def.name.as_str().to_owned(), def.name.start().to_usize())),
        Stmt::ClassDef(def) => names.push((def.name.as_str().to_owned(), def.name.start().to_usize())),
        Stmt::Assign(assign) => assign.targets.iter().for_each(|target| target_names(target, &mut names)),
        Stmt::AnnAssign(assign) => target_names(&assign.target, &mut names),
        Stmt::TypeAlias(alias) => target_names(&alias.name, &mut names),
        Stmt::ImportFrom(import) => {
            // Only what is exported on purpose would be missed.
            let named = import.names.iter().filter_map(|alias| alias.asname.as_ref());
            names.extend(named.map(|name| (name.as_str().to_owned(), name.start().to_usize())));
        }
        other => names.extend(bodies(other).into_iter().flatten().flat_map(names_of)),
    }
    names
}

fn target_names(target: &Expr, names: &mut Vec<(String, usize)>) {
    match target {
        Expr::Name(name) => names.push((name.id.as_str().to_owned(), name.start().to_usize())),
        Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| target_names(target, names)),
        _ => {}
    }
}
