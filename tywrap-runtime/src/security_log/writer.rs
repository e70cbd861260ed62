//! The thread that owns the audit file.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tywrap_policy::Severity;

use super::audit::AuditFile;
use super::event::{EventKind, SecurityEvent};
use super::memory::Memory;
use super::queue::{Queue, Taken};

/// Events written at once.
const BATCH: usize = 256;

/// Ends, with everything written, when this is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(file: AuditFile, memory: Arc<Memory>) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let thread = std::thread::Builder::new().name("tywrap-audit".to_owned()).spawn({
            let queue = Arc::clone(&queue);
            let file = file.measuring(Arc::clone(&memory));
            move || Writing { file, queue: Ended(queue), memory, reported: 0, is_failing: false }.run()
        })?;
        Ok(Self { queue, thread: Some(thread) })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The thread ends once it has written what is in the queue.
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // The thread does not panic; if it did, there would be nothing left to do about it here.
            let _ = thread.join();
        }
    }
}

/// Nobody waits for a thread that has ended, however that came about.
struct Ended(Arc<Queue>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.close();
        self.0.settle(u64::MAX, true);
    }
}

struct Writing {
    file: AuditFile,
    queue: Ended,
    memory: Arc<Memory>,
    /// How many lost events the file says.
    reported: u64,
    is_failing: bool,
}

impl Writing {
    fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        self.keep_own();
        loop {
            match self.queue.0.take(&mut batch, BATCH, self.file.next_tick()) {
                Taken::Batch(last) => {
                    let has_denials = batch.iter().any(|event| event.is_denial());
                    self.write(&mut batch, has_denials);
                    self.queue.0.settle(last, has_denials);
                }
                Taken::Nothing => {
                    let ticked = self.file.tick();
                    self.fails(ticked.err());
                }
                Taken::End => break,
            }
            batch.clear();
            self.keep_own();
        }
        let Self { file, memory, .. } = self;
        // Whoever looks at the log afterwards sees it in memory; there is no file to write it to, and the sinks have ended.
        if let Err(error) = file.close() {
            memory.keep(Arc::new(failure(&error)));
        }
    }

    /// Keeps in memory what is in the file already, or cannot be, and offers it to the sinks.
    fn tell(&self, event: Arc<SecurityEvent>) {
        let reports = self.memory.sinks.send(&event);
        self.memory.keep(event);
        for report in reports.into_iter().map(Arc::new) {
            self.queue.0.push(Arc::clone(&report));
            self.memory.keep(report);
        }
    }

    fn write(&mut self, batch: &mut Vec<Arc<SecurityEvent>>, sync: bool) {
        let events = batch.len() as u64;
        let all = self.queue.0.lost();
        if all > self.reported {
            let count = all - self.reported;
            let message = format!("{count} events were not written, because the queue was full or the disk refused");
            let event = SecurityEvent::new(EventKind::LogDamaged, Severity::High, &message);
            batch.push(Arc::new(event.with("lost", &count.to_string())));
        }
        match self.file.append(batch, sync) {
            Ok(()) => {
                if let Some(event) = batch.get(events as usize) {
                    self.tell(Arc::clone(event));
                }
                self.reported = self.reported.max(all);
                self.fails(None);
            }
            Err(error) => {
                self.queue.0.lose(events);
                self.fails(Some(error));
            }
        }
    }

    /// Says once that the disk refuses, in memory, since the file cannot.
    fn fails(&mut self, error: Option<io::Error>) {
        let was = std::mem::replace(&mut self.is_failing, error.is_some());
        if let Some(error) = error.filter(|_| !was) {
            self.tell(Arc::new(failure(&error)));
        }
    }

    /// Keeps in memory what the file has said of itself.
    fn keep_own(&mut self) {
        for event in self.file.take_own() {
            self.tell(event);
        }
    }
}

fn failure(error: &io::Error) -> SecurityEvent {
    let message = format!("the audit file cannot be written: {error}; until it can, events are in memory only");
    SecurityEvent::new(EventKind::LogDamaged, Severity::High, &message)
}
