//! Makes the annotations of the UI tests known to the macro.

fn main() {
    tywrap_build::Builder::new().ui_tests("fail/*.rs").ui_tests("pass/*.rs").build();
}
