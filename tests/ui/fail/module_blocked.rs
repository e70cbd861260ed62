#[tywrap::wrap("os")]
mod os {}

#[tywrap::wrap("subprocess")]
mod subprocess {}

#[tywrap::wrap("os.path")]
mod below {}

#[tywrap::wrap("urllib.request")]
mod request {}

#[tywrap::wrap("xml.sax.handler")]
mod own {}

#[tywrap::wrap("turtle")]
struct Turtle;

fn main() {}
