#![deny(warnings)]

use tywrap::wrap as python;

/// Mathematics.
#[derive(Clone, Copy, Debug)]
#[python("math", only = ["sqrt", "floor"])]
pub struct Math;

mod inner {
    use super::*;

    #[python("math", except = ["sqrt"])]
    pub(super) struct Rest;
}

fn paths(module: &tywrap::Module) -> Vec<&str> {
    module.callables.iter().map(|callable| callable.path).collect()
}

fn main() {
    let _ = Math;
    assert_eq!(paths(Math::MODULE), ["floor", "sqrt"]);
    assert!(!paths(inner::Rest::MODULE).contains(&"sqrt"));
    assert!(paths(inner::Rest::MODULE).contains(&"floor"));
    assert!(std::ptr::eq(Math::MODULE, Math::MODULE), "one static");
    assert!(!Math::TS.is_empty() && !Math::JS.is_empty() && !Math::DTS.is_empty());
}
