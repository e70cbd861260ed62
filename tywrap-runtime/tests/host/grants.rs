//! What the tests grant, written by hand as build.rs would write it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use tywrap_runtime::{
    Callable, CallableKind, CompiledPolicy, Host, HostBuilder, Integers, Module, Param, ParamKind, PrintStream, Schema,
    Signature,
};

const ANY: u32 = 0;
const FLOAT: u32 = 1;
const STR: u32 = 2;
const INT: u32 = 3;
const INTS: u32 = 4;
const ARRAY: u32 = 5;
const KEY: u32 = 6;
const AWAITED: u32 = 7;

const SCHEMAS: &[Schema] = &[
    Schema::Any,
    Schema::Float,
    Schema::Str,
    Schema::Int,
    Schema::TupleOf(INT),
    Schema::ArrayLike(&[]),
    Schema::Function { returns: FLOAT, asynchronous: false, integers: Integers::Either },
    Schema::Function { returns: ANY, asynchronous: true, integers: Integers::Number },
];

const fn param(name: &'static str, kind: ParamKind, optional: bool, schema: u32) -> Param {
    Param { name, kind, optional, schema }
}

const PARAMS: &[Param] = &{
    use ParamKind::{KwOnly, PosOnly, PosOrKw, VarKw, VarPos};
    [
        // 0: (x: float, /)
        param("x", PosOnly, false, FLOAT),
        // 1: (*args, **kwargs)
        param("args", VarPos, true, ANY),
        param("kwargs", VarKw, true, ANY),
        // 3: (obj, *, sort_keys=…, indent=…)
        param("obj", PosOrKw, false, ANY),
        param("sort_keys", KwOnly, true, ANY),
        param("indent", KwOnly, true, ANY),
        // 6: (string: str, safe: str = …, encoding: str = …)
        param("string", PosOrKw, false, STR),
        param("safe", PosOrKw, true, STR),
        param("encoding", PosOrKw, true, STR),
        // 9: (values: tuple[int, ...])
        param("values", PosOrKw, false, INTS),
        // 10: (a: ArrayLike, b: ArrayLike, /)
        param("a", PosOnly, false, ARRAY),
        param("b", PosOnly, false, ARRAY),
        // 12: (function: Callable[..., float], /, *args)
        param("function", PosOnly, false, KEY),
        param("args", VarPos, true, ANY),
        // 14: (function: Callable[..., Awaitable], /, *args)
        param("function", PosOnly, false, AWAITED),
        param("args", VarPos, true, ANY),
    ]
};

const SIGNATURES: &[Signature] = &[
    Signature { first: 0, count: 1 },
    Signature { first: 1, count: 2 },
    Signature { first: 3, count: 3 },
    Signature { first: 6, count: 3 },
    Signature { first: 9, count: 1 },
    Signature { first: 10, count: 2 },
    Signature { first: 0, count: 0 },
    Signature { first: 12, count: 2 },
    Signature { first: 14, count: 2 },
];

pub(crate) const fn function(path: &'static str, signatures: &'static [u32]) -> Callable {
    Callable { path, kind: CallableKind::Function, signatures, integers: Integers::Either, result: None }
}

const fn counting(path: &'static str, signatures: &'static [u32], integers: Integers) -> Callable {
    Callable { path, kind: CallableKind::Function, signatures, integers, result: None }
}

const fn attribute(path: &'static str) -> Callable {
    Callable { path, kind: CallableKind::Attribute, signatures: &[], integers: Integers::Either, result: None }
}

pub(crate) const fn module(name: &'static str, digest: &'static str, callables: &'static [Callable]) -> Module {
    Module {
        name,
        package: "tests",
        digest,
        policy_digest: "",
        classes: &[],
        callables,
        signatures: SIGNATURES,
        params: PARAMS,
        schemas: SCHEMAS,
    }
}

pub(crate) static MATH: Module =
    module("math", "d1", &[function("sqrt", &[0]), attribute("pi"), function("factorial", &[1]), attribute("gone")]);
pub(crate) static JSON: Module =
    module("json", "d2", &[function("dumps", &[2]), function("loads", &[1]), attribute("decoder.scanner")]);
pub(crate) static URLLIB: Module = module("urllib.parse", "d3", &[function("quote", &[3]), function("urlsplit", &[1])]);
pub(crate) static TIME: Module = module("time", "d4", &[function("sleep", &[0])]);
/// What no policy should grant: a way to see what reaches Python, and ways to break the worker.
pub(crate) static BUILTINS: Module = module(
    "tests_builtins",
    "d5",
    &[
        function("repr_of", &[1]),
        function("same", &[1]),
        function("exit_now", &[1]),
        function("printing", &[1]),
        function("odd", &[1]),
        function("spin", &[1]),
        function("stubborn", &[1]),
        function("stop_itself", &[1]),
        function("write_to_descriptor", &[1]),
        function("forge", &[1]),
        function("joined", &[4]),
        function("interrupted", &[1]),
        function("nothing", &[6]),
        function("evaluated", &[1]),
        function("is_like", &[1]),
        counting("same", &[1], Integers::Number),
        counting("same", &[1], Integers::Bigint),
        function("anything", &[1]),
        function("is_same", &[1]),
        function("called", &[7]),
        function("called_later", &[8]),
        function("keep", &[7]),
        function("call_kept", &[1]),
        function("called_elsewhere", &[7]),
        function("caught", &[7]),
    ],
);
pub(crate) static COLLECTIONS: Module = module(
    "collections",
    "d6",
    &[function("Counter", &[1]), function("OrderedDict", &[1]), function("namedtuple", &[1])],
);
pub(crate) static NUMPY: Module = module(
    "numpy",
    "d7",
    &[
        function("multiply", &[5]),
        function("arange", &[1]),
        function("linalg.norm", &[1]),
        function("array", &[1]),
        function("linalg.sys.exit", &[1]),
    ],
);

/// A module of Python's own that the policy allows, beside the interpreter's.
const BUILTINS_SOURCE: &str = r#"
import os, sys, time, signal, math, collections, dataclasses, enum, typing

@dataclasses.dataclass
class Part:
    name: str
    parts: list
    seed: dataclasses.InitVar[int] = 0
    made: typing.ClassVar[int] = 0
    def __post_init__(self, seed): Part.made += seed
class Colour(enum.Enum):
    RED = "red"
events = []
def counted():
    try:
        for n in range(10): yield n
    finally: events.append("closed")
async def counted_async():
    try:
        for n in range(10): yield n
    finally: events.append("closed")
async def later(n): return n + 1
async def after(seconds, value, busy=0):
    import asyncio
    try:
        await asyncio.sleep(seconds)
        spin(busy)
    finally: events.append(value)
    return value
async def deaf(seconds):
    import asyncio
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try: await asyncio.sleep(0.05)
        except asyncio.CancelledError: pass

def called(function, *args): return function(*args)
async def called_later(function, *args):
    import asyncio
    return await asyncio.gather(*[function(arg) for arg in args])
kept = []
def keep(function, *args): kept.append(function)
def call_kept(*args): return kept[-1](*args)
def called_elsewhere(function, *args):
    import threading
    results = []
    def run():
        try: results.append(function(*args))
        except Exception as error: results.append(f"{type(error).__module__}.{error}")
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]
def caught(function, *args):
    try: return function(*args)
    except Exception as error: return f"{type(error).__module__}.{type(error).__qualname__}: {error}"

def repr_of(*args, **kwargs): return repr((args, kwargs))
def same(value=None): return value
def exit_now(code): os._exit(code)
def printing(text):
    print(text)
    sys.stderr.write("to stderr\n")
    os.write(1, b"raw to 1\n")
    return len(text)
def odd(what):
    if what == "deep":
        value = []
        for _ in range(100): value = [value]
        return value
    if what == "recursive":
        value = []; value.append(value); return value
    if what == "surrogate": return "\ud800"
    if what == "huge": return 10 ** 5000
    if what == "module": return os
    if what == "proto": return {"__proto__": {"polluted": True}}
    if what == "mixed": return {1: "a", None: (1, 2.5), "k": {3}, b"b": frozenset([1j])}
    if what == "nan": return [float("nan"), float("-inf"), -0.0, 1e16]
    if what == "exception": raise RuntimeError("lone \udc80 surrogate")
    if what == "keyboard": raise KeyboardInterrupt
    if what == "exit": sys.exit(3)
    if what == "bad str":
        class Bad(Exception):
            def __str__(self): raise ValueError
        raise Bad
    if what == "subclasses":
        class I(int): pass
        class S(str): pass
        return [I(2 ** 60), S("s"), collections.namedtuple("P", "x y")(1, 2), bytearray(b"b"), True]
    if what == "object": return object()
    if what == "text": return ["x" * 1000] * 70_000
    if what == "large": return b"x" * 3_000_000
    raise KeyError(what)
def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end: pass
    return seconds
def stubborn(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try: time.sleep(0.05)
        except KeyboardInterrupt: pass
    return "survived"
def stop_itself(): os.kill(os.getpid(), signal.SIGSTOP)
def write_to_descriptor(fd, data): return os.write(fd, data)
def forge(data):
    out = (sys.modules.get("tywrap_worker") or sys.modules["__main__"]).pipe.output
    os.write(out, data)
    time.sleep(5)
def joined(values): return repr(values)
interruptions = []
def interrupted(seconds=None):
    if seconds is None: return len(interruptions)
    try: time.sleep(seconds)
    except KeyboardInterrupt:
        interruptions.append(1)
        raise
def nothing(): return None
def evaluated(text):
    if "numpy" in text: import numpy
    return eval(text)
def anything(seed, arrays):
    """A value that a seed gives again."""
    import datetime as dt, decimal, fractions, random, uuid, zoneinfo
    pick = random.Random(seed)
    def microseconds(): return dt.timedelta(microseconds=pick.randrange(-10 ** 17, 10 ** 17))
    def moment(zone=None): return dt.datetime(2000, 1, 1, tzinfo=zone) + microseconds() / 10
    def text(): return "".join(pick.choice(["a", "\u00e9", "\u20ac", "\U0001f600", "\0", "\n", '"', "\\", "__proto__", "list"]) for _ in range(pick.randrange(4)))
    def array():
        import numpy
        dtype = pick.choice("f2 f4 f8 >f8 i1 i2 >i4 i8 u1 >u2 u4 u8 ? c8 c16 >c16 M8[ns] M8[D] >M8[s] m8[us] U3 >U2 S4".split())
        shape = tuple(pick.randrange(4) for _ in range(pick.randrange(4)))
        made = numpy.array([pick.randrange(100) for _ in range(int(numpy.prod(shape)))]).astype(dtype).reshape(shape)
        return pick.choice([made, made.T, made[..., ::2] if made.ndim else made, numpy.asfortranarray(made)])
    plain = [
        lambda: None, lambda: pick.random() < 0.5, lambda: pick.randrange(-2 ** pick.randrange(1, 200), 2 ** 64),
        lambda: pick.choice([0.0, -0.0, 1e308, 5e-324, float("inf"), float("nan"), pick.gauss(0, 1e10)]), text,
        lambda: complex(pick.gauss(0, 1), pick.choice([0.0, -0.0, float("-inf")])), lambda: pick.randbytes(pick.randrange(9)),
        lambda: moment().date(), lambda: moment().time(), moment, lambda: moment(dt.timezone.utc),
        lambda: moment(zoneinfo.ZoneInfo("America/New_York")), lambda: moment().astimezone(dt.timezone(dt.timedelta(seconds=pick.randrange(-80000, 80000)))),
        microseconds, lambda: decimal.Decimal(pick.gauss(0, 1)).scaleb(pick.randrange(-300, 300)), lambda: decimal.Decimal("-sNaN7"),
        lambda: fractions.Fraction(pick.randrange(-10 ** 30, 10 ** 30), pick.randrange(1, 10 ** 30)), lambda: uuid.UUID(int=pick.getrandbits(128)),
    ]
    keys = plain[:3] + plain[4:5] + plain[6:14] + plain[16:]
    def rows(depth):
        cells = [
            lambda: pick.randrange(-9, 9), lambda: pick.gauss(0, 1), lambda: float(pick.randrange(-2, 2)), lambda: pick.random() < 0.5, text, lambda: None,
            lambda: pick.choice([-0.0, 0, 1, 1.5, True, float("nan"), 2 ** 53]), lambda: [text()], lambda: pick.choice(plain)(), lambda: made(depth - 1),
        ]
        columns = {f"{text()}{n}": pick.choice(cells) for n in range(1 + pick.randrange(4))}
        return [{key: cell() for key, cell in columns.items()} for _ in range(pick.randrange(12, 24))]
    def made(depth):
        if depth == 0 or pick.random() < 0.4:
            return array() if arrays and pick.random() < 0.3 else pick.choice(plain)()
        several = range(pick.randrange(4))
        return pick.choice([
            lambda: [made(depth - 1) for _ in several], lambda: tuple([made(depth - 1) for _ in several]),
            lambda: {pick.choice(keys)() for _ in several}, lambda: frozenset([pick.choice(keys)() for _ in several]),
            lambda: rows(depth), lambda: {text(): made(depth - 1) for _ in several}, lambda: {pick.choice(keys)(): made(depth - 1) for _ in several},
        ])()
    return made(4)
def is_same(value, seed, arrays):
    def shown(value):
        kind = type(value)
        if kind.__name__ == "ndarray":
            import numpy
            # What is not in C order, or big-endian, comes as what it is otherwise.
            native = numpy.ascontiguousarray(value, value.dtype.newbyteorder("<"))
            return native.dtype.str, value.shape, native.tobytes()
        if kind in (set, frozenset): return kind.__name__, sorted(map(repr, value))
        if kind is dict: return [(shown(key), shown(item)) for key, item in value.items()]
        if kind in (list, tuple): return kind.__name__, [shown(item) for item in value]
        return repr(value), getattr(value, "fold", None)
    return shown(value) == shown(anything(seed, arrays))
def is_like(value, text):
    other = evaluated(text)
    if type(value).__name__ == "ndarray":
        return type(other) is type(value) and value.dtype == other.dtype and value.shape == other.shape and value.tobytes() == other.tobytes()
    return type(value) is type(other) and repr(value) == repr(other)
"#;

/// Lines that Python printed.
pub(crate) type Lines = Arc<Mutex<Vec<(PrintStream, String)>>>;

/// A host over every module above but numpy, with `policy` appended to the one that allows them.
pub(crate) struct Fixture {
    pub(crate) host: Host,
    pub(crate) lines: Lines,
    pub(crate) directory: tempfile::TempDir,
}

pub(crate) fn host(policy: &str) -> Fixture {
    host_of(policy, &[&MATH, &JSON, &URLLIB, &TIME, &BUILTINS, &COLLECTIONS])
}

pub(crate) fn host_of(policy: &str, modules: &[&'static Module]) -> Fixture {
    /// One for all tests, so that its byte code is compiled once.
    static VENV: LazyLock<PathBuf> = LazyLock::new(|| make_venv(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("host")));
    host_in(policy, modules, tempfile::tempdir().unwrap(), &VENV)
}

pub(crate) fn host_in(policy: &str, modules: &[&'static Module], directory: tempfile::TempDir, venv: &Path) -> Fixture {
    let lines = Lines::default();
    let (builder, audit_log) = (builder(policy), directory.path().join("audit.jsonl"));
    let builder = modules.iter().fold(builder, |builder, module| builder.module(module));
    let host = builder
        .venv(venv)
        .audit_log(audit_log)
        .on_output({
            let lines = Arc::clone(&lines);
            move |output| lines.lock().unwrap().push((output.stream, output.text.to_owned()))
        })
        .build()
        .unwrap();
    Fixture { host, lines, directory }
}

pub(crate) fn builder(policy: &str) -> HostBuilder {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let host = Host::builder(compiled(&format!(
        "{policy}\n[module-whitelist]\nallowed-modules = [\"math\", \"json\", \"urllib.parse\", \"time\", \"tests_builtins\", \"tests_classes\", \"tests_members\", \"datetime\", \"collections\", \"numpy\", \"pandas\", \"tests_tables\"]\n"
    )));
    host.cache_directory(cache)
}

pub(crate) fn compiled(text: &str) -> CompiledPolicy {
    let digest = sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    CompiledPolicy {
        path: "/nowhere/tywrap.toml",
        directory: "/nowhere",
        digest: digest.leak(),
        text: text.to_owned().leak(),
    }
}

use sha2::Digest as _;

/// A virtual environment that has the module of [`BUILTINS_SOURCE`], made by hand: a link and a file are enough.
pub(crate) fn make_venv(directory: &Path) -> PathBuf {
    let venv = directory.join("venv");
    let python = std::fs::canonicalize("/usr/bin/python3").unwrap();
    let version = python.file_name().unwrap().to_owned();
    let packages = venv.join("lib").join(version).join("site-packages");
    std::fs::create_dir_all(&packages).unwrap();
    std::fs::create_dir_all(venv.join("bin")).unwrap();
    std::fs::write(venv.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
    let link = venv.join("bin/python3");
    if !link.exists() {
        std::os::unix::fs::symlink("/usr/bin/python3", link).unwrap();
    }
    std::fs::write(packages.join("tests_builtins.py"), BUILTINS_SOURCE).unwrap();
    std::fs::write(packages.join("tests_classes.py"), crate::methods::SOURCE).unwrap();
    std::fs::write(packages.join("tests_members.py"), crate::members::SOURCE).unwrap();
    std::fs::write(packages.join("tests_tables.py"), crate::tables::SOURCE).unwrap();
    venv
}
