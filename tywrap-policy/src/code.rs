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

            /// How bad it is when it happens.
            pub const fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)+ }
            }

            /// What it means, as documented here.
            pub const fn explanation(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc,)+),)+ }
            }
        }
    };
}

codes! {
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
    /// build.rs ran, but cannot see the annotation: another macro, an `include!` or another target of the package holds it.
    ModuleNotSeen = "module-not-seen", Low;
    /// The package wraps one module twice, with different members.
    ModuleWrappedTwice = "module-wrapped-twice", Low;
    /// No stubs describe the module, so nothing is known of its members.
    SurfaceMissing = "surface-missing", Low;
    /// The file of a locked surface is missing or is not the one that was reviewed.
    SurfaceChanged = "surface-changed", High;
    /// The file of a surface cannot be understood.
    SurfaceMalformed = "surface-malformed", Medium;
    /// An annotation names a member that the module does not have, or that cannot be wrapped yet.
    MemberUnknown = "member-unknown", Low;
    /// The arguments of `#[wrap]` are not what it takes.
    AnnotationMalformed = "annotation-malformed", Low;
    /// `#[wrap]` stands on something else than an empty inline module or a unit struct.
    AnnotationMisplaced = "annotation-misplaced", Low;
    /// There is no policy.
    PolicyMissing = "policy-missing", Medium;
    /// The policy is not the one that build.rs applied.
    PolicyChanged = "policy-changed", High;
    /// `Cargo.toml` cannot be read.
    PackageUnreadable = "package-unreadable", Low;
    /// build.rs's manifest cannot be understood.
    ManifestMalformed = "manifest-malformed", Low;
    /// `tywrap.lock` cannot be understood.
    LockMalformed = "lock-malformed", Medium;
    /// Parts of tywrap, or a file that one of them wrote, are of different versions.
    VersionMismatch = "version-mismatch", Low;
    /// An emitted file cannot be written.
    OutputUnwritable = "output-unwritable", Low;
    /// The output folder holds something that tywrap did not write, or another package's output.
    OutputForeign = "output-foreign", Low;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
