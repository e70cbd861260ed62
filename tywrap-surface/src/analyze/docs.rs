//! Docstrings: from the stub, else from the source file beside it, else from numpy's table. All are read as text.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::program::{Program, What};
use super::resolve::Resolver;
use super::scope::Binding;
use crate::model::QName;

/// The file in which numpy documents what is written in C, in its newer and its older place.
const NUMPY_TABLES: &[&str] = &["numpy._core._add_newdocs", "numpy.core._add_newdocs"];

/// Finds docstrings.
pub(crate) struct Docs<'r> {
    resolver: &'r Resolver,
    sources: RefCell<FxHashMap<String, Option<Rc<Source>>>>,
    numpy: RefCell<Option<Rc<FxHashMap<String, String>>>>,
}

impl<'r> Docs<'r> {
    pub(crate) fn new(resolver: &'r Resolver) -> Self {
        Self { resolver, sources: RefCell::default(), numpy: RefCell::default() }
    }

    /// The docstring of what is defined at `place` and exported by `module` as `name`.
    pub(crate) fn of(&self, place: &QName, module: &str, name: &str) -> Option<String> {
        let found = self
            .inline(place)
            .or_else(|| self.runtime(place))
            .or_else(|| self.numpy(place, name))
            // A private name in a stub is often public in the module that exports it.
            .or_else(|| self.runtime(&QName::new(module, name)))?;
        let cleaned = clean(&found);
        (!cleaned.is_empty()).then_some(cleaned)
    }

    /// The docstring of a member of a class, by where it is defined.
    pub(crate) fn of_member(&self, place: &QName) -> Option<String> {
        let found = self.inline(place).or_else(|| self.runtime(place)).or_else(|| self.numpy(place, &place.name))?;
        let cleaned = clean(&found);
        (!cleaned.is_empty()).then_some(cleaned)
    }

    fn inline(&self, place: &QName) -> Option<String> {
        let def = self.resolver.def(place)?;
        if let What::Class(node) = self.resolver.what(&def) {
            return node.scope.doc.clone();
        }
        def.bindings.iter().rev().find_map(|binding| match binding {
            Binding::Func(node) => node.doc.clone(),
            _ => None,
        })
    }

    fn runtime(&self, place: &QName) -> Option<String> {
        self.source(&place.module)?.docstring(&place.name)
    }

    fn source(&self, module: &str) -> Option<Rc<Source>> {
        if let Some(source) = self.sources.borrow().get(module) {
            return source.clone();
        }
        let path = self.resolver.finder().source(module);
        let source = path.and_then(|path| self.resolver.read(&path).ok());
        let source = source.map(|text| Rc::new(Source::new(text)));
        self.sources.borrow_mut().insert(module.to_owned(), source.clone());
        source
    }

    fn numpy(&self, place: &QName, name: &str) -> Option<String> {
        if place.module != "numpy" && !place.module.starts_with("numpy.") {
            return None;
        }
        let table = self.numpy.borrow().clone();
        let table = table.unwrap_or_else(|| {
            let table =
                NUMPY_TABLES.iter().find_map(|module| self.source(module)).map(|source| add_newdocs(&source.text));
            let table = Rc::new(table.unwrap_or_default());
            *self.numpy.borrow_mut() = Some(Rc::clone(&table));
            table
        });
        table.get(&place.name).or_else(|| table.get(name)).cloned()
    }
}

/// A source file, with the places of its definitions found in one pass and without parsing it.
struct Source {
    text: String,
    /// Where the header of each definition goes on after its name, by name.
    definitions: FxHashMap<String, Vec<usize>>,
}

impl Source {
    fn new(text: String) -> Self {
        let mut definitions: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let statement = line.trim_start_matches([' ', '\t']);
            if !statement.starts_with(['d', 'c', 'a']) {
                start += line.len();
                continue;
            }
            let statement = statement.strip_prefix("async").map_or(statement, str::trim_start);
            if let Some(rest) = statement.strip_prefix("def ").or_else(|| statement.strip_prefix("class ")) {
                let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                let name = rest.get(..length).unwrap_or_default();
                let at = start + line.len() - rest.len() + length;
                definitions.entry(name.to_owned()).or_default().push(at);
            }
            start += line.len();
        }
        Self { text, definitions }
    }

    /// The docstring of the function or class `qualified`.
    fn docstring(&self, qualified: &str) -> Option<String> {
        let mut from = 0;
        for name in qualified.split('.') {
            from = *self.definitions.get(name)?.iter().find(|&&at| at >= from)?;
        }
        let header = self.text.get(from..)?;
        leading_string(header.get(after_header(header)?..)?)
    }
}

/// The position behind the `:` that ends the header of a definition.
fn after_header(source: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = source.as_bytes().get(at) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b':' if depth == 0 => return Some(at + 1),
            b'\'' | b'"' => {
                at += string_length(source.get(at..)?)?;
                continue;
            }
            b'#' => {
                at += source.get(at..)?.find('\n')?;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The string literal that a body starts with.
fn leading_string(body: &str) -> Option<String> {
    let mut rest = body.trim_start();
    while rest.starts_with('#') {
        rest = rest.split_once('\n')?.1.trim_start();
    }
    string_literal(rest).map(|(text, _)| text)
}

/// The value of the string literal at the start of `source`, and its length in the source.
fn string_literal(source: &str) -> Option<(String, usize)> {
    let prefix = source.find(['\'', '"']).filter(|&at| at <= 2)?;
    let valid = source.get(..prefix)?.bytes().all(|byte| matches!(byte, b'r' | b'R' | b'u' | b'U'));
    let length = prefix + string_length(source.get(prefix..)?)?;
    let literal = source.get(..length).filter(|_| valid)?;
    if source.get(..prefix)?.contains(['r', 'R']) || !literal.contains('\\') {
        // Without escapes, the text between the quotes is the value.
        let quoted = literal.get(prefix..)?;
        let width = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") { 3 } else { 1 };
        return Some((quoted.get(width..quoted.len().checked_sub(width)?)?.to_owned(), length));
    }
    let parsed = ruff_python_parser::parse_expression(literal).ok()?;
    match parsed.expr() {
        ruff_python_ast::Expr::StringLiteral(text) => Some((text.value.to_str().to_owned(), length)),
        _ => None,
    }
}

/// The length of the quoted text at the start of `source`, quotes included.
fn string_length(source: &str) -> Option<usize> {
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| source.starts_with(quote))?;
    let mut at = quote.len();
    loop {
        let end = at + source.get(at..)?.find(quote)?;
        let before = source.get(quote.len()..end)?;
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        if backslashes % 2 == 0 {
            return Some(end + quote.len());
        }
        // The first of the quotes is escaped.
        at = end + 1;
    }
}

/// The functions and classes in `add_newdoc('module', 'name', """…""")`, by name.
fn add_newdocs(source: &str) -> FxHashMap<String, String> {
    let mut docs = FxHashMap::default();
    let mut rest = source;
    while let Some(at) = rest.find("add_newdoc(") {
        rest = rest.get(at + "add_newdoc(".len()..).unwrap_or_default();
        let mut arguments = rest;
        let mut texts = Vec::new();
        while texts.len() < 3
            && let Some((text, length)) = string_literal(arguments.trim_start())
        {
            texts.push(text);
            let skipped = arguments.len() - arguments.trim_start().len();
            arguments = arguments.get(skipped + length..).unwrap_or_default().trim_start();
            arguments = arguments.strip_prefix(',').unwrap_or(arguments);
        }
        if let [_, name, doc] = texts.as_slice() {
            docs.insert(name.clone(), doc.clone());
        }
    }
    docs
}

/// A docstring without its indentation and the blank lines around it, as `inspect.cleandoc` does it.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\t', "        ");
    let margin = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = text
        .lines()
        .enumerate()
        .map(|(at, line)| if at == 0 { line.trim() } else { line.get(margin..).unwrap_or_default().trim_end() })
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
# def f(): """not this"""
def other(): pass

@decorator("x:")
def f(a=":", *, b: dict = {1: (2)},  # ):
      c='):') -> "x":
    # a remark
    r"""A \d raw one, with \""" in it.

        Indented.
    """

class C(Base[int]):
    'The class.'

    async def f(self):
        """The method."""

def g(): return "none"
add_newdoc('numpy', 'zeros', """
    Of zeros.

      More.
    """)
add_newdoc('numpy', 'ndarray', ('T', """not this"""))
"#;

    #[test]
    fn docstrings_are_found_as_text() {
        let source = Source::new(SOURCE.to_owned());
        let find = |name: &str| source.docstring(name).map(|doc| clean(&doc));
        assert_eq!(find("f").as_deref(), Some("A \\d raw one, with \\\"\"\" in it.\n\nIndented."));
        assert_eq!(find("C").as_deref(), Some("The class."));
        assert_eq!(find("C.f").as_deref(), Some("The method."));
        assert_eq!(find("g"), None);
        assert_eq!(find("oth"), None);
        assert_eq!(find("missing"), None);
    }

    #[test]
    fn numpy_documents_in_a_table() {
        let docs = add_newdocs(SOURCE);
        assert_eq!(docs.get("zeros").map(|doc| clean(doc)).as_deref(), Some("Of zeros.\n\n  More."));
        assert_eq!(docs.len(), 1);
    }
}
