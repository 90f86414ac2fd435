//! Frames as text, both ways, for `--trace`.
//!
//! The trace reads the octets of a connection with a decoder of its own for each direction, so that it
//! shows what was said on the wire and not what the server made of it.

mod direction;
mod payload;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use eyas_server::{EndReason, Observer};

use crate::trace::direction::Direction;

/// Prints the frames of one connection to standard error.
pub(crate) struct Trace {
    connection: u64,
    began: Instant,
    received: Direction,
    sent: Direction,
    /// What is printed with the next write; empty between calls.
    text: String,
}

/// What stands before each frame: when it passed, on which connection, and which way.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    /// Since the connection began.
    time: Duration,
    connection: u64,
    arrow: &'static str,
}

impl Trace {
    /// The trace of the connection with this number, which begins now.
    pub(crate) fn new(connection: u64) -> Self {
        Self {
            connection,
            began: Instant::now(),
            received: Direction::received(),
            sent: Direction::sent(),
            text: String::new(),
        }
    }

    fn stamp(&self, arrow: &'static str) -> Stamp {
        Stamp {
            time: self.began.elapsed(),
            connection: self.connection,
            arrow,
        }
    }

    /// One write for all frames of a batch: lines of connections do not mix.
    fn flush(&mut self) {
        if !self.text.is_empty() {
            // Nobody may be reading any more: that is no reason to stop serving.
            let _ = io::stderr().lock().write_all(self.text.as_bytes());
            self.text.clear();
            self.text.shrink_to(TEXT_KEPT);
        }
    }
}

impl Observer for Trace {
    fn wants_octets(&self) -> bool {
        true
    }

    fn octets_received(&mut self, octets: &[u8]) {
        let stamp = self.stamp(RECEIVED);
        self.received.feed(octets, stamp, &mut self.text);
        self.flush();
    }

    fn octets_sent(&mut self, octets: &[u8]) {
        let stamp = self.stamp(SENT);
        self.sent.feed(octets, stamp, &mut self.text);
        self.flush();
    }

    fn closed(&mut self, reason: EndReason) {
        self.stamp("--")
            .line(format_args!("closed: {reason}"), &mut self.text);
        self.flush();
    }
}

impl Stamp {
    /// One line with the stamp before it.
    fn line(self, what: impl std::fmt::Display, text: &mut String) {
        use std::fmt::Write as _;
        let seconds = self.time.as_secs_f64();
        let Self {
            connection, arrow, ..
        } = self;
        let _ = writeln!(text, "[{seconds:10.6}] #{connection} {arrow} {what}");
    }
}

/// A line that belongs to the frame above it.
fn detail(what: impl std::fmt::Display, text: &mut String) {
    use std::fmt::Write as _;
    let _ = writeln!(text, "{:14}{what}", "");
}

const RECEIVED: &str = "<-";
const SENT: &str = "->";

/// Octets of text memory that a connection keeps between batches.
const TEXT_KEPT: usize = 4 * 1024;

#[cfg(test)]
mod tests;
