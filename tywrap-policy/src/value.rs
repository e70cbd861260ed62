//! What a key of the policy may hold: reading it from TOML with errors at the right place, and writing it for the reference.

use std::fmt;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use crate::Code;
use crate::source::Reading;

/// A value as it stands in the file.
pub(crate) type Raw<'i> = Spanned<DeValue<'i>>;

/// A type that a key of the policy can have.
pub(crate) trait Value: Sized {
    /// What to write, for the reference and for errors: "a time with its unit, such as `"30s"`".
    fn expected() -> String;

    /// Reads it. `None` means that an error has been recorded.
    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self>;

    /// How it would be written in TOML.
    fn write(&self) -> String;

    /// What holds when the file says `self` and the default is `default`.
    fn over(self, _default: Self) -> Self {
        self
    }
}

/// Records that a value is of the wrong type.
pub(crate) fn wrong_type<T: Value>(raw: &Raw<'_>, reading: &mut Reading<'_>) {
    let message = format!("`{}` is {}, and should be {}", reading.key, kind(raw.get_ref()), T::expected());
    reading.error(Code::PolicyType, raw.span(), message);
}

/// Records that a value has the right type and cannot be used, and says why.
pub(crate) fn wrong_value<T: Value>(raw: &Raw<'_>, reading: &mut Reading<'_>, why: impl fmt::Display) {
    let message = format!("`{}` cannot have this value: {why}", reading.key);
    let expected = T::expected();
    reading.error(Code::PolicyValue, raw.span(), message).help.push(format!("write {expected}"));
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

/// Text as a TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Value for bool {
    fn expected() -> String {
        "`true` or `false`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let value = raw.get_ref().as_bool();
        if value.is_none() {
            wrong_type::<Self>(raw, reading);
        }
        value
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

/// A guard that can be switched off, with a warning at every build and a line in the security report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// The guard works.
    On,
    /// It does not.
    Off,
}

impl Switch {
    /// Whether the guard works.
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

impl Value for Switch {
    fn expected() -> String {
        "`true`, or `false`, which warns".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        match raw.get_ref().as_bool() {
            Some(true) => Some(Self::On),
            Some(false) => {
                let message = format!("`{}` is switched off", reading.key);
                let warning = reading.warning(Code::PolicySwitchOff, raw.span(), message);
                warning.help.push("remove the line to have the guard back".to_owned());
                Some(Self::Off)
            }
            None => {
                wrong_type::<Self>(raw, reading);
                None
            }
        }
    }

    fn write(&self) -> String {
        self.is_on().to_string()
    }
}

/// A guard that cannot be switched off: the key may say `true`, and `false` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlwaysOn;

impl Value for AlwaysOn {
    fn expected() -> String {
        "`true`; `false` is refused".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        match raw.get_ref().as_bool() {
            Some(true) => Some(Self),
            Some(false) => {
                let message = format!("`{}` cannot be switched off", reading.key);
                let error = reading.error(Code::PolicySwitchFixed, raw.span(), message);
                error.notes.push("note: it is what makes the output safe, and nothing is gained without it".to_owned());
                error.help.push("remove the line".to_owned());
                None
            }
            None => {
                wrong_type::<Self>(raw, reading);
                None
            }
        }
    }

    fn write(&self) -> String {
        "true".to_owned()
    }
}

/// A whole number between two bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Count<MIN, MAX> {
    /// For defaults: a bound that is not kept does not compile.
    pub(crate) const fn of<const N: u32>() -> Self {
        const { assert!(MIN <= N && N <= MAX) };
        Self(N)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> Value for Count<MIN, MAX> {
    fn expected() -> String {
        format!("a whole number from {MIN} to {MAX}")
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let Some(integer) = raw.get_ref().as_integer() else {
            wrong_type::<Self>(raw, reading);
            return None;
        };
        match u32::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if (MIN..=MAX).contains(&number) => Some(Self(number)),
            _ => {
                let message = format!("`{}` must lie between {MIN} and {MAX}", reading.key);
                reading.error(Code::PolicyValue, raw.span(), message);
                None
            }
        }
    }

    fn write(&self) -> String {
        self.0.to_string()
    }
}

/// A size in bytes, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// For defaults.
    pub(crate) const fn mib(mebibytes: u64) -> Self {
        Self(mebibytes * 1024 * 1024)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ByteSize {
    /// Exact: the largest unit that leaves a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
        let unit = units.into_iter().find(|(_, shift)| self.0.trailing_zeros() >= *shift);
        match unit {
            Some((unit, shift)) => write!(f, "{}{unit}", self.0 >> shift),
            None => write!(f, "{}B", self.0),
        }
    }
}

impl Value for ByteSize {
    fn expected() -> String {
        "a size with its unit, such as `\"10MiB\"`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let Some(text) = raw.get_ref().as_str() else {
            wrong_type::<Self>(raw, reading);
            return None;
        };
        match size(text) {
            Ok(bytes) => Some(Self(bytes)),
            Err(why) => {
                wrong_value::<Self>(raw, reading, why);
                None
            }
        }
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

fn size(text: &str) -> Result<u64, &'static str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = &text[..digits];
    let unit = text[digits..].trim_start_matches(' ');
    if number.is_empty() || unit.starts_with('.') {
        return Err("it does not start with a whole number");
    }
    if unit.is_empty() {
        return Err("it has no unit");
    }
    // The library accepts `k`, `K` and `kb` for each other; a policy that is read by people does not.
    if !["B", "kB", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"].contains(&unit) {
        return Err("the units are B, kB, MB, GB, TB, KiB, MiB, GiB and TiB");
    }
    let number: u64 = number.parse().map_err(|_| "it is too large")?;
    let factor = format!("1{unit}").parse::<bytesize::ByteSize>().map_err(|_| "its unit is unknown")?;
    match number.checked_mul(factor.as_u64()) {
        None => Err("it is too large"),
        Some(0) => Err("it must be larger than zero"),
        Some(bytes) => Ok(bytes),
    }
}

impl Value for Duration {
    fn expected() -> String {
        "a time with its unit, such as `\"30s\"`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let Some(text) = raw.get_ref().as_str() else {
            wrong_type::<Self>(raw, reading);
            return None;
        };
        match humantime::parse_duration(text) {
            Ok(Duration::ZERO) => {
                wrong_value::<Self>(raw, reading, "it must be longer than zero");
                None
            }
            Ok(duration) => Some(duration),
            Err(error) => {
                wrong_value::<Self>(raw, reading, error);
                None
            }
        }
    }

    fn write(&self) -> String {
        quoted(&humantime::format_duration(*self).to_string())
    }
}

/// A key that may be absent and then has no value.
impl<T: Value> Value for Option<T> {
    fn expected() -> String {
        T::expected()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        T::read(raw, reading).map(Some)
    }

    fn write(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), T::write)
    }
}
