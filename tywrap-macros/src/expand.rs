//! The two expansions.

use std::path::Path;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use tywrap_contract::annotation::{Annotation, USAGE};
use tywrap_contract::package::FACADE;
use tywrap_policy::{Code, Diagnostic};

use crate::context::Context;
use crate::item::{Contents, Target};
use crate::judge::{self, Files};
use crate::watch::Watch;

/// `#[wrap(…)]`.
pub(crate) fn wrap(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let watch = Watch::default();
    let context = Context::read(&watch);
    let facade = facade(context.as_ref().ok());
    let (target, misplaced) = Target::parse(item.clone());
    let mut errors: Vec<syn::Error> = misplaced.into_iter().collect();
    let files = match (Annotation::parse(arguments), &context) {
        (Ok(annotation), Ok(context)) => {
            judge::judge(&annotation, context).map_err(|refusals| errors.extend(refusals)).ok()
        }
        (Ok(annotation), Err(diagnostic)) => {
            errors.push(judge::error(annotation.module.span(), diagnostic));
            None
        }
        (Err(error), _) => {
            errors.extend(error.into_iter().map(|error| {
                let diagnostic = Diagnostic::error(Code::AnnotationMalformed, error.to_string()).help(USAGE);
                judge::error(error.span(), &diagnostic)
            }));
            None
        }
    };
    let errors: TokenStream = errors.iter().map(syn::Error::to_compile_error).collect();
    let Some(target) = target else { return quote! { #errors #item } };
    let contents = match files.filter(|_| errors.is_empty()) {
        Some(files) => granted(&files, watch.items()),
        None => refused(&target, watch.items(), &facade),
    };
    let item = target.fill(&facade, &contents);
    quote! { #errors #item }
}

/// `policy!()`.
pub(crate) fn policy(input: TokenStream) -> TokenStream {
    let watch = Watch::default();
    let context = Context::read(&watch);
    let facade = facade(context.as_ref().ok());
    let result = match context {
        _ if !input.is_empty() => {
            let message = "`policy!()` takes no arguments: the policy is found where build.rs finds it";
            Err(vec![Diagnostic::error(Code::AnnotationMalformed, message)])
        }
        Ok(context) => context.ruling(),
        Err(diagnostic) => Err(vec![diagnostic]),
    };
    let (errors, shown, directory, digest, text) = match result {
        Ok(ruling) => {
            let text = include("include_str", &ruling.path);
            let directory = ruling.path.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
            (TokenStream::new(), ruling.shown, directory, ruling.policy.digest().to_owned(), text)
        }
        Err(diagnostics) => {
            let errors = judge::policy_errors(Span::call_site(), diagnostics);
            let errors = errors.iter().map(syn::Error::to_compile_error).map(|error| quote!(#error;)).collect();
            (errors, String::new(), String::new(), String::new(), quote!(""))
        }
    };
    let watch = watch.items();
    quote! {{
        #errors
        #watch
        #facade::CompiledPolicy { path: #shown, directory: #directory, digest: #digest, text: #text }
    }}
}

fn granted(files: &Files, watch: TokenStream) -> Contents {
    Contents {
        module: include("include", &files.grants),
        ts: include("include_str", &files.ts),
        js: include("include_str", &files.js),
        dts: include("include_str", &files.dts),
        watch,
    }
}

/// A module without grants, so that its uses elsewhere add no errors to the one that counts.
fn refused(target: &Target, watch: TokenStream, facade: &TokenStream) -> Contents {
    let name = target.name();
    Contents {
        module: quote!(#facade::__private::refused(#name)),
        ts: quote!(""),
        js: quote!(""),
        dts: quote!(""),
        watch,
    }
}

/// `include_str!("…")` and its like. The paths are Cargo's or this crate's own, which Cargo requires to be UTF-8.
fn include(macro_name: &str, path: &Path) -> TokenStream {
    let macro_name = Ident::new(macro_name, Span::call_site());
    let path = path.to_string_lossy();
    quote!(::core::#macro_name!(#path))
}

fn facade(context: Option<&Context<'_>>) -> TokenStream {
    let name = context.map_or_else(|| FACADE.to_owned(), Context::facade);
    let name = syn::parse_str::<Ident>(&name).unwrap_or_else(|_| Ident::new(FACADE, Span::call_site()));
    quote!(::#name)
}
