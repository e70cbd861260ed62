//! What `#[wrap]` stands on.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use syn::{AttrStyle, Attribute, Fields, Ident, Item, Visibility};
use tywrap_policy::{Code, Diagnostic};

use crate::judge;

/// The item to fill.
pub(crate) enum Target {
    /// An inline module.
    Module {
        attributes: Vec<Attribute>,
        visibility: Visibility,
        name: Ident,
        /// What stands in it already. Nothing should.
        body: Vec<Item>,
    },
    /// A unit struct.
    Unit {
        /// The struct as it was written.
        item: Box<syn::ItemStruct>,
    },
}

/// What the item gets.
pub(crate) struct Contents {
    /// An expression of type `Module`.
    pub(crate) module: TokenStream,
    /// Expressions of type `&str`.
    pub(crate) ts: TokenStream,
    pub(crate) js: TokenStream,
    pub(crate) dts: TokenStream,
    /// Items for Cargo's eyes.
    pub(crate) watch: TokenStream,
}

fn body_not_empty() -> Diagnostic {
    let message = "the module under `wrap` must be empty: its contents come from Python";
    Diagnostic::error(Code::BodyNotEmpty, message).help("put the other items into a module of their own")
}

impl Target {
    /// Takes an item apart. The target is there even if there is an error about it, where something can be filled.
    pub(crate) fn parse(item: TokenStream) -> (Option<Self>, Option<syn::Error>) {
        const WRITE: &str = "write `mod math {}` or `struct Math;` below the annotation";
        let misplaced = |span, message: &str| {
            Some(judge::error(span, &Diagnostic::error(Code::AnnotationMisplaced, message).help(WRITE)))
        };
        match syn::parse2::<Item>(item) {
            Ok(Item::Mod(item)) => {
                let body = item.content.map(|(_, body)| body);
                let error = match &body {
                    None => misplaced(item.ident.span(), "`wrap` fills an inline module, not a file"),
                    Some(body) => body.first().map(|first| judge::error(first.span(), &body_not_empty())),
                };
                let (attributes, visibility, name) = (item.attrs, item.vis, item.ident);
                (Some(Self::Module { attributes, visibility, name, body: body.unwrap_or_default() }), error)
            }
            Ok(Item::Struct(item)) if matches!(item.fields, Fields::Unit) && item.generics.params.is_empty() => {
                (Some(Self::Unit { item: Box::new(item) }), None)
            }
            Ok(Item::Struct(item)) => {
                (None, misplaced(item.ident.span(), "`wrap` stands on a unit struct without fields"))
            }
            Ok(other) => {
                (None, misplaced(other.span(), "`wrap` stands on an empty module or a unit struct, on nothing else"))
            }
            Err(error) => (None, Some(error)),
        }
    }

    /// The item with its contents; `facade` is the path of the façade crate.
    pub(crate) fn fill(&self, facade: &TokenStream, contents: &Contents) -> TokenStream {
        let Contents { module, ts, js, dts, watch } = contents;
        let consts = quote! {
            #[doc = "The emitted TypeScript source."]
            pub const TS: &'static str = #ts;
            #[doc = "The emitted JavaScript source."]
            pub const JS: &'static str = #js;
            #[doc = "The emitted TypeScript declarations."]
            pub const DTS: &'static str = #dts;
        };
        // The unnamed constant uses each item once: whoever needs only `MODULE` gets no warning about the others.
        match self {
            Self::Module { attributes, visibility, name, body } => {
                let (outer, inner): (Vec<_>, Vec<_>) =
                    attributes.iter().partition(|attribute| matches!(attribute.style, AttrStyle::Outer));
                quote! {
                    #(#outer)*
                    #visibility mod #name {
                        #(#inner)*
                        #[doc = "The grants: what the host lets a caller reach."]
                        pub static MODULE: #facade::Module = #module;
                        #consts
                        const _: (&#facade::Module, [&str; 3]) = (&MODULE, [TS, JS, DTS]);
                        #watch
                        #(#body)*
                    }
                }
            }
            Self::Unit { item } => {
                let name = &item.ident;
                quote! {
                    #item
                    impl #name {
                        #[doc = "The grants: what the host lets a caller reach."]
                        pub const MODULE: &'static #facade::Module = {
                            static MODULE: #facade::Module = #module;
                            &MODULE
                        };
                        #consts
                    }
                    const _: (&#facade::Module, [&str; 3]) = (#name::MODULE, [#name::TS, #name::JS, #name::DTS]);
                    #watch
                }
            }
        }
    }

    /// The item's name in Rust.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Module { name, .. } => name.to_token_stream().to_string(),
            Self::Unit { item } => item.ident.to_string(),
        }
    }
}
