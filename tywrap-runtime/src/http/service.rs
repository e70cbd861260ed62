//! What the front does with a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, CACHE_CONTROL,
    CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN, TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::StatusCode;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use tywrap_policy::Code;

use super::boundaries::Boundaries;
use super::front::Limits;
use super::guard::{Guard, only};
use super::refusal::Refusal;
use super::session::{SEQUENCE, Session, SessionId, Sessions};
use super::stream::{Answer, Frames};
use crate::host::{Gate, Shared};
use crate::security_log::{EventKind, SecurityEvent};

/// What a body of frames says it is.
const FRAMES: HeaderValue = HeaderValue::from_static("application/vnd.tywrap.frames");

/// The name of a connection that was made.
const CONNECTION: HeaderName = HeaderName::from_static("tywrap-connection");

/// Most bytes of a body.
const MAX_BODY: HeaderName = HeaderName::from_static("tywrap-max-body");

/// Asks nginx, and others that know it, to pass a response on while it comes.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What pages may read of a response.
const EXPOSED: HeaderValue = HeaderValue::from_static("tywrap-connection, tywrap-max-body, tywrap-sequence");

/// Most bytes of the body that makes a connection. Nobody reads the answers before the response has begun, so it must
/// fit into the socket to the engine, where the kernel keeps at least twice as much.
const FIRST: u64 = 64 * 1024;

/// How long the engine may take to say how it is.
const HEALTH: Duration = Duration::from_secs(1);

/// Answers requests.
pub(super) struct Service {
    shared: Arc<Shared>,
    gate: Gate,
    guard: Guard,
    sessions: Arc<Sessions>,
    limits: Limits,
}

/// What a request wants.
enum Route {
    Health,
    #[cfg(feature = "metrics")]
    Metrics,
    Open,
    Send(Option<SessionId>),
    End(Option<SessionId>),
}

impl Service {
    pub(super) fn new(shared: Arc<Shared>, gate: Gate, guard: Guard, limits: Limits) -> Self {
        let sessions = Arc::new(Sessions::new(limits.clients));
        Self { shared, gate, guard, sessions, limits }
    }

    /// Records what concerns security, with the address of the peer if it has one.
    pub(super) fn record(&self, kind: EventKind, code: Code, message: &str, peer: Option<SocketAddr>) {
        let event = SecurityEvent::new(kind, code.severity(), message).code(code);
        self.shared.record_event(match peer {
            Some(peer) => event.with("peer", &peer.to_string()),
            None => event,
        });
    }

    pub(super) async fn answer(&self, request: Request<Incoming>, peer: Option<SocketAddr>) -> Response<Answer> {
        let (head, body) = request.into_parts();
        let admitted = self.guard.origin(&head);
        let origin = admitted.as_ref().ok().cloned().flatten();
        let answered = match admitted {
            Ok(origin) => self.admit(&head, body, origin).await,
            Err(refusal) => Err(refusal),
        };
        let mut response = answered.unwrap_or_else(|refusal| {
            if let Some(kind) = refusal.event {
                self.record(kind, refusal.code, &refusal.message, peer);
            }
            refusal.response()
        });
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        response
    }

    /// Answers a request that does not come from a page that may not ask.
    async fn admit(
        &self,
        head: &Parts,
        body: Incoming,
        origin: Option<HeaderValue>,
    ) -> Result<Response<Answer>, Refusal> {
        // With the length said beforehand, and in one way, no two readers disagree on where a request ends.
        if head.headers.contains_key(TRANSFER_ENCODING) {
            let message = "a request has a `Transfer-Encoding`; say the `Content-Length` of its body instead";
            return Err(misuse(StatusCode::LENGTH_REQUIRED, message));
        }
        if head.method == Method::OPTIONS {
            return preflight(head);
        }
        let route = Route::of(head);
        // How the host is, anybody may ask; whether anything else is there, only who has the token.
        if !matches!(route, Ok(Route::Health)) {
            self.guard.check_token(head)?;
        }
        match route? {
            Route::Health => Ok(self.health().await),
            #[cfg(feature = "metrics")]
            Route::Metrics => Ok(self.metrics().await),
            Route::Open => self.open(head, body, origin).await,
            Route::Send(id) => self.send(head, body, &*self.sessions.find(id, origin.as_ref())?).await,
            Route::End(id) => {
                self.sessions.end(&*self.sessions.find(id, origin.as_ref())?);
                Ok(empty(StatusCode::NO_CONTENT))
            }
        }
    }

    async fn health(&self) -> Response<Answer> {
        match tokio::time::timeout(HEALTH, self.gate.stats()).await {
            Ok(Some(_)) => {
                let mut response = Response::new(Either::Left(Full::from("ok")));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
                response
            }
            Ok(None) | Err(_) => empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// What the host counts. It names the modules that are registered, so it is asked for with the token.
    #[cfg(feature = "metrics")]
    async fn metrics(&self) -> Response<Answer> {
        let stats = tokio::time::timeout(HEALTH, self.gate.stats()).await.ok().flatten();
        let text = stats.and_then(|stats| self.shared.metrics.text(stats, self.shared.logger.dropped()).ok());
        let Some(text) = text else { return empty(StatusCode::SERVICE_UNAVAILABLE) };
        let mut response = Response::new(Either::Left(Full::from(text)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"));
        response
    }

    /// Makes a connection, and begins the response that carries its answers.
    async fn open(
        &self,
        head: &Parts,
        body: Incoming,
        origin: Option<HeaderValue>,
    ) -> Result<Response<Answer>, Refusal> {
        check_body(head, &body, FIRST.min(self.max_body()))?;
        let mut first = Vec::new();
        let mut boundaries = Boundaries::default();
        let mut body = body;
        while let Some(bytes) = self.next(&mut body).await? {
            boundaries.follow(&bytes);
            first.extend_from_slice(&bytes);
        }
        if first.is_empty() || !boundaries.are_whole() {
            return Err(truncated());
        }
        let session = self.sessions.begin(&self.gate, origin).await?;
        // From here on the session ends with the stream.
        let frames = Frames::new(Arc::clone(&session), Arc::clone(&self.sessions), self.limits.heartbeat);
        session.write(&first).await?;
        let mut response = Response::new(Either::Right(frames));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, FRAMES);
        headers.insert(CONNECTION, value(session.id.to_text()));
        headers.insert(MAX_BODY, HeaderValue::from(self.max_body()));
        headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
        Ok(response)
    }

    /// Passes a body on to the engine.
    async fn send(&self, head: &Parts, mut body: Incoming, session: &Session) -> Result<Response<Answer>, Refusal> {
        check_body(head, &body, self.max_body())?;
        let number = only(&head.headers, &SEQUENCE)?.and_then(|number| number.to_str().ok()?.parse().ok());
        let Some(number) = number else {
            let message = format!("a request to a connection says no `{SEQUENCE}`; the first is 1");
            return Err(misuse(StatusCode::BAD_REQUEST, &message));
        };
        let turn = session.take_turn(number)?;
        let mut boundaries = Boundaries::default();
        while let Some(bytes) = self.next(&mut body).await? {
            boundaries.follow(&bytes);
            session.write(&bytes).await?;
        }
        if !boundaries.are_whole() {
            // The engine gets the end of the stream in the middle of a frame, and records that.
            return Err(truncated().unrecorded());
        }
        turn.pass_on();
        Ok(empty(StatusCode::NO_CONTENT))
    }

    /// The next bytes of a body; nothing when it is whole.
    async fn next(&self, body: &mut Incoming) -> Result<Option<Bytes>, Refusal> {
        loop {
            match tokio::time::timeout(self.limits.stall_timeout, body.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => {
                    // There are no trailers where the length is known.
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                // Nobody is there to be told.
                Ok(Some(Err(_))) => return Err(truncated().unrecorded()),
                Err(_) => {
                    let message = format!("nothing came of a body for {} seconds", self.limits.stall_timeout.as_secs());
                    return Err(Refusal::peer(StatusCode::REQUEST_TIMEOUT, Code::HttpLimit, message));
                }
            }
        }
    }

    /// Most bytes of a body: one frame of the largest size.
    fn max_body(&self) -> u64 {
        u64::from(self.shared.settings.frame) + 4
    }
}

impl Route {
    fn of(head: &Parts) -> Result<Self, Refusal> {
        let path = head.uri.path();
        let id = path.strip_prefix("/v1/connections/");
        let (allowed, route) = match (path, id) {
            ("/healthz", _) => ("GET", (head.method == Method::GET).then_some(Self::Health)),
            #[cfg(feature = "metrics")]
            ("/metrics", _) => ("GET", (head.method == Method::GET).then_some(Self::Metrics)),
            ("/v1/connections", _) => ("POST", (head.method == Method::POST).then_some(Self::Open)),
            (_, Some(id)) => {
                let route = match head.method {
                    Method::POST => Some(Self::Send(SessionId::parse(id))),
                    Method::DELETE => Some(Self::End(SessionId::parse(id))),
                    _ => None,
                };
                ("POST, DELETE", route)
            }
            _ => return Err(misuse(StatusCode::NOT_FOUND, "there is nothing of this path").unrecorded()),
        };
        route.ok_or_else(|| {
            let message = format!("what is there answers to {allowed}");
            misuse(StatusCode::METHOD_NOT_ALLOWED, &message).unrecorded().with(ALLOW, HeaderValue::from_static(allowed))
        })
    }
}

/// Answers the question of a browser whether a page may ask; that its origin is allowed has been checked.
fn preflight(head: &Parts) -> Result<Response<Answer>, Refusal> {
    if !head.headers.contains_key(ORIGIN) || !head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return Err(
            misuse(StatusCode::METHOD_NOT_ALLOWED, "`OPTIONS` is for browsers that ask about a page").unrecorded()
        );
    }
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
    headers
        .insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type, tywrap-sequence"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    Ok(response)
}

/// Whether a body is one of frames, and not too large, by what the head says of it.
fn check_body(head: &Parts, body: &Incoming, most: u64) -> Result<(), Refusal> {
    // A form of a web page cannot say this type, so that pages have to ask first.
    if only(&head.headers, &CONTENT_TYPE)? != Some(&FRAMES) {
        let message = "a body of frames has the `Content-Type` `application/vnd.tywrap.frames`";
        return Err(misuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    if !head.headers.contains_key(CONTENT_LENGTH) {
        return Err(misuse(StatusCode::LENGTH_REQUIRED, "a request says no `Content-Length`"));
    }
    match body.size_hint().exact() {
        Some(length) if length <= most => Ok(()),
        length => {
            let length = length.map_or_else(|| "unknown".to_owned(), |length| length.to_string());
            let message = format!("a body has {length} bytes, and at most {most} are taken; send it in several");
            Err(Refusal::protocol(StatusCode::PAYLOAD_TOO_LARGE, Code::FrameTooLarge, message))
        }
    }
}

fn truncated() -> Refusal {
    let message = "a body is no whole frames: it has none, or ends within one";
    Refusal::protocol(StatusCode::BAD_REQUEST, Code::FrameMalformed, message)
}

fn misuse(status: StatusCode, message: &str) -> Refusal {
    Refusal::protocol(status, Code::HttpRequestRefused, message)
}

fn empty(status: StatusCode) -> Response<Answer> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

/// Of text that is one of a header's by how it was made.
fn value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
