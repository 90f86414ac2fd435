//! A client of raw frames: one blocking connection, for what no finished client lets one see.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// One connection without TLS, all of whose windows are as large as they can be.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    next_stream: u32,
}

/// What the server has sent, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The head of an answer, on this stream and with this status.
    Head {
        stream: u32,
        status: u16,
        ends: bool,
    },
    /// So many octets of content.
    Content {
        stream: u32,
        octets: usize,
        ends: bool,
    },
    Reset {
        stream: u32,
        code: u32,
    },
    GoAway {
        last_stream: u32,
        code: u32,
    },
    Settings,
    /// The connection is at its end.
    End,
}

impl Connection {
    /// Connects and sends what a connection begins with (RFC 9113 section 3.4).
    pub(crate) fn open(server: SocketAddr, limit: Duration) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&server, limit)
            .with_context(|| format!("cannot connect to {server}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        let mut octets = PREFACE.to_vec();
        // No dynamic table, so that each header block can be read for itself, and windows of 2^31-1 octets.
        octets.extend(frame(
            SETTINGS,
            0,
            0,
            &[0, 1, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff],
        ));
        octets.extend(frame(
            WINDOW_UPDATE,
            0,
            0,
            &(STREAM_MAX - 65_535).to_be_bytes(),
        ));
        let mut connection = Self {
            stream,
            input: Vec::new(),
            next_stream: 1,
        };
        connection.write(&octets)?;
        Ok(connection)
    }

    /// The address it has on this side.
    pub(crate) fn local(&self) -> Result<SocketAddr> {
        Ok(self.stream.local_addr()?)
    }

    /// Asks for `path` and gives the number of the stream.
    pub(crate) fn get(&mut self, path: &str) -> Result<u32> {
        let stream = self.next_stream;
        // `:method: GET` and `:scheme: http` of the static table; then names of it with literal values
        // (RFC 7541 section 6.2.2).
        let mut block = vec![0x82, 0x86];
        for (name, value) in [(0x04, path), (0x01, "localhost")] {
            let length = u8::try_from(value.len())
                .ok()
                .filter(|length| *length < 127);
            block.extend([name, length.context("a path of 127 octets or more")?]);
            block.extend(value.as_bytes());
        }
        self.write(&frame(HEADERS, END_STREAM | END_HEADERS, stream, &block))?;
        self.next_stream += 2;
        Ok(stream)
    }

    /// Waits for what comes next and says something about a request. SETTINGS and PING are answered.
    pub(crate) fn hear(&mut self) -> Result<Heard> {
        loop {
            if let Some((frame, octets)) = Frame::at_front(&self.input) {
                self.input.drain(..octets);
                if let Some(heard) = self.heed(&frame)? {
                    return Ok(heard);
                }
                continue;
            }
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(Heard::End),
                Ok(octets) => self.input.extend_from_slice(&buffer[..octets]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What the server had not read when it closed; whether all was said is seen above.
                Err(error) if is_gone(&error) => return Ok(Heard::End),
                Err(error) => return Err(error).context("nothing came from the server"),
            }
        }
    }

    /// The status of the answer to a request for `path`, once it has come whole.
    pub(crate) fn fetch(&mut self, path: &str) -> Result<u16> {
        let asked = self.get(path)?;
        let mut answer = None;
        loop {
            let is_whole = match self.hear()? {
                Heard::Head {
                    stream,
                    status,
                    ends,
                } if stream == asked => {
                    answer = Some(status);
                    ends
                }
                Heard::Content { stream, ends, .. } => stream == asked && ends,
                Heard::Reset { stream, code } if stream == asked => {
                    bail!("{path}: the stream was reset with code {code}")
                }
                Heard::End => bail!("{path}: the connection ended before the answer"),
                _ => false,
            };
            if is_whole {
                return answer.with_context(|| format!("{path}: content without a head"));
            }
        }
    }

    fn heed(&mut self, frame: &Frame) -> Result<Option<Heard>> {
        let stream = frame.stream;
        let ends = frame.flags & END_STREAM != 0;
        let number = |at: usize| -> Result<u32> {
            let octets = frame
                .payload
                .get(at..at + 4)
                .and_then(|octets| octets.try_into().ok());
            Ok(u32::from_be_bytes(octets.context("a frame is too short")?))
        };
        let is_ack = frame.flags & ACK != 0;
        Ok(match frame.kind {
            DATA => Some(Heard::Content {
                stream,
                octets: frame.payload.len(),
                ends,
            }),
            HEADERS => Some(Heard::Head {
                stream,
                status: status(&frame.payload)?,
                ends,
            }),
            RST_STREAM => Some(Heard::Reset {
                stream,
                code: number(0)?,
            }),
            GOAWAY => Some(Heard::GoAway {
                last_stream: number(0)? & STREAM_MAX,
                code: number(4)?,
            }),
            SETTINGS if !is_ack => {
                self.write(&self::frame(SETTINGS, ACK, 0, &[]))?;
                Some(Heard::Settings)
            }
            PING if !is_ack => {
                self.write(&self::frame(PING, ACK, 0, &frame.payload))?;
                None
            }
            _ => None,
        })
    }

    /// A server that is gone is noticed when its last words have been read.
    fn write(&mut self, octets: &[u8]) -> Result<()> {
        match self.stream.write_all(octets) {
            Err(error) if !is_gone(&error) => Err(error).context("the server reads no more"),
            _ => Ok(()),
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}

/// A frame that has come (RFC 9113 section 4.1).
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    /// The frame at the front of `input` and how many octets it takes, once it is whole.
    fn at_front(input: &[u8]) -> Option<(Self, usize)> {
        let (&[a, b, c, kind, flags, d, e, f, g], rest) = input.split_first_chunk::<9>()?;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        let frame = Self {
            kind,
            flags,
            stream: u32::from_be_bytes([d, e, f, g]) & STREAM_MAX,
            payload: rest.get(..length)?.to_vec(),
        };
        Some((frame, 9 + length))
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u32;
    let mut octets = length.to_be_bytes()[1..].to_vec();
    octets.extend([kind, flags]);
    octets.extend(stream.to_be_bytes());
    octets.extend(payload);
    octets
}

/// The status, which is the first field of a head: one of the static table (RFC 7541 appendix A).
///
/// Heads are short here: none is padded, and none goes on in CONTINUATION.
fn status(block: &[u8]) -> Result<u16> {
    let is_size_update = |octet: &&u8| **octet & 0xe0 == 0x20;
    let first = block.iter().find(|octet| !is_size_update(octet));
    Ok(match first {
        Some(0x88) => 200,
        Some(0x89) => 204,
        Some(0x8a) => 206,
        Some(0x8b) => 304,
        Some(0x8c) => 400,
        Some(0x8d) => 404,
        Some(0x8e) => 500,
        _ => bail!("a head that begins with no common status: {block:02x?}"),
    })
}

/// The last stream of a GOAWAY that refuses none (RFC 9113 section 6.8).
pub(crate) const STREAM_MAX: u32 = 0x7fff_ffff;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_when_it_is_whole() {
        let octets = frame(PING, ACK, 0x8000_0003, b"12345678");
        assert_eq!(octets[..9], [0, 0, 8, 6, 1, 0x80, 0, 0, 3]);
        assert_eq!(Frame::at_front(&octets[..16]), None);
        let (ping, taken) = Frame::at_front(&octets).expect("it is whole");
        assert_eq!((ping.stream, taken), (3, 17));
        assert_eq!(ping.payload, b"12345678");
    }

    #[test]
    fn the_status_is_read_behind_a_change_of_the_table() {
        assert_eq!(status(&[0x20, 0x88, 0x5f]).ok(), Some(200));
        assert_eq!(status(&[0x8d]).ok(), Some(404));
        assert!(status(&[]).is_err() && status(&[0x48, 0x03]).is_err());
    }
}
