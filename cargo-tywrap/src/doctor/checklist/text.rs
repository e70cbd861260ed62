//! The checklist for people.

use comfy_table::{ContentArrangement, Table};

use super::Checked;
use super::line::{Line, State};
use crate::table;

/// The width of the table in columns: that of a terminal nobody has made wider.
const WIDTH: u16 = 80;

/// The table of a project, and how many lines are in which state.
pub(super) fn of(checked: &Checked, coloured: bool) -> String {
    let mut table = table::plain();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(["state", "topic", "found"]);
    for (topic, line) in &checked.lines {
        table.add_row([line.state().as_str(), topic, &found(line)]);
    }
    let counts = State::ALL.map(|state| format!("{} {}", checked.count(state), state.as_str()));
    format!("policy: {}\n\n{}\n{}\n", checked.policy, rows(table, coloured), counts.join(", "))
}

/// Everything about one topic, a paragraph for each. What is worst comes first.
fn found(line: &Line) -> String {
    let mut found: Vec<&(State, String)> = line.found.iter().collect();
    found.sort_by_key(|(state, _)| std::cmp::Reverse(*state));
    let found = found.into_iter().map(|(state, text)| match state {
        State::Pass => plain(text),
        state => format!("{}: {}", state.as_str(), plain(text)),
    });
    let by_hand = line.by_hand.iter().map(|text| format!("by hand: {}", plain(text)));
    let proof = format!("proof: {}", plain(&line.proof.join("; ")));
    found.chain(by_hand).chain([proof]).collect::<Vec<_>>().join("\n")
}

/// Text without the marks of Markdown, as a terminal shows it, and without characters that would steer one.
fn plain(text: &str) -> String {
    text.chars().filter(|character| *character != '`').map(|it| if it.is_control() { ' ' } else { it }).collect()
}

fn rows(table: Table, coloured: bool) -> String {
    let text = table::text(table);
    if !coloured {
        return text;
    }
    // Colours come last, so that they do not count as width. Only the first line of a row begins with a state.
    let colour = |state: State| match state {
        State::Pass => "32",
        State::Manual => "36",
        State::Warn => "33",
        State::Fail => "31",
    };
    let line = |line: &str| {
        let state = State::ALL.into_iter().find(|state| line.strip_prefix(state.as_str()).is_some());
        match state {
            Some(state) => {
                let rest = &line[state.as_str().len()..];
                format!("\u{1b}[{}m{}\u{1b}[0m{rest}", colour(state), state.as_str())
            }
            None => line.to_owned(),
        }
    };
    text.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked() -> Checked {
        let mut line = Line::new(&["`cargo tywrap check`"]);
        line.pass("fail is a word like others here, and stands where a line is broken: fail fail fail");
        line.warn("a `name` with\u{1b}[31m a colour of its own");
        Checked { policy: "tywrap.toml".to_owned(), lines: vec![("module list", line)] }
    }

    #[test]
    fn colours_change_nothing_but_the_state() {
        let text = of(&checked(), false);
        assert!(!text.contains('\u{1b}') && text.contains("warn: a name with"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(WIDTH)), "{text}");
        let coloured = of(&checked(), true);
        assert_eq!(coloured.matches('\u{1b}').count(), 2, "{coloured}");
        assert!(coloured.contains("\n\u{1b}[33mwarn\u{1b}[0m   module list"), "{coloured}");
        assert_eq!(coloured.replace("\u{1b}[33m", "").replace("\u{1b}[0m", ""), text);
    }
}
