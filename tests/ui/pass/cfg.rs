//! What is not compiled is not judged.

#[cfg(any())]
#[tywrap::wrap("os")]
mod os {}

#[cfg_attr(all(), tywrap::wrap("json", only = ["dumps"]))]
mod json {}

fn main() {
    fn in_a_block() -> &'static str {
        #[tywrap::wrap("json", only = ["loads"])]
        mod loads {}
        loads::MODULE.callables[0].path
    }
    assert_eq!(json::MODULE.callables[0].path, "dumps");
    assert_eq!(in_a_block(), "loads");
}
