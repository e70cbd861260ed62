//! The surface file: what is written reads back as it was, and what is damaged says where.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use tywrap_surface::model::{
    Alias, Bind, CallableParam, Class, ClassKind, Const, DefaultValue, Field, Func, Item, Literal, Omitted, Param,
    ParamKind, Prop, QName, Sig, Surface, Type, TypeParam, TypeParamKind, Via,
};

fn word() -> impl Strategy<Value = String> {
    // Words of the syntax are good names too.
    prop_oneof![
        "[A-Za-z_][A-Za-z0-9_]{0,6}",
        prop::sample::select(vec![
            "optional", "keyword", "on", "of", "set", "def", "b", "tuple", "Float", "größe", "名"
        ])
        .prop_map(str::to_owned),
    ]
}

fn dotted() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..3).prop_map(|parts| parts.join("."))
}

fn qname() -> impl Strategy<Value = QName> {
    (dotted(), dotted()).prop_map(|(module, name)| QName::new(module, name))
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::None),
        any::<bool>().prop_map(Literal::Bool),
        any::<i128>().prop_map(|int| Literal::Int(int.to_string())),
        prop::sample::select(vec!["1.5", "-0.0", "1e+16", "1.5e-07", "inf", "-inf", "nan"])
            .prop_map(|text| Literal::Float(text.to_owned())),
        any::<String>().prop_map(Literal::Str),
        prop::collection::vec(any::<u8>(), 0..6).prop_map(Literal::Bytes),
        (qname(), word()).prop_map(|(class, member)| Literal::Enum(class, member)),
    ]
}

fn kinds() -> impl Strategy<Value = ParamKind> {
    prop::sample::select(vec![
        ParamKind::PosOnly,
        ParamKind::PosOrKw,
        ParamKind::VarPos,
        ParamKind::KwOnly,
        ParamKind::VarKw,
    ])
}

fn ty() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::Any),
        Just(Type::Never),
        Just(Type::None),
        Just(Type::SelfType),
        any::<String>().prop_map(Type::Unknown),
        literal().prop_map(Type::Lit),
        word().prop_map(Type::Var),
        qname().prop_map(|name| Type::Class(name, Vec::new())),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let some = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Type::Union),
            some.clone().prop_map(Type::Tuple),
            (qname(), some.clone()).prop_map(|(name, args)| Type::Class(name, args)),
            (qname(), some).prop_map(|(name, args)| Type::Alias(name, args)),
            boxed.clone().prop_map(Type::TupleOf),
            boxed.clone().prop_map(Type::TypeOf),
            boxed.clone().prop_map(Type::Guard),
            // Python has no `**T` among types, so nothing is unpacked twice.
            boxed.clone().prop_filter("unpacked twice", |ty| !matches!(**ty, Type::Unpack(_))).prop_map(Type::Unpack),
            (qname(), boxed.clone()).prop_map(|(name, ty)| Type::NewType(name, ty)),
            (boxed.clone(), boxed.clone()).prop_map(|(params, ret)| Type::Callable(params, ret)),
            (boxed, prop::collection::vec(any::<String>(), 0..3)).prop_map(|(ty, notes)| Type::Annotated(ty, notes)),
            prop::collection::vec((kinds(), prop::option::of(word()), inner, any::<bool>()), 0..5).prop_map(|params| {
                let mut params: Vec<_> = params
                    .into_iter()
                    .map(|(kind, name, ty, optional)| CallableParam { name, kind, ty, optional })
                    .collect();
                params.sort_by_key(|param| param.kind);
                Type::ParamList(params)
            }),
        ]
    })
}

fn var() -> impl Strategy<Value = TypeParam> {
    let kind =
        prop::sample::select(vec![TypeParamKind::TypeVar, TypeParamKind::ParamSpec, TypeParamKind::TypeVarTuple]);
    (word(), kind, prop::option::of(ty()), prop::collection::vec(ty(), 0..3), prop::option::of(ty()))
        .prop_map(|(name, kind, bound, constraints, default)| TypeParam { name, kind, bound, constraints, default })
}

fn param() -> impl Strategy<Value = Param> {
    let default = prop_oneof![
        Just(DefaultValue::Elided),
        literal().prop_map(DefaultValue::Lit),
        any::<String>().prop_map(DefaultValue::Source),
    ];
    (word(), kinds(), ty(), prop::option::of(default)).prop_map(|(name, kind, ty, default)| Param {
        name,
        kind,
        ty,
        default,
    })
}

fn sig() -> impl Strategy<Value = Sig> {
    (
        prop::collection::vec(var(), 0..2),
        prop::option::of(ty()),
        prop::collection::vec(param(), 0..4),
        ty(),
        any::<bool>(),
        prop::option::of(any::<String>()),
    )
        .prop_map(|(vars, this, mut params, ret, is_async, deprecated)| {
            params.sort_by_key(|param| param.kind);
            Sig { vars, this, params, ret, is_async, deprecated }
        })
}

fn item() -> impl Strategy<Value = Item> {
    let bind = prop::sample::select(vec![Bind::Free, Bind::Instance, Bind::Class, Bind::Static]);
    let via = prop::sample::select(vec![Via::Def, Via::Call, Via::BoundMethod, Via::Synthesised]);
    let decorators = prop::collection::vec(any::<String>(), 0..2);
    prop_oneof![
        (word(), qname(), bind, via, prop::collection::vec(sig(), 1..3), decorators, any::<bool>()).prop_map(
            |(name, def, bind, via, sigs, decorators, is_abstract)| Item::Func(Func {
                name,
                def,
                bind,
                via,
                sigs,
                decorators,
                is_abstract
            })
        ),
        (word(), qname()).prop_map(|(name, def)| Item::Class { name, def }),
        (word(), qname()).prop_map(|(name, def)| Item::Alias { name, def }),
        (word(), dotted()).prop_map(|(name, module)| Item::Module { name, module }),
        (word(), qname(), ty(), prop::option::of(literal())).prop_map(|(name, def, ty, value)| Item::Const(Const {
            name,
            def,
            ty,
            value
        })),
        var().prop_map(Item::TypeVar),
    ]
}

fn class() -> impl Strategy<Value = Class> {
    let kind = prop::sample::select(vec![
        ClassKind::Plain,
        ClassKind::Enum,
        ClassKind::Dataclass,
        ClassKind::NamedTuple,
        ClassKind::TypedDict,
        ClassKind::Protocol,
    ]);
    let prop = (word(), ty(), prop::option::of(ty())).prop_map(|(name, ty, setter)| Prop { name, ty, setter });
    let field = (prop_oneof![word(), any::<String>()], ty(), any::<bool>(), any::<bool>(), prop::option::of(literal()))
        .prop_map(|(name, ty, required, kw_only, value)| Field { name, ty, required, kw_only, value });
    (
        qname(),
        kind,
        prop::collection::vec(var(), 0..2),
        prop::collection::vec(ty(), 0..2),
        prop::collection::vec(item(), 0..2),
        prop::collection::vec(prop, 0..2),
        prop::collection::vec(field, 0..3),
        any::<(bool, bool, bool)>(),
    )
        .prop_map(|(def, kind, vars, bases, members, props, fields, (is_described, is_abstract, is_final))| {
            Class {
                def,
                kind,
                vars,
                mro: bases.clone(),
                bases,
                is_described,
                members,
                props,
                fields,
                is_abstract,
                is_final,
            }
        })
}

fn surface() -> impl Strategy<Value = Surface> {
    let aliases = prop::collection::btree_map(
        qname(),
        (prop::collection::vec(var(), 0..2), ty()).prop_map(|(vars, ty)| Alias { vars, ty }),
        0..3,
    );
    let omitted = (word(), any::<String>()).prop_map(|(name, reason)| Omitted { name, reason });
    (
        dotted(),
        prop::collection::vec(item(), 0..5),
        aliases,
        prop::collection::vec(class(), 0..3),
        prop::collection::vec(omitted, 0..3),
    )
        .prop_map(|(module, items, aliases, classes, omitted)| Surface {
            module,
            items,
            aliases,
            classes: classes.into_iter().map(|class| (class.def.clone(), class)).collect(),
            docs: BTreeMap::new(),
            omitted,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_surface_reads_back_as_it_was(surface in surface()) {
        let text = surface.to_json();
        let read = Surface::from_json(&text, Path::new("m.json")).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&read, &surface, "{}", text);
        prop_assert_eq!(read.to_json(), text);
    }

    #[test]
    fn docs_read_back_as_they_were(docs in prop::collection::btree_map(word(), any::<String>(), 0..4)) {
        let surface = Surface { module: "m".to_owned(), docs, ..Surface::default() };
        let read = Surface::docs_from_json(&surface.docs_to_json(), Path::new("m.docs.json")).unwrap();
        prop_assert_eq!(read, surface.docs);
    }

    #[test]
    fn a_cut_or_changed_file_is_an_error_and_no_panic(surface in surface(), at in any::<prop::sample::Index>(), byte in any::<char>()) {
        let text = surface.to_json();
        let at = text.char_indices().map(|(at, _)| at).nth(at.index(text.chars().count())).unwrap();
        // Without its last line break the file is still whole.
        if at + 1 < text.len() {
            prop_assert!(Surface::from_json(&text[..at], Path::new("m.json")).is_err());
        }
        let mut changed = text[..at].to_owned();
        changed.push(byte);
        changed.push_str(&text[at..]);
        let _ = Surface::from_json(&changed, Path::new("m.json"));
    }
}

const WHOLE: &str = r#"{
"format": 2,
"module": "math",
"names": {
"float": "class builtins:float"
},
"items": [
{"func": "sqrt", "def": "math:sqrt", "sig": "def sqrt(x: float, /) -> float"},
{"const": "pi: float", "def": "math:pi"}
],
"aliases": {
},
"classes": {
},
"omitted": [
]
}
"#;

#[test]
fn errors_name_file_line_and_next_step() {
    assert!(Surface::from_json(WHOLE, Path::new("m.json")).is_ok(), "the unharmed file is the control");
    let deep = format!("{}float{}", "tuple[".repeat(100_000), "]".repeat(100_000));
    let cases: Vec<(&str, String, &str)> = vec![
        ("cut off", WHOLE[..WHOLE.find(") -> float").unwrap()].to_owned(), ".tywrap/m.json:8: the file is cut off"),
        ("empty", String::new(), "the file is cut off"),
        ("not JSON", WHOLE.replace("{\"const", "x{\"const"), ".tywrap/m.json:9: expected"),
        (
            "unknown key",
            WHOLE.replace("\"def\": \"math:pi\"", "\"fed\": \"math:pi\""),
            ".tywrap/m.json:9: unknown field `fed`",
        ),
        (
            "unknown name",
            WHOLE.replace("-> float\"", "-> flaot\""),
            ".tywrap/m.json:8: this is not a surface as `cargo tywrap lock` writes it: `flaot` is not in `names`",
        ),
        ("bad type", WHOLE.replace("pi: float", "pi: float |"), ".tywrap/m.json:9: "),
        ("two names", WHOLE.replace("def sqrt", "def sqr"), ".tywrap/m.json:8: "),
        (
            "repeated name",
            WHOLE.replace(
                "\"float\": \"class builtins:float\"",
                "\"float\": \"class builtins:float\",\n\"float\": \"class os:float\"",
            ),
            ".tywrap/m.json:5: ",
        ),
        (
            "no name",
            WHOLE.replace("class builtins:float", "class builtins:float | int"),
            ".tywrap/m.json:5: this is not a surface as `cargo tywrap lock` writes it: expected a kind and a place",
        ),
        (
            "no short name",
            WHOLE.replace("\"float\": \"class", "\"float[\": \"class"),
            ".tywrap/m.json:5: this is not a surface as `cargo tywrap lock` writes it: expected a name, or names joined",
        ),
        ("deep", WHOLE.replace("pi: float", &format!("pi: {deep}")), ".tywrap/m.json:9: "),
        (
            "newer",
            WHOLE.replace("\"format\": 2", "\"format\": 3").replace("\"names\"", "\"future\""),
            "update `tywrap` and `tywrap-build`",
        ),
        ("older", WHOLE.replace("\"format\": 2", "\"format\": 1"), "update `cargo-tywrap`"),
    ];
    for (case, text, expected) in cases {
        let error = Surface::from_json(&text, Path::new(".tywrap/m.json")).unwrap_err().to_string();
        assert!(error.contains(expected), "{case}: {error}");
        assert!(error.contains("cargo tywrap lock") || error.contains("update"), "{case} names no next step: {error}");
    }
}

#[test]
fn nothing_hides_from_a_reviewer() {
    let hidden = "a\u{202e}b\u{200b}c\u{e0041}d\u{feff}\r\u{0}";
    let surface = Surface {
        module: "m".to_owned(),
        items: vec![Item::Const(Const {
            name: "x".to_owned(),
            def: QName::new("m", "x"),
            ty: Type::Lit(Literal::Str(hidden.to_owned())),
            value: None,
        })],
        docs: BTreeMap::from([("x".to_owned(), hidden.to_owned())]),
        ..Surface::default()
    };
    for text in [surface.to_json(), surface.docs_to_json()] {
        assert!(!text.contains(['\u{202e}', '\u{200b}', '\u{e0041}', '\u{feff}', '\r', '\u{0}']), "{text:?}");
    }
    assert_eq!(Surface::from_json(&surface.to_json(), Path::new("m.json")).unwrap().items, surface.items);
}
