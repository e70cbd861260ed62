//! The positions of what can be called, by how well they are typed.

/// Positions, by how well they are typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Positions {
    /// Without `unknown` in them. `PyValue` is a type: it says that Python gives or takes anything.
    pub typed: usize,
    /// With `unknown` somewhere inside.
    pub partly: usize,
    /// Nothing but `unknown`.
    pub unknown: usize,
}

/// How well a position is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Typed {
    /// Without `unknown` in it.
    Wholly,
    /// With `unknown` somewhere inside.
    Partly,
    /// `unknown`.
    Not,
}

/// A position that is not typed throughout.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Hole {
    /// Path below the module (`mean`, `Counter.fromkeys`), or that of a member of instances by where its class is defined
    /// (`collections:Counter.most_common`).
    pub name: String,
    /// Name of the parameter, or [`Hole::RETURN`].
    pub position: String,
    /// How well it is typed.
    pub typed: Typed,
    /// What the emitter says about the types of the name, as sentence fragments.
    pub reasons: Vec<String>,
}

impl Hole {
    /// The position of what is returned.
    pub const RETURN: &'static str = "return";
}

impl Positions {
    /// All of them.
    #[must_use]
    pub fn all(self) -> usize {
        self.typed + self.partly + self.unknown
    }

    pub(crate) fn add(&mut self, typed: Typed) {
        match typed {
            Typed::Wholly => self.typed += 1,
            Typed::Partly => self.partly += 1,
            Typed::Not => self.unknown += 1,
        }
    }
}

impl std::ops::AddAssign for Positions {
    fn add_assign(&mut self, other: Self) {
        self.typed += other.typed;
        self.partly += other.partly;
        self.unknown += other.unknown;
    }
}
