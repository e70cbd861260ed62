//! The web pages that may call.

use tywrap_policy::{Code, Diagnostic};

use crate::host::HostError;

/// The origins in the front's list; no page of another one gets an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins(Vec<String>);

impl Origins {
    /// A list of origins, each as browsers write it.
    pub(super) fn new(origins: Vec<String>) -> Result<Self, HostError> {
        if let Some(text) = origins.iter().find(|text| !is_origin(text)) {
            let message = format!("{text:?} is not the origin of a web page");
            let help = "write scheme, host and port as browsers do, such as `https://app.example` or \
                        `http://localhost:5173`, in small letters, without a path, and without the port that the \
                        scheme has anyway";
            return Err(Diagnostic::error(Code::HttpOriginRefused, message).help(help).into());
        }
        Ok(Self(origins))
    }

    /// Whether the page may call.
    pub(super) fn has(&self, origin: &str) -> bool {
        self.0.iter().any(|known| known == origin)
    }
}

fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let scheme_is_one = scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    let (host, port) = match rest.rsplit_once(':') {
        // The colons of an address in brackets are its own.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let host_is_one = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte))
        }
    };
    let port_is_said = |port: &str| {
        let usual = matches!((scheme, port), ("http" | "ws", "80") | ("https" | "wss", "443"));
        port.parse::<u16>().is_ok_and(|number| number.to_string() == port) && !usual
    };
    scheme_is_one && host_is_one && port.is_none_or(port_is_said)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn origins_are_as_browsers_write_them() {
        for text in
            ["https://app.example", "http://localhost:5173", "http://[::1]:8080", "http://[::1]", "tauri://localhost"]
        {
            assert!(Origins::new(vec![text.to_owned()]).unwrap().has(text), "{text}");
        }
        for text in [
            "*",
            "null",
            "",
            "app.example",
            "https://",
            "https://app.example/",
            "https://app.example:443",
            "http://app.example:80",
            "https://app.example:",
            "https://app.example:08080",
            "https://app.example:99999",
            "https://App.example",
            "HTTPS://app.example",
            "https://*.example",
            "https://user@app.example",
            "https://app.example, https://b.example",
            "https://[::g]",
        ] {
            let message = Origins::new(vec![text.to_owned()]).unwrap_err().to_string();
            assert!(message.contains("[http-origin-refused]"), "{message}");
        }
    }

    #[test]
    fn an_origin_is_allowed_whole() {
        let origins = Origins::new(vec!["https://app.example".to_owned()]).unwrap();
        for other in [
            "http://app.example",
            "https://app.example.evil",
            "https://app.example:8443",
            "https://evil.app.example",
            "null",
            "",
        ] {
            assert!(!origins.has(other), "{other}");
        }
        assert!(!Origins::default().has("https://app.example"));
    }
}
