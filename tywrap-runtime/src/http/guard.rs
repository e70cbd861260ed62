//! Who may ask at all.

use std::net::IpAddr;

use hyper::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::http::{StatusCode, Version};
use tywrap_policy::Code;

use super::origins::Origins;
use super::refusal::Refusal;
use super::token::Token;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What is asked of every request before anything else of it is looked at.
pub(super) struct Guard {
    pub(super) token: Option<Token>,
    pub(super) origins: Origins,
    /// Whether whoever reaches the socket may call: then a name that leads here must be one of loopback, since a page
    /// of another site can make its own name lead here (DNS rebinding) and its browser would take the answer for that
    /// site's.
    pub(super) only_loopback_names: bool,
}

impl Guard {
    /// The origin of the page that asks, if one does; it may.
    pub(super) fn origin(&self, head: &Parts) -> Result<Option<HeaderValue>, Refusal> {
        if head.version != Version::HTTP_11 {
            let message = format!("{:?} came, and the front speaks HTTP/1.1", head.version);
            return Err(bad(StatusCode::HTTP_VERSION_NOT_SUPPORTED, message));
        }
        self.check_host(head)?;
        let refused = |message: String| Err(Refusal::peer(StatusCode::FORBIDDEN, Code::HttpOriginRefused, message));
        let Some(origin) = only(&head.headers, &ORIGIN)? else {
            return match only(&head.headers, &SEC_FETCH_SITE)? {
                Some(site) if !matches!(site.as_bytes(), b"none" | b"same-origin") => {
                    refused(format!("a browser asks for a page that is {:?} and says no origin", shown(site)))
                }
                _ => Ok(None),
            };
        };
        match origin.to_str() {
            Ok(text) if self.origins.has(text) => Ok(Some(origin.clone())),
            _ => refused(format!(
                "a page of the origin {:?} may not call; name it with `HttpFront::allow_origin` if it is yours",
                shown(origin)
            )),
        }
    }

    /// Whether the request has the token, if one is asked for.
    pub(super) fn check_token(&self, head: &Parts) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        let refused = |message: &str| {
            let refusal = Refusal::peer(StatusCode::UNAUTHORIZED, Code::HttpUnauthorized, message);
            Err(refusal.with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
        };
        let Some(given) = only(&head.headers, &AUTHORIZATION)? else {
            return refused(
                "a request has no token; its place is the header `Authorization`, behind the word `Bearer`",
            );
        };
        let (scheme, offered) = given.as_bytes().split_at_checked(7).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case(b"bearer ") {
            return refused("a request has an `Authorization` of another scheme than `Bearer`");
        }
        if !token.is(offered) {
            return refused("the token of a request is not the one of this front");
        }
        Ok(())
    }

    fn check_host(&self, head: &Parts) -> Result<(), Refusal> {
        let Some(host) = only(&head.headers, &HOST)? else {
            return Err(bad(StatusCode::BAD_REQUEST, "a request has no `Host`".to_owned()));
        };
        if !self.only_loopback_names {
            return Ok(());
        }
        let named = str::from_utf8(host.as_bytes()).ok().and_then(|text| text.parse::<Authority>().ok());
        // A request to a proxy has the host in its first line as well, and may have another one there.
        let in_first_line = head.uri.authority().is_none_or(is_loopback);
        if named.as_ref().is_some_and(is_loopback) && in_first_line {
            return Ok(());
        }
        let message = format!(
            "a request is for the host {:?}, and without a token only `localhost` and loopback addresses are served",
            shown(host)
        );
        Err(Refusal::peer(StatusCode::FORBIDDEN, Code::HttpHostRefused, message))
    }
}

/// The one header of a name. Two of them are an attempt to have two readers see different ones.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut all = headers.get_all(name).iter();
    let first = all.next();
    if all.next().is_some() {
        return Err(bad(StatusCode::BAD_REQUEST, format!("a request has the header `{name}` more than once")));
    }
    Ok(first)
}

/// The beginning of what a header says.
fn shown(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).chars().take(200).collect()
}

fn bad(status: StatusCode, message: String) -> Refusal {
    Refusal::protocol(status, Code::HttpRequestRefused, message)
}

fn is_loopback(authority: &Authority) -> bool {
    // No user before the host: `Host` has none, and readers disagree on what it means.
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use hyper::Request;

    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    fn guard(token: bool) -> Guard {
        Guard {
            token: token.then(|| Token::new(TOKEN).unwrap()),
            origins: Origins::new(vec!["https://app.example".to_owned()]).unwrap(),
            only_loopback_names: !token,
        }
    }

    fn head(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::post("/v1/connections");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn status(outcome: Result<impl Sized, Refusal>) -> u16 {
        outcome.map_or_else(|refusal| refusal.status.as_u16(), |_| 200)
    }

    #[test]
    fn only_names_of_loopback_lead_to_what_has_no_token() {
        for (host, expected) in [
            ("localhost", 200),
            ("LOCALHOST:8080", 200),
            ("127.0.0.1:8080", 200),
            ("127.8.9.1", 200),
            ("[::1]:8080", 200),
            ("[::ffff:127.0.0.1]", 200),
            ("evil.example", 403),
            ("localhost.evil.example", 403),
            ("localhost:8080@evil.example", 403),
            ("evil.example@localhost", 403),
            ("127.0.0.1.nip.io", 403),
            ("localhost.", 403),
            ("10.0.0.1", 403),
            ("[::2]", 403),
            ("0.0.0.0", 403),
            ("", 403),
        ] {
            assert_eq!(status(guard(false).origin(&head(&[("host", host)]))), expected, "{host}");
        }
        // Whoever has the token may call it what they like.
        assert_eq!(status(guard(true).origin(&head(&[("host", "app.internal")]))), 200);
        assert_eq!(status(guard(true).origin(&head(&[]))), 400);
        assert_eq!(status(guard(false).origin(&head(&[("host", "localhost"), ("host", "localhost")]))), 400);
        let mut absolute = head(&[("host", "localhost")]);
        absolute.uri = "http://evil.example/v1/connections".parse().unwrap();
        assert_eq!(status(guard(false).origin(&absolute)), 403);
    }

    #[test]
    fn pages_call_by_their_origin_only() {
        let asked = |headers: &[(&str, &str)]| {
            let headers: Vec<_> = [("host", "localhost")].iter().chain(headers).copied().collect();
            status(guard(false).origin(&head(&headers)))
        };
        assert_eq!(asked(&[("origin", "https://app.example")]), 200);
        assert_eq!(asked(&[("origin", "https://app.example"), ("sec-fetch-site", "cross-site")]), 200);
        assert_eq!(asked(&[("sec-fetch-site", "none")]), 200);
        for origin in ["https://evil.example", "null", "http://localhost", "https://app.example.evil", ""] {
            assert_eq!(asked(&[("origin", origin)]), 403, "{origin}");
        }
        assert_eq!(asked(&[("sec-fetch-site", "cross-site")]), 403);
        assert_eq!(asked(&[("sec-fetch-site", "same-site")]), 403);
        assert_eq!(asked(&[("origin", "https://app.example"), ("origin", "https://evil.example")]), 400);
    }

    #[test]
    fn the_token_is_asked_for_in_one_form() {
        let asked = |value: &str| status(guard(true).check_token(&head(&[("authorization", value)])));
        assert_eq!(asked(&format!("Bearer {TOKEN}")), 200);
        assert_eq!(asked(&format!("bearer {TOKEN}")), 200);
        for value in [
            "",
            "Bearer",
            "Bearer ",
            TOKEN,
            &format!("Basic {TOKEN}"),
            &format!("Bearer  {TOKEN}"),
            &format!("Bearer {TOKEN}0"),
        ] {
            assert_eq!(asked(value), 401, "{value}");
        }
        assert_eq!(status(guard(true).check_token(&head(&[]))), 401);
        let twice = head(&[("authorization", &format!("Bearer {TOKEN}")), ("authorization", "Bearer x")]);
        assert_eq!(status(guard(true).check_token(&twice)), 400);
        assert_eq!(status(guard(false).check_token(&head(&[]))), 200);
    }
}
