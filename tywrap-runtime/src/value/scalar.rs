//! Values of the standard library that one line of text says everything about: dates, times, exact numbers, UUIDs.

use std::fmt;

use super::BigInt;

/// Longest text, in bytes: a fraction of two integers of 4300 digits each.
const LONGEST: usize = 8_603;

/// What `datetime.timedelta` can hold: fewer than 10^9 days of microseconds, either way.
const MOST_MICROSECONDS: i128 = 1_000_000_000 * 86_400_000_000;

/// A value that goes by its text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scalar {
    class: ScalarClass,
    text: Box<str>,
}

/// The classes whose instances go by their text. The forms are those of `docs/wire.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScalarClass {
    /// `datetime.date`: `2026-11-28`.
    Date,
    /// `datetime.time`: `09:30:00`, with six digits of a second's fraction unless it has none, and an offset from UTC if it has one.
    Time,
    /// `datetime.datetime`: a date, `T`, a time, and behind an offset the name of the zone in brackets if it has one
    /// (RFC 9557): `2026-11-28T09:30:00+01:00[Europe/Berlin]`.
    DateTime,
    /// `datetime.timedelta`: its microseconds, a whole number.
    TimeDelta,
    /// `decimal.Decimal`: as its `str`.
    Decimal,
    /// `fractions.Fraction`: two whole numbers, the second positive, with a `/` between them.
    Fraction,
    /// `uuid.UUID`: as its `str`.
    Uuid,
}

impl ScalarClass {
    const ALL: [Self; 7] =
        [Self::Date, Self::Time, Self::DateTime, Self::TimeDelta, Self::Decimal, Self::Fraction, Self::Uuid];

    /// Module and qualified name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Date => "datetime:date",
            Self::Time => "datetime:time",
            Self::DateTime => "datetime:datetime",
            Self::TimeDelta => "datetime:timedelta",
            Self::Decimal => "decimal:Decimal",
            Self::Fraction => "fractions:Fraction",
            Self::Uuid => "uuid:UUID",
        }
    }

    /// The class of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// Whether its instances are instances of the class of that name.
    pub(crate) fn inherits(self, name: &str) -> bool {
        self.name() == name || self == Self::DateTime && name == Self::Date.name()
    }

    fn accepts(self, text: &str) -> bool {
        match self {
            Self::Date => date(text) == Some(""),
            Self::Time => time(text).and_then(|rest| if rest.is_empty() { Some("") } else { offset(rest) }) == Some(""),
            Self::DateTime => date_time(text).is_some(),
            Self::TimeDelta => {
                let number = BigInt::new(text).and_then(|_| text.parse::<i128>().ok());
                number.is_some_and(|number| number > -MOST_MICROSECONDS && number < MOST_MICROSECONDS)
            }
            Self::Decimal => is_decimal(text),
            Self::Fraction => text.split_once('/').is_some_and(|(numerator, denominator)| {
                BigInt::new(numerator).is_some()
                    && BigInt::new(denominator).is_some()
                    && denominator.starts_with(|digit: char| matches!(digit, '1'..='9'))
            }),
            Self::Uuid => is_uuid(text),
        }
    }
}

impl Scalar {
    /// The value of that class that this text says, if it is of the class's form.
    pub fn new(class: ScalarClass, text: impl Into<Box<str>>) -> Option<Self> {
        let text = text.into();
        (text.len() <= LONGEST && class.accepts(&text)).then_some(Self { class, text })
    }

    /// Its class.
    pub fn class(&self) -> ScalarClass {
        self.class
    }

    /// Its text, in the form of its class.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.class.name(), self.text)
    }
}

/// What follows a number of exactly so many digits that is in the range.
fn number(text: &str, digits: usize, range: std::ops::RangeInclusive<u32>) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    range.contains(&number).then_some((number, rest))
}

/// What follows a date.
fn date(text: &str) -> Option<&str> {
    let (year, rest) = number(text, 4, 1..=9999)?;
    let (month, rest) = number(rest.strip_prefix('-')?, 2, 1..=12)?;
    let days = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    number(rest.strip_prefix('-')?, 2, 1..=days).map(|(_, rest)| rest)
}

/// What follows hours, minutes, seconds and, behind a point, six digits of a fraction.
fn time(text: &str) -> Option<&str> {
    let (_, rest) = number(text, 2, 0..=23)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 2, 0..=59)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 2, 0..=59)?;
    fraction(rest)
}

fn fraction(text: &str) -> Option<&str> {
    match text.strip_prefix('.') {
        Some(digits) => number(digits, 6, 0..=999_999).map(|(_, rest)| rest),
        None => Some(text),
    }
}

/// What follows an offset from UTC, of less than a day: `+01:00`, with seconds and their fraction where it has any.
fn offset(text: &str) -> Option<&str> {
    let (_, rest) = number(text.strip_prefix(['+', '-'])?, 2, 0..=23)?;
    let (_, rest) = number(rest.strip_prefix(':')?, 2, 0..=59)?;
    match rest.strip_prefix(':') {
        Some(seconds) => fraction(number(seconds, 2, 0..=59)?.1),
        None => Some(rest),
    }
}

fn date_time(text: &str) -> Option<()> {
    let rest = time(date(text)?.strip_prefix('T')?)?;
    if rest.is_empty() {
        return Some(());
    }
    let rest = offset(rest)?;
    if rest.is_empty() {
        return Some(());
    }
    is_zone_name(rest.strip_prefix('[')?.strip_suffix(']')?).then_some(())
}

/// Whether a text may be the name of a zone.
pub(super) fn is_zone_name(zone: &str) -> bool {
    // It is part of a path where zones are kept, so nothing leads out of there.
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.'))
    };
    zone.len() <= 64 && zone.split('/').all(is_part)
}

/// What `str` gives of a `Decimal`.
fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(payload) = text.strip_prefix("NaN").or_else(|| text.strip_prefix("sNaN")) {
        return is_digits(payload);
    }
    let (coefficient, exponent) = text.split_once('E').unwrap_or((text, "+0"));
    let (whole, part) = coefficient.split_once('.').unwrap_or((coefficient, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or_default();
    let parts = [whole, part, exponent];
    text == "Infinity" || parts.into_iter().all(|part| !part.is_empty() && is_digits(part)) && exponent.len() <= 19
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_each_form() {
        let many = "9".repeat(4300);
        let fraction = format!("-{many}/{many}");
        let cases: &[(ScalarClass, &[&str])] = &[
            (ScalarClass::Date, &["0001-01-01", "9999-12-31", "2024-02-29", "2000-02-29", "2026-11-28"]),
            (
                ScalarClass::Time,
                &["00:00:00", "23:59:59.999999", "12:00:00+00:00", "12:00:00.000001-23:59", "12:00:00+01:02:03.000004"],
            ),
            (
                ScalarClass::DateTime,
                &[
                    "2026-11-28T00:00:00",
                    "2026-11-28T12:34:56.000001",
                    "2026-11-28T12:34:56+00:00",
                    "2026-11-28T12:34:56+01:00[Europe/Berlin]",
                    "2026-11-28T12:34:56-03:00[America/Argentina/Buenos_Aires]",
                    "2026-11-28T12:34:56-05:00[Etc/GMT+5]",
                ],
            ),
            (ScalarClass::TimeDelta, &["0", "-1", "86399999999999999999", "-86399999913600000000"]),
            (
                ScalarClass::Decimal,
                &[
                    "0",
                    "-0",
                    "1.50",
                    "0E+3",
                    "1E-7",
                    "-1.2E+10",
                    "NaN",
                    "-sNaN12",
                    "Infinity",
                    "-Infinity",
                    "007",
                    &many,
                ],
            ),
            (ScalarClass::Fraction, &["0/1", "-1/3", &fraction]),
            (ScalarClass::Uuid, &["00000000-0000-0000-0000-000000000000", "12345678-1234-5678-9abc-def012345678"]),
        ];
        for (class, texts) in cases {
            for text in *texts {
                assert_eq!(Scalar::new(*class, *text).map(|value| value.to_string()).as_deref(), Some(*text));
            }
        }
    }

    #[test]
    fn texts_of_no_form() {
        let long = "9".repeat(LONGEST + 1);
        let cases: &[(ScalarClass, &[&str])] = &[
            (
                ScalarClass::Date,
                &[
                    "",
                    "0000-01-01",
                    "2023-02-29",
                    "1900-02-29",
                    "2026-13-01",
                    "2026-04-31",
                    "2026-1-1",
                    "26-01-01",
                    "2026-01-01 ",
                    "２026-01-01",
                    "+026-01-01",
                ],
            ),
            (
                ScalarClass::Time,
                &[
                    "24:00:00",
                    "12:60:00",
                    "12:00:60",
                    "12:00",
                    "12:00:00.1",
                    "12:00:00.",
                    "12:00:00Z",
                    "12:00:00+24:00",
                    "12:00:00+1:00",
                    "12:00:00+01:00[Europe/Berlin]",
                ],
            ),
            (
                ScalarClass::DateTime,
                &[
                    "2026-11-28",
                    "2026-11-28 12:00:00",
                    "2026-11-28T12:00:00[Europe/Berlin]",
                    "2026-11-28T12:00:00+01:00[]",
                    "2026-11-28T12:00:00+01:00[../../etc/passwd]",
                    "2026-11-28T12:00:00+01:00[/etc/localtime]",
                    "2026-11-28T12:00:00+01:00[a//b]",
                    "2026-11-28T12:00:00+01:00[.hidden]",
                    "2026-11-28T12:00:00+01:00[a][b]",
                    "2026-11-28T12:00:00+01:00[a\u{0}]",
                ],
            ),
            (ScalarClass::TimeDelta, &["", "1.5", "+1", "-0", "86400000000000000000", "-86400000000000000000", &long]),
            (
                ScalarClass::Decimal,
                &[
                    "",
                    "-",
                    ".",
                    "1.",
                    ".5",
                    "1e5",
                    "1E5",
                    "1E+",
                    "inf",
                    "nan",
                    "NaNx",
                    "0x1",
                    "1_0",
                    "١",
                    "--1",
                    "1.2.3",
                    "1E+99999999999999999999",
                    "-Infinityx",
                ],
            ),
            (ScalarClass::Fraction, &["1", "1/0", "1/-3", "1/03", "/", "1/2/3", "0.5/1", "-0/1"]),
            (
                ScalarClass::Uuid,
                &[
                    "12345678123456789abcdef012345678",
                    "12345678-1234-5678-9ABC-def012345678",
                    "{2345678-1234-5678-9abc-def01234567}",
                ],
            ),
        ];
        for (class, texts) in cases {
            for text in *texts {
                assert_eq!(Scalar::new(*class, *text), None, "{class:?} {text:?}");
            }
        }
    }
}
