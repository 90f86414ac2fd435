//! Everything the server prints: lines of text for people, lines of JSON for programs.

use std::fmt;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use eyas_server::{CounterSnapshot, EndReason};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

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
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) status: StatusCode,
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

    /// The server listens at `h2c`.
    pub(crate) fn ready(self, h2c: SocketAddr, folder: Option<&Path>) {
        match self.style {
            Style::Text => say(Welcome { h2c, folder }),
            Style::Json | Style::JsonWithRequests => {
                say(json!({ "event": "ready", "h2c": h2c.to_string() }));
            }
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

/// The address to write into a URL for a server that listens at `address`: that of every interface is
/// none to connect to.
pub(crate) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// One line, or several. Nobody may be reading any more: that is no reason to stop serving.
fn say(what: impl fmt::Display) {
    let _ = writeln!(io::stdout().lock(), "{what}");
}

struct Welcome<'a> {
    h2c: SocketAddr,
    folder: Option<&'a Path>,
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = reachable(self.h2c);
        writeln!(f, "eyas {}", env!("CARGO_PKG_VERSION"))?;
        writeln!(f, "  h2c    http://{}/", self.h2c)?;
        match self.folder {
            Some(folder) => writeln!(f, "  files  {}", folder.display())?,
            None => writeln!(f, "  files  none; `eyas DIR` serves those of a folder")?,
        }
        writeln!(f, "  try    curl --http2-prior-knowledge http://{at}/")?;
        writeln!(f, "         nghttp -nv http://{at}/bytes/1000000")?;
        writeln!(
            f,
            "         h2load -n 100000 -c 10 -m 100 http://{at}/hello"
        )?;
        write!(f, "  stop   Ctrl-C drains, a second one cuts")
    }
}

impl fmt::Display for Answered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            octets,
            ..
        } = self;
        let status = self.status.as_u16();
        let milliseconds = self.milliseconds();
        write!(
            f,
            "{method} {path} {status} {octets} B {milliseconds:.1} ms"
        )?;
        if !self.complete {
            f.write_str(" (cut)")?;
        }
        Ok(())
    }
}

impl Answered<'_> {
    fn json(&self) -> Value {
        json!({
            "event": "request",
            "method": self.method.as_str(),
            "path": self.path,
            "status": self.status.as_u16(),
            "octets": self.octets,
            "milliseconds": self.milliseconds(),
            "complete": self.complete,
        })
    }

    fn milliseconds(&self) -> f64 {
        self.time.as_secs_f64() * 1e3
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

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(complete: bool) -> Answered<'static> {
        Answered {
            method: &Method::GET,
            path: "/hello",
            status: StatusCode::OK,
            octets: 13,
            time: Duration::from_micros(420),
            complete,
        }
    }

    #[test]
    fn a_request_is_one_line() {
        assert_eq!(answered(true).to_string(), "GET /hello 200 13 B 0.4 ms");
        assert_eq!(
            answered(false).to_string(),
            "GET /hello 200 13 B 0.4 ms (cut)"
        );
    }

    #[test]
    fn a_request_is_one_object() {
        let json = answered(true).json();
        assert_eq!(json["event"], "request");
        assert_eq!(json["status"], 200);
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

    #[test]
    fn urls_name_an_address_that_can_be_reached() {
        let text = |address: &str| reachable(address.parse().expect("an address")).to_string();
        assert_eq!(text("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(text("[::]:80"), "[::1]:80");
        assert_eq!(text("10.0.0.1:80"), "10.0.0.1:80");
    }
}
