//! Files: the policy, the lock, the surfaces; and the arguments of an annotation.

use std::path::Path;

use tywrap_contract::annotation::Annotation;
use tywrap_contract::lock::Lock;
use tywrap_policy::{Policy, render};
use tywrap_surface::Surface;

use super::{fuzz, text};

/// A policy is read, or every problem has words and can be drawn.
#[test]
fn policy() {
    fuzz("policy", |bytes| {
        let text = text(bytes);
        let problems = match Policy::parse(&text, Path::new("tywrap.toml")) {
            Ok(parsed) => parsed.warnings,
            Err(problems) => {
                assert!(!problems.is_empty());
                problems
            }
        };
        for problem in problems {
            assert!(!problem.message.is_empty());
            let drawn = render(&problem, Some(&text));
            assert!(drawn.contains(problem.code.as_str()), "{drawn}");
        }
    });
}

/// A lock that is read is written as one that reads the same.
#[test]
fn lock() {
    let path = Path::new("tywrap.lock");
    fuzz("lock", |bytes| {
        if let Ok(lock) = Lock::parse(path, &text(bytes)) {
            assert_eq!(Lock::parse(path, &lock.to_toml().unwrap()).unwrap(), lock);
        }
    });
}

/// A surface that is read is written as one that reads the same, with the same digest.
#[test]
fn surface() {
    let path = Path::new(".tywrap/m.json");
    fuzz("surface", |bytes| {
        let text = text(bytes);
        if let Ok(surface) = Surface::from_json(&text, path) {
            let written = surface.to_json();
            let again = Surface::from_json(&written, path).unwrap_or_else(|error| panic!("{error}\n{written}"));
            assert_eq!((again.to_json(), again.digest()), (written, surface.digest()));
        }
        let _ = Surface::docs_from_json(&text, path);
    });
}

/// An annotation is read or refused, whatever tokens stand in it.
#[test]
fn annotation() {
    fuzz("annotation", |bytes| {
        if let Ok(tokens) = text(bytes).parse::<proc_macro2::TokenStream>()
            && let Err(error) = Annotation::parse(tokens)
        {
            assert!(!error.to_string().is_empty());
        }
    });
}
