//! What Python prints: lines for whoever runs the host, bounded in length and in number.

use std::time::{Duration, Instant};

/// Longest line that is passed on whole, in bytes.
const LINE: usize = 8 * 1024;

/// Bytes passed on in one [`WINDOW`]; what a worker prints beyond that is counted only.
const BUDGET: usize = 1024 * 1024;
const WINDOW: Duration = Duration::from_secs(10);

/// Bytes kept of the end of standard error, for the message when a worker dies.
const TAIL: usize = 2 * 1024;

/// A line that Python printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PythonOutput<'a> {
    /// Process id of the worker.
    pub worker: u32,
    /// Where it was printed.
    pub stream: PrintStream,
    /// The line, as it was printed: it may have control characters in it.
    pub text: &'a str,
}

/// Where Python prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PrintStream {
    /// `sys.stdout`.
    Stdout,
    /// `sys.stderr`, and what libraries write to either descriptor themselves.
    Stderr,
}

impl PrintStream {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }

    pub(super) fn new(name: &str) -> Option<Self> {
        [Self::Stdout, Self::Stderr].into_iter().find(|stream| stream.as_str() == name)
    }
}

/// The output of one worker.
#[derive(Debug)]
pub(super) struct Output {
    /// Of standard error: what has come of a line that has no end yet.
    partial: Vec<u8>,
    tail: String,
    window: Instant,
    used: usize,
    dropped: usize,
}

impl Output {
    pub(super) fn new(now: Instant) -> Self {
        Self { partial: Vec::new(), tail: String::new(), window: now, used: 0, dropped: 0 }
    }

    /// The last lines of standard error.
    pub(super) fn tail(&self) -> &str {
        self.tail.trim_end()
    }

    /// Takes bytes of standard error; `emit` gets every line that is complete.
    pub(super) fn stderr(&mut self, bytes: &[u8], now: Instant, emit: &mut impl FnMut(PrintStream, &str)) {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.partial.extend_from_slice(part);
            if part.ends_with(b"\n") || self.partial.len() >= LINE {
                self.end_line(now, emit);
            }
        }
    }

    /// Emits what is left of standard error, when there will be no more.
    pub(super) fn finish(&mut self, now: Instant, emit: &mut impl FnMut(PrintStream, &str)) {
        if !self.partial.is_empty() {
            self.end_line(now, emit);
        }
        self.report_dropped(emit);
    }

    /// Emits the lines of a text, as far as the budget goes.
    pub(super) fn print(
        &mut self,
        stream: PrintStream,
        text: &str,
        now: Instant,
        emit: &mut impl FnMut(PrintStream, &str),
    ) {
        if now.duration_since(self.window) >= WINDOW {
            self.report_dropped(emit);
            (self.window, self.used) = (now, 0);
        }
        for line in text.split('\n') {
            if self.used >= BUDGET {
                self.dropped += line.len();
                continue;
            }
            let cut = line.floor_char_boundary(LINE);
            self.used += cut + 1;
            self.dropped += line.len() - cut;
            emit(stream, &line[..cut]);
        }
    }

    fn end_line(&mut self, now: Instant, emit: &mut impl FnMut(PrintStream, &str)) {
        let bytes = std::mem::take(&mut self.partial);
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        self.tail.push_str(line);
        self.tail.push('\n');
        let surplus = self.tail.ceil_char_boundary(self.tail.len().saturating_sub(TAIL));
        self.tail.drain(..surplus);
        self.print(PrintStream::Stderr, line, now, emit);
    }

    fn report_dropped(&mut self, emit: &mut impl FnMut(PrintStream, &str)) {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            emit(PrintStream::Stderr, &format!("… {dropped} more bytes were printed and left out"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together_cut_and_counted() {
        let start = Instant::now();
        let mut output = Output::new(start);
        let mut lines = Vec::new();
        let mut emit = |stream: PrintStream, line: &str| lines.push((stream, line.to_owned()));
        output.stderr(b"one\ntw", start, &mut emit);
        output.stderr(b"o\r\n\xff\n", start, &mut emit);
        output.print(PrintStream::Stdout, "a\nb", start, &mut emit);
        output.stderr(&[b'x'; 3 * LINE], start, &mut emit);
        for _ in 0..2 * BUDGET / LINE {
            output.print(PrintStream::Stdout, &"y".repeat(LINE), start, &mut emit);
        }
        let flood = lines.len();
        let mut emit = |stream: PrintStream, line: &str| lines.push((stream, line.to_owned()));
        output.print(PrintStream::Stdout, "later", start + WINDOW, &mut emit);
        output.finish(start + WINDOW, &mut emit);
        let text: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
        assert_eq!(text[..5], ["one", "two", "\u{fffd}", "a", "b"]);
        assert!(flood < 140, "{flood}");
        assert!(text[flood].starts_with("… ") && text[flood].ends_with("left out"), "{}", text[flood]);
        assert_eq!(text[flood + 1], "later");
        assert!(output.tail().len() <= TAIL && output.tail().ends_with('x'));
    }
}
