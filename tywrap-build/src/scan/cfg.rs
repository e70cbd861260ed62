//! Whether `#[cfg(…)]` holds, as far as a build script can know.

use std::collections::BTreeMap;

use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitBool, LitStr, Token, parenthesized};

/// What is known of the configuration.
pub(crate) enum Cfg {
    /// Nothing: whatever could be compiled counts. For the lock, which serves every configuration.
    Any,
    /// What Cargo tells the build script.
    Given {
        /// `CARGO_CFG_*`, by the rest of the variable's name.
        values: BTreeMap<String, String>,
        /// `CARGO_FEATURE_*`, by the rest of the variable's name.
        features: Vec<String>,
    },
}

/// Three-valued, since a build script does not know everything: whether the crate is compiled as a test, and what later
/// `cargo::rustc-cfg` lines will say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Truth {
    No,
    Maybe,
    Yes,
}

impl Truth {
    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        self.min(other)
    }
}

/// What the target alone decides, so that an absent variable means no.
const OF_TARGET: &[&str] = &[
    "feature",
    "unix",
    "windows",
    "target_abi",
    "target_arch",
    "target_endian",
    "target_env",
    "target_family",
    "target_feature",
    "target_has_atomic",
    "target_os",
    "target_pointer_width",
    "target_vendor",
];

/// What Cargo states for the build script, but profile or target kind change for the crate.
const OF_COMPILATION: &[&str] =
    &["debug_assertions", "doc", "doctest", "miri", "overflow_checks", "panic", "proc_macro", "test"];

impl Cfg {
    /// Evaluates the predicate of a `#[cfg(…)]`. One that does not parse may hold; rustc reports it.
    pub(crate) fn holds(&self, predicate: &proc_macro2::TokenStream) -> Truth {
        syn::parse2::<Predicate>(predicate.clone()).map_or(Truth::Maybe, |predicate| self.evaluate(&predicate))
    }

    pub(crate) fn evaluate(&self, predicate: &Predicate) -> Truth {
        match predicate {
            Predicate::Constant(true) => Truth::Yes,
            Predicate::Constant(false) => Truth::No,
            Predicate::Not(inner) => match self.evaluate(inner) {
                Truth::No => Truth::Yes,
                Truth::Maybe => Truth::Maybe,
                Truth::Yes => Truth::No,
            },
            Predicate::All(inner) => inner.iter().map(|inner| self.evaluate(inner)).min().unwrap_or(Truth::Yes),
            Predicate::Any(inner) => inner.iter().map(|inner| self.evaluate(inner)).max().unwrap_or(Truth::No),
            Predicate::Option(name, value) => self.option(name, value.as_deref()),
        }
    }

    fn option(&self, name: &str, value: Option<&str>) -> Truth {
        let Self::Given { values, features } = self else { return Truth::Maybe };
        if OF_COMPILATION.contains(&name) {
            return Truth::Maybe;
        }
        let holds = match (name, value) {
            ("feature", Some(value)) => features.contains(&variable(value)),
            (_, Some(value)) => values.get(&variable(name)).is_some_and(|all| all.split(',').any(|one| one == value)),
            (_, None) => values.contains_key(&variable(name)),
        };
        match holds {
            true => Truth::Yes,
            false if OF_TARGET.contains(&name) => Truth::No,
            false => Truth::Maybe,
        }
    }
}

/// How Cargo spells a name in a variable.
fn variable(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// The predicate of a `#[cfg(…)]`.
pub(crate) enum Predicate {
    Constant(bool),
    Not(Box<Predicate>),
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Option(String, Option<String>),
}

impl Parse for Predicate {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitBool) {
            return Ok(Self::Constant(input.parse::<LitBool>()?.value));
        }
        let name = input.call(Ident::parse_any)?;
        if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            let inner: Vec<Self> = Punctuated::<Self, Token![,]>::parse_terminated(&content)?.into_iter().collect();
            return match (name.to_string().as_str(), inner.len()) {
                ("all", _) => Ok(Self::All(inner)),
                ("any", _) => Ok(Self::Any(inner)),
                ("not", 1) => Ok(inner.into_iter().next().map_or(Self::Constant(true), |one| Self::Not(Box::new(one)))),
                _ => Err(syn::Error::new(name.span(), "not a predicate")),
            };
        }
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse::<LitStr>()?.value())
        } else {
            None
        };
        Ok(Self::Option(name.to_string(), value))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn is_as_certain_as_a_build_script_can_be() {
        let values = [
            ("UNIX", ""),
            ("TARGET_OS", "linux"),
            ("TARGET_FEATURE", "sse,sse2"),
            ("MINE", "a"),
            ("DEBUG_ASSERTIONS", ""),
        ];
        let cfg = Cfg::Given {
            values: values.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            features: vec!["PY_THON".to_owned()],
        };
        for (predicate, expected) in [
            ("unix", Truth::Yes),
            ("windows", Truth::No),
            ("not(windows)", Truth::Yes),
            ("target_os = \"linux\"", Truth::Yes),
            ("target_os = \"macos\"", Truth::No),
            ("target_feature = \"sse2\"", Truth::Yes),
            ("target_feature = \"sse\"", Truth::Yes),
            ("target_feature = \"ss\"", Truth::No),
            ("feature = \"py-thon\"", Truth::Yes),
            ("feature = \"other\"", Truth::No),
            ("mine = \"a\"", Truth::Yes),
            ("mine = \"b\"", Truth::Maybe),
            ("test", Truth::Maybe),
            ("not(test)", Truth::Maybe),
            ("debug_assertions", Truth::Maybe),
            ("made_by_build_rs", Truth::Maybe),
            ("all()", Truth::Yes),
            ("any()", Truth::No),
            ("all(unix, test)", Truth::Maybe),
            ("all(windows, test)", Truth::No),
            ("any(unix, test)", Truth::Yes),
            ("any(windows, not(feature = \"py-thon\"))", Truth::No),
            ("true", Truth::Yes),
            ("false", Truth::No),
            ("all(unix, not(false),)", Truth::Yes),
            ("+", Truth::Maybe),
        ] {
            assert_eq!(cfg.holds(&predicate.parse().unwrap()), expected, "{predicate}");
        }
        assert_eq!(Cfg::Any.holds(&"windows".parse().unwrap()), Truth::Maybe);
        assert_eq!(Cfg::Any.holds(&"false".parse().unwrap()), Truth::No);
    }
}
