//! Walks the files of one crate: collects names first, and judges attributes when all names are known.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, Item, ItemMod, ItemUse, Lit, Meta, Token, UseTree};
use tywrap_contract::annotation::Annotation;

use super::cfg::{Cfg, Predicate, Truth};
use super::names::{Names, ScopeId, Segments};
use super::{Found, Scan};
use crate::sources::Folder;

/// Modules nested deeper than this are not followed: rustc's own recursion limit is 128.
const DEEPEST: usize = 128;

/// Reads one crate.
pub(super) struct Reader<'a> {
    cfg: &'a Cfg,
    scan: &'a mut Scan,
    names: Names,
    candidates: Vec<Candidate>,
    /// Where the walk is.
    file: PathBuf,
    folder: Folder,
    scope: ScopeId,
    truth: Truth,
    depth: usize,
    /// The files around it: a `#[path]` may lead back to one, which rustc refuses.
    open: Vec<PathBuf>,
}

/// An attribute with arguments on a module or a struct.
struct Candidate {
    scope: ScopeId,
    path: Segments,
    arguments: TokenStream,
    file: PathBuf,
    truth: Truth,
}

impl<'a> Reader<'a> {
    pub(super) fn new(facade: &str, cfg: &'a Cfg, scan: &'a mut Scan) -> Self {
        Self {
            cfg,
            scan,
            names: Names::new(facade),
            candidates: Vec::new(),
            file: PathBuf::new(),
            folder: Folder::of_root(Path::new("")),
            scope: 0,
            truth: Truth::Yes,
            depth: 0,
            open: Vec::new(),
        }
    }

    pub(super) fn read(mut self, root: &Path) {
        self.file(root, Folder::of_root(root));
        for candidate in self.candidates {
            if !self.names.is_wrap(candidate.scope, &candidate.path) {
                continue;
            }
            // Malformed arguments are the macro's to report.
            let Ok(annotation) = Annotation::parse(candidate.arguments) else { continue };
            let start = annotation.module.span().start();
            let found = Found {
                wish: annotation.wish(),
                file: candidate.file,
                line: start.line,
                column: start.column + 1,
                certain: candidate.truth == Truth::Yes,
            };
            // A file may belong to several crates of the package.
            match self
                .scan
                .annotations
                .iter_mut()
                .find(|known| (&known.file, known.line, known.column) == (&found.file, found.line, found.column))
            {
                Some(known) => known.certain |= found.certain,
                None => self.scan.annotations.push(found),
            }
        }
    }

    fn file(&mut self, path: &Path, folder: Folder) {
        if self.open.iter().any(|open| open == path) {
            return;
        }
        self.scan.files.insert(path.to_owned());
        let parsed = std::fs::read_to_string(path)
            .map_err(|error| error.to_string())
            .and_then(|text| syn::parse_file(&text).map_err(|error| error.to_string()));
        let file = match parsed {
            Ok(file) => file,
            Err(error) => {
                let known = self.scan.unreadable.iter().any(|(known, _)| known == path);
                if !known {
                    self.scan.unreadable.push((path.to_owned(), error));
                }
                return;
            }
        };
        let outer_file = std::mem::replace(&mut self.file, path.to_owned());
        let outer_folder = std::mem::replace(&mut self.folder, folder);
        self.open.push(path.to_owned());
        self.under(&file.attrs, |reader| file.items.iter().for_each(|item| reader.visit_item(item)));
        self.open.pop();
        self.file = outer_file;
        self.folder = outer_folder;
    }

    /// Goes on below attributes: not at all if their `cfg` excludes it.
    fn under(&mut self, attributes: &[Attribute], go: impl FnOnce(&mut Self)) {
        let outer = self.truth;
        for attribute in self.effective(attributes) {
            if let Some(predicate) = attribute.arguments.as_ref().filter(|_| attribute.path == ["cfg"]) {
                // A `cfg` that a `cfg_attr` may bring excludes nothing for sure, and includes nothing for sure.
                let holds = self.cfg.holds(predicate);
                self.truth = self.truth.and(if attribute.holds == Truth::Yes { holds } else { Truth::Maybe });
            }
        }
        if self.truth != Truth::No {
            go(self);
        }
        self.truth = outer;
    }

    /// The attributes with `cfg_attr` opened, where it may hold.
    fn effective(&self, attributes: &[Attribute]) -> Vec<Effective> {
        let mut out = Vec::new();
        for attribute in attributes {
            self.open(&attribute.meta, Truth::Yes, 0, &mut out);
        }
        out
    }

    fn open(&self, meta: &Meta, holds: Truth, depth: usize, out: &mut Vec<Effective>) {
        let list = match meta {
            Meta::List(list) if list.path.is_ident("cfg_attr") && depth < DEEPEST => list,
            _ => return out.push(Effective::new(meta, holds)),
        };
        let parse = |input: syn::parse::ParseStream<'_>| {
            let predicate: Predicate = input.parse()?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
            Ok((predicate, Punctuated::<Meta, Token![,]>::parse_terminated(input)?))
        };
        let Ok((predicate, metas)) = list.parse_args_with(parse) else { return };
        let holds = holds.and(self.cfg.evaluate(&predicate));
        if holds != Truth::No {
            metas.iter().for_each(|meta| self.open(meta, holds, depth + 1, out));
        }
    }

    fn candidates(&mut self, attributes: &[Attribute]) {
        for attribute in self.effective(attributes) {
            let Some(arguments) = attribute.arguments else { continue };
            self.candidates.push(Candidate {
                scope: self.scope,
                path: attribute.path,
                arguments,
                file: self.file.clone(),
                truth: self.truth.and(attribute.holds),
            });
        }
    }

    fn module(&mut self, item: &ItemMod) {
        if self.depth == DEEPEST {
            return;
        }
        let name = unraw(&item.ident);
        let path = self
            .effective(&item.attrs)
            .into_iter()
            .find_map(|attribute| attribute.value.filter(|_| attribute.path == ["path"]));
        let outer = self.scope;
        self.scope = self.names.module(outer, &name);
        self.depth += 1;
        match &item.content {
            Some((_, items)) => {
                let folder = self.folder.enter(&name, path.as_deref());
                let outer = std::mem::replace(&mut self.folder, folder);
                items.iter().for_each(|item| self.visit_item(item));
                self.folder = outer;
            }
            None => {
                let files = self.folder.files(&name, path.as_deref());
                // Where no file exists, rustc reports it; nothing is watched, since Cargo takes a missing file for changed.
                if let Some((file, folder)) = files.into_iter().find(|(file, _)| file.is_file()) {
                    self.file(&file, folder);
                }
            }
        }
        self.depth -= 1;
        self.scope = outer;
    }

    fn imports(&mut self, item: &ItemUse) {
        let mut prefix: Segments = Vec::new();
        if item.leading_colon.is_some() {
            prefix.push(String::new());
        }
        self.tree(&item.tree, &mut prefix);
    }

    fn tree(&mut self, tree: &UseTree, prefix: &mut Segments) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(unraw(&path.ident));
                self.tree(&path.tree, prefix);
                prefix.pop();
            }
            UseTree::Name(name) => {
                let name = unraw(&name.ident);
                self.import(prefix, &name, None);
            }
            UseTree::Rename(rename) => self.import(prefix, &unraw(&rename.ident), Some(&unraw(&rename.rename))),
            UseTree::Glob(_) => self.names.glob(self.scope, prefix.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree, prefix)),
        }
    }

    /// `use prefix::name;`, where the name `self` stands for the prefix.
    fn import(&mut self, prefix: &[String], name: &str, rename: Option<&str>) {
        let mut path = prefix.to_vec();
        if name != "self" || path.is_empty() {
            path.push(name.to_owned());
        }
        if let Some(visible) = rename.map(str::to_owned).or_else(|| path.last().cloned()) {
            self.names.import(self.scope, &visible, path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        self.under(attributes(item), |reader| match item {
            Item::Mod(item) => {
                reader.candidates(&item.attrs);
                // Attributes inside the braces were parsed along with the outer ones.
                reader.module(item);
            }
            Item::Struct(item) => reader.candidates(&item.attrs),
            Item::Use(item) => reader.imports(item),
            Item::ExternCrate(item) => {
                let krate = unraw(&item.ident);
                let name = item.rename.as_ref().map_or_else(|| krate.clone(), |(_, name)| unraw(name));
                let macro_use = item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_use"));
                reader.names.extern_crate(reader.scope, &krate, &name, macro_use);
            }
            // Blocks in bodies may hold items.
            item => visit::visit_item(reader, item),
        });
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let outer = self.scope;
        self.scope = self.names.block(outer);
        visit::visit_block(self, block);
        self.scope = outer;
    }
}

/// An attribute after `cfg_attr`.
struct Effective {
    path: Segments,
    /// `(…)`
    arguments: Option<TokenStream>,
    /// `= "…"`
    value: Option<String>,
    /// Whether it is there at all.
    holds: Truth,
}

impl Effective {
    fn new(meta: &Meta, holds: Truth) -> Self {
        let mut path: Segments = meta.path().segments.iter().map(|segment| unraw(&segment.ident)).collect();
        if meta.path().leading_colon.is_some() {
            path.insert(0, String::new());
        }
        let (arguments, value) = match meta {
            Meta::List(list) => (Some(list.tokens.clone()), None),
            Meta::NameValue(pair) => (None, text(&pair.value)),
            Meta::Path(_) => (None, None),
        };
        Self { path, arguments, value, holds }
    }
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Without `r#`, which is no part of a name.
fn unraw(ident: &syn::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
