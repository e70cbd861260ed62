//! The escapers, judged by those who read what they write: a parser of TypeScript, and Node.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use std::fmt::Write;

use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, Statement};
use oxc_parser::Parser;
use oxc_span::SourceType;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use tywrap_policy::escape::{
    doc_comment, export_name, identifier, property_access, property_key, string_literal, string_literal_utf16,
    type_identifier,
};
use tywrap_tests::{Attack, Node, Tsc, TypeScript, project, scratch};

/// What an attack is made of: what ends a string, a comment or a line in one of the languages that could read it.
const FRAGMENTS: &[&str] = &[
    "\"",
    "'",
    "`",
    "\\",
    "${",
    "}",
    "*/",
    "/*",
    "//",
    "/",
    "*",
    "#",
    "@",
    "<",
    ">",
    "&",
    "</script>",
    "<!--",
    "\n",
    "\r",
    "\t",
    "\0",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{feff}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{1f600}",
    "\u{ff4d}",
    "\u{e9}",
    "x",
    " ",
    ";",
    "eval(1)",
    "\\u0022",
    "\\x22",
    "sourceMappingURL=",
    "@ts-ignore",
    "__proto__",
    "constructor",
    "[",
    "]",
    "-->",
    "0",
];

/// The texts of a category that are whole characters.
fn corpus(category: &str) -> Vec<(String, String)> {
    let attacks = Attack::all(category).unwrap();
    attacks.iter().filter_map(|attack| Some((attack.id.clone(), attack.text()?))).collect()
}

/// Thousands of hostile texts, the same on every run, and every character that there is.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> =
        corpus("codegen-string").into_iter().chain(corpus("codegen-doc")).map(|(_, text)| text).collect();
    texts.extend(FRAGMENTS.iter().flat_map(|a| FRAGMENTS.iter().map(move |b| format!("{a}{b}"))));
    let mut runner = TestRunner::deterministic();
    let fragments = proptest::collection::vec(proptest::sample::select(FRAGMENTS), 0..12).prop_map(|all| all.concat());
    let any =
        proptest::collection::vec(proptest::char::any(), 0..40).prop_map(|all| all.into_iter().collect::<String>());
    for _ in 0..2_000 {
        texts.push(fragments.new_tree(&mut runner).unwrap().current());
        texts.push(any.new_tree(&mut runner).unwrap().current());
    }
    let every: Vec<char> = ('\0'..=char::MAX).collect();
    texts.extend(every.chunks(997).map(|chunk| chunk.iter().collect::<String>()));
    texts
}

/// Runs a module that ends by printing `N of N`, beside a file `data.json`.
fn node(name: &str, module: &str, data: &serde_json::Value, expected: usize) {
    let dir = scratch().join("codegen").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("data.json"), data.to_string()).unwrap();
    let node = Node::find().unwrap();
    let prelude = "import { readFileSync } from \"node:fs\";\n\
        const data = JSON.parse(readFileSync(new URL(\"data.json\", import.meta.url), \"utf8\"));\n\
        let good = 0;\nconst bad = [];\n\
        const same = (i, found) => { if (Object.is(found, data[i])) good++; else bad.push([i, found, data[i]]); };\n";
    let close = "console.log(bad.length === 0 ? `${good} of ${data.length}` : JSON.stringify(bad.slice(0, 3)));\n";
    let ended = node.script(&dir, &format!("{prelude}{module}\n{close}")).unwrap();
    assert_eq!(ended.stdout, format!("{expected} of {expected}\n"), "{name}: {}", ended.stderr);
}

#[test]
fn a_string_literal_is_the_string_to_oxc_and_to_node() {
    let texts = texts();
    let mut module = String::new();
    for (i, text) in texts.iter().enumerate() {
        let literal = string_literal(text);
        let forbidden = |c: char| "`'$<>&".contains(c) || c.is_control();
        assert!(!literal[1..literal.len() - 1].contains(forbidden), "{literal}");
        writeln!(module, "same({i}, {literal});").unwrap();
    }
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &module, SourceType::ts()).parse();
    assert!(parsed.diagnostics.is_empty() && parsed.program.comments.is_empty());
    assert_eq!(parsed.program.body.len(), texts.len());
    for (statement, text) in parsed.program.body.iter().zip(&texts) {
        let Statement::ExpressionStatement(statement) = statement else { panic!("no expression: {text:?}") };
        let Expression::CallExpression(call) = &statement.expression else { panic!("no call: {text:?}") };
        let literal = call.arguments.get(1).and_then(|argument| argument.as_expression()).unwrap();
        let Expression::StringLiteral(literal) = literal else { panic!("no string: {text:?}") };
        assert_eq!(literal.value.as_str(), text);
    }
    node("strings", &module, &serde_json::json!(texts), texts.len());
}

#[test]
fn half_a_surrogate_pair_stays_half_a_pair() {
    let all: Vec<Vec<u16>> = Attack::all("codegen-string")
        .unwrap()
        .iter()
        .filter_map(Attack::utf16)
        .chain((0xd800..0xe000).map(|unit| vec![unit, 0x61]))
        .collect();
    let mut module = String::new();
    for (i, units) in all.iter().enumerate() {
        let literal = string_literal_utf16(units);
        writeln!(
            module,
            "same({i}, Array.from({{ length: {literal}.length }}, (_, i) => {literal}.charCodeAt(i)).join());"
        )
        .unwrap();
    }
    let units: Vec<String> =
        all.iter().map(|units| units.iter().map(u16::to_string).collect::<Vec<_>>().join(",")).collect();
    node("surrogates", &module, &serde_json::json!(units), units.len());
}

#[test]
fn a_key_names_the_property_and_nothing_else() {
    let mut names = texts();
    names.extend(corpus("codegen-identifier").into_iter().map(|(_, text)| text));
    let mut module = String::new();
    for (i, name) in names.iter().enumerate() {
        let (key, access) = (property_key(name), property_access(name));
        // The object has one own property of that name, which the access reads, and its prototype is as it was.
        writeln!(
            module,
            "{{ const o = {{ {key}: 1 }}; const k = Reflect.ownKeys(o); \
             same({i}, k.length === 1 && o{access} === 1 && Object.getPrototypeOf(o) === Object.prototype ? k[0] : o); }}"
        )
        .unwrap();
    }
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &module, SourceType::ts()).parse();
    assert!(parsed.diagnostics.is_empty() && parsed.program.comments.is_empty());
    assert_eq!(parsed.program.body.len(), names.len());
    node("keys", &module, &serde_json::json!(names), names.len());
}

#[test]
fn a_comment_is_one_comment_and_leaves_the_rest_alone() {
    let texts = texts();
    let (mut module, mut comments) = (String::new(), texts.len());
    for (i, text) in texts.iter().enumerate() {
        let lines = doc_comment(text).replace('\n', "\n * ");
        writeln!(module, "/**\n * {lines}\n */\nsame({i}, {i});").unwrap();
        // On one line, as short ones are written.
        if !lines.contains('\n') {
            writeln!(module, "/** {lines} */").unwrap();
            comments += 1;
        }
    }
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &module, SourceType::ts()).parse();
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(parsed.program.body.len(), texts.len());
    assert_eq!(parsed.program.comments.len(), comments);
    for comment in &parsed.program.comments {
        let text = &module[comment.span.start as usize..comment.span.end as usize];
        assert!(text.starts_with("/**") && text.ends_with(" */"), "{text}");
        assert!(!text.contains("sourceMappingURL=") && !text.contains(" @ts-"), "{text}");
        assert!(
            !text.chars().any(|c| (c.is_control() && c != '\n') || ('\u{2028}'..='\u{202e}').contains(&c)),
            "{text}"
        );
    }
    node("docs", &module, &serde_json::json!((0..texts.len()).collect::<Vec<_>>()), texts.len());
}

#[test]
fn an_identifier_is_a_name_that_every_place_takes() {
    // Every word that some grammar treats specially, as a stub may use it for a name.
    let words = "abstract accessor any arguments as asserts assert async await bigint boolean break case catch class \
        const constructor continue debugger declare default delete do else enum eval export extends false finally for \
        from function get global if implements import in infer instanceof interface intrinsic is keyof let module \
        namespace never new null number object of out override package private protected prototype public readonly \
        require return satisfies set static string super switch symbol then this throw true try type typeof undefined \
        unique unknown using var void while with yield __proto__ toString hasOwnProperty Object Promise NaN Infinity \
        globalThis a A _ __init__ a1 mean read_csv lambda def None";
    let names: Vec<&str> = words.split_whitespace().collect();
    let mut module = String::new();
    let mut exports = String::new();
    for (i, name) in names.iter().enumerate() {
        let (binding, ty) = (identifier(name).unwrap(), type_identifier(name).unwrap());
        // As a variable, a function, a parameter, and a label of nothing.
        writeln!(
            module,
            "same({i}, (() => {{ const {binding} = 1; function f({binding}) {{ return {binding}; }} \
             return (() => {{ function {binding}() {{}} return f({binding}) === {binding}; }})() && {binding} === 1; }})() && data[{i}]);"
        )
        .unwrap();
        // As an alias, where a type begins, as the value of an alias and as a type parameter.
        writeln!(
            exports,
            "type {ty} = 1; export const t{i}: {ty} = 1; export type A{i} = {ty};\n\
             export function f{i}<{ty}>(a: {ty}): {ty} | null {{ return a; }}"
        )
        .unwrap();
    }
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, &exports, SourceType::ts()).parse();
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics.iter().next());
    node("identifiers", &module, &serde_json::json!(names), names.len());
    for version in TypeScript::ALL {
        let dir = scratch().join(format!("codegen/types-{version:?}"));
        project(&dir, &[("types.ts", &exports)]).unwrap();
        let ended = Tsc::get(version).unwrap().check(&dir).unwrap();
        assert!(ended.success(), "{version:?}: {}", ended.report());
    }
}

#[test]
fn an_export_name_is_read_by_its_name_and_a_module_is_no_promise() {
    let names = ["with", "default", "then", "delete", "import", "await", "__proto__", "mean", "arguments", "eval"];
    let exported: Vec<String> = names.iter().map(|name| export_name(name).unwrap()).collect();
    let mut exporter = String::new();
    for (i, name) in exported.iter().enumerate() {
        writeln!(exporter, "const x{i} = {i}; export {{ x{i} as {name} }};").unwrap();
    }
    let dir = scratch().join("codegen/exports");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("exporter.mjs"), &exporter).unwrap();
    let module = format!(
        "const names = {}; const ns = await import(\"./exporter.mjs\");\n\
         for (let i = 0; i < names.length; i++) same(i, ns[names[i]]);\n\
         if (\"then\" in ns || \"default\" in ns || Reflect.ownKeys(ns).includes(\"__proto__\")) bad.push(\"special\");",
        serde_json::json!(exported)
    );
    node("exports", &module, &serde_json::json!((0..names.len()).collect::<Vec<_>>()), names.len());
}

#[test]
fn names_of_the_corpus_are_escaped_or_refused() {
    for (id, name) in corpus("codegen-identifier") {
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match identifier(&name) {
            Ok(escaped) => {
                assert!(is_name && name.len() <= 200, "{id}: {name:.40}");
                let expected = if id == "id-16" || id == "id-17" || escaped == name {
                    escaped.clone()
                } else {
                    format!("{name}_")
                };
                assert_eq!(escaped, expected, "{id}");
            }
            Err(_) => assert!(!is_name || name.len() > 200, "{id}: {name:.40} was refused"),
        }
    }
    for (id, text) in corpus("codegen-doc") {
        assert!(identifier(&text).is_err(), "{id}: a text is no name");
    }
}
