use tywrap::wrap;

#[wrap("os")]
pub mod os {}

#[wrap("math", only = ["sqrtt"])]
pub mod math {}

mod inner {
    #[super::wrap("shutil")]
    pub struct Shutil;
}

// What is refused can still be named: these lines add no errors to the three that count.
fn main() {
    let modules = [&os::MODULE, &math::MODULE, inner::Shutil::MODULE];
    let text: &str = os::TS;
    println!("{} {text}", modules.len());
}
