//! The emitted types, judged by two compilers.

use tywrap_tests::{Node, Tsc, TypeScript, project, scratch};

use crate::generator::Generator;

#[test]
fn both_compilers_agree_with_the_emitted_types() {
    for version in TypeScript::ALL {
        let dir = scratch().join(format!("end-to-end-types-{version:?}"));
        Generator::get().install(&dir);
        project(&dir, &[("types.ts", include_str!("../../end_to_end/types.ts"))]).unwrap();
        let checked = Tsc::get(version).unwrap().check(&dir).unwrap();
        assert!(checked.success(), "{version:?}: {}", checked.report());
    }
}

/// The `.ts` files are not what a program imports, but they are promised to compile too.
#[test]
fn both_compilers_accept_the_emitted_sources() {
    let generator = Generator::get();
    let names = ["math", "json", "statistics", "numpy", "tywrap_probe"];
    let mut files: Vec<(String, String)> =
        names.iter().map(|name| (format!("{name}.ts"), generator.emitted(&format!("{name}.ts")))).collect();
    files.push(("tywrap-client.d.ts".to_owned(), generator.emitted("tywrap-client.d.ts")));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    for version in TypeScript::ALL {
        let dir = scratch().join(format!("end-to-end-sources-{version:?}"));
        project(&dir, &files).unwrap();
        let checked = Tsc::get(version).unwrap().check(&dir).unwrap();
        assert!(checked.success(), "{version:?}: {}", checked.report());
    }
}

/// Plain JavaScript imports the package by its name, without a bundler or a flag.
#[test]
fn node_imports_every_module_of_the_package() {
    let dir = scratch().join("end-to-end-import");
    Generator::get().install(&dir);
    let script = "
        const names = [\"math\", \"json\", \"statistics\", \"numpy\", \"tywrap_probe\"];
        for (const name of names) {
            const module = await import(`calculator-python/${name}`);
            if (typeof module.with !== \"function\" || \"then\" in module) throw new Error(name);
        }
        const client = await import(\"calculator-python\");
        if (typeof client.connect !== \"function\") throw new Error(\"client\");
        for (const inner of [\"calculator-python/package.json\", \"calculator-python/os\"]) {
            await import(inner).then(() => { throw new Error(inner); }, () => {});
        }
        console.log(\"imported\");
    ";
    let ended = Node::find().unwrap().script(&dir, script).unwrap();
    assert_eq!(ended.stdout, "imported\n", "{}", ended.report());
}
