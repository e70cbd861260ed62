//! The byte code that workers read: theirs alone, and what it should be.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tywrap_runtime::{EventKind, Filter, Host, Value};

use crate::grants::{BUILTINS, builder, make_venv};

/// A virtual environment, a cache, and what the module `tests_builtins` has to say.
struct World(tempfile::TempDir);

const MODULE: &str = "def evaluated(text): return eval(text)\nSAYS = 'source'\n";

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        make_venv(world.0.path());
        world.write(MODULE);
        world
    }

    fn module(&self) -> PathBuf {
        let lib = self.0.path().join("venv/lib");
        let version = fs::read_dir(lib).unwrap().next().unwrap().unwrap().path();
        version.join("site-packages/tests_builtins.py")
    }

    fn write(&self, source: &str) {
        fs::write(self.module(), source).unwrap();
    }

    fn build(&self, cache: &Path) -> Host {
        builder("")
            .module(&BUILTINS)
            .venv(self.0.path().join("venv"))
            .audit_log(self.0.path().join("audit.jsonl"))
            .cache_directory(cache)
            .build()
            .unwrap()
    }

    fn host(&self) -> Host {
        self.build(&self.0.path().join("cache"))
    }

    /// The one entry of the cache, beside the worker's own program.
    fn entry(&self) -> PathBuf {
        let all = fs::read_dir(self.0.path().join("cache/bytecode")).unwrap().map(|entry| entry.unwrap().path());
        let is_program = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("program-");
        let (programs, entries): (Vec<_>, Vec<_>) = all.partition(is_program);
        assert_eq!((programs.len(), entries.len()), (1, 1), "nothing is left beside it: {entries:?}");
        entries.into_iter().next().unwrap()
    }

    /// The byte code of the worker's own program, which is imported before the greeting.
    fn worker_unit(&self) -> PathBuf {
        let mut directories = vec![self.entry().join("start")];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap()) {
                if entry.file_type().unwrap().is_dir() {
                    directories.push(entry.path());
                } else if entry.file_name().to_str().unwrap().starts_with("tywrap_worker") {
                    return entry.path();
                }
            }
        }
        panic!("the worker's program has no byte code");
    }

    /// The byte code of the module in the cache.
    fn unit(&self) -> PathBuf {
        let module = self.module();
        let directory = self.entry().join("code").join(module.parent().unwrap().strip_prefix("/").unwrap());
        let units = fs::read_dir(directory).unwrap().map(|unit| unit.unwrap().path());
        units.into_iter().find(|unit| unit.to_str().unwrap().contains("tests_builtins")).unwrap()
    }
}

fn evaluate(host: &Host, expression: &str) -> String {
    match host.call(&BUILTINS, "evaluated", vec![expression.into()], vec![]) {
        Ok(Value::Str(text)) => text,
        other => panic!("{expression}: {other:?}"),
    }
}

/// What the host recorded of the byte code. It verifies most of it after it was built.
fn said(host: &Host) -> (EventKind, String) {
    let began = Instant::now();
    loop {
        let events = host.logger().events(Filter::default());
        if let Some(event) = events.iter().find(|event| event.message().contains("byte code")) {
            return (event.kind(), event.message().to_owned());
        }
        assert!(began.elapsed() < Duration::from_secs(60), "nothing was said of it");
        std::thread::sleep(Duration::from_millis(2));
    }
}

const SAYS: &str = "__import__('tests_builtins').SAYS";

#[test]
fn it_is_compiled_once_and_verified_after() {
    let world = World::new();
    let (kind, said_first) = said(&world.host());
    assert!(kind == EventKind::Lifecycle && said_first.contains("was compiled in"), "{said_first}");
    let host = world.host();
    assert!(said(&host).1.ends_with("was verified"), "{}", said(&host).1);
    assert_eq!(evaluate(&host, SAYS), "source");
    // It is what Python reads: modules of the standard library that are neither built in nor frozen, too.
    let entry = world.entry();
    for module in ["tywrap_worker", "tests_builtins", "json", "asyncio", "traceback"] {
        let cached = evaluate(&host, &format!("__import__('{module}').__cached__"));
        assert!(cached.starts_with(entry.to_str().unwrap()) && Path::new(&cached).is_file(), "{module}: {cached}");
    }
}

#[test]
fn byte_code_beside_a_source_is_never_read() {
    let world = World::new();
    let module = world.module();
    // Byte code of another source, with the time and the size of this one: what no digest of a distribution covers.
    let plant = "
import importlib._bootstrap_external as b, importlib.util, os, sys
path = sys.argv[1]
status = os.stat(path)
code = compile(open(path).read().replace('source', 'poison'), path, 'exec')
cached = importlib.util.cache_from_source(path)
os.makedirs(os.path.dirname(cached), exist_ok=True)
open(cached, 'wb').write(b._code_to_timestamp_pyc(code, int(status.st_mtime), status.st_size))
sys.path.append(os.path.dirname(path))
import tests_builtins
print(tests_builtins.SAYS)
";
    let python = |source: &str| Command::new("/usr/bin/python3").args(["-I", "-S", "-c", source]).arg(&module).output();
    let control = python(plant).unwrap();
    assert_eq!(String::from_utf8_lossy(&control.stdout), "poison\n", "the control: plain Python falls for it");
    assert_eq!(evaluate(&world.host(), SAYS), "source");
    // Without a cache there is none at all.
    let host = world.build(Path::new("/proc/nowhere"));
    assert!(said(&host).1.starts_with("workers have no byte code"), "{}", said(&host).1);
    assert_eq!(evaluate(&host, SAYS), "source");
}

#[test]
fn a_changed_source_is_compiled_anew() {
    let world = World::new();
    drop(world.host());
    world.write(&MODULE.replace("source", "changed"));
    let host = world.host();
    assert!(said(&host).1.contains("was compiled in"), "{}", said(&host).1);
    assert_eq!(evaluate(&host, SAYS), "changed");
}

type Damage = fn(&World);

#[test]
fn what_was_tampered_with_is_replaced() {
    let damages: &[(&str, Damage)] = &[
        ("not those of its index", |world| {
            let mut bytes = fs::read(world.unit()).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(world.unit(), bytes).unwrap();
        }),
        ("not those of its index", |world| {
            let other = world.unit().with_file_name("other.cpython-311.pyc");
            fs::copy(world.unit(), other).unwrap();
        }),
        ("not those of its index", |world| fs::remove_file(world.unit()).unwrap()),
        ("no byte code", |world| fs::write(world.unit(), "").unwrap()),
        ("No such file", |world| fs::remove_file(world.entry().join("code.index")).unwrap()),
        ("No such file", |world| fs::remove_file(world.entry().join("start.index")).unwrap()),
        ("not those of its index", |world| {
            let mut bytes = fs::read(world.worker_unit()).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(world.worker_unit(), bytes).unwrap();
        }),
        ("not those of its index", |world| {
            // Taken for verified, it would be read before anything else is.
            let name = world.unit().file_name().unwrap().to_owned();
            fs::copy(world.unit(), world.worker_unit().with_file_name(name)).unwrap();
        }),
        ("symbolic links", |world| {
            let unit = world.unit();
            fs::remove_file(&unit).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", unit).unwrap();
        }),
        ("others can write to it", |world| {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(world.entry(), open).unwrap();
        }),
    ];
    let world = World::new();
    drop(world.host());
    for (why, damage) in damages {
        damage(&world);
        let host = world.host();
        let (kind, message) = said(&host);
        assert!(kind == EventKind::CacheDamaged && message.contains(why), "{why}: {message}");
        assert_eq!(evaluate(&host, SAYS), "source");
        drop(host);
        assert!(said(&world.host()).1.ends_with("was verified"), "{why}");
    }
}

#[test]
fn a_worker_cannot_write_to_it() {
    let world = World::new();
    let host = world.host();
    let unit = world.unit();
    let attempt = |expression: String| host.call(&BUILTINS, "evaluated", vec![expression.as_str().into()], vec![]);
    assert!(attempt(format!("len(open({unit:?}, 'rb').read())")).is_ok(), "the control: it can read it");
    for refused in [
        format!("open({unit:?}, 'ab')"),
        format!("__import__('os').unlink({unit:?})"),
        format!("__import__('os').rename({unit:?}, {unit:?} + 'x')"),
        format!("open({:?}, 'w')", unit.with_extension("new")),
    ] {
        assert!(attempt(refused.clone()).is_err(), "{refused}");
    }
    drop(host);
    assert!(said(&world.host()).1.ends_with("was verified"));
}

#[test]
fn a_module_that_cannot_be_imported_does_not_keep_the_others_from_it() {
    let world = World::new();
    world.write(&format!("import json.tool\n{MODULE}raise SystemExit(3)\n"));
    let host = world.host();
    assert!(said(&host).1.contains("was compiled in"), "{}", said(&host).1);
}

#[test]
fn without_byte_code_workers_start_all_the_same() {
    let world = World::new();
    world.write("import os\nos._exit(3)\n");
    let host = world.host();
    assert!(said(&host).1.starts_with("workers have no byte code"), "{}", said(&host).1);
    assert!(said(&host).1.contains("importing the modules failed: Python exited with code 3"), "{}", said(&host).1);
    drop(host);
    world.write(MODULE);
    let host = world.build(Path::new("relative"));
    assert!(said(&host).1.contains("relative is not an absolute path"), "{}", said(&host).1);
    assert_eq!(evaluate(&host, SAYS), "source");
}

/// Of an entry that takes long to verify a worker reads the start alone meanwhile, and is told nothing of the rest.
#[test]
fn a_worker_that_is_started_early_reads_nothing_unverified() {
    let world = World::new();
    drop(world.host());
    // Byte code of another source, with the time and the size of this one.
    let poison = "
import importlib._bootstrap_external as b, os, sys
path, cached = sys.argv[1:]
status = os.stat(path)
code = compile(open(path).read().replace('source', 'poison'), path, 'exec')
open(cached, 'wb').write(b._code_to_timestamp_pyc(code, int(status.st_mtime), status.st_size))
";
    let unit = world.unit();
    let planted =
        Command::new("/usr/bin/python3").args(["-I", "-S", "-c", poison]).arg(world.module()).arg(&unit).status();
    assert!(planted.unwrap().success());
    for _ in 0..400 {
        // Files to verify, in the way of the one that is wrong.
        let copies = fs::read_dir(unit.parent().unwrap()).unwrap().count();
        let copy = unit.with_file_name(format!("copy{copies}.cpython-311.pyc"));
        fs::copy(&unit, copy).unwrap();
    }
    let host = world.host();
    assert_eq!(evaluate(&host, SAYS), "source");
    assert_eq!(said(&host).0, EventKind::CacheDamaged);
    // It has made way for one that may read what was compiled in its place.
    let cached = evaluate(&host, "__import__('tests_builtins').__cached__");
    assert!(evaluate(&host, &format!("str(len(open({cached:?}, 'rb').read()) > 16)")) == "True");
    let messages = host.logger().events(Filter::default());
    let of = |text: &str| messages.iter().filter(|event| event.message().contains(text)).count();
    assert_eq!((of("was started"), of("makes way")), (3, 1), "{messages:?}");
}

/// A call that comes before the byte code is verified waits, and is answered by a worker that has been told of it.
#[test]
fn calls_wait_for_it() {
    let world = World::new();
    drop(world.host());
    for _ in 0..5 {
        let host = world.host();
        assert_eq!(evaluate(&host, "__import__('sys').pycache_prefix"), world.entry().join("code").to_str().unwrap());
        assert!(said(&host).1.ends_with("was verified"));
    }
}
