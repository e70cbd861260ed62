#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;

const MANIFEST: &str = "[package]\nname = \"app\"\n[dependencies]\ntywrap = \"1\"\n";

fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    for (path, text) in [("Cargo.toml", MANIFEST)].iter().chain(files) {
        let path = temp.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    temp
}

/// The keys found, with a `?` where the scan is not certain.
fn keys(scan: &Scan) -> Vec<String> {
    let certain = |found: &Found| if found.certain { "" } else { "?" };
    scan.annotations.iter().map(|found| format!("{}{}", found.wish.module, certain(found))).collect()
}

fn scan(files: &[(&str, &str)], cfg: &Cfg) -> Scan {
    let temp = project(files);
    package_sources(&Package::read(temp.path()).unwrap(), cfg)
}

fn linux() -> Cfg {
    let values = [("UNIX", ""), ("TARGET_OS", "linux")];
    Cfg::Given {
        values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        features: vec!["PY".to_owned()],
    }
}

#[test]
fn knows_the_attribute_by_every_name() {
    let cases = [
        ("#[tywrap::wrap(\"a\")] mod a {}", "a"),
        ("#[::tywrap::wrap(\"a\")] struct A;", "a"),
        ("use tywrap::wrap; #[wrap(\"a\")] mod a {}", "a"),
        ("use tywrap::wrap as w; #[w(\"a\")] mod a {}", "a"),
        ("use tywrap as t; #[t::wrap(\"a\")] mod a {}", "a"),
        ("use ::tywrap as t; #[t::wrap(\"a\")] mod a {}", "a"),
        ("use tywrap::{self as t, Module}; #[t::wrap(\"a\")] mod a {}", "a"),
        ("use tywrap::{self}; #[tywrap::wrap(\"a\")] mod a {}", "a"),
        ("use tywrap::{Module, wrap as w}; #[w(\"a\")] mod a {}", "a"),
        ("use tywrap::*; #[wrap(\"a\")] mod a {}", "a"),
        ("extern crate tywrap as t; #[t::wrap(\"a\")] mod a {}", "a"),
        ("extern crate tywrap as t; mod m { #[t::wrap(\"a\")] mod a {} }", "a"),
        ("#[macro_use] extern crate tywrap; mod m { #[wrap(\"a\")] mod a {} }", "a"),
        ("mod p { pub use tywrap::wrap as python; } use p::python; #[python(\"a\")] mod a {}", "a"),
        ("mod p { pub use tywrap::*; } mod m { use super::p::*; #[wrap(\"a\")] mod a {} }", "a"),
        ("use tywrap::wrap; mod m { use super::*; #[wrap(\"a\")] mod a {} }", "a"),
        ("use tywrap::wrap; mod m { #[super::wrap(\"a\")] mod a {} }", "a"),
        ("use tywrap::wrap; mod m { mod n { #[crate::wrap(\"a\")] mod a {} } }", "a"),
        ("use tywrap::wrap; #[self::wrap(\"a\")] mod a {}", "a"),
        ("fn f() { use tywrap::wrap; { #[wrap(\"a\")] mod a {} } }", "a"),
        ("use tywrap::wrap; fn f() { #[wrap(\"a\")] struct A; }", "a"),
        ("impl A { fn f() { loop { #[tywrap::wrap(\"a\")] mod a {} } } }", "a"),
        ("use r#tywrap::r#wrap as r#type; #[r#type(\"a\")] mod a {}", "a"),
        ("#[cfg_attr(unix, tywrap::wrap(\"a\"))] mod a {}", "a"),
        ("#[cfg_attr(unix, cfg_attr(unix, allow(x), tywrap::wrap(\"a\")))] mod a {}", "a"),
        ("#[cfg_attr(windows, tywrap::wrap(\"a\"))] mod a {}", ""),
        ("#[cfg_attr(test, tywrap::wrap(\"a\"))] mod a {}", "a?"),
        // Others' attributes, and what is none.
        ("#[wrap(\"a\")] mod a {}", ""),
        ("use other::wrap; #[wrap(\"a\")] mod a {}", ""),
        ("use tywrap::wrap; mod m { #[wrap(\"a\")] mod a {} }", ""),
        ("mod tywrap { pub use other::wrap; } #[tywrap::wrap(\"a\")] mod a {}", ""),
        ("fn f() { use tywrap::wrap; } #[wrap(\"a\")] mod a {}", ""),
        (
            "// #[tywrap::wrap(\"a\")]\n/// #[tywrap::wrap(\"b\")]\nconst S: &str = \"#[tywrap::wrap(\\\"c\\\")] mod c {}\";",
            "",
        ),
        ("macro_rules! m { () => { #[tywrap::wrap(\"a\")] mod a {} } } m!();", ""),
        ("#[tywrap::wrap(concat!(\"a\"))] mod a {}", ""),
        ("#[tywrap::grants::wrap(\"a\")] mod a {}", ""),
        // Circles.
        ("use b::wrap; mod b { pub use super::wrap; } #[wrap(\"a\")] mod a {}", ""),
        ("mod b { pub use super::c::*; } mod c { pub use super::b::*; } use b::*; #[wrap(\"a\")] mod a {}", ""),
    ];
    for (source, expected) in cases {
        let scan = scan(&[("src/lib.rs", source)], &linux());
        assert_eq!(keys(&scan).join(" "), expected, "{source}");
    }
}

#[test]
fn a_raw_identifier_in_an_attribute_is_the_same_name() {
    let scan = scan(&[("src/lib.rs", "#[r#tywrap::r#wrap(\"a\")] mod a {}")], &linux());
    assert_eq!(keys(&scan), ["a"]);
}

#[test]
fn follows_modules_where_rustc_does() {
    const A: &str = "#[tywrap::wrap(\"a\")] mod a {}";
    let cases: &[&[(&str, &str)]] = &[
        &[("src/lib.rs", "mod m;"), ("src/m.rs", A)],
        &[("src/lib.rs", "mod m;"), ("src/m/mod.rs", A)],
        &[("src/lib.rs", "mod m;"), ("src/m.rs", "mod n;"), ("src/m/n.rs", A)],
        &[("src/lib.rs", "mod m;"), ("src/m/mod.rs", "mod n;"), ("src/m/n.rs", A)],
        &[("src/lib.rs", "mod m;"), ("src/m/mod.rs", "mod n;"), ("src/m/n.rs", "mod o;"), ("src/m/n/o.rs", A)],
        &[("src/lib.rs", "mod m { mod n; }"), ("src/m/n.rs", A)],
        &[("src/lib.rs", "mod m;"), ("src/m.rs", "mod n { mod o; }"), ("src/m/n/o.rs", A)],
        &[("src/lib.rs", "#[path = \"x/y.rs\"] mod m;"), ("src/x/y.rs", A)],
        &[("src/lib.rs", "#[path = \"x/y.rs\"] mod m;"), ("src/x/y.rs", "mod n;"), ("src/x/n.rs", A)],
        &[("src/lib.rs", "#[path = \"../x.rs\"] mod m;"), ("x.rs", A)],
        &[("src/lib.rs", "mod m;"), ("src/m.rs", "#[path = \"x.rs\"] mod n;"), ("src/x.rs", A)],
        &[("src/lib.rs", "mod m { #[path = \"x.rs\"] mod n; }"), ("src/m/x.rs", A)],
        &[("src/lib.rs", "mod m;"), ("src/m.rs", "mod n { #[path = \"x.rs\"] mod o; }"), ("src/m/n/x.rs", A)],
        &[("src/lib.rs", "#[path = \"d\"] mod m { mod n; }"), ("src/d/n.rs", A)],
        &[("src/lib.rs", "mod r#type;"), ("src/type.rs", A)],
        &[("src/lib.rs", "#[cfg_attr(unix, path = \"x.rs\")] mod m;"), ("src/x.rs", A), ("src/m.rs", "")],
        &[("src/main.rs", A)],
        &[("src/lib.rs", ""), ("src/bin/tool.rs", A)],
        &[("src/bin/tool/main.rs", "mod m;"), ("src/bin/tool/m.rs", A)],
    ];
    for files in cases {
        assert_eq!(keys(&scan(files, &linux())), ["a"], "{files:?}");
    }
}

#[test]
fn roots_are_those_of_cargo() {
    let cases = [
        ("[lib]\npath = \"lib/root.rs\"", "lib/root.rs"),
        ("[[bin]]\nname = \"tool\"\npath = \"tools/tool.rs\"", "tools/tool.rs"),
        ("[[bin]]\nname = \"tool\"", "src/bin/tool.rs"),
        ("[package.metadata]", "src/bin/other.rs"),
    ];
    for (section, path) in cases {
        let temp = project(&[(path, "#[tywrap::wrap(\"a\")] mod a {}")]);
        std::fs::write(temp.path().join("Cargo.toml"), format!("{MANIFEST}{section}")).unwrap();
        assert_eq!(keys(&all(temp.path()).unwrap()), ["a"], "{section}");
    }
    let temp = project(&[
        ("src/main.rs", "#[tywrap::wrap(\"a\")] mod a {}"),
        ("tests/t.rs", "#[tywrap::wrap(\"b\")] mod b {}"),
    ]);
    assert_eq!(keys(&all(temp.path()).unwrap()), ["a"], "tests are no part of the package");
    std::fs::write(temp.path().join("Cargo.toml"), "[package]\nname = \"app\"\nautobins = false").unwrap();
    assert!(all(temp.path()).unwrap().annotations.is_empty());
}

#[test]
fn a_renamed_dependency_is_known_by_its_name() {
    let temp = project(&[("src/lib.rs", "#[bridge::wrap(\"a\")] mod a {} #[tywrap::wrap(\"b\")] mod b {}")]);
    let manifest = "[package]\nname = \"app\"\n[dependencies]\nbridge = { package = \"tywrap\", version = \"1\" }";
    std::fs::write(temp.path().join("Cargo.toml"), manifest).unwrap();
    assert_eq!(keys(&all(temp.path()).unwrap()), ["a"]);
}

#[test]
fn cfg_decides_what_is_compiled() {
    let source = r#"
        #[cfg(windows)] #[tywrap::wrap("no")] mod no {}
        #[tywrap::wrap("no2")] #[cfg(not(unix))] mod no2 {}
        #[cfg(feature = "py")] #[tywrap::wrap("yes")] mod yes {}
        #[cfg(test)] #[tywrap::wrap("maybe")] mod maybe {}
        #[cfg(windows)] mod w { #[tywrap::wrap("inner")] mod inner {} }
        mod x { #![cfg(windows)] #[tywrap::wrap("inner2")] mod inner2 {} }
        #[cfg(windows)] fn f() { #[tywrap::wrap("inner3")] mod inner3 {} }
        #[cfg(windows)] mod missing_file;
        #[cfg_attr(test, cfg(windows))] #[tywrap::wrap("perhaps")] mod perhaps {}
    "#;
    let given = scan(&[("src/lib.rs", source)], &linux());
    assert_eq!(keys(&given), ["yes", "maybe?", "perhaps?"]);
    assert!(given.unreadable.is_empty());

    let any = scan(&[("src/lib.rs", source)], &Cfg::Any);
    let expected = ["no?", "no2?", "yes?", "maybe?", "inner?", "inner2?", "inner3?", "perhaps?"];
    assert_eq!(keys(&any), expected);
}

#[test]
fn a_file_with_a_syntax_error_hides_nothing_else() {
    let files = [
        ("src/lib.rs", "mod broken; #[tywrap::wrap(\"a\")] mod a {}"),
        ("src/broken.rs", "fn f( {"),
        ("src/main.rs", "#[tywrap::wrap(\"b\")] mod b {}"),
    ];
    let scan = scan(&files, &linux());
    assert_eq!(keys(&scan), ["a", "b"]);
    assert_eq!(scan.unreadable.len(), 1);
    assert!(scan.unreadable[0].0.ends_with("src/broken.rs"));
    assert_eq!(scan.files.len(), 3, "the broken file is watched too");
}

#[test]
fn modules_in_a_circle_end() {
    let files = [
        ("src/lib.rs", "#[path = \"lib.rs\"] mod a; #[path = \"b.rs\"] mod b;"),
        ("src/b.rs", "#[path = \"lib.rs\"] mod l; #[path = \"b.rs\"] mod m;"),
    ];
    assert_eq!(scan(&files, &linux()).files.len(), 2);
}

#[test]
fn many_globs_end() {
    let mut source = String::new();
    for module in 0..12 {
        let globs: String = (0..12).map(|other| format!("pub use super::m{other}::*; ")).collect();
        source.push_str(&format!("pub mod m{module} {{ {globs} }}\n"));
    }
    source.push_str("use m0::*; #[wrap(\"a\")] mod a {}");
    assert_eq!(keys(&scan(&[("src/lib.rs", &source)], &linux())), Vec::<String>::new());
}

#[test]
fn places_and_selections_are_exact() {
    let scan = scan(
        &[("src/lib.rs", "\n  #[tywrap::wrap(\"numpy\", only = [\"mean\", \"linalg.norm\"])]\n  pub mod np {}\n")],
        &linux(),
    );
    let found = &scan.annotations[0];
    assert_eq!((found.line, found.column), (2, 18));
    assert_eq!(found.wish.to_string(), r#""numpy", only = ["linalg.norm", "mean"]"#);
}

#[test]
fn one_file_in_two_crates_is_found_once() {
    let files = [
        ("src/lib.rs", "mod shared;"),
        ("src/main.rs", "#[cfg(test)] mod shared;"),
        ("src/shared.rs", "#[tywrap::wrap(\"a\")] mod a {}"),
    ];
    assert_eq!(keys(&scan(&files, &linux())), ["a"]);
}
