//! The first octets of a client: its preface, a request of HTTP/1, or something else.

use bytes::{Buf as _, BytesMut};
use eyas_frame::{ErrorCode, PREFACE};

use crate::connection::Connection;
use crate::end_reason::EndReason;
use crate::error::ConnectionError;
use crate::observer::Observer;

/// What the first octets of a connection are.
///
/// ```
/// use eyas_connection::FirstOctets;
///
/// assert_eq!(FirstOctets::of(b"PRI * HTTP/2.0\r\n"), FirstOctets::Incomplete);
/// assert_eq!(FirstOctets::of(b"GET / HTTP/1.1\r\n"), FirstOctets::Http1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FirstOctets {
    /// They may still become a preface or a request of HTTP/1: read on. Never said of more than 8 KiB.
    Incomplete,
    /// The client's preface of HTTP/2 (RFC 9113 section 3.4), perhaps with more behind it.
    Preface,
    /// A request line of HTTP/1 (RFC 9112 section 3).
    Http1,
    /// Neither.
    Other,
}

impl<O: Observer> Connection<O> {
    /// Checks and drops the client's preface. `true` when it is there (RFC 9113 section 3.4).
    pub(crate) fn read_preface(&mut self, input: &mut BytesMut) -> Result<bool, ConnectionError> {
        match FirstOctets::of(input) {
            FirstOctets::Incomplete => return Ok(false),
            FirstOctets::Preface => {}
            FirstOctets::Http1 => {
                self.out
                    .area_mut()
                    .extend_from_slice(HTTP_1_ANSWER.as_bytes());
                self.show_octets_sent(HTTP_1_ANSWER.as_bytes());
                self.end(EndReason::Http1Request, None);
                return Ok(false);
            }
            FirstOctets::Other => {
                return Err(ConnectionError::peer(
                    EndReason::InvalidPreface,
                    ErrorCode::PROTOCOL_ERROR,
                    "the first octets are not the HTTP/2 connection preface",
                    "RFC 9113 section 3.4",
                ));
            }
        }
        input.advance(PREFACE.len());
        self.preface_seen = true;
        self.send_first_settings();
        Ok(true)
    }
}

impl FirstOctets {
    /// Tells them apart as soon as they can be, from the beginning of a connection up to here.
    #[must_use]
    pub fn of(input: &[u8]) -> Self {
        let got = input.len().min(PREFACE.len());
        if input[..got] == PREFACE[..got] {
            return if got == PREFACE.len() {
                Self::Preface
            } else {
                Self::Incomplete
            };
        }
        match input.iter().position(|&octet| octet == b'\n') {
            Some(end) if is_http1_request_line(&input[..end]) => Self::Http1,
            None if may_become_request_line(input) => Self::Incomplete,
            _ => Self::Other,
        }
    }
}

/// `METHOD SP target SP HTTP/1.x CR` (RFC 9112 section 3).
fn is_http1_request_line(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut parts = line.rsplitn(2, |&octet| octet == b' ');
    let version = parts.next().unwrap_or_default();
    let rest = parts.next().unwrap_or_default();
    version.starts_with(b"HTTP/1.") && rest.contains(&b' ')
}

fn may_become_request_line(input: &[u8]) -> bool {
    input.len() <= REQUEST_LINE_MAX
        && input.first().is_some_and(u8::is_ascii_uppercase)
        && input
            .iter()
            .all(|octet| matches!(octet, b' '..=b'~' | b'\r'))
}

/// Octets of a request line that are waited for.
const REQUEST_LINE_MAX: usize = 8 * 1024;

const HTTP_1_ANSWER: &str = "HTTP/1.1 400 Bad Request\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 70\r\n\
    connection: close\r\n\
    \r\n\
    This port speaks HTTP/2 only. With curl, say --http2-prior-knowledge.\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_octets_are_told_apart_as_soon_as_they_can_be() {
        for (octets, first) in [
            (&b""[..], FirstOctets::Incomplete),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", FirstOctets::Incomplete),
            (
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0",
                FirstOctets::Preface,
            ),
            (b"PRI * HTTP/2.0\r\n\r\nXX", FirstOctets::Other),
            (b"P", FirstOctets::Incomplete),
            (b"PUT /a HTT", FirstOctets::Incomplete),
            (b"PUT /a HTTP/1.0\n", FirstOctets::Http1),
            (b"GET /a?b=c d HTTP/1.1\r\nhost: a\r\n", FirstOctets::Http1),
            (b"GET /\r\n", FirstOctets::Other),
            (b"HTTP/1.1 \r\n", FirstOctets::Other),
            (b"\x16\x03\x01\x02\0", FirstOctets::Other),
            (b"get / HTTP/1.1", FirstOctets::Other),
        ] {
            assert_eq!(FirstOctets::of(octets), first, "{}", octets.escape_ascii());
        }
        assert_eq!(FirstOctets::of(&[b'A'; 8193]), FirstOctets::Other);
    }

    #[test]
    fn the_answer_has_the_length_it_declares() {
        let (head, content) = HTTP_1_ANSWER.split_once("\r\n\r\n").expect("it has a head");
        let declared = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        assert_eq!(declared, Some(content.len().to_string().as_str()));
    }
}
