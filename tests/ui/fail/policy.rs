fn main() {
    let _ = tywrap::policy!("elsewhere.toml");
}
