//! Events for a syslog daemon, as RFC 5424 has them, in datagrams: to the local one, or over UDP (RFC 5426).
//!
//! It is written here because the one library for it fixes the MSGID to a number, takes parameter names as they come
//! and brings three crates for a line of text.

use std::io;
use std::net::{SocketAddr, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tywrap_policy::Severity;

use super::{Sink, SinkError};
use crate::security_log::{Filter, SecurityEvent};

/// How long a daemon that does not read may hold up a datagram.
const PATIENCE: Duration = Duration::from_secs(5);

/// The structured data's name. 32473 is the number that RFC 5612 sets aside for whoever has none of their own.
const SD_ID: &str = "tywrap@32473";

/// What part of a system a message is from, as syslog sorts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Facility {
    /// Programs of users.
    User = 1,
    /// Daemons.
    Daemon = 3,
    /// Security.
    Auth = 4,
    /// Security, in logs that not everybody may read: the default.
    #[default]
    AuthPriv = 10,
    /// For local use.
    Local0 = 16,
    /// For local use.
    Local1 = 17,
    /// For local use.
    Local2 = 18,
    /// For local use.
    Local3 = 19,
    /// For local use.
    Local4 = 20,
    /// For local use.
    Local5 = 21,
    /// For local use.
    Local6 = 22,
    /// For local use.
    Local7 = 23,
}

/// Sends events to syslog: the kind as MSGID, severity, code and facts as structured data of `tywrap@32473`.
#[derive(Debug)]
pub struct SyslogSink {
    to: Destination,
    socket: Option<Socket>,
    facility: Facility,
    filter: Filter,
    host: String,
}

#[derive(Debug)]
enum Destination {
    #[cfg(unix)]
    Local(PathBuf),
    Udp(SocketAddr),
}

#[derive(Debug)]
enum Socket {
    #[cfg(unix)]
    Local(UnixDatagram),
    Udp(UdpSocket),
}

impl SyslogSink {
    /// To the daemon of this machine, at `/dev/log`.
    #[cfg(unix)]
    pub fn local() -> Self {
        Self::at("/dev/log")
    }

    /// To a daemon that listens on a datagram socket elsewhere.
    #[cfg(unix)]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self::new(Destination::Local(path.into()))
    }

    /// To a daemon over UDP, usually at port 514. Nothing says whether a datagram arrives, and anybody on the way can
    /// read it.
    pub fn udp(address: SocketAddr) -> Self {
        Self::new(Destination::Udp(address))
    }

    fn new(to: Destination) -> Self {
        Self { to, socket: None, facility: Facility::default(), filter: Filter::default(), host: host_name() }
    }

    /// Sets the facility.
    #[must_use]
    pub fn facility(mut self, facility: Facility) -> Self {
        self.facility = facility;
        self
    }

    /// Sends only what a filter takes.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sends a datagram, over a new socket if the old one does not take it: the daemon may have been started again.
    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        if let Some(socket) = &self.socket
            && socket.send(datagram).is_ok()
        {
            return Ok(());
        }
        self.socket = None;
        let socket = Socket::open(&self.to)?;
        socket.send(datagram)?;
        self.socket = Some(socket);
        Ok(())
    }
}

impl Sink for SyslogSink {
    fn name(&self) -> &'static str {
        "syslog"
    }

    fn filter(&self) -> Filter {
        self.filter
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        for (sent, event) in events.iter().enumerate() {
            let message = message(event, self.facility, &self.host, std::process::id());
            self.send(message.as_bytes()).map_err(|error| SinkError::new(error.to_string()).after(sent))?;
        }
        Ok(())
    }
}

impl Socket {
    fn open(to: &Destination) -> io::Result<Self> {
        match to {
            #[cfg(unix)]
            Destination::Local(path) => {
                let socket = UnixDatagram::unbound()?;
                socket.set_write_timeout(Some(PATIENCE))?;
                socket.connect(path)?;
                Ok(Self::Local(socket))
            }
            Destination::Udp(address) => {
                let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(any)?;
                socket.set_write_timeout(Some(PATIENCE))?;
                socket.connect(address)?;
                Ok(Self::Udp(socket))
            }
        }
    }

    fn send(&self, datagram: &[u8]) -> io::Result<()> {
        match self {
            #[cfg(unix)]
            Self::Local(socket) => socket.send(datagram).map(drop),
            Self::Udp(socket) => socket.send(datagram).map(drop),
        }
    }
}

/// One message. The texts of an event have no control characters in them, which RFC 5424 leaves to whoever writes.
fn message(event: &SecurityEvent, facility: Facility, host: &str, pid: u32) -> String {
    let priority = (facility as u8) * 8 + priority(event.severity());
    let time = humantime::format_rfc3339_micros(event.timestamp());
    let mut data = format!("[{SD_ID}");
    let severity = event.severity().to_string();
    let code = event.refusal_code().map(|code| ("code", code.as_str()));
    let facts = event.context().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in [("severity", severity.as_str())].into_iter().chain(code).chain(facts) {
        data.push_str(&format!(" {}=\"{}\"", parameter_name(name), parameter_value(value)));
    }
    data.push(']');
    // A text with anything but ASCII in it says that it is UTF-8 by the mark in front.
    let mark = if event.message().is_ascii() { "" } else { "\u{feff}" };
    let (kind, text) = (event.kind().as_str(), event.message());
    format!("<{priority}>1 {time} {host} tywrap {pid} {kind} {data} {mark}{text}")
}

/// Syslog's own number.
fn priority(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 2,
        Severity::High => 3,
        Severity::Medium => 4,
        Severity::Low => 6,
    }
}

/// 1 to 32 printable ASCII characters, of which `=`, `]`, `"` and space are none.
fn parameter_name(name: &str) -> String {
    let allowed = |character: char| character.is_ascii_graphic() && !matches!(character, '=' | ']' | '"');
    let name: String =
        name.chars().take(32).map(|character| if allowed(character) { character } else { '_' }).collect();
    if name.is_empty() { "_".to_owned() } else { name }
}

/// With a backslash in front of what would end it, and of backslashes.
fn parameter_value(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// The name of this machine, at most 255 printable ASCII characters; `-` if it has no such name.
fn host_name() -> String {
    #[cfg(unix)]
    {
        let name = rustix::system::uname();
        let name = name.nodename().to_string_lossy();
        if !name.is_empty() && name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return name.into_owned();
        }
    }
    "-".to_owned()
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::{Instant, UNIX_EPOCH};

    use proptest::prelude::*;
    use tywrap_policy::{Code, SecurityError};

    use super::*;
    use crate::security_log::{EventKind, SecurityLogger};

    const DEADLINE: Duration = Duration::from_secs(20);

    fn refusal(text: &str) -> SecurityEvent {
        let mut refusal = SecurityError::new(Code::CommandRefused, text);
        refusal.timestamp = UNIX_EPOCH;
        SecurityEvent::refusal(EventKind::CommandRefused, &refusal)
    }

    #[test]
    fn a_message_is_as_the_rfc_has_it() {
        let event = refusal("command `rm` is refused").with("command", "rm").with("a b=\"]", "x\"y\\z]");
        let text = message(&event, Facility::AuthPriv, "host", 7);
        let data = r#"[tywrap@32473 severity="high" code="command-refused" a_b___="x\"y\\z\]" command="rm"]"#;
        let head = "<83>1 1970-01-01T00:00:00.000000Z host tywrap 7 command-refused";
        assert_eq!(text, format!("{head} {data} command `rm` is refused"));
        let text = message(&refusal("naïve"), Facility::Local7, "host", 7);
        assert!(text.starts_with("<187>1 ") && text.ends_with("] \u{feff}naïve"), "{text}");
        for (severity, priority) in
            [(Severity::Low, 86), (Severity::Medium, 84), (Severity::High, 83), (Severity::Critical, 82)]
        {
            let event = SecurityEvent::new(EventKind::Lifecycle, severity, "m");
            assert!(message(&event, Facility::AuthPriv, "-", 1).starts_with(&format!("<{priority}>1 ")));
        }
    }

    /// Reads structured data by the grammar of RFC 5424, section 6.3: the parameters, and what follows.
    fn read(text: &str) -> Option<(Vec<(String, String)>, &str)> {
        let mut rest = text.strip_prefix("[tywrap@32473")?;
        let mut parameters = Vec::new();
        loop {
            if let Some(after) = rest.strip_prefix(']') {
                return Some((parameters, after));
            }
            let (name, after) = rest.strip_prefix(' ')?.split_once("=\"")?;
            let named = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'=' | b']' | b'"');
            if name.is_empty() || name.len() > 32 || !name.bytes().all(named) {
                return None;
            }
            let (mut value, mut escaped, mut end) = (String::new(), false, None);
            for (at, character) in after.char_indices() {
                match character {
                    '"' if !escaped => {
                        end = Some(at + 1);
                        break;
                    }
                    ']' if !escaped => return None,
                    '\\' if !escaped => escaped = true,
                    _ => {
                        escaped = false;
                        value.push(character);
                    }
                }
            }
            parameters.push((name.to_owned(), value));
            rest = &after[end?..];
        }
    }

    proptest! {
        #[test]
        fn whatever_the_facts_are_they_are_read_back(
            name in any::<String>(),
            value in any::<String>(),
            text in any::<String>(),
        ) {
            let event = SecurityEvent::new(EventKind::Lifecycle, Severity::Low, &text).with(&name, &value);
            let message = message(&event, Facility::User, "host", 1);
            prop_assert!(!message.chars().any(char::is_control));
            let data = message.splitn(7, ' ').last().unwrap();
            let (parameters, rest) = read(data).unwrap();
            prop_assert_eq!(parameters.len(), 2);
            prop_assert_eq!(&parameters[1].1, event.context().values().next().unwrap());
            prop_assert_eq!(rest.trim_start_matches([' ', '\u{feff}']), event.message().trim_start_matches(' '));
        }
    }

    #[test]
    fn a_daemon_receives_events_also_after_it_was_started_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let logger = SecurityLogger::in_memory();
        logger.add_sink(SyslogSink::at(&path)).unwrap();
        // Nobody listens: counted, and said.
        logger.record(refusal("lost"));
        assert!(logger.flush_sinks(DEADLINE));
        assert_eq!(logger.dropped()["syslog"], 1);
        for _ in 0..2 {
            let daemon = UnixDatagram::bind(&path).unwrap();
            daemon.set_read_timeout(Some(DEADLINE)).unwrap();
            logger.record(refusal("heard"));
            let mut bytes = [0; 4096];
            let length = daemon.recv(&mut bytes).unwrap();
            assert!(std::str::from_utf8(&bytes[..length]).unwrap().ends_with("] heard"));
            assert!(logger.flush_sinks(DEADLINE));
            drop(daemon);
            std::fs::remove_file(&path).unwrap();
        }
        assert_eq!(logger.dropped()["syslog"], 1);

        let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
        daemon.set_read_timeout(Some(DEADLINE)).unwrap();
        let logger = SecurityLogger::in_memory();
        logger.add_sink(SyslogSink::udp(daemon.local_addr().unwrap()).facility(Facility::Daemon)).unwrap();
        logger.record(refusal("over UDP"));
        let mut bytes = [0; 4096];
        let length = daemon.recv(&mut bytes).unwrap();
        let text = std::str::from_utf8(&bytes[..length]).unwrap();
        assert!(text.starts_with("<27>1 ") && text.ends_with("] over UDP"), "{text}");
    }

    #[test]
    fn a_daemon_that_does_not_read_holds_nobody_up() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        // It is there, and its buffer takes some ten datagrams.
        let _daemon = UnixDatagram::bind(&path).unwrap();
        let logger = SecurityLogger::in_memory();
        logger.add_sink(SyslogSink::at(&path)).unwrap();
        let began = Instant::now();
        for _ in 0..3000 {
            logger.record(refusal("unread"));
        }
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        assert!(!logger.flush_sinks(Duration::from_millis(1)));
        // All of them wait: there is room for that many denials.
        assert_eq!(logger.dropped()["syslog"], 0);
    }
}
