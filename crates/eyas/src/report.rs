//! Everything the server prints: lines of text for people, lines of JSON for programs.

mod ready;

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use eyas_server::{CounterSnapshot, EndReason};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

pub(crate) use ready::Ready;

use crate::escape::Escaped;
use crate::incoming::Origin;

/// Prints in the style the command line asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    style: Style,
}

/// How much is printed, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Text,
    Json,
    JsonWithRequests,
    Quiet,
}

/// A request that was answered, or was not to its end.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) origin: Origin,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    /// `None` when there was no answer.
    pub(crate) status: Option<StatusCode>,
    /// Octets of content that were given to the connection.
    pub(crate) octets: u64,
    pub(crate) time: Duration,
    /// Whether the content was given to its end.
    pub(crate) complete: bool,
}

impl Report {
    pub(crate) const fn new(style: Style) -> Self {
        Self { style }
    }

    /// Whether a request has a line of its own.
    #[inline]
    pub(crate) fn has_requests(self) -> bool {
        matches!(self.style, Style::Text | Style::JsonWithRequests)
    }

    /// The server listens.
    pub(crate) fn ready(self, ready: &Ready<'_>) {
        match self.style {
            Style::Text => say(ready),
            Style::Json | Style::JsonWithRequests => say(ready.json()),
            Style::Quiet => {}
        }
    }

    /// A request is over.
    pub(crate) fn answered(self, answered: &Answered<'_>) {
        match self.style {
            Style::Text => say(answered),
            Style::JsonWithRequests => say(answered.json()),
            Style::Json | Style::Quiet => {}
        }
    }

    /// The drain begins.
    pub(crate) fn draining(self, timeout: Duration) {
        if self.style == Style::Text {
            let seconds = timeout.as_secs();
            say(format_args!(
                "draining, for {seconds} s at most; Ctrl-C again cuts what is left"
            ));
        }
    }

    /// The server has ended; this is what it did.
    pub(crate) fn closed(self, counters: &CounterSnapshot) {
        match self.style {
            Style::Text => say(Goodbye(counters)),
            Style::Json | Style::JsonWithRequests => say(closed(counters)),
            Style::Quiet => {}
        }
    }
}

/// One line, or several. Nobody may be reading any more: that is no reason to stop serving.
fn say(what: impl fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{what}");
}

impl fmt::Display for Answered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin {
            connection,
            stream,
            protocol,
            peer: _,
        } = self.origin;
        let number = match stream {
            Some((stream, _)) => format!("#{connection}.{stream}"),
            None => format!("#{connection}"),
        };
        let path = Escaped::new(self.path).at_most(PATH_OCTETS_MAX);
        write!(f, "{number:<6} {} {path} ", self.method)?;
        match self.status {
            Some(status) => write!(f, "{}", status.as_u16())?,
            None => f.write_str("---")?,
        }
        let milliseconds = self.milliseconds();
        write!(f, "  {}  {milliseconds:.1} ms  ", Size(self.octets))?;
        match stream {
            Some((_, priority)) if priority.is_incremental() => {
                write!(f, "u={},i", priority.urgency())?;
            }
            Some((_, priority)) => write!(f, "u={}", priority.urgency())?,
            None => f.write_str(protocol.alpn())?,
        }
        if !self.complete {
            f.write_str("  (cut)")?;
        }
        Ok(())
    }
}

impl Answered<'_> {
    fn json(&self) -> Value {
        json!({
            "event": "request",
            "connection": self.origin.connection,
            "peer": self.origin.peer.map(|peer| peer.to_string()),
            "stream": self.origin.stream.map(|(stream, _)| stream),
            "protocol": self.origin.protocol.alpn(),
            "method": self.method.as_str(),
            "path": self.path,
            "status": self.status.map(|status| status.as_u16()),
            "octets": self.octets,
            "milliseconds": self.milliseconds(),
            "complete": self.complete,
        })
    }

    fn milliseconds(&self) -> f64 {
        self.time.as_secs_f64() * 1e3
    }
}

/// Octets in a unit that suits them.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.0 as f64;
        match self.0 {
            0..1_000 => write!(f, "{} B", self.0),
            1_000..1_000_000 => write!(f, "{:.1} kB", octets / 1e3),
            1_000_000..1_000_000_000 => write!(f, "{:.1} MB", octets / 1e6),
            _ => write!(f, "{:.1} GB", octets / 1e9),
        }
    }
}

struct Goodbye<'a>(&'a CounterSnapshot);

impl fmt::Display for Goodbye<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counters = self.0;
        write!(
            f,
            "closed: {} requests on {} connections; {} reads of {} B, {} writes of {} B; {} resets \
             received, {} sent",
            counters.requests,
            counters.connections,
            counters.reads,
            counters.octets_in,
            counters.writes,
            counters.octets_out,
            counters.resets_received,
            counters.resets_sent,
        )?;
        for (reason, count) in counters.ends.iter().filter(|(_, count)| *count > 0) {
            write!(f, "; {reason} {count}")?;
        }
        Ok(())
    }
}

fn closed(counters: &CounterSnapshot) -> Value {
    let ends = |is_told: fn(EndReason) -> bool| -> Map<String, Value> {
        let told = counters.ends.iter().filter(|(reason, _)| is_told(*reason));
        told.map(|(reason, count)| (reason.as_str().to_owned(), Value::from(*count)))
            .collect()
    };
    json!({
        "event": "closed",
        "connections": counters.connections,
        "requests": counters.requests,
        "responses": counters.responses,
        "reads": counters.reads,
        "writes": counters.writes,
        "octets_in": counters.octets_in,
        "octets_out": counters.octets_out,
        "resets_received": counters.resets_received,
        "resets_sent": counters.resets_sent,
        "goaways": ends(EndReason::sends_goaway),
        "ends": ends(|_| true),
    })
}

/// Octets of a path that are shown.
const PATH_OCTETS_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incoming::{Protocol, Security, Version};
    use eyas_server::Priority;

    fn answered(complete: bool) -> Answered<'static> {
        Answered {
            origin: Origin {
                connection: 3,
                peer: Some(([127, 0, 0, 1], 50_000).into()),
                stream: Priority::new(2).map(|priority| (1, priority)),
                protocol: Protocol {
                    version: Version::Http2,
                    security: Security::Clear,
                },
            },
            method: &Method::GET,
            path: "/hello",
            status: Some(StatusCode::OK),
            octets: 13,
            time: Duration::from_micros(420),
            complete,
        }
    }

    #[test]
    fn a_request_is_one_line() {
        assert_eq!(
            answered(true).to_string(),
            "#3.1   GET /hello 200  13 B  0.4 ms  u=2"
        );
        let mut cut = answered(false);
        cut.origin.stream = None;
        cut.origin.protocol.version = Version::Http1;
        cut.octets = 1_234;
        assert_eq!(
            cut.to_string(),
            "#3     GET /hello 200  1.2 kB  0.4 ms  http/1.1  (cut)"
        );
        cut.status = None;
        assert!(cut.to_string().contains(" --- "));
    }

    #[test]
    fn a_path_cannot_move_the_cursor() {
        let mut answered = answered(true);
        answered.path = "/\u{1b}[2J\u{9b}";
        assert!(answered.to_string().contains(" /\\x1b[2J\\xc2\\x9b "));
    }

    #[test]
    fn a_request_is_one_object() {
        let json = answered(true).json();
        assert_eq!(json["event"], "request");
        assert_eq!(json["status"], 200);
        assert_eq!(
            (&json["connection"], &json["stream"]),
            (&json!(3), &json!(1))
        );
        assert_eq!(json["protocol"], "h2c");
        assert_eq!(json["octets"], 13);
        assert!(!json.to_string().contains('\n'));
    }

    #[test]
    fn the_closing_object_names_every_counter() {
        let json = closed(&eyas_server::Counters::default().snapshot());
        for name in [
            "connections",
            "requests",
            "responses",
            "reads",
            "writes",
            "octets_in",
            "octets_out",
            "resets_received",
            "resets_sent",
        ] {
            assert_eq!(json[name], 0, "{name}");
        }
        assert_eq!(json["goaways"], json!({}));
    }
}
