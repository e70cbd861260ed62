#[tywrap::wrap("maths")]
mod near {}

#[tywrap::wrap("statistics")]
mod statistics {}

#[tywrap::wrap("json.decoder")]
mod below {}

#[tywrap::wrap("JSON")]
mod case {}

fn main() {}
