//! Twenty attacks on what the sandbox guards. Each is Python that leaves `result` if it got through, and harms nothing but what
//! [`super::Range`] has set up for it.

use tywrap_policy::section::Property;

/// An attack.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// What it tries, as a sentence fragment.
    pub what: &'static str,
    /// What it would break.
    pub property: Property,
    /// Python. `@ROOT@` is a directory outside the sandbox, `@PORT@` a TCP port that listens, `@VICTIM@` another process.
    pub(super) source: &'static str,
}

const fn attack(property: Property, what: &'static str, source: &'static str) -> Attack {
    Attack { what, property, source }
}

/// The attacks, by property.
pub const ATTACKS: [Attack; 20] = {
    use Property::{Exec, Filesystem, Memory, Network, Signals};
    [
        attack(Filesystem, "read a file outside", "result=open('@ROOT@/secret').read()"),
        attack(Filesystem, "list a directory outside", "result=os.listdir('@ROOT@')"),
        attack(Filesystem, "write a file outside", "open('@ROOT@/written','w').write('x'); result=1"),
        attack(Filesystem, "delete a file outside", "os.unlink('@ROOT@/spare'); result=1"),
        attack(Filesystem, "make a file readable to all", "os.chmod('@ROOT@/secret',0o777); result=1"),
        attack(Filesystem, "change a file's times", "os.utime('@ROOT@/secret',(1,1)); result=1"),
        attack(Filesystem, "truncate a file", "os.truncate('@ROOT@/secret',0); result=1"),
        attack(Filesystem, "watch a directory", "f=sc(294,0); sc(254,f,b'@ROOT@',0x100); result=1"),
        attack(Exec, "run a program", "import subprocess; result=subprocess.run(['/bin/true']).returncode+1"),
        attack(Exec, "make a process", "pid=os.fork()\nif pid==0: os._exit(0)\nos.waitpid(pid,0); result=1"),
        attack(
            Exec,
            "run the interpreter again",
            "import sys\nos.execv(sys.executable,['python3','-c','print(\"GOT again\")'])",
        ),
        attack(
            Exec,
            "run a program from memory",
            "f=sc(319,b'x',0); os.write(f,open('/bin/echo','rb').read()); os.execve(f,['echo','GOT memory'],{})",
        ),
        attack(
            Network,
            "connect to a TCP port",
            "import socket; socket.create_connection(('127.0.0.1',@PORT@)); result=1",
        ),
        attack(
            Network,
            "send a datagram",
            "import socket; socket.socket(socket.AF_INET,socket.SOCK_DGRAM).sendto(b'x',('127.0.0.1',@PORT@)); result=1",
        ),
        attack(
            Network,
            "connect to a Unix socket",
            "import socket; s=socket.socket(socket.AF_UNIX); s.connect('@ROOT@/socket'); result=1",
        ),
        attack(Network, "make an io_uring", "result=sc(425,1,ctypes.create_string_buffer(256))+1"),
        attack(Signals, "signal another process", "os.kill(@VICTIM@,0); result=1"),
        attack(
            Signals,
            "change another process's limits",
            "import resource; resource.prlimit(@VICTIM@,resource.RLIMIT_CORE,(0,0)); result=1",
        ),
        attack(Memory, "take more memory than the limit", "import mmap; m=mmap.mmap(-1,@MEMORY@); result=1"),
        attack(Memory, "take memory that no limit counts", "result=sc(319,b'x',0)+1"),
    ]
};
