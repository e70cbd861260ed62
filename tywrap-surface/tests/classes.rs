//! What classes hold, and what they have from their bases.

#![cfg(feature = "analyze")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

use std::path::Path;

use tywrap_surface::Surface;
use tywrap_surface::analyze::{Analyzer, SearchPath, Target};
use tywrap_surface::model::{Class, Item, ParamKind, QName, Sig, Type};

fn fixture() -> Surface {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/venv/lib/python3.11/site-packages");
    let path = SearchPath::from_site_packages(vec![packages]);
    Analyzer::new(Target::linux((3, 11)), path).surface("classes").unwrap()
}

fn stdlib(module: &str) -> Surface {
    let path = SearchPath::from_site_packages(Vec::new());
    Analyzer::new(Target::linux((3, 11)), path).surface(module).unwrap()
}

fn class<'s>(surface: &'s Surface, module: &str, name: &str) -> &'s Class {
    surface.classes.get(&QName::new(module, name)).unwrap_or_else(|| panic!("{module}:{name} is not there"))
}

fn builtin(name: &str) -> Type {
    Type::Class(QName::new("builtins", name), Vec::new())
}

/// Parameters as `name`, `name=` if it may be omitted, and `*name` by keyword only.
fn params(sig: &Sig) -> Vec<String> {
    let text = |name: &str, kind, optional: bool| {
        let star = if kind == ParamKind::KwOnly { "*" } else { "" };
        format!("{star}{name}{}", if optional { "=" } else { "" })
    };
    sig.params.iter().map(|param| text(&param.name, param.kind, param.default.is_some())).collect()
}

fn method<'s>(surface: &'s Surface, class: &'s Class, name: &str) -> (QName, Vec<Sig>) {
    let member = surface.member(class, name).unwrap_or_else(|| panic!("{} has no {name}", class.def));
    match &*member.bound() {
        Item::Func(func) => (member.owner.def.clone(), func.sigs.clone()),
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn every_way_to_have_a_member() {
    let surface = fixture();
    insta::assert_snapshot!("classes.json", surface.to_json());
    insta::assert_snapshot!("classes.docs.json", surface.docs_to_json());
    assert_eq!(Surface::from_json(&surface.to_json(), Path::new("classes.json")).unwrap(), {
        let mut undocumented = surface;
        undocumented.docs.clear();
        undocumented
    });
}

#[test]
fn only_what_can_come_out_is_described() {
    let surface = fixture();
    for (name, described) in [
        ("Shape", true),
        ("Shape.Nested", true),
        // `Shape.draw` and `current` return them.
        ("_Canvas", true),
        ("_Weather", true),
        // Only a parameter of `Shape.draw` names it.
        ("_Given", false),
        // What a protocol asks for is listed all the same.
        ("_HasLength", false),
    ] {
        assert_eq!(class(&surface, "classes", name).is_described, described, "{name}");
    }
    assert!(class(&surface, "classes", "_Given").members.is_empty());
    assert_eq!(class(&surface, "classes", "_HasLength").members.len(), 1);
    let re = stdlib("re");
    assert!(class(&re, "re", "Match").is_described);
    // `finditer` returns one, and everybody knows what an iterator can do.
    assert!(!class(&re, "typing", "Iterator").is_described);
}

#[test]
fn inherited_members_have_the_arguments_of_the_heir() {
    let surface = fixture();
    let square = class(&surface, "classes", "Square");
    let (owner, sigs) = method(&surface, square, "draw");
    assert_eq!((owner.name.as_str(), sigs.len()), ("Square", 1));
    let (owner, sigs) = method(&surface, square, "__radd__");
    let shape_of_int = Type::Class(QName::new("classes", "Shape"), vec![builtin("int")]);
    assert_eq!((owner.name.as_str(), &sigs[0].params[0].ty, &sigs[0].ret), ("Shape", &shape_of_int, &shape_of_int));
    let scale = surface.contents(square).props.into_iter().find(|prop| prop.stated.name == "scale").unwrap();
    assert_eq!(scale.bound().ty, builtin("int"));
    assert_eq!(scale.bound().setter, Some(Type::union(vec![builtin("int"), Type::None])));
    assert_eq!(method(&surface, square, "__enter__").1[0].ret, Type::SelfType);

    let pair = class(&surface, "classes", "Pair");
    assert_eq!(method(&surface, pair, "all").1[0].ret, Type::Tuple(vec![builtin("int"), builtin("str")]));
    let (_, call) = method(&surface, pair, "__call__");
    let types: Vec<&Type> = call[0].params.iter().map(|param| &param.ty).collect();
    assert_eq!((types, &call[0].ret), (vec![&builtin("int"), &builtin("str")], &builtin("bool")));
}

#[test]
fn constructors_are_those_of_python() {
    let surface = fixture();
    let made = |name: &str| -> Vec<Vec<String>> {
        surface.constructors(class(&surface, "classes", name)).iter().map(params).collect()
    };
    for (name, expected) in [
        ("Square", vec![vec!["of", "*label="]]),
        ("Made", vec![vec!["text"]]),
        ("Point", vec![vec!["x", "y="]]),
        ("Plain", vec![vec!["left", "right"]]),
        ("Frozen", vec![vec!["name", "size=", "parts=", "seed=", "*strict="]]),
        ("Undecorated", vec![vec!["name", "size=", "parts=", "seed=", "*strict="]]),
        ("Own", vec![vec!["text"]]),
        ("User", vec![vec!["*name", "*age="]]),
        ("Model", vec![vec!["data"]]),
        ("_Weather", vec![]),
    ] {
        assert_eq!(made(name), expected, "{name}");
    }
    let stack = surface.constructors(class(&surface, "classes", "Stack"));
    let stack_of_int = Type::Class(QName::new("classes", "Stack"), vec![builtin("int")]);
    assert_eq!(stack.iter().map(|sig| &sig.ret).collect::<Vec<_>>(), [&stack_of_int, &Type::SelfType]);

    let datetime = stdlib("datetime");
    let sigs = datetime.constructors(class(&datetime, "datetime", "datetime"));
    assert_eq!(sigs.iter().map(params).next().unwrap()[..4], ["year", "month", "day", "hour="]);
}

#[test]
fn versions_and_platforms_decide_members() {
    let surface = fixture();
    let shape = class(&surface, "classes", "Shape");
    let names: Vec<&str> = shape.members.iter().map(Item::name).collect();
    assert!(names.contains(&"since_3_11"));
    for name in ["until_3_10", "on_windows", "only_for_checkers", "_private"] {
        assert!(!names.contains(&name), "{name}");
    }
    let omitted = surface.omitted.iter().find(|omitted| omitted.name == "Shape.only_for_checkers").unwrap();
    assert_eq!(omitted.reason, "it exists for type checkers only");
}

#[test]
fn members_of_the_standard_library() {
    let collections = stdlib("collections");
    let counter = class(&collections, "collections", "Counter");
    let (owner, sigs) = method(&collections, counter, "items");
    assert_eq!((owner.to_string().as_str(), sigs.len()), ("builtins:dict", 1));
    let int = builtin("int");
    assert!(matches!(&sigs[0].ret, Type::Class(_, args) if args == &[Type::Var("_T".to_owned()), int.clone()]));
    // Nothing is named twice, and what `object` has is nobody's news.
    let members = collections.contents(counter).members;
    let mut names: Vec<&str> = members.iter().map(|member| member.stated.name()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(!names.contains(&"__reduce__"));

    let enums = stdlib("enum");
    let flag = class(&enums, "enum", "Flag");
    let props: Vec<String> = enums.contents(flag).props.iter().map(|prop| prop.stated.name.clone()).collect();
    assert!(props.contains(&"name".to_owned()) && props.contains(&"value".to_owned()), "{props:?}");
}
