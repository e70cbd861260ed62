//! Our own attempts, beyond the corpus: each is one that somebody who knows Linux would try next. The numbers are those of x86-64.

use super::*;

#[test]
fn attempts_beyond_the_corpus_are_denied() {
    let mut trials = Trials::default();
    for (what, source) in ATTEMPTS {
        trials.denied(what, &format!("{PRELUDE}\n{source}"));
    }
    trials.judge(40);
}

const ATTEMPTS: &[(&str, &str)] = &[
    // Files.
    ("by an open directory", "f=os.open('@ROOT@',os.O_PATH); result=os.open('victim/secret.txt',os.O_RDONLY,dir_fd=f)"),
    (
        "a path-only descriptor, opened anew",
        "f=os.open('@ROOT@/victim/secret.txt',os.O_PATH); result=open('/proc/self/fd/%d'%f).read()",
    ),
    ("from another working directory", "os.chdir('@ROOT@/victim'); result=open('secret.txt').read()"),
    ("by a second root", "result=open('/proc/@PPID@/root/etc/hostname').read()"),
    ("list a directory", "result=os.listdir('@ROOT@/victim')"),
    ("truncate while opening", "os.open('@ROOT@/victim/secret.txt',os.O_WRONLY|os.O_TRUNC); result='emptied'"),
    ("truncate by name", "os.truncate('@ROOT@/victim/secret.txt',0); result='truncated'"),
    ("remove a file", "os.unlink('@ROOT@/victim/secret.txt'); result='removed'"),
    ("make a directory", "os.mkdir('@ROOT@/made'); result='made'"),
    (
        "replace a file by one from scratch",
        "open('@SCRATCH@/x','w').close(); os.replace('@SCRATCH@/x','@ROOT@/victim/secret.txt'); result='replaced'",
    ),
    (
        "exchange a file with one from scratch",
        "open('@SCRATCH@/x','w').close(); sc(316,-100,ctypes.c_char_p(b'@SCRATCH@/x'),-100,ctypes.c_char_p(b'@ROOT@/victim/secret.txt'),2); result='exchanged'",
    ),
    (
        "a link to an open file",
        "f=os.open('@ROOT@/venv/pyvenv.cfg',os.O_PATH); sc(265,f,ctypes.c_char_p(b''),-100,ctypes.c_char_p(b'@SCRATCH@/l'),0x1000) if os.geteuid()==0 else os.link('@ROOT@/venv/pyvenv.cfg','@SCRATCH@/l'); result='linked'",
    ),
    ("remove scratch itself", "os.rmdir('@SCRATCH@'); result='removed'"),
    ("open scratch to everybody", "os.chmod('@SCRATCH@',0o777); result='opened up'"),
    (
        "a set-user-id file in scratch",
        "f=os.open('@SCRATCH@/s',os.O_CREAT|os.O_WRONLY,0o4755); os.fchmod(f,0o4755); result='made'",
    ),
    ("a huge sparse file", "f=open('@SCRATCH@/s','w'); f.truncate(1<<30); result='made'"),
    (
        "reserve disk space",
        "f=os.open('@SCRATCH@/s',os.O_CREAT|os.O_WRONLY); os.posix_fallocate(f,0,1<<28); result='reserved'",
    ),
    (
        "flags of a file, by a descriptor for reading",
        "import fcntl\nopen('@SCRATCH@/f','w').close(); f=os.open('@SCRATCH@/f',os.O_RDONLY)\nfcntl.ioctl(f,0x40086602,struct.pack('l',0x80)); result='flags set'",
    ),
    ("watch a file system", "result=sc(300,0x8,0)"),
    ("the kernel's symbols", "result=open('/proc/kallsyms').readline()"),
    ("the kernel's settings", "open('/proc/sys/kernel/core_pattern','r+').close(); result='opened'"),
    (
        "shared memory by name",
        "open('/dev/shm/tywrap-attempt','w').close(); os.unlink('/dev/shm/tywrap-attempt'); result='made'",
    ),
    (
        "a file in /tmp",
        "open('/tmp/tywrap-attempt-%d'%os.getpid(),'w').close(); os.unlink('/tmp/tywrap-attempt-%d'%os.getpid()); result='made'",
    ),
    // Other processes.
    ("the memory of a process", "result=open('/proc/@VIC@/mem','rb').fileno()"),
    (
        "the memory of the host, by call",
        "b=ctypes.create_string_buffer(8); v=(ctypes.c_uint64*2)(ctypes.addressof(b),8); m=int(open('/proc/@VIC@/maps').readline().split('-')[0],16); r=(ctypes.c_uint64*2)(m,8); result=sc(310,@VIC@,v,1,r,1,0)",
    ),
    ("the host's environment", "result=len(open('/proc/@PPID@/environ','rb').read())"),
    ("the host's command line", "result=open('/proc/@PPID@/cmdline').read()[:10]"),
    ("a list of processes", "result=len(os.listdir('/proc'))"),
    ("a handle of a process", "result=sc(434,@VIC@,0)"),
    ("a handle of the host", "result=sc(434,@PPID@,0)"),
    ("trace the host", "sc(101,0x4206,@PPID@,0,0); result='traced'"),
    ("compare with a process", "result=sc(312,os.getpid(),@VIC@,2,0,0) or 1"),
    ("move another's pages", "sc(279,@VIC@,0,None,None,None,0); result='asked'"),
    ("signal a process", "os.kill(@VIC@,0); result='signalled'"),
    ("signal the host", "os.kill(@PPID@,0); result='signalled'"),
    ("signal everybody", "os.kill(-1,0); result='signalled'"),
    ("signal the host's group", "os.killpg(os.getpgid(@PPID@),0); result='signalled'"),
    ("signal a thread", "sc(200,@VIC@,0); result='signalled'"),
    ("queue a signal", "sc(129,@VIC@,0,ctypes.c_char_p(struct.pack('iii',0,0,-1)+bytes(116))); result='queued'"),
    (
        "signal by a descriptor's owner",
        "import fcntl\nr,w=os.pipe(); fcntl.fcntl(r,fcntl.F_SETOWN,@VIC@); result='owner set'",
    ),
    (
        "signal by a socket's owner",
        "import fcntl\na,b=socket.socketpair(); fcntl.ioctl(a,0x8901,struct.pack('i',@VIC@)); result='owner set'",
    ),
    ("pin a process to a processor", "os.sched_setaffinity(@VIC@,{0}); result='pinned'"),
    ("schedule a process", "os.sched_setscheduler(@VIC@,os.SCHED_BATCH,os.sched_param(0)); result='scheduled'"),
    ("slow a process's disk down", "sc(251,1,@VIC@,(3<<13)); result='slowed'"),
    // Other programs.
    ("start a program", "os.posix_spawn('/bin/echo',['echo','GOT it'],{}); result='started'"),
    (
        "from a thread",
        "import threading\nt=threading.Thread(target=lambda: os.execv('/bin/echo',['echo','GOT it'])); t.start(); t.join()",
    ),
    ("a process like this one", "p=os.fork()\nif p==0: os._exit(0)\nos.waitpid(p,0); result='forked'"),
    ("a process that shares memory", "import subprocess; result=subprocess.run(['/bin/true']).returncode or 'ran'"),
    ("the interpreter again", "os.execv('/usr/bin/python3',['p','-c','print(\\'{\"ok\":\"RE-EXEC\"}\\')'])"),
    (
        "the interpreter, by descriptor",
        "f=os.open('/usr/bin/python3',os.O_RDONLY); os.execve(f,['p','-c','print(\\'{\"ok\":\"RE-EXEC\"}\\')'],{})",
    ),
    (
        "a program from memory",
        "f=os.memfd_create('x'); os.write(f,open('/bin/echo','rb').read()); os.execve(f,['x','GOT program'],{})",
    ),
    (
        "a program from scratch",
        "f=os.open('@SCRATCH@/p',os.O_CREAT|os.O_WRONLY,0o755); os.write(f,open('/bin/echo','rb').read()); os.close(f); os.execv('@SCRATCH@/p',['x','GOT program'])",
    ),
    // The network.
    ("UDP", "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.sendto(b'x',('127.0.0.1',9)); result='sent'"),
    ("TCP", "result=socket.create_connection(('127.0.0.1',@PORT@)).fileno()"),
    (
        "Multipath TCP",
        "s=socket.socket(socket.AF_INET,socket.SOCK_STREAM,262); s.connect(('127.0.0.1',@PORT@)); result='connected'",
    ),
    (
        "TCP, fast open",
        "s=socket.socket(socket.AF_INET,socket.SOCK_STREAM); s.sendto(b'x',0x20000000,('127.0.0.1',@PORT@)); result='sent'",
    ),
    ("IPv6", "result=socket.socket(socket.AF_INET6,socket.SOCK_STREAM).fileno()"),
    // A pair of datagram sockets can be connected anew, to anybody's socket.
    ("a pair of datagram sockets", "a,b=socket.socketpair(socket.AF_UNIX,socket.SOCK_DGRAM); result='pair'"),
    (
        "a server in scratch",
        "s=socket.socket(socket.AF_UNIX); s.bind('@SCRATCH@/sock'); s.listen(); result='listening'",
    ),
    // Privileges and limits.
    ("another user", "os.setuid(1); result='changed'"),
    ("groups", "os.setgroups([1]); result='changed'"),
    (
        "raise a limit",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS,(resource.RLIM_INFINITY,)*2); result='raised'",
    ),
    ("be readable by others", "sc(157,4,0,0,0,0); sc(157,4,1,0,0,0); result='dumpable again'"),
    ("no address randomisation", "sc(135,0x0040000); result='changed'"),
    ("a root of its own", "os.chroot('@SCRATCH@'); result='changed'"),
    ("a network of its own", "sc(272,0x40000000); result='made'"),
    ("a copy of the file tree", "result=sc(428,-100,ctypes.c_char_p(b'/'),1)"),
    // The kernel.
    ("memory that no limit counts", "os.memfd_create('x'); result='made'"),
    ("memory that the kernel cannot see", "result=sc(447,0)"),
    ("page faults of its own", "result=sc(323,1)"),
    ("contexts that the whole machine shares", "c=ctypes.c_ulong(0); sc(206,1024,ctypes.byref(c)); result='made'"),
    ("a key", "result=sc(248,ctypes.c_char_p(b'user'),ctypes.c_char_p(b'tywrap'),ctypes.c_char_p(b'x'),1,-2)"),
    ("the kernel's messages", "result=sc(103,10,0,0)"),
    // A number beyond those that the filter knows, here setxattrat. Outside the kernel reads its arguments (EFAULT).
    (
        "a call newer than the filter",
        "try: sc(463,-100,None,0,None,None,0)\nexcept OSError as e:\n    if e.errno==38: raise\n    result='reached the kernel'",
    ),
];
