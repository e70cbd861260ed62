//! The Content-Security-Policy of the project's pages.
//!
//! tywrap serves no pages, so the policy is that of whoever does. What can be looked at are pages in the project that
//! state one themselves; a header of a server cannot.

use std::path::{Path, PathBuf};

use tywrap_contract::locate;

use super::facts::Facts;
use super::line::Line;

/// Pages that are looked at. More belong to a site, which has a policy of its own.
const MOST_PAGES: usize = 200;

/// The largest page that is read, in bytes: the policy stands in its head.
const LARGEST_PAGE: u64 = 4 << 20;

/// What makes a list of sources for scripts worth nothing: inline scripts, `eval`, and scripts from anywhere.
const WORTHLESS: [&str; 7] = ["'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:", "blob:"];

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`<meta http-equiv=\"Content-Security-Policy\">`", "the server's headers"]);
    let mut pages = Vec::new();
    facts.project.packages.iter().for_each(|folder| collect(folder, &mut pages));
    if pages.is_empty() {
        line.manual(
            "no page is in the project: have the server of yours send `default-src 'self'; object-src 'none'; \
             base-uri 'none'`, and `'wasm-unsafe-eval'` for Pyodide",
        );
    }
    for page in pages {
        let shown = locate::shown(&page, &facts.project.root);
        let text = std::fs::read_to_string(&page).unwrap_or_default();
        match stated(&text) {
            None => line.manual(format!("`{shown}` states no policy: have the server send one")),
            Some(policy) => match fault(&policy) {
                None => line.pass(format!("`{shown}` states which scripts may run")),
                Some(fault) => line.fail(format!("`{shown}`: {fault}")),
            },
        }
    }
    line
}

/// The pages of a package, in order; what Cargo and npm make is left out.
fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        let skipped = name.to_string_lossy().starts_with('.') || name == "target" || name == "node_modules";
        if kind.is_dir() && !skipped {
            collect(&path, pages);
        } else if kind.is_file()
            && pages.len() < MOST_PAGES
            && path.extension().is_some_and(|extension| extension == "html" || extension == "htm")
            && entry.metadata().is_ok_and(|metadata| metadata.len() <= LARGEST_PAGE)
        {
            pages.push(path);
        }
    }
}

/// The policy that a page states in its head.
fn stated(page: &str) -> Option<String> {
    // Case means nothing in tags and directives, and hashes of scripts are not looked at.
    let page = page.to_ascii_lowercase();
    let tag = page.split("<meta").skip(1).find(|tag| {
        tag.split_once('>')
            .is_some_and(|(tag, _)| attribute(tag, "http-equiv").as_deref() == Some("content-security-policy"))
    })?;
    attribute(tag, "content")
}

/// The quoted value of an attribute.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, after) = tag.split_once(&format!("{name}="))?;
    let quote = after.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    Some(after[1..].split_once(quote)?.0.trim().to_owned())
}

/// Why a policy protects nothing, if it does not.
fn fault(policy: &str) -> Option<String> {
    let directive = |name: &str| {
        let mut directives = policy.split(';').map(str::split_whitespace);
        directives.find_map(|mut words| (words.next() == Some(name)).then(|| words.collect::<Vec<_>>()))
    };
    let Some(sources) = directive("script-src").or_else(|| directive("default-src")) else {
        return Some("neither `script-src` nor `default-src` is stated, so any script may run".to_owned());
    };
    let worthless = sources.into_iter().find(|source| WORTHLESS.contains(source))?;
    Some(format!("scripts are allowed by `{worthless}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_found_however_it_is_written() {
        for page in [
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\">",
            "<META content='x' name=a>\n<meta content=\"default-src 'self'\"\n http-equiv='content-security-policy' />",
        ] {
            assert_eq!(stated(page).as_deref(), Some("default-src 'self'"), "{page}");
        }
        assert_eq!(stated("<meta name=\"content-security-policy\" content=\"default-src 'self'\">"), None);
    }

    #[test]
    fn what_lets_any_script_run_is_a_fault() {
        for policy in [
            "img-src 'self'",
            "default-src *",
            "script-src 'self' 'unsafe-inline'",
            "default-src 'none'; script-src https:",
        ] {
            assert!(fault(policy).is_some(), "{policy}");
        }
        for policy in ["default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'; style-src 'unsafe-inline'"] {
            assert_eq!(fault(policy), None, "{policy}");
        }
    }
}
