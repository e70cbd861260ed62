#[tywrap::wrap("math")]
fn function() {}

#[tywrap::wrap("math")]
struct Fields {
    field: u8,
}

#[tywrap::wrap("math")]
struct Generic<const N: usize>;

#[tywrap::wrap("math")]
enum Enum {}

// Both are wrong, and both are said.
#[tywrap::wrap("os")]
fn and_module() {}

fn main() {
    function();
}
