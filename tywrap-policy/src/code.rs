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
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
