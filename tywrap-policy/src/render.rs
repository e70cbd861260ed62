//! Diagnostics for people who read a terminal or a log of a build.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Mark, Origin, Renderer, Snippet};

use crate::{Diagnostic, Level};

/// A diagnostic as plain text without colours: with the line of `source` it is about and a caret below, where it has a
/// place and the source is given; with the place alone, where it is not.
pub fn render(diagnostic: &Diagnostic, source: Option<&str>) -> String {
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
    Renderer::plain().decor_style(DecorStyle::Ascii).render(&[group])
}
