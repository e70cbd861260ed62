//! The system calls a sandboxed process may not make.
//!
//! Two filters. The first answers `ENOSYS`, as an older kernel would, to every call that is newer than this file, to the
//! x32 numbers and to `clone3`, whose flags lie in memory where no filter can read them; the C library then falls back
//! to `clone`. The second answers `EPERM` to what this file names. A wrong architecture (`int 0x80`) kills.
//!
//! With `strict-syscalls` a third one answers `ENOSYS` to whatever [`super::allowed`] does not list.
//!
//! The second filter also is the *exec gate*. A filter cannot forbid `execve` without forbidding the very exec that
//! starts the program, so it allows exactly one call, by the addresses of its arguments: the path, the argument vector
//! and the environment lie in pages mapped at random places before (see [`super::secret`]), and the new
//! program's address space has nothing there. To pass the gate, code inside would have to guess three 35-bit page numbers at once.

use std::collections::BTreeMap;
use std::io;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};

use tywrap_policy::section::Network;

use super::allowed;

/// Stands in a filter where the process's own pid belongs, which is known only after the clone. Larger than any pid.
const OWN_PID: u32 = 0x7fff_fff1;

/// The first call number this file knows nothing about. From 424 on the numbers are the same on every architecture.
const FIRST_UNKNOWN: u32 = 463;

/// The addresses of the three arguments of the one `execveat` that is let through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExecGate {
    pub(crate) path: u64,
    pub(crate) argv: u64,
    pub(crate) envp: u64,
}

/// Filters, compiled, in the order of installation.
pub(crate) struct Filters {
    programs: Vec<BpfProgram>,
}

impl Filters {
    /// Everything that a Python worker has no use for; with `strict` also everything that is not known to be of use.
    pub(crate) fn worker(network: &Network, strict: bool, gate: ExecGate) -> io::Result<Self> {
        let mut denied = Denied::default();
        denied.group();
        denied.exec(gate);
        denied.processes();
        denied.network(network);
        denied.metadata();
        denied.memory();
        denied.kernel();
        let mut programs = vec![unknown_calls(), denied.compile()?];
        if strict {
            programs.push(allowed_calls()?);
        }
        Ok(Self { programs })
    }

    /// Only what keeps a command within its process group, so that killing the group reaches all of it.
    pub(crate) fn group() -> io::Result<Self> {
        let mut denied = Denied::default();
        denied.group();
        Ok(Self { programs: vec![denied.compile()?] })
    }

    /// Puts the pid in. Called between clone and exec: it writes to memory that is already there and calls nothing.
    pub(crate) fn set_own_pid(&mut self, pid: u32) {
        for instruction in self.programs.iter_mut().flatten() {
            if instruction.k == OWN_PID {
                instruction.k = pid;
            }
        }
    }

    pub(crate) fn programs(&self) -> &[BpfProgram] {
        &self.programs
    }
}

#[derive(Default)]
struct Denied {
    rules: BTreeMap<i64, Vec<Vec<Test>>>,
}

/// One comparison of an argument of a call.
#[derive(Clone, Copy)]
struct Test {
    argument: u8,
    width: Width,
    comparison: Comparison,
    value: u64,
}

#[derive(Clone, Copy)]
enum Width {
    /// The kernel takes an `int` and ignores the upper half of the register, so the filter must, too.
    Int,
    Pointer,
}

#[derive(Clone, Copy)]
enum Comparison {
    Is,
    IsNot,
    /// The bits of the mask have the value.
    Masked(u64),
}

fn int(argument: u8, comparison: Comparison, value: u64) -> Test {
    Test { argument, width: Width::Int, comparison, value }
}

fn pointer(argument: u8, comparison: Comparison, value: u64) -> Test {
    Test { argument, width: Width::Pointer, comparison, value }
}

use Comparison::{Is, IsNot, Masked};

impl Denied {
    fn always(&mut self, calls: &[c_long]) {
        for call in calls {
            self.rules.insert(*call, Vec::new());
        }
    }

    /// Denied where all tests hold; several such for one call are alternatives.
    fn when(&mut self, call: c_long, tests: &[Test]) {
        let alternatives = self.rules.entry(call).or_default();
        alternatives.push(tests.to_vec());
    }

    /// Leaving the session or group, or outliving the host.
    fn group(&mut self) {
        self.always(&[libc::SYS_setsid, libc::SYS_setpgid]);
        self.when(libc::SYS_prctl, &[int(0, Is, libc::PR_SET_PDEATHSIG as u64)]);
    }

    fn exec(&mut self, gate: ExecGate) {
        self.always(&[libc::SYS_execve]);
        for (argument, address) in [(1, gate.path), (2, gate.argv), (3, gate.envp)] {
            self.when(libc::SYS_execveat, &[pointer(argument, IsNot, address)]);
        }
    }

    /// New processes, and power over other ones.
    fn processes(&mut self) {
        #[cfg(target_arch = "x86_64")]
        self.always(&[libc::SYS_fork, libc::SYS_vfork]);
        let thread = libc::CLONE_THREAD as u64;
        self.when(libc::SYS_clone, &[pointer(0, Masked(thread), 0)]);
        for namespace in [
            libc::CLONE_NEWUSER,
            libc::CLONE_NEWNS,
            libc::CLONE_NEWPID,
            libc::CLONE_NEWNET,
            libc::CLONE_NEWIPC,
            libc::CLONE_NEWUTS,
            libc::CLONE_NEWCGROUP,
        ] {
            self.when(libc::SYS_clone, &[pointer(0, Masked(namespace as u64), namespace as u64)]);
        }
        self.always(&[libc::SYS_unshare, libc::SYS_setns]);

        // Signals reach this process only: `kill(0)`, `kill(-1)` and `kill(-group)` are other values than its pid.
        let own = u64::from(OWN_PID);
        for call in
            [libc::SYS_kill, libc::SYS_tgkill, libc::SYS_tkill, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo]
        {
            self.when(call, &[int(0, IsNot, own)]);
        }
        // A descriptor's owner is signalled on input, whoever that is.
        for command in
            [libc::F_SETOWN, 15 /* F_SETOWN_EX */, 10 /* F_SETSIG */, libc::F_SETLEASE, libc::F_NOTIFY]
        {
            self.when(libc::SYS_fcntl, &[int(1, Is, command as u64)]);
        }
        for request in [0x8901_u64 /* FIOSETOWN */, 0x8902 /* SIOCSPGRP */] {
            self.when(libc::SYS_ioctl, &[int(1, Is, request)]);
        }
        // Pid 0 means the caller.
        for call in [
            libc::SYS_prlimit64,
            libc::SYS_sched_setaffinity,
            libc::SYS_sched_setscheduler,
            libc::SYS_sched_setparam,
            libc::SYS_sched_setattr,
        ] {
            self.when(call, &[int(0, IsNot, 0), int(0, IsNot, own)]);
        }
        self.when(libc::SYS_setpriority, &[int(0, IsNot, libc::PRIO_PROCESS as u64)]);
        self.when(libc::SYS_setpriority, &[int(1, IsNot, 0), int(1, IsNot, own)]);
        self.always(&[
            libc::SYS_ioprio_set,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_process_madvise,
            libc::SYS_process_mrelease,
            libc::SYS_kcmp,
            libc::SYS_migrate_pages,
            libc::SYS_move_pages,
            libc::SYS_pidfd_open,
            libc::SYS_pidfd_send_signal,
            libc::SYS_pidfd_getfd,
        ]);
        for option in [libc::PR_SET_PTRACER as u64, libc::PR_SET_MM as u64, libc::PR_SCHED_CORE as u64] {
            self.when(libc::SYS_prctl, &[int(0, Is, option)]);
        }
        // A dumpable process can be read by others of the same user; it may give that up, not take it.
        self.when(libc::SYS_prctl, &[int(0, Is, libc::PR_SET_DUMPABLE as u64), int(1, IsNot, 0)]);
    }

    fn network(&mut self, network: &Network) {
        // A pair is how event loops wake themselves. A datagram pair could be connected anew, to a system log for one;
        // streams and sequenced packets stay with each other.
        self.when(libc::SYS_socketpair, &[int(0, IsNot, libc::AF_UNIX as u64)]);
        let kind = 0xf;
        self.when(libc::SYS_socketpair, &[int(1, Masked(kind), libc::SOCK_DGRAM as u64)]);
        for other in [libc::SOCK_RAW, libc::SOCK_RDM, 6 /* SOCK_DCCP */, 10 /* SOCK_PACKET */] {
            self.when(libc::SYS_socketpair, &[int(1, Masked(kind), other as u64)]);
        }
        self.always(&[libc::SYS_bind, libc::SYS_listen, libc::SYS_accept, libc::SYS_accept4]);
        match network {
            Network::Deny => self.always(&[libc::SYS_socket, libc::SYS_connect]),
            Network::AllowTcp(_) => {
                // Landlock judges the port, in connect(2), so there must be no other way to reach one: no other family,
                // no other type, no protocol but TCP itself (Multipath TCP is not mediated), and no connecting by sending.
                let (ip4, ip6) = (libc::AF_INET as u64, libc::AF_INET6 as u64);
                self.when(libc::SYS_socket, &[int(0, IsNot, ip4), int(0, IsNot, ip6)]);
                for other in (0..16).filter(|other| *other != libc::SOCK_STREAM as u64) {
                    self.when(libc::SYS_socket, &[int(1, Masked(kind), other)]);
                }
                self.when(libc::SYS_socket, &[int(2, IsNot, 0), int(2, IsNot, libc::IPPROTO_TCP as u64)]);
                let fast_open = libc::MSG_FASTOPEN as u64;
                for (call, flags) in [(libc::SYS_sendto, 3), (libc::SYS_sendmsg, 2), (libc::SYS_sendmmsg, 3)] {
                    self.when(call, &[int(flags, Masked(fast_open), fast_open)]);
                }
            }
        }
    }

    /// Changes that Landlock does not see: modes, owners, times, attributes; and truncation, which it sees from ABI 3 on.
    fn metadata(&mut self) {
        #[cfg(target_arch = "x86_64")]
        self.always(&[
            libc::SYS_chmod,
            libc::SYS_chown,
            libc::SYS_lchown,
            libc::SYS_utime,
            libc::SYS_utimes,
            libc::SYS_futimesat,
            libc::SYS_mknod,
            libc::SYS_symlink,
            libc::SYS_link,
        ]);
        self.always(&[
            libc::SYS_fchmod,
            libc::SYS_fchmodat,
            452, // fchmodat2
            libc::SYS_fchown,
            libc::SYS_fchownat,
            libc::SYS_utimensat,
            libc::SYS_setxattr,
            libc::SYS_lsetxattr,
            libc::SYS_fsetxattr,
            libc::SYS_removexattr,
            libc::SYS_lremovexattr,
            libc::SYS_fremovexattr,
            libc::SYS_truncate,
            libc::SYS_mknodat,
            libc::SYS_symlinkat,
            libc::SYS_linkat,
        ]);
        // An owner may set these through a descriptor that is open for reading only.
        for request in [
            0x4008_6602_u64, // FS_IOC_SETFLAGS
            0x4004_6602,     // FS_IOC32_SETFLAGS
            0x401c_5820,     // FS_IOC_FSSETXATTR
            0x4008_7602,     // FS_IOC_SETVERSION
            0x4080_6685,     // FS_IOC_ENABLE_VERITY
            0x800c_6613,     // FS_IOC_SET_ENCRYPTION_POLICY
        ] {
            self.when(libc::SYS_ioctl, &[int(1, Is, request)]);
        }
        #[cfg(target_arch = "x86_64")]
        self.always(&[libc::SYS_inotify_init]);
        self.always(&[
            libc::SYS_inotify_init1,
            libc::SYS_inotify_add_watch,
            libc::SYS_fanotify_init,
            libc::SYS_fanotify_mark,
            libc::SYS_name_to_handle_at,
            libc::SYS_open_by_handle_at,
        ]);
    }

    /// Memory that the limit on the address space does not count, and memory shared with others.
    fn memory(&mut self) {
        self.always(&[
            libc::SYS_memfd_create,
            447, // memfd_secret
            libc::SYS_shmget,
            libc::SYS_shmat,
            libc::SYS_shmctl,
            libc::SYS_shmdt,
            libc::SYS_msgget,
            libc::SYS_msgsnd,
            libc::SYS_msgrcv,
            libc::SYS_msgctl,
            libc::SYS_semget,
            libc::SYS_semop,
            libc::SYS_semtimedop,
            libc::SYS_semctl,
            libc::SYS_mq_open,
            libc::SYS_mq_unlink,
            libc::SYS_mq_timedsend,
            libc::SYS_mq_timedreceive,
            libc::SYS_mq_notify,
            libc::SYS_mq_getsetattr,
        ]);
    }

    /// Parts of the kernel with a history of holes, and those for administrators.
    fn kernel(&mut self) {
        #[cfg(target_arch = "x86_64")]
        self.always(&[
            libc::SYS_modify_ldt,
            libc::SYS_iopl,
            libc::SYS_ioperm,
            libc::SYS_uselib,
            libc::SYS_ustat,
            libc::SYS_sysfs,
        ]);
        self.always(&[
            // Its contexts are counted for the whole machine: whoever takes them all keeps databases from starting.
            libc::SYS_io_setup,
            libc::SYS_io_submit,
            libc::SYS_io_uring_setup,
            libc::SYS_io_uring_enter,
            libc::SYS_io_uring_register,
            libc::SYS_bpf,
            libc::SYS_perf_event_open,
            libc::SYS_userfaultfd,
            libc::SYS_keyctl,
            libc::SYS_add_key,
            libc::SYS_request_key,
            libc::SYS_mount,
            libc::SYS_umount2,
            libc::SYS_pivot_root,
            libc::SYS_chroot,
            libc::SYS_open_tree,
            libc::SYS_move_mount,
            libc::SYS_fsopen,
            libc::SYS_fsconfig,
            libc::SYS_fsmount,
            libc::SYS_fspick,
            libc::SYS_mount_setattr,
            457, // statmount
            458, // listmount
            460, // lsm_set_self_attr
            libc::SYS_swapon,
            libc::SYS_swapoff,
            libc::SYS_init_module,
            libc::SYS_finit_module,
            libc::SYS_delete_module,
            libc::SYS_kexec_load,
            libc::SYS_reboot,
            libc::SYS_sethostname,
            libc::SYS_setdomainname,
            libc::SYS_settimeofday,
            libc::SYS_clock_settime,
            libc::SYS_adjtimex,
            libc::SYS_clock_adjtime,
            libc::SYS_acct,
            libc::SYS_quotactl,
            libc::SYS_quotactl_fd,
            libc::SYS_nfsservctl,
            libc::SYS_lookup_dcookie,
            libc::SYS_vhangup,
            libc::SYS_syslog,
            libc::SYS_remap_file_pages,
        ]);
        // Asking for the current personality is harmless; another one can switch address randomisation off.
        self.when(libc::SYS_personality, &[int(0, IsNot, 0xffff_ffff)]);
        // Typing into the terminal of whoever started the host.
        for request in [libc::TIOCSTI, 0x541c /* TIOCLINUX */] {
            self.when(libc::SYS_ioctl, &[int(1, Is, request)]);
        }
    }

    fn compile(self) -> io::Result<BpfProgram> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
        for (call, alternatives) in self.rules {
            let mut compiled = Vec::with_capacity(alternatives.len());
            for tests in alternatives {
                let conditions = tests.into_iter().map(condition).collect::<Result<Vec<_>, _>>().map_err(other)?;
                compiled.push(SeccompRule::new(conditions).map_err(other)?);
            }
            rules.insert(call, compiled);
        }
        SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM as u32), architecture()?)
            .map_err(other)?
            .try_into()
            .map_err(other)
    }
}

/// Answers every call that is not listed as a kernel that does not know it: the C library and others then do without. Of several
/// filters the strictest answer counts, so this one takes nothing back.
fn allowed_calls() -> io::Result<BpfProgram> {
    let rules = allowed::calls().map(|call| (call, Vec::new())).collect();
    SeccompFilter::new(rules, SeccompAction::Errno(libc::ENOSYS as u32), SeccompAction::Allow, architecture()?)
        .map_err(other)?
        .try_into()
        .map_err(other)
}

fn condition(test: Test) -> Result<SeccompCondition, seccompiler::BackendError> {
    let width = match test.width {
        Width::Int => SeccompCmpArgLen::Dword,
        Width::Pointer => SeccompCmpArgLen::Qword,
    };
    let operator = match test.comparison {
        Comparison::Is => SeccompCmpOp::Eq,
        Comparison::IsNot => SeccompCmpOp::Ne,
        Comparison::Masked(mask) => SeccompCmpOp::MaskedEq(mask),
    };
    SeccompCondition::new(test.argument, width, operator, test.value)
}

fn architecture() -> io::Result<TargetArch> {
    std::env::consts::ARCH.try_into().map_err(other)
}

/// Calls this file does not know, answered as a kernel that does not know them either.
fn unknown_calls() -> BpfProgram {
    let load_number = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let at_least = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let answer = libc::BPF_RET | libc::BPF_K;
    let instruction = |code: u32, jt, jf, k| sock_filter { code: code as u16, jt, jf, k };
    vec![
        instruction(load_number, 0, 0, 0),
        instruction(at_least, 1, 0, FIRST_UNKNOWN),
        instruction(equal, 0, 1, libc::SYS_clone3 as u32),
        instruction(answer, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        instruction(answer, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}
