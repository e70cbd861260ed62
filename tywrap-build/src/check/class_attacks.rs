//! Attacks on the check of classes: interfaces, the classes and enums that are values, and what a module says of its classes. They are made as
//! those in [`super::attacks`].

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use super::attacks::Base;
use super::{Meant, Mode, check};

const TS: &str = r#"// Written by tywrap for the Python module demo. Changes are overwritten.

import type { Connection, Inherit, Kw, PyArgument, PyClass, PyEnum, PyIterable, PyObject, PyValue, PythonConstant, PythonProperty } from "./tywrap-client.js";
import { describe as $describe } from "./tywrap-client.js";

/** Python: an instance of `demo.Base` */
export interface Base<T = PyValue> extends PyObject<"demo:Base", BaseData<T>>, PyIterable<T> {
  /**
   * Open it.
   *
   * Python: `demo.Base.open`
   */
  open(this: Base<number>, slowly?: boolean): Promise<T>;
  open<U>(options: Kw<{ slowly?: U }>): Promise<[first: T, second: U]>;
  readonly size: PythonProperty<number, number | null>;
}

/** What an instance of `demo.Base` holds, as data. */
export type BaseData<T> = { item: T };

export interface Heir extends Inherit<Base<string>, "demo:Heir" | "demo:Base", "open"> {
  open(): Promise<string>;
}

interface HeirClass extends PyClass<Heir> {
  (): Promise<Heir>;
  make(...parts: string[]): Promise<Heir>;
  readonly LARGEST: PythonConstant<number>;
}

export interface Color extends PyEnum<"demo:Color", "RED", "red"> {
}

interface ColorClass extends PyClass<Color> {
  (value: PyArgument): Promise<Color>;
  readonly RED: Color & PyEnum<"demo:Color", "RED", "red">;
}

const $module = $describe("demo", "0f", [
  "Heir",
  "demo:Base.open",
  "demo:Base.size",
], [
  ["demo:Base", [], { open: 1, size: [2] }],
  ["demo:Heir", [0], {}],
  ["demo:Color", [], {}],
]);

/** Python: `demo.Heir` */
export const Heir: HeirClass = $module.class(1, 0, { make: 1, LARGEST: [2] });

export const Color: ColorClass = $module.enum(2, -1, { RED: "red", NONE: null }, {});

function $with(connection: Connection): typeof import("./demo.js") {
  return $module.with(connection, {
    Heir,
    Color,
    with: $with,
  });
}

export { $with as with };
"#;

fn base() -> Base {
    let strings = |all: &[&str]| all.iter().map(|text| Meant::Str((*text).to_owned())).collect::<Vec<_>>();
    let numbers = |all: &[&str]| all.iter().map(|text| Meant::Num((*text).to_owned())).collect::<Vec<_>>();
    let mut meant =
        strings(&["./tywrap-client.js", "./tywrap-client.js", "demo:Base", "demo:Heir", "demo:Base", "open"]);
    meant.extend(strings(&["demo:Color", "RED", "red", "demo:Color", "RED", "red"]));
    meant.extend(strings(&["demo", "0f", "Heir", "demo:Base.open", "demo:Base.size", "demo:Base"]));
    meant.extend(numbers(&["1", "2"]));
    meant.extend(strings(&["demo:Heir"]));
    meant.extend(numbers(&["0"]));
    meant.extend(strings(&["demo:Color"]));
    meant.extend(numbers(&["1", "0", "1", "2", "2", "-1"]));
    meant.extend(strings(&["red"]));
    meant.push(Meant::Null);
    meant.extend(strings(&["./demo.js"]));
    Base { mode: Mode::Ts, text: TS, meant }
}

#[test]
fn classes_as_the_emitter_writes_them_pass() {
    let Base { mode, text, meant } = base();
    check(text, mode, &meant).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn interfaces_that_are_never_emitted_are_refused() {
    let base = base();
    for (from, to, why) in [
        // What it is called and what it extends.
        ("interface Base<", "interface Promise<", "hides `Promise`"),
        ("interface Base<", "declare interface Base<", "another form"),
        ("export interface Heir", "export default interface Heir", ""),
        ("interface HeirClass extends PyClass<Heir> {", "interface HeirClass extends Evil {", "neither declared"),
        (
            "interface HeirClass extends PyClass<Heir> {",
            "interface HeirClass extends PyClass<Evil> {",
            "neither declared",
        ),
        (
            "interface HeirClass extends PyClass<Heir> {",
            "interface HeirClass extends globalThis.Array<Heir> {",
            "qualified",
        ),
        ("<T = PyValue> extends", "<T extends string = PyValue> extends", "more than a default"),
        ("<T = PyValue> extends", "<in T = PyValue> extends", "modifier"),
        ("<T = PyValue> extends", "<T = Evil> extends", "neither declared"),
        // Its members.
        ("  open(): Promise<string>;", "  get open(): string;", "never emitted"),
        ("  open(): Promise<string>;", "  set open(value: string);", "never emitted"),
        ("  open(): Promise<string>;", "  new (): Heir;", "never emitted"),
        ("  open(): Promise<string>;", "  open?(): Promise<string>;", "never emitted"),
        ("  open(): Promise<string>;", "  [Color](): Promise<string>;", "never emitted"),
        ("  open(): Promise<string>;", "  [\"open\"](): Promise<string>;", "never emitted"),
        ("  open(): Promise<string>;", "  [key: string]: Heir;", "never emitted"),
        ("  open(): Promise<string>;", "  open();", "without a result"),
        ("  open(): Promise<string>;", "  open(a): Promise<string>;", "without a type"),
        ("  open(): Promise<string>;", "  open({ a }: Heir): Promise<string>;", ""),
        ("  open(): Promise<string>;", "  open(this): Promise<string>;", "`this` without a type"),
        ("  open(): Promise<string>;", "  open(this: Evil): Promise<string>;", "neither declared"),
        ("  open(): Promise<string>;", "  open(): asserts this is Heir;", "never emitted"),
        ("  open(): Promise<string>;", "  open(): this;", "never emitted"),
        ("  open(): Promise<string>;", "  open(): any;", "never emitted"),
        ("  open(): Promise<string>;", "  open(): Promise<U>;", "neither declared"),
        ("  open(): Promise<string>;", "  __proto__(): Promise<string>;", "neither a name nor a string"),
        ("  open(): Promise<string>;", "  open: () => string;", "the character `=`"),
        ("  readonly size:", "  size:", "never emitted"),
        ("  readonly size:", "  readonly size?:", "never emitted"),
        ("  readonly size:", "  readonly [Color]:", "never emitted"),
        ("[first: T, second: U]", "[first: T, second?: U]", "never emitted"),
        ("[first: T, second: U]", "[first: T, ...second: Evil[]]", "never emitted"),
    ] {
        base.refused(from, to, why);
    }
    // The controls of the most telling ones are programs.
    for (from, to, why) in [
        ("  open(): Promise<string>;", "  get open(): string;", "never emitted"),
        ("  open(): Promise<string>;", "  [key: string]: Heir;", "never emitted"),
        ("  open(): Promise<string>;", "  new (): Heir;", "never emitted"),
        ("extends PyClass<Heir> {", "extends PyClass<Evil> {", "neither declared"),
        ("  readonly size:", "  size:", "never emitted"),
    ] {
        base.refused_program(from, to, why);
    }
}

#[test]
fn interfaces_are_declared_once_and_not_between_values() {
    let base = base();
    let twice = "interface Heir {\n}\n\nconst $module";
    base.refused_program("const $module", twice, "a second declaration of `Heir`");
    let late = "interface Late {\n}\n\nfunction $with";
    base.refused_program("function $with", late, "a declaration that is never emitted");
    base.refused_program("const $module", "namespace Evil {}\n\nconst $module", "");
    base.refused_program("const $module", "declare global {\n}\n\nconst $module", "");
    base.refused_program("const $module", "enum Evil {}\n\nconst $module", "");
    base.refused_program("const $module", "abstract class Evil {}\n\nconst $module", "");
}

#[test]
fn classes_and_enums_are_made_by_index_alone() {
    let base = base();
    for (from, to, why) in [
        ("$module.class(1, 0,", "$module.class(1, eval,", "an index"),
        ("$module.class(1, 0,", "$module.class(1, -eval,", "an index"),
        ("$module.class(1, 0,", "$module.class(1, \"0\",", "an index"),
        ("$module.class(1, 0,", "$module.class(0, 0,", "a literal where"),
        ("$module.class(1, 0,", "$module.class(1, -0,", "a literal where"),
        ("$module.class(1, 0,", "$module.class(1, 0, {},", "other arguments of `$module.class`"),
        ("$module.class(1, 0,", "$module.klass(1, 0,", "$module.constant"),
        ("$module.class(1, 0,", "$module?.class(1, 0,", ""),
        ("$module.class(1, 0,", "Heir.class(1, 0,", "$module.constant"),
        ("{ make: 1,", "{ make: eval,", "something else than indices"),
        ("{ make: 1,", "{ make: [eval],", "something else than an index"),
        ("{ make: 1,", "{ make: [...Heir],", "something else than an index"),
        ("{ make: 1,", "{ make() { return 1; },", ""),
        ("{ make: 1,", "{ get make() { return 1; },", ""),
        ("{ make: 1,", "{ [Heir]: 1,", ""),
        ("{ make: 1,", "{ __proto__: 1,", ""),
        ("{ make: 1,", "{ ...Heir,", ""),
        ("{ RED: \"red\",", "{ RED: eval,", "a value that is never emitted"),
        ("{ RED: \"red\",", "{ RED: `red`,", ""),
        ("{ RED: \"red\",", "{ RED: \"green\",", "a literal where"),
        ("{ RED: \"red\",", "{ RED: [\"red\"],", "a value that is never emitted"),
        ("NONE: null }, {}", "NONE: null }, Heir", "other arguments of `$module.enum`"),
        ("NONE: null }, {}", "NONE: null }", "other arguments of `$module.enum`"),
        ("Heir: HeirClass =", "Heir =", ""),
    ] {
        base.refused_program(from, to, why);
    }
}

#[test]
fn a_module_says_nothing_else_of_its_classes() {
    let base = base();
    for (from, to, why) in [
        ("[\"demo:Heir\", [0], {}]", "[\"demo:Heir\", [0]]", "the description of a class"),
        ("[\"demo:Heir\", [0], {}]", "[\"demo:Heir\", [0], {}, eval]", "the description of a class"),
        ("[\"demo:Heir\", [0], {}]", "[Heir, [0], {}]", "the description of a class"),
        ("[\"demo:Heir\", [0], {}]", "[\"demo:Heir\", [Heir], {}]", "something else than an index"),
        ("[\"demo:Heir\", [0], {}]", "[\"demo:Heir\", [-0], {}]", "something else than an index"),
        ("[\"demo:Heir\", [0], {}]", "[\"demo:Heir\", [1], {}]", "a literal where"),
        ("[\"demo:Heir\", [0], {}]", "[\"builtins:object\", [0], {}]", "a literal where"),
        ("[\"demo:Heir\", [0], {}]", "[\"demo:Heir\", [0], Heir]", "the description of a class"),
        ("[\"demo:Heir\", [0], {}]", "...[]", "the description of a class"),
        ("{ open: 1,", "{ open: -1,", "something else than indices"),
        ("{ open: 1,", "{ open: 1.5,", "a literal where"),
        ("{ open: 1,", "{ open: eval,", "something else than indices"),
        ("{ open: 1,", "{ open: Heir(),", "something else than indices"),
        ("{ open: 1,", "{ __proto__: 1,", ""),
    ] {
        base.refused_program(from, to, why);
    }
}

#[test]
fn documentation_in_interfaces_stays_documentation() {
    let base = base();
    base.refused("   * Open it.", "   * Open it. */ evil(): Promise<string>; /*", "");
    base.refused("   * Open it.", "   Open it.", "");
    base.refused("   * Open it.", "   * Open \u{202e} it.", "");
    let doc = "  /**\n   * Open it.\n   *\n   * Python: `demo.Base.open`\n   */\n";
    base.refused(doc, "  /** @ts-ignore */\n", "laid out");
}
