//! Nothing: a package needs a target. It is no library, since trybuild would make that a dependency of every test, and
//! compile its build script with all of `tywrap-build` once more.

fn main() {}
