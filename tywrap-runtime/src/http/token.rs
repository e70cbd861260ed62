//! The secret that a request must carry.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tywrap_policy::{Code, Diagnostic};

use crate::host::HostError;
use crate::private;

/// Fewest characters of a token. Of 64 different ones they carry 192 bits, of hexadecimal digits 128: nobody tries
/// those.
pub(super) const SHORTEST: usize = 32;

/// Most bytes of a file with a token.
const LONGEST: u64 = 4096;

/// A token. Only its digest is kept, so that nothing here can show it.
#[derive(Clone)]
pub(super) struct Token([u8; 32]);

impl Token {
    /// A token of at least [`SHORTEST`] of the characters that RFC 6750 allows.
    pub(super) fn new(text: &str) -> Result<Self, HostError> {
        let unusable = |what: String| {
            let help = "make one: `openssl rand -hex 32`";
            Err(Diagnostic::error(Code::HttpTokenUnusable, format!("the token of the HTTP front {what}"))
                .help(help)
                .into())
        };
        if text.len() < SHORTEST {
            return unusable(format!("has {} characters, and {SHORTEST} is the least", text.len()));
        }
        let body = text.trim_end_matches('=');
        if !body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)) {
            return unusable("has other characters than letters, digits and `-._~+/`, with `=` at its end".to_owned());
        }
        Ok(Self(digest(text.as_bytes())))
    }

    /// The token that is all of a file, but for white space around it.
    pub(super) fn read(path: &Path) -> Result<Self, HostError> {
        let unusable = |why: String| {
            let message = format!("the token of the HTTP front cannot be read from `{}`: {why}", path.display());
            let help =
                "put the token, and nothing else, into a file of your own: `(umask 077; openssl rand -hex 32 > token)`";
            HostError::from(Diagnostic::error(Code::HttpTokenUnusable, message).help(help))
        };
        let bytes = private::read_secret(path, LONGEST).map_err(|error| unusable(error.to_string()))?;
        let text = str::from_utf8(&bytes).map_err(|_| unusable("it is not text".to_owned()))?;
        Self::new(text.trim_ascii())
    }

    /// Whether this is the token. Neither a prefix nor the length of what is right makes a difference to the time.
    pub(super) fn is(&self, offered: &[u8]) -> bool {
        digest(offered).ct_eq(&self.0).into()
    }
}

fn digest(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn refusal(token: Result<Token, HostError>) -> String {
        token.map(drop).unwrap_err().to_string()
    }

    #[test]
    fn a_token_is_itself_and_nothing_else() {
        let token = Token::new(TOKEN).unwrap();
        assert!(token.is(TOKEN.as_bytes()));
        for other in ["", "0", &TOKEN[1..], &format!("{TOKEN}0"), &TOKEN.to_uppercase(), &format!("{TOKEN} ")] {
            assert!(!token.is(other.as_bytes()), "{other:?}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_without_being_shown() {
        for text in
            ["", &TOKEN[1..], &format!("{TOKEN} x"), &format!("{TOKEN}\n"), &format!("={TOKEN}"), &format!("{TOKEN}é")]
        {
            let message = refusal(Token::new(text));
            assert!(message.contains("[http-token-unusable]") && message.contains("openssl rand"), "{message}");
            assert!(text.is_empty() || !message.contains(text), "{message}");
        }
        assert!(Token::new(&format!("{TOKEN}-._~+/==")).is_ok());
    }

    #[test]
    fn a_file_with_a_token_is_its_users_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("token");
        fs::write(&path, format!("{TOKEN}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Token::read(&path).unwrap().is(TOKEN.as_bytes()));
        for mode in [0o640, 0o604, 0o620, 0o602, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let message = refusal(Token::read(&path));
            assert!(message.contains("others can use it") && message.contains("chmod 600"), "{mode:o}: {message}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&path, temporary.path().join("link")).unwrap();
        for other in ["link", "missing", "."] {
            assert!(refusal(Token::read(&temporary.path().join(other))).contains("cannot be read"), "{other}");
        }
        fs::write(&path, "x".repeat(5000)).unwrap();
        assert!(refusal(Token::read(&path)).contains("more than 4096 bytes"));
    }
}
