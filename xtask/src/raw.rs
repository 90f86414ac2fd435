//! A client of raw frames: one blocking connection, for what no finished client lets one see.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use eyas_testkit::{HpackDecoder, HpackItem, PREFACE, RawFrame, encode_frame};

/// One connection without TLS, all of whose windows are as large as they can be.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    hpack: HpackDecoder,
    next_stream: u32,
}

/// What the server has sent, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The head of an answer, on this stream and with this status.
    Head { stream: u32, status: u16, ends: bool },
    /// So many octets of content.
    Content { stream: u32, octets: usize, ends: bool },
    Reset { stream: u32, code: u32 },
    GoAway { last_stream: u32, code: u32 },
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
        octets.extend(frame("SETTINGS initial_window_size=2147483647")?);
        octets.extend(frame("WINDOW_UPDATE 0 +2147418112")?);
        let mut connection = Self {
            stream,
            input: Vec::new(),
            hpack: HpackDecoder::new(),
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
        let text = format!(
            "HEADERS {stream} end_stream end_headers :method=GET :scheme=http :path={path} \
             :authority=localhost"
        );
        self.write(&frame(&text)?)?;
        self.next_stream += 2;
        Ok(stream)
    }

    /// Waits for what comes next and says something about a request. SETTINGS and PING are answered.
    pub(crate) fn hear(&mut self) -> Result<Heard> {
        loop {
            if let Some((frame, octets)) = RawFrame::decode(&self.input) {
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
                Heard::Head { stream, status, ends } if stream == asked => {
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

    fn heed(&mut self, frame: &RawFrame) -> Result<Option<Heard>> {
        let stream = frame.stream & STREAM_MAX;
        let ends = frame.flags & END_STREAM != 0;
        let number = |at: usize| -> Result<u32> {
            let octets = frame.payload.get(at..at + 4).and_then(|octets| octets.try_into().ok());
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
                status: self.status(&frame.payload)?,
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
                self.acknowledge(SETTINGS, &[])?;
                Some(Heard::Settings)
            }
            PING if !is_ack => {
                self.acknowledge(PING, &frame.payload)?;
                None
            }
            _ => None,
        })
    }

    /// Heads are short here: none is padded, and none goes on in CONTINUATION.
    fn status(&mut self, block: &[u8]) -> Result<u16> {
        let items = self.hpack.decode(block).map_err(|error| anyhow!(error))?;
        let status = items.iter().find_map(|item| match item {
            HpackItem::Field(field) if field.name == b":status" => {
                std::str::from_utf8(&field.value).ok()?.parse().ok()
            }
            _ => None,
        });
        status.context("a head without a status")
    }

    fn acknowledge(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        let mut octets = Vec::new();
        RawFrame {
            kind,
            flags: ACK,
            stream: 0,
            payload: payload.to_vec(),
        }
        .encode(&mut octets);
        self.write(&octets)
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

fn frame(text: &str) -> Result<Vec<u8>> {
    encode_frame(text).map_err(|error| anyhow!(error))
}

/// The last stream of a GOAWAY that refuses none (RFC 9113 section 6.8).
pub(crate) const STREAM_MAX: u32 = 0x7fff_ffff;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
