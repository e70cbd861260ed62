//! What is enforced, by which layer, and the refusal to run without it.

use std::collections::BTreeMap;
use std::fmt;

use tywrap_policy::section::{Enforcement, OperatingSystem, Property};

/// A mechanism of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// Landlock rules, with the version of its interface.
    Landlock(u32),
    /// A seccomp filter.
    Seccomp,
    /// Resource limits.
    Rlimit,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Landlock(abi) => write!(f, "landlock (abi {abi})"),
            Layer::Seccomp => f.write_str("seccomp"),
            Layer::Rlimit => f.write_str("rlimit"),
        }
    }
}

/// Whether a property holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It holds, and every one of these layers contributes.
    Enforced(Vec<Layer>),
    /// It does not hold as a whole.
    Degraded {
        /// Layers that still do their part.
        by: Vec<Layer>,
        /// What is missing.
        reason: String,
    },
}

/// What a sandbox enforces on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    states: BTreeMap<Property, State>,
}

impl Status {
    pub(crate) fn new(states: impl IntoIterator<Item = (Property, State)>) -> Self {
        Self { states: states.into_iter().collect() }
    }

    /// No sandbox at all, for one reason.
    pub(crate) fn nothing(reason: &str) -> Self {
        Self::new(
            Property::ALL
                .iter()
                .map(|property| (*property, State::Degraded { by: Vec::new(), reason: reason.to_owned() })),
        )
    }

    /// Every property with its state, in the order of [`Property::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Property, &State)> {
        self.states.iter().map(|(property, state)| (*property, state))
    }

    /// Whether the property holds as a whole.
    pub fn holds(&self, property: Property) -> bool {
        matches!(self.states.get(&property), Some(State::Enforced(_)))
    }

    /// Whether everything holds that an `enforcement` requires.
    ///
    /// # Errors
    /// The first property that does not hold and that nobody accepted as degraded.
    pub fn require(&self, enforcement: &Enforcement) -> Result<(), NotEnforced> {
        for (property, state) in self.iter() {
            if let State::Degraded { reason, .. } = state
                && !enforcement.accepts_without(property)
            {
                return Err(NotEnforced { property, os: operating_system(), reason: reason.clone() });
            }
        }
        Ok(())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (property, state)) in self.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match state {
                State::Enforced(by) => write!(f, "{property}: enforced by {}", join(by))?,
                State::Degraded { by, reason } if by.is_empty() => write!(f, "{property}: not enforced ({reason})")?,
                State::Degraded { by, reason } => write!(f, "{property}: degraded ({reason}), {} remains", join(by))?,
            }
        }
        Ok(())
    }
}

fn join(layers: &[Layer]) -> String {
    layers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

/// The policy requires a property that this machine cannot enforce, so nothing was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotEnforced {
    /// Which property.
    pub property: Property,
    /// The operating system, with its release where it is known.
    pub os: String,
    /// What is missing.
    pub reason: String,
}

impl fmt::Display for NotEnforced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { property, os, reason } = self;
        write!(f, "the sandbox cannot enforce `{property}` on {os}: {reason}; ")?;
        match OperatingSystem::CURRENT {
            OperatingSystem::Linux => write!(
                f,
                "to run without it on such systems, write \
                 `enforcement = {{ accept-degraded = {{ linux = [\"{property}\"] }} }}` under `[sandbox]` in the policy"
            ),
            // Accepting it would not help: nothing is started there.
            _ => f.write_str("use Linux"),
        }
    }
}

impl std::error::Error for NotEnforced {}

fn operating_system() -> String {
    #[cfg(target_os = "linux")]
    {
        format!("Linux {}", rustix::system::uname().release().to_string_lossy())
    }
    #[cfg(not(target_os = "linux"))]
    {
        std::env::consts::OS.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test fails by panicking")]

    use super::*;

    fn accepting(property: Property) -> Enforcement {
        Enforcement::accept_degraded([property].into())
    }

    #[test]
    fn a_degraded_property_is_refused_unless_it_is_accepted_by_name() {
        let status = Status::new([
            (Property::Network, State::Enforced(vec![Layer::Seccomp])),
            (Property::Memory, State::Degraded { by: vec![Layer::Rlimit], reason: "no seccomp".into() }),
        ]);
        let refused = status.require(&accepting(Property::Network)).expect_err("memory is degraded");
        assert_eq!(refused.property, Property::Memory);
        assert!(refused.to_string().contains("= [\"memory\"] } }` under `[sandbox]`"), "{refused}");
        assert_eq!(status.require(&accepting(Property::Memory)), Ok(()));
        assert!(status.holds(Property::Network) && !status.holds(Property::Memory));
    }
}
