//! The emitted TypeScript of the tests' own package, whose types are of every kind, to be read in a diff.

use crate::generator::generator;

#[test]
fn types_of_every_kind() {
    for module in ["tywrap_torture", "tywrap_torture.models", "tywrap_torture.newer"] {
        let text = generator().emitted(&format!("{module}.d.ts")).unwrap();
        insta::assert_snapshot!(module, text);
    }
}
