macro_rules! wrap_module {
    ($module:literal, $name:ident) => {
        #[tywrap::wrap($module, only = ["cbrt"])]
        mod $name {}
    };
}

wrap_module!("math", math);

fn main() {
    let _ = &math::MODULE;
}
