//! The calls of clients' functions that a worker waits for.

/// Most that may be open: far more than calls are sent ahead, far less than would take memory.
const MOST: usize = 1024;

/// What a worker has asked, and nobody has answered.
#[derive(Debug, Default)]
pub(super) struct Asked {
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    /// The worker's own number of the call.
    request: u32,
    /// Whether it does nothing else meanwhile but what the same client asks.
    waits: bool,
    /// Whose function it is, once the host knows.
    client: Option<u32>,
}

impl Asked {
    /// Notes a call; an error is a breach of the wire.
    pub(super) fn open(&mut self, request: u32, waits: bool) -> Result<(), String> {
        if request == 0 || self.open.iter().any(|open| open.request == request) {
            return Err(format!("request {request} of a function is 0, or open already"));
        }
        if self.open.len() == MOST {
            return Err(format!("it waits for {MOST} functions at a time"));
        }
        self.open.push(Open { request, waits, client: None });
        Ok(())
    }

    /// Says whose function is called.
    pub(super) fn goes_to(&mut self, request: u32, client: u32) {
        if let Some(open) = self.open.iter_mut().find(|open| open.request == request) {
            open.client = Some(client);
        }
    }

    /// Forgets a call. Whether it was open.
    pub(super) fn close(&mut self, request: u32) -> bool {
        let at = self.open.iter().position(|open| open.request == request);
        at.map(|at| self.open.swap_remove(at)).is_some()
    }

    /// Whether the worker does nothing else now but what one client asks.
    pub(super) fn waits(&self) -> bool {
        self.open.iter().any(|open| open.waits)
    }

    /// Whether that client is this one.
    pub(super) fn waits_for(&self, client: u32) -> bool {
        self.open.iter().any(|open| open.waits && open.client == Some(client))
    }
}
