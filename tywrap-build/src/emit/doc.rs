//! Documentation comments.

use tywrap_policy::escape::doc_comment;

/// What stands in a documentation comment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Doc {
    /// Lines, escaped.
    lines: Vec<String>,
}

impl Doc {
    /// The documentation of a Python name: its docstring, where it is in Python, and why it should not be used any more.
    pub(super) fn of(docstring: Option<&str>, path: &str, deprecated: Option<&str>) -> Self {
        let mut doc = Self::default();
        if let Some(docstring) = docstring {
            let clean = clean(docstring);
            if !clean.is_empty() {
                doc.text(&clean);
                doc.lines.push(String::new());
            }
        }
        doc.text(&format!("Python: `{path}`"));
        doc.deprecated(deprecated);
        doc
    }

    /// One sentence.
    pub(super) fn line(text: &str) -> Self {
        let mut doc = Self::default();
        doc.text(text);
        doc
    }

    /// Only a note that a name should not be used any more.
    pub(super) fn deprecation(message: &str) -> Self {
        let mut doc = Self::default();
        doc.deprecated(Some(message));
        doc
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    fn text(&mut self, text: &str) {
        self.lines.extend(doc_comment(text).split('\n').map(str::to_owned));
    }

    fn deprecated(&mut self, message: Option<&str>) {
        let Some(message) = message else { return };
        if !self.lines.is_empty() {
            self.lines.push(String::new());
        }
        // In one line: what follows a line break would not belong to the tag.
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let message = doc_comment(&message);
        self.lines.push(if message.is_empty() { "@deprecated".to_owned() } else { format!("@deprecated {message}") });
    }
}

/// A docstring without the indentation it has in Python: the first line is indented by its quotes, the others by the
/// block they stand in. (The rule is that of `inspect.cleandoc`.)
fn clean(docstring: &str) -> String {
    let expanded = docstring.replace('\t', "        ");
    let mut lines = expanded.lines();
    let first = lines.next().unwrap_or("").trim();
    let rest: Vec<&str> = lines.map(str::trim_end).collect();
    let indent = rest
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let rest = rest.into_iter().map(|line| line.get(indent..).unwrap_or(""));
    let all: Vec<&str> = [first].into_iter().chain(rest).collect();
    all.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Doc, clean};

    #[test]
    fn docstrings_lose_their_indentation() {
        for (docstring, cleaned) in [
            ("One line.", "One line."),
            ("\n    First.\n\n        indented\n    last  \n    ", "First.\n\n    indented\nlast"),
            ("Head.\n    body", "Head.\nbody"),
            ("", ""),
        ] {
            assert_eq!(clean(docstring), cleaned);
        }
    }

    #[test]
    fn a_deprecation_is_one_line() {
        let doc = Doc::of(Some("*/ evil()"), "m.f", Some("use\n@g */ instead"));
        assert_eq!(doc.lines(), ["*\\/ evil()", "", "Python: `m.f`", "", "@deprecated use \\@g *\\/ instead"]);
    }
}
