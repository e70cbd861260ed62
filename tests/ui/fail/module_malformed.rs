#[tywrap::wrap("math; import os")]
mod injection {}

#[tywrap::wrap("")]
mod empty {}

#[tywrap::wrap("json..decoder")]
mod dots {}

#[tywrap::wrap("../json")]
mod path {}

#[tywrap::wrap("import")]
mod keyword {}

// U+017F is `s` to Python, which would import `os`.
#[tywrap::wrap("oſ")]
mod folded {}

fn main() {}
