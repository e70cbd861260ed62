//! A request that is not answered as it wished.

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::Response;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::StatusCode;
use tywrap_policy::Code;

use super::stream::Answer;
use crate::host::{CallError, CallErrorKind};
use crate::security_log::EventKind;

/// Why, as the client is told and as the security log is.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) kind: CallErrorKind,
    pub(super) code: Code,
    pub(super) message: String,
    /// What it is in the log; nothing if it is no matter of security, or if somebody else records it.
    pub(super) event: Option<EventKind>,
    /// What the status needs beside it.
    pub(super) header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// A peer that is turned away.
    pub(super) fn peer(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        let event = Some(EventKind::PeerRefused);
        Self { status, kind: CallErrorKind::Policy, code, message: message.into(), event, header: None }
    }

    /// A request that does not keep to the protocol.
    pub(super) fn protocol(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        let event = Some(EventKind::ProtocolViolation);
        Self { status, kind: CallErrorKind::Protocol, code, message: message.into(), event, header: None }
    }

    /// The same, as it happens to clients that do nothing wrong, or where the engine is the one that records it.
    pub(super) fn unrecorded(mut self) -> Self {
        self.event = None;
        self
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// What the client is told: the value of an `ERROR` frame, as JSON. The connection is closed, since its body may
    /// not have been read.
    pub(super) fn response(&self) -> Response<Answer> {
        let mut text = Vec::new();
        CallError::new(self.kind, self.code, self.message.as_str()).write(&mut text);
        let mut response = Response::new(Either::Left(Full::new(Bytes::from(text))));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        if let Some((name, value)) = &self.header {
            headers.insert(name, value.clone());
        }
        response
    }
}
