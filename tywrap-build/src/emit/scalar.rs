//! Classes of the standard library whose instances go by their text: the client has a type for each.

/// A class and what the client says of it.
pub(super) struct Scalar {
    /// Defining module and qualified name.
    class: &'static str,
    /// The client's type of an instance.
    pub(super) client: &'static str,
    /// What that type has and an instance of a class that inherits from this one has not.
    pub(super) conversions: &'static [&'static str],
}

const fn scalar(class: &'static str, client: &'static str, conversions: &'static [&'static str]) -> Scalar {
    Scalar { class, client, conversions }
}

/// As in `tywrap-build/client/src/scalar.ts`.
const ALL: [Scalar; 7] = [
    scalar("datetime:date", "PyDate", &["text", "toDate", "toJSON"]),
    scalar("datetime:time", "PyTime", &["text", "toJSON"]),
    scalar("datetime:datetime", "PyDateTime", &["text", "toDate", "toJSON"]),
    scalar("datetime:timedelta", "PyTimedelta", &["text", "toJSON", "toMicroseconds", "toMilliseconds"]),
    scalar("decimal:Decimal", "PyDecimal", &["text", "toJSON", "toNumber"]),
    scalar("fractions:Fraction", "PyFraction", &["text", "toJSON", "toNumber", "toParts"]),
    scalar("uuid:UUID", "PyUuid", &["text", "toJSON"]),
];

/// The class of that name, if its instances go by their text.
pub(super) fn of_class(class: &str) -> Option<&'static Scalar> {
    ALL.iter().find(|scalar| scalar.class == class)
}

/// Whether a type of the client's is that of such an instance.
pub(super) fn is_client_type(client: &str) -> bool {
    ALL.iter().any(|scalar| scalar.client == client)
}
