//! A client of another process's host: what TypeScript does over the wire, from Rust.

mod greeting;
mod requests;
mod writer;

use std::fmt;
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tywrap_policy::{Code, Diagnostic};

use crate::grants::Module;
use crate::host::{self, Args, CallError, CallErrorKind, HostError};
use crate::value::{Handle, Value};
use crate::wire::{Header, Kind};

use greeting::{Greeting, greet};
use requests::{Requests, read_answers};
use writer::{Arguments, NotSent, Writer};

/// Calls Python through a host that another process of the same user serves at a Unix socket, with the same arguments, results and
/// errors as [`Host`](crate::Host). Any number of threads may call at the same time; each waits for its own answer.
///
/// The wrapped modules must be those that the host was built with: each is opened by the digest of its grants when it is first called.
/// Dropping this closes the connection, and lets go of every object that came by it.
pub struct Client {
    stream: UnixStream,
    greeting: Greeting,
    writer: Writer,
    requests: Arc<Requests>,
    reader: Option<JoinHandle<()>>,
    timeout: Option<Duration>,
}

impl Client {
    /// Connects to the host at this path, which must be served by a process of the same user.
    ///
    /// # Errors
    /// That nobody serves there, that it is another user, that what serves there does not answer within 10 seconds, or that it speaks
    /// another version of the wire.
    pub fn connect(path: impl AsRef<Path>) -> Result<Self, HostError> {
        let path = path.as_ref();
        let stream = UnixStream::connect(path).map_err(|error| failed(path, &error.to_string()))?;
        host::host_is_this_user(stream.as_fd()).map_err(|message| failed(path, &message))?;
        let (greeting, decoder) = greet(&stream).map_err(|error| refused(path, &error))?;
        let writer = stream.try_clone().and_then(Writer::new).map_err(|error| failed(path, &error.to_string()))?;
        let input = stream.try_clone().map_err(|error| failed(path, &error.to_string()))?;
        let requests = Arc::new(Requests::new(greeting.queue, greeting.frame as usize));
        let limits = greeting.limits();
        let reader = std::thread::Builder::new()
            .name("tywrap-client".to_owned())
            // Values are read by recursion, as in the host.
            .stack_size((2 << 20) + limits.depth * (64 << 10))
            .spawn({
                let requests = Arc::clone(&requests);
                move || read_answers(&input, decoder, limits, &requests)
            })
            .map_err(|error| HostError::system("starting the client's thread", &error))?;
        Ok(Self { stream, greeting, writer, requests, reader: Some(reader), timeout: None })
    }

    /// Gives up a call after this time; the host is then told to cancel it. Without this a call takes as long as the host lets it, which is
    /// `subprocess.timeout` of its policy and the time that it waits for others. What has begun to be sent is sent to its end, as nothing
    /// could follow half of it; a host that reads nothing for 30 seconds ends the connection.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Calls Python: `path` is the name below the module, such as `sqrt` or `linalg.norm`. The arguments are checked against the grants
    /// here, and by the host once more. Objects among them must have come by this client.
    ///
    /// # Errors
    /// Why there is no result.
    pub fn call(
        &self,
        module: &'static Module,
        path: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
    ) -> Result<Value, CallError> {
        // What is checked is changed on the way. The host does that again, so it gets the arguments as they are.
        let (callable, _) =
            host::prepare(module, path, args.clone(), kwargs.clone(), judge).map_err(|(_, error)| error)?;
        let arguments = Arguments::new(&args, &kwargs);
        let due = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let (request, answer) = self.requests.open(arguments.len(), due)?;
        self.release_lost();
        let header = Header::new(Kind::Call).request(request).callable(callable);
        let sent = self.writer.call(module, header, arguments, self.greeting.frame);
        if let Err(error) = sent {
            self.requests.close(request);
            return Err(self.broken(error));
        }
        let waited = match due {
            Some(due) => answer.recv_timeout(due.saturating_duration_since(Instant::now())),
            None => answer.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match waited {
            Ok(reply) => reply,
            Err(RecvTimeoutError::Disconnected) => Err(self.requests.failure()),
            Err(RecvTimeoutError::Timeout) => {
                if self.requests.abandon(request) {
                    // If it cannot be told, it is gone.
                    let _ = self.writer.send(Header::new(Kind::Cancel).request(request), &Value::None);
                    return Err(timed_out());
                }
                // The answer came at the last moment.
                answer.try_recv().unwrap_or_else(|_| Err(timed_out()))
            }
        }
    }

    /// As [`Client::call`], with arguments and a result of Rust's own types: `client.call_as::<f64>(&math::MODULE, "sqrt", (2,))`.
    ///
    /// # Errors
    /// Why there is no result, or that it is of another type.
    pub fn call_as<T>(&self, module: &'static Module, path: &str, args: impl Into<Args>) -> Result<T, CallError>
    where
        T: TryFrom<Value, Error: fmt::Display>,
    {
        let Args { positional, keywords } = args.into();
        host::result_as(module, path, self.call(module, path, positional, keywords)?)
    }

    /// Lets go of objects that results named. Without this they live as long as the connection, or their worker.
    pub fn release(&self, handles: impl IntoIterator<Item = Handle>) {
        self.release_all(handles.into_iter().map(|handle| handle.id.into()).collect());
    }

    /// Lets go of the objects of answers that came when nobody waited for them any more.
    fn release_lost(&self) {
        self.release_all(self.requests.take_lost());
    }

    fn release_all(&self, ids: Vec<Value>) {
        if !ids.is_empty() {
            // If the host has gone, so have the objects.
            let _ = self.writer.send(Header::new(Kind::Release), &Value::List(ids));
        }
    }

    /// What ended the connection, after which nothing can be sent. A call that was not sent as a whole leaves the host with a part of
    /// a frame, so no other may follow it.
    fn broken(&self, error: NotSent) -> CallError {
        match error {
            NotSent::Refused(error) => error,
            NotSent::Broken(error) => {
                let _ = self.stream.shutdown(Shutdown::Both);
                self.requests.fail(error)
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // One that is closed already is as good.
        let _ = self.stream.shutdown(Shutdown::Both);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("greeting", &self.greeting)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Whether a value is one that this client can send.
fn judge(value: &Value) -> Result<(), String> {
    if value.any(&|value| matches!(value, Value::Column(_))) {
        return Err("a column of a table came by itself; pass it in a `DataFrame` or a `Series`".to_owned());
    }
    if value.has_callback() {
        return Err("a function cannot be passed from Rust".to_owned());
    }
    if value.any(&|value| matches!(value, Value::Named(..))) {
        return Err("a named tuple is passed as a tuple of its fields".to_owned());
    }
    Ok(())
}

fn timed_out() -> CallError {
    CallError::new(CallErrorKind::Timeout, Code::Timeout, "the host did not answer within the client's timeout")
}

fn failed(path: &Path, what: &str) -> HostError {
    let message = format!("the host at `{}` cannot be reached: {what}", path.display());
    Diagnostic::error(Code::SocketUnusable, message).help("start it, or name the socket that it serves at").into()
}

fn refused(path: &Path, error: &CallError) -> HostError {
    let code = if error.code() == Code::WireVersion.as_str() { Code::WireVersion } else { Code::SocketUnusable };
    let message = format!("the host at `{}` cannot be used: {}", path.display(), error.message());
    Diagnostic::error(code, message).into()
}
