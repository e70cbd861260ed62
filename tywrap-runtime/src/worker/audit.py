# What Python itself says of what is done in it. Telemetry: code that runs here can keep it from being told.

# Events of operations that the sandbox is there to stop, by where they begin. `open` is one if it is to write.
WATCHED = (
    "ctypes.dlopen",
    "open",
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.removexattr",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.symlink",
    "os.system",
    "os.truncate",
    "os.utime",
    "pty.spawn",
    "signal.pthread_kill",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostby",
    "socket.sendmsg",
    "socket.sendto",
    "subprocess.Popen",
)
MOST_REPORTS = 16  # Of one event.
MOST_DETAIL = 200  # Characters.

# Of what comes up all the time, most is over here at the price of one look-up.
watched = {}


def audit(event, args):
    left = watched.get(event)
    if left is None:
        left = watched[event] = MOST_REPORTS if event.startswith(WATCHED) else 0
    if not left or event == "open" and not is_for_writing(args):
        return
    try:
        detail = detail_of(event, args)
        if detail is None:
            return
        watched[event] = left - 1
        pipe.log("audit", f"{event} {detail}"[:MOST_DETAIL])
    except Exception:
        # What is reported goes on, whether or not it could be reported.
        pass


def is_for_writing(args):
    flags = args[2] if len(args) > 2 else 0
    return type(flags) is int and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC) != 0


def detail_of(event, args):
    """What it is about, without anything that may be a secret; nothing where it is about nothing."""
    if event.startswith("os.system"):
        return ""
    if event.startswith("socket."):
        address = args[0] if event.startswith("socket.get") else args[-1]
        parts = address[:2] if type(address) is tuple else (address,)
        return ":".join(str(part) for part in parts if type(part) in (str, int))
    about = args[0] if args else ""
    if event == "ctypes.dlopen" and about is None:
        # The program itself, which `import ctypes` opens.
        return None
    about = about.decode("utf-8", "surrogateescape") if type(about) is bytes else about
    if event.startswith(("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate")) and is_in_scratch(about):
        return None
    return str(about) if type(about) in (str, int) else ""


def is_in_scratch(path):
    """Whether a file lies where a worker may write, as far as its name tells."""
    if not limits.scratch or type(path) is not str:
        return False
    files = importing("os")
    return (files.path.abspath(path) + "/").startswith(files.environ.get("TMPDIR", "/nowhere") + "/")
