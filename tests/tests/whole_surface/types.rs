//! Every emitted module in one program, judged by two compilers, with a consumer for each.

use std::time::Duration;

use tywrap_tests::{Tsc, TypeScript, announce, project, scratch};

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
        let settings = std::fs::read_to_string(dir.join("tsconfig.json")).unwrap();
        std::fs::write(dir.join("tsconfig.json"), settings.replace("\"noUnusedLocals\": true,", "")).unwrap();
        let checked = Tsc::get(version).unwrap().check(&dir).unwrap();
        announce(&format!("TypeScript {version:?}: {:.1?} for {} modules", checked.took, modules().len()));
        assert!(checked.success(), "{version:?}: {}", checked.report());
        assert!(checked.took < LIMIT, "{version:?} took {:?}", checked.took);
    }
}
