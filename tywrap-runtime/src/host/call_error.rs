//! Why a call has no result.

use std::fmt;

use tywrap_policy::Code;

use crate::arguments::CallRefused;
use crate::value::{self, Buffer, Limits, ReadError, Value};

/// Why a call has no result. The same as an `ERROR` frame carries to TypeScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    kind: CallErrorKind,
    code: String,
    message: String,
    python: Option<Box<PythonError>>,
}

/// What sort of failure it was; TypeScript has a class for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// Nothing was granted that could be called.
    Policy,
    /// The arguments do not fit, or are not values.
    Validation,
    /// It took longer than `subprocess.timeout`.
    Timeout,
    /// The worker that ran it, or was about to, has ended.
    WorkerCrashed,
    /// A side did not speak the wire.
    Protocol,
    /// Python raised an exception.
    Python,
    /// The result can't be sent.
    Unsupported,
    /// The caller took it back.
    Cancelled,
    /// A function of the client's failed that Python called. It answers that call, and no client's.
    Callback,
}

/// An exception that Python raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonError {
    /// Qualified name of its class; without a module for built-in ones.
    pub type_name: String,
    /// Python's own traceback, without the worker's frames.
    pub traceback: String,
}

impl CallErrorKind {
    /// Every kind that a call is answered with, in order.
    pub(crate) const ALL: [Self; 8] = [
        Self::Policy,
        Self::Validation,
        Self::Timeout,
        Self::WorkerCrashed,
        Self::Protocol,
        Self::Python,
        Self::Unsupported,
        Self::Cancelled,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Validation => "validation",
            Self::Timeout => "timeout",
            Self::WorkerCrashed => "worker-crashed",
            Self::Protocol => "protocol",
            Self::Python => "python",
            Self::Unsupported => "unsupported",
            Self::Cancelled => "cancelled",
            Self::Callback => "callback",
        }
    }
}

impl CallError {
    pub(crate) fn new(kind: CallErrorKind, code: Code, message: impl Into<String>) -> Self {
        Self { kind, code: code.as_str().to_owned(), message: message.into(), python: None }
    }

    /// A value that broke the rules of reading.
    pub(crate) fn value(error: &ReadError) -> Self {
        Self::new(CallErrorKind::Validation, error.code(), error.to_string())
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(CallErrorKind::Cancelled, Code::Cancelled, "the call was cancelled")
    }

    /// What sort of failure it was.
    pub fn kind(&self) -> CallErrorKind {
        self.kind
    }

    /// Stable kebab-case code: one of [`Code`].
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What went wrong; for an exception, its own text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The exception, if Python raised one.
    pub fn python(&self) -> Option<&PythonError> {
        self.python.as_deref()
    }

    /// Appends the value of an `ERROR` frame.
    pub(crate) fn write(&self, text: &mut Vec<u8>) {
        let mut fields: Vec<(Value, Value)> = vec![
            ("kind".into(), self.kind.as_str().into()),
            ("code".into(), self.code.as_str().into()),
            ("message".into(), self.message.as_str().into()),
        ];
        if let Some(python) = &self.python {
            fields.push(("type".into(), python.type_name.as_str().into()));
            fields.push(("traceback".into(), python.traceback.as_str().into()));
        }
        value::write(&Value::Dict(fields), text, &mut Vec::new());
    }

    /// Reads the value of an `ERROR` frame that answers a call; nothing if it is not as it must be.
    pub(crate) fn read(text: &[u8], tagged: bool, buffers: Vec<Buffer>, limits: Limits) -> Option<Self> {
        Self::read_one_of(&CallErrorKind::ALL, text, tagged, buffers, limits)
    }

    /// Reads that of one which answers the call of a function.
    pub(crate) fn read_callback(text: &[u8], tagged: bool, buffers: Vec<Buffer>, limits: Limits) -> Option<Self> {
        Self::read_one_of(&[CallErrorKind::Callback], text, tagged, buffers, limits)
    }

    fn read_one_of(
        kinds: &[CallErrorKind],
        text: &[u8],
        tagged: bool,
        buffers: Vec<Buffer>,
        limits: Limits,
    ) -> Option<Self> {
        let Value::Dict(fields) = value::read(text, tagged, buffers, limits).ok()?.value else { return None };
        let (mut kind, mut code, mut message, mut type_name, mut traceback) = (None, None, None, None, None);
        for (key, field) in fields {
            let (Value::Str(key), Value::Str(field)) = (key, field) else { return None };
            let target = match key.as_str() {
                "kind" => &mut kind,
                "code" => &mut code,
                "message" => &mut message,
                "type" => &mut type_name,
                "traceback" => &mut traceback,
                _ => return None,
            };
            *target = Some(field);
        }
        let kind = kind?;
        let kind = *kinds.iter().find(|known| known.as_str() == kind)?;
        let python = match (kind, type_name) {
            (CallErrorKind::Python, Some(type_name)) => {
                Some(Box::new(PythonError { type_name, traceback: traceback.unwrap_or_default() }))
            }
            _ => None,
        };
        Some(Self { kind, code: code?, message: message?, python })
    }
}

impl From<CallRefused> for CallError {
    fn from(refused: CallRefused) -> Self {
        let kind = match refused.code {
            Code::CallUnknown => CallErrorKind::Policy,
            _ => CallErrorKind::Validation,
        };
        Self::new(kind, refused.code, refused.message)
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.python {
            Some(python) if self.message.is_empty() => write!(f, "{}", python.type_name),
            Some(python) => write!(f, "{}: {}", python.type_name, self.message),
            None => write!(f, "{} [{}]", self.message, self.code),
        }
    }
}

impl std::error::Error for CallError {}
