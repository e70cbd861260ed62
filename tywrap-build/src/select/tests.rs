#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;

use tywrap_surface::model::{Bind, Const, DefaultValue, Literal, Omitted, Param, Type, Via};

use super::*;

struct Fixed(Vec<Arc<Surface>>);

impl Surfaces for Fixed {
    fn surface(&mut self, module: &str) -> Result<Arc<Surface>, Diagnostic> {
        self.0.iter().find(|surface| surface.module == module).cloned().ok_or_else(|| not_found(module))
    }
}

fn param(name: &str, kind: ParamKind, optional: bool) -> Param {
    let default = optional.then_some(DefaultValue::Lit(Literal::None));
    Param { name: name.to_owned(), kind, ty: Type::Any, default }
}

fn sig(params: Vec<Param>) -> Sig {
    Sig { vars: Vec::new(), this: None, params, ret: Type::Any, is_async: false, deprecated: None }
}

fn func(name: &str, def: QName, sigs: Vec<Sig>) -> Item {
    Item::Func(Func {
        name: name.to_owned(),
        def,
        bind: Bind::Free,
        via: Via::Def,
        sigs,
        decorators: Vec::new(),
        is_abstract: false,
    })
}

fn plain(module: &str, name: &str) -> Item {
    func(name, QName::new(module, name), vec![sig(Vec::new())])
}

fn submodule(name: &str, module: &str) -> Item {
    Item::Module { name: name.to_owned(), module: module.to_owned() }
}

fn surface(module: &str, items: Vec<Item>) -> Arc<Surface> {
    Arc::new(Surface { module: module.to_owned(), items, ..Surface::default() })
}

fn policy(text: &str) -> Policy {
    Policy::parse(text, Path::new("tywrap.toml")).unwrap().policy
}

fn wish(module: &str, selection: Selection) -> Wish {
    Wish { module: module.to_owned(), selection }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// `prefix.name` of everything selected.
fn paths(selected: &Selected) -> Vec<String> {
    let path = |prefix: &str, item: &Item| match prefix {
        "" => name(item).to_owned(),
        prefix => format!("{prefix}.{}", name(item)),
    };
    let parts = selected.parts.iter();
    parts.flat_map(|(prefix, part)| part.items().map(|item| path(prefix, &item)).collect::<Vec<_>>()).collect()
}

fn numpy() -> Fixed {
    let pi = Item::Const(Const { name: "pi".to_owned(), def: QName::new("numpy", "pi"), ty: Type::Any, value: None });
    let class = Item::Class { name: "ndarray".to_owned(), def: QName::new("numpy", "ndarray") };
    let load = vec![
        param("file", ParamKind::PosOrKw, false),
        param("mmap_mode", ParamKind::PosOrKw, true),
        param("allow_pickle", ParamKind::PosOrKw, true),
        param("fix_imports", ParamKind::PosOrKw, true),
        param("encoding", ParamKind::KwOnly, true),
    ];
    let mut base = Surface {
        module: "numpy".to_owned(),
        items: vec![
            plain("numpy._core", "mean"),
            plain("numpy", "_private"),
            plain("numpy", "__dir__"),
            pi,
            class,
            submodule("linalg", "numpy.linalg"),
            submodule("os", "os"),
            func("run", QName::new("os", "system"), vec![sig(Vec::new())]),
            func("fork", QName::new("posix", "fork"), vec![sig(Vec::new())]),
            func("loads", QName::new("_pickle", "loads"), vec![sig(Vec::new())]),
            func("load", QName::new("numpy.lib", "load"), vec![sig(load)]),
        ],
        ..Surface::default()
    };
    base.omitted.push(Omitted { name: "ctypeslib".to_owned(), reason: "it is made at run time".to_owned() });
    let hidden = surface("numpy.hidden", vec![plain("numpy.hidden", "deep")]);
    Fixed(vec![Arc::new(base), surface("numpy.linalg", vec![plain("numpy.linalg", "norm")]), hidden])
}

fn refusals(selection: Selection) -> Vec<Refusal> {
    select(&policy(""), &wish("numpy", selection), &mut numpy()).unwrap_err()
}

#[test]
fn everything_means_public_members_that_the_policy_grants() {
    let selected = select(&policy(""), &wish("numpy", Selection::All), &mut numpy()).unwrap();
    assert_eq!(paths(&selected), ["mean", "pi", "ndarray", "load"]);
    let names: Vec<&str> = selected.left_out.iter().map(|left| left.name.as_str()).collect();
    assert_eq!(
        names,
        ["run", "fork", "loads", "load(allow_pickle)"],
        "re-exports from blocked modules are named, private names are not"
    );
    assert!(selected.left_out[0].reason.contains("`os`"), "{}", selected.left_out[0].reason);
    assert!(selected.left_out[0].reason.contains("blocked-modules"), "{}", selected.left_out[0].reason);
}

#[test]
fn except_leaves_out_and_must_name_what_is_there() {
    let selected =
        select(&policy(""), &wish("numpy", Selection::Except(set(&["mean", "load"]))), &mut numpy()).unwrap();
    assert_eq!(paths(&selected), ["pi", "ndarray"]);
    let refused = refusals(Selection::Except(set(&["meen", "pi"])));
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].member.as_deref(), Some("meen"));
    assert!(refused[0].text().contains("did you mean `mean`?"), "{}", refused[0].text());
}

#[test]
fn only_reaches_into_allowed_submodules() {
    let only = Selection::Only(set(&["mean", "linalg.norm", "hidden.deep"]));
    let selected = select(&policy(""), &wish("numpy", only), &mut numpy()).unwrap();
    assert_eq!(paths(&selected), ["mean", "hidden.deep", "linalg.norm"]);
    assert_eq!(selected.parts["linalg"].surface.module, "numpy.linalg");

    let strict = policy("[module-whitelist]\nallowed-modules = [\"numpy\"]");
    let only = Selection::Only(set(&["linalg.norm"]));
    let refused = select(&strict, &wish("numpy", only), &mut numpy()).unwrap_err();
    assert_eq!((refused[0].member.as_deref(), refused[0].code.as_str()), (Some("linalg.norm"), "module-not-allowed"));
}

#[test]
fn every_wrong_entry_of_only_is_reported() {
    let cases = [
        ("meen", "member-unknown"),
        ("linalg", "member-unknown"),
        ("linalg.nrom", "member-unknown"),
        ("nothing.at.all", "member-unknown"),
        ("mean.inner", "member-unknown"),
        ("", "member-unknown"),
        ("ndarray.mean", "member-not-covered"),
        ("ctypeslib", "member-not-covered"),
        ("_private", "member-malformed"),
        ("os.system", "module-blocked"),
        ("run", "member-blocked"),
        ("fork", "member-blocked"),
    ];
    let names: Vec<&str> = cases.iter().map(|(name, _)| *name).collect();
    let refused = refusals(Selection::Only(set(&names)));
    assert_eq!(refused.len(), cases.len());
    for (name, code) in cases {
        let refusal = refused.iter().find(|refusal| refusal.member.as_deref() == Some(name)).unwrap();
        assert_eq!(refusal.code, code, "{name}: {}", refusal.text());
    }
}

#[test]
fn no_argument_reaches_a_blocked_parameter() {
    use ParamKind::{KwOnly, PosOnly, PosOrKw, VarKw, VarPos};
    let shown = |params: Vec<Param>| {
        let sig = without(&sig(params), &["bad"])?;
        Some(sig.params.iter().map(|param| format!("{:?} {}", param.kind, param.name)).collect::<Vec<_>>().join(", "))
    };
    let cases: [(Vec<Param>, Option<&str>); 10] = [
        (vec![param("a", PosOrKw, false), param("bad", KwOnly, true)], Some("PosOrKw a")),
        (vec![param("bad", PosOrKw, false)], None),
        (vec![param("bad", KwOnly, false)], None),
        // What stood behind it would move into its place.
        (
            vec![param("a", PosOrKw, false), param("bad", PosOrKw, true), param("b", PosOrKw, true)],
            Some("PosOrKw a, KwOnly b"),
        ),
        (vec![param("bad", PosOnly, true), param("b", PosOnly, true), param("c", KwOnly, true)], Some("KwOnly c")),
        (vec![param("bad", PosOnly, true), param("b", PosOnly, false)], None),
        (vec![param("bad", PosOrKw, true), param("rest", VarPos, false)], Some("")),
        // It may hide in what takes anything.
        (vec![param("a", PosOrKw, false), param("bad", KwOnly, true), param("kw", VarKw, false)], Some("PosOrKw a")),
        (vec![param("a", PosOrKw, false), param("rest", VarPos, false), param("kw", VarKw, false)], Some("PosOrKw a")),
        (vec![param("rest", VarPos, false), param("bad", KwOnly, true)], Some("VarPos rest")),
    ];
    for (params, expected) in cases {
        let label = format!("{params:?}");
        assert_eq!(shown(params).as_deref(), expected, "{label}");
    }
}

#[test]
fn numpy_load_loses_allow_pickle_and_nothing_else() {
    let selected = select(&policy(""), &wish("numpy", Selection::Only(set(&["load"]))), &mut numpy()).unwrap();
    let item = selected.parts[""].items().next().unwrap().into_owned();
    let Item::Func(func) = item else { panic!("not a function") };
    let params: Vec<String> =
        func.sigs[0].params.iter().map(|param| format!("{} {:?}", param.name, param.kind)).collect();
    assert_eq!(params, ["file PosOrKw", "mmap_mode PosOrKw", "fix_imports KwOnly", "encoding KwOnly"]);
}

#[test]
fn a_blocked_member_is_blocked_under_its_definition_too() {
    let items = vec![func("harmless", QName::new("pandas", "read_pickle"), vec![sig(Vec::new())])];
    let mut surfaces = Fixed(vec![surface("pandas.io", items)]);
    let selected = select(&policy(""), &wish("pandas.io", Selection::All), &mut surfaces).unwrap();
    assert!(paths(&selected).is_empty());
    assert_eq!(selected.left_out[0].name, "harmless");
}

#[test]
fn the_lock_needs_every_module_that_is_walked_to() {
    let mut fixed = numpy();
    let mut find = |module: &str| fixed.surface(module).ok();
    let only = wish("numpy", Selection::Only(set(&["mean", "linalg.norm", "nothing.at.all"])));
    assert_eq!(modules_of(&only, &mut find), set(&["numpy", "numpy.linalg"]));
    assert_eq!(modules_of(&wish("numpy", Selection::All), &mut find), set(&["numpy"]));
}

#[test]
fn the_fingerprint_tells_selections_apart() {
    let fingerprint = |selection| select(&policy(""), &wish("numpy", selection), &mut numpy()).unwrap().fingerprint();
    assert_eq!(fingerprint(Selection::All), fingerprint(Selection::All));
    assert_ne!(fingerprint(Selection::All), fingerprint(Selection::Except(set(&["mean"]))));
    let entries = ["numpy.load(allow_pickle)", "numpy.*.load(allow_pickle)"];
    let entries = entries.map(|name| format!("{{ name = \"{name}\", reason = \"ours\" }}")).join(", ");
    let unblocked = policy(&format!("[module-whitelist]\nunblock = [{entries}]"));
    let all = select(&unblocked, &wish("numpy", Selection::All), &mut numpy()).unwrap();
    assert_ne!(all.fingerprint(), fingerprint(Selection::All), "a parameter more is another selection");
}
