//! How much of what the stubs state has arrived, counted with TypeScript's compiler from the emitted `.d.ts` files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tywrap_tests::{Node, Tsc, TypeScript, announce, scratch, workspace};

use crate::generator::{generator, modules};
use crate::stated::{self, Stated, Stub};

/// Of the positions whose type is stated, the share that is emitted free of `unknown` and `any`.
const TYPED: f64 = 0.98;
/// Of the public callables, the share that is emitted.
const EMITTED: f64 = 0.99;
/// Mostly untyped; it is emitted and checked, and left out of the shares.
const UNTYPED: &str = "sympy";
/// The tests' own modules have what cannot be emitted on purpose.
const OWN: &str = "tywrap_torture";

/// The positions of one direction, of one module.
#[derive(Clone, Copy, Default)]
struct Positions {
    /// All of them.
    all: usize,
    /// Those whose type a stub states.
    stated: usize,
    /// Of the stated, those free of `unknown` and `any`.
    typed: usize,
    /// Of the stated, those with one of them inside.
    partly: usize,
    /// Of the stated, those that are one of them.
    unknown: usize,
    /// Of the typed, those that are the type of everything, though the stub states a narrower one.
    widened: usize,
}

impl Positions {
    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.stated += other.stated;
        self.typed += other.typed;
        self.partly += other.partly;
        self.unknown += other.unknown;
        self.widened += other.widened;
    }

    fn share(self) -> f64 {
        if self.stated == 0 { 1.0 } else { self.typed as f64 / self.stated as f64 }
    }

    fn json(self) -> Value {
        let Self { all, stated, typed, partly, unknown, widened } = self;
        json!({ "all": all, "stated": stated, "typed": typed, "partly": partly, "unknown": unknown, "widened": widened })
    }
}

/// What was counted of one module.
struct Row {
    kinds: Value,
    callables: usize,
    missing: BTreeSet<String>,
    params: Positions,
    returns: Positions,
    /// Some positions that have lost what the stub states, to look at.
    lost: BTreeSet<String>,
}

#[test]
fn types_that_stubs_state_arrive() {
    let rows = rows();
    announce(&format!(
        "what is emitted, and of the positions whose type a stub states, how it arrives\n{}",
        table(rows)
    ));
    let (mut params, mut returns) = (Positions::default(), Positions::default());
    for row in rows.iter().filter(|(name, _)| is_counted(name)).map(|(_, row)| row) {
        params.add(row.params);
        returns.add(row.returns);
    }
    assert!(params.stated > 10_000 && returns.stated > 3_000, "there is something to count");
    let lost: Vec<&String> = rows.values().flat_map(|row| &row.lost).take(60).collect();
    assert!(params.share() >= TYPED, "{:.4} of the parameters: {lost:#?}", params.share());
    assert!(returns.share() >= TYPED, "{:.4} of the returns: {lost:#?}", returns.share());
}

#[test]
fn public_callables_are_emitted_or_listed() {
    let (mut all, mut missing) = (0, 0);
    for (module, report) in modules() {
        let row = &rows()[&module];
        let listed: BTreeSet<&str> = ["left_out", "uncovered"]
            .iter()
            .flat_map(|list| report[list].as_array().unwrap())
            .filter(|entry| entry["reason"].as_str().is_some_and(|reason| !reason.is_empty()))
            .filter_map(|entry| entry["name"].as_str())
            .collect();
        let silent: Vec<&String> = row.missing.iter().filter(|name| !listed.contains(name.as_str())).collect();
        assert!(silent.is_empty(), "`{module}`: missing and not listed with a reason: {silent:?}");
        if is_counted(&module) {
            all += row.callables;
            missing += row.missing.len();
        }
    }
    let share = (all - missing) as f64 / all as f64;
    announce(&format!("{all} public callables, {missing} of them missing: {share:.4} are emitted"));
    assert!(all > 2_000, "there is something to count");
    assert!(share >= EMITTED, "{share:.4}");
}

/// The control: the script sees what it is to count, and sees it where it hides.
#[test]
fn the_counter_finds_what_hides() {
    let dir = scratch().join("whole-surface-counter");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let client = "export type PyValue = number | string; export interface Kw<T> { keywords: T } export {};\n";
    let module = r#"import type { Kw, PyValue } from "./tywrap-client.js";
type Hidden = { inner: Deep[] };
type Deep = Promise<unknown> | null;
type Loop = Loop[] | number;
interface Opaque { anything: unknown }
export declare function f(a: number, b: Hidden, c: any, ...rest: unknown[]): Promise<unknown>;
export declare function f(options: Kw<{ d?: PyValue; e: Map<string, any> }>): Promise<Loop>;
export declare function h(this: Opaque, ...all: [...any[], Kw<{ last: number }>]): Promise<null>;
export declare function g(a: Opaque, b: (x: unknown) => number, c: string | unknown): Promise<Opaque>;
"#;
    std::fs::write(dir.join("tywrap-client.d.ts"), client).unwrap();
    std::fs::write(dir.join("hidden.d.ts"), module).unwrap();
    let counted = count(&dir);
    let states: Vec<String> = counted["hidden"]["positions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| format!("{}({}): {}", at["name"], at["at"], at["state"]).replace('"', ""))
        .collect();
    assert_eq!(
        states,
        [
            "f(a): typed",
            "f(b): partly",
            "f(c): unknown",
            "f(*): unknown",
            "f(return): unknown",
            "f(d): wide",
            "f(e): partly",
            "f(return): typed",
            "h(*): unknown",
            "h(last): typed",
            "h(return): typed",
            "g(a): typed",
            "g(b): partly",
            "g(c): unknown",
            "g(return): typed",
        ]
    );
}

fn is_counted(module: &str) -> bool {
    module != UNTYPED && module.split('.').next() != Some(OWN)
}

/// Runs the counting script over a package.
pub(crate) fn count(package: &Path) -> Value {
    let library = Tsc::get(TypeScript::V5_9).unwrap().library();
    let script = workspace().join("tests/whole_surface/count.mjs");
    let ended = Node::find().unwrap().run(script).arg(library).arg(package).run().unwrap();
    assert!(ended.success(), "{}", ended.report());
    serde_json::from_str(&ended.stdout).unwrap()
}

fn rows() -> &'static BTreeMap<String, Row> {
    static ROWS: OnceLock<BTreeMap<String, Row>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let counted = count(&generator().package);
        let counted = counted.as_object().unwrap();
        let stubs = stated::read(counted.keys().map(String::as_str));
        let rows: BTreeMap<String, Row> =
            counted.iter().map(|(module, counted)| (module.clone(), row(counted, &stubs[module]))).collect();
        std::fs::write(scratch().join("whole-surface-counts.json"), format!("{:#}\n", to_json(&rows))).unwrap();
        rows
    })
}

fn row(counted: &Value, stub: &Stub) -> Row {
    let list = |kind: &str| counted[kind].as_array().unwrap().iter().map(|name| name.as_str().unwrap());
    let emitted: BTreeSet<&str> = list("functions").chain(list("classes")).collect();
    let is_emitted = |name: &String| emitted.contains(name.as_str()) || emitted.contains(format!("{name}_").as_str());
    let mut row = Row {
        kinds: ["functions", "classes", "methods", "properties", "constants"]
            .iter()
            .map(|kind| ((*kind).to_owned(), json!(list(kind).count())))
            .collect(),
        callables: stub.callables.len(),
        missing: stub.callables.iter().filter(|name| !is_emitted(name)).cloned().collect(),
        params: Positions::default(),
        returns: Positions::default(),
        lost: BTreeSet::new(),
    };
    for position in counted["positions"].as_array().unwrap() {
        let text = |key: &str| position[key].as_str().unwrap();
        let stated = stub.stated(text("owner"), text("name"), text("at"));
        let direction = if text("at") == "return" { &mut row.returns } else { &mut row.params };
        direction.all += 1;
        // What the reader of stubs does not know under that name counts as stated, so that nothing hides there.
        let is_stated = |what: Stated| stated.is_none_or(|stated| stated.contains(&what));
        let nothing = stated.is_some_and(|stated| stated.iter().all(|what| *what != Stated::Type));
        if nothing {
            continue;
        }
        direction.stated += 1;
        match text("state") {
            "typed" => direction.typed += 1,
            "wide" => {
                direction.typed += 1;
                // Of several overloads, one may state that it takes everything.
                direction.widened += usize::from(!is_stated(Stated::Anything) || stated.is_none());
            }
            "partly" => direction.partly += 1,
            _ => direction.unknown += 1,
        }
        if matches!(text("state"), "partly" | "unknown") {
            row.lost.insert(format!("{} {}({}): {}", text("owner"), text("name"), text("at"), text("text")));
        }
    }
    row
}

fn to_json(rows: &BTreeMap<String, Row>) -> Value {
    let of = |row: &Row| {
        json!({
            "emitted": row.kinds,
            "callables": row.callables,
            "missing": row.missing,
            "parameters": row.params.json(),
            "returns": row.returns.json(),
            "lost": row.lost,
        })
    };
    rows.iter().map(|(module, row)| (module.clone(), of(row))).collect()
}

fn table(rows: &BTreeMap<String, Row>) -> String {
    let mut text = format!(
        "{:22} {:>5} {:>5} {:>6} {:>6} {:>6} {:>5} | {:>34} | {:>34}\n{:62} | {:>6} {:>6} {:>6} {:>6} {:>6} | {:>6} {:>6} {:>6} {:>6} {:>6}\n",
        "module",
        "func",
        "class",
        "method",
        "prop",
        "const",
        "miss",
        "parameters",
        "returns",
        "",
        "stated",
        "typed",
        "partly",
        "unkn",
        "wide",
        "stated",
        "typed",
        "partly",
        "unkn",
        "wide",
    );
    for (module, row) in rows {
        let kind = |name: &str| row.kinds[name].as_u64().unwrap_or_default();
        let kinds = ["functions", "classes", "methods", "properties", "constants"].map(kind);
        let [functions, classes, methods, properties, constants] = kinds;
        let missing = row.missing.len();
        let _ = write!(
            text,
            "{module:22} {functions:>5} {classes:>5} {methods:>6} {properties:>6} {constants:>6} {missing:>5}"
        );
        for Positions { stated, typed, partly, unknown, widened, .. } in [row.params, row.returns] {
            let _ = write!(text, " | {stated:>6} {typed:>6} {partly:>6} {unknown:>6} {widened:>6}");
        }
        text.push('\n');
    }
    text
}
