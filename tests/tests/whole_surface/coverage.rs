//! What `cargo tywrap check` counts, from the declarations before they are printed, is what TypeScript's compiler finds in the
//! printed ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tywrap_build::{Cause, Coverage, Positions};
use tywrap_contract::annotation::{Selection, Wish};
use tywrap_policy::Policy;
use tywrap_tests::workspace;

use crate::count::count;
use crate::generator::generator;
use crate::stated::reader;

#[test]
fn the_command_counts_what_the_compiler_finds() {
    let policy = Policy::load(&workspace().join("tests/fixtures/whole-surface/tywrap.toml")).unwrap().policy;
    let reader = reader();
    let counted = count(&generator().package);
    let mut positions = 0;
    for (module, counted) in counted.as_object().unwrap() {
        let wish = Wish { module: module.clone(), selection: Selection::All };
        let coverage = tywrap_build::coverage(&policy, &wish, |module| Ok(Arc::new(reader.surface(module).unwrap())));
        let coverage = coverage.unwrap();
        let Coverage { functions, classes, constants, parameters, returns, .. } = coverage;
        let list = |kind: &str| counted[kind].as_array().unwrap().len();
        assert_eq!(
            (functions, classes, constants),
            (list("functions"), list("classes"), list("constants")),
            "{module}"
        );
        assert_eq!([of(parameters), of(returns)], found(counted), "{module}");
        positions += parameters.all() + returns.all();

        let silent: Vec<_> = coverage.missing.iter().filter(|missing| missing.reason.contains("no reason")).collect();
        assert!(silent.is_empty(), "`{module}`: {silent:?}");
        let holes = [parameters, returns].map(|of| of.partly + of.unknown).iter().sum::<usize>();
        assert!(
            coverage.holes.len() <= holes && (holes == 0) == coverage.holes.is_empty(),
            "`{module}` lists every hole"
        );
        let uncovered = coverage.missing.iter().filter(|missing| missing.cause == Cause::NotCovered);
        assert!(coverage.missing_callables() <= uncovered.count(), "`{module}`");
    }
    assert!(positions > 50_000, "there is something to count: {positions}");
}

/// Typed, partly typed and unknown.
type Counts = [usize; 3];

fn of(positions: Positions) -> Counts {
    [positions.typed, positions.partly, positions.unknown]
}

/// What the compiler finds: of the parameters, and of the returns.
fn found(counted: &Value) -> [Counts; 2] {
    let mut found: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for position in counted["positions"].as_array().unwrap() {
        // What carries everything is a type, too.
        let state = position["state"].as_str().map(|state| if state == "wide" { "typed" } else { state }).unwrap();
        *found.entry((position["at"] == "return", state)).or_default() += 1;
    }
    [false, true].map(|is_return| {
        ["typed", "partly", "unknown"].map(|state| found.get(&(is_return, state)).copied().unwrap_or_default())
    })
}
