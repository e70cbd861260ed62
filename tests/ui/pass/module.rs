//! A module, with documentation, visibility and inner attributes; no warning about what is not used.
#![deny(warnings, missing_docs)]

/// Mathematics.
#[tywrap::wrap("math")]
pub mod math {
    //! More about it.
}

#[tywrap::wrap("urllib.parse")]
mod parse {}

#[tywrap::wrap("xml.etree.ElementTree")]
mod tree {}

fn main() {
    assert_eq!(math::MODULE.name, "math");
    let paths: Vec<&str> = math::MODULE.callables.iter().map(|callable| callable.path).collect();
    assert!(paths.contains(&"sqrt") && paths.contains(&"pi"), "{paths:?}");
    assert!(math::TS.contains("export function sqrt"));
    assert!(math::DTS.contains(math::MODULE.digest) || math::JS.contains(math::MODULE.digest));
    let module: &'static tywrap::Module = &parse::MODULE;
    assert_eq!(module.package, "tywrap-ui-tests");
    assert_eq!(tree::MODULE.name, "xml.etree.ElementTree");
}
