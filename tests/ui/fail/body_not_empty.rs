#[tywrap::wrap("math")]
mod math {
    pub fn sqrt() {}
}

fn main() {
    math::sqrt();
}
