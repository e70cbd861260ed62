/// <reference lib="esnext.disposable" />
// The tywrap client. MIT OR Apache-2.0. Built from tywrap-build/client; do not edit.
/** A member of a class: a method, a property that is read, or one that can be assigned too. Numbers are indices of callables. */
type Member = number | readonly [get: number, set?: number];
/** A class as an emitted module describes it. */
type ClassEntry = readonly [
    /** Defining module and qualified name. */
    name: string,
    /** The classes it inherits from, nearest first, as positions in the module's list. */
    bases: readonly number[],
    /** What it defines itself. */
    members: Readonly<Record<string, Member>>
];

/** A Python `complex`. */
declare class PyComplex {
    /** Real part. */
    readonly re: number;
    /** Imaginary part. */
    readonly im: number;
    /**
     * @param re real part
     * @param im imaginary part, 0 if left out
     */
    constructor(re: number, im?: number);
    /** The number as Python writes it, such as `1.5-2j`. */
    toString(): string;
}

/** Unit of a numpy `datetime64` or `timedelta64`. */
type DTypeTimeUnit = "Y" | "M" | "W" | "D" | "h" | "m" | "s" | "ms" | "us" | "ns" | "ps" | "fs" | "as";
/** numpy's name of an element type. */
type DType = keyof DTypeData | `datetime64[${DTypeTimeUnit}]` | `timedelta64[${DTypeTimeUnit}]` | DTypeText;
/** Strings of a fixed length, which numpy writes like this: `<U5` is five characters, `|S5` five bytes. */
type DTypeText = `<U${number}` | `|S${number}`;
/** The typed array that holds the elements of each {@link DType}. */
interface DTypeData {
    /** One byte each, 0 or 1. */
    bool: Uint8Array;
    int8: Int8Array;
    uint8: Uint8Array;
    int16: Int16Array;
    uint16: Uint16Array;
    int32: Int32Array;
    uint32: Uint32Array;
    int64: BigInt64Array;
    uint64: BigUint64Array;
    /** The bit patterns: not every JavaScript has a `Float16Array`. `toNested()` gives numbers. */
    float16: Uint16Array;
    float32: Float32Array;
    float64: Float64Array;
    /** Real and imaginary part in turn. */
    complex64: Float32Array;
    /** Real and imaginary part in turn. */
    complex128: Float64Array;
}
/**
 * The typed array that holds the elements of `D`. Times are counted in their unit, in 64 bits; the smallest value is NaT. Strings are
 * their code points or their bytes, with zeros up to their length.
 */
type DataOf<D extends DType> = D extends keyof DTypeData ? DTypeData[D] : D extends `<U${string}` ? Uint32Array : D extends `|S${string}` ? Uint8Array : BigInt64Array;
/** Any typed array of numbers. */
type TypedArray = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Float32Array | Float64Array;
/** The {@link DType} that a typed array has unless another is named. */
type DTypeOf<T extends TypedArray> = T extends Float64Array ? "float64" : T extends Float32Array ? "float32" : T extends BigInt64Array ? "int64" : T extends BigUint64Array ? "uint64" : T extends Int32Array ? "int32" : T extends Uint32Array ? "uint32" : T extends Int16Array ? "int16" : T extends Uint16Array ? "uint16" : T extends Int8Array ? "int8" : "uint8";

/** What one element of an array of type `D` is in JavaScript. */
type ElementOf<D extends DType> = D extends "bool" ? boolean : D extends "int64" | "uint64" | `${"datetime64" | "timedelta64"}[${string}]` ? bigint : D extends "complex64" | "complex128" ? PyComplex : D extends `<U${string}` ? string : D extends `|S${string}` ? Uint8Array : number;
/** Arrays in arrays, to any depth; an array of no dimensions is the element itself. */
type Nested<T> = T | readonly Nested<T>[];
/**
 * A numpy array: the elements in C order, their type and the shape.
 *
 * The elements are not copied on the way in: `data` may be a view of a larger `ArrayBuffer` that the message came in.
 */
declare class NDArray<D extends DType = DType> {
    /** The elements, row after row. */
    readonly data: DataOf<D>;
    /** The extent of each dimension; empty for an array of no dimensions, which holds one element. */
    readonly shape: readonly number[];
    /** numpy's name of the element type. */
    readonly dtype: D;
    /**
     * @param data the elements; used as it is, not copied
     * @param shape by default one dimension
     * @param dtype by default what `data` suggests (`Float64Array` → `"float64"`, `Uint8Array` → `"uint8"`)
     * @throws RangeError if `shape` and the length of `data` don't fit
     * @throws TypeError if `data` is not the typed array that holds a `dtype`
     */
    constructor(data: DataOf<D>, shape?: readonly number[], dtype?: D);
    /**
     * Makes an array from a typed array, which is used as it is.
     *
     * @param data the elements, row after row
     * @param shape by default one dimension
     */
    static from<T extends TypedArray>(data: T, shape?: readonly number[]): NDArray<DTypeOf<T>>;
    /** Makes an array of `dtype` from nested arrays, which must be rectangular. */
    static from<D extends DType>(nested: Nested<number | bigint | boolean | string | Uint8Array | PyComplex>, dtype: D): NDArray<D>;
    /** Makes a `bool` array from nested arrays, which must be rectangular. */
    static from(nested: Nested<boolean>): NDArray<"bool">;
    /** Makes an `int64` array from nested arrays, which must be rectangular. */
    static from(nested: Nested<bigint>): NDArray<"int64">;
    /** Makes a `float64` array from nested arrays, which must be rectangular. */
    static from(nested: Nested<number>): NDArray<"float64">;
    /** Makes a `complex128` array from nested arrays, which must be rectangular. */
    static from(nested: Nested<number | PyComplex>): NDArray<"complex128">;
    /** Makes an array of strings from nested arrays, which must be rectangular; as long as the longest. */
    static from(nested: Nested<string>): NDArray<`<U${number}`>;
    /** Number of dimensions. */
    get ndim(): number;
    /** Number of elements. */
    get size(): number;
    /** The array with another shape of the same number of elements. The elements are shared. */
    reshape(shape: readonly number[]): NDArray<D>;
    /**
     * One element.
     *
     * @param indices one for each dimension, from 0
     * @throws RangeError if an index is out of range or there are too many or too few
     */
    at(...indices: number[]): ElementOf<D>;
    /** The elements as arrays in arrays; the element itself if the array has no dimensions. */
    toNested(): Nested<ElementOf<D>>;
}

/** A number that is a Python `float` even where it is integral. Made by {@link pyFloat}. */
declare class PyFloat {
    /** The number. */
    readonly value: number;
    /** @param value any number, also NaN, an infinity or -0 */
    constructor(value: number);
}
/** A number that is a Python `int` of any size. Made by {@link pyInt}. */
declare class PyInt {
    /** The integer. */
    readonly value: bigint;
    /** @param value a bigint */
    constructor(value: bigint);
}
/**
 * Passes `value` as a Python `float`.
 *
 * An integral JavaScript number goes out as an `int` where the parameter's type leaves it open; `pyFloat(2)` is `2.0`.
 */
declare function pyFloat(value: number): PyFloat;
/**
 * Passes `value` as a Python `int`.
 *
 * @param value an integral number, a bigint, or decimal digits with an optional sign
 * @throws RangeError if a number is not a safe integer, because its digits would already be rounded
 * @throws SyntaxError if a string is no decimal integer
 */
declare function pyInt(value: number | bigint | string): PyInt;

/** Everything that can come back from Python. */
type PyValue = null | boolean | number | bigint | string | Uint8Array | PyComplex | NDArray | PyObject | PyValue[] | Set<PyValue> | Map<PyValue, PyValue> | {
    [key: string]: PyValue;
};
/**
 * Everything that can be passed to Python where a parameter's type leaves it open.
 *
 * A property that is `undefined` is left out of its `dict`.
 */
type PyArgument = null | boolean | number | bigint | string | TypedArray | PyComplex | PyFloat | PyInt | NDArray | PyObject | readonly PyArgument[] | ReadonlySet<PyArgument> | ReadonlyMap<PyArgument, PyArgument> | {
    readonly [key: string]: PyArgument | undefined;
};
/**
 * What numpy makes an array of: an array, a number, numbers in arrays, or a remote object that is one or becomes one, such as a
 * pandas `Series`. `S` narrows the single elements.
 */
type ArrayLike<S = number | bigint | boolean | string | PyComplex | PyFloat | PyInt> = S | NDArray | TypedArray | PyObject | readonly ArrayLike<S>[];

/** `Symbol.dispose`, where there is one. */
declare const dispose: typeof Symbol.dispose;
/** `Symbol.asyncDispose`, where there is one. */
declare const asyncDispose: typeof Symbol.asyncDispose;

/** Keys that exist in types only, so that no property by a name of theirs can be seen. */
declare const CLASSES: unique symbol;
declare const DATA: unique symbol;
/**
 * A live object in the Python worker. `C` is the names of its class and of all that the class inherits from, such as
 * `"collections:Counter" | "builtins:dict"`; plain `PyObject` is an object of any class. `D` is what `take` gives of it.
 *
 * It stays alive until `dispose()`, the end of an `await using` block, or the end of the connection. One that is only forgotten is
 * released when the garbage collector gets to it, which may be never.
 */
declare class PyObject<C extends string = never, D = PyValue> {
    #private;
    readonly [CLASSES]: {
        readonly [K in C]: true;
    };
    readonly [DATA]: D;
    /** Defining module and qualified name of its class. */
    readonly className: string;
    private constructor();
    /** Lets go of the object. Using it afterwards is an error; disposing of it again does nothing. */
    dispose(): void;
    /** The same as {@link PyObject.dispose}. */
    [dispose](): void;
    /** The same as {@link PyObject.dispose}. */
    [asyncDispose](): Promise<void>;
    /** What Python's `str` makes of it. */
    __str__(): Promise<string>;
    /** What Python's `repr` makes of it. */
    __repr__(): Promise<string>;
}
/**
 * What a class that inherits from `B` has of it: all but the members `K`, which it overrides, and what going through it gives, which it
 * says again. `C` is the names of the class and of all that it inherits from.
 */
type Inherit<B, C extends string, K extends PropertyKey = never, D = PyValue> = Omit<B, K | keyof PyObject | typeof Symbol.asyncIterator> & PyObject<C, D>;
/**
 * The member of a Python enum: a frozen value, of which there is one, so that `===` tells members apart. `N` is its name, and `V` its
 * value; a value that the stub doesn't state is `null`, and `take` gives it.
 */
interface PyEnum<C extends string, N extends string = string, V = PyValue> extends PyObject<C, V> {
    /** Its name in Python; of a combination of flags, their names with a `|` between them. */
    readonly name: N;
    /** Its value in Python. */
    readonly value: V;
}
/** What a Python class is besides what it is called with: `value instanceof Counter` tells whether Python said so. */
interface PyClass<I> {
    /** Called by `instanceof`. */
    [Symbol.hasInstance](value: unknown): value is I;
}

/** What can be gone through with `for await`. Several loops over one are independent, unless it is an iterator itself. */
interface PyIterable<T> {
    /** Called by `for await`. */
    [Symbol.asyncIterator](): AsyncIterableIterator<T>;
}
/** A Python iterator or generator. Leaving a `for await` over it early closes it. */
interface PyIterator<T> extends PyObject<"typing:Iterator">, PyIterable<T> {
}

/**
 * A function that is passed to Python, which calls it with arguments `A` while a call of the connection is open, and waits for what it
 * gives. Keywords come as one object behind the other arguments.
 *
 * What it throws is a `tywrap.CallbackError` in Python; if that ends the call, it is the `cause` of the {@link PythonError}.
 */
interface PyCallback<A extends readonly unknown[], R> {
    (...args: A): R | Promise<R>;
}

/** What a column of a table, or an index, is in pandas that its values alone don't say. */
interface PyColumnType {
    /**
     * pandas' name of its dtype, such as `Int64`, `category`, `string` or `datetime64[ns, Europe/Berlin]`. A column of text is an `object`
     * in which what is missing is `None`, or an `object[nan]` where it is NaN; an `object[any]` has values of any kinds.
     *
     * `period[M]` and the like are an `NDArray` of numbers, counted as pandas counts them. `Sparse` is an `NDArray` of all values. An `interval`
     * has values `[left, right]`. `range` and `levels` are indexes: one that is counted, and one of several levels.
     */
    readonly dtype: string;
    /** Of a `category`: what the values are among. */
    readonly categories?: NDArray | readonly PyValue[];
    /** Of a `category`: whether the categories have an order. */
    readonly ordered?: boolean;
    /** Of `Sparse`: the value that pandas leaves out. */
    readonly fill?: number | bigint | boolean;
    /** Of an `interval`: which ends belong to it. */
    readonly closed?: "right" | "left" | "both" | "neither";
    /** Of `levels`: what each level is; `undefined` where its values say that. Of an `interval`: what its two ends are. */
    readonly levels?: readonly (PyColumnType | undefined)[];
    /** Of a `range`: its first number, the one that it ends before, and the step. */
    readonly range?: readonly [start: number, stop: number, step: number];
}
/**
 * The dtype of a column or an index that {@link take} gave, with its categories and their order, or what else it has; `undefined` of any other
 * array, and of an `NDArray` that says all of it.
 *
 * An array that is made of it, such as by `slice` or `map`, has none.
 */
declare function columnType(values: NDArray | readonly unknown[]): PyColumnType | undefined;

/**
 * The part of an `AbortSignal` that a call uses. The DOM's and Node's both fit; it is spelt out because a program may have the types
 * of neither.
 */
interface AbortSignalLike {
    /** It has been aborted. */
    readonly aborted: boolean;
    /** Why; what an aborted call is rejected with. */
    readonly reason: unknown;
    /** Calls `listener` when it is aborted. */
    addEventListener(type: "abort", listener: () => void): void;
    /** Undoes `addEventListener`. */
    removeEventListener(type: "abort", listener: () => void): void;
}
/** How calls are made. See `Connection.with`. */
interface CallOptions {
    /**
     * Aborts the calls: each open one is rejected with the signal's `reason` at once, and cancelled in Python.
     * For a time limit pass `AbortSignal.timeout(ms)`.
     */
    readonly signal?: AbortSignalLike | undefined;
    /**
     * Sends large arrays from where they are instead of copying them when the call is made, which saves time and memory.
     * You must not write to an array before its call has settled: Python could see either value.
     */
    readonly lend?: boolean | undefined;
}
/** A host program to start: its path, and its arguments. No shell is involved. */
type HostCommand = readonly [program: string, ...args: string[]];
/** What holds for any connection. */
interface ConnectionOptions {
    /** Milliseconds until the host must have answered the first message; by default 30,000. It does not limit calls. */
    readonly timeout?: number | undefined;
    /**
     * Most calls that may wait here because the host has as many as it takes (`wire.queue`); by default any number. One more is rejected
     * with a {@link QueueFullError}.
     */
    readonly waiting?: number | undefined;
}
/** How to start a host and talk to it over its standard input and output. */
interface HostOptions extends ConnectionOptions {
    /** The program and its arguments, such as `["target/debug/quickstart"]`. */
    readonly host: HostCommand;
    readonly socket?: never;
    readonly url?: never;
    readonly token?: never;
    /** Its environment; by default this process's. */
    readonly env?: Readonly<Record<string, string | undefined>> | undefined;
    /** Its working directory; by default this process's. */
    readonly cwd?: string | undefined;
}
/** How to talk to a host that is running already. */
interface SocketOptions extends ConnectionOptions {
    /** Path of the Unix socket that the host listens on. */
    readonly socket: string;
    readonly host?: never;
    readonly url?: never;
    readonly token?: never;
    readonly env?: never;
    readonly cwd?: never;
}
/**
 * How to talk to a host that serves over HTTP, also from a browser.
 *
 * In Node such a connection keeps the program running until it is closed, since a response is under way all the time.
 */
interface HttpOptions extends ConnectionOptions {
    /** Address of the host, such as `http://127.0.0.1:8080`; `https:` where a proxy in front of it does that. */
    readonly url: string;
    /** The token that the host asks for, if it does. */
    readonly token?: string | undefined;
    readonly host?: never;
    readonly socket?: never;
    readonly env?: never;
    readonly cwd?: never;
}
/** Which host to talk to. */
type ConnectOptions = HostOptions | SocketOptions | HttpOptions;

/**
 * A connection to a host. Made by {@link connect}.
 *
 * It keeps the program running only while calls are open, so a program that forgets to close it ends all the same; over HTTP it keeps
 * the program running until it is closed.
 */
declare class Connection {
    #private;
    private constructor();
    /**
     * The same connection, with options for the calls made through it: `np.with(connection.with({ signal })).mean(a)`.
     *
     * Options of this connection hold unless `options` says otherwise.
     */
    with(options: CallOptions): Connection;
    /**
     * Ends the connection, and the host if {@link connect} started it. Calls that are open are rejected with a {@link ConnectionError}.
     *
     * @returns when nothing of it is left
     */
    close(): Promise<void>;
    /** The same as {@link Connection.close}. */
    [asyncDispose](): Promise<void>;
}
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
declare function connect(options: ConnectOptions): Promise<Connection>;

/**
 * A value of Python that is read each time it is awaited: `const pi = await math.pi`.
 *
 * Python's attributes can change, so nothing is kept.
 */
interface PythonConstant<T> extends PromiseLike<T> {
    /** Reads the value. Called by `await`. */
    then<R = T, E = never>(onfulfilled?: ((value: T) => R | PromiseLike<R>) | null, onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<R | E>;
}
/** A property of an object that can be assigned: `await thing.size`, and `await thing.size.set(3)`. */
interface PythonProperty<T, S = T> extends PythonConstant<T> {
    /** Assigns it. What Python makes of the value, the next read shows. */
    set(value: S): Promise<void>;
}

/** A context manager of Python's, as its class is emitted. */
type PyManager = PyObject & ({
    __enter__(...args: never[]): Promise<unknown>;
} | {
    __aenter__(...args: never[]): Promise<unknown>;
});
/** What entering a context manager gives. */
type EnteredBy<M> = M extends {
    __aenter__(): Promise<infer T>;
} ? T : M extends {
    __enter__(): Promise<infer T>;
} ? T : PyValue;
/** A context manager that has been entered. It is left at the end of an `await using` block. */
declare class PyEntered<T> {
    #private;
    /** What `as` would have named in Python. */
    readonly value: T;
    /** Made by {@link enter}. */
    constructor(manager: PyObject, value: T, asynchronous: boolean);
    /**
     * Leaves it. Leaving it again does nothing.
     *
     * @param failure what went wrong in between. Python is told of a `RuntimeError` that says the same
     * @returns whether the manager wants the failure to be forgotten
     */
    leave(failure?: unknown): Promise<boolean>;
    /** Leaves it, as after a block without a failure: JavaScript doesn't say how a block ended. {@link within} does. */
    [asyncDispose](): Promise<void>;
}
/**
 * Enters a context manager, as Python's `with` does.
 *
 * ```ts
 * await using connection = await enter(await sqlite3.connect("rain.db"));
 * await connection.value.execute("create table rain (city)");
 * ```
 */
declare function enter<M extends PyManager>(manager: M): Promise<PyEntered<EnteredBy<M>>>;
/**
 * Runs `body` with a context manager entered, and leaves it however `body` ends. What `body` throws the manager is told, and may ask to
 * forget, as `contextlib.suppress` does.
 *
 * @returns what `body` gives; `undefined` where what it threw is forgotten
 */
declare function within<M extends PyManager, R>(manager: M, body: (value: EnteredBy<M>) => Promise<R>): Promise<R | undefined>;

/** How bad a {@link SecurityError} is. */
type Severity = "low" | "medium" | "high" | "critical";
/**
 * The base of every error that this client throws.
 *
 * The classes below it have a `name` of a type of their own, so that TypeScript tells them apart after `instanceof`.
 */
declare class TywrapError extends Error {
    /** Stable kebab-case code, such as `module-blocked`. */
    readonly code: string;
    /**
     * @param message what happened, and what to do next
     * @param code stable kebab-case code
     * @param options as for `Error`
     */
    constructor(message: string, code: string, options?: {
        cause?: unknown;
    });
}
/** What a {@link SecurityError} says besides its message. */
interface SecurityDetails {
    /** Stable kebab-case code. */
    readonly code: string;
    /** How bad it is. */
    readonly severity: Severity;
    /** When it happened; by default now. */
    readonly timestamp?: Date;
    /** What it happened to, such as `{ module: "numpy" }`; by default empty. */
    readonly context?: Readonly<Record<string, unknown>>;
}
/** Something was refused: by the policy, or because it is not what the function takes. */
declare class SecurityError extends TywrapError {
    /** How bad it is. */
    readonly severity: Severity;
    /** When it happened. */
    readonly timestamp: Date;
    /** What it happened to. */
    readonly context: Readonly<Record<string, unknown>>;
    /**
     * @param message what was refused, and what to do next
     * @param details the rest
     */
    constructor(message: string, details: SecurityDetails);
}
/** The policy compiled into the host forbids it. */
declare class PolicyError extends SecurityError {
    readonly name: "PolicyError";
}
/** An argument is not what the function takes, or can't be sent to Python. Nothing was run. */
declare class ValidationError extends SecurityError {
    readonly name: "ValidationError";
}
/** Python raised an exception. */
declare class PythonError extends TywrapError {
    readonly name: "PythonError";
    /** Name of the exception's class, such as `ValueError`. */
    readonly pythonType: string;
    /** Python's traceback; empty if the host keeps it to itself. */
    readonly traceback: string;
    /**
     * @param message Python's message, without the type
     * @param details the rest
     */
    constructor(message: string, details: {
        readonly code?: string;
        readonly pythonType: string;
        readonly traceback?: string;
    });
}
/** More calls wait to be sent than `ConnectOptions` allow. Nothing was sent. */
declare class QueueFullError extends TywrapError {
    readonly name: "QueueFullError";
}
/** The call, or the start of the host, took longer than it may. */
declare class TimeoutError extends TywrapError {
    readonly name: "TimeoutError";
}
/** The Python process of the call ended. The host starts another one, so a later call may succeed. */
declare class WorkerCrashedError extends TywrapError {
    readonly name: "WorkerCrashedError";
}
/** A peer said what the wire doesn't allow, or speaks another version of it. */
declare class ProtocolError extends TywrapError {
    readonly name: "ProtocolError";
}
/** A result, or something asked for, that this version can't carry. */
declare class UnsupportedError extends TywrapError {
    readonly name: "UnsupportedError";
}
/** What is known of a host that is gone. */
interface HostExit {
    /** The exit status, if it ended by itself. */
    readonly exitCode?: number | undefined;
    /** The signal that ended it, such as `SIGKILL`. */
    readonly signal?: string | undefined;
    /** The last of what it wrote to standard error, as it wrote it. */
    readonly stderr?: string | undefined;
}
/** There is no connection, it could not be made, or it ended before the call was answered. */
declare class ConnectionError extends TywrapError {
    readonly name: "ConnectionError";
    /** The exit status of the host, if it was started here and ended by itself. */
    readonly exitCode: number | undefined;
    /** The signal that ended the host, if it was started here. */
    readonly signal: string | undefined;
    /** The last of what the host wrote to standard error, as it wrote it, if it was started here. */
    readonly stderr: string | undefined;
    /**
     * @param message what happened
     * @param code stable kebab-case code
     * @param options as for `Error`, and what is known of the host's end
     */
    constructor(message: string, code: string, options?: {
        cause?: unknown;
    } & HostExit);
}

/**
 * Keyword arguments. Made by {@link kw}.
 *
 * `K` is there so that a keyword which the function doesn't have is an error at the call: an object with more properties would be
 * accepted otherwise. It is a parameter of its own because `keyof T` would make TypeScript compare `T` in the wrong direction.
 */
interface Kw<T extends object = Record<string, unknown>, K extends PropertyKey = keyof T> {
    /** The values, by keyword. */
    readonly keywords: T;
    /** Exists in types only. */
    readonly names?: K;
}
/**
 * Passes keyword arguments, right after the positional ones: `np.mean(a, kw({ axis: 0 }))`.
 *
 * A keyword whose value is `undefined` is not passed. A bare object at the end of a call is never read as keywords, since it
 * may be meant as a `dict`.
 */
declare function kw<const T extends object>(keywords: T): Kw<T>;

/**
 * A value of Python's that one line of text says everything about. It is no object in a worker: it needs no `dispose`, holds on any
 * connection, and methods that are granted of its class send it along. `C` is the names of its class and of all that the class inherits
 * from, as for any `PyObject`.
 */
interface PyScalar<C extends string> extends PyObject<C> {
    /** Its text: the same for values that are the same in every part. */
    readonly text: string;
    /** Its text. */
    toString(): string;
    /** Its text, as JSON has it. */
    toJSON(): string;
}
/** A `datetime.date`. Its text is `2026-11-28`. */
interface PyDate<C extends string = "datetime:date"> extends PyScalar<C> {
    /** Midnight of that day in UTC. */
    toDate(): Date;
}
/** A `datetime.time`. Its text is `09:30:00.250000`, and behind that the offset from UTC if it has one. */
type PyTime<C extends string = "datetime:time"> = PyScalar<C>;
/** A `datetime.datetime`. Its text is `2026-11-28T09:30:00+01:00[Europe/Berlin]`, with the parts that it has. */
interface PyDateTime<C extends string = "datetime:datetime" | "datetime:date"> extends PyScalar<C> {
    /**
     * The moment, in whole milliseconds: what is below is cut off.
     *
     * @param naive how one without an offset is read: in UTC, or in the zone that JavaScript runs in
     * @throws TypeError if it has no offset and `naive` is left out
     */
    toDate(naive?: "UTC" | "local"): Date;
}
/** A `datetime.timedelta`. Its text is its microseconds, a whole number. */
interface PyTimedelta<C extends string = "datetime:timedelta"> extends PyScalar<C> {
    /** All of it, in microseconds. */
    toMicroseconds(): bigint;
    /** All of it, in milliseconds and parts of one. */
    toMilliseconds(): number;
}
/** A `decimal.Decimal`. Its text is that of Python's `str`. */
interface PyDecimal<C extends string = "decimal:Decimal"> extends PyScalar<C> {
    /** The nearest number that JavaScript has. */
    toNumber(): number;
}
/** A `fractions.Fraction`. Its text is `1/3`. */
interface PyFraction<C extends string = "fractions:Fraction"> extends PyScalar<C> {
    /** Above and below the line. */
    toParts(): [numerator: bigint, denominator: bigint];
    /** The nearest number that JavaScript has, of the nearest numbers of its parts. */
    toNumber(): number;
}
/** A `uuid.UUID`. Its text is in lower case, with hyphens. */
type PyUuid<C extends string = "uuid:UUID"> = PyScalar<C>;

/** A `datetime.date`, of a text such as `2026-11-28`, or of the day that a `Date` is in, in UTC. */
declare function pyDate(date: string | Date): PyDate;
/** A `datetime.time`, of a text such as `09:30:00`. */
declare function pyTime(text: string): PyTime;
/**
 * A `datetime.datetime`, of a `Date`, which is one in UTC, or of a text such as `2026-11-28T09:30:00`. Behind the seconds may be a
 * fraction, an offset from UTC (or `Z`), and then the name of the zone, as in `2026-11-28T09:30:00+01:00[Europe/Berlin]`, which is
 * also how `Temporal.ZonedDateTime` writes itself.
 */
declare function pyDateTime(moment: string | Date): PyDateTime;
/** How long a `datetime.timedelta` is: the sum of its parts, each of which may be negative or have a fraction. */
interface TimedeltaParts {
    readonly weeks?: number;
    readonly days?: number;
    readonly hours?: number;
    readonly minutes?: number;
    readonly seconds?: number;
    readonly milliseconds?: number;
    readonly microseconds?: number | bigint;
}
/** A `datetime.timedelta`, of its parts or of its microseconds. What is below a microsecond is rounded. */
declare function pyTimedelta(length: TimedeltaParts | bigint): PyTimedelta;
/** A `decimal.Decimal`, of a text such as `1.50`, or of an integer. A number with a fraction is a text away: which digits it should have, it doesn't say. */
declare function pyDecimal(value: string | bigint | number): PyDecimal;
/** A `fractions.Fraction`. Python brings it to its lowest terms. */
declare function pyFraction(numerator: bigint | number, denominator?: bigint | number): PyFraction;
/** A `uuid.UUID`, of a text with hyphens, such as `crypto.randomUUID()` gives. */
declare function pyUuid(text: string): PyUuid;

/** What a class has besides its instances: a number is a function, one in brackets an attribute. */
type Statics = Readonly<Record<string, number | readonly [number]>>;

/** What an emitted module calls Python through. Made by {@link describe}; not for use by hand. */
interface PythonModule {
    /** Calls the callable at `index`. The emitted declaration says what it returns. */
    call(index: number, args: readonly unknown[]): Promise<any>;
    /** The attribute at `index`. */
    constant<T>(index: number): PythonConstant<T>;
    /**
     * The class at position `index` of the module's.
     *
     * @param index position among the classes
     * @param constructor index of what makes an instance, or -1
     * @param statics what the class has besides: a number is a function, one in brackets an attribute
     */
    class(index: number, constructor: number, statics: Statics): any;
    /** The enum at position `index` of the module's classes, with its members in order and the values that the stub states. */
    enum(index: number, constructor: number, members: Readonly<Record<string, PyValue>>, statics: Statics): any;
    /** The exports of the emitted module, with calls through `connection`. */
    with<E extends object>(connection: Connection, exports: E): E;
}
/**
 * Describes a Python module to the client. Emitted modules call it; not for use by hand.
 *
 * @param name dotted Python name
 * @param digest of the module's grants, as the host has them compiled in
 * @param names of the callables, by index; for messages
 * @param classes whose instances the module may give
 */
declare function describe(name: string, digest: string, names: readonly string[], classes?: readonly ClassEntry[]): PythonModule;

/** A table, such as a pandas `DataFrame`, as data. */
type PyTable = {
    /** The labels of the rows; of several levels, an array of values for each. `columnType` tells what pandas has for it. */
    index: NDArray | PyValue[];
    /** The columns, by label: a `Map` where a label is no string. `columnType` tells the dtype of a column that is an array of values. */
    columns: Map<PyValue, NDArray | PyValue[]> | {
        [name: string]: NDArray | PyValue[];
    };
    /** The names of the levels of the index, of which there is one as a rule; left out where none has a name. */
    indexNames?: PyValue[];
    /** The names of the levels of the labels of the columns; left out where none has a name. */
    columnsNames?: PyValue[];
    /** The frequency of an index of times in equal steps, in pandas' words, such as `D`; left out where it has none. */
    frequency?: string;
};
/** A column with its labels, such as a pandas `Series`, as data. */
type PyColumn = {
    /** The labels. */
    index: NDArray | PyValue[];
    /** The values. */
    values: NDArray | PyValue[];
    /** Its name; left out where it has none. */
    name?: PyValue;
    /** The names of the levels of the index; left out where none has a name. */
    indexNames?: PyValue[];
    /** The frequency of an index of times in equal steps; left out where it has none. */
    frequency?: string;
};
/**
 * What an object holds, as data: the fields of a dataclass or model, the items of a mapping, set or sequence, the columns of a table.
 *
 * A function and no method, since there are Python classes with a method of this name.
 */
declare function take<D>(object: PyObject<never, D>): Promise<D>;

/** A pandas `DataFrame`, made here: a value, which needs no `dispose` and holds on any connection. */
type PyDataFrame = PyObject<"pandas.core.frame:DataFrame" | "pandas.core.generic:NDFrame" | "pandas.core.indexing:IndexingMixin" | "pandas.core.arraylike:OpsMixin" | "pandas.core.frame:_GetItemHack", PyTable>;
/** A pandas `Series`, made here: a value, which needs no `dispose` and holds on any connection. */
type PySeries = PyObject<"pandas.core.series:Series" | "pandas.core.generic:NDFrame" | "pandas.core.indexing:IndexingMixin" | "pandas.core.base:IndexOpsMixin" | "pandas.core.arraylike:OpsMixin", PyColumn>;
/**
 * The values of a column: what {@link take} gave, whose dtype is kept; an array of one dimension; a typed array, whose type it has; or an
 * array of values, of which pandas makes what it likes.
 */
type ColumnValues = NDArray | TypedArray | readonly PyArgument[];
/** The labels of rows: values as of a column, or of several levels, where each label is an array of one value for each level. */
type IndexValues = ColumnValues;
/** What a `DataFrame` is made of. */
interface DataFrameParts {
    /** The columns by label, in this order; as a `Map` where a label is no string, or looks like a number. A `PySeries` gives its values and their dtype. */
    readonly columns: Readonly<Record<string, ColumnValues | PySeries>> | ReadonlyMap<unknown, ColumnValues | PySeries>;
    /** The labels of the rows, which are counted from 0 if it is left out. */
    readonly index?: IndexValues | null;
    /** The names of the levels of the index, of which there is one as a rule. */
    readonly indexNames?: readonly PyArgument[];
    /** The names of the levels of the labels of the columns. */
    readonly columnsNames?: readonly PyArgument[];
    /** The frequency of an index of times in equal steps, in pandas' words, such as `D`; Python checks that they are. */
    readonly frequency?: string;
}
/** What a `Series` has besides its values. */
interface SeriesOptions {
    /** The labels, which are counted from 0 if it is left out. */
    readonly index?: IndexValues | null;
    /** Its name. */
    readonly name?: PyArgument;
    /** The names of the levels of the index, of which there is one as a rule. */
    readonly indexNames?: readonly PyArgument[];
    /** The frequency of an index of times in equal steps, in pandas' words, such as `D`. */
    readonly frequency?: string;
    /** A dtype as {@link PyColumnType} has it, of values that have none yet. */
    readonly dtype?: string;
    /** What the values are among; the dtype is `category` then. */
    readonly categories?: NDArray | TypedArray | readonly PyArgument[];
    /** Whether the categories have an order. */
    readonly ordered?: boolean;
}
/**
 * A pandas `DataFrame` as an argument, of columns and labels; also of what {@link take} gave of one, which it is the same as then.
 *
 * @throws TypeError if a part is none
 * @throws RangeError if the parts are not equally long
 */
declare function pyDataFrame(parts: DataFrameParts | PyTable): PyDataFrame;
/**
 * A pandas `Series` as an argument, of values and labels; also of what {@link take} gave of one, which it is the same as then.
 *
 * @throws TypeError if a part is none
 * @throws RangeError if there are not as many labels as values
 */
declare function pySeries(values: ColumnValues | PyColumn, options?: SeriesOptions): PySeries;

/** A frozen array that is a Python `tuple`. Made by {@link pyTuple}. */
type PyTuple<T extends readonly unknown[] = readonly unknown[]> = Readonly<T>;
/**
 * Passes its arguments as a Python `tuple`.
 *
 * Where a parameter's type is a tuple, a plain array is sent as one already. This is for the places that leave it open, such as a key
 * of a `Map`, or an index that means something else as a list.
 */
declare function pyTuple<const T extends readonly unknown[]>(...items: T): PyTuple<T>;

export { Connection, ConnectionError, NDArray, PolicyError, ProtocolError, PyComplex, PyEntered, PyFloat, PyInt, PyObject, PythonError, QueueFullError, SecurityError, TimeoutError, TywrapError, UnsupportedError, ValidationError, WorkerCrashedError, columnType, connect, describe, enter, kw, pyDataFrame, pyDate, pyDateTime, pyDecimal, pyFloat, pyFraction, pyInt, pySeries, pyTime, pyTimedelta, pyTuple, pyUuid, take, within };
export type { AbortSignalLike, ArrayLike, CallOptions, ColumnValues, ConnectOptions, ConnectionOptions, DType, DTypeData, DTypeOf, DTypeText, DTypeTimeUnit, DataFrameParts, DataOf, ElementOf, EnteredBy, HostCommand, HostExit, HostOptions, HttpOptions, IndexValues, Inherit, Kw, Nested, PyArgument, PyCallback, PyClass, PyColumn, PyColumnType, PyDataFrame, PyDate, PyDateTime, PyDecimal, PyEnum, PyFraction, PyIterable, PyIterator, PyManager, PyScalar, PySeries, PyTable, PyTime, PyTimedelta, PyTuple, PyUuid, PyValue, PythonConstant, PythonModule, PythonProperty, SecurityDetails, SeriesOptions, Severity, SocketOptions, TimedeltaParts, TypedArray };
