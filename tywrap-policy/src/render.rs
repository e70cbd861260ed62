//! Diagnostics for people who read a terminal or a log of a build.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Mark, Origin, Renderer, Snippet};

use crate::{Diagnostic, Level};

/// A diagnostic as plain text without colours: with the line of `source` it is about and a caret below, where it has a
/// place and the source is given; with the place alone, where it is not.
pub fn render(diagnostic: &Diagnostic, source: Option<&str>) -> String {
    draw(diagnostic, source, Renderer::plain())
}

/// As [`render`], with the colours of a terminal. Whether there is one is for the caller to find out.
pub fn render_coloured(diagnostic: &Diagnostic, source: Option<&str>) -> String {
    draw(diagnostic, source, Renderer::styled())
}

fn draw(diagnostic: &Diagnostic, source: Option<&str>, renderer: Renderer) -> String {
    let mark = match diagnostic.level {
        Level::Error => Mark::ERROR,
        Level::Warning => Mark::WARNING,
    };
    let title = format!("{} [{}]", diagnostic.message, diagnostic.code);
    let mut group = Group::with_title(mark.primary_title(title));
    if let Some(place) = &diagnostic.place {
        let path = place.path.to_string_lossy().into_owned();
        // The text may have changed since it was read; a span that it does not have would draw the wrong line.
        group = match source.filter(|source| source.get(place.span.clone()).is_some()) {
            Some(source) => {
                let annotation = AnnotationKind::Primary.span(place.span.clone());
                group.element(Snippet::source(source).path(path).annotation(annotation))
            }
            None => group.element(Origin::path(path).line(place.line).char_column(place.column)),
        };
    }
    for note in &diagnostic.notes {
        // A fact says itself what it is: `rule: …`.
        group = match note.split_once(": ").filter(|(name, _)| !name.contains(' ')) {
            Some((name, text)) => group.element(Mark::NOTE.with_name(name).message(text)),
            None => group.element(Mark::NOTE.message(note)),
        };
    }
    for help in &diagnostic.help {
        group = group.element(Mark::HELP.message(help));
    }
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::path::Path;

    use super::{render, render_coloured};
    use crate::{Diagnostic, Policy};

    const TEXT: &str = "[wire]\nworkers = 0\n";

    fn diagnostic() -> Diagnostic {
        Policy::parse(TEXT, Path::new("tywrap.toml")).unwrap_err().remove(0).note("note: one works").note("no name")
    }

    #[test]
    fn the_line_is_shown_where_the_source_is_known() {
        insta::assert_snapshot!(render(&diagnostic(), Some(TEXT)), @r"
        error: `wire.workers` must lie between 1 and 256 [policy-value]
         --> tywrap.toml:2:11
          |
        2 | workers = 0
          |           ^
          |
          = note: one works
          = note: no name
        ");
    }

    #[test]
    fn the_place_is_shown_where_it_is_not_or_has_changed() {
        insta::assert_snapshot!(render(&diagnostic(), None), @r"
        error: `wire.workers` must lie between 1 and 256 [policy-value]
        --> tywrap.toml:2:11
         = note: one works
         = note: no name
        ");
        assert_eq!(render(&diagnostic(), Some("")), render(&diagnostic(), None));
    }

    #[test]
    fn colours_are_only_there_when_asked_for() {
        assert!(!render(&diagnostic(), Some(TEXT)).contains('\u{1b}'));
        assert!(render_coloured(&diagnostic(), Some(TEXT)).contains('\u{1b}'));
    }
}
