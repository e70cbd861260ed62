//! The codes of all diagnostics and refusals: one table, so that a code is documented once and never means two things.

use std::fmt;

use crate::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $severity:ident;)+) => {
        /// What a diagnostic or a refusal is about. Stable: a code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The stable text, in kebab case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)+ }
            }

            /// The one of a stable text, if there is one.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }

            /// How bad it is when it happens.
            pub const fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)+ }
            }

            /// Markdown: every code with its severity and meaning.
            pub fn reference() -> String {
                crate::reference::codes()
            }

            /// What it means, as a sentence.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc,)+).trim_start(),)+ }
            }
        }
    };
}

codes! {
    // Annotations and the modules they name.

    /// The annotation has an argument that `wrap` does not know, or one of the wrong form.
    AnnotationMalformed = "annotation-malformed", Low;
    /// The annotated module has a body; what is in it comes from Python, so it must be empty.
    BodyNotEmpty = "body-not-empty", Low;
    /// The annotation stands on something else than an inline module or a unit struct.
    AnnotationMisplaced = "annotation-misplaced", Low;
    /// build.rs cannot see the annotation: another macro made it, or it stands in a file that is included.
    AnnotationNotSeen = "annotation-not-seen", Low;
    /// The package has no build script that calls `tywrap_build::build()`.
    BuildScriptMissing = "build-script-missing", Low;
    /// The module's name is not one Python could import, or input validation refuses it.
    ModuleMalformed = "module-malformed", High;
    /// `blocked-modules` names the module, or a package above it.
    ModuleBlocked = "module-blocked", High;
    /// No entry of `allowed-modules` names the module.
    ModuleNotAllowed = "module-not-allowed", Medium;
    /// The policy requires a lock and the module is not in `tywrap.lock`.
    ModuleNotLocked = "module-not-locked", Medium;
    /// build.rs emitted nothing for the annotation.
    ModuleNotEmitted = "module-not-emitted", Low;
    /// The package wraps one module more than once, with different members.
    ModuleWrappedTwice = "module-wrapped-twice", Low;
    /// Neither stubs nor sources of the module were found.
    ModuleNotFound = "module-not-found", Low;
    /// The member's path is not one of names that Python could look up, or a part of it is private.
    MemberMalformed = "member-malformed", Medium;
    /// The surface of the module has no such member.
    MemberUnknown = "member-unknown", Low;
    /// `blocked-members` names the member, or one above it.
    MemberBlocked = "member-blocked", High;
    /// The surface has the member, and this version does not wrap members of its kind.
    MemberNotCovered = "member-not-covered", Low;

    // The policy.

    /// There is no policy where one was looked for.
    PolicyMissing = "policy-missing", High;
    /// The policy cannot be read.
    PolicyUnreadable = "policy-unreadable", High;
    /// The policy is not TOML.
    PolicyMalformed = "policy-malformed", High;
    /// The policy has a section or a key that does not exist.
    PolicyUnknownKey = "policy-unknown-key", High;
    /// A key of the policy holds a value of the wrong type.
    PolicyType = "policy-type", High;
    /// A key of the policy holds a value that it cannot have.
    PolicyValue = "policy-value", High;
    /// A regular expression of the policy is malformed or too large.
    PolicyPattern = "policy-pattern", High;
    /// Two keys of the policy contradict each other.
    PolicyCombination = "policy-combination", High;
    /// The policy switches a guard off.
    PolicySwitchOff = "policy-switch-off", Medium;
    /// The policy switches a guard off that cannot be.
    PolicySwitchFixed = "policy-switch-fixed", High;
    /// An entry of the policy does nothing.
    PolicyStale = "policy-stale", Low;
    /// The policy is not the one that the build script, or the host, was built with.
    PolicyChanged = "policy-changed", High;

    // The lock, the surfaces and the manifest.

    /// The lock cannot be read, or is not the TOML of a lock.
    LockMalformed = "lock-malformed", Medium;
    /// The lock has the format of another version.
    LockVersion = "lock-version", Low;
    /// What the lock says of a distribution is not what is installed.
    LockMismatch = "lock-mismatch", High;
    /// A surface cannot be read, or is not the JSON of a surface.
    SurfaceMalformed = "surface-malformed", Medium;
    /// A surface is not the one that was locked.
    SurfaceDigest = "surface-digest", High;
    /// The manifest that build.rs left for the macro cannot be read, or is not the JSON of a manifest.
    ManifestMalformed = "manifest-malformed", Low;
    /// The manifest that build.rs left for the macro has the format of another version.
    ManifestVersion = "manifest-version", Low;
    /// The package's `Cargo.toml` cannot be read, or Cargo does not run the build.
    PackageUnreadable = "package-unreadable", Low;
    /// The module has neither stubs nor a `py.typed` marker, so its names and parameters are those of its source, without types.
    ModuleUntyped = "module-untyped", Low;
    /// A stub, or a source that is read in its place, cannot be read or is not valid Python in places; the rest of it counts.
    StubMalformed = "stub-malformed", Low;
    /// A stub is larger than is read; its end is left out.
    StubTooLarge = "stub-too-large", Low;
    /// Names in stubs are defined by each other in a circle, so they are left out.
    StubCircular = "stub-circular", Low;
    /// A stub imports a module that is not installed, or is compiled and has no stubs; what comes from it is unknown.
    StubDependency = "stub-dependency", Low;
    /// A Rust source that annotations are looked for in cannot be read or parsed.
    SourceMalformed = "source-malformed", Low;

    // What is emitted.

    /// An output file or its directory cannot be written.
    OutputUnwritable = "output-unwritable", Low;
    /// The output folder holds a file that tywrap did not write, or another package's output.
    OutputForeign = "output-foreign", Low;
    /// What was emitted is not what the emitter may write, so nothing was written.
    EmissionRefused = "emission-refused", Critical;
    /// A text cannot be made a name of TypeScript.
    IdentifierRefused = "identifier-refused", High;
    /// Two names of Python would become one name of TypeScript, or one file.
    NameCollision = "name-collision", Medium;

    // Programs, their arguments, their environment and what they print.

    /// No Python interpreter was found.
    InterpreterMissing = "interpreter-missing", Low;
    /// The interpreter is a script that starts another program.
    InterpreterShim = "interpreter-shim", Low;
    /// The program is not in `command-whitelist`, or is not the one it was when the host started.
    CommandRefused = "command-refused", High;
    /// An argument has a forbidden character or is too long.
    ArgumentRefused = "argument-refused", High;
    /// A variable of the environment was not passed on.
    EnvironmentDropped = "environment-dropped", Medium;
    /// A variable of the environment cannot be passed to any program.
    EnvironmentRefused = "environment-refused", High;
    /// What a program printed mentions code evaluation or process starts; nothing was refused.
    OutputSuspicious = "output-suspicious", Low;
    /// A program printed more than it may.
    OutputLimit = "output-limit", High;
    /// A program printed what is not UTF-8 where text is expected.
    OutputEncoding = "output-encoding", Medium;
    /// A program took longer than it may.
    Timeout = "timeout", Medium;
    /// A program could not be started.
    SpawnFailed = "spawn-failed", Medium;

    // Paths, JSON and texts.

    /// A path leaves its directory, or is not one.
    PathRefused = "path-refused", High;
    /// A text of JSON is malformed, or larger or deeper than it may be.
    JsonRefused = "json-refused", High;
    /// A regular expression is malformed or too large.
    PatternRefused = "pattern-refused", Medium;
    /// A text is longer than `max-input-size`.
    InputTooLarge = "input-too-large", Medium;
    /// A text has something of `reject-patterns`, or not only `allowed-characters`.
    InputRefused = "input-refused", High;

    // Calls.

    /// The frame is not one of the wire.
    FrameMalformed = "frame-malformed", High;
    /// The frame is longer than `max-frame`.
    FrameTooLarge = "frame-too-large", High;
    /// The two sides speak different versions of the wire.
    WireVersion = "wire-version", Low;
    /// The slot of a call has no module.
    ModuleNotOpened = "module-not-opened", High;
    /// The client was emitted from other grants than the host was built with.
    DigestMismatch = "digest-mismatch", Medium;
    /// The grant table has no callable of that index.
    CallUnknown = "call-unknown", High;
    /// The call has too few or too many arguments.
    CallArity = "call-arity", Medium;
    /// The call has a keyword that the signature does not.
    CallKeyword = "call-keyword", Medium;
    /// An argument has a type that the signature does not take.
    CallType = "call-type", Medium;
    /// A value cannot go over the wire without being changed.
    ValueUnsupported = "value-unsupported", Low;
    /// A result has an integer that its type says is a `number`, and a `number` cannot hold it exactly.
    ResultInteger = "result-integer", Low;
    /// More calls wait than `wire.queue` allows.
    QueueFull = "queue-full", Medium;
    /// The connection holds more objects than `wire.max-handles` allows, or names one that it does not hold.
    HandleRefused = "handle-refused", Medium;
    /// A method is called on something that is no instance of the class it was granted of.
    CallReceiver = "call-receiver", Medium;
    /// Python called a function of TypeScript while no call of its connection was open.
    CallbackRefused = "callback-refused", Medium;
    /// A function of TypeScript that Python called has failed.
    CallbackFailed = "callback-failed", Low;
    /// The peer of a socket is another user.
    PeerRefused = "peer-refused", Critical;
    /// The caller took the call back.
    Cancelled = "cancelled", Low;
    /// Python raised an exception.
    PythonError = "python-error", Low;

    // The worker and the host.

    /// The worker ended while it had work.
    WorkerCrashed = "worker-crashed", High;
    /// The worker did not speak the wire.
    WorkerProtocol = "worker-protocol", Critical;
    /// A property of the sandbox that the policy requires cannot be enforced here.
    NotEnforced = "not-enforced", Critical;
    /// Python did in the worker what audit hooks report.
    AuditEvent = "audit-event", Medium;
    /// The audit file cannot be written.
    AuditUnwritable = "audit-unwritable", Critical;
    /// The chain of the audit file is broken.
    AuditChainBroken = "audit-chain-broken", Critical;
    /// The socket exists already, or cannot be made.
    SocketUnusable = "socket-unusable", Low;

    // The HTTP front.

    /// The HTTP front would listen beyond loopback and has no token.
    HttpTokenMissing = "http-token-missing", High;
    /// The token of the HTTP front is too short or has other characters than tokens have, or its file is not its user's alone.
    HttpTokenUnusable = "http-token-unusable", High;
    /// A request over HTTP has no token, or not the one of the front.
    HttpUnauthorized = "http-unauthorized", High;
    /// A request over HTTP comes from a web page whose origin is not in the front's list, or an entry of that list is no origin.
    HttpOriginRefused = "http-origin-refused", High;
    /// A request over HTTP is for another host than this machine's loopback, where only that is served.
    HttpHostRefused = "http-host-refused", High;
    /// A request over HTTP is for a connection that this client does not have, or no longer.
    HttpConnectionUnknown = "http-connection-unknown", Low;
    /// A request over HTTP is not the next one of its connection.
    HttpSequence = "http-sequence", Low;
    /// A request over HTTP is none of those in docs/wire.md.
    HttpRequestRefused = "http-request-refused", Medium;
    /// There are too many connections over HTTP, or one takes too long, or the host does not answer it.
    HttpLimit = "http-limit", Medium;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Code;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            let kebab = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
            assert!(text.split('-').all(kebab), "{text}");
        }
    }

    #[test]
    fn explanations_are_sentences() {
        for code in Code::ALL {
            let text = code.explanation();
            assert!(text.starts_with(char::is_uppercase) || text.starts_with(['`', 'b']), "{code}: {text:?}");
            assert!(text.ends_with('.') && !text.contains("  "), "{code}: {text:?}");
        }
    }
}
