//! Every refusal of `#[tywrap::wrap]`, as the compiler shows it, and what passes.

#[test]
fn ui() {
    let tests = trybuild::TestCases::new();
    tests.compile_fail("fail/*.rs");
    tests.pass("pass/*.rs");
}
