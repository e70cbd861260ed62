//! The head of a chain: what to keep elsewhere, so that nobody can cut its end off unseen.

use std::fmt;
use std::str::FromStr;

use super::line::Chain;

/// The number and the hash of an event: together they stand for it and for all before it. Written `<number>:<hash>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditHead {
    /// The number of the event, from 1.
    pub seq: u64,
    /// The SHA-256 of its line, as 64 digits and lower-case letters.
    pub hash: String,
}

impl AuditHead {
    /// The head of a chain; none of an empty one.
    pub(super) fn of(chain: &Chain) -> Option<Self> {
        let seq = chain.next_seq().checked_sub(1).filter(|seq| *seq > 0)?;
        Some(Self { seq, hash: chain.last_hash().to_owned() })
    }
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// Text that is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAHead;

impl fmt::Display for NotAHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a head is the number of an event, a colon and the 64 hexadecimal digits of its hash")
    }
}

impl std::error::Error for NotAHead {}

impl FromStr for AuditHead {
    type Err = NotAHead;

    fn from_str(text: &str) -> Result<Self, NotAHead> {
        let (seq, hash) = text.split_once(':').ok_or(NotAHead)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        match seq.parse::<u64>() {
            Ok(seq) if seq > 0 && is_hash && seq.to_string().len() == text.len() - 65 => {
                Ok(Self { seq, hash: hash.to_ascii_lowercase() })
            }
            _ => Err(NotAHead),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn is_read_as_it_is_written_and_nothing_else_is() {
        let hash = "0123456789abcdef".repeat(4);
        let head: AuditHead = format!("17:{}", hash.to_uppercase()).parse().unwrap();
        assert_eq!(head, AuditHead { seq: 17, hash: hash.clone() });
        assert_eq!(head.to_string().parse(), Ok(head));
        for wrong in ["", "17", "17:", "0:{}", "-1:{}", "+1:{}", "01:{}", " 1:{}", "1:{}0", "1:{} "] {
            assert_eq!(wrong.replace("{}", &hash).parse::<AuditHead>(), Err(NotAHead), "{wrong}");
        }
        assert_eq!(format!("1:{}", "g".repeat(64)).parse::<AuditHead>(), Err(NotAHead));
    }
}
