//! The emitter as a whole, on surfaces made by hand.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use tywrap_policy::Policy;
use tywrap_policy::section::Integers;
use tywrap_surface::model::{
    Alias, Bind, Class, ClassKind, Const, DefaultValue, Field, Func, Item, Literal, Param, ParamKind, QName, Sig,
    Surface, Type, TypeParam, TypeParamKind, Via,
};

use super::{EmittedModule, ModuleInput, Part, emit};
use crate::select::ClassRules;

const POLICY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a hostile stub may put wherever it may put a text.
pub(super) const HOSTILE: &str =
    "*/ evil() /* `${evil()}` \"'; \\ </script> @ts-nocheck //# sourceMappingURL=data:x \u{202e}\u{2028}\r evil()";

fn emit_surface(surface: &Surface) -> EmittedModule {
    emit_parts(vec![part("", surface)])
}

fn emit_parts(parts: Vec<Part<'_>>) -> EmittedModule {
    emit_under("", parts)
}

/// What is emitted under a policy.
pub(super) fn emit_under(policy: &str, parts: Vec<Part<'_>>) -> EmittedModule {
    let module = parts[0].surface.module.clone();
    let policy = Policy::parse(policy, Path::new("tywrap.toml")).unwrap().policy;
    let rules = ClassRules::new(&policy);
    let input = ModuleInput {
        module: &module,
        package: "app-python",
        policy_digest: POLICY,
        parts,
        integers: &Integers::default(),
        rules: &rules,
    };
    emit(&input).unwrap_or_else(|error| panic!("{error}"))
}

pub(super) fn part<'a>(prefix: &'a str, surface: &'a Surface) -> Part<'a> {
    Part { prefix, surface, items: surface.items.iter().map(Cow::Borrowed).collect() }
}

fn surface(module: &str, items: Vec<Item>) -> Surface {
    Surface { module: module.to_owned(), items, ..Surface::default() }
}

fn func(name: &str, sigs: Vec<Sig>) -> Item {
    Item::Func(Func {
        name: name.to_owned(),
        def: QName::new("m", name),
        bind: Bind::Free,
        via: Via::Def,
        sigs,
        decorators: Vec::new(),
        is_abstract: false,
    })
}

fn sig(params: Vec<Param>, ret: Type) -> Sig {
    Sig { vars: Vec::new(), this: None, params, ret, is_async: false, deprecated: None }
}

fn param(name: &str, kind: ParamKind, ty: Type) -> Param {
    Param { name: name.to_owned(), kind, ty, default: None }
}

fn with_default(name: &str, kind: ParamKind, ty: Type) -> Param {
    Param { default: Some(DefaultValue::Source(HOSTILE.to_owned())), ..param(name, kind, ty) }
}

fn arg(name: &str, ty: Type) -> Param {
    param(name, ParamKind::PosOrKw, ty)
}

fn class(module: &str, name: &str, args: Vec<Type>) -> Type {
    Type::Class(QName::new(module, name), args)
}

fn builtin(name: &str) -> Type {
    class("builtins", name, Vec::new())
}

fn var(name: &str, bound: Option<Type>, constraints: Vec<Type>) -> TypeParam {
    TypeParam { name: name.to_owned(), kind: TypeParamKind::TypeVar, bound, constraints, default: None }
}

fn constant(name: &str, ty: Type, value: Option<Literal>) -> Item {
    Item::Const(Const { name: name.to_owned(), def: QName::new("m", name), ty, value })
}

/// Everything after the head of a `.d.ts` and before `with`.
pub(super) fn body(dts: &str) -> &str {
    let start = dts.find("\n\n").unwrap();
    let end = dts.find("\n/** The exports of this module").unwrap();
    dts[start..end].split_once(";\n").unwrap().1.trim_start()
}

#[test]
fn a_small_module_in_all_its_forms() {
    use ParamKind::{PosOnly, VarPos};
    let mut surface = surface(
        "math",
        vec![
            func(
                "sqrt",
                vec![sig(vec![param("x", PosOnly, class("typing", "SupportsFloat", vec![]))], builtin("float"))],
            ),
            func(
                "gcd",
                vec![sig(vec![param("integers", VarPos, class("typing", "SupportsIndex", vec![]))], builtin("int"))],
            ),
            constant("pi", builtin("float"), None),
            constant("MAX", builtin("int"), Some(Literal::Int("9999".to_owned()))),
        ],
    );
    surface.docs.insert("sqrt".to_owned(), "Return the square root of x.".to_owned());
    let emitted = emit_surface(&surface);
    insta::assert_snapshot!("math.ts", emitted.ts);
    insta::assert_snapshot!("math.js", emitted.js);
    insta::assert_snapshot!("math.d.ts", emitted.dts);
    insta::assert_snapshot!("math.grants", emitted.grants);
    insta::assert_snapshot!("math.js.map", emitted.js_map);
    assert_eq!(emitted.uncovered, []);
}

#[test]
fn all_kinds_of_parameters() {
    use ParamKind::{KwOnly, PosOnly, PosOrKw, VarKw, VarPos};
    let (int, text) = (|| builtin("int"), || builtin("str"));
    let f = |name: &str, params: Vec<Param>| func(name, vec![sig(params, Type::None)]);
    let emitted = emit_surface(&surface(
        "m",
        vec![
            f("nothing", vec![]),
            f("positional_only", vec![param("a", PosOnly, int()), with_default("b", PosOnly, text())]),
            f("either", vec![arg("a", int()), with_default("b", PosOrKw, text())]),
            f("required_keyword", vec![arg("a", int()), with_default("b", PosOrKw, text()), param("c", KwOnly, int())]),
            f("optional_keyword", vec![arg("a", int()), with_default("c", KwOnly, int())]),
            f("args", vec![arg("a", int()), param("args", VarPos, text())]),
            f("args_and_keyword", vec![param("args", VarPos, text()), with_default("sep", KwOnly, text())]),
            f(
                "args_after_optional",
                vec![
                    with_default("a", PosOrKw, int()),
                    param("args", VarPos, text()),
                    with_default("sep", KwOnly, text()),
                ],
            ),
            f("kwargs", vec![arg("a", int()), with_default("b", PosOrKw, int()), param("kwargs", VarKw, text())]),
            f(
                "positional_only_and_keyword",
                vec![with_default("out", PosOnly, text()), with_default("where", KwOnly, builtin("bool"))],
            ),
            f("required_after_optional", vec![with_default("a", PosOrKw, int()), arg("b", text())]),
            f("options_taken", vec![arg("options", int()), with_default("axis", PosOrKw, int())]),
            f(
                "reserved",
                vec![
                    arg("arguments", int()),
                    arg("this", int()),
                    with_default("default", KwOnly, int()),
                    with_default("__proto__", KwOnly, int()),
                ],
            ),
        ],
    ));
    insta::assert_snapshot!(body(&emitted.dts));
}

#[test]
fn overloads_that_take_the_same_are_one() {
    let bool_array =
        class("numpy", "ndarray", vec![Type::Any, class("numpy", "dtype", vec![class("numpy", "bool", vec![])])]);
    let like = |name: &str, scalar: &str| {
        (
            QName::new("numpy._typing", name),
            Alias {
                vars: Vec::new(),
                ty: Type::Alias(
                    QName::new("numpy._typing._array_like", "_DualArrayLike"),
                    vec![class("numpy", "dtype", vec![class("numpy", scalar, vec![])]), builtin("int")],
                ),
            },
        )
    };
    let mut surface = surface(
        "numpy",
        vec![func(
            "sum",
            vec![
                sig(vec![arg("a", Type::Alias(QName::new("numpy._typing", "_ArrayLikeBool_co"), vec![]))], bool_array),
                sig(
                    vec![arg("a", Type::Alias(QName::new("numpy._typing", "_ArrayLikeInt_co"), vec![]))],
                    builtin("int"),
                ),
                Sig {
                    deprecated: Some(HOSTILE.to_owned()),
                    ..sig(
                        vec![arg("b", Type::Alias(QName::new("numpy._typing", "_ArrayLikeFloat_co"), vec![]))],
                        builtin("str"),
                    )
                },
            ],
        )],
    );
    surface.aliases = BTreeMap::from([
        like("_ArrayLikeBool_co", "bool"),
        like("_ArrayLikeInt_co", "integer"),
        like("_ArrayLikeFloat_co", "floating"),
    ]);
    let emitted = emit_surface(&surface);
    insta::assert_snapshot!(body(&emitted.dts));
    // To the host they are three.
    assert!(emitted.grants.contains("signatures: &[0, 1, 2]"), "{}", emitted.grants);
}

#[test]
fn generics_are_kept_where_arguments_decide_the_result() {
    let t = || Type::Var("_T".to_owned());
    let list = |of| class("builtins", "list", vec![of]);
    let iterable = |of| class("typing", "Iterable", vec![of]);
    let generic = |name: &str, vars: Vec<TypeParam>, params: Vec<Param>, ret: Type| {
        func(name, vec![Sig { vars, ..sig(params, ret) }])
    };
    let generic_array = |name: &str| {
        class("numpy", "ndarray", vec![Type::Any, class("numpy", "dtype", vec![Type::Var(name.to_owned())])])
    };
    let emitted = emit_surface(&surface(
        "m",
        vec![
            generic("copy", vec![var("_T", None, vec![])], vec![arg("x", t())], t()),
            generic("sort", vec![var("_T", Some(builtin("float")), vec![])], vec![arg("x", iterable(t()))], list(t())),
            generic("only_in", vec![var("_T", Some(builtin("str")), vec![])], vec![arg("x", t())], Type::None),
            generic("only_out", vec![var("_T", None, vec![])], vec![], t()),
            generic(
                "get",
                vec![var("_T", None, vec![])],
                vec![with_default("default", ParamKind::PosOrKw, t())],
                Type::Union(vec![t(), Type::None]),
            ),
            generic(
                "join",
                vec![var("AnyStr", None, vec![builtin("str"), builtin("bytes")])],
                vec![arg("a", Type::Var("AnyStr".to_owned()))],
                Type::Var("AnyStr".to_owned()),
            ),
            generic(
                "negate",
                vec![var("_S", Some(class("numpy", "floating", vec![])), vec![])],
                vec![arg("a", generic_array("_S"))],
                generic_array("_S"),
            ),
        ],
    ));
    insta::assert_snapshot!(body(&emitted.dts));
}

#[test]
fn types_that_need_a_name() {
    let q = |name: &str| QName::new("m", name);
    let alias = |name: &str| Type::Alias(q(name), vec![]);
    let list = |of| class("builtins", "list", vec![of]);
    let mut surface = surface(
        "m",
        vec![
            func("dumps", vec![sig(vec![arg("obj", alias("_Json"))], builtin("str"))]),
            func("loads", vec![sig(vec![arg("s", builtin("str"))], alias("_Json"))]),
            func("shape", vec![sig(vec![arg("s", alias("_ShapeLike"))], alias("_Name"))]),
            func("nested", vec![sig(vec![arg("n", Type::Alias(q("_Nested"), vec![builtin("int")]))], Type::None)]),
            func("person", vec![sig(vec![arg("p", class("m", "Person", vec![]))], class("m", "Person", vec![]))]),
            func("circular", vec![sig(vec![arg("c", alias("_Circular"))], Type::None)]),
            func("missing", vec![sig(vec![arg("c", alias("_Missing"))], Type::Unknown("no annotation".to_owned()))]),
            func(
                "PyObject",
                vec![sig(
                    vec![arg("x", class("m", "Thing", vec![]))],
                    list(Type::Union(vec![builtin("int"), Type::None])),
                )],
            ),
        ],
    );
    let dict = |of| class("builtins", "dict", vec![builtin("str"), of]);
    let plain = |ty| Alias { vars: Vec::new(), ty };
    surface.aliases = BTreeMap::from([
        (q("_Json"), plain(Type::Union(vec![builtin("str"), Type::None, list(alias("_Json")), dict(alias("_Json"))]))),
        (q("_ShapeLike"), plain(Type::Union(vec![builtin("int"), class("typing", "Sequence", vec![builtin("int")])]))),
        (q("_Name"), plain(builtin("str"))),
        (q("_Circular"), plain(Type::Union(vec![alias("_Circular"), builtin("int")]))),
        (
            q("_Nested"),
            Alias {
                vars: vec![var("_T", None, vec![])],
                ty: Type::Union(vec![
                    Type::Var("_T".to_owned()),
                    list(Type::Alias(q("_Nested"), vec![Type::Var("_T".to_owned())])),
                ]),
            },
        ),
    ]);
    let field = |name: &str, ty: Type, required: bool| Field {
        name: name.to_owned(),
        ty,
        required,
        kw_only: false,
        value: None,
    };
    surface.classes.insert(
        q("Person"),
        Class {
            def: q("Person"),
            kind: ClassKind::TypedDict,
            vars: vec![],
            bases: vec![],
            mro: vec![],
            is_described: false,
            members: vec![],
            props: vec![],
            fields: vec![
                field("name", builtin("str"), true),
                field("partner", class("m", "Person", vec![]), false),
                field(HOSTILE, Type::Any, false),
            ],
            is_abstract: false,
            is_final: false,
        },
    );
    let emitted = emit_surface(&surface);
    insta::assert_snapshot!(emitted.dts);
    insta::assert_snapshot!("types_that_need_a_name.grants", emitted.grants);
    insta::assert_debug_snapshot!(emitted.uncovered);
}

#[test]
fn hostile_texts_stay_texts() {
    let literal = |text: &str| Type::Lit(Literal::Str(text.to_owned()));
    let mut surface = surface(
        "m",
        vec![
            func(
                "f",
                vec![Sig {
                    deprecated: Some(HOSTILE.to_owned()),
                    ..sig(
                        vec![
                            arg(
                                "a",
                                Type::Union(vec![
                                    literal(HOSTILE),
                                    literal("`;evil();`"),
                                    Type::Lit(Literal::Int("-1".to_owned())),
                                ]),
                            ),
                            arg(HOSTILE, class("m", HOSTILE, vec![])),
                            with_default("x','y", ParamKind::KwOnly, Type::Any),
                        ],
                        Type::Unknown(HOSTILE.to_owned()),
                    )
                }],
            ),
            func(HOSTILE, vec![sig(vec![], Type::None)]),
            constant("TEXT", builtin("str"), Some(Literal::Str(HOSTILE.to_owned()))),
            constant("NUMBER", builtin("int"), Some(Literal::Int(HOSTILE.to_owned()))),
            constant("FLOAT", builtin("float"), Some(Literal::Float("nan".to_owned()))),
        ],
    );
    surface.docs.insert("f".to_owned(), HOSTILE.to_owned());
    let emitted = emit_surface(&surface);
    insta::assert_snapshot!(emitted.ts);
    insta::assert_snapshot!("hostile_texts.grants", emitted.grants);
    assert_eq!(emitted.uncovered.len(), 2, "{:?}", emitted.uncovered);
}

#[test]
fn names_that_cannot_stand_get_others() {
    let f = |name: &str| func(name, vec![sig(vec![], Type::None)]);
    let root = surface(
        "m",
        ["delete_", "delete", "then", "default", "toString", "describe", "Promise", "linalg", "\u{ff4d}ath", "delete"]
            .map(f)
            .into(),
    );
    let below = surface("m.linalg", ["norm", "then"].map(f).into());
    let deeper = surface("m.linalg.inner", vec![f("norm"), constant("eps", builtin("float"), None)]);
    let emitted = emit_parts(vec![part("", &root), part("linalg", &below), part("linalg.inner", &deeper)]);
    insta::assert_snapshot!(emitted.ts);
    insta::assert_debug_snapshot!(emitted.uncovered);
}

#[test]
fn integers_are_bigint_where_the_policy_says_so() {
    let policy = "[code-generation]\nintegers = { default = \"number\", \"m.factorial\" = \"bigint\" }\n";
    let parsed = tywrap_policy::Policy::parse(policy, std::path::Path::new("tywrap.toml"));
    let policy = parsed.unwrap().policy;
    let f = |name: &str| func(name, vec![sig(vec![arg("n", builtin("int"))], builtin("int"))]);
    let surface = surface("m", vec![f("comb"), f("factorial")]);
    let input = ModuleInput {
        module: "m",
        package: "p",
        policy_digest: POLICY,
        parts: vec![part("", &surface)],
        integers: &policy.code_generation().integers,
        rules: &ClassRules::new(&policy),
    };
    let emitted = emit(&input).unwrap();
    insta::assert_snapshot!(body(&emitted.dts));
    let granted = "path: \"factorial\", kind: Function, signatures: &[0], integers: I::Bigint";
    assert!(emitted.grants.contains(granted), "{}", emitted.grants);
}

#[test]
fn a_result_is_bound_to_numbers_only_where_its_type_says_so() {
    let list = |of: Type| class("builtins", "list", vec![of]);
    let results = [
        ("int", builtin("int"), "Number"),
        ("nested", class("builtins", "dict", vec![builtin("str"), list(builtin("int"))]), "Number"),
        ("either", Type::Union(vec![builtin("int"), builtin("str")]), "Number"),
        ("text", builtin("str"), "Either"),
        ("anything", Type::Any, "Either"),
        ("list", list(Type::Any), "Either"),
    ];
    let mut items: Vec<Item> =
        results.iter().map(|(name, ret, _)| func(name, vec![sig(Vec::new(), ret.clone())])).collect();
    items.push(constant("LIMIT", builtin("int"), None));
    items.push(constant("THING", Type::Any, None));
    let grants = emit_surface(&surface("m", items)).grants;
    let expected = results.iter().map(|(name, _, integers)| (*name, *integers));
    for (path, integers) in expected.chain([("LIMIT", "Number"), ("THING", "Either")]) {
        let line = grants.lines().find(|line| line.contains(&format!("path: \"{path}\""))).unwrap();
        assert!(line.contains(&format!("integers: I::{integers}, ")), "{line}");
    }
}

#[test]
fn the_digest_is_of_what_is_granted() {
    let f = |name: &str, ty: &str, ret: &str| {
        surface("m", vec![func(name, vec![sig(vec![arg("a", builtin(ty))], builtin(ret))])])
    };
    let digest = |surface: &Surface| emit_surface(surface).digest;
    let original = digest(&f("f", "int", "int"));
    let mut documented = f("f", "int", "int");
    documented.docs.insert("f".to_owned(), "Better documented.".to_owned());
    assert_eq!(original, digest(&documented));
    let text = digest(&f("f", "int", "str"));
    assert_eq!(text, digest(&f("f", "int", "bytes")), "what a call gives is not part of what is granted");
    assert_ne!(original, text, "but whether its integers are numbers is");
    assert_ne!(original, digest(&f("g", "int", "int")));
    assert_ne!(original, digest(&f("f", "str", "int")));
    assert_eq!(original.len(), 64);
}
