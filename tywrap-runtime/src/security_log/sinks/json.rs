//! An event as one line of JSON, the same for every sink that writes JSON.

use serde_json::{Map, Value};

use crate::security_log::SecurityEvent;

impl SecurityEvent {
    /// The event as a JSON object in one line, without a line break: `time` (RFC 3339, UTC), `kind`, `owasp`
    /// ([`EventKind::owasp`](crate::EventKind::owasp)), `severity`, `code` where it has one, `message` and `context`.
    pub fn to_json(&self) -> String {
        value(self).to_string()
    }
}

pub(super) fn value(event: &SecurityEvent) -> Value {
    let mut object = Map::new();
    object.insert("time".into(), humantime::format_rfc3339_micros(event.timestamp()).to_string().into());
    object.insert("kind".into(), event.kind().as_str().into());
    object.insert("owasp".into(), event.kind().owasp().into());
    object.insert("severity".into(), event.severity().to_string().into());
    if let Some(code) = event.refusal_code() {
        object.insert("code".into(), code.as_str().into());
    }
    object.insert("message".into(), event.message().into());
    object.insert("context".into(), context(event));
    Value::Object(object)
}

pub(super) fn context(event: &SecurityEvent) -> Value {
    Value::Object(event.context().iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect())
}
