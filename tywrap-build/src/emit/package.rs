//! The files of a package that are not a module's: `package.json` and the client.

use std::fmt::Write;

use tywrap_policy::escape::string_literal;

const CLIENT_JS: &str = include_str!("../../client/dist/tywrap-client.js");
const CLIENT_DTS: &str = include_str!("../../client/dist/tywrap-client.d.ts");

/// The files of a package besides its modules, by name. `version` is that of the crate that the package is made by.
pub(crate) fn package_files(package: &str, version: &str, modules: &[&str]) -> Vec<(String, String)> {
    vec![
        ("package.json".to_owned(), package_json(package, version, modules)),
        ("tywrap-client.js".to_owned(), CLIENT_JS.to_owned()),
        ("tywrap-client.d.ts".to_owned(), CLIENT_DTS.to_owned()),
    ]
}

/// `package.json`, with modules in alphabetical order.
fn package_json(package: &str, version: &str, modules: &[&str]) -> String {
    let mut modules = modules.to_vec();
    modules.sort_unstable();
    modules.dedup();
    let mut json = String::new();
    // Writing to a `String` cannot fail.
    let _ = write_package_json(&mut json, package, version, &modules);
    json
}

fn write_package_json(json: &mut String, package: &str, version: &str, modules: &[&str]) -> std::fmt::Result {
    writeln!(json, "{{\n  \"name\": {},\n  \"version\": {},", string_literal(package), string_literal(version))?;
    json.push_str("  \"type\": \"module\",\n  \"exports\": {\n");
    write_export(json, ".", "tywrap-client")?;
    for module in modules {
        json.push_str(",\n");
        write_export(json, &format!("./{module}"), module)?;
    }
    json.push_str("\n  },\n  \"files\": [\n    \"tywrap-client.js\",\n    \"tywrap-client.d.ts\"");
    for module in modules {
        for extension in ["ts", "js", "d.ts", "js.map"] {
            write!(json, ",\n    {}", string_literal(&format!("{module}.{extension}")))?;
        }
    }
    json.push_str("\n  ],\n  \"sideEffects\": false,\n  \"engines\": {\n    \"node\": \">=20\"\n  }\n}\n");
    Ok(())
}

fn write_export(json: &mut String, path: &str, file: &str) -> std::fmt::Result {
    let target = |extension: &str| string_literal(&format!("./{file}.{extension}"));
    write!(
        json,
        "    {}: {{\n      \"types\": {},\n      \"default\": {}\n    }}",
        string_literal(path),
        target("d.ts"),
        target("js"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::{package_files, package_json};

    #[test]
    fn a_package_exports_the_client_and_its_modules() {
        insta::assert_snapshot!(package_json("app-python", "1.2.3", &["math", "numpy.linalg", "json", "math"]));
    }

    #[test]
    fn a_package_is_json_whatever_its_name() {
        for name in ["@scope/name", "\"},\"x\":{\"", "\u{2028}\\"] {
            let json: serde_json::Value = serde_json::from_str(&package_json(name, "0.1.0", &[])).unwrap();
            assert_eq!(json["name"], name);
        }
    }

    #[test]
    fn a_package_holds_what_its_modules_import() {
        let names: Vec<String> = package_files("p", "0.1.0", &[]).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["package.json", "tywrap-client.js", "tywrap-client.d.ts"]);
    }
}
