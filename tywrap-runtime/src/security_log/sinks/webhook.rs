//! Events, posted as JSON to a web server.

use std::fmt;
use std::io::Read as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tywrap_policy::Severity;
use ureq::Agent;
use ureq::http::{HeaderName, HeaderValue, Uri};

use super::{Sink, SinkError, json};
use crate::security_log::{Filter, SecurityEvent};

/// For one attempt, from looking the host up to the end of its answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Pauses before further attempts, after which the events are given up.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];

/// Between two requests, at least. A burst is some requests and not thousands.
const REST: Duration = Duration::from_secs(1);

/// Bytes of a secret, far more than a server takes in a header.
const MOST_SECRET: u64 = 8 * 1024;

/// Posts high and critical events to a URL, as `{"source":"tywrap","version":…,"events":[…]}` with the events as
/// [`SecurityEvent::to_json`] has them. What is not answered with 2xx is tried again three times within half a minute,
/// unless the answer says that it would be no use (4xx but 408 and 429). Redirects are not followed, and variables that
/// name a proxy are not looked at.
pub struct WebhookSink {
    url: String,
    agent: Agent,
    header: Option<(HeaderName, HeaderValue)>,
    filter: Filter,
    pauses: [Duration; 3],
}

impl WebhookSink {
    /// A sink that posts to an `https` URL, or to an `http` one of this machine (`127.0.0.1`, `[::1]` or `localhost`).
    ///
    /// # Errors
    /// That the URL is none of these.
    pub fn new(url: &str) -> Result<Self, SinkError> {
        let refused =
            |why: &str| Err(SinkError::new(format!("the webhook's URL is refused: {why}; write `https://host/path`")));
        let Ok(uri) = url.parse::<Uri>() else { return refused("it is no URL") };
        let Some(host) = uri.host().filter(|host| !host.is_empty()) else { return refused("it names no host") };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return refused("it has a password in it, which `secret_header` is for");
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_this_machine(host) => {}
            Some("http") => return refused("`http` is for this machine only, since anybody on the way could read it"),
            _ => return refused("it is neither `https` nor `http`"),
        }
        let agent = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            // A redirect is then an answer like any other, and not a good one.
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // Whoever sets a variable is not who may read what happens here.
            .proxy(None)
            .user_agent(concat!("tywrap/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let filter = Filter { severity: Some(Severity::High), ..Filter::default() };
        Ok(Self { url: url.to_owned(), agent, header: None, filter, pauses: PAUSES })
    }

    /// Sends a header whose value is the text of a file, such as `Authorization` and `Bearer …`, without the line break
    /// at its end. The file is read now.
    ///
    /// # Errors
    /// That the file cannot be read, that others than its owner can read it, or that the two are no header.
    pub fn secret_header(mut self, name: &str, file: &Path) -> Result<Self, SinkError> {
        let refused =
            |why: &str| SinkError::new(format!("the webhook's secret `{}` cannot be used: {why}", file.display()));
        let opened = std::fs::File::open(file).map_err(|error| refused(&error.to_string()))?;
        let metadata = opened.metadata().map_err(|error| refused(&error.to_string()))?;
        if !metadata.is_file() {
            return Err(refused("it is no regular file"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            if metadata.mode() & 0o077 != 0 {
                return Err(refused("others than its owner can read it; run `chmod 600` on it"));
            }
        }
        let mut text = String::new();
        opened.take(MOST_SECRET).read_to_string(&mut text).map_err(|error| refused(&error.to_string()))?;
        let name =
            HeaderName::try_from(name).map_err(|_| SinkError::new(format!("{name:?} is no name of a header")))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let mut value = HeaderValue::try_from(text).map_err(|_| refused("its text is no value of a header"))?;
        if value.is_empty() {
            return Err(refused("it is empty"));
        }
        value.set_sensitive(true);
        self.header = Some((name, value));
        Ok(self)
    }

    /// Posts what a filter takes, instead of high and critical events.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// One attempt. The second of an error is whether another may help.
    fn post(&self, body: &str) -> Result<(), (String, bool)> {
        let mut request = self.agent.post(&self.url).content_type("application/json");
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        let answer = request.send(body).map_err(|error| (error.to_string(), true))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let may_help = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
        Err((format!("the server answered {}", status.as_u16()), may_help))
    }
}

impl Sink for WebhookSink {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn filter(&self) -> Filter {
        self.filter
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        let events: Vec<Value> = events.iter().map(|event| json::value(event)).collect();
        let body = json!({"source": "tywrap", "version": env!("CARGO_PKG_VERSION"), "events": events}).to_string();
        let mut pauses = self.pauses.iter();
        loop {
            match (self.post(&body), pauses.next()) {
                (Ok(()), _) => return Ok(()),
                (Err((_, true)), Some(pause)) => std::thread::sleep(*pause),
                (Err((why, _)), _) => return Err(SinkError::new(why)),
            }
        }
    }
}

/// Not what the secret is.
impl fmt::Debug for WebhookSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSink").field("url", &self.url).finish_non_exhaustive()
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
