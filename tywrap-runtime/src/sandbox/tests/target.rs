//! The world that attacks aim at, and what they changed in it.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::PYTHON;

/// Files, a process, and sockets that an attack must not reach.
pub(super) struct Target {
    root: tempfile::TempDir,
    scratch: tempfile::TempDir,
    victim: std::process::Child,
    port: TcpListener,
    abstract_name: String,
    /// Connections that the two other sockets have taken.
    greeted: Arc<AtomicU32>,
    /// Opened the careless way, without close-on-exec, as any library in the host might.
    _leaked: OwnedFd,
}

impl Target {
    pub(super) fn new() -> Self {
        use std::os::linux::net::SocketAddrExt as _;
        let root = tempfile::tempdir().unwrap();
        for directory in ["victim/.ssh", "scr", "venv/lib/python3.11/site-packages"] {
            fs::create_dir_all(root.path().join(directory)).unwrap();
        }
        for file in ["victim/secret.txt", "victim/.ssh/id_rsa", "venv/pyvenv.cfg"] {
            fs::write(root.path().join(file), "secret").unwrap();
        }
        let path_socket = UnixListener::bind(root.path().join("victim/sock")).unwrap();
        // Tests run side by side, and abstract names are the whole machine's.
        static TARGETS: AtomicU32 = AtomicU32::new(0);
        let name = format!("tywrap-victim-{}-{}", std::process::id(), TARGETS.fetch_add(1, Ordering::Relaxed));
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let abstract_socket = UnixListener::bind_addr(&address).unwrap();
        let greeted = Arc::new(AtomicU32::new(0));
        for listener in [path_socket, abstract_socket] {
            let greeted = Arc::clone(&greeted);
            // Ends with the test's process; it greets whoever gets through.
            std::thread::spawn(move || {
                while let Ok((mut stream, _)) = listener.accept() {
                    greeted.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.write_all(b"hello");
                }
            });
        }
        let victim = Command::new(PYTHON)
            .args(["-I", "-S", "-c", "import time; time.sleep(600)"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let leaked = rustix::io::dup(fs::File::open("/etc/hostname").unwrap()).unwrap();
        rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        port.set_nonblocking(true).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        Self { _leaked: leaked, root, scratch, victim, port, abstract_name: name, greeted }
    }

    pub(super) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    pub(super) fn port(&self) -> u16 {
        self.port.local_addr().unwrap().port()
    }

    /// Everything that an attack could have changed, a line each.
    pub(super) fn state(&self) -> Vec<String> {
        let mut state = Vec::new();
        tree(self.root.path(), &mut state);
        let scratch = fs::symlink_metadata(self.scratch.path()).map(|it| (it.mode(), it.uid(), it.ino()));
        state.push(format!("scratch {:?}", scratch.map_err(|error| error.kind())));
        // What a worker may have there: files and directories.
        let odd = fs::read_dir(self.scratch.path())
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_file() && !kind.is_dir()));
        state.extend(odd.map(|entry| format!("scratch has {:?}", entry.file_name())));
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let here =
            |line: &&str| [self.root.path(), self.scratch.path()].iter().any(|it| line.contains(it.to_str().unwrap()));
        state.extend(mounts.lines().filter(here).map(str::to_owned));

        let victim = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", self.victim.id())).unwrap_or_default();
        let stat = victim("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        // Group, session, priority and niceness; the state only if it is dead or stopped.
        let state_of = fields.first().filter(|state| ["Z", "T", "t", "X"].contains(state));
        state.push(format!("victim {state_of:?} {:?} {:?}", fields.get(2..4), fields.get(15..17)));
        let status = victim("status");
        let of_status =
            |line: &&str| ["TracerPid", "SigPnd", "ShdPnd", "Cpus_allowed:"].iter().any(|it| line.starts_with(it));
        state.extend(status.lines().filter(of_status).map(|line| format!("victim {line}")));
        state.extend(victim("limits").lines().map(|line| format!("victim {line}")));
        state.extend(fs::read_to_string("/proc/self/limits").unwrap().lines().map(|line| format!("host {line}")));
        state.push(format!("greeted {}", self.greeted.load(Ordering::SeqCst)));
        state
    }

    /// What is not as it was, and whoever connected.
    pub(super) fn changes(&self, before: &[String]) -> Vec<String> {
        let mut after = self.state();
        while self.port.accept().is_ok() {
            after.push("a connection to the TCP port".to_owned());
        }
        let only = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|line| !those.contains(line)).cloned().collect()
        };
        let mut changes = only(before, &after);
        changes.extend(only(&after, before));
        changes
    }

    pub(super) fn fill(&self, source: &str) -> String {
        source
            .replace("@ROOT@", self.root.path().to_str().unwrap())
            .replace("@SCRATCH@", self.scratch.path().to_str().unwrap())
            .replace("@VIC@", &self.victim.id().to_string())
            .replace("@PORT@", &self.port().to_string())
            .replace("@PPID@", &std::process::id().to_string())
            .replace("tywrap-victim", &self.abstract_name)
            // Enough to pass the limit of the sandbox, and an end where there is none.
            .replace(
                "while True: x.append(bytearray(64<<20))",
                "while len(x) < 40: x.append(bytearray(64<<20))\nresult=len(x)",
            )
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
        // The positive control of the mount attack, where it had the capability.
        let _ = Command::new("/bin/umount").arg(self.scratch.path()).stderr(Stdio::null()).status();
    }
}

/// Every file below a directory; its change time tells of any change of its mode, owner, times, attributes or content.
fn tree(directory: &Path, state: &mut Vec<String>) {
    let status = fs::symlink_metadata(directory).unwrap();
    state.push(format!("{} {:o} {}.{}", directory.display(), status.mode(), status.ctime(), status.ctime_nsec()));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let status = fs::symlink_metadata(&path).unwrap();
        if status.is_dir() {
            tree(&path, state);
            continue;
        }
        let content = if status.is_file() { fs::read(&path).unwrap_or_default() } else { Vec::new() };
        let facts = (status.mode(), status.uid(), status.nlink(), status.ctime(), status.ctime_nsec());
        state.push(format!("{} {facts:?} {content:?}", path.display()));
    }
}
