//! Members of enums, which are values.

/// A member of a Python enum, or a combination of a flag's members.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumMember {
    class: Box<str>,
    name: Box<str>,
}

impl EnumMember {
    /// The member `name` of the enum `class`, such as `RED` of `colours:Colour`; of a flag, members may be combined: `A|B`, in the
    /// order in which the class defines them.
    pub fn new(class: impl Into<Box<str>>, name: impl Into<Box<str>>) -> Self {
        Self { class: class.into(), name: name.into() }
    }

    /// Module and qualified name of the enum.
    pub fn class(&self) -> &str {
        &self.class
    }

    /// Name of the member, or of the members, with a `|` between them.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is one of these members, or combines some of them in their order.
    pub(crate) fn is_of(&self, members: &[&str]) -> bool {
        let mut rest = members.iter();
        // Each part is looked for behind the one before, so none comes twice and each combination has one name.
        self.name.split('|').all(|part| rest.any(|member| *member == part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_their_combinations() {
        for (name, is_of) in [
            ("A", true),
            ("C", true),
            ("A|C", true),
            ("A|B|C", true),
            ("C|A", false),
            ("A|A", false),
            ("A|", false),
            ("|A", false),
            ("", false),
            ("D", false),
            ("A|D", false),
            ("a", false),
        ] {
            assert_eq!(EnumMember::new("m:E", name).is_of(&["A", "B", "C"]), is_of, "{name}");
            assert!(!EnumMember::new("m:E", name).is_of(&[]), "{name}");
        }
    }
}
