//! Attacks on the check. Each takes a text that passes and changes one thing that a hostile stub would want changed.
//! The control of each: the changed text is a program that parses, so a check that only parsed would let it through;
//! an attack that the parser stops by itself says so.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use std::time::Instant;

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use proptest::prelude::*;
use tywrap_policy::escape::{doc_comment, string_literal};

use super::{Meant, Mode, check, source_type};

const TS: &str = r#"// Written by tywrap for the Python module demo. Changes are overwritten.

import type { ArrayLike, Connection, Kw as Kw2, NDArray, PythonConstant } from "./tywrap-client.js";
import { describe as $describe } from "./tywrap-client.js";

/** A number of any sort. */
type Real<T> = T | readonly T[] | bigint | [T, ...number[]] | null;

const $module = $describe("demo", "0f", [
  "mean",
  "linalg.norm",
  "pi",
]);

/**
 * The arithmetic mean.
 *
 * Text with é and `code`.
 *
 * Python: `demo.mean`
 */
export function mean(a: ArrayLike, axis?: number | readonly [number]): Promise<number>;
/** @deprecated use another */
export function mean<T extends { "a-b": number; readonly c?: 1 | -2n | "x" }, U = T>(a: T, options: Kw2<{ axis?: true; [key: string]: unknown }>): Promise<Real<T & U>>;
export function mean(...args: unknown[]): Promise<unknown> {
  return $module.call(0, args);
}

function linalg_norm(x: Iterable<number>, ...rest: string[]): Promise<NDArray<"float64">>;
function linalg_norm(...args: unknown[]): Promise<unknown> {
  return $module.call(1, args);
}

export const linalg: { readonly norm: typeof linalg_norm } = {
  norm: linalg_norm,
};

export const pi: PythonConstant<number> = $module.constant(2);

export const MAXYEAR = 9999 as const;

export const NOTHING = null;

/** The exports of this module, with calls through `connection`. */
function $with(connection: Connection): typeof import("./demo.js") {
  return $module.with(connection, {
    mean,
    linalg: {
      norm: linalg_norm,
    },
    "n-a": pi,
    MAXYEAR,
    NOTHING,
    with: $with,
  });
}

export { $with as with };
"#;

const JS: &str = r#"// Written by tywrap for the Python module demo. Changes are overwritten.

import { describe as $describe } from "./tywrap-client.js";

const $module = $describe("demo", "0f", [
  "mean",
  "linalg.norm",
  "pi",
]);

export function mean(...args) {
  return $module.call(0, args);
}

function linalg_norm(...args) {
  return $module.call(1, args);
}

export const linalg = {
  norm: linalg_norm,
};

export const pi = $module.constant(2);

export const MAXYEAR = 9999;

function $with(connection) {
  return $module.with(connection, {
    mean,
    linalg,
    pi,
    MAXYEAR,
    with: $with,
  });
}

export { $with as with };

//# sourceMappingURL=demo.js.map
"#;

const DTS: &str = r#"// Written by tywrap for the Python module demo. Changes are overwritten.

import type { Connection, Kw, PythonConstant } from "./tywrap-client.js";

/** A shape. */
type Shape = number | readonly number[];

/** The arithmetic mean. */
export declare function mean(a: Shape): Promise<number>;
export declare function mean(a: Shape, options: Kw<{ axis?: number }>): Promise<number>;

declare function linalg_norm(x: Shape): Promise<"a" | 1>;

export declare const linalg: { readonly norm: typeof linalg_norm };

export declare const pi: PythonConstant<number>;

export declare const MAXYEAR: 9999;

/** The exports of this module, with calls through `connection`. */
declare function $with(connection: Connection): {
  readonly mean: typeof mean;
  readonly linalg: { readonly norm: typeof linalg_norm };
  readonly MAXYEAR: typeof MAXYEAR;
  readonly with: typeof $with;
};

export { $with as with };
"#;

fn base(mode: Mode) -> &'static str {
    match mode {
        Mode::Ts => TS,
        Mode::Js => JS,
        Mode::Dts => DTS,
    }
}

/// What was meant: the literals of the base text, written down by hand.
fn meant(mode: Mode) -> Vec<Meant> {
    let strings = |all: &[&str]| all.iter().map(|text| Meant::Str((*text).to_owned())).collect::<Vec<_>>();
    let num = |text: &str| Meant::Num(text.to_owned());
    const CLIENT: &str = "./tywrap-client.js";
    let described = ["demo", "0f", "mean", "linalg.norm", "pi"];
    let mut all = Vec::new();
    match mode {
        Mode::Ts => {
            all.extend(strings(&[CLIENT, CLIENT]));
            all.extend(strings(&described));
            all.extend(strings(&["a-b"]));
            all.extend([num("1"), Meant::BigInt("-2".to_owned())]);
            all.extend(strings(&["x"]));
            all.extend([Meant::Bool(true), num("0")]);
            all.extend(strings(&["float64"]));
            all.extend([num("1"), num("2"), num("9999"), Meant::Null]);
            all.extend(strings(&["./demo.js", "n-a"]));
        }
        Mode::Js => {
            all.extend(strings(&[CLIENT]));
            all.extend(strings(&described));
            all.extend([num("0"), num("1"), num("2"), num("9999")]);
        }
        Mode::Dts => {
            all.extend(strings(&[CLIENT, "a"]));
            all.extend([num("1"), num("9999")]);
        }
    }
    all
}

fn parses(text: &str, mode: Mode) -> bool {
    let allocator = Allocator::default();
    Parser::new(&allocator, text, source_type(mode)).parse().diagnostics.is_empty()
}

#[test]
fn what_the_emitter_writes_passes() {
    for mode in [Mode::Ts, Mode::Js, Mode::Dts] {
        check(base(mode), mode, &meant(mode)).unwrap_or_else(|error| panic!("{mode:?}: {error}"));
    }
}

/// A text that passes, to be changed.
pub(super) struct Base {
    pub(super) mode: Mode,
    pub(super) text: &'static str,
    /// Its literals, written down by hand.
    pub(super) meant: Vec<Meant>,
}

impl Base {
    fn of(mode: Mode) -> Self {
        Self { mode, text: base(mode), meant: meant(mode) }
    }

    /// Replaces the first `from` by `to` and expects a refusal that says `why`.
    pub(super) fn refused(&self, from: &str, to: &str, why: &str) {
        let text = self.text.replacen(from, to, 1);
        assert_ne!(text, self.text, "nothing was changed: {from}");
        let Err(error) = check(&text, self.mode, &self.meant) else { panic!("{to} passed") };
        assert!(error.message.contains(why), "{to}\n  was refused for another reason: {error}");
    }

    /// As [`Base::refused`], for a text that is a program.
    pub(super) fn refused_program(&self, from: &str, to: &str, why: &str) {
        assert!(parses(&self.text.replacen(from, to, 1), self.mode), "the control does not parse: {to}");
        self.refused(from, to, why);
    }
}

fn refused(mode: Mode, from: &str, to: &str, why: &str) {
    Base::of(mode).refused(from, to, why);
}

fn refused_program(mode: Mode, from: &str, to: &str, why: &str) {
    Base::of(mode).refused_program(from, to, why);
}

#[test]
fn statements_that_are_never_emitted_are_refused() {
    // After the last statement, where every one of them is a program.
    const END: &str = "export { $with as with };\n";
    for (statement, why) in [
        ("eval(\"1\");", "after the last"),
        ("export { $with as default };", "after the last"),
        ("export default $module;", "after the last"),
        ("export * from \"./tywrap-client.js\";", "the character `*`"),
        ("import \"./tywrap-client.js\";", "after the last"),
        ("globalThis.x = 1;", "after the last"),
        ("if (1) {}", "after the last"),
        ("for (;;) {}", "after the last"),
        ("class A {}", "after the last"),
        (";", "after the last"),
        ("{}", "after the last"),
        ("debugger;", "after the last"),
        ("label: ;", "after the last"),
        ("`x`;", "the character"),
        ("/x/;", "the character `/`"),
        ("x = () => 1;", "the character `=`"),
        ("let a = 1;", "after the last"),
        ("await mean();", "after the last"),
        ("import(\"x\");", "after the last"),
        ("import.meta;", "after the last"),
        ("new mean();", "after the last"),
        ("throw mean;", "after the last"),
        ("$module.call(0, []);", "after the last"),
        ("const x = $module.constant(0);", "after the last"),
    ] {
        refused_program(Mode::Js, END, &format!("{END}{statement}\n"), why);
    }
    for (statement, why) in [
        ("declare global { interface Window {} }", "after the last"),
        ("declare module \"fs\" {}", "after the last"),
        ("declare module \"fs\";", "after the last"),
        ("namespace A {}", "after the last"),
        ("enum A { B }", "after the last"),
        ("interface A {}", "after the last"),
        ("abstract class A {}", "after the last"),
        ("import fs = require(\"fs\");", "after the last"),
        ("export = $module;", "after the last"),
        ("export as namespace x;", "after the last"),
        ("type A = string;", "after the last"),
        ("export type { Connection };", "after the last"),
        ("@mean class A {}", "the character `@`"),
    ] {
        refused_program(Mode::Ts, END, &format!("{END}{statement}\n"), why);
    }
    refused(Mode::Js, "// Written", "#!/usr/bin/env node\n// Written", "the character `#`");
    refused_program(Mode::Js, "import {", "\"use strict\";\nimport {", "directive");
}

#[test]
fn values_that_are_never_emitted_are_refused() {
    for (from, to, why) in [
        ("$module.call(0, args)", "$module.call(0, eval)", "something else than `args`"),
        ("$module.call(0, args)", "$module.call(0, args, 1)", "other arguments"),
        ("$module.call(0, args)", "$module.call(0, ...args)", "other arguments"),
        ("$module.call(0, args)", "$module.call(args, 0)", "other arguments"),
        ("$module.call(0, args)", "$module?.call(0, args)", "something else than a call"),
        ("$module.call(0, args)", "$module[\"call\"](0, args)", "something else than a call"),
        ("$module.call(0, args)", "$module.constructor(0, args)", "something else than a call"),
        ("$module.call(0, args)", "(0, $module.call(0, args))", "something else than a call"),
        ("$module.call(0, args)", "eval(\"x\"), $module.call(0, args)", "something else than a call"),
        ("$module.call(0, args)", "$module.call(0, args).then(eval)", "something else than a call"),
        ("$module.call(0, args)", "$module.call(0, args) || eval", "something else than a call"),
        ("$module.call(0, args)", "await $module.call(0, args)", "parse"),
        ("return $module.call(0, args);", "eval(args); return $module.call(0, args);", "something else than return"),
        (
            "return $module.call(0, args);",
            "\"use strict\"; return $module.call(0, args);",
            "something else than return",
        ),
        ("return $module.call(0, args);", "return;", "something else than return"),
        ("return $module.call(0, args);", "", "something else than return"),
        ("function mean(...args)", "function mean(a = eval(\"x\"), ...args)", "other parameters"),
        ("function mean(...args)", "function mean(...[args])", "a pattern"),
        ("function mean(...args)", "function mean(args)", "other parameters"),
        ("function mean(...args)", "async function mean(...args)", "another form"),
        ("function mean(...args)", "function* mean(...args)", "the character `*`"),
        ("function mean", "function $module2", "in a place of another"),
        ("norm: linalg_norm", "[\"norm\"]: linalg_norm", "not `key: name`"),
        ("norm: linalg_norm", "[eval(\"x\")]: linalg_norm", "not `key: name`"),
        ("norm: linalg_norm", "get norm() { return linalg_norm; }", "not `key: name`"),
        ("norm: linalg_norm", "set norm(x) {}", "not `key: name`"),
        ("norm: linalg_norm", "norm() {}", "not `key: name`"),
        ("norm: linalg_norm", "...linalg_norm", "a spread"),
        ("norm: linalg_norm", "norm: eval", "not declared"),
        ("norm: linalg_norm", "norm: globalThis", "not declared"),
        ("norm: linalg_norm", "norm: $module", "in a place of another"),
        ("norm: linalg_norm", "norm: $with", "in a place of another"),
        ("with: $with,", "with: $describe,", "in a place of another"),
        ("norm: linalg_norm", "norm: linalg_norm()", "something else than a name"),
        ("norm: linalg_norm", "norm: class {}", "something else than a name"),
        ("norm: linalg_norm", "__proto__: linalg_norm", "neither a name nor a string"),
        ("norm: linalg_norm", "\"__proto__\": linalg_norm", "`__proto__`"),
        ("norm: linalg_norm", "1: linalg_norm", "neither a name nor a string"),
        ("MAXYEAR = 9999", "MAXYEAR = 9999 + 1", "the character `+`"),
        ("MAXYEAR = 9999", "MAXYEAR = 9999 - 1", "never emitted"),
        ("MAXYEAR = 9999", "MAXYEAR = 0x270f", "was meant"),
        ("MAXYEAR = 9999", "MAXYEAR = 9999.0", "was meant"),
        ("MAXYEAR = 9999", "MAXYEAR = -9999", "was meant"),
        ("MAXYEAR = 9999", "MAXYEAR = 9999n", "was meant"),
        ("MAXYEAR = 9999", "MAXYEAR = eval", "never emitted"),
        ("MAXYEAR = 9999", "MAXYEAR = [9999]", "never emitted"),
        ("MAXYEAR = 9999", "MAXYEAR = void 9999", "never emitted"),
        ("MAXYEAR = 9999", "MAXYEAR = typeof 9999", "never emitted"),
        ("const MAXYEAR", "let MAXYEAR", "another form"),
        ("const MAXYEAR", "var MAXYEAR", "another form"),
        ("MAXYEAR = 9999", "MAXYEAR = 9999, x = 1", "another form"),
        ("MAXYEAR = 9999", "{ MAXYEAR } = 9999", "a pattern"),
        ("const MAXYEAR", "const linalg_norm", "a second declaration"),
        ("$module.constant(2)", "$module.constant(2, 3)", "other arguments"),
        ("$module.constant(2)", "$module.call(2)", "something else than a call"),
        ("$describe(\"demo\"", "$describe2(\"demo\"", "something else than a call"),
        ("\"0f\", [", "\"0f\", [...mean, ", "not a string"),
        ("\"0f\", [", "\"0f\", [, ", "not a string"),
        ("\"0f\", [", "\"0f\", [mean, ", "not a string"),
        ("  \"pi\",\n]", "  \"pi\",\n], [0]", "something else than the description of a class"),
        ("  \"pi\",\n]", "  \"pi\",\n], [], 1", "other arguments"),
        ("$module.with(connection, ", "$module.with(eval, ", "something else than `connection`"),
        ("$with(connection)", "$with(connection = 1)", "a type or a default"),
        ("$with as with", "$with as default", "the export of `with`"),
        ("$with as with", "mean as with", "the export of `with`"),
        ("$with as with", "$with as \"with\"", "the export of `with`"),
        ("$with as with", "$with as with, mean as x", "the export of `with`"),
    ] {
        refused(Mode::Js, from, to, why);
    }
}

#[test]
fn imports_from_elsewhere_are_refused() {
    for (from, to) in [
        (
            "import { describe as $describe } from \"./tywrap-client.js\"",
            "import { describe as $describe } from \"./evil.js\"",
        ),
        ("import { describe as $describe } from", "import $describe from"),
        ("import { describe as $describe } from", "import { connect as $describe } from"),
        ("import { describe as $describe } from", "import { describe as $describe, connect } from"),
        ("import { describe as $describe } from", "import { \"describe\" as $describe } from"),
        ("from \"./tywrap-client.js\";", "from \"./tywrap-client.js\" with { type: \"json\" };"),
    ] {
        refused_program(Mode::Js, from, to, "");
    }
    refused(Mode::Js, "import { describe as $describe } from", "import * as $describe from", "the character `*`");
    refused_program(Mode::Ts, "import type { ArrayLike", "import type { Evil, ArrayLike", "no type of the client's");
    refused_program(Mode::Ts, "import type {", "import {", "something else than the import");
    refused_program(Mode::Ts, "typeof import(\"./demo.js\")", "typeof import(\"fs\")", "another result");
    refused_program(Mode::Ts, "typeof import(\"./demo.js\")", "typeof import(\"./demo.js\").x", "another result");
    refused_program(Mode::Ts, "typeof import(\"./demo.js\")", "typeof import(\"./a/../../demo.js\")", "another result");
    refused_program(Mode::Ts, "typeof import(\"./demo.js\")", "import(\"./demo.js\").T", "another result");
    refused_program(Mode::Ts, "a: ArrayLike", "a: import(\"fs\").X", "never emitted");
    let exports = "  readonly with: typeof $with;";
    for (to, why) in [
        ("  with: typeof $with;", "in a place of another"),
        ("  readonly when: typeof $with;", "in a place of another"),
        ("  readonly with?: typeof $with;", "in a place of another"),
        ("  readonly with: typeof $with<string>;", "not declared"),
        ("  readonly with: typeof eval;", "not declared"),
        ("  readonly with: any;", "never emitted"),
        ("  readonly [mean]: typeof mean;", "not a plain property"),
        ("  with(): typeof mean;", "not a plain property"),
    ] {
        refused_program(Mode::Dts, exports, to, why);
    }
    refused_program(Mode::Ts, "a: ArrayLike", "a: typeof import(\"./demo.js\")", "not declared");
}

#[test]
fn types_that_are_never_emitted_are_refused() {
    for (to, why) in [
        ("any", "never emitted"),
        ("object", "never emitted"),
        ("symbol", "never emitted"),
        ("unique symbol", "other than `readonly`"),
        ("keyof Connection", "other than `readonly`"),
        ("this", "never emitted"),
        ("Function", "neither declared nor imported"),
        ("Window", "neither declared nor imported"),
        ("globalThis.Window", "qualified"),
        ("Connection[\"x\"]", "never emitted"),
        ("new (...a: never[]) => unknown", "the character `=`"),
        ("(a: number) => void", "the character `=`"),
        ("number extends string ? 1 : 2", "never emitted"),
        ("[first?: number]", "never emitted"),
        ("[first: string, ...rest: Evil[]]", "never emitted"),
        ("[number?]", "never emitted"),
        ("{ (): void }", "not a plain property"),
        ("{ new (): Connection }", "not a plain property"),
        ("{ m(): void }", "not a plain property"),
        ("{ get m(): number }", "not a plain property"),
        ("{ [Symbol.iterator]: number }", "not a plain property"),
        ("{ [\"a\"]: number }", "not a plain property"),
        ("{ [K in \"a\"]: number }", "never emitted"),
        ("{ [key: number]: number }", "not a string"),
        ("{ a }", "without a type"),
        ("{ 1: number }", "neither a name nor a string"),
        ("{ __proto__: number }", "neither a name nor a string"),
        ("`a${string}`", "the character"),
        ("typeof globalThis", "not declared"),
        ("typeof mean.call", "not declared"),
        ("typeof $module", "in a place of another"),
        ("\"x\"", "was meant"),
        ("1", "was meant"),
        ("true", "was meant"),
    ] {
        refused_program(Mode::Ts, "a: ArrayLike", &format!("a: {to}"), why);
    }
    for (from, to, why) in [
        ("a: ArrayLike", "a", "without a type"),
        ("a: ArrayLike", "this: Connection", "another form"),
        ("a: ArrayLike", "{ a }: ArrayLike", "a pattern"),
        ("): Promise<number>;", ");", "without a result"),
        ("): Promise<number>;", "): asserts a;", "never emitted"),
        ("): Promise<number>;", "): a is number;", "never emitted"),
        ("<T extends", "<const T extends", "a modifier"),
        ("type Real<T> =", "type Real<T = 1> =", "more than a name"),
        ("type Real<T> =", "export declare type Real<T> =", ""),
        ("type Real<T> =", "declare type Real<T> =", "another form"),
        ("type Real<T> =", "type Promise<T> =", "hides"),
        ("type Real<T> =", "type $Real<T> = string;\ntype Real<T> =", ""),
        ("9999 as const", "9999 as unknown", "never emitted"),
        ("9999 as const", "9999 satisfies number", "never emitted"),
        ("9999 as const", "9999!", "the character `!`"),
        (
            "...args: unknown[]): Promise<unknown> {\n  return $module.call(0",
            "...args: any[]): Promise<unknown> {\n  return $module.call(0",
            "other types",
        ),
        (
            "...args: unknown[]): Promise<unknown> {\n  return $module.call(0",
            "...args: unknown[]): Promise<any> {\n  return $module.call(0",
            "other types",
        ),
        ("const pi: PythonConstant<number>", "const pi", "never emitted"),
    ] {
        refused(Mode::Ts, from, to, why);
    }
    // Each file has its own half of the grammar.
    refused(Mode::Js, "function mean(...args)", "function mean(...args: unknown[])", "parse");
    refused_program(
        Mode::Dts,
        "export declare const MAXYEAR: 9999",
        "export declare const MAXYEAR = 9999",
        "another form",
    );
    refused_program(
        Mode::Dts,
        "export declare function mean(a: Shape)",
        "export function mean(a: Shape)",
        "else than a signature",
    );
}

#[test]
fn literals_are_the_ones_meant() {
    for mode in [Mode::Ts, Mode::Js, Mode::Dts] {
        let all = meant(mode);
        for at in 0..all.len() {
            // Another one, one more, one fewer: at every place.
            let mut other = all.clone();
            other[at] = match &all[at] {
                Meant::Str(text) => Meant::Str(format!("{text}\0")),
                Meant::Num(text) => Meant::Num(format!("{text}0")),
                Meant::BigInt(text) => Meant::Num(text.clone()),
                Meant::Bool(value) => Meant::Bool(!value),
                Meant::Null => Meant::Bool(false),
            };
            assert!(check(base(mode), mode, &other).is_err(), "{mode:?} {at}");
            other.remove(at);
            assert!(check(base(mode), mode, &other).is_err(), "{mode:?} {at}");
            other.insert(at, all[at].clone());
            other.insert(at, all[at].clone());
            assert!(check(base(mode), mode, &other).is_err(), "{mode:?} {at}");
        }
        for at in 1..all.len() {
            let mut swapped = all.clone();
            swapped.swap(at - 1, at);
            assert_eq!(check(base(mode), mode, &swapped).is_ok(), all[at - 1] == all[at], "{mode:?} {at}");
        }
    }
    // Half a surrogate pair is no string that was meant, whatever the parser puts in its place.
    refused_program(Mode::Js, "\"0f\"", "\"\\ud800\"", "was meant");
    // The same value in another spelling is the same literal; a name in another spelling is not a name.
    check(&JS.replacen("\"demo\"", "\"d\\u0065mo\"", 1), Mode::Js, &meant(Mode::Js)).unwrap();
    refused_program(Mode::Js, "function mean(", "function m\\u0065an(", "the character `\\\\`");
    refused_program(Mode::Js, "function mean(", "function m\u{e9}an(", "the character `\\u{e9}`");
}

#[test]
fn comments_have_one_layout() {
    for (from, to) in [
        (" * The arithmetic mean.\n", " * The arithmetic mean. */ eval(\"1\"); /*\n"),
        (" * The arithmetic mean.\n", " * The arithmetic mean. */\ntype A = string;\n/**\n * x\n"),
        (" * The arithmetic mean.\n", " */ type A = string; /**\n"),
        (" * The arithmetic mean.\n", "The arithmetic mean.\n"),
        (" * The arithmetic mean.\n", " *The arithmetic mean.\n"),
        ("/** @deprecated use another */\n", "/** a */ type A = string; /** b */\n"),
        ("/** @deprecated use another */\n", "/** @ts-ignore */\n"),
        ("/** @deprecated use another */\n", "/** * @ts-expect-error */\n"),
        ("/** @deprecated use another */\n", "/* @deprecated use another */\n"),
        ("/** @deprecated use another */\n", "/** a */ /** b */\n"),
        ("/** @deprecated use another */\n", "// @ts-nocheck\n"),
        ("/** @deprecated use another */\n", "// text\n"),
        ("/** @deprecated use another */\n", "/// <reference path=\"x\" />\n"),
        ("/** @deprecated use another */\n", "//# sourceMappingURL=data:x\n"),
        ("/** @deprecated use another */\n", "/** //# sourceMappingURL=data:x */\n"),
        ("/** @deprecated use another */\n", "/*# sourceMappingURL=data:x */\n"),
        ("/** @deprecated use another */\n", "/** a\u{202e}b */\n"),
        ("/** @deprecated use another */\n", "/** a\u{2028}b */\n"),
        ("/** @deprecated use another */\n", "/** a\rb */\n"),
        ("return $module.call(0", "return /** x */ $module.call(0"),
        ("// Written by", "// @ts-nocheck Written by"),
        ("// Written by", "//# sourceMappingURL=data:x by"),
        ("// Written by", "/// <reference types=\"node\" /> by"),
        ("// Written by", " // Written by"),
    ] {
        refused_program(Mode::Ts, from, to, "");
    }
    for (from, to) in [
        ("sourceMappingURL=demo.js.map", "sourceMappingURL=data:application/json;base64,e30="),
        ("sourceMappingURL=demo.js.map", "sourceMappingURL=../demo.js.map"),
        ("sourceMappingURL=demo.js.map", "sourceMappingURL=/demo.js.map"),
        ("sourceMappingURL=demo.js.map\n", "sourceMappingURL=demo.js.map\n//# sourceMappingURL=demo.js.map\n"),
        ("sourceMappingURL=demo.js.map\n", "sourceMappingURL=demo.js.map"),
        ("export const pi", "/** text */\nexport const pi"),
        ("export const pi", "/* @__PURE__ */ export const pi"),
    ] {
        refused_program(Mode::Js, from, to, "");
    }
    refused(
        Mode::Ts,
        "export { $with as with };\n",
        "export { $with as with };\n//# sourceMappingURL=demo.js.map\n",
        "",
    );
}

#[test]
fn what_nests_too_deeply_is_refused_before_it_is_parsed() {
    let deep = |depth: usize| format!("a: {}number{}", "Iterable<".repeat(depth), ">".repeat(depth));
    check(&TS.replacen("a: ArrayLike", &deep(100), 1), Mode::Ts, &meant(Mode::Ts)).unwrap();
    refused(Mode::Ts, "a: ArrayLike", &deep(1_000_000), "nests deeper");
    let brackets = format!("a: {}number{}", "[".repeat(100_000), "]".repeat(100_000));
    refused(Mode::Ts, "a: ArrayLike", &brackets, "nests deeper");
    check(&TS.replacen("a: ArrayLike", &format!("a: number{}", "[]".repeat(1_000)), 1), Mode::Ts, &meant(Mode::Ts))
        .unwrap();
}

#[test]
fn a_cut_text_is_refused_everywhere() {
    for mode in [Mode::Ts, Mode::Js, Mode::Dts] {
        for end in (0..base(mode).len()).filter(|end| base(mode).is_char_boundary(*end)) {
            assert!(check(&base(mode)[..end], mode, &meant(mode)).is_err(), "{mode:?} up to {end}");
        }
    }
}

#[test]
fn an_error_says_where() {
    let at =
        |from: &str, to: &str| check(&TS.replacen(from, to, 1), Mode::Ts, &meant(Mode::Ts)).unwrap_err().to_string();
    assert_eq!(at("a: ArrayLike", "a: any"), "22:25: found a kind of type that is never emitted: `any`");
    assert_eq!(at("a: ArrayLike", "a: \u{202e}"), "22:25: the character `\\u{202e}`");
    let long = at("a: ArrayLike", &format!("a: (\n{} => void)", "x".repeat(100)));
    assert!(long.len() < 200 && !long.contains('\n'), "{long}");
}

proptest! {
    /// An escaper that does nothing is caught: whatever a string or a comment would let out is refused.
    #[test]
    fn what_no_escaper_touched_gets_nothing_past(
        text in r#"(["\\/*\n;{}]|\*/|/\*\*|\n \*/\n|type A = string;|eval\(1\);|export const x = 1;|`|\$|[a-z ]){0,12}"#
    ) {
        let raw = format!("\"{text}\"");
        let changed = JS.replacen("\"demo\"", &raw, 1);
        let mut literals = meant(Mode::Js);
        literals[1] = Meant::Str(text.clone());
        if check(&changed, Mode::Js, &literals).is_ok() {
            // Then the text stands in the file as it is, and is harmless as it is.
            prop_assert!(!text.contains(['"', '\\', '\n', '`', '$']));
        }
        let lines = text.replace('\n', "\n * ");
        let changed = DTS.replacen("/** A shape. */", &format!("/**\n * {lines}\n */"), 1);
        if check(&changed, Mode::Dts, &meant(Mode::Dts)).is_ok() {
            prop_assert!(!text.contains("*/"));
        }
        let changed = DTS.replacen("/** A shape. */", &format!("/** {} */", text.replace('\n', " ")), 1);
        if check(&changed, Mode::Dts, &meant(Mode::Dts)).is_ok() {
            prop_assert!(!text.contains("*/"));
        }
    }

    /// What the escapers write passes, and means what was meant.
    #[test]
    fn what_the_escapers_write_passes(text in r"([*/@#<=\r\n\\'`${}]|sourceMappingURL=|\u{2028}|\u{202e}|.){0,40}") {
        let mut literals = meant(Mode::Js);
        literals[1] = Meant::Str(text.clone());
        let changed = JS.replacen("\"demo\"", &string_literal(&text), 1);
        prop_assert_eq!(check(&changed, Mode::Js, &literals), Ok(()));
        let comment = doc_comment(&text);
        let lines: String = comment.split('\n').map(|line| format!(" *{}{line}\n", if line.is_empty() { "" } else { " " })).collect();
        let changed = DTS.replacen("/** A shape. */", &format!("/**\n{lines} */"), 1);
        prop_assert_eq!(check(&changed, Mode::Dts, &meant(Mode::Dts)), Ok(()));
    }
}

/// The check is part of every build that emits, in an unoptimised build script: numpy's three files,
/// 2.4 MB, take 0.6 s there. The limit allows for a machine that is busy with other tests.
#[test]
fn a_large_file_takes_no_time() {
    let (head, tail) = TS.split_at(TS.find("/**\n * The arithmetic").unwrap());
    let (function, tail) = tail.split_at(tail.find("function linalg_norm").unwrap());
    let mut text = head.to_owned();
    let mut literals = meant(Mode::Ts);
    let here = literals.iter().position(|literal| *literal == Meant::Str("a-b".to_owned())).unwrap();
    let of_function = literals[here..here + 6].to_vec();
    for i in 0..1_500 {
        text += &function.replace("mean", &format!("mean{i}"));
    }
    text += function;
    text += tail;
    for _ in 0..1_500 {
        literals.splice(here..here, of_function.iter().cloned());
    }
    let begin = Instant::now();
    check(&text, Mode::Ts, &literals).unwrap();
    let took = begin.elapsed();
    assert!(took.as_secs_f64() < 3.0, "{} bytes took {took:?}", text.len());
}
