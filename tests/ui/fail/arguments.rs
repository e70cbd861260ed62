const MATH: &str = "math";

#[tywrap::wrap]
mod nothing {}

#[tywrap::wrap()]
mod still_nothing {}

#[tywrap::wrap(math)]
mod path {}

#[tywrap::wrap(MATH)]
mod constant {}

#[tywrap::wrap(b"math")]
mod bytes {}

#[tywrap::wrap("math", "json")]
mod two {}

#[tywrap::wrap("math", include = ["sqrt"])]
mod misnamed {}

#[tywrap::wrap("math", only = "sqrt")]
mod no_list {}

#[tywrap::wrap("math", only = [sqrt])]
mod no_literal {}

#[tywrap::wrap("math", only = [])]
mod empty {}

#[tywrap::wrap("math", only = ["sqrt", "sqrt"])]
mod twice {}

#[tywrap::wrap("math", only = ["sqrt"], except = ["floor"])]
mod both {}

fn main() {}
