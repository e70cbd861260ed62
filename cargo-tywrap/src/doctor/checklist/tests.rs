//! Whether the project tests what it wraps, and what its policy refuses.

use super::facts::Facts;
use super::line::Line;
use crate::locked::plural;

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`cargo test`", "`cargo metadata --no-deps`"]);
    let manifests = match &facts.manifests {
        Ok(manifests) => manifests,
        Err(error) => {
            line.fail(error.clone());
            return line;
        }
    };
    let targets: usize = manifests.iter().map(|manifest| manifest.targets("test")).sum();
    match targets {
        0 => line.fail("no package has a target in `tests/`"),
        count => line.pass(format!("{} in `tests/`", plural(count, "target"))),
    }
    if manifests.iter().any(|manifest| manifest.depends_on("trybuild")) {
        line.pass("refusals are tested with `trybuild`");
    } else {
        line.by_hand("test that the compiler refuses what it should: `trybuild` and `tywrap_build::ui_tests()`");
    }
    line
}
