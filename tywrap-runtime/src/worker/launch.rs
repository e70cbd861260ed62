//! Starting a worker.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::OFlags;
use tywrap_policy::Policy;

use super::greeting::hello;
use super::scratch::Scratch;
use crate::bytecode::{ByteCode, MODULE, NOWHERE};
use crate::host::{Interpreter, Settings};
use crate::sandbox::SandboxSpec;
use crate::subprocess::{Child, SpawnError, Subprocess};
use crate::value::Value;

/// The worker's program: one source, in this order. Modules of their own would each have to be compiled and found at start.
pub(crate) const SOURCE: &str = concat!(
    include_str!("frames.py"),
    "\n\n",
    include_str!("memory.py"),
    "\n\n",
    include_str!("classes.py"),
    "\n\n",
    include_str!("values.py"),
    "\n\n",
    include_str!("rows.py"),
    "\n\n",
    include_str!("calls.py"),
    "\n\n",
    include_str!("tasks.py"),
    "\n\n",
    include_str!("callbacks.py"),
    "\n\n",
    include_str!("audit.py"),
    "\n\n",
    include_str!("objects.py"),
    "\n\n",
    include_str!("tables.py"),
    "\n\n",
    include_str!("made_tables.py"),
    "\n\n",
    include_str!("scalars.py"),
    "\n\n",
    include_str!("main.py"),
);

/// Capacity asked of each pipe, in bytes: the most that Linux gives without privileges. Large arrays take fewer turns.
const PIPE: usize = 1 << 20;

/// How glibc allocates in a worker: up to 64 MiB of what was freed are kept, and arrays below 32 MiB, which is the most it takes, come from there. To
/// get the pages of an array from the kernel for each call would take longer than most of what is done with them.
const ALLOCATOR: &str = "glibc.malloc.trim_threshold=67108864:glibc.malloc.mmap_threshold=33554432";

/// A worker that has just been started, with the host's ends of its pipes, none of which blocks.
pub(super) struct Launched {
    pub(super) child: Child,
    pub(super) stdin: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    pub(super) scratch: Option<Scratch>,
}

/// What every worker is started by, and told first.
#[derive(Debug)]
pub(crate) struct Launcher {
    pub(super) command: Subprocess,
    /// What the `HELLO` says to each.
    pub(super) hello: Vec<(Value, Value)>,
}

impl Launcher {
    pub(crate) fn new(policy: &Policy, interpreter: &Interpreter, byte_code: Option<&ByteCode>) -> Self {
        let hello = hello(&Settings::new(policy), &policy.sandbox().network, &interpreter.site, byte_code);
        Self { command: command(policy, interpreter, byte_code), hello }
    }

    /// The name of the program.
    pub(crate) fn name(&self) -> &str {
        self.command.name()
    }
}

/// What every worker is started by. It finds byte code here and nowhere else.
pub(crate) fn command(policy: &Policy, interpreter: &Interpreter, byte_code: Option<&ByteCode>) -> Subprocess {
    let Some(ByteCode { start, code, program }) = byte_code else {
        return python(policy, interpreter, Some(Path::new(NOWHERE)), SOURCE);
    };
    // A string of JSON is one of Python, too.
    let directory = serde_json::Value::from(program.to_string_lossy());
    let source =
        format!("import sys\nsys.path[:0] = [{directory}]\nimport {MODULE}\ndel sys.path[0]\n{MODULE}.serve()\n");
    python(policy, interpreter, Some(start), &source).reading(code).reading(program)
}

/// A program of tywrap's own, in Python and in the sandbox. Without a directory for byte code it reads what lies beside the sources.
pub(crate) fn python(policy: &Policy, interpreter: &Interpreter, byte_code: Option<&Path>, source: &str) -> Subprocess {
    let mut sandbox = interpreter.read.iter().fold(SandboxSpec::new(policy.sandbox()), SandboxSpec::read);
    let mut command = Subprocess::pinned(policy, &interpreter.program);
    // Isolated: no environment variable, working directory, `site` or `.pth` file decides what is imported, and nothing
    // is written beside the modules.
    for option in ["-I", "-S", "-B", "-X", "utf8"] {
        command = command.fixed_arg(option);
    }
    if let Some(byte_code) = byte_code {
        command = command.fixed_arg("-X").fixed_arg(format!("pycache_prefix={}", byte_code.display()));
        sandbox = sandbox.read(byte_code);
    }
    command
        .fixed_arg("-c")
        .fixed_arg(source)
        .inherit_env()
        // It executes nothing. Libraries that look a program up find what everybody may see, and no more.
        .fixed_env("PATH", "/usr/bin:/bin")
        .fixed_env("GLIBC_TUNABLES", ALLOCATOR)
        .sandbox(sandbox)
}

/// Starts a worker, with a directory to write in if it is to have one. It dies with the thread that calls this.
pub(super) fn launch(command: &Subprocess, has_scratch: bool) -> Result<Launched, SpawnError> {
    let scratch = has_scratch.then(Scratch::new).transpose();
    let scratch = scratch.map_err(|error| SpawnError::System { action: "making a scratch directory", error })?;
    let mut child = match &scratch {
        // Python's `tempfile` goes by this variable.
        Some(scratch) => command.clone().scratch(scratch.path()).fixed_env("TMPDIR", scratch.path()).spawn()?,
        None => command.spawn()?,
    };
    let (Some(stdin), Some(stdout), Some(stderr)) = (child.take_stdin(), child.take_stdout(), child.take_stderr())
    else {
        let error = std::io::Error::other("a spawned program has three pipes");
        return Err(SpawnError::System { action: "taking the pipes of a worker", error });
    };
    for pipe in [&stdin, &stdout, &stderr] {
        rustix::fs::fcntl_setfl(pipe, OFlags::NONBLOCK)
            .map_err(|error| SpawnError::System { action: "preparing the pipes of a worker", error: error.into() })?;
    }
    #[cfg(target_os = "linux")]
    for pipe in [&stdin, &stdout] {
        // A user who has many pipes gets small ones; they carry the same.
        let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE);
    }
    Ok(Launched { child, stdin, stdout, stderr, scratch })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::process::Command;

    use super::SOURCE;

    /// What Python's own `json` and its C parts make of the same values.
    #[test]
    fn a_python_without_the_c_parts_of_json_says_the_same() {
        const VALUES: &str = "[None, True, -5, 1.5, -0.0, 1e22, '\\u00e9\\u2028\\0\"', [], {}, {'a': [1, {'b': 'c'}]}]";
        let said = |first: &str| {
            let program = format!(
                "import sys\n{first}\nspace = {{'__name__': 'worker'}}\nexec(sys.argv[1], space)\n\
                 texts = [space['encode_json'](value) for value in {VALUES}]\n\
                 assert [space['decode_json'](text) for text in texts] == {VALUES}\n\
                 print('C' if hasattr(space['scan'], 'strict') else 'Python', texts, file=sys.stderr)"
            );
            let ended = Command::new("/usr/bin/python3").args(["-I", "-S", "-c", &program, SOURCE]).output().unwrap();
            let printed = String::from_utf8(ended.stderr).unwrap();
            assert!(ended.status.success(), "{printed}");
            let (which, texts) = printed.split_once(' ').unwrap();
            (which.to_owned(), texts.to_owned())
        };
        let (with, without) = (said(""), said("sys.modules['_json'] = None"));
        assert_eq!((&*with.0, &*without.0), ("C", "Python"));
        assert_eq!(with.1, without.1);
    }

    /// What comes of it is the same; that Python goes through it item by item is spared.
    #[test]
    fn what_stands_beside_rows_goes_as_it_is() {
        let program = "import sys\nspace = {'__name__': 'worker'}\nexec(sys.argv[1], space)\n\
                       rows = [{'a': n} for n in range(16)]\n\
                       print(space['encode']({'r': rows, 'p': [1, [2]], 'n': [float('inf')]})[0], file=sys.stderr)\n\
                       print(space['encode_arguments']([rows, {'p': []}], {'k': [1]})[0], file=sys.stderr)";
        let ended = Command::new("/usr/bin/python3").args(["-I", "-S", "-c", program, SOURCE]).output().unwrap();
        let rows = r#"["rows",16,["a"],["ints",0]]"#;
        assert_eq!(
            String::from_utf8(ended.stderr).unwrap(),
            format!(
                "{{\"r\":{rows},\"p\":[\"plain\",[1,[2]]],\"n\":[\"list\",[\"float\",\"inf\"]]}}\n\
                 [[{rows},[\"plain\",{{\"p\":[]}}]],{{\"k\":[\"plain\",[1]]}}]\n"
            )
        );
    }
}
