//! Every emitted module in one program, judged by two compilers, with a consumer for each.

use std::collections::BTreeMap;
use std::time::Duration;

use tywrap_tests::{Tsc, TypeScript, announce, project, scratch, workspace};

use crate::generator::{PACKAGE, generator, modules};

/// What a compiler may take for the whole output, in seconds.
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn both_compilers_accept_every_module_in_one_program() {
    let mut all = String::new();
    let mut uses = String::new();
    for (at, (module, _)) in modules().iter().enumerate() {
        all.push_str(&format!("import * as m{at} from \"{PACKAGE}/{module}\";\n"));
        uses.push_str(&format!("  m{at}.with,\n"));
    }
    let index = format!("{all}export const all = [\n{uses}];\n");
    for version in TypeScript::ALL {
        let dir = scratch().join(format!("whole-surface-types-{version:?}"));
        let _ = std::fs::remove_dir_all(&dir);
        generator().install(&dir, PACKAGE).unwrap();
        project(&dir, &[("index.ts", &index)]).unwrap();
        for (module, text) in consumers() {
            std::fs::write(dir.join(format!("{module}.ts")), text).unwrap();
        }
        let checked = Tsc::get(version).unwrap().check(&dir).unwrap();
        announce(&format!("TypeScript {version:?}: {:.1?} for {} modules", checked.took, modules().len()));
        assert!(checked.success(), "{version:?}: {}", checked.report());
        assert!(checked.took < LIMIT, "{version:?} took {:?}", checked.took);
    }
}

#[test]
fn every_module_has_a_consumer() {
    let consumers = consumers();
    for (module, _) in modules().iter().filter(|(module, _)| !module.starts_with("tywrap_torture")) {
        let text = consumers.get(module).unwrap_or_else(|| panic!("no tests/whole_surface/consumers/{module}.ts"));
        let (accepted, refused) = text.split_once("export async function refused").unwrap();
        let (calls, errors) = (accepted.matches("await ").count(), refused.matches("@ts-expect-error").count());
        assert!(calls >= 10 && errors >= 2, "`{module}`: {calls} calls, {errors} errors");
    }
}

/// The programs that use a module each, by its name.
fn consumers() -> BTreeMap<String, String> {
    let folder = workspace().join("tests/whole_surface/consumers");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}
