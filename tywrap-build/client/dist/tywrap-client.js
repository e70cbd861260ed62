// The tywrap client. MIT OR Apache-2.0. Built from tywrap-build/client; do not edit.
/** The operations on objects, whatever their class: slot 0, which is open on every connection. */
const OBJECTS = { name: "object", digest: "", names: ["iterate", "next", "close", "take", "str", "repr", "leave"], classes: [] };
/** Positions in {@link OBJECTS}. */
const ITERATE = 0;
const NEXT = 1;
const CLOSE = 2;
const TAKE = 3;
const STR = 4;
const REPR = 5;
const LEAVE = 6;

/**
 * The base of every error that this client throws.
 *
 * The classes below it have a `name` of a type of their own, so that TypeScript tells them apart after `instanceof`.
 */
class TywrapError extends Error {
    /** Stable kebab-case code, such as `module-blocked`. */
    code;
    /**
     * @param message what happened, and what to do next
     * @param code stable kebab-case code
     * @param options as for `Error`
     */
    constructor(message, code, options) {
        super(message, options);
        this.code = code;
    }
    static {
        named(this, "TywrapError");
    }
}
/** Something was refused: by the policy, or because it is not what the function takes. */
class SecurityError extends TywrapError {
    /** How bad it is. */
    severity;
    /** When it happened. */
    timestamp;
    /** What it happened to. */
    context;
    /**
     * @param message what was refused, and what to do next
     * @param details the rest
     */
    constructor(message, details) {
        super(message, details.code);
        this.severity = details.severity;
        this.timestamp = details.timestamp ?? new Date();
        this.context = details.context ?? {};
    }
    static {
        named(this, "SecurityError");
    }
}
/** The policy compiled into the host forbids it. */
class PolicyError extends SecurityError {
    static {
        named(this, "PolicyError");
    }
}
/** An argument is not what the function takes, or can't be sent to Python. Nothing was run. */
class ValidationError extends SecurityError {
    static {
        named(this, "ValidationError");
    }
}
/** Python raised an exception. */
class PythonError extends TywrapError {
    /** Name of the exception's class, such as `ValueError`. */
    pythonType;
    /** Python's traceback; empty if the host keeps it to itself. */
    traceback;
    /**
     * @param message Python's message, without the type
     * @param details the rest
     */
    constructor(message, details) {
        super(message, details.code ?? "python-error");
        this.pythonType = details.pythonType;
        this.traceback = details.traceback ?? "";
    }
    static {
        named(this, "PythonError");
    }
}
/** More calls wait to be sent than `ConnectOptions` allow. Nothing was sent. */
class QueueFullError extends TywrapError {
    static {
        named(this, "QueueFullError");
    }
}
/** The call, or the start of the host, took longer than it may. */
class TimeoutError extends TywrapError {
    static {
        named(this, "TimeoutError");
    }
}
/** The Python process of the call ended. The host starts another one, so a later call may succeed. */
class WorkerCrashedError extends TywrapError {
    static {
        named(this, "WorkerCrashedError");
    }
}
/** A peer said what the wire doesn't allow, or speaks another version of it. */
class ProtocolError extends TywrapError {
    static {
        named(this, "ProtocolError");
    }
}
/** A result, or something asked for, that this version can't carry. */
class UnsupportedError extends TywrapError {
    static {
        named(this, "UnsupportedError");
    }
}
/** There is no connection, it could not be made, or it ended before the call was answered. */
class ConnectionError extends TywrapError {
    /** The exit status of the host, if it was started here and ended by itself. */
    exitCode;
    /** The signal that ended the host, if it was started here. */
    signal;
    /** The last of what the host wrote to standard error, as it wrote it, if it was started here. */
    stderr;
    /**
     * @param message what happened
     * @param code stable kebab-case code
     * @param options as for `Error`, and what is known of the host's end
     */
    constructor(message, code, options) {
        super(message, code, options?.cause === undefined ? undefined : { cause: options.cause });
        this.exitCode = options?.exitCode;
        this.signal = options?.signal;
        this.stderr = options?.stderr;
    }
    static {
        named(this, "ConnectionError");
    }
}
/** Written on the prototype, where the built-in errors have it, so that printing an error doesn't repeat it. */
function named(type, name) {
    Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
}

// Node 20 has these symbols, other engines of its age have not. Where one is missing nobody can ask for it either, so a private symbol
// stands in, and no global is changed.
/** `Symbol.dispose`, where there is one. */
const dispose = Symbol.dispose ?? Symbol("Symbol.dispose");
/** `Symbol.asyncDispose`, where there is one. */
const asyncDispose = Symbol.asyncDispose ?? Symbol("Symbol.asyncDispose");

/** A last resort for objects that nobody disposed of. */
const forgotten = new FinalizationRegistry(({ owner, id }) => owner.release(id));
/** The reach into an object that only this client has. */
let referenceTo;
let wayOf;
let makeObject;
/**
 * A live object in the Python worker. `C` is the names of its class and of all that the class inherits from, such as
 * `"collections:Counter" | "builtins:dict"`; plain `PyObject` is an object of any class. `D` is what `take` gives of it.
 *
 * It stays alive until `dispose()`, the end of an `await using` block, or the end of the connection. One that is only forgotten is
 * released when the garbage collector gets to it, which may be never.
 */
class PyObject {
    /** Defining module and qualified name of its class. */
    className;
    #way;
    /** None for the member of an enum, which is a value and lives nowhere. */
    #handle;
    #disposed = false;
    constructor(className, way, handle) {
        this.className = className;
        this.#way = way;
        this.#handle = handle;
        if (handle !== undefined)
            forgotten.register(this, handle, this);
    }
    static {
        makeObject = (prototype, className, way, handle) => {
            // Made by what is called with `new`, so that the object is never seen with another prototype.
            const made = function () { };
            made.prototype = prototype;
            return Reflect.construct(PyObject, [className, way, handle], made);
        };
        wayOf = (object) => (typeof object === "object" && object !== null && #way in object ? object.#way : undefined);
        referenceTo = (object, owner) => {
            if (!(#handle in object) || object.#handle?.owner !== owner)
                return "foreign";
            return object.#disposed ? "disposed" : object.#handle.id;
        };
    }
    /** Lets go of the object. Using it afterwards is an error; disposing of it again does nothing. */
    dispose() {
        if (this.#handle === undefined || this.#disposed)
            return;
        this.#disposed = true;
        forgotten.unregister(this);
        this.#handle.owner.release(this.#handle.id);
    }
    /** The same as {@link PyObject.dispose}. */
    [dispose]() {
        this.dispose();
    }
    /** The same as {@link PyObject.dispose}. */
    [asyncDispose]() {
        this.dispose();
        return Promise.resolve();
    }
    /** What Python's `str` makes of it. */
    __str__() {
        return this.#way.call(OBJECTS, STR, [this]);
    }
    /** What Python's `repr` makes of it. */
    __repr__() {
        return this.#way.call(OBJECTS, REPR, [this]);
    }
}

/** Items asked for first. Few, so that the first ones come at once. */
const FIRST = 16;
/** Most items that can be asked for. */
const MOST = 1024;
// In the prototype and not in the class: the type of an object says so only where its class can be iterated.
Object.defineProperty(PyObject.prototype, Symbol.asyncIterator, {
    value() {
        const way = wayOf(this);
        if (way === undefined)
            throw new TypeError("not an object of Python's");
        return iterate(this, way);
    },
    configurable: true,
    writable: true,
});
async function* iterate(object, way) {
    const iterator = await way.call(OBJECTS, ITERATE, [object]);
    if (!(iterator instanceof PyObject))
        throw new ProtocolError("malformed value: an iterator that is no object", "malformed-value");
    let rest = [];
    let open = false;
    try {
        for (let count = FIRST;; count = Math.min(2 * count, MOST)) {
            const [done, items] = batchOf(await way.call(OBJECTS, NEXT, [iterator, count]));
            rest = items.reverse();
            open = !done;
            while (rest.length > 0)
                yield rest.pop();
            if (done)
                return;
            // While items are awaited there is nothing to close: Python is at it, or what it raised has ended it.
            open = false;
        }
    }
    finally {
        for (const item of rest)
            if (item instanceof PyObject)
                item.dispose();
        try {
            if (open)
                await way.call(OBJECTS, CLOSE, [iterator], true);
        }
        finally {
            iterator.dispose();
        }
    }
}
function batchOf(answer) {
    const [done, items] = Array.isArray(answer) ? answer : [];
    if (typeof done !== "boolean" || !Array.isArray(items) || (!done && items.length === 0)) {
        throw new ProtocolError("malformed value: no batch of items", "malformed-value");
    }
    return [done, items];
}

/**
 * Every emitted package carries its own copy of this client, and a program may load several. A registered symbol lets a value made
 * by one copy be passed to another, where `instanceof` would fail; and unlike a string key it can't come out of JSON.
 */
const KIND = Symbol.for("tywrap.kind");
/** Marks an object, or the prototype of a class. */
function brand(target, kind) {
    Object.defineProperty(target, KIND, { value: kind });
}
/** The mark of an object, if this client or another copy of it made the object. */
function kindOf(value) {
    return value[KIND];
}

/** Registered, as the marks of values are, so that another copy of this client finds it. */
const TYPE = Symbol.for("tywrap.column");
const NAMES = new Set(("category string str object object[nan] object[any] boolean Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64").split(" "));
const LEVELS = new Set("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split(" "));
const TIMES = /^(?:datetime64|timedelta64)\[(?:s|ms|us|ns)\]$/;
const FREQUENCY = /^(?:-?[1-9]\d{0,8})?(?:ns|us|ms|s|min|h|D|B|bh|W|M|MS|ME|BMS|BME|SM[SE](?:-15)?|T|H|(?:W|Q|QS|QE|BQS|BQE|Y|YS|YE|BYS|BYE|A|AS|BA|BQ)-(?:MON|TUE|WED|THU|FRI|SAT|SUN|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))$/;
const MOMENTS = /^datetime64\[(?:s|ms|us|ns), [A-Za-z0-9_][A-Za-z0-9_+.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_+.-]*)*\]$/;
/**
 * The dtype of a column or an index that {@link take} gave, with its categories and their order, or what else it has; `undefined` of any other
 * array, and of an `NDArray` that says all of it.
 *
 * An array that is made of it, such as by `slice` or `map`, has none.
 */
function columnType(values) {
    return values[TYPE];
}
/** Whether a column may be of a dtype of this name. */
function isColumnDtype(dtype) {
    return typeof dtype === "string" && (NAMES.has(dtype) || (dtype.length <= 90 && MOMENTS.test(dtype)));
}
/** Whether a level of an index, the labels of columns or the ends of intervals may be of a dtype of this name. */
function isLevelDtype(dtype) {
    return isColumnDtype(dtype) || (typeof dtype === "string" && (LEVELS.has(dtype) || TIMES.test(dtype)));
}
/** Whether an array whose elements are of a type may be the numbers of periods, or of moments in a zone. */
function isArrayDtype(dtype, elements) {
    if (typeof dtype !== "string" || dtype.length > 90)
        return false;
    if (MOMENTS.test(dtype))
        return elements === `${dtype.slice(0, dtype.indexOf(","))}]`;
    return elements === "int64" && /^period\[.*\]$/.test(dtype) && isFrequency(dtype.slice(7, -1));
}
/** Whether an index of times may have a frequency of this name. */
function isFrequency(name) {
    return typeof name === "string" && FREQUENCY.test(name);
}
/** Says of an array, or of the columns of a table, what it is in pandas. */
function markColumn(values, type) {
    if (Array.isArray(values))
        brand(values, "column");
    Object.defineProperty(values, TYPE, { value: Object.freeze(type) });
    return values;
}

/** A Python `complex`. */
class PyComplex {
    /** Real part. */
    re;
    /** Imaginary part. */
    im;
    /**
     * @param re real part
     * @param im imaginary part, 0 if left out
     */
    constructor(re, im = 0) {
        if (typeof re !== "number" || typeof im !== "number")
            throw new TypeError("the parts of a PyComplex are numbers");
        this.re = re;
        this.im = im;
    }
    static {
        brand(this.prototype, "complex");
    }
    /** The number as Python writes it, such as `1.5-2j`. */
    toString() {
        const sign = this.im < 0 || Object.is(this.im, -0) ? "-" : "+";
        return `${part(this.re)}${sign}${part(Math.abs(this.im))}j`;
    }
}
function part(value) {
    if (Number.isNaN(value))
        return "nan";
    if (!Number.isFinite(value))
        return value < 0 ? "-inf" : "inf";
    return Object.is(value, -0) ? "-0" : String(value);
}

/** Where regions begin. What lies before proves which memory it is. */
const START = 4096;
/** Regions begin at a multiple of this. */
const PAGE = 4096;
/** From this length on a buffer goes through shared memory; below, a frame is as quick (`benches/README.md`). */
const ASIDE = 256 * 1024;
/**
 * Memory that this process shares with a host that it has started: what is written here, a worker reads, and the other way round.
 *
 * It is reached by the host's descriptors, which the system lets nobody open but the same user. Every access copies, so nothing that is
 * done to the memory afterwards changes a value.
 */
class SharedMemory {
    #files;
    #process;
    #descriptor;
    #size;
    /** In the order of where they are. */
    #regions = [];
    constructor(files, descriptor, { process, size }) {
        this.#files = files;
        this.#process = process;
        this.#descriptor = descriptor;
        this.#size = size;
    }
    /**
     * Opens what a host offers in its `HELLO`; nothing where it can't be had, which costs time and nothing else.
     *
     * @param files `node:fs`
     * @param pid the process that was started, which need not be the host
     * @param offer what the host says
     */
    static open(files, pid, offer) {
        if (!isOffer(offer) || offer.process !== pid)
            return undefined;
        let descriptor;
        try {
            descriptor = files.openSync(path(pid, offer.descriptor), "r+");
        }
        catch {
            return undefined;
        }
        const memory = new SharedMemory(files, descriptor, offer);
        if (memory.#isProven(offer))
            return memory;
        memory.close();
        return undefined;
    }
    /** Whether what was opened is what the host meant: somebody else may have been started under that number. */
    #isProven({ size, proof }) {
        try {
            const stat = this.#files.fstatSync(this.#descriptor);
            if (!stat.isFile() || stat.size !== size)
                return false;
            const bytes = new Uint8Array(proof.length / 2);
            this.#files.readSync(this.#descriptor, bytes, 0, bytes.length, 0);
            return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") === proof;
        }
        catch {
            return false;
        }
    }
    /** Writes a buffer of a call, if it is large and there is room; says where. It stays there until {@link SharedMemory.free}. */
    keep(request, buffer) {
        const length = buffer.byteLength;
        if (length < ASIDE)
            return undefined;
        let start = START;
        let at = 0;
        for (; at < this.#regions.length; at++) {
            const next = this.#regions[at];
            if (next.start - start >= length)
                break;
            start = next.end;
        }
        if (this.#size - start < length)
            return undefined;
        try {
            for (let done = 0; done < length;) {
                done += this.#files.writeSync(this.#descriptor, buffer, done, length - done, start + done);
            }
        }
        catch {
            // The system has no memory left for it.
            return undefined;
        }
        this.#regions.splice(at, 0, { start, end: Math.ceil((start + length) / PAGE) * PAGE, request });
        return start;
    }
    /** The call has been answered, so nobody needs its buffers any more. */
    free(request) {
        if (this.#regions.length > 0)
            this.#regions = this.#regions.filter((region) => region.request !== request);
    }
    /**
     * Copies a buffer out of the memory that the host has under this number.
     *
     * @throws ProtocolError if there is no such buffer
     */
    read(number, offset, length) {
        const descriptor = this.#open(number);
        try {
            if (offset < START || this.#files.fstatSync(descriptor).size - offset < length) {
                throw new ProtocolError("malformed frame: a buffer that does not lie in the shared memory", "malformed-frame");
            }
            // Nothing of it is left as it is, so that it need not be filled with zeros.
            const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
            for (let done = 0; done < length;) {
                done += this.#files.readSync(descriptor, bytes, done, length - done, offset + done);
            }
            return bytes;
        }
        finally {
            this.#files.closeSync(descriptor);
        }
    }
    #open(number) {
        try {
            return this.#files.openSync(path(this.#process, number), "r");
        }
        catch (cause) {
            throw new ProtocolError("malformed frame: a buffer in memory that can't be opened", "malformed-frame", { cause });
        }
    }
    close() {
        try {
            this.#files.closeSync(this.#descriptor);
        }
        catch {
            // Whatever is wrong with it, it is no longer used.
        }
    }
}
function path(process, descriptor) {
    return `/proc/${process}/fd/${descriptor}`;
}
function isOffer(value) {
    if (typeof value !== "object" || value === null)
        return false;
    const { process, descriptor, size, proof } = value;
    return [process, descriptor, size].every((number) => Number.isSafeInteger(number) && number > 0)
        && typeof proof === "string" && /^[0-9a-f]{32}$/.test(proof);
}

/** Connects to the Unix socket at `path`. */
function openSocket(path) {
    return async (receiver) => {
        // Imported here, so that this file loads where there is no Node.
        const net = await import('node:net');
        return new Promise((resolve, reject) => {
            const socket = net.connect({
                path,
                // The reader says where the bytes go, so that those of a large frame are read into their place.
                onread: {
                    buffer: () => receiver.reader.target(),
                    callback: (count) => {
                        receiver.receive(() => receiver.reader.received(count));
                        return true;
                    },
                },
            });
            const refused = (cause) => {
                reject(new ConnectionError(`no host answers at the socket \`${path}\`: ${cause.message}`, "connection-failed", { cause }));
            };
            socket.once("error", refused);
            socket.once("connect", () => {
                socket.off("error", refused);
                resolve(new SocketTransport(socket, receiver));
            });
        });
    };
}
class SocketTransport {
    #socket;
    #gone;
    constructor(socket, receiver) {
        this.#socket = socket;
        let cause;
        socket.on("error", (error) => (cause = error));
        this.#gone = new Promise((resolve) => {
            socket.once("close", () => {
                const why = cause === undefined ? "" : `: ${cause.message}`;
                receiver.lost(() => new ConnectionError(`the host closed the connection${why}`, "host-gone", { cause }));
                resolve();
            });
        });
        socket.unref();
    }
    write(pieces) {
        writeAll(this.#socket, pieces);
    }
    defer(flush) {
        deferPastMicrotasks(flush);
    }
    ref() {
        this.#socket.ref();
    }
    unref() {
        this.#socket.unref();
    }
    close(failed) {
        // Whoever closes waits for it, so it must not be cut short by the end of the program.
        this.#socket.ref();
        if (failed)
            this.#socket.destroy();
        else
            this.#socket.end(() => this.#socket.destroy());
        return this.#gone;
    }
}
/** Writes pieces with one system call, as far as the system takes them. */
function writeAll(stream, pieces) {
    if (!stream.writable)
        return;
    if (pieces.length > 1)
        stream.cork();
    for (const piece of pieces)
        stream.write(piece);
    if (pieces.length > 1)
        stream.uncork();
}
/**
 * Runs `flush` when all promise reactions that are ready have run, without a turn of the event loop.
 *
 * Answers arrive many at a time and the calls that follow from them are made in promise reactions. Node runs its next-tick queue when
 * those have run out; but before them if the call was made elsewhere, hence first the microtask.
 */
function deferPastMicrotasks(flush) {
    queueMicrotask(() => process.nextTick(flush));
}

/** How many milliseconds a host has to end by itself, and again after it was asked to. Its worker has 5 s of grace. */
const GRACE = 7_000;
/** How many milliseconds the output that a host left behind is waited for. */
const DRAIN = 500;
/** Starts a host, and talks to it over its standard input and output. What it writes to standard error is passed on. */
function openHost(options) {
    return async (receiver) => {
        // Looked for here, so that this file loads where there is no Node. An import takes longer, and Node before 20.16 has nothing else.
        const { spawn } = process.getBuiltinModule?.("node:child_process") ?? (await import('node:child_process'));
        const files = process.getBuiltinModule?.("node:fs") ?? (await import('node:fs'));
        const [program, ...args] = options.host;
        return new Promise((resolve, reject) => {
            const refused = (cause) => {
                const why = cause instanceof Error ? cause.message : String(cause);
                reject(new ConnectionError(`the host \`${program}\` can't be started: ${why}`, "host-not-started", { cause }));
            };
            let child;
            try {
                child = spawn(program, args, {
                    stdio: ["pipe", "pipe", "pipe"],
                    shell: false,
                    windowsHide: true,
                    cwd: options.cwd,
                    env: options.env ?? process.env,
                });
            }
            catch (cause) {
                refused(cause);
                return;
            }
            child.once("error", refused);
            child.once("spawn", () => {
                child.off("error", refused);
                resolve(new HostProcess(child, program, receiver, (offer) => SharedMemory.open(files, child.pid, offer)));
            });
        });
    };
}
class HostProcess {
    share;
    #child;
    #stdin;
    #stdout;
    /** Settles when the process has ended and its output was read. */
    #gone;
    #stderr = "";
    constructor(child, program, receiver, share) {
        this.share = share;
        // Pipes to a child are sockets, though the types don't say so.
        const [stdin, stdout, stderr] = [child.stdin, child.stdout, child.stderr];
        this.#child = child;
        this.#stdin = stdin;
        this.#stdout = stdout;
        stdout.on("data", (chunk) => receiver.receive(() => receiver.reader.push(chunk)));
        stderr.setEncoding("utf8");
        stderr.on("data", (text) => {
            this.#stderr = (this.#stderr + text).slice(-8192);
            process.stderr.write(text);
        });
        // A write to a host that is gone fails; so does its output end, which is where it is dealt with.
        stdin.on("error", ignore$1);
        stdout.on("error", ignore$1);
        stderr.on("error", ignore$1);
        child.on("error", ignore$1);
        this.#gone = new Promise((resolve) => {
            const ended = () => {
                receiver.lost(() => this.#exitError(program));
                resolve();
            };
            child.once("close", ended);
            // Something that the host started may hold its output open for ever.
            child.once("exit", () => {
                const drained = setTimeout(ended, DRAIN);
                child.once("close", () => clearTimeout(drained));
            });
        });
        // The end of its output is the end of the conversation, whether or not the process lives on.
        stdout.once("close", () => {
            child.ref();
            this.#terminate(DRAIN);
        });
        child.unref();
        stdin.unref();
        stderr.unref();
        stdout.unref();
    }
    write(pieces) {
        writeAll(this.#stdin, pieces);
    }
    defer(flush) {
        deferPastMicrotasks(flush);
    }
    ref() {
        // The end of the output is noticed through it, and everything else follows from there.
        this.#stdout.ref();
    }
    unref() {
        this.#stdout.unref();
    }
    close(failed) {
        // Whoever closes waits for it, so it must not be cut short by the end of the program.
        this.#child.ref();
        this.#stdout.ref();
        this.#stdin.end();
        this.#terminate(failed ? 0 : GRACE);
        return this.#gone;
    }
    /** Asks the process to end after `patience` milliseconds, and makes it a grace later. */
    #terminate(patience) {
        const asked = setTimeout(() => this.#child.kill("SIGTERM"), patience);
        const made = setTimeout(() => this.#child.kill("SIGKILL"), patience + GRACE);
        void this.#gone.then(() => {
            clearTimeout(asked);
            clearTimeout(made);
        });
    }
    #exitError(program) {
        const { exitCode, signalCode } = this.#child;
        const how = signalCode !== null ? `was ended by ${signalCode}` : exitCode !== null ? `exited with status ${exitCode}` : "closed its output";
        const said = printable(this.#stderr);
        return new ConnectionError(`the host \`${program}\` ${how}${said === "" ? "" : `; it wrote:\n${said}`}`, "host-gone", {
            exitCode: exitCode ?? undefined,
            signal: signalCode ?? undefined,
            stderr: this.#stderr,
        });
    }
}
/** The last lines of what a host wrote, without what would steer a terminal. */
function printable(text) {
    const lines = text.trimEnd().split("\n").slice(-12);
    return lines.map((line) => `  ${line.replace(/[\p{Cc}\p{Cf}]/gu, "")}`).join("\n").trimEnd();
}
function ignore$1() { }

/** Kinds of frame, as docs/wire.md numbers them. */
const HELLO = 1;
const OPEN = 2;
const CALL = 3;
const RESULT = 4;
const ERROR = 5;
const CANCEL = 6;
const RELEASE = 7;
const TAKEN = 9;
/** Flag: the value is in tagged form. */
const TAGGED = 1;
/** Flag: buffers may lie in shared memory, so the table says of each where it is. */
const SHARED = 4;
/** In the table of a frame with {@link SHARED}: the buffer is in no memory, but in the frame. */
const IN_FRAME = 0xffff_ffff;
/** Bytes of an entry in the table of buffers. */
function entrySize(shared) {
    return shared ? 16 : 8;
}
/** Bytes before the value. */
const HEADER = 24;
/** Most buffers in a frame. */
const MAX_BUFFERS = 0xffff;
/** Bytes of the length field, which does not count itself. */
const LENGTH = 4;
/** The next multiple of 8. Buffers are aligned so that typed arrays can be views of them. */
function align(offset) {
    return Math.ceil(offset / 8) * 8;
}
/** Reads a 32-bit integer. */
function readU32(bytes, offset) {
    return (at(bytes, offset) | (at(bytes, offset + 1) << 8) | (at(bytes, offset + 2) << 16) | (at(bytes, offset + 3) << 24)) >>> 0;
}
/** Writes a 32-bit integer. */
function writeU32(bytes, offset, value) {
    bytes[offset] = value;
    bytes[offset + 1] = value >>> 8;
    bytes[offset + 2] = value >>> 16;
    bytes[offset + 3] = value >>> 24;
}
/**
 * Takes a frame apart.
 *
 * @param bytes a whole frame, from its length field to its last byte; the caller has checked that the length field says so
 * @param owned the bytes are not used for anything else afterwards, so buffers can be views of them
 * @param readShared copies what is in shared memory, if there is any
 * @throws ProtocolError if its parts don't add up
 */
function parseFrame(bytes, owned, readShared) {
    const total = bytes.length;
    const kind = at(bytes, 4);
    const flags = at(bytes, 5);
    if (kind < HELLO || kind > 8)
        throw malformed$1(`kind ${kind}`);
    const shared = kind === RESULT && (flags & SHARED) !== 0 ? readShared : undefined;
    if ((flags & ~(shared === undefined ? TAGGED : TAGGED | SHARED)) !== 0)
        throw malformed$1(`flags ${flags}`);
    const valueLength = readU32(bytes, 16);
    const bufferCount = readU32(bytes, 20);
    const valueEnd = HEADER + valueLength;
    if (valueEnd > total)
        throw malformed$1(`a value of ${valueLength} bytes in a frame of ${total}`);
    return {
        kind,
        tagged: (flags & TAGGED) !== 0,
        shared: shared !== undefined,
        slot: at(bytes, 6) | (at(bytes, 7) << 8),
        request: readU32(bytes, 8),
        callable: readU32(bytes, 12),
        text: readText(bytes, HEADER, valueEnd),
        buffers: bufferCount === 0 ? noBuffers(valueEnd, total) : readBuffers(bytes, valueEnd, bufferCount, owned, shared),
    };
}
const NO_BUFFERS$1 = [];
function noBuffers(end, total) {
    if (end !== total)
        throw malformed$1(`${total - end} bytes after the value`);
    return NO_BUFFERS$1;
}
function readBuffers(bytes, valueEnd, count, owned, shared) {
    const table = align(valueEnd);
    const entry = entrySize(shared !== undefined);
    let offset = table + entry * count;
    if (count > MAX_BUFFERS || offset > bytes.length)
        throw malformed$1(`${count} buffers in a frame of ${bytes.length} bytes`);
    checkPadding(bytes, valueEnd, table);
    const buffers = [];
    for (let i = 0; i < count; i++) {
        const place = table + entry * i;
        const low = readU32(bytes, place);
        const high = readU32(bytes, place + 4);
        const number = shared === undefined ? IN_FRAME : readU32(bytes, place + 8);
        if (shared !== undefined && number !== IN_FRAME) {
            if (high !== 0)
                throw malformed$1(`buffer ${i} is longer than any`);
            buffers.push(shared(number, readU32(bytes, place + 12), low));
            continue;
        }
        const start = align(offset);
        const end = start + low;
        if (high !== 0 || end > bytes.length)
            throw malformed$1(`buffer ${i} ends outside the frame`);
        checkPadding(bytes, offset, start);
        buffers.push(owned ? bytes.subarray(start, end) : bytes.slice(start, end));
        offset = end;
    }
    if (offset !== bytes.length)
        throw malformed$1(`${bytes.length - offset} bytes after the last buffer`);
    return buffers;
}
function checkPadding(bytes, start, end) {
    for (let i = start; i < end; i++)
        if (bytes[i] !== 0)
            throw malformed$1("padding that is not zero");
}
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Most results are a number or a short string, and starting the decoder costs more than reading those. */
const SHORT$1 = 24;
function readText(bytes, start, end) {
    if (end - start <= SHORT$1) {
        let text = "";
        let i = start;
        for (; i < end; i++) {
            const byte = at(bytes, i);
            if (byte >= 0x80)
                break;
            text += String.fromCharCode(byte);
        }
        if (i === end)
            return text;
    }
    try {
        return decoder.decode(bytes.subarray(start, end));
    }
    catch (cause) {
        throw new ProtocolError("malformed frame: a value that is not UTF-8", "malformed-frame", { cause });
    }
}
/** The callers have checked that `offset` is in range. */
function at(bytes, offset) {
    return bytes[offset];
}
function malformed$1(what) {
    return new ProtocolError(`malformed frame: ${what}`, "malformed-frame");
}

/** What a body of frames says it is. */
const FRAMES = "application/vnd.tywrap.frames";
/** A body to which nothing is added any more, in bytes. */
const BODY = 1024 * 1024;
/** Milliseconds that a host has to agree that a connection is closed, or to say why it closed one. */
const FAREWELL = 2_000;
/** Longest answer to a refused request that is read, in characters. */
const REFUSAL = 16 * 1024;
/** Talks to a host that serves over HTTP, as "Over HTTP" in docs/wire.md says. */
function openHttp(options) {
    const address = addressOf(options.url);
    const headers = {};
    if (options.token !== undefined) {
        if (typeof options.token !== "string" || !/^[\w.~+/-]+=*$/.test(options.token)) {
            throw new TypeError("`token` has other characters than letters, digits and `-._~+/`, with `=` at its end");
        }
        headers["authorization"] = `Bearer ${options.token}`;
    }
    return (receiver) => Promise.resolve(new HttpTransport(address, headers, receiver));
}
/** What is sent goes out in requests, one after the other, and what comes is one response. */
class HttpTransport {
    #address;
    #headers;
    #receiver;
    /** Ends every request. */
    #abort = new AbortController();
    /** Frames that wait for the request that is under way. */
    #queue = [];
    #sending = false;
    /** Where the connection is, once the host has made one. */
    #connection;
    /** Most bytes of a body. The host says how many that is, and the longest frame is no longer. */
    #most = BODY;
    /** The number of the last body. */
    #sequence = 0;
    /** Settles when the response that brings frames has ended. */
    #ended = Promise.resolve();
    constructor(address, headers, receiver) {
        this.#address = address;
        this.#headers = headers;
        this.#receiver = receiver;
        receiver.reader.heartbeats = true;
    }
    write(pieces) {
        for (const piece of pieces)
            this.#queue.push(piece);
        if (!this.#sending)
            void this.#send();
    }
    defer(flush) {
        // What comes after that waits for the request, and goes out with the next.
        queueMicrotask(flush);
    }
    ref() {
        // A program runs as long as a response is under way, whoever waits for it.
    }
    unref() {
        // Likewise.
    }
    async close(failed) {
        const connection = this.#connection;
        if (!failed && connection !== undefined) {
            const agreed = AbortSignal.timeout(FAREWELL);
            // The end of the response says the same, where the host does not hear this.
            await this.#request("DELETE", connection, { signal: agreed }).catch(ignore);
        }
        // Everything of it is gone with this, though Node's `fetch` may never say so where a response ends at the same time.
        this.#abort.abort();
    }
    /** Sends what is queued, until nothing is. */
    async #send() {
        this.#sending = true;
        try {
            while (this.#queue.length > 0 && !this.#abort.signal.aborted) {
                const body = takeBody(this.#queue, this.#most);
                if (this.#connection === undefined)
                    await this.#open(body);
                else
                    await this.#post(this.#connection, body);
            }
        }
        catch (error) {
            this.#queue = [];
            this.#receiver.lost(() => error);
        }
        finally {
            this.#sending = false;
        }
    }
    /** Makes the connection. Its response goes on beside this. */
    async #open(body) {
        const response = await this.#request("POST", this.#address, { body }).catch((cause) => {
            throw new ConnectionError(`no host answers at \`${this.#address}\`: ${textOf$1(cause)}`, "connection-failed", { cause });
        });
        if (response.status !== 200)
            throw await refusal(response);
        const id = response.headers.get("tywrap-connection");
        if (response.headers.get("content-type") !== FRAMES || id === null || !/^[0-9a-f]{32}$/.test(id) || response.body === null) {
            throw new ProtocolError(`what answers at \`${this.#address}\` is no tywrap host`, "unexpected-response");
        }
        this.#connection = `${this.#address}/${id}`;
        this.#most = Number(response.headers.get("tywrap-max-body") ?? BODY);
        this.#ended = this.#receive(response.body.getReader());
    }
    async #receive(reader) {
        const { reader: frames } = this.#receiver;
        let cause;
        try {
            for (let read = await reader.read(); !read.done; read = await reader.read()) {
                const { value } = read;
                this.#receiver.receive(() => frames.push(value));
            }
        }
        catch (error) {
            cause = error;
        }
        const why = cause === undefined ? "" : `: ${textOf$1(cause)}`;
        this.#receiver.lost(() => new ConnectionError(`the host closed the connection${why}`, "host-gone", { cause }));
    }
    /** Sends a body. Where the request breaks off, a second one asks whether the first has arrived. */
    async #post(connection, body) {
        const number = String(++this.#sequence);
        const request = { body, headers: { "tywrap-sequence": number } };
        let again = false;
        const response = await this.#request("POST", connection, request)
            .catch(() => {
            again = true;
            return this.#request("POST", connection, request);
        })
            .catch((cause) => {
            throw new ConnectionError(`a call could not be sent: ${textOf$1(cause)}`, "host-gone", { cause });
        });
        if (response.status === 204)
            return;
        const taken = response.status === 409 && response.headers.get("tywrap-sequence") === String(this.#sequence + 1);
        if (again && taken) {
            await response.body?.cancel();
            return;
        }
        const error = await refusal(response);
        // A host that has closed the connection says why in its last frame, which may still be on its way.
        if (response.status === 404)
            await Promise.race([this.#ended, pause(FAREWELL)]);
        throw error;
    }
    #request(method, url, options) {
        const { body, headers, signal = this.#abort.signal } = options;
        const type = body === undefined ? undefined : { "content-type": FRAMES };
        return fetch(url, {
            method,
            headers: { ...this.#headers, ...headers, ...type },
            signal,
            // Nothing of ours is for anybody else: no cookies out, and no other address that the token is sent to.
            credentials: "omit",
            redirect: "error",
            referrerPolicy: "no-referrer",
            ...(body === undefined ? undefined : { body }),
        });
    }
}
/** Where connections are made. */
function addressOf(url) {
    let parsed;
    try {
        parsed = new URL(url);
    }
    catch {
        // Said below.
    }
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username + parsed.password + parsed.search + parsed.hash !== "") {
        throw new TypeError("`url` is an address such as `http://127.0.0.1:8080`, without a user, `?` or `#`; the token is an option of its own");
    }
    return `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}/v1/connections`;
}
/** Takes whole frames off the front of the queue: as many as go into a body, and at least one. */
function takeBody(queue, most) {
    const size = bodySize(queue, most);
    const body = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
        const piece = queue[0];
        const part = piece.subarray(0, size - filled);
        body.set(part, filled);
        filled += part.length;
        if (part.length === piece.length)
            queue.shift();
        else
            queue[0] = piece.subarray(part.length);
    }
    return body;
}
/** How many bytes of the queue, which begins with a frame, go into the next body. */
function bodySize(queue, most) {
    let size = 0;
    // Where the next frame begins: the piece, and the place in it.
    let at = 0;
    let offset = 0;
    while (at < queue.length && size < BODY) {
        // The head of a frame lies in one piece.
        const total = LENGTH + readU32(queue[at], offset);
        if (size > 0 && size + total > most)
            break;
        size += total;
        offset += total;
        for (let piece = queue[at]; piece !== undefined && offset >= piece.length; piece = queue[at]) {
            offset -= piece.length;
            at++;
        }
    }
    return size;
}
/** The error that a refused request is. */
async function refusal(response) {
    const text = (await response.text().catch(() => "")).slice(0, REFUSAL);
    let said;
    try {
        said = JSON.parse(text);
    }
    catch {
        // A proxy in between has pages of its own.
    }
    const { code, message } = (typeof said === "object" && said !== null ? said : {});
    if (typeof code !== "string" || !/^[a-z]+(-[a-z]+)*$/.test(code) || typeof message !== "string") {
        return new ConnectionError(`a request was answered by ${response.status}, and not by a tywrap host`, "http-status");
    }
    return new ConnectionError(`the host refused a request: ${message}`, code);
}
/** What `fetch` says went wrong; the reason is often a level deeper. */
function textOf$1(error) {
    if (!(error instanceof Error))
        return String(error);
    return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
function pause(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}
function ignore() {
    // Nothing depends on it.
}

/** What reads a value when it is awaited. */
class Constant {
    #read;
    constructor(read) {
        this.#read = read;
    }
    static {
        Object.defineProperty(this, "name", { value: "PythonConstant" });
    }
    then(onfulfilled, onrejected) {
        return this.#read().then(onfulfilled, onrejected);
    }
}
/** A constant that can be assigned too. */
class Property extends Constant {
    #write;
    constructor(read, write) {
        super(read);
        this.#write = write;
    }
    static {
        Object.defineProperty(this, "name", { value: "PythonProperty" });
    }
    async set(value) {
        await this.#write(value);
    }
}

/** A module with classes, of which nothing is made before an object of one comes. */
class Table {
    #callee;
    #positions;
    #prototypes = new Map();
    constructor(callee) {
        this.#callee = callee;
    }
    position(name) {
        this.#positions ??= new Map(this.#callee.classes.map(([each], at) => [each, at]));
        return this.#positions.get(name);
    }
    /** What objects of a class inherit from. */
    prototype(at) {
        const before = this.#prototypes.get(at);
        if (before !== undefined)
            return before;
        const [, bases, members] = this.#entry(at);
        const [nearest, ...others] = bases;
        let prototype;
        if (nearest !== undefined && sameItems(this.#entry(nearest)[1], others)) {
            prototype = Object.create(this.prototype(nearest));
        }
        else {
            // Classes with several bases each have an order of their own, which no chain of prototypes can be shared for.
            prototype = Object.create(PyObject.prototype);
            for (const base of [...bases].reverse())
                this.#define(prototype, this.#entry(base)[2]);
        }
        this.#define(prototype, members);
        this.#prototypes.set(at, prototype);
        return prototype;
    }
    inherits(at, name) {
        return this.#entry(at)[1].some((base) => this.#entry(base)[0] === name);
    }
    #entry(at) {
        return this.#callee.classes[at] ?? NO_CLASS;
    }
    #define(prototype, members) {
        for (const [key, member] of Object.entries(members)) {
            Object.defineProperty(prototype, key, { ...memberOf$1(this.#callee, key, member), configurable: true });
        }
    }
}
const NO_CLASS = ["", [], {}];
function memberOf$1(callee, key, member) {
    if (typeof member === "number") {
        const method = function (...args) {
            return receiver(this, key).call(callee, member, [this, ...args]);
        };
        Object.defineProperty(method, "name", { value: key });
        return { value: method, writable: true };
    }
    const [get, set] = member;
    return {
        get() {
            const way = receiver(this, key);
            const read = () => way.call(callee, get, [this]);
            return set === undefined ? new Constant(read) : new Property(read, (value) => way.call(callee, set, [this, value]));
        },
    };
}
function receiver(object, key) {
    const way = wayOf(object);
    if (way === undefined)
        throw new TypeError(`\`${key}\` is called on an object of Python's, and not by itself`);
    return way;
}
function sameItems(a, b) {
    return a.length === b.length && a.every((item, at) => item === b[at]);
}
/** Every module with classes that was described, in order. */
const tables = new Map();
/** Makes the classes of a module known. */
function register(callee) {
    if (callee.classes.length > 0)
        tables.set(callee, new Table(callee));
}
/** What an object of a class inherits from, by the module that gave it, else by any that knows the class. */
function prototypeOf(className, callee) {
    const own = callee === undefined ? undefined : tables.get(callee);
    for (const table of own === undefined ? tables.values() : [own, ...tables.values()]) {
        const at = table.position(className);
        if (at !== undefined)
            return table.prototype(at);
    }
    return PyObject.prototype;
}
/** An object is of a class, or of one that inherits from it. */
function isInstance(value, className) {
    if (wayOf(value) === undefined)
        return false;
    const own = value.className;
    if (own === className)
        return true;
    for (const table of tables.values()) {
        const at = table.position(own);
        if (at !== undefined && table.inherits(at, className))
            return true;
    }
    return false;
}

const TABLE = [
    { dtype: "bool", wire: "|b1", array: Uint8Array, lanes: 1 },
    { dtype: "int8", wire: "|i1", array: Int8Array, lanes: 1 },
    { dtype: "uint8", wire: "|u1", array: Uint8Array, lanes: 1 },
    { dtype: "int16", wire: "<i2", array: Int16Array, lanes: 1 },
    { dtype: "uint16", wire: "<u2", array: Uint16Array, lanes: 1 },
    { dtype: "int32", wire: "<i4", array: Int32Array, lanes: 1 },
    { dtype: "uint32", wire: "<u4", array: Uint32Array, lanes: 1 },
    { dtype: "int64", wire: "<i8", array: BigInt64Array, lanes: 1 },
    { dtype: "uint64", wire: "<u8", array: BigUint64Array, lanes: 1 },
    { dtype: "float16", wire: "<f2", array: Uint16Array, lanes: 1 },
    { dtype: "float32", wire: "<f4", array: Float32Array, lanes: 1 },
    { dtype: "float64", wire: "<f8", array: Float64Array, lanes: 1 },
    { dtype: "complex64", wire: "<c8", array: Float32Array, lanes: 2 },
    { dtype: "complex128", wire: "<c16", array: Float64Array, lanes: 2 },
];
const BY_DTYPE = new Map(TABLE.map((layout) => [layout.dtype, layout]));
const BY_WIRE = new Map(TABLE.map((layout) => [layout.wire, layout]));
const TIME$1 = /^(?:(datetime64|timedelta64)|<([Mm])8)\[(Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]$/;
/** The layout of an element type by numpy's name of it. */
function layoutOfDType(dtype) {
    return BY_DTYPE.get(dtype) ?? timeLayout(dtype, 1) ?? textLayout(dtype);
}
/** The layout of an element type by numpy's `dtype.str`. */
function layoutOfWire(wire) {
    return BY_WIRE.get(wire) ?? timeLayout(wire, 2) ?? textLayout(wire);
}
/** The layout that a typed array has unless another is named; `tag` is its `Symbol.toStringTag`. */
function layoutOfTypedArray(tag) {
    switch (tag) {
        case "Int8Array":
            return BY_WIRE.get("|i1");
        case "Uint8Array":
        case "Uint8ClampedArray":
            return BY_WIRE.get("|u1");
        case "Int16Array":
            return BY_WIRE.get("<i2");
        case "Uint16Array":
            return BY_WIRE.get("<u2");
        case "Int32Array":
            return BY_WIRE.get("<i4");
        case "Uint32Array":
            return BY_WIRE.get("<u4");
        case "BigInt64Array":
            return BY_WIRE.get("<i8");
        case "BigUint64Array":
            return BY_WIRE.get("<u8");
        case "Float16Array":
            return BY_WIRE.get("<f2");
        case "Float32Array":
            return BY_WIRE.get("<f4");
        case "Float64Array":
            return BY_WIRE.get("<f8");
        default:
            return undefined;
    }
}
const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;
/** Which typed array a value is, whatever realm it is of and whatever it says of itself; `undefined` if none. */
function tagOfTypedArray(value) {
    return typedArrayTag?.call(value);
}
/** Number of elements of a shape, or `undefined` if it is no shape or can't be counted exactly. */
function elementCount(shape) {
    let count = 1;
    let empty = false;
    for (const extent of shape) {
        if (typeof extent !== "number" || !Number.isSafeInteger(extent) || extent < 0)
            return undefined;
        if (extent === 0)
            empty = true;
        else
            count *= extent;
        // An extent of zero must not hide a product that is out of range.
        if (!Number.isSafeInteger(count))
            return undefined;
    }
    return empty ? 0 : count;
}
/** numpy's name of a string type is what the wire says, too. */
function textLayout(name) {
    const digits = /^(?:<U|\|S)([1-9]\d{0,9})$/.exec(name)?.[1];
    if (digits === undefined)
        return undefined;
    return { dtype: name, wire: name, array: name.startsWith("<U") ? Uint32Array : Uint8Array, lanes: Number(digits) };
}
function timeLayout(name, spelling) {
    const match = TIME$1.exec(name);
    if (!match?.[spelling])
        return undefined;
    const date = match[1] === "datetime64" || match[2] === "M";
    const unit = match[3];
    return {
        dtype: `${date ? "datetime64" : "timedelta64"}[${unit}]`,
        wire: `<${date ? "M" : "m"}8[${unit}]`,
        array: BigInt64Array,
        lanes: 1,
    };
}

/** The members of one enum. */
class Members {
    #className;
    #way;
    /** The members by name, in order, and the combinations that came up. */
    #members = new Map();
    /** The names that the stub states, and where each stands. */
    #order = new Map();
    constructor(className, way) {
        this.#className = className;
        this.#way = way;
    }
    /** The member of a name that the stub states. Another module that states the same enum gets the same members. */
    declare(name, value) {
        if (!this.#order.has(name))
            this.#order.set(name, this.#order.size);
        return this.#members.get(name) ?? this.#make(name, value);
    }
    /** A member, or a combination of flags, if there is one of this name. */
    find(name) {
        const member = this.#members.get(name);
        if (member !== undefined)
            return member;
        const parts = name.split("|");
        if (parts.length < 2)
            return undefined;
        let value = 0;
        let before = -1;
        for (const part of parts) {
            const at = this.#order.get(part) ?? -1;
            // In order, so that a combination has one name, and with it one object.
            if (at <= before)
                return undefined;
            before = at;
            const flag = this.#members.get(part)?.value ?? null;
            value = value !== null && typeof flag === "number" && flag <= MOST_BITS ? value | flag : null;
        }
        return this.#make(name, value);
    }
    #make(name, value) {
        const member = makeObject(prototypeOf(this.#className, undefined), this.#className, this.#way, undefined);
        Object.defineProperties(member, { name: { value: name, enumerable: true }, value: { value, enumerable: true } });
        brand(member, "enum");
        Object.freeze(member);
        this.#members.set(name, member);
        return member;
    }
}
/** What JavaScript's `|` still combines. */
const MOST_BITS = 0x7fff_ffff;
/** The enums of all modules. A re-exported one is the same one. */
const enums = new Map();
/** Makes the members of an enum, in order. Their methods are called as `way` says. */
function declareEnum(className, members, way) {
    let known = enums.get(className);
    if (known === undefined)
        enums.set(className, (known = new Members(className, way)));
    const declared = [];
    for (const [name, value] of Object.entries(members))
        declared.push(known.declare(name, value));
    return declared;
}
/** The member that a host names. */
function memberOf(className, name) {
    const members = typeof className === "string" ? enums.get(className) : undefined;
    const member = typeof name === "string" ? members?.find(name) : undefined;
    if (member === undefined)
        throw new ProtocolError("malformed value: an enum or a member of one that is not known", "malformed-value");
    return member;
}

/**
 * A numpy array: the elements in C order, their type and the shape.
 *
 * The elements are not copied on the way in: `data` may be a view of a larger `ArrayBuffer` that the message came in.
 */
class NDArray {
    /** The elements, row after row. */
    data;
    /** The extent of each dimension; empty for an array of no dimensions, which holds one element. */
    shape;
    /** numpy's name of the element type. */
    dtype;
    /**
     * @param data the elements; used as it is, not copied
     * @param shape by default one dimension
     * @param dtype by default what `data` suggests (`Float64Array` → `"float64"`, `Uint8Array` → `"uint8"`)
     * @throws RangeError if `shape` and the length of `data` don't fit
     * @throws TypeError if `data` is not the typed array that holds a `dtype`
     */
    constructor(data, shape, dtype) {
        const tag = tagOfTypedArray(data);
        const layout = dtype === undefined ? layoutOfTypedArray(tag ?? "") : layoutOfDType(dtype);
        if (tag === undefined || layout === undefined) {
            throw new TypeError(dtype === undefined ? "an NDArray holds a typed array of numbers" : `there is no dtype "${dtype}" here`);
        }
        if (dtype !== undefined && layout.array.name !== tag) {
            throw new TypeError(`the elements of a "${dtype}" array are in a ${layout.array.name}, not in a ${tag}`);
        }
        const extents = shape === undefined ? [data.length / layout.lanes] : Array.from(shape);
        const count = elementCount(extents);
        if (count === undefined || count * layout.lanes !== data.length) {
            throw new RangeError(`shape [${extents.join(", ")}] does not fit ${data.length / layout.lanes} elements`);
        }
        this.data = data;
        this.shape = Object.freeze(extents);
        this.dtype = layout.dtype;
    }
    static {
        brand(this.prototype, "ndarray");
    }
    static from(source, how) {
        if (typeof source === "object" && source !== null && tagOfTypedArray(source) !== undefined && typeof how !== "string") {
            return new NDArray(source, how);
        }
        return fromNested(source, how);
    }
    /** Number of dimensions. */
    get ndim() {
        return this.shape.length;
    }
    /** Number of elements. */
    get size() {
        return this.shape.reduce((count, extent) => count * extent, 1);
    }
    /** The array with another shape of the same number of elements. The elements are shared. */
    reshape(shape) {
        return new NDArray(this.data, shape, this.dtype);
    }
    /**
     * One element.
     *
     * @param indices one for each dimension, from 0
     * @throws RangeError if an index is out of range or there are too many or too few
     */
    at(...indices) {
        if (indices.length !== this.shape.length) {
            throw new RangeError(`an array of ${this.shape.length} dimensions takes ${this.shape.length} indices, not ${indices.length}`);
        }
        let position = 0;
        for (const [axis, index] of indices.entries()) {
            const extent = this.shape[axis] ?? 0;
            if (!Number.isInteger(index) || index < 0 || index >= extent) {
                throw new RangeError(`index ${index} is out of range for dimension ${axis} of extent ${extent}`);
            }
            position = position * extent + index;
        }
        return reader(this)(position);
    }
    /** The elements as arrays in arrays; the element itself if the array has no dimensions. */
    toNested() {
        const read = reader(this);
        const { shape } = this;
        let position = 0;
        const build = (axis) => {
            if (axis === shape.length)
                return read(position++);
            const extent = shape[axis] ?? 0;
            const out = new Array(extent);
            for (let i = 0; i < extent; i++)
                out[i] = build(axis + 1);
            return out;
        };
        return build(0);
    }
}
/** Reads the element at a position, counted in elements. */
function reader(array) {
    const data = array.data;
    switch (array.dtype) {
        case "bool":
            return (position) => data[position] !== 0;
        case "float16":
            return (position) => float16(data[position]);
        case "complex64":
        case "complex128":
            return (position) => new PyComplex(data[2 * position], data[2 * position + 1]);
        default:
            return textReader(array) ?? ((position) => data[position]);
    }
}
/** Reads the string at a position, without the zeros at its end, which numpy does not tell from what is not there. */
function textReader({ data, dtype }) {
    if (!dtype.startsWith("<U") && !dtype.startsWith("|S"))
        return undefined;
    const length = Number(dtype.slice(2));
    const of = data;
    return (position) => {
        let end = (position + 1) * length;
        while (end > position * length && of[end - 1] === 0)
            end -= 1;
        const part = of.subarray(position * length, end);
        return dtype.startsWith("|S") ? part : Array.from(part, (code) => String.fromCodePoint(code)).join("");
    };
}
function float16(bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0)
        return sign * fraction * 2 ** -24;
    if (exponent === 31)
        return fraction ? NaN : sign * Infinity;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
/** The bits of the nearest float16, ties to even. */
function float16Bits(value) {
    if (Number.isNaN(value))
        return 0x7e00;
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    const magnitude = Math.abs(value);
    if (magnitude >= 65520)
        return sign | 0x7c00;
    // Below 2^-14 the exponent stays, and the numbers are multiples of 2^-24. Scaling by powers of two is exact; the logarithm is not.
    let exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
    if (magnitude >= 2 ** (exponent + 1))
        exponent += 1;
    else if (exponent > -14 && magnitude < 2 ** exponent)
        exponent -= 1;
    const scaled = magnitude * 2 ** (10 - exponent);
    let rounded = Math.floor(scaled);
    const rest = scaled - rounded;
    if (rest > 0.5 || (rest === 0.5 && rounded % 2 === 1))
        rounded += 1;
    // A carry out of the fraction raises the exponent by itself; a subnormal number has neither the hidden bit nor an exponent.
    return sign | (rounded + ((exponent + 14) << 10));
}
function fromNested(source, dtype) {
    const shape = [];
    for (let level = source; Array.isArray(level); level = level[0])
        shape.push(level.length);
    const leaves = [];
    collect(source, shape, 0, leaves);
    const type = dtype ?? commonType(leaves);
    const layout = layoutOfDType(type);
    if (layout === undefined)
        throw new TypeError(`there is no dtype "${type}" here`);
    const data = new layout.array(leaves.length * layout.lanes);
    const write = writer(type, data);
    leaves.forEach((leaf, position) => write(position, leaf));
    return new NDArray(data, shape, type);
}
function collect(source, shape, axis, leaves) {
    if (axis === shape.length) {
        if (Array.isArray(source))
            throw new RangeError("the nested arrays are not rectangular");
        leaves.push(source);
        return;
    }
    if (!Array.isArray(source) || source.length !== shape[axis])
        throw new RangeError("the nested arrays are not rectangular");
    for (let i = 0; i < source.length; i++)
        collect(source[i], shape, axis + 1, leaves);
}
function commonType(leaves) {
    const kinds = new Set(leaves.map((leaf) => (isComplex(leaf) ? "complex" : typeof leaf)));
    if (kinds.size === 1 && kinds.has("boolean"))
        return "bool";
    if (kinds.size === 1 && kinds.has("bigint"))
        return "int64";
    if (kinds.size === 1 && kinds.has("string"))
        return `<U${leaves.reduce((most, leaf) => Math.max(most, [...leaf].length), 1)}`;
    if (kinds.has("complex") && [...kinds].every((kind) => kind === "complex" || kind === "number"))
        return "complex128";
    if ([...kinds].every((kind) => kind === "number"))
        return "float64";
    throw new TypeError(`an NDArray can't be made of ${[...kinds].sort().join(" and ")}; name a dtype`);
}
function writer(dtype, data) {
    const fail = (leaf) => {
        throw new TypeError(`${String(leaf)} is no element of a "${dtype}" array`);
    };
    const number = (leaf) => (typeof leaf === "number" ? leaf : typeof leaf === "boolean" ? Number(leaf) : fail(leaf));
    if (dtype === "bool") {
        return (position, leaf) => void (data[position] = typeof leaf === "boolean" || leaf === 0 || leaf === 1 ? Number(leaf) : fail(leaf));
    }
    if (dtype === "complex64" || dtype === "complex128") {
        return (position, leaf) => {
            data[2 * position] = isComplex(leaf) ? leaf.re : number(leaf);
            data[2 * position + 1] = isComplex(leaf) ? leaf.im : 0;
        };
    }
    const length = layoutOfDType(dtype)?.lanes ?? 1;
    if (dtype.startsWith("<U")) {
        return (position, leaf) => {
            const codes = typeof leaf === "string" && leaf.isWellFormed() ? Array.from(leaf, (one) => one.codePointAt(0)) : fail(leaf);
            if (codes.length > length)
                fail(leaf);
            for (const [at, code] of codes.entries())
                data[position * length + at] = code;
        };
    }
    if (dtype.startsWith("|S")) {
        return (position, leaf) => {
            const bytes = typeof leaf === "object" && leaf !== null && tagOfTypedArray(leaf) === "Uint8Array" ? leaf : fail(leaf);
            if (bytes.length > length)
                fail(leaf);
            for (const [at, byte] of bytes.entries())
                data[position * length + at] = byte;
        };
    }
    if (dtype === "float16")
        return (position, leaf) => void (data[position] = float16Bits(number(leaf)));
    if (dtype === "float32" || dtype === "float64")
        return (position, leaf) => void (data[position] = number(leaf));
    // The rest are integers: one that the type can't hold would wrap around in silence.
    return (position, leaf) => {
        if (typeof leaf !== "bigint" && !Number.isSafeInteger(number(leaf)))
            fail(leaf);
        const value = BigInt(leaf);
        data[position] = typeof data[position] === "bigint" ? value : Number(value);
        if (BigInt(data[position]) !== value)
            fail(leaf);
    };
}
function isComplex(value) {
    return typeof value === "object" && value !== null && kindOf(value) === "complex";
}

/** Registered, so that the parts of a value are found by another copy of this client, and under no name that the class may have. */
const PARTS = Symbol.for("tywrap.table");
/** As {@link PARTS}, of the columns of a table that was taken. */
const LABELS = Symbol.for("tywrap.labels");
/** The labels that the columns of a table came with. */
function labelsOf(columns) {
    return columns[LABELS];
}
/** Says of the columns of a table which labels they came with. */
function setLabels(columns, taken) {
    Object.defineProperty(columns, LABELS, { value: Object.freeze(taken) });
}
/** The parts of a value that is a table. */
function partsOf$2(value) {
    return value[PARTS] ?? { labels: { values: [] }, columns: [], index: { values: null } };
}
/** Says of a value what it consists of. */
function setParts(value, parts) {
    Object.defineProperty(value, PARTS, { value: Object.freeze(parts) });
}

/** Fewer rows are written as they are. */
const MIN_ROWS = 16;
/**
 * The columns of an array, if it is many plain objects that have the same keys in the same order, and nothing in it has a hole. Getters
 * are read here.
 */
function rowsOf(items) {
    const { length } = items;
    if (length < MIN_ROWS || !isRecord(items[0]) || Object.getPrototypeOf(items) !== Array.prototype || kindOf(items) !== undefined)
        return undefined;
    const keys = Object.keys(items[0]);
    if (keys.length === 0 || keys.includes("__proto__") || !keys.every((key) => key.isWellFormed()))
        return undefined;
    const columns = keys.map(() => new Array(length));
    for (let i = 0; i < length; i++) {
        const row = items[i];
        if (!isRecord(row))
            return undefined;
        let at = 0;
        // What is inherited is none of the keys, so a program in which something is has no rows.
        for (const key in row) {
            if (key !== keys[at])
                return undefined;
            const cell = row[key];
            if (cell === undefined)
                return undefined;
            columns[at][i] = cell;
            at += 1;
        }
        if (at !== keys.length)
            return undefined;
    }
    return { keys, columns };
}
/** The objects of columns, each of which has `count` values. */
function makeRows(keys, columns, count) {
    const rows = new Array(count);
    // Copies of an object that has the keys: they are made fast, and assigning to one reaches nothing that is inherited.
    const empty = Object.fromEntries(keys.map((key) => [key, null]));
    for (let i = 0; i < count; i++)
        rows[i] = { ...empty };
    for (const [at, key] of keys.entries())
        fill(rows, key, columns[at]);
    return rows;
}
/** Its own function, so that what an engine learns of one column does not have to do for all. */
function fill(rows, key, column) {
    for (let i = 0; i < rows.length; i++)
        rows[i][key] = column[i];
}
/** The bytes of a column that is numbers. */
function packNumbers(cells) {
    const numbers = new Float64Array(cells.length);
    for (let i = 0; i < cells.length; i++) {
        const cell = cells[i];
        if (typeof cell !== "number")
            return undefined;
        numbers[i] = cell;
    }
    return new Uint8Array(numbers.buffer);
}
/** The bytes of a column that is booleans. */
function packBooleans(cells) {
    const bytes = new Uint8Array(cells.length);
    for (let i = 0; i < cells.length; i++) {
        const cell = cells[i];
        if (typeof cell !== "boolean")
            return undefined;
        bytes[i] = Number(cell);
    }
    return bytes;
}
/** A column of `count` numbers or booleans; nothing if the bytes are none of such. */
function unpack(tag, bytes, count) {
    if (tag === "bools") {
        if (bytes.length !== count || !bytes.every((byte) => byte <= 1))
            return undefined;
        return Array.from(bytes, (byte) => byte === 1);
    }
    if (bytes.length !== count * Float64Array.BYTES_PER_ELEMENT)
        return undefined;
    const aligned = bytes.byteOffset % Float64Array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
    const numbers = new Float64Array(aligned.buffer, aligned.byteOffset, count);
    return tag === "ints" && !numbers.every((number) => Number.isSafeInteger(number) && !Object.is(number, -0)) ? undefined : numbers;
}
function isRecord(value) {
    if (typeof value !== "object" || value === null)
        return false;
    const prototype = Object.getPrototypeOf(value);
    return prototype === Object.prototype || prototype === null;
}

const DATE = String.raw `\d{4}-\d{2}-\d{2}`;
const TIME = String.raw `\d{2}:\d{2}:\d{2}(?:\.\d{6})?`;
const OFFSET = String.raw `[+-]\d{2}:\d{2}(?::\d{2}(?:\.\d{6})?)?`;
const INTEGER = String.raw `(?:0|-?[1-9]\d{0,4299})`;
/** The forms of `docs/wire.md`. What is no date in the calendar is the host's and Python's to refuse. */
const FORMS = {
    "datetime:date": {
        pattern: new RegExp(`^${DATE}$`),
        conversions: { toDate: dateOf },
    },
    "datetime:time": { pattern: new RegExp(`^${TIME}(?:${OFFSET})?$`), conversions: {} },
    "datetime:datetime": {
        pattern: new RegExp(String.raw `^${DATE}T${TIME}(?:${OFFSET}(?:\[[A-Za-z0-9_+./-]{1,64}\])?)?$`),
        conversions: { toDate: momentOf },
    },
    "datetime:timedelta": {
        pattern: new RegExp(`^${INTEGER}$`),
        conversions: { toMicroseconds: microsecondsOf, toMilliseconds: millisecondsOf },
    },
    "decimal:Decimal": {
        pattern: /^-?(?:\d+(?:\.\d+)?(?:E[+-]\d{1,19})?|Infinity|s?NaN\d*)$/,
        conversions: { toNumber: numberOfDecimal },
    },
    "fractions:Fraction": {
        pattern: new RegExp(String.raw `^${INTEGER}\/[1-9]\d{0,4299}$`),
        conversions: { toParts: partsOf$1, toNumber: numberOfFraction },
    },
    "uuid:UUID": { pattern: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, conversions: {} },
};
/** Longest text that a host takes. */
const LONGEST = 8603;
/** What values of a class inherit from, by what the objects of that class do. */
const prototypes = new WeakMap();
/** The text of a scalar. */
function textOf(value) {
    if (typeof value === "object" && value !== null && kindOf(value) === "scalar")
        return value.text;
    throw new TypeError("this is called on a value of Python's, and not by itself");
}
/** Whether a class goes by its text and this may be one. */
function isScalarText(className, text) {
    return Object.hasOwn(FORMS, className) && text.length <= LONGEST && FORMS[className].pattern.test(text);
}
/** A value, by the class and the text that {@link isScalarText} accepts. */
function makeScalar(className, text, way, callee) {
    const value = makeObject(prototype(prototypeOf(className, callee), className), className, way, undefined);
    Object.defineProperty(value, "text", { value: text, enumerable: true });
    Object.freeze(value);
    return value;
}
function prototype(base, className) {
    let known = prototypes.get(base);
    if (known === undefined)
        prototypes.set(base, (known = new Map()));
    let made = known.get(className);
    if (made === undefined) {
        made = Object.create(base);
        for (const [name, value] of Object.entries({ ...COMMON, ...FORMS[className]?.conversions })) {
            Object.defineProperty(made, name, { value, configurable: true, writable: true });
        }
        brand(made, "scalar");
        known.set(className, made);
    }
    return made;
}
const COMMON = {
    toString() {
        return textOf(this);
    },
    toJSON() {
        return textOf(this);
    },
};
function dateOf() {
    return new Date(`${textOf(this)}T00:00:00Z`);
}
function momentOf(naive) {
    const [text = ""] = textOf(this).split("[");
    const offset = text.slice(19).replace(/^\.\d+/, "");
    // JavaScript reads three digits of a fraction, and offsets of whole minutes.
    const moment = text.slice(0, 19) + (text[19] === "." ? text.slice(19, 23) : "");
    if (offset !== "")
        return new Date(Date.parse(`${moment}Z`) - millisecondsOfOffset(offset));
    if (naive === "UTC")
        return new Date(`${moment}Z`);
    if (naive === "local")
        return new Date(moment);
    throw new TypeError("a datetime without a zone is no moment: say how to read it, `toDate(\"UTC\")` or `toDate(\"local\")`");
}
function millisecondsOfOffset(offset) {
    const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(":").map(Number);
    return (offset.startsWith("-") ? -1e3 : 1000) * (hours * 3600 + minutes * 60 + seconds);
}
function microsecondsOf() {
    return BigInt(textOf(this));
}
function millisecondsOf() {
    return Number(textOf(this)) / 1000;
}
function numberOfDecimal() {
    return Number(textOf(this).replace(/s?NaN\d*/, "NaN"));
}
function partsOf$1() {
    const [numerator = "", denominator = ""] = textOf(this).split("/");
    return [BigInt(numerator), BigInt(denominator)];
}
function numberOfFraction() {
    const [numerator, denominator] = partsOf$1.call(this);
    return Number(numerator) / Number(denominator);
}

/** Nesting at which a value is given up, well before the stack is. */
const MAX_DEPTH$1 = 1024;
/** Longest integer with its sign: what Python converts from text by default. Converting takes time that grows with the square. */
const MAX_DIGITS = 4301;
/**
 * Reads the value of a frame.
 *
 * @param text JSON text
 * @param tagged the text is in tagged form
 * @param buffers the frame's buffers; each must be used once
 * @param origin where it comes from
 * @throws ProtocolError if it is no value
 * @throws UnsupportedError if it holds an array of a type that has no typed array
 */
function decodeValue(text, tagged, buffers, origin) {
    const decoder = new Decoder(buffers, origin);
    const value = parseJson(text);
    const result = tagged ? decoder.value(value, 0) : value;
    decoder.finish();
    return result;
}
/**
 * Reads the arguments of a call that Python makes.
 *
 * @throws ProtocolError if they are none
 */
function decodeArguments(text, tagged, buffers, origin) {
    const value = parseJson(text);
    const [args, keywords] = Array.isArray(value) ? value : [];
    if (!Array.isArray(args) || typeof keywords !== "object" || keywords === null)
        throw malformed("arguments that are none");
    const decoder = new Decoder(buffers, origin);
    if (tagged) {
        for (let i = 0; i < args.length; i++)
            args[i] = decoder.value(args[i], 0);
        decoder.value(keywords, 0);
    }
    decoder.finish();
    return { args, keywords: keywords };
}
/**
 * Reads JSON text in which no integer is out of the exact range: it would be rounded in silence.
 *
 * `JSON.parse` makes every key an own property, also `__proto__`, so no key of a peer reaches a prototype.
 */
function parseJson(text) {
    let value;
    try {
        value = JSON.parse(text);
    }
    catch (cause) {
        throw new ProtocolError("a value that is not JSON", "malformed-value", { cause });
    }
    if (SUSPECT.test(text))
        checkNumbers(text);
    return value;
}
/** A number with an integral part, or an exponent, long enough to be out of range. It may also stand in a string. */
const SUSPECT = /(?:^|[[,:\s])-?(?:[1-9]\d{15}|[\d.]+[eE]\+?\d{3})/;
/** The strings, which are skipped, and the numbers of a JSON text. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
function checkNumbers(text) {
    for (const [token] of text.matchAll(TOKENS)) {
        if (token.startsWith('"'))
            continue;
        const number = Number(token);
        const exact = /[.eE]/.test(token) ? Number.isFinite(number) : Number.isSafeInteger(number);
        if (!exact)
            throw malformed("a number that is out of range");
    }
}
class Decoder {
    #buffers;
    #origin;
    #used = new Set();
    constructor(buffers, origin) {
        this.#buffers = buffers;
        this.#origin = origin;
    }
    finish() {
        if (this.#used.size !== this.#buffers.length)
            throw malformed("a buffer that is not used");
    }
    value(node, depth) {
        if (typeof node !== "object" || node === null)
            return node;
        if (depth > MAX_DEPTH$1)
            throw malformed(`values nested more than ${MAX_DEPTH$1} deep`);
        if (Array.isArray(node))
            return this.#tagged(node, depth + 1);
        const record = node;
        for (const key of Object.keys(record)) {
            const before = record[key];
            // The property is an own one, so this can't reach a setter, whatever the key is.
            if (typeof before === "object" && before !== null)
                record[key] = this.value(before, depth + 1);
        }
        return record;
    }
    #tagged(node, depth) {
        switch (node[0]) {
            case "list":
            case "tuple":
                return this.#items(node, depth);
            case "rows":
                return this.#rows(node, depth);
            case "plain":
                return only(node);
            case "set":
            case "frozenset":
                return new Set(this.#items(node, depth));
            case "dict":
                return this.#dict(node, depth);
            case "int":
                return integer(only(node));
            case "float":
                return float(only(node));
            case "complex":
                return complex(node);
            case "bytes":
                return this.#buffer(only(node));
            case "array":
                return this.#array(node);
            case "column":
                return this.#column(node, depth);
            case "frame":
                return this.#frame(node, depth);
            case "series":
                return this.#series(node, depth);
            case "handle":
                return this.#handle(node);
            case "enum":
                if (node.length !== 3)
                    throw malformed("an enum without class or member");
                return memberOf(node[1], node[2]);
            case "scalar":
                return this.#scalar(node);
            default:
                throw malformed("a tag that is not known");
        }
    }
    #items(node, depth) {
        const items = new Array(node.length - 1);
        for (let i = 1; i < node.length; i++)
            items[i - 1] = this.value(node[i], depth);
        return items;
    }
    #rows(node, depth) {
        const [, count, keys] = node;
        if (!Number.isSafeInteger(count) || count < 1 || !areKeys(keys) || node.length !== keys.length + 3) {
            throw malformed("rows without a count, without keys or without a column for each");
        }
        return makeRows(keys, keys.map((_, at) => this.#cells(node[at + 3], count, depth + 1)), count);
    }
    #cells(node, count, depth) {
        const [tag] = Array.isArray(node) ? node : [];
        switch (tag) {
            case "json":
            case "list": {
                const parts = node;
                if (parts.length !== count + 1)
                    break;
                return tag === "json" ? parts.slice(1) : this.#items(parts, depth);
            }
            case "ints":
            case "floats":
            case "numbers":
            case "bools": {
                const cells = unpack(tag, this.#buffer(only(node)), count);
                if (cells !== undefined)
                    return cells;
            }
        }
        throw malformed("a column of rows that has not one value for each, or others than its tag says");
    }
    #dict(node, depth) {
        if (node.length % 2 === 0)
            throw malformed("a dict with a key and no value");
        const dict = new Map();
        for (let i = 1; i < node.length; i += 2)
            dict.set(this.value(node[i], depth), this.value(node[i + 1], depth));
        return dict;
    }
    #buffer(index) {
        const buffer = typeof index === "number" ? this.#buffers[index] : undefined;
        if (buffer === undefined || this.#used.has(index))
            throw malformed("a buffer that is not there, or is used twice");
        this.#used.add(index);
        return buffer;
    }
    #array(node) {
        const [, index, dtype, shape] = node;
        const count = Array.isArray(shape) ? elementCount(shape) : undefined;
        if (node.length !== 4 || typeof dtype !== "string" || count === undefined)
            throw malformed("an array without dtype or shape");
        const layout = layoutOfWire(dtype);
        if (layout === undefined) {
            throw new UnsupportedError(`an array of dtype ${JSON.stringify(dtype.slice(0, 32))} can't be brought to JavaScript`, "unsupported-dtype");
        }
        let bytes = this.#buffer(index);
        const width = layout.array.BYTES_PER_ELEMENT;
        if (bytes.length !== count * layout.lanes * width)
            throw malformed("an array whose shape does not fit its bytes");
        // A buffer of a large frame is aligned to 8 and a copied one starts at 0, so this is for a transport that promises neither.
        if (bytes.byteOffset % width !== 0)
            bytes = bytes.slice();
        const data = new layout.array(bytes.buffer, bytes.byteOffset, count * layout.lanes);
        return new NDArray(data, shape, layout.dtype);
    }
    /** A column. A level may be of numpy's dtypes too, whose values go one by one in it. */
    #column(node, depth, isLevel = false) {
        const [, dtype, data, ...rest] = node;
        if (dtype === "interval")
            return this.#intervals(node, depth);
        const values = this.#values(data, depth);
        if (values instanceof NDArray) {
            if (values.shape.length === 1 && dtype === "Sparse" && rest.length === 1) {
                const fill = this.value(rest[0], depth);
                const isNumber = /^(?:u?int|float)\d+$/.test(values.dtype) && (typeof fill === "number" || typeof fill === "bigint");
                if (isNumber || (values.dtype === "bool" && typeof fill === "boolean"))
                    return markColumn(values, { dtype, fill: fill });
            }
            else if (values.shape.length === 1 && isArrayDtype(dtype, values.dtype) && rest.length === 0)
                return markColumn(values, { dtype });
            throw malformed("a column of an array that is none");
        }
        if (!isLevelDtype(dtype) || (!isLevel && !isColumnDtype(dtype)))
            throw malformed("a column without dtype");
        if (dtype !== "category") {
            if (rest.length !== 0)
                throw malformed("a column with too many parts");
            return markColumn(values, { dtype });
        }
        const [categories, ordered] = rest;
        if (rest.length !== 2 || typeof ordered !== "boolean")
            throw malformed("a column of categories without them");
        return markColumn(values, { dtype, categories: this.#values(categories, depth), ordered });
    }
    #intervals(node, depth) {
        const [, dtype, ...ends] = node;
        const closed = ends.pop();
        const [left, right] = ends.map((end) => this.#level(end, depth));
        const isClosed = closed === "right" || closed === "left" || closed === "both" || closed === "neither";
        const of = left === undefined ? undefined : columnType(left)?.dtype;
        if (of === undefined || of === "interval" || of === "category" || columnType(right ?? [])?.dtype !== of)
            throw malformed("intervals of what has none");
        if (ends.length !== 2 || left === undefined || right?.length !== left.length || !isClosed)
            throw malformed("intervals that are none");
        const values = left.map((start, at) => (start === null ? null : [start, right[at]]));
        return markColumn(values, { dtype: dtype, closed, levels: [columnType(left), columnType(right)] });
    }
    /** A list or an array, or a column of either. */
    #values(node, depth) {
        const tag = Array.isArray(node) ? node[0] : undefined;
        const values = tag === "list" || tag === "array" || tag === "column" ? this.value(node, depth) : undefined;
        if (Array.isArray(values) || values instanceof NDArray)
            return values;
        throw malformed("a column without values");
    }
    /** A list, or a column of one. */
    #level(node, depth) {
        const isColumn = Array.isArray(node) && node[0] === "column";
        const values = isColumn ? this.#column(node, depth + 1, true) : this.#values(node, depth);
        if (!Array.isArray(values))
            throw malformed("labels that are an array");
        return values;
    }
    #frame(node, depth) {
        const [, axis, list, rows] = node;
        if (node.length !== 4 || !Array.isArray(list) || list[0] !== "list")
            throw malformed("a table without its parts");
        const columns = list.slice(1).map((column) => this.#values(column, depth));
        const count = columns[0] === undefined ? 0 : lengthOf$1(columns[0]);
        const labels = this.#index(axis, columns.length, depth, true);
        const index = this.#index(rows, count, depth, false);
        const names = labels.values;
        if (names.length !== columns.length)
            throw malformed("a table with more labels than columns, or less");
        // A number would not stay in its place among the keys of an object.
        const isRecord = names.every((name) => typeof name === "string" && name !== "__proto__" && !/^(?:0|[1-9]\d*)$/.test(name));
        const entries = names.map((name, at) => [name, columns[at]]);
        const named = isRecord ? Object.fromEntries(entries) : new Map(entries);
        if ((isRecord ? Object.keys(named).length : named.size) !== names.length)
            throw malformed("a label that stands twice");
        setLabels(named, { labels: names, type: columnType(names) });
        const table = { index: index.values, columns: named };
        if (labels.names !== undefined)
            table["columnsNames"] = labels.names;
        return besides(table, index);
    }
    #series(node, depth) {
        if (node.length !== 4)
            throw malformed("a series without its parts");
        const values = this.#values(node[1], depth);
        const index = this.#index(node[2], lengthOf$1(values), depth, false);
        const name = this.value(node[3], depth);
        return besides(name === null ? { index: index.values, values } : { index: index.values, values, name }, index);
    }
    /** An index. One that is a range has as many labels as there are values beside it, and as labels of columns they are keys. */
    #index(node, count, depth, isKeys) {
        const read = (labels) => isKeys || (Array.isArray(labels) && labels[0] === "column") ? this.#anyLevel(labels, depth, isKeys) : this.#values(labels, depth);
        if (!Array.isArray(node) || node[0] !== "index")
            return { values: read(node) };
        const [, labels, named, frequency] = node;
        if (node.length !== 4 || (frequency !== null && !isFrequency(frequency)) || !Array.isArray(labels))
            throw malformed("an index without its parts");
        const names = this.#values(named, depth);
        const kind = labels[0];
        const values = kind === "range" ? rangeOf(labels, count, isKeys) : kind === "levels" ? this.#levels(labels, depth) : read(labels);
        if (!Array.isArray(names) || names.length !== (kind === "levels" ? labels.length - 1 : 1))
            throw malformed("an index with other names than levels");
        return { values, names: names.every((name) => name === null) ? undefined : names, frequency: frequency ?? undefined };
    }
    #anyLevel(node, depth, isListed) {
        if (isListed)
            return this.#level(node, depth);
        return this.#column(node, depth + 1, true);
    }
    #levels(node, depth) {
        const levels = node.slice(1).map((level) => this.#level(level, depth));
        const [first] = levels;
        if (first === undefined || levels.some((level) => level.length !== first.length))
            throw malformed("an index without levels, or of uneven ones");
        const labels = first.map((_, at) => levels.map((level) => level[at]));
        return markColumn(labels, { dtype: "levels", levels: levels.map((level) => columnType(level)) });
    }
    #scalar(node) {
        const [, className, text] = node;
        if (node.length !== 3 || typeof className !== "string" || typeof text !== "string" || !isScalarText(className, text)) {
            throw malformed("a scalar that is none");
        }
        return makeScalar(className, text, this.#origin.way, this.#origin.callee);
    }
    #handle(node) {
        const [, id, className] = node;
        if (node.length !== 3 || !Number.isSafeInteger(id) || typeof className !== "string")
            throw malformed("a handle without id or class");
        const { owner, way, callee } = this.#origin;
        return makeObject(prototypeOf(className, callee), className, way, { owner, id: id });
    }
}
/** A table with what is known of its index; what is not known is no property. */
function besides(table, { names, frequency }) {
    if (names !== undefined)
        table["indexNames"] = names;
    if (frequency !== undefined)
        table["frequency"] = frequency;
    return table;
}
function rangeOf(node, count, isKeys) {
    const [, start, stop, step] = node;
    const length = Math.max(0, Math.ceil((stop - start) / step));
    if (node.length !== 4 || !node.slice(1).every(Number.isSafeInteger) || length !== count)
        throw malformed("a range of an index that is none");
    const type = { dtype: "range", range: [start, stop, step] };
    const at = (position) => start + position * step;
    if (isKeys)
        return markColumn(Array.from({ length }, (_, position) => at(position)), type);
    const data = new BigInt64Array(length);
    for (let position = 0; position < length; position++)
        data[position] = BigInt(at(position));
    return markColumn(new NDArray(data), type);
}
function lengthOf$1(values) {
    if (Array.isArray(values))
        return values.length;
    if (values.shape.length !== 1)
        throw malformed("a column of several dimensions");
    return values.shape[0];
}
function areKeys(keys) {
    if (!Array.isArray(keys) || keys.length === 0 || keys.includes("__proto__"))
        return false;
    return keys.every((key) => typeof key === "string") && new Set(keys).size === keys.length;
}
function only(node) {
    if (node.length !== 2)
        throw malformed(`a tag with ${node.length - 1} parts instead of one`);
    return node[1];
}
function integer(digits) {
    if (typeof digits !== "string" || digits.length > MAX_DIGITS || !/^-?(?:0|[1-9]\d*)$/.test(digits))
        throw malformed("an int that is none");
    return BigInt(digits);
}
function float(text) {
    switch (text) {
        case "nan":
            return NaN;
        case "inf":
            return Infinity;
        case "-inf":
            return -Infinity;
    }
    const number = typeof text === "string" && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN;
    if (!Number.isFinite(number))
        throw malformed("a float that is none");
    return number;
}
function complex(node) {
    if (node.length !== 3)
        throw malformed("a complex number without two parts");
    const part = (value) => {
        if (typeof value === "number")
            return value;
        if (Array.isArray(value) && value[0] === "float")
            return float(only(value));
        throw malformed("a complex number with a part that is no float");
    };
    return new PyComplex(part(node[1]), part(node[2]));
}
function malformed(what) {
    return new ProtocolError(`malformed value: ${what}`, "malformed-value");
}

/**
 * Whether `JSON.stringify` writes a value just as the wire has it. It does for most data, and much faster than any code of ours. What
 * it would change in silence (`NaN`, -0, an integer that is not exact, `undefined` in a list), leave out or convert is not plain, nor is
 * what takes a tag; those are written, or refused, one by one. Getters are read here and then again.
 *
 * @param depth how many levels of containers there may be
 */
function isPlain(value, depth) {
    switch (typeof value) {
        case "string":
            return value.isWellFormed();
        case "boolean":
            return true;
        case "number":
            return Number.isInteger(value) ? Number.isSafeInteger(value) && !Object.is(value, -0) : Number.isFinite(value);
        case "object":
            return value === null || (depth > 0 && isPlainContainer(value, depth - 1));
        default:
            return false;
    }
}
function isPlainContainer(value, depth) {
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Array.prototype) {
        const items = value;
        if (kindOf(items) !== undefined || "toJSON" in items)
            return false;
        for (let i = 0; i < items.length; i++)
            if (!isPlain(items[i], depth))
                return false;
        return true;
    }
    if (prototype !== Object.prototype && prototype !== null)
        return false;
    // Whatever is inherited is inherited by all, and makes the whole program an odd one: then nothing is plain.
    for (const key in value) {
        if (key === "__proto__" || key === "toJSON" || !key.isWellFormed())
            return false;
        const member = value[key];
        if (member !== undefined && !isPlain(member, depth))
            return false;
    }
    return true;
}
/** Whether somebody gave strings, numbers or booleans a form of their own in JSON. */
function isJsonAltered() {
    return ["", 0, true, {}, []].some((value) => "toJSON" in Object(value));
}

/**
 * Writes the arguments of a call.
 *
 * @param callee the module, for messages
 * @param index of what is called, for messages
 * @param args positional arguments, and after them possibly one {@link Kw}
 * @param origin what the objects of the result will be told; objects among the arguments must be of its connection, and functions among them are lent by it
 * @param maxDepth deepest nesting of lists, dicts and the like in one argument
 * @throws ValidationError if an argument can't be sent; the message names it
 */
function encodeCall(callee, index, args, origin, maxDepth) {
    const encoder = new Encoder(callee, index, origin, maxDepth);
    try {
        encoder.call(args);
    }
    catch (error) {
        origin.owner.unlend(encoder.lent);
        throw error;
    }
    return encoder;
}
/**
 * Writes what a function gave that Python called.
 *
 * @throws ValidationError if it can't be sent
 */
function encodeGiven(value, origin, maxDepth) {
    const encoder = new Encoder(GIVEN, 0, origin, maxDepth);
    try {
        // Python asks for a value where JavaScript leaves one out.
        encoder.value(value ?? null, 0);
    }
    catch (error) {
        origin.owner.unlend(encoder.lent);
        throw error;
    }
    return encoder;
}
/** Stands for the function, of which nothing else is known. */
const GIVEN = { name: "", digest: "", names: [], classes: [] };
class Encoder {
    text = "";
    tagged = false;
    buffers = [];
    lent = [];
    #callee;
    #index;
    #origin;
    #maxDepth;
    /** Where lists were opened while the text was still plain. The first value that needs a tag makes all of them need one. */
    #lists = [];
    /** The way to the value being written: the argument's position or keyword, then indices and keys. */
    #path = [0];
    /** The arguments that are rows. */
    #rows = new Map();
    /** The containers on that way. */
    #around = [];
    constructor(callee, index, origin, maxDepth) {
        this.#callee = callee;
        this.#index = index;
        this.#origin = origin;
        this.#maxDepth = maxDepth;
    }
    call(args) {
        let count = args.length;
        const last = args[count - 1];
        let keywords;
        if (typeof last === "object" && last !== null && kindOf(last) === "keywords") {
            keywords = last.keywords;
            count -= 1;
        }
        while (count > 0 && args[count - 1] === undefined)
            count -= 1;
        if (this.#plain(args, count, keywords))
            return;
        this.text = "[[";
        for (let i = 0; i < count; i++) {
            if (i > 0)
                this.text += ",";
            this.#path[0] = i;
            if (args[i] === undefined)
                this.#tag('["omitted"]');
            else
                this.#argument(args[i]);
        }
        this.text += "],";
        if (keywords === undefined)
            this.text += "{}";
        else
            this.#keywords(keywords);
        this.text += "]";
        if (this.buffers.length > MAX_BUFFERS)
            this.#refuse(0, `more than ${MAX_BUFFERS} buffers in one call`);
    }
    /** Writes everything at once, if that can be done. Calls with nothing but numbers and strings are written faster one by one. */
    #plain(args, count, keywords) {
        let containers = keywords !== undefined && !isPlain(keywords, 1);
        for (let i = 0; i < count; i++)
            containers ||= typeof args[i] === "object" && args[i] !== null;
        if (!containers || this.#findRows(args, count, keywords) || (keywords !== undefined && !isPlain(keywords, this.#maxDepth + 1)))
            return false;
        for (let i = 0; i < count; i++)
            if (!isPlain(args[i], this.#maxDepth))
                return false;
        if (isJsonAltered())
            return false;
        this.text = `[${JSON.stringify(args.slice(0, count))},${keywords === undefined ? "{}" : JSON.stringify(keywords)}]`;
        return true;
    }
    /** Whether an argument is rows: they are smaller by their columns, and read faster. */
    #findRows(args, count, keywords) {
        for (const value of keywords === undefined ? args.slice(0, count) : [...args.slice(0, count), ...Object.values(keywords)]) {
            const rows = Array.isArray(value) ? rowsOf(value) : undefined;
            if (rows !== undefined)
                this.#rows.set(value, rows);
        }
        return this.#rows.size > 0;
    }
    /** Writes an argument, which beside rows is written at once if it can be. */
    #argument(value) {
        const atOnce = this.#rows.size > 0 && typeof value === "object" && value !== null && !this.#rows.has(value);
        if (atOnce && isPlain(value, this.#maxDepth) && !isJsonAltered())
            this.#tag(`["plain",${JSON.stringify(value)}]`);
        else
            this.value(value, 0);
    }
    #keywords(keywords) {
        if (Object.hasOwn(keywords, "__proto__")) {
            this.#path[0] = "__proto__";
            this.#refuse(0, "no Python function has a keyword of this name");
        }
        this.#members(keywords, 0);
    }
    value(value, depth) {
        switch (typeof value) {
            case "number":
                return this.#number(value);
            case "string":
                return this.#string(value, depth);
            case "boolean":
                this.text += value ? "true" : "false";
                return;
            case "bigint":
                return this.#integer(value);
            case "object":
                if (value === null)
                    this.text += "null";
                else
                    this.#object(value, depth);
                return;
            case "undefined":
                return this.#refuse(depth, "`undefined` stands for nothing in Python; use `null` for `None`");
            case "function": {
                if (kindOf(value) === "class")
                    return this.#refuse(depth, `the Python class \`${value.name}\` can't be passed as a value`);
                const id = this.#origin.owner.lend(value, this.#origin);
                this.lent.push(id);
                return this.#tag(`["callback",${id}]`);
            }
            default:
                return this.#refuse(depth, `a ${typeof value} can't be sent to Python`);
        }
    }
    #number(value) {
        if (Number.isSafeInteger(value) && !Object.is(value, -0))
            this.text += value;
        else
            this.#float(value);
    }
    #float(value) {
        if (Number.isFinite(value))
            this.text += floatText(value);
        else
            this.#tag(Number.isNaN(value) ? '["float","nan"]' : value > 0 ? '["float","inf"]' : '["float","-inf"]');
    }
    #integer(value) {
        if (value >= -MAX_SAFE && value <= MAX_SAFE)
            this.text += value;
        else
            this.#tag(`["int","${value}"]`);
    }
    #string(value, depth) {
        if (!value.isWellFormed())
            this.#refuse(depth, "a string with half of a surrogate pair is no text");
        this.text += JSON.stringify(value);
    }
    #object(value, depth) {
        if (Array.isArray(value)) {
            this.#enter(value, depth);
            if (kindOf(value) === "tuple")
                this.#tagged("tuple", value, depth);
            else if (!this.#asRows(value, depth))
                this.#list(value, depth);
            return;
        }
        const prototype = Object.getPrototypeOf(value);
        if (prototype === Object.prototype || prototype === null) {
            this.#enter(value, depth);
            this.#record(value, depth);
            return;
        }
        switch (kindOf(value)) {
            case "float":
                return this.#float(value.value);
            case "int":
                return this.#integer(value.value);
            case "complex":
                return this.#complex(value);
            case "ndarray":
                return this.#ndarray(value, depth);
            case "enum":
                return this.#tag(`["enum",${JSON.stringify(value.className)},${JSON.stringify(value.name)}]`);
            case "scalar":
                return this.#tag(`["scalar",${JSON.stringify(value.className)},${JSON.stringify(value.text)}]`);
            case "frame":
                return this.#frame(value, depth);
            case "series":
                return this.#series(value, depth);
            case "keywords":
                return this.#refuse(depth, "keywords come last: `kw(…)` is not a value and nothing follows it");
            default:
                this.#exotic(value, prototype, depth);
        }
    }
    /** Writes an array by its columns, if it is rows. */
    #asRows(items, depth) {
        const rows = this.#rows.get(items) ?? rowsOf(items);
        if (rows === undefined || depth + 2 > this.#maxDepth)
            return false;
        const [lists, tagged, buffers] = [this.#lists, this.tagged, this.buffers.length];
        const { text } = this;
        try {
            this.#tag(`["rows",${items.length},[${rows.keys.map((key) => JSON.stringify(key)).join(",")}]`);
            for (const [at, cells] of rows.columns.entries()) {
                this.#path[depth + 2] = rows.keys[at];
                this.#cells(cells, items, depth);
            }
            this.text += "]";
            return true;
        }
        catch (error) {
            if (!(error instanceof ValidationError))
                throw error;
            // Row by row, the first that is refused is another one.
            [this.text, this.#lists, this.tagged, this.buffers.length] = [text, lists, tagged, buffers];
            return false;
        }
    }
    #cells(cells, rows, depth) {
        this.text += ",";
        const may = this.buffers.length < MAX_PACKED;
        const numbers = may ? packNumbers(cells) : undefined;
        const packed = numbers ?? (may ? packBooleans(cells) : undefined);
        if (packed !== undefined) {
            this.text += `["${numbers === undefined ? "bools" : "numbers"}",${this.buffers.length}]`;
            this.buffers.push(packed);
        }
        else if (cells.every((cell) => isPlain(cell, this.#maxDepth - depth - 2)) && !isJsonAltered()) {
            this.text += `["json",${JSON.stringify(cells).slice(1)}`;
        }
        else {
            this.text += '["list"';
            for (let i = 0; i < cells.length; i++) {
                this.text += ",";
                this.#path[depth + 1] = i;
                this.#around[depth + 1] = rows[i];
                this.value(cells[i], depth + 2);
            }
            this.text += "]";
        }
    }
    #list(items, depth) {
        const { length } = items;
        if (this.tagged) {
            this.text += length === 0 ? '["list"' : '["list",';
        }
        else {
            this.text += "[";
            this.#lists.push(this.text.length);
        }
        for (let i = 0; i < length; i++) {
            if (i > 0)
                this.text += ",";
            this.#path[depth + 1] = i;
            const item = items[i];
            if (typeof item === "number")
                this.#number(item);
            else
                this.value(item, depth + 1);
        }
        this.text += "]";
    }
    #tagged(tag, items, depth) {
        this.#tag(`["${tag}"`);
        const { length } = items;
        for (let i = 0; i < length; i++) {
            this.text += ",";
            this.#path[depth + 1] = i;
            this.value(items[i], depth + 1);
        }
        this.text += "]";
    }
    #record(object, depth) {
        // As a key of a JSON object it is refused by every reader that cares for its prototypes, so it goes as a dict with any keys.
        if (!Object.hasOwn(object, "__proto__"))
            return this.#members(object, depth + 1);
        const present = Object.entries(object).filter(([, member]) => member !== undefined);
        this.#tagged("dict", present.flat(), depth);
    }
    /** Writes an object. `depth` is that of the members: 0 for keywords, whose names are where an argument's position is. */
    #members(object, depth) {
        this.text += "{";
        let first = true;
        for (const key of Object.keys(object)) {
            const member = object[key];
            if (member === undefined)
                continue;
            this.#path[depth] = key;
            if (first)
                first = false;
            else
                this.text += ",";
            this.#string(key, depth);
            this.text += ":";
            if (depth === 0)
                this.#argument(member);
            else
                this.value(member, depth);
        }
        this.text += "}";
    }
    #complex(value) {
        this.#tag('["complex",');
        this.#float(value.re);
        this.text += ",";
        this.#float(value.im);
        this.text += "]";
    }
    #ndarray(value, depth) {
        const layout = layoutOfDType(value.dtype);
        if (layout === undefined)
            return this.#refuse(depth, "an NDArray of an unknown dtype");
        if (value.dtype === "bool" && !areBooleans(value.data)) {
            return this.#refuse(depth, "a bool array with a byte that is neither 0 nor 1");
        }
        this.#array(value.data, layout, value.shape);
    }
    #array(data, layout, shape) {
        this.#tag(`["array",${this.buffers.length},"${layout.wire}",[${shape.join(",")}]]`);
        this.buffers.push(bytesOf(data));
    }
    #frame(frame, depth) {
        const { labels, columns, index } = partsOf$2(frame);
        this.#enter(frame, depth);
        this.#tag('["frame",');
        this.#path[depth + 1] = "columns";
        this.#labels(labels, depth + 1);
        this.text += ',["list"';
        const names = labels.values;
        for (const [at, values] of columns.entries()) {
            this.text += ",";
            const label = names[at];
            this.#path[depth + 1] = typeof label === "string" ? label : at;
            this.#column(values, depth + 1);
        }
        this.text += "],";
        this.#path[depth + 1] = "index";
        this.#labels(index, depth + 1);
        this.text += "]";
    }
    #series(series, depth) {
        const { columns, index, labels } = partsOf$2(series);
        this.#enter(series, depth);
        this.#tag('["series",');
        this.#path[depth + 1] = "values";
        this.#column(columns[0], depth + 1);
        this.text += ",";
        this.#path[depth + 1] = "index";
        this.#labels(index, depth + 1);
        this.text += ",";
        this.#path[depth + 1] = "name";
        this.#label(labels.values[0], depth + 1);
        this.text += "]";
    }
    /** Writes an index, with what its values don't say if there is anything. */
    #labels({ values, range, names, frequency }, depth) {
        const type = values === null ? undefined : columnType(values);
        const levels = type?.dtype === "levels" ? type.levels : undefined;
        if (range === undefined && levels === undefined && names === undefined && frequency === undefined)
            return this.#column(values, depth, true);
        this.#tag('["index",');
        if (range !== undefined)
            this.text += `["range",${range.join(",")}]`;
        else if (levels !== undefined)
            this.#levels(values, levels, depth);
        else
            this.#column(values, depth, true);
        this.text += ',["list"';
        for (const name of names ?? levels ?? [null]) {
            this.text += ",";
            this.#label(names === undefined ? null : name, depth + 1);
        }
        this.text += `],${frequency === undefined ? "null" : JSON.stringify(frequency)}]`;
    }
    #levels(labels, levels, depth) {
        this.text += '["levels"';
        for (const [level, type] of levels.entries()) {
            this.text += ",";
            const values = labels.map((label, at) => {
                if (Array.isArray(label) && label.length === levels.length)
                    return label[level];
                this.#path[depth + 1] = at;
                return this.#refuse(depth + 1, `a label of ${levels.length} levels is an array of as many values`);
            });
            this.#column(type === undefined ? values : markColumn(values, type), depth, true);
        }
        this.text += "]";
    }
    /** Writes a column or an index: an array of numbers, or values in a list, with the dtype if it has one. */
    #column(values, depth, isIndex = false) {
        if (!Array.isArray(values)) {
            const tag = typeof values === "object" && values !== null ? tagOfTypedArray(values) : undefined;
            const layout = tag === undefined ? undefined : layoutOfTypedArray(tag);
            // Bytes are numbers here, too.
            if (layout !== undefined)
                return this.#array(values, layout, [values.length]);
            const type = values === null ? undefined : columnType(values);
            if (type === undefined || type.dtype === "range")
                return this.value(values, depth);
            this.#tag(`["column",${JSON.stringify(type.dtype)},`);
            this.value(values, depth);
            if (type.dtype === "Sparse") {
                this.text += ",";
                this.value(type.fill, depth);
            }
            this.text += "]";
            return;
        }
        this.#enter(values, depth);
        const type = columnType(values);
        if (type?.dtype === "interval")
            return this.#intervals(values, type, depth);
        const isNamed = type !== undefined && isLevelDtype(type.dtype);
        if (isNamed)
            this.#tag(`["column",${JSON.stringify(type.dtype)},`);
        this.#tag('["list"');
        for (let i = 0; i < values.length; i++) {
            this.text += ",";
            this.#path[depth + 1] = i;
            if (isIndex || type?.categories !== undefined)
                this.#label(values[i], depth + 1);
            else
                this.value(values[i], depth + 1);
        }
        this.text += "]";
        if (!isNamed)
            return;
        if (type.categories !== undefined) {
            this.text += ",";
            this.#column(type.categories, depth + 1);
            this.text += type.ordered === true ? ",true" : ",false";
        }
        this.text += "]";
    }
    #intervals(values, type, depth) {
        this.text += '["column","interval"';
        for (const end of [0, 1]) {
            this.text += ",";
            const ends = values.map((value, at) => {
                if (value === null)
                    return null;
                if (Array.isArray(value) && value.length === 2)
                    return value[end];
                this.#path[depth + 1] = at;
                return this.#refuse(depth + 1, "an interval is an array of its two ends, or `null`");
            });
            const of = type.levels?.[end];
            this.#column(of === undefined ? ends : markColumn(ends, of), depth + 1);
        }
        this.text += `,${JSON.stringify(type.closed)}]`;
    }
    /** Writes a label; one of several levels, which Python has as a tuple, is an array here. */
    #label(value, depth) {
        if (!Array.isArray(value))
            return this.value(value, depth);
        this.#enter(value, depth);
        this.#tagged("tuple", value, depth);
    }
    /** What is neither an array, nor a plain object, nor made by this client. */
    #exotic(value, prototype, depth) {
        if (value instanceof PyObject)
            return this.#reference(value, depth);
        const tag = tagOfTypedArray(value);
        if (tag === "Uint8Array") {
            this.#tag(`["bytes",${this.buffers.length}]`);
            this.buffers.push(bytesOf(value));
            return;
        }
        if (tag !== undefined) {
            const layout = layoutOfTypedArray(tag);
            if (layout === undefined)
                return this.#refuse(depth, `a ${tag} can't be sent to Python`);
            return this.#array(value, layout, [value.length]);
        }
        // By internal slots, so that one of another realm is recognised and one that only looks like it is not.
        if (isMap$1(value)) {
            this.#enter(value, depth);
            const items = [];
            mapForEach.call(value, (item, key) => void items.push(key, item));
            return this.#tagged("dict", items, depth);
        }
        if (isSet(value)) {
            this.#enter(value, depth);
            const items = [];
            setForEach.call(value, (item) => void items.push(item));
            return this.#tagged("set", items, depth);
        }
        if (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf")) {
            this.#enter(value, depth);
            return this.#record(value, depth);
        }
        this.#refuse(depth, `${describe$2(value)} can't be sent to Python`);
    }
    #reference(object, depth) {
        const id = referenceTo(object, this.#origin.owner);
        if (id === "disposed")
            return this.#refuse(depth, "the object has been disposed of");
        if (id === "foreign")
            return this.#refuse(depth, "the object lives behind another connection");
        this.#tag(`["handle",${id},${JSON.stringify(object.className)}]`);
    }
    /** Writes text that only the tagged form has. */
    #tag(text) {
        if (!this.tagged) {
            this.tagged = true;
            this.text = tagLists(this.text, this.#lists);
            this.#lists = [];
        }
        this.text += text;
    }
    #enter(value, depth) {
        if (depth >= this.#maxDepth) {
            this.#around.length = depth;
            if (this.#around.includes(value))
                this.#refuse(depth, "the value contains itself");
            this.#refuse(depth, `values are nested more than ${this.#maxDepth} deep (\`wire.max-depth\`)`);
        }
        this.#around[depth] = value;
    }
    #refuse(depth, why) {
        const name = this.#callee.names[this.#index] ?? String(this.#index);
        // What is called on an object has the object as its first argument, which the caller has not written as one.
        const onObject = this.#callee === OBJECTS || name.includes(":");
        const callable = this.#callee === GIVEN ? "a function that Python called" : `${name.includes(":") ? "" : `${this.#callee.name}.`}${name.replace(":", ".")}`;
        const path = this.#callee === GIVEN ? `what it gave${stepsText(this.#path.slice(1, depth + 1))}` : pathText(this.#path.slice(0, depth + 1), onObject);
        throw new ValidationError(`\`${callable}\`: ${path}: ${why}`, {
            code: "argument-not-sendable",
            severity: "low",
            context: { callable, path },
        });
    }
}
/** Most buffers that rows are given. */
const MAX_PACKED = 1024;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const mapForEach = Map.prototype.forEach;
const setForEach = Set.prototype.forEach;
/** Digits that are a float to every reader, because there is a point or an exponent among them. */
function floatText(value) {
    if (Object.is(value, -0))
        return "-0.0";
    const text = String(value);
    return Number.isInteger(value) && !text.includes("e") ? `${text}.0` : text;
}
/** Adds the tag that each list in a plain text would have had. */
function tagLists(text, lists) {
    let out = "";
    let from = 0;
    for (const at of lists) {
        out += text.slice(from, at) + (text[at] === "]" ? '"list"' : '"list",');
        from = at;
    }
    return out + text.slice(from);
}
function bytesOf(view) {
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
function areBooleans(bytes) {
    for (let i = 0; i < bytes.length; i++)
        if (bytes[i] > 1)
            return false;
    return true;
}
function isMap$1(value) {
    return holds(() => Map.prototype.has.call(value, undefined));
}
function isSet(value) {
    return holds(() => Set.prototype.has.call(value, undefined));
}
function holds(probe) {
    try {
        probe();
        return true;
    }
    catch {
        return false;
    }
}
const ADVICE = {
    Date: "a `Date` (pass `pyDateTime(date)` or `pyDate(date)`)",
    ArrayBuffer: "an `ArrayBuffer` (wrap it in a `Uint8Array`)",
    SharedArrayBuffer: "a `SharedArrayBuffer` (wrap it in a `Uint8Array`)",
    DataView: "a `DataView` (wrap its buffer in a `Uint8Array`)",
    Promise: "a `Promise` (await it first)",
    PythonConstant: "a constant that was not awaited",
};
/** What a value calls itself. It may say anything, or fail, so little of it is believed. */
function describe$2(value) {
    try {
        const name = value.constructor?.name;
        if (typeof name === "string" && /^[\w$]{1,64}$/.test(name)) {
            return (Object.hasOwn(ADVICE, name) ? ADVICE[name] : undefined) ?? `an instance of \`${name}\``;
        }
    }
    catch {
        // A getter that throws is no reason to hide why the value was refused.
    }
    return "an object of a class of its own";
}
function pathText(path, onObject) {
    const [head, ...rest] = path;
    const place = typeof head !== "number" ? "" : onObject && head === 0 ? "the object itself" : `argument ${onObject ? head : head + 1}`;
    const start = place !== "" ? place : `keyword ${JSON.stringify(head)}`;
    return start + stepsText(rest);
}
function stepsText(steps) {
    return steps.map((step) => `[${JSON.stringify(step)}]`).join("");
}

/** What Python calls the class of the error that {@link PyCallback} speaks of. */
const CALLBACK_ERROR = "tywrap.CallbackError";
/** The functions that a connection has lent to Python, by the numbers that it names them by. */
class Lent {
    #functions = new Map();
    #last = 0;
    /** Lends a function, and gives its number. */
    add(call, origin) {
        do {
            this.#last = this.#last === 0xffff_ffff ? 1 : this.#last + 1;
        } while (this.#functions.has(this.#last));
        this.#functions.set(this.#last, { call, origin });
        return this.#last;
    }
    /** Forgets functions. */
    delete(ids) {
        for (const id of ids)
            this.#functions.delete(id);
    }
    /** Calls a function as a frame says, and gives the frame that answers. */
    async call(frame, maxDepth) {
        const { request } = frame;
        const lent = this.#functions.get(frame.callable);
        try {
            if (lent === undefined)
                throw new TywrapError("the function is not lent any more", "callback-failed");
            const { args, keywords } = decodeArguments(frame.text, frame.tagged, frame.buffers, lent.origin);
            const given = await lent.call(...args, ...(Object.keys(keywords).length > 0 ? [keywords] : []));
            const { text, tagged, buffers } = encodeGiven(given, lent.origin, maxDepth);
            // What an earlier one threw, Python has got over.
            lent.origin.thrown = undefined;
            return { kind: RESULT, request, text, tagged, buffers };
        }
        catch (error) {
            if (lent !== undefined)
                lent.origin.thrown = { error };
            return failed(request, error);
        }
    }
}
/** The frame that says that a function failed. */
function failed(request, error) {
    const value = { kind: "callback", code: "callback-failed", message: describe$1(error).toWellFormed().slice(0, 10_000) };
    return { kind: ERROR, request, text: JSON.stringify(value) };
}
/** What was thrown says of itself. It may say anything, or fail. */
function describe$1(error) {
    try {
        return String(error);
    }
    catch {
        return "a value that has no text";
    }
}

/**
 * Why a request failed, not yet an error.
 *
 * The error is made in the asynchronous function that awaits the answer, not where the frame arrives: only there does the
 * engine know who called, and the stack ends in the caller's line.
 */
class Failure {
    /** Makes the error. */
    toError;
    constructor(toError) {
        this.toError = toError;
    }
}
/** Reads the value of an ERROR frame. What is missing or of a wrong type gets a default: an error must never hide behind another. */
function failureOf(value) {
    const fields = typeof value === "object" && value !== null ? { ...value } : {};
    const kind = text(fields["kind"]);
    const code = text(fields["code"]) ?? kind ?? "unknown";
    const message = text(fields["message"]) ?? "the host gave no reason";
    switch (kind) {
        case "policy":
            return new Failure(() => new PolicyError(message, securityDetails(fields, code, "high")));
        case "validation":
            return new Failure(() => new ValidationError(message, securityDetails(fields, code, "medium")));
        case "timeout":
            return new Failure(() => new TimeoutError(message, code));
        case "worker-crashed":
            return new Failure(() => new WorkerCrashedError(message, code));
        case "cancelled":
            return new Failure(() => new TywrapError(message, code));
        case "unsupported":
            return new Failure(() => new UnsupportedError(message, code));
        case "python":
            return new Failure(() => new PythonError(message, { code, pythonType: text(fields["type"]) ?? "Exception", traceback: text(fields["traceback"]) ?? "" }));
        default:
            return new Failure(() => new ProtocolError(kind === "protocol" ? message : `an error of unknown kind: ${message}`, code));
    }
}
/** An error that came up while an answer was read, to be made again where it is awaited. */
function failureFrom(error) {
    if (error instanceof ProtocolError)
        return new Failure(() => new ProtocolError(error.message, error.code));
    if (error instanceof UnsupportedError)
        return new Failure(() => new UnsupportedError(error.message, error.code));
    // Something other than what the host said went wrong, such as running out of memory.
    return new Failure(() => new ConnectionError(`an answer can't be read: ${String(error)}`, "answer-unreadable", { cause: error }));
}
function securityDetails(fields, code, severity) {
    const context = fields["context"];
    return {
        code,
        severity: isSeverity(fields["severity"]) ? fields["severity"] : severity,
        timestamp: timestamp(fields["timestamp"]),
        context: typeof context === "object" && context !== null ? context : {},
    };
}
function timestamp(value) {
    const date = typeof value === "number" || typeof value === "string" ? new Date(value) : new Date();
    return Number.isNaN(date.getTime()) ? new Date() : date;
}
function isSeverity(value) {
    return value === "low" || value === "medium" || value === "high" || value === "critical";
}
function text(value) {
    return typeof value === "string" ? value : undefined;
}

/** Calls that may be open beyond twice the queue while a function of this side is called. docs/wire.md has the numbers. */
const INSIDE = 32;
/**
 * The calls that wait here until the host would read them.
 *
 * While too much of a connection is open, a host reads nothing more from it. So that what a function gives never stands behind calls
 * that the host does not read, these calls are not sent before.
 */
class HeldCalls {
    /** Most calls that may be open: `wire.queue`. */
    queue = Infinity;
    /** While as many bytes are open, nothing more is read: `wire.max-frame`. */
    bytes = Infinity;
    /** Most calls that may wait here. */
    waiting = Infinity;
    /** How many functions of this side are being called. */
    inside = 0;
    #open = 0;
    #openBytes = 0;
    #held = new Map();
    /**
     * Whether a call may be sent now. If so, it is open; if not, it waits here.
     *
     * @throws QueueFullError if too many do already
     */
    begin(call) {
        if (this.#held.size === 0 && this.#hasRoom()) {
            this.#begin(call);
            return true;
        }
        if (this.#held.size >= this.waiting) {
            throw new QueueFullError(`${this.#held.size} calls wait to be sent, which is the most (\`waiting\` of \`connect\`)`, "queue-full");
        }
        // Whoever called may write to what was not lent.
        const buffers = call.lend === true ? call.buffers : call.buffers.map((buffer) => buffer.slice());
        this.#held.set(call.request, { ...call, buffers, lend: true });
        return false;
    }
    /** Whether nothing waits here, as mostly. */
    get isEmpty() {
        return this.#held.size === 0;
    }
    /** A call was answered, or could not be sent. */
    end(call) {
        this.#open--;
        this.#openBytes -= size(call);
    }
    /** Takes back a call that waits here. Whether it did. */
    cancel(request) {
        return this.#held.delete(request);
    }
    /** The calls that may be sent now. */
    *take() {
        for (const [request, call] of this.#held) {
            if (!this.#hasRoom())
                return;
            this.#held.delete(request);
            this.#begin(call);
            yield call;
        }
    }
    #begin(call) {
        this.#open++;
        this.#openBytes += size(call);
    }
    #hasRoom() {
        return this.inside > 0
            ? this.#open < 2 * this.queue + INSIDE && this.#openBytes < 2 * this.bytes
            : this.#open < this.queue && this.#openBytes < this.bytes;
    }
}
/** At least the bytes that the host counts for a call. */
function size({ text, buffers }) {
    // UTF-8 takes at most three bytes for each unit of UTF-16.
    let bytes = text.length * 3;
    for (const buffer of buffers)
        bytes += buffer.byteLength;
    return bytes;
}

/** Small frames are written one after the other into a slab, and go out in one piece. */
const SLAB = 64 * 1024;
/** Buffers up to this size are copied into the slab; a larger one is a piece of its own. */
const INLINE = 16 * 1024;
/** Collects frames until they are written together. */
class Outbox {
    /** Longest frame, in bytes after the length field. */
    limit;
    /** Where large buffers of calls go, if there is any. */
    memory;
    #pieces = [];
    #slab = new Uint8Array(SLAB);
    /** The part of the slab that is in no piece yet. What lies before may still be on its way out, so it is not used again. */
    #from = 0;
    #to = 0;
    /** @param limit longest frame, in bytes after the length field */
    constructor(limit) {
        this.limit = limit;
    }
    /**
     * Adds a frame.
     *
     * @throws ValidationError if it is longer than the limit; then nothing was added
     */
    add(frame) {
        const { text, buffers = NO_BUFFERS } = frame;
        // UTF-8 takes at most three bytes for each unit of UTF-16.
        const inline = text.length * 3 <= SLAB - HEADER;
        const encoded = inline ? undefined : encoder.encode(text);
        const start = this.#reserve(HEADER + (inline ? text.length * 3 : 0));
        const slab = this.#slab;
        const valueLength = encoded?.length ?? writeText(slab, start + HEADER, text);
        const shared = frame.kind === CALL ? this.memory : undefined;
        const entry = entrySize(shared !== undefined);
        const length = frameLength(valueLength, buffers.length * entry, buffers) - LENGTH;
        if (length > this.limit) {
            throw new ValidationError(`the call takes ${length} bytes, and the host takes at most ${this.limit} (\`wire.max-frame\`)`, {
                code: "frame-too-large",
                severity: "low",
                context: { length, limit: this.limit },
            });
        }
        const request = frame.request ?? 0;
        const places = shared === undefined || buffers.length === 0 ? NO_PLACES : buffers.map((buffer) => shared.keep(request, buffer));
        const here = places.length === 0 ? buffers : buffers.filter((_, i) => places[i] === undefined);
        writeU32(slab, start, here.length === buffers.length ? length : frameLength(valueLength, buffers.length * entry, here) - LENGTH);
        slab[start + 4] = frame.kind;
        slab[start + 5] = (frame.tagged === true ? TAGGED : 0) | (shared === undefined ? 0 : SHARED);
        slab[start + 6] = frame.slot ?? 0;
        slab[start + 7] = (frame.slot ?? 0) >>> 8;
        writeU32(slab, start + 8, request);
        writeU32(slab, start + 12, frame.callable ?? 0);
        writeU32(slab, start + 16, valueLength);
        writeU32(slab, start + 20, buffers.length);
        this.#to = start + HEADER + (inline ? valueLength : 0);
        if (encoded !== undefined)
            this.#append(encoded);
        if (buffers.length === 0)
            return;
        const end = this.#addTable(HEADER + valueLength, buffers, shared === undefined ? undefined : places);
        this.#addBuffers(end, here, frame.lend === true);
    }
    /** Takes out what has been collected; empty if nothing has. */
    take() {
        this.#seal();
        const pieces = this.#pieces;
        this.#pieces = [];
        return pieces;
    }
    /** Adds what says how long buffers are, and where if that is not always in the frame. Gives its end. */
    #addTable(valueEnd, buffers, places) {
        const padding = align(valueEnd) - valueEnd;
        const entry = entrySize(places !== undefined);
        const table = new Uint8Array(padding + entry * buffers.length);
        buffers.forEach((buffer, i) => {
            const at = padding + entry * i;
            writeU32(table, at, buffer.byteLength);
            if (places === undefined)
                return;
            writeU32(table, at + 8, places[i] === undefined ? IN_FRAME : 0);
            writeU32(table, at + 12, places[i] ?? 0);
        });
        this.#append(table);
        return valueEnd + table.byteLength;
    }
    #addBuffers(offset, buffers, lend) {
        for (const buffer of buffers) {
            const start = align(offset);
            this.#append(ZEROS.subarray(0, start - offset));
            this.#append(buffer.byteLength <= INLINE || lend ? buffer : buffer.slice());
            offset = start + buffer.byteLength;
        }
    }
    /** Adds bytes that nobody else writes to, or few enough to copy. */
    #append(bytes) {
        if (bytes.byteLength > INLINE) {
            this.#seal();
            this.#pieces.push(bytes);
            return;
        }
        const start = this.#reserve(bytes.byteLength);
        this.#slab.set(bytes, start);
        this.#to = start + bytes.byteLength;
    }
    /** Makes room in the slab, and says where. The caller moves the end. */
    #reserve(size) {
        if (this.#to + size > SLAB) {
            this.#seal();
            this.#slab = new Uint8Array(SLAB);
            this.#from = this.#to = 0;
        }
        return this.#to;
    }
    #seal() {
        if (this.#to > this.#from)
            this.#pieces.push(this.#slab.subarray(this.#from, this.#to));
        this.#from = this.#to;
    }
}
const NO_BUFFERS = [];
const NO_PLACES = [];
const ZEROS = new Uint8Array(8);
const encoder = new TextEncoder();
/** Most calls are short, and starting the encoder costs more than writing those. */
const SHORT = 64;
function writeText(bytes, start, text) {
    if (text.length <= SHORT) {
        let i = 0;
        for (; i < text.length; i++) {
            const unit = text.charCodeAt(i);
            if (unit >= 0x80)
                break;
            bytes[start + i] = unit;
        }
        if (i === text.length)
            return i;
    }
    return encoder.encodeInto(text, bytes.subarray(start)).written;
}
/** Bytes of a frame with a table of so many bytes, none if it has no buffers, and the buffers that are in it. */
function frameLength(valueLength, table, buffers) {
    let end = HEADER + valueLength;
    if (table > 0)
        end = align(end) + table;
    for (const buffer of buffers)
        end = align(end) + buffer.byteLength;
    return end;
}

/** Bytes read at once where nothing larger is under way. */
const SCRATCH = 64 * 1024;
/**
 * Cuts a stream of bytes into frames.
 *
 * Bytes are read into {@link FrameReader.target} and announced by {@link FrameReader.received}. Small frames are read many at a time
 * into one buffer that is used again; a frame that doesn't fit gets a buffer of its own, which the rest of it is read into directly
 * and its arrays are views of. So the bytes of a large array are touched once.
 */
class FrameReader {
    /** Longest frame, in bytes after the length field. */
    limit;
    /** Whether a length of 0 may stand between frames. It means nothing but that the other end is there. */
    heartbeats = false;
    /** Copies what frames say is in shared memory, if there is any. */
    readShared;
    #deliver;
    #scratch = new Uint8Array(SCRATCH);
    #start = 0;
    #end = 0;
    #large;
    #filled = 0;
    #stopped = false;
    /**
     * @param limit longest frame, in bytes after the length field
     * @param deliver called with each frame, in order; may call {@link FrameReader.stop}
     */
    constructor(limit, deliver) {
        this.limit = limit;
        this.#deliver = deliver;
    }
    /** Where the next bytes go. Never empty. */
    target() {
        return this.#large === undefined ? this.#scratch.subarray(this.#end) : this.#large.subarray(this.#filled);
    }
    /**
     * Takes note of `count` bytes written to the start of {@link FrameReader.target}.
     *
     * @throws ProtocolError if they are no frames
     */
    received(count) {
        if (this.#stopped)
            return;
        if (this.#large !== undefined) {
            this.#filled += count;
            if (this.#filled < this.#large.length)
                return;
            const bytes = this.#large;
            this.#large = undefined;
            this.#deliver(parseFrame(bytes, true, this.readShared));
            return;
        }
        this.#end += count;
        this.#cut();
    }
    /** Takes bytes that were read elsewhere. */
    push(chunk) {
        for (let offset = 0; offset < chunk.length && !this.#stopped;) {
            const target = this.target();
            const count = Math.min(target.length, chunk.length - offset);
            target.set(chunk.subarray(offset, offset + count));
            this.received(count);
            offset += count;
        }
    }
    /** Drops everything from here on. */
    stop() {
        this.#stopped = true;
        this.#start = this.#end = 0;
        this.#large = undefined;
    }
    #cut() {
        while (this.#end - this.#start >= LENGTH) {
            const length = readU32(this.#scratch, this.#start);
            if (length === 0 && this.heartbeats) {
                this.#start += LENGTH;
                continue;
            }
            if (length < HEADER - LENGTH || length > this.limit) {
                throw new ProtocolError(`malformed frame: a length of ${length}, where ${HEADER - LENGTH} to ${this.limit} are possible`, "malformed-frame");
            }
            const total = LENGTH + length;
            if (this.#end - this.#start < total) {
                if (total > SCRATCH)
                    this.#startLarge(total);
                break;
            }
            const start = this.#start;
            this.#start += total;
            this.#deliver(parseFrame(this.#scratch.subarray(start, start + total), false, this.readShared));
            if (this.#stopped)
                return;
        }
        if (this.#start === this.#end)
            this.#start = this.#end = 0;
        // What is left is the start of a frame that fits if it stands at the front.
        else if (this.#start > 0) {
            this.#scratch.copyWithin(0, this.#start, this.#end);
            this.#end -= this.#start;
            this.#start = 0;
        }
    }
    #startLarge(total) {
        this.#large = new Uint8Array(total);
        this.#large.set(this.#scratch.subarray(this.#start, this.#end));
        this.#filled = this.#end - this.#start;
        this.#start = this.#end = 0;
    }
}

/** Version of the wire that this client speaks (docs/wire.md). */
const WIRE_VERSION = 1;
/** How this client introduces itself. A test holds it equal to the version of the crates. */
const PEER = "tywrap-client 0.2.0";

/** Longest frame until the host says another limit: the default of `wire.max-frame`. */
const MAX_FRAME = 256 * 1024 * 1024;
/** Longest frame before the host has said anything. */
const MAX_HELLO = 64 * 1024;
/** Deepest nesting until the host says another limit: the default of `wire.max-depth`. */
const MAX_DEPTH = 64;
/** Objects released with one frame, so that its value stays far below what a host takes. */
const RELEASES = 4096;
const MAX_U16 = 0xffff;
const MAX_U32 = 0xffff_ffff;
/** What the objects of a result are told: methods of theirs are called with the options of the call that gave them. */
class CallOrigin {
    thrown;
    owner;
    callee;
    #options;
    constructor(owner, callee, options) {
        this.owner = owner;
        this.callee = callee;
        this.#options = options;
    }
    get way() {
        return this;
    }
    call(callee, index, args, settle = false) {
        const options = settle ? { ...this.#options, signal: undefined } : this.#options;
        // What an operation on an object gives comes of the module that the object is of.
        return this.owner.call(callee, index, args, options, callee === OBJECTS ? this : undefined);
    }
}
/** The one connection to a host: its open requests, its open modules, and the state that ends with it. */
class Session {
    reader;
    #outbox = new Outbox(MAX_HELLO);
    #transport;
    #maxDepth = MAX_DEPTH;
    /** Every request that has no answer yet. */
    #requests = new Map();
    #lastRequest = 0;
    #slots = new Map();
    /** The requests of OPEN frames, which are answered only when they are refused. */
    #opens = new Set();
    #held = new HeldCalls();
    #lent = new Lent();
    #releases = [];
    #flushDue = false;
    /** Callers that wait. The program is kept running while there are any. */
    #waiting = 0;
    #ended;
    #closed;
    /** Only {@link Session.open} makes one. */
    constructor() {
        this.reader = new FrameReader(MAX_HELLO, (frame) => this.#receive(frame));
    }
    /**
     * Opens a transport and agrees on the version of the wire.
     *
     * @param opener opens the transport
     * @param timeout milliseconds until the host must have answered
     * @param waiting most calls that may wait to be sent
     */
    static async open(opener, timeout, waiting) {
        if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
            throw new ConnectionError("the wire is little-endian, and this machine is not", "unsupported-machine");
        }
        const session = new Session();
        session.#held.waiting = waiting;
        let timer;
        try {
            session.#transport = await opener(session);
            session.#check();
            timer = setTimeout(() => {
                session.#end(() => new TimeoutError(`the host did not answer within ${timeout} ms`, "connect-timeout"), true);
            }, timeout);
            await session.#hello();
            return session;
        }
        catch (error) {
            void session.#shut(true);
            throw error;
        }
        finally {
            clearTimeout(timer);
        }
    }
    /**
     * Calls a callable, or reads an attribute.
     *
     * @param origin what the objects in the result are told, if it is not that they come of this call
     * @returns the value
     */
    async call(callee, index, args, options, origin) {
        const signal = options?.signal;
        if (signal?.aborted === true)
            throw signal.reason;
        this.#check();
        const from = origin ?? new CallOrigin(this, callee, options);
        const { text, tagged, buffers, lent } = encodeCall(callee, index, args, from, this.#maxDepth);
        // Writing an argument may have run a getter that closed the connection.
        this.#check();
        const slot = callee === OBJECTS ? 0 : (this.#slots.get(callee) ?? this.#open(callee));
        const request = this.#newRequest();
        const call = { kind: CALL, slot, request, callable: index, text, tagged, buffers, lend: options?.lend === true, lent };
        if (this.#begin(call))
            this.#sendCall(call);
        const answer = await (signal === undefined ? this.#answer(request, from, call) : this.#abortableAnswer(request, from, call, signal));
        if (answer instanceof Failure)
            throw because(answer.toError(), from);
        return answer;
    }
    lend(call, origin) {
        return this.#lent.add(call, origin);
    }
    unlend(ids) {
        this.#lent.delete(ids);
    }
    release(id) {
        if (this.#ended !== undefined)
            return;
        this.#releases.push(id);
        this.#flushLater();
    }
    /** Ends the connection. Open calls fail at once. */
    close() {
        this.#end(() => new ConnectionError("the connection was closed", "connection-closed"), false);
        return this.#closed ?? Promise.resolve();
    }
    receive(read) {
        try {
            read();
        }
        catch (error) {
            this.#end(failureFrom(error).toError, true);
        }
    }
    lost(error) {
        this.#end(error, true);
    }
    async #hello() {
        const request = this.#newRequest();
        const shares = this.#transport?.share === undefined ? undefined : true;
        this.#send({ kind: HELLO, request, text: JSON.stringify({ wire: WIRE_VERSION, peer: PEER, "shared-memory": shares }) });
        const answer = await this.#answer(request);
        if (answer instanceof Failure)
            throw answer.toError();
    }
    /** Reads the host's HELLO. Fields that this version doesn't know are the business of later ones. */
    #greeted(value) {
        const fields = (typeof value === "object" && value !== null ? value : {});
        const { wire, peer, "max-frame": maxFrame, "max-depth": maxDepth, queue, "shared-memory": offer } = fields;
        if (wire !== WIRE_VERSION) {
            const who = typeof peer === "string" ? JSON.stringify(peer.slice(0, 100)) : "the host";
            throw new ProtocolError(`${who} speaks version ${JSON.stringify(wire) ?? "none"} of the wire, and ${PEER} speaks ${WIRE_VERSION}: build the host and the package with the same tywrap`, "wire-version");
        }
        const frame = isLimit(maxFrame) ? Math.min(maxFrame, MAX_U32) : MAX_FRAME;
        this.reader.limit = frame;
        this.#outbox.limit = frame;
        this.#held.bytes = frame;
        const memory = offer === undefined ? undefined : this.#transport?.share?.(offer);
        if (memory !== undefined) {
            this.#outbox.memory = memory;
            this.reader.readShared = (number, offset, length) => memory.read(number, offset, length);
        }
        if (isLimit(queue))
            this.#held.queue = queue;
        this.#maxDepth = isLimit(maxDepth) ? maxDepth : MAX_DEPTH;
    }
    /** Opens a module. Calls follow without waiting: a host that refuses it refuses them too. */
    #open(callee) {
        const slot = this.#slots.size + 1;
        if (slot > MAX_U16)
            throw new ConnectionError("a connection can open 65535 modules", "too-many-modules");
        const request = this.#newRequest();
        this.#send({ kind: OPEN, slot, request, text: JSON.stringify({ module: callee.name, digest: callee.digest }) });
        this.#slots.set(callee, slot);
        this.#opens.add(request);
        return slot;
    }
    #newRequest() {
        do {
            this.#lastRequest = this.#lastRequest === MAX_U32 ? 1 : this.#lastRequest + 1;
        } while (this.#requests.has(this.#lastRequest) || this.#opens.has(this.#lastRequest));
        return this.#lastRequest;
    }
    #answer(request, origin, call) {
        return new Promise((resolve) => {
            this.#wait();
            const settle = (answer) => {
                this.#stopWaiting();
                resolve(answer);
            };
            this.#requests.set(request, { settle, origin, call });
        });
    }
    #abortableAnswer(request, origin, call, signal) {
        return new Promise((resolve) => {
            const abort = () => {
                if (this.#held.cancel(request)) {
                    this.#requests.delete(request);
                    this.unlend(call.lent);
                }
                else {
                    // The host still answers, and the answer may hold objects to release; so the request stays, without a caller.
                    this.#requests.set(request, { settle: undefined, origin, call });
                    this.#send({ kind: CANCEL, request, text: "null" });
                }
                this.#stopWaiting();
                resolve(new Failure(() => signal.reason));
            };
            this.#wait();
            signal.addEventListener("abort", abort);
            const settle = (answer) => {
                signal.removeEventListener("abort", abort);
                this.#stopWaiting();
                resolve(answer);
            };
            this.#requests.set(request, { settle, origin, call });
        });
    }
    /** Throws why the session has ended, if it has. */
    #check() {
        if (this.#ended !== undefined)
            throw this.#ended();
    }
    #wait() {
        if (this.#waiting++ === 0)
            this.#transport?.ref();
    }
    #stopWaiting() {
        if (--this.#waiting === 0)
            this.#transport?.unref();
    }
    #send(frame) {
        this.#outbox.add(frame);
        this.#flushLater();
    }
    #flushLater() {
        if (this.#flushDue)
            return;
        this.#flushDue = true;
        this.#transport?.defer(() => this.#flush());
    }
    #flush() {
        this.#flushDue = false;
        if (this.#ended !== undefined)
            return;
        for (let from = 0; from < this.#releases.length; from += RELEASES) {
            this.#outbox.add({ kind: RELEASE, text: `[${this.#releases.slice(from, from + RELEASES).join(",")}]` });
        }
        if (this.#releases.length > 0)
            this.#releases = [];
        this.#transport?.write(this.#outbox.take());
    }
    #receive(frame) {
        if (frame.kind === ERROR && this.#opens.delete(frame.request))
            return;
        if (frame.kind === ERROR && frame.request === 0) {
            // About no request in particular, so about the connection. It is what the host says last.
            const { toError } = failureOf(this.#read(frame));
            this.#end(toError, true);
            return;
        }
        if (frame.kind === CALL && frame.slot === 0) {
            void this.#called(frame);
            return;
        }
        if (frame.kind === RELEASE) {
            const ids = this.#read(frame);
            if (Array.isArray(ids))
                this.#lent.delete(ids);
            return;
        }
        const asked = this.#requests.get(frame.request);
        if (asked === undefined) {
            throw new ProtocolError(`unexpected frame: an answer to request ${frame.request}, which is not open`, "unexpected-frame");
        }
        const { settle, origin } = asked;
        const greeting = this.#outbox.limit === MAX_HELLO;
        switch (frame.kind) {
            case ERROR:
                this.#answered(frame.request, asked);
                settle?.(failureOf(this.#read(frame)));
                return;
            case HELLO:
                if (!greeting)
                    break;
                this.#greeted(this.#read(frame));
                this.#requests.delete(frame.request);
                settle?.(undefined);
                return;
            case RESULT:
                if (greeting || origin === undefined)
                    break;
                if (frame.shared)
                    this.#send({ kind: TAKEN, request: frame.request, text: "null" });
                this.#answered(frame.request, asked);
                this.#settleResult(frame, settle, origin);
                return;
        }
        throw new ProtocolError(`unexpected frame: kind ${frame.kind}`, "unexpected-frame");
    }
    #answered(request, { call }) {
        this.#requests.delete(request);
        if (call === undefined)
            return;
        this.#outbox.memory?.free(request);
        this.#held.end(call);
        this.#sendHeld();
    }
    #begin(call) {
        try {
            return this.#held.begin(call);
        }
        catch (error) {
            this.unlend(call.lent);
            throw error;
        }
    }
    /** Sends a call that is open by now. */
    #sendCall(call) {
        try {
            this.#send(call);
        }
        catch (error) {
            // It is longer than a frame may be.
            this.#held.end(call);
            this.unlend(call.lent);
            throw error;
        }
    }
    #sendHeld() {
        if (this.#held.isEmpty)
            return;
        for (const call of this.#held.take()) {
            try {
                this.#sendCall(call);
            }
            catch (error) {
                const settle = this.#requests.get(call.request)?.settle;
                this.#requests.delete(call.request);
                settle?.(new Failure(() => error));
            }
        }
    }
    /** Python calls a function of this side. */
    async #called(frame) {
        this.#held.inside++;
        this.#sendHeld();
        const answer = await this.#lent.call(frame, this.#maxDepth);
        this.#held.inside--;
        if (this.#ended !== undefined)
            return;
        try {
            this.#send(answer);
        }
        catch (error) {
            // It is longer than a frame may be.
            this.#send(failed(frame.request, error));
        }
    }
    /** A value that is none fails its call only: the frames around it are whole. */
    #settleResult(frame, settle, origin) {
        let answer;
        try {
            answer = decodeValue(frame.text, frame.tagged, frame.buffers, origin);
        }
        catch (error) {
            answer = failureFrom(error);
        }
        // Where the caller no longer waits, what the value holds is unreachable from here on, and so is released.
        settle?.(answer);
    }
    #read(frame) {
        if (frame.tagged || frame.buffers.length > 0)
            throw new ProtocolError("unexpected frame: a message in tagged form", "unexpected-frame");
        return parseJson(frame.text);
    }
    #end(error, failed) {
        if (this.#ended !== undefined)
            return;
        this.#ended = error;
        this.reader.stop();
        const requests = [...this.#requests.values()];
        this.#requests.clear();
        for (const { settle } of requests)
            settle?.(new Failure(error));
        void this.#shut(failed);
    }
    #shut(failed) {
        this.#ended ??= () => new ConnectionError("the connection could not be made", "connection-failed");
        this.#outbox.memory?.close();
        this.#outbox.memory = undefined;
        this.#closed ??= this.#transport?.close(failed) ?? Promise.resolve();
        return this.#closed;
    }
}
/** The error of a call, with what a function threw that Python called, if that is why. */
function because(error, origin) {
    if (!("thrown" in origin) || origin.thrown === undefined)
        return error;
    if (error instanceof PythonError && error.pythonType === CALLBACK_ERROR) {
        Object.defineProperty(error, "cause", { value: origin.thrown.error, writable: true, configurable: true });
    }
    return error;
}
function isLimit(value) {
    return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

/** Milliseconds until a host must have answered, unless the options say otherwise. */
const TIMEOUT = 30_000;
/** The reach into a connection that only this client has. */
let makeConnection;
let callThrough;
/**
 * A connection to a host. Made by {@link connect}.
 *
 * It keeps the program running only while calls are open, so a program that forgets to close it ends all the same; over HTTP it keeps
 * the program running until it is closed.
 */
class Connection {
    #session;
    #options;
    constructor(session, options) {
        this.#session = session;
        this.#options = options;
    }
    static {
        makeConnection = (session) => new Connection(session, undefined);
        callThrough = (connection, callee, index, args) => connection.#session.call(callee, index, args, connection.#options);
    }
    /**
     * The same connection, with options for the calls made through it: `np.with(connection.with({ signal })).mean(a)`.
     *
     * Options of this connection hold unless `options` says otherwise.
     */
    with(options) {
        return new Connection(this.#session, { ...this.#options, ...options });
    }
    /**
     * Ends the connection, and the host if {@link connect} started it. Calls that are open are rejected with a {@link ConnectionError}.
     *
     * @returns when nothing of it is left
     */
    close() {
        return this.#session.close();
    }
    /** The same as {@link Connection.close}. */
    [asyncDispose]() {
        return this.close();
    }
}
/** What modules call through unless `with` says otherwise. */
let defaultConnection;
/** What modules call through at this very moment, if `with` said so. */
let currentConnection;
/**
 * Starts a host, or connects to one, and makes it the connection that the wrapped modules use.
 *
 * ```ts
 * const connection = await connect({ host: ["target/debug/quickstart"] });
 * ```
 *
 * Connecting again replaces the default; `np.with(connection)` uses a particular one.
 *
 * @throws ConnectionError if the host can't be started or reached, refuses the connection, or ends before it answers
 * @throws TimeoutError if it doesn't answer in time
 * @throws ProtocolError if it is of another version
 */
async function connect(options) {
    const { timeout = TIMEOUT, waiting = Infinity } = options;
    if (!(timeout > 0 && timeout <= 0x7fff_ffff))
        throw new RangeError("`timeout` is a positive number of milliseconds");
    if (!(waiting >= 0))
        throw new RangeError("`waiting` is a number of calls");
    const connection = makeConnection(await Session.open(openerOf(options), timeout, waiting));
    defaultConnection = connection;
    return connection;
}
/** Calls through the connection that is to be used now. */
function call(callee, index, args) {
    const connection = currentConnection ?? defaultConnection;
    if (connection === undefined) {
        return Promise.reject(new ConnectionError("there is no connection: `await connect({ host: [\"path/to/host\"] })` first", "not-connected"));
    }
    return callThrough(connection, callee, index, args);
}
/**
 * Runs `body`, whose calls go through `connection`.
 *
 * A call picks its connection before it waits for anything, so nothing else can run in between.
 */
function through(connection, body) {
    const before = currentConnection;
    currentConnection = connection;
    try {
        return body();
    }
    finally {
        currentConnection = before;
    }
}
function openerOf(options) {
    if (typeof options.socket === "string")
        return openSocket(options.socket);
    if (typeof options.url === "string")
        return openHttp(options);
    const { host } = options;
    if (!Array.isArray(host) || host.length === 0 || !host.every((part) => typeof part === "string")) {
        throw new TypeError("`connect` takes `{ host: [program, ...arguments] }`, `{ socket: path }` or `{ url }`");
    }
    return openHost(options);
}

/** A context manager that has been entered. It is left at the end of an `await using` block. */
class PyEntered {
    /** What `as` would have named in Python. */
    value;
    #manager;
    #asynchronous;
    #left = false;
    /** Made by {@link enter}. */
    constructor(manager, value, asynchronous) {
        this.#manager = manager;
        this.#asynchronous = asynchronous;
        this.value = value;
    }
    /**
     * Leaves it. Leaving it again does nothing.
     *
     * @param failure what went wrong in between. Python is told of a `RuntimeError` that says the same
     * @returns whether the manager wants the failure to be forgotten
     */
    async leave(failure) {
        if (this.#left)
            return false;
        this.#left = true;
        const why = failure === undefined ? null : failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
        // Also where a signal has aborted the calls in between.
        const args = [this.#manager, why?.toWellFormed() ?? null, this.#asynchronous];
        return (await wayOf(this.#manager)?.call(OBJECTS, LEAVE, args, true)) === true;
    }
    /** Leaves it, as after a block without a failure: JavaScript doesn't say how a block ended. {@link within} does. */
    async [asyncDispose]() {
        await this.leave();
    }
}
/**
 * Enters a context manager, as Python's `with` does.
 *
 * ```ts
 * await using connection = await enter(await sqlite3.connect("rain.db"));
 * await connection.value.execute("create table rain (city)");
 * ```
 */
async function enter(manager) {
    const entering = manager;
    if (wayOf(manager) === undefined)
        throw new TypeError("`enter` takes a context manager of Python's");
    const asynchronous = entering.__aenter__ !== undefined;
    const value = asynchronous ? entering.__aenter__?.() : entering.__enter__?.();
    if (value === undefined)
        throw new TypeError(`\`${manager.className}\` is no context manager, or its \`__enter__\` is not granted`);
    return new PyEntered(manager, (await value), asynchronous);
}
/**
 * Runs `body` with a context manager entered, and leaves it however `body` ends. What `body` throws the manager is told, and may ask to
 * forget, as `contextlib.suppress` does.
 *
 * @returns what `body` gives; `undefined` where what it threw is forgotten
 */
async function within(manager, body) {
    const entered = await enter(manager);
    let result;
    try {
        result = await body(entered.value);
    }
    catch (failure) {
        if (await entered.leave(failure ?? new Error("nothing in particular was thrown")))
            return undefined;
        throw failure;
    }
    await entered.leave();
    return result;
}

/** What {@link kw} returns. A class, so that no plain object can pass for keywords by accident. */
class Keywords {
    keywords;
    constructor(keywords) {
        if (typeof keywords !== "object" || keywords === null || Array.isArray(keywords)) {
            throw new TypeError("kw takes one object, such as kw({ axis: 0 })");
        }
        this.keywords = keywords;
    }
    static {
        brand(this.prototype, "keywords");
    }
}
/**
 * Passes keyword arguments, right after the positional ones: `np.mean(a, kw({ axis: 0 }))`.
 *
 * A keyword whose value is `undefined` is not passed. A bare object at the end of a call is never read as keywords, since it
 * may be meant as a `dict`.
 */
function kw(keywords) {
    return new Keywords(keywords);
}

/** A value made here. Its methods go where the modules' calls go. */
function scalar(className, text, what) {
    if (!isScalarText(className, text))
        throw new TypeError(`${JSON.stringify(text.slice(0, 100))} is no ${what}`);
    return makeScalar(className, text, { call }, undefined);
}
function partsOfDate(date) {
    const year = date.getUTCFullYear();
    if (!(year >= 1 && year <= 9999))
        throw new RangeError("Python's dates are those of the years 1 to 9999");
    return date.toISOString();
}
/** A `datetime.date`, of a text such as `2026-11-28`, or of the day that a `Date` is in, in UTC. */
function pyDate(date) {
    return scalar("datetime:date", typeof date === "string" ? date : partsOfDate(date).slice(0, 10), "date such as 2026-11-28");
}
/** A `datetime.time`, of a text such as `09:30:00`. */
function pyTime(text) {
    return scalar("datetime:time", sixDigits(text), "time such as 09:30:00 or 09:30:00.25+01:00");
}
/**
 * A `datetime.datetime`, of a `Date`, which is one in UTC, or of a text such as `2026-11-28T09:30:00`. Behind the seconds may be a
 * fraction, an offset from UTC (or `Z`), and then the name of the zone, as in `2026-11-28T09:30:00+01:00[Europe/Berlin]`, which is
 * also how `Temporal.ZonedDateTime` writes itself.
 */
function pyDateTime(moment) {
    const text = typeof moment === "string" ? moment : partsOfDate(moment);
    return scalar("datetime:datetime", sixDigits(text.replace("Z", "+00:00")), "date and time such as 2026-11-28T09:30:00+01:00");
}
/** Python counts microseconds, and writes all six digits of them or none. */
function sixDigits(text) {
    return text.replace(/\.(\d{1,6})(?!\d)/, (_, digits) => (/^0+$/.test(digits) ? "" : `.${digits.padEnd(6, "0")}`));
}
const MICROSECONDS = {
    weeks: 604_800_000_000,
    days: 86_400_000_000,
    hours: 3_600_000_000,
    minutes: 60_000_000,
    seconds: 1_000_000,
    milliseconds: 1000,
    microseconds: 1,
};
/** A `datetime.timedelta`, of its parts or of its microseconds. What is below a microsecond is rounded. */
function pyTimedelta(length) {
    let sum = 0n;
    if (typeof length === "bigint")
        sum = length;
    else {
        for (const [part, value] of Object.entries(length)) {
            const unit = Object.hasOwn(MICROSECONDS, part) ? MICROSECONDS[part] : undefined;
            if (unit === undefined)
                throw new TypeError(`a timedelta has no ${JSON.stringify(part)}`);
            if (value === undefined)
                continue;
            if (typeof value !== "bigint" && !Number.isFinite(value))
                throw new RangeError(`the ${part} of a timedelta are ${value}`);
            // A whole number of units is exact, however many there are.
            sum += typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value) * BigInt(unit) : BigInt(Math.round(value * unit));
        }
    }
    return scalar("datetime:timedelta", String(sum), "timedelta");
}
/** A `decimal.Decimal`, of a text such as `1.50`, or of an integer. A number with a fraction is a text away: which digits it should have, it doesn't say. */
function pyDecimal(value) {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
        throw new TypeError("a Decimal is made of a text, or of an integer: write `pyDecimal(\"0.1\")`");
    }
    const text = String(value).replace(/e([+-]?)/i, (_, sign) => `E${sign === "" ? "+" : sign}`);
    return scalar("decimal:Decimal", text, "decimal number such as 1.50");
}
/** A `fractions.Fraction`. Python brings it to its lowest terms. */
function pyFraction(numerator, denominator = 1n) {
    const [above, below] = [BigInt(numerator), BigInt(denominator)];
    if (below === 0n)
        throw new RangeError("the denominator of a fraction is not 0");
    return scalar("fractions:Fraction", below < 0n ? `${-above}/${-below}` : `${above}/${below}`, "fraction");
}
/** A `uuid.UUID`, of a text with hyphens, such as `crypto.randomUUID()` gives. */
function pyUuid(text) {
    return scalar("uuid:UUID", text.toLowerCase(), "UUID such as 12345678-1234-5678-9abc-def012345678");
}

/** What each class value was made of, to make it again for another connection. */
const parts = new WeakMap();
/** A class value's parts. */
function partsOf(value) {
    return parts.get(value);
}
/** A class as a value: a function that makes instances, with what the class has. */
function makeClass(of) {
    const { className, constructor, statics, values, call } = of;
    // No constructor in JavaScript's sense: `new Counter()` could give no promise.
    const made = (...args) => {
        if (constructor >= 0)
            return call(constructor, args);
        return Promise.reject(new UnsupportedError(`\`${className}\` can't be made from outside of Python`, "class-not-callable"));
    };
    Object.defineProperty(made, "name", { value: className.slice(Math.max(className.lastIndexOf(":"), className.lastIndexOf(".")) + 1) });
    Object.defineProperty(made, Symbol.hasInstance, { value: (value) => isInstance(value, className) });
    brand(made, "class");
    // Defined and not assigned: a static may be called `name`, `length` or `prototype`.
    for (const [key, index] of Object.entries(statics)) {
        const value = typeof index === "number" ? staticMethod(key, index, call) : new Constant(() => call(index[0], []));
        Object.defineProperty(made, key, { value, enumerable: true });
    }
    for (const [key, value] of values)
        Object.defineProperty(made, key, { value, enumerable: true });
    parts.set(made, of);
    return Object.freeze(made);
}
function staticMethod(key, index, call) {
    const method = (...args) => call(index, args);
    Object.defineProperty(method, "name", { value: key });
    return method;
}

/**
 * Describes a Python module to the client. Emitted modules call it; not for use by hand.
 *
 * @param name dotted Python name
 * @param digest of the module's grants, as the host has them compiled in
 * @param names of the callables, by index; for messages
 * @param classes whose instances the module may give
 */
function describe(name, digest, names, classes = []) {
    const module = new Description(name, digest, names, classes);
    register(module);
    return module;
}
class Description {
    name;
    digest;
    names;
    classes;
    constructor(name, digest, names, classes) {
        this.name = name;
        this.digest = digest;
        this.names = names;
        this.classes = classes;
    }
    call(index, args) {
        return call(this, index, args);
    }
    constant(index) {
        return new Constant(() => this.call(index, []));
    }
    class(index, constructor, statics) {
        return this.#class(index, constructor, statics, new Map());
    }
    enum(index, constructor, members, statics) {
        const declared = declareEnum(this.#className(index), members, { call });
        return this.#class(index, constructor, statics, new Map(declared.map((member) => [member.name, member])));
    }
    #class(index, constructor, statics, values) {
        const className = this.#className(index);
        return makeClass({ className, constructor, statics, values, call: (at, args) => this.call(at, args) });
    }
    #className(index) {
        const entry = this.classes[index];
        if (entry === undefined)
            throw new RangeError(`\`${this.name}\` has no class ${index}`);
        return entry[0];
    }
    with(connection, exports) {
        return bind(connection, exports);
    }
}
function bind(connection, exports) {
    const bound = {};
    for (const [key, value] of Object.entries(exports)) {
        // Defined, not assigned: a Python name may be `__proto__`.
        Object.defineProperty(bound, key, { value: bindOne(connection, value), enumerable: true });
    }
    return Object.freeze(bound);
}
function bindOne(connection, value) {
    const parts = typeof value === "function" ? partsOf(value) : undefined;
    if (parts !== undefined)
        return makeClass({ ...parts, call: (index, args) => through(connection, () => parts.call(index, args)) });
    if (typeof value === "function") {
        return (...args) => through(connection, () => value(...args));
    }
    if (value instanceof Constant)
        return new Constant(() => through(connection, () => value.then((read) => read)));
    if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype)
        return bind(connection, value);
    return value;
}

/** A number that is a Python `float` even where it is integral. Made by {@link pyFloat}. */
class PyFloat {
    /** The number. */
    value;
    /** @param value any number, also NaN, an infinity or -0 */
    constructor(value) {
        if (typeof value !== "number")
            throw new TypeError(`pyFloat takes a number, not a ${typeof value}`);
        this.value = value;
    }
    static {
        brand(this.prototype, "float");
    }
}
/** A number that is a Python `int` of any size. Made by {@link pyInt}. */
class PyInt {
    /** The integer. */
    value;
    /** @param value a bigint */
    constructor(value) {
        if (typeof value !== "bigint")
            throw new TypeError(`PyInt takes a bigint, not a ${typeof value}`);
        this.value = value;
    }
    static {
        brand(this.prototype, "int");
    }
}
/**
 * Passes `value` as a Python `float`.
 *
 * An integral JavaScript number goes out as an `int` where the parameter's type leaves it open; `pyFloat(2)` is `2.0`.
 */
function pyFloat(value) {
    return new PyFloat(value);
}
/**
 * Passes `value` as a Python `int`.
 *
 * @param value an integral number, a bigint, or decimal digits with an optional sign
 * @throws RangeError if a number is not a safe integer, because its digits would already be rounded
 * @throws SyntaxError if a string is no decimal integer
 */
function pyInt(value) {
    switch (typeof value) {
        case "bigint":
            return new PyInt(value);
        case "number":
            if (!Number.isSafeInteger(value)) {
                throw new RangeError(`pyInt takes a safe integer, not ${value}; write a larger one as a bigint or a string`);
            }
            return new PyInt(BigInt(value));
        case "string":
            if (!/^[+-]?[0-9]+$/.test(value))
                throw new SyntaxError("pyInt takes decimal digits with an optional sign");
            return new PyInt(value.startsWith("+") ? BigInt(value.slice(1)) : BigInt(value));
        default:
            throw new TypeError(`pyInt takes a number, a bigint or a string, not a ${typeof value}`);
    }
}

/**
 * A pandas `DataFrame` as an argument, of columns and labels; also of what {@link take} gave of one, which it is the same as then.
 *
 * @throws TypeError if a part is none
 * @throws RangeError if the parts are not equally long
 */
function pyDataFrame(parts) {
    const { columns, index } = parts;
    if (typeof columns !== "object" || columns === null)
        throw new TypeError("a DataFrame is made of `{ columns, index }`");
    const entries = isMap(columns) ? columns : Object.entries(columns);
    const rows = index === undefined || index === null ? undefined : lengthOf(index, "the index");
    let length = rows;
    const labels = [];
    const made = [];
    for (const [label, given] of entries) {
        const values = isSeries(given) ? partsOf$2(given).columns[0] : given;
        const what = `the column ${JSON.stringify(label, shown) ?? "without a label"}`;
        const got = lengthOf(values, what);
        length ??= got;
        if (got !== length)
            throw new RangeError(`${what} has ${got} values, and the table ${length} rows`);
        labels.push(label);
        made.push(kept(values));
    }
    return table("frame", "pandas.core.frame:DataFrame", {
        labels: indexOf(ofColumns(labels, columns), "the labels of the columns", parts.columnsNames, undefined, labels.length, true),
        columns: made,
        index: indexOf(index ?? null, "the index", parts.indexNames, parts.frequency, length ?? 0, made.length > 0 || (length ?? 0) === 0),
    });
}
/**
 * A pandas `Series` as an argument, of values and labels; also of what {@link take} gave of one, which it is the same as then.
 *
 * @throws TypeError if a part is none
 * @throws RangeError if there are not as many labels as values
 */
function pySeries(values, options = {}) {
    const taken = isTaken(values) ? values : undefined;
    const given = taken === undefined ? values : taken.values;
    const index = options.index === undefined ? (taken?.index ?? null) : options.index;
    const length = lengthOf(given, "a Series");
    if (index !== null && lengthOf(index, "the index") !== length) {
        throw new RangeError(`the index has ${lengthOf(index, "the index")} labels for ${length} values`);
    }
    const names = options.indexNames ?? (options.index === undefined ? taken?.indexNames : undefined);
    const frequency = options.frequency ?? (options.index === undefined ? taken?.frequency : undefined);
    return table("series", "pandas.core.series:Series", {
        labels: { values: [options.name === undefined ? (taken?.name ?? null) : options.name] },
        columns: [typed(given, options)],
        index: indexOf(index, "the index", names, frequency, length, true),
    });
}
/** What JSON has nothing for, in a message. */
function shown(_, value) {
    return typeof value === "bigint" ? String(value) : value;
}
/** The labels of columns, with the type that they have where the columns are those that were taken. */
function ofColumns(labels, columns) {
    const taken = labelsOf(columns);
    if (taken?.type === undefined || taken.labels.length !== labels.length)
        return labels;
    return labels.every((label, at) => Object.is(label, taken.labels[at])) ? markColumn(labels, taken.type) : labels;
}
/** An index of so many labels, with names and a frequency if it has any. A range goes as one if something else says how long it is. */
function indexOf(given, what, names, frequency, count, counted) {
    const values = kept(given);
    if (frequency !== undefined && (values === null || !isFrequency(frequency))) {
        throw new TypeError(values === null ? "a frequency is one of an index" : `${JSON.stringify(frequency) ?? "this"} is no frequency of an index`);
    }
    const type = values === null ? undefined : columnType(values);
    const range = values === null ? [0, count, 1] : type?.range;
    const parts = { values, range: counted && range !== undefined && isRange(values, range) ? range : undefined, frequency };
    if (names === undefined)
        return values === null ? { values } : parts;
    if (!Array.isArray(names))
        throw new TypeError(`the names of ${what} are an array`);
    const levels = type?.levels?.length ?? 1;
    if (Array.isArray(values) && type?.dtype !== "levels" && names.length > 1) {
        const several = values.every((label) => Array.isArray(label) && label.length === names.length);
        if (several)
            return { ...parts, values: markColumn(values, { dtype: "levels", levels: names.map(() => undefined) }), names: [...names] };
    }
    if (names.length !== (type?.dtype === "levels" ? levels : 1))
        throw new RangeError(`${what} has ${names.length} names for ${levels} levels`);
    return { ...parts, names: [...names] };
}
/** Whether labels are still those of the range that they were. */
function isRange(values, [start, stop, step]) {
    if (values === null)
        return true;
    const labels = Array.isArray(values) ? values : values.data;
    if (Math.max(0, Math.ceil((stop - start) / step)) !== labels.length)
        return false;
    for (let at = 0; at < labels.length; at++)
        if (Number(labels[at]) !== start + at * step)
            return false;
    return true;
}
function table(kind, className, parts) {
    const value = makeObject(prototypeOf(className, undefined), className, { call }, undefined);
    brand(value, kind);
    setParts(value, parts);
    return Object.freeze(value);
}
/** The values of a series, with the dtype that was asked for. */
function typed(values, { dtype, categories, ordered }) {
    if (dtype === undefined && categories === undefined) {
        if (ordered !== undefined)
            throw new TypeError("categories that are ordered must be named: pass `categories`");
        return kept(values);
    }
    if (!Array.isArray(values))
        throw new TypeError("a typed array or NDArray has its dtype already; pass an array of values");
    const name = dtype ?? "category";
    if (!isColumnDtype(name))
        throw new TypeError(`${JSON.stringify(name)} is no dtype of a column`);
    if ((name === "category") !== (categories !== undefined))
        throw new TypeError("a dtype of `category` has `categories`, and no other has");
    if (categories === undefined)
        return markColumn([...values], { dtype: name });
    lengthOf(categories, "the categories");
    return markColumn([...values], {
        dtype: name,
        categories: kept(categories),
        ordered: ordered ?? false,
    });
}
/** A copy of an array, so that it stays as long as it was found to be. Arrays of numbers are not copied, as in any call. */
function kept(values) {
    if (!Array.isArray(values))
        return values;
    const type = columnType(values);
    return type === undefined ? [...values] : markColumn([...values], { ...type });
}
function lengthOf(values, what) {
    if (Array.isArray(values))
        return values.length;
    if (typeof values === "object" && values !== null) {
        if (kindOf(values) === "ndarray") {
            const { shape } = values;
            if (shape.length !== 1)
                throw new TypeError(`${what} is an NDArray of ${shape.length} dimensions instead of one`);
            return shape[0];
        }
        if (tagOfTypedArray(values) !== undefined)
            return values.length;
    }
    throw new TypeError(`${what} is neither an array nor an NDArray`);
}
function isSeries(value) {
    return typeof value === "object" && value !== null && kindOf(value) === "series";
}
function isTaken(values) {
    if (typeof values !== "object" || values === null)
        return false;
    return !Array.isArray(values) && kindOf(values) === undefined && tagOfTypedArray(values) === undefined && "values" in values;
}
function isMap(value) {
    return Object.prototype.toString.call(value) === "[object Map]";
}

/**
 * What an object holds, as data: the fields of a dataclass or model, the items of a mapping, set or sequence, the columns of a table.
 *
 * A function and no method, since there are Python classes with a method of this name.
 */
async function take(object) {
    const way = wayOf(object);
    if (way === undefined)
        throw new TypeError("`take` takes an object of Python's");
    return (await way.call(OBJECTS, TAKE, [object]));
}

/**
 * Passes its arguments as a Python `tuple`.
 *
 * Where a parameter's type is a tuple, a plain array is sent as one already. This is for the places that leave it open, such as a key
 * of a `Map`, or an index that means something else as a list.
 */
function pyTuple(...items) {
    brand(items, "tuple");
    return Object.freeze(items);
}

export { Connection, ConnectionError, NDArray, PolicyError, ProtocolError, PyComplex, PyEntered, PyFloat, PyInt, PyObject, PythonError, QueueFullError, SecurityError, TimeoutError, TywrapError, UnsupportedError, ValidationError, WorkerCrashedError, columnType, connect, describe, enter, kw, pyDataFrame, pyDate, pyDateTime, pyDecimal, pyFloat, pyFraction, pyInt, pySeries, pyTime, pyTimedelta, pyTuple, pyUuid, take, within };
