#[tywrap::wrap("math", only = ["sqrt", "sqrtt", "nothing"])]
mod unknown {}

#[tywrap::wrap("math", except = ["sqrt", "flor"])]
mod except {}

#[tywrap::wrap("textwrap", only = ["dedent", "_private", "a-b"])]
mod blocked {}

#[tywrap::wrap("json", only = ["decoder.scanner.re.enum.sys"])]
mod walked {}

#[tywrap::wrap("json", only = ["dumps", "decoder"])]
mod module {}

fn main() {}
