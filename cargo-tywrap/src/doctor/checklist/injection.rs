//! Whether what was emitted is still nothing but what the emitter may write.

use super::facts::Facts;
use super::line::Line;
use super::output;

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`cargo build`", "`[code-generation]`"]);
    // `template-escaping` and `injection-prevention` have no other value than on.
    line.switch("code-generation.output-validation", facts.policy.code_generation().output_validation.is_on());
    output::tell(&mut line, facts, "match the grammar", |found| &found.refused);
    line
}
