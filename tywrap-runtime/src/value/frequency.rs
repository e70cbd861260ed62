//! The names that pandas has for steps of time.

/// The steps, of which those with a `-` are anchored at a day of the week, of the month, or at a month. With it they are
/// all that Python is asked to make an offset of.
pub(crate) const FREQUENCIES: [&str; 36] = [
    "ns", "us", "ms", "s", "min", "h", "D", "B", "bh", "W", "W-", "M", "MS", "ME", "BMS", "BME", "SMS", "SME", "SMS-",
    "SME-", "Q-", "QS-", "QE-", "BQS-", "BQE-", "Y-", "YS-", "YE-", "BYS-", "BYE-", // Of pandas before 2.2:
    "A-", "AS-", "BA-", "BQ-", "T", "H",
];

/// What a step may be anchored at.
pub(crate) const ANCHORS: [&str; 20] = [
    "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP",
    "OCT", "NOV", "DEC", "15",
];

/// Whether a text names a frequency: a whole number other than 0, of at most nine digits, where it is not 1, and a step.
pub(super) fn is_frequency(text: &str) -> bool {
    let step = text.trim_start_matches(|character: char| character == '-' || character.is_ascii_digit());
    let number = &text[..text.len() - step.len()];
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_number = digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    let is_step = match step.split_once('-') {
        None => FREQUENCIES.contains(&step),
        Some((before, anchor)) => FREQUENCIES.contains(&&step[..=before.len()]) && ANCHORS.contains(&anchor),
    };
    (number.is_empty() || is_number && !digits.is_empty()) && is_step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequency_is_a_number_and_a_known_step() {
        for text in ["D", "2D", "-1D", "90min", "999999999ns", "W-SUN", "-3QE-FEB", "BYS-JAN", "bh", "SME-15"] {
            assert!(is_frequency(text), "{text}");
        }
        let long = "1".repeat(10) + "ns";
        for text in [
            "",
            "0D",
            "01D",
            "--1D",
            "-D",
            "1-D",
            "1.5h",
            "1e3s",
            "D ",
            " D",
            "d",
            "W-",
            "W-XYZ",
            "W-SUN-MON",
            "D-SUN",
            "1D12h",
            "C",
            "<DateOffset: months=1>",
            "🕒",
            "-",
            "1",
            &long,
        ] {
            assert!(!is_frequency(text), "{text}");
        }
    }
}
