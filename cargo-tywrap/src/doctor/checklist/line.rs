//! One line of the checklist: what was found on a topic, and what proves it.

/// What came of looking at a topic, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// It was looked at, and it is as it should be.
    Pass,
    /// A person has to look; nothing here could.
    Manual,
    /// It holds, and somebody should know how.
    Warn,
    /// It does not hold.
    Fail,
}

impl State {
    pub(super) const ALL: [State; 4] = [State::Pass, State::Warn, State::Fail, State::Manual];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            State::Pass => "pass",
            State::Manual => "manual",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }
}

/// What was found on a topic.
#[derive(Debug)]
pub(super) struct Line {
    /// What was looked at, and how it is.
    pub(super) found: Vec<(State, String)>,
    /// What a person has to do beside, whatever was found.
    pub(super) by_hand: Vec<String>,
    /// The commands and keys that prove it, in Markdown.
    pub(super) proof: &'static [&'static str],
}

impl Line {
    pub(super) fn new(proof: &'static [&'static str]) -> Self {
        Self { found: Vec::new(), by_hand: Vec::new(), proof }
    }

    /// The worst of what was found. A line on which nothing was found is a person's.
    pub(super) fn state(&self) -> State {
        self.found.iter().map(|(state, _)| *state).max().unwrap_or(State::Manual)
    }

    pub(super) fn pass(&mut self, text: impl Into<String>) {
        self.found.push((State::Pass, text.into()));
    }

    pub(super) fn manual(&mut self, text: impl Into<String>) {
        self.found.push((State::Manual, text.into()));
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.found.push((State::Warn, text.into()));
    }

    pub(super) fn fail(&mut self, text: impl Into<String>) {
        self.found.push((State::Fail, text.into()));
    }

    pub(super) fn by_hand(&mut self, text: impl Into<String>) {
        self.by_hand.push(text.into());
    }

    /// A guard of the policy that has to be on.
    pub(super) fn switch(&mut self, key: &str, is_on: bool) {
        if is_on {
            self.pass(format!("`{key}` is on"));
        } else {
            self.fail(format!("`{key}` is off"));
        }
    }
}
