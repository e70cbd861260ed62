//! How an annotation reads: `#[wrap("numpy", only = ["mean", "linalg.norm"])]`.
//!
//! The macro and the build script parse the same tokens with the same code, so they cannot disagree about what was asked
//! for. Every literal keeps its span: a refusal underlines the very string that is wrong.

use std::collections::BTreeSet;
use std::fmt;

use proc_macro2::{Span, TokenStream};
use serde::{Deserialize, Serialize};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Lit, LitStr, Token, bracketed};

/// The arguments of one `#[wrap(…)]`.
pub struct Annotation {
    /// Dotted name of the Python module, as written. Not yet checked against any policy.
    pub module: LitStr,
    /// Which of its members are wanted.
    pub members: Members,
}

/// Which members of a module an annotation asks for.
pub enum Members {
    /// Everything the policy allows.
    All,
    /// These and no others; a dotted one lies in a submodule. Never empty, no two alike.
    Only(Vec<LitStr>),
    /// Everything but these. Never empty, no two alike.
    Except(Vec<LitStr>),
}

/// The annotation without its spans: the same for every way of writing the same wish. The manifest is keyed by its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Dotted name of the Python module, as written.
    pub module: String,
    /// Which of its members are wanted.
    pub selection: Selection,
}

/// [`Members`] without spans and order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Everything the policy allows.
    All,
    /// These and no others.
    Only(BTreeSet<String>),
    /// Everything but these.
    Except(BTreeSet<String>),
}

impl Annotation {
    /// Parses what stands between the parentheses of the attribute.
    ///
    /// # Errors
    /// Says what is wrong and how it should read, at the token that is wrong.
    pub fn parse(arguments: TokenStream) -> syn::Result<Self> {
        if arguments.is_empty() {
            return Err(syn::Error::new(Span::call_site(), "no Python module is named"));
        }
        syn::parse2(arguments)
    }

    /// The literals of `only` or `except`.
    pub fn named(&self) -> &[LitStr] {
        match &self.members {
            Members::All => &[],
            Members::Only(names) | Members::Except(names) => names,
        }
    }

    /// The annotation without its spans.
    pub fn wish(&self) -> Wish {
        let set = |names: &[LitStr]| names.iter().map(LitStr::value).collect();
        Wish {
            module: self.module.value(),
            selection: match &self.members {
                Members::All => Selection::All,
                Members::Only(names) => Selection::Only(set(names)),
                Members::Except(names) => Selection::Except(set(names)),
            },
        }
    }
}

impl fmt::Debug for Annotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wrap({})", self.wish())
    }
}

/// The key in the manifest. Names are quoted, so that no name can imitate another wish.
impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.module)?;
        match &self.selection {
            Selection::All => Ok(()),
            Selection::Only(names) => write!(f, ", only = {:?}", names.iter().collect::<Vec<_>>()),
            Selection::Except(names) => write!(f, ", except = {:?}", names.iter().collect::<Vec<_>>()),
        }
    }
}

/// How an annotation should read: the next step after any error about its arguments.
pub const USAGE: &str =
    r#"write `#[tywrap::wrap("numpy")]` or `#[tywrap::wrap("numpy", only = ["mean", "linalg.norm"])]`"#;

impl Parse for Annotation {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let module =
            string(input, "the first argument of `wrap` must be a string literal, the name of a Python module")?;
        let mut members: Option<(Ident, Members)> = None;
        while !input.is_empty() {
            input.parse::<Token![,]>().map_err(|error| syn::Error::new(error.span(), "expected `,`"))?;
            if input.is_empty() {
                break;
            }
            if !input.peek(Ident::peek_any) {
                return Err(input.error("expected `only = […]` or `except = […]`"));
            }
            let key = input.call(Ident::parse_any)?;
            let make = match key.to_string().as_str() {
                "only" => Members::Only,
                "except" => Members::Except,
                other => return Err(syn::Error::new(key.span(), unknown_argument(other))),
            };
            if let Some((first, _)) = &members {
                let message = if *first == key {
                    format!("`{key}` is given twice")
                } else {
                    "`only` and `except` exclude each other: `only` already leaves out everything it does not name"
                        .to_owned()
                };
                return Err(syn::Error::new(key.span(), message));
            }
            input.parse::<Token![=]>().map_err(|error| {
                syn::Error::new(error.span(), format!("expected `=` and a list of names after `{key}`"))
            })?;
            let names = names(input, &key)?;
            members = Some((key, make(names)));
        }
        Ok(Self { module, members: members.map_or(Members::All, |(_, members)| members) })
    }
}

fn names(input: ParseStream<'_>, key: &Ident) -> syn::Result<Vec<LitStr>> {
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(format!("expected a list of names after `{key} =`")));
    }
    let content;
    let bracket = bracketed!(content in input);
    let names: Vec<LitStr> =
        Punctuated::<Name, Token![,]>::parse_terminated(&content)?.into_iter().map(|name| name.0).collect();
    if names.is_empty() {
        let message = match key == "only" {
            true => "`only = []` asks for nothing; name the members to wrap, or leave `only` out to wrap all",
            false => "`except = []` says nothing; leave it out",
        };
        return Err(syn::Error::new(bracket.span.join(), message));
    }
    let mut seen = BTreeSet::new();
    for name in &names {
        if !seen.insert(name.value()) {
            return Err(syn::Error::new(name.span(), format!("`{}` is named twice in `{key}`", name.value())));
        }
    }
    Ok(names)
}

/// A member's name in a list.
struct Name(LitStr);

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        string(input, "a member must be named by a string literal").map(Self)
    }
}

/// A plain string literal. A constant or a `concat!` is refused: the build script reads source text and evaluates nothing.
fn string(input: ParseStream<'_>, expected: &str) -> syn::Result<LitStr> {
    let literal = match input.fork().parse::<Lit>() {
        Ok(_) => input.parse::<Lit>()?,
        Err(_) => return Err(input.error(expected)),
    };
    match literal {
        Lit::Str(text) if text.suffix().is_empty() => Ok(text),
        other => Err(syn::Error::new_spanned(other, expected)),
    }
}

fn unknown_argument(name: &str) -> String {
    let near = match name {
        "exclude" | "excepts" | "exept" | "skip" | "without" | "deny" => Some("except"),
        "include" | "members" | "names" | "just" | "onyl" | "allow" => Some("only"),
        _ => None,
    };
    match near {
        Some(near) => format!("`wrap` has no argument `{name}`; did you mean `{near}`?"),
        None => format!("`wrap` has no argument `{name}`; it takes `only` and `except`"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use super::*;

    fn parse(source: &str) -> syn::Result<Annotation> {
        Annotation::parse(source.parse().unwrap())
    }

    #[test]
    fn reads_every_form() {
        let cases = [
            (r#""numpy""#, r#""numpy""#),
            (r#""numpy","#, r#""numpy""#),
            (r##"r#"numpy"#"##, r#""numpy""#),
            (r#""numpy", only = ["mean", "linalg.norm"]"#, r#""numpy", only = ["linalg.norm", "mean"]"#),
            (r#""numpy", only = ["mean",],"#, r#""numpy", only = ["mean"]"#),
            (r#""numpy", except = ["load"]"#, r#""numpy", except = ["load"]"#),
        ];
        for (source, key) in cases {
            assert_eq!(parse(source).unwrap().wish().to_string(), key, "{source}");
        }
    }

    #[test]
    fn order_makes_no_difference_but_content_does() {
        let key = |source| parse(source).unwrap().wish().to_string();
        assert_eq!(key(r#""a", only = ["x", "y"]"#), key(r#""a", only = ["y", "x"]"#));
        assert_ne!(key(r#""a", only = ["x"]"#), key(r#""a", except = ["x"]"#));
        assert_ne!(key(r#""a", only = ["x", "y"]"#), key(r#""a", only = ["x\", \"y"]"#), "names cannot imitate a list");
    }

    #[test]
    fn says_what_is_wrong_with_every_other_form() {
        let cases = [
            ("", "no Python module is named"),
            ("numpy", "the first argument of `wrap` must be a string literal, the name of a Python module"),
            ("NAME", "a string literal"),
            (r#"concat!("a", "b")"#, "a string literal"),
            (r#"b"numpy""#, "a string literal"),
            (r#"c"numpy""#, "a string literal"),
            ("1", "a string literal"),
            (r#""numpy"x"#, "a string literal"),
            (r#"only = ["a"]"#, "the first argument of `wrap`"),
            (r#""numpy" only = ["a"]"#, "expected `,`"),
            (r#""numpy", "pandas""#, "expected `only = […]` or `except = […]`"),
            (r#""numpy", only"#, "expected `=`"),
            (r#""numpy", only = "mean""#, "expected a list of names"),
            (r#""numpy", only = ("mean")"#, "expected a list of names"),
            (r#""numpy", only("mean")"#, "expected `=`"),
            (r#""numpy", only = []"#, "asks for nothing"),
            (r#""numpy", except = []"#, "says nothing"),
            (r#""numpy", only = [mean]"#, "a member must be named by a string literal"),
            (r#""numpy", only = ["mean", 1]"#, "a member must be named by a string literal"),
            (r#""numpy", only = ["mean", "mean"]"#, "`mean` is named twice in `only`"),
            (r#""numpy", only = ["a"], only = ["b"]"#, "`only` is given twice"),
            (r#""numpy", only = ["a"], except = ["b"]"#, "exclude each other"),
            (r#""numpy", exclude = ["a"]"#, "did you mean `except`?"),
            (r#""numpy", include = ["a"]"#, "did you mean `only`?"),
            (r#""numpy", alias = "np""#, "has no argument `alias`"),
            (r#""numpy", for = "np""#, "has no argument `for`"),
        ];
        for (source, message) in cases {
            match parse(source) {
                Err(error) => assert!(error.to_string().contains(message), "{source}: {error}"),
                Ok(annotation) => panic!("{source} was read as {}", annotation.wish()),
            }
        }
    }

    #[test]
    fn the_span_is_that_of_the_wrong_literal() {
        let error = parse("\"numpy\", only = [\n  \"a\",\n  \"a\"\n]").unwrap_err();
        assert_eq!((error.span().start().line, error.span().start().column), (3, 2));
    }
}
