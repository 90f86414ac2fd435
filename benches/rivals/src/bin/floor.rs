//! The floor: a server that knows no HTTP/2 but the header of a frame. What it costs, the system costs.
//!
//! Every HEADERS with END_STREAM, and every DATA with it, is answered with the same octets under the
//! stream's id. Header blocks are not decoded, so each route has a port of its own. Small answers are
//! copied into one buffer, which leaves in one write a read; large ones leave from the payload's own
//! memory, many frames a write. No window is looked at: only clients with wide ones can be served.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use anyhow::{Context, Result};
use eyas_bench_rivals::{Answer, answer};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

fn main() -> Result<()> {
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let mut listeners = Vec::new();
    let mut line = Vec::new();
    for (at, path) in PATHS.iter().enumerate() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no loopback port")?;
        line.push(format!("{path} {}", listener.local_addr()?));
        epoll::add(
            &epoll,
            &listener,
            EventData::new_u64(at as u64),
            EventFlags::IN,
        )?;
        let content = match answer(path) {
            Answer::Content(content) => content,
            Answer::UploadLength | Answer::Nothing => b"received",
        };
        listeners.push((listener, content));
    }
    println!("{}", line.join(" "));
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut events = [MaybeUninit::<Event>::uninit(); 64];
    loop {
        let (ready, _) = epoll::wait(&epoll, &mut events, None)?;
        for event in ready {
            let at = event.data.u64() as usize;
            if let Some((listener, content)) = listeners.get(at) {
                let (socket, _) = listener.accept()?;
                socket.set_nonblocking(true)?;
                socket.set_nodelay(true)?;
                let key = EventData::new_u64((listeners.len() + connections.len()) as u64);
                let flags = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
                epoll::add(&epoll, &socket, key, flags)?;
                connections.push(Some(Connection::new(socket, content)));
                continue;
            }
            // A key is used once: the table grows with the connections there ever were.
            let slot = &mut connections[at - listeners.len()];
            if slot
                .as_mut()
                .is_some_and(|connection| connection.turn().is_err())
            {
                *slot = None;
            }
        }
    }
}

/// One client.
struct Connection {
    socket: TcpStream,
    content: &'static [u8],

    // In.
    /// Octets to pass over: the preface at first, then payloads.
    skip: usize,
    header: [u8; 9],
    header_octets: usize,
    /// Octets of DATA that have not been credited.
    received: u32,

    // Out.
    out: Vec<u8>,
    /// Octets of `out` that were written.
    written: usize,
    /// Streams whose answer does not go through `out`.
    large: VecDeque<u32>,
    /// How much of the first one's answer was written, its frame headers included.
    large_written: usize,
}

impl Connection {
    fn new(socket: TcpStream, content: &'static [u8]) -> Self {
        let mut out = Vec::new();
        // SETTINGS_INITIAL_WINDOW_SIZE and the connection's window, as wide as they go.
        out.extend(frame_header(6, SETTINGS, 0, 0));
        out.extend([0, 4, 0x7f, 0xff, 0xff, 0xff]);
        out.extend(frame_header(4, WINDOW_UPDATE, 0, 0));
        out.extend(0x7fff_0000_u32.to_be_bytes());
        Self {
            socket,
            content,
            skip: PREFACE_OCTETS,
            header: [0; 9],
            header_octets: 0,
            received: 0,
            out,
            written: 0,
            large: VecDeque::new(),
            large_written: 0,
        }
    }

    /// Reads until there is nothing more, writing once a read.
    fn turn(&mut self) -> io::Result<()> {
        let mut buffer = [0; 64 * 1024];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(octets) => {
                    self.take(&buffer[..octets]);
                    self.write()?;
                    // A read that was not full was the last one.
                    if octets < buffer.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.write(),
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self, mut octets: &[u8]) {
        loop {
            let skipped = self.skip.min(octets.len());
            self.skip -= skipped;
            octets = &octets[skipped..];
            let begin = octets.len().min(9 - self.header_octets);
            self.header[self.header_octets..][..begin].copy_from_slice(&octets[..begin]);
            self.header_octets += begin;
            octets = &octets[begin..];
            if self.header_octets < 9 {
                return;
            }
            self.header_octets = 0;
            self.on_frame();
        }
    }

    fn on_frame(&mut self) {
        let [a, b, c, kind, flags, d, e, f, g] = self.header;
        let length = u32::from_be_bytes([0, a, b, c]);
        let id = u32::from_be_bytes([d, e, f, g]);
        self.skip = length as usize;
        if kind == DATA {
            self.received += length;
            if self.received > CREDIT_FROM {
                self.out.extend(frame_header(4, WINDOW_UPDATE, 0, 0));
                self.out.extend(self.received.to_be_bytes());
                self.received = 0;
            }
        }
        match kind {
            SETTINGS if flags & ACK == 0 => self.out.extend(frame_header(0, SETTINGS, ACK, 0)),
            HEADERS | DATA if flags & END_STREAM != 0 => {
                if self.content.len() > FRAME_OCTETS {
                    self.large.push_back(id);
                } else {
                    self.out.extend(head(id));
                    self.out
                        .extend(frame_header(self.content.len(), DATA, END_STREAM, id));
                    self.out.extend(self.content);
                }
            }
            _ => {}
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let result = self.write_all();
        match result {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            result => result,
        }
    }

    fn write_all(&mut self) -> io::Result<()> {
        while self.written < self.out.len() {
            self.written += self.socket.write(&self.out[self.written..])?;
        }
        self.out.clear();
        self.written = 0;
        while !self.large.is_empty() {
            self.write_large()?;
        }
        Ok(())
    }

    /// One write of many frames of the first large answer.
    fn write_large(&mut self) -> io::Result<()> {
        let id = self.large[0];
        let frames = self.content.len().div_ceil(FRAME_OCTETS);
        let whole = HEAD_OCTETS + frames * 9 + self.content.len();
        let head = head(id);
        let done = self.large_written.saturating_sub(HEAD_OCTETS);
        let first = done / (9 + FRAME_OCTETS);
        let last = frames.min(first + FRAMES_A_WRITE);
        let content = |frame: usize| {
            let end = self.content.len().min((frame + 1) * FRAME_OCTETS);
            &self.content[frame * FRAME_OCTETS..end]
        };
        let headers: Vec<[u8; 9]> = (first..last)
            .map(|frame| {
                let flags = if frame + 1 == frames { END_STREAM } else { 0 };
                frame_header(content(frame).len(), DATA, flags, id)
            })
            .collect();
        let mut slices = Vec::with_capacity(1 + 2 * headers.len());
        let mut skip = if self.large_written < HEAD_OCTETS {
            slices.push(IoSlice::new(&head[self.large_written..]));
            0
        } else {
            done % (9 + FRAME_OCTETS)
        };
        for (header, frame) in headers.iter().zip(first..) {
            for part in [&header[..], content(frame)] {
                let skipped = skip.min(part.len());
                skip -= skipped;
                if skipped < part.len() {
                    slices.push(IoSlice::new(&part[skipped..]));
                }
            }
        }
        self.large_written += self.socket.write_vectored(&slices)?;
        if self.large_written == whole {
            self.large_written = 0;
            self.large.pop_front();
        }
        Ok(())
    }
}

/// HEADERS with `:status: 200`, which is number 8 of the static table.
fn head(id: u32) -> [u8; HEAD_OCTETS] {
    let mut head = [0x88; HEAD_OCTETS];
    head[..9].copy_from_slice(&frame_header(1, HEADERS, END_HEADERS, id));
    head
}

fn frame_header(length: usize, kind: u8, flags: u8, id: u32) -> [u8; 9] {
    let [_, a, b, c] = (length as u32).to_be_bytes();
    let [d, e, f, g] = id.to_be_bytes();
    [a, b, c, kind, flags, d, e, f, g]
}

const PATHS: [&str; 7] = ["/hello", "/1k", "/16k", "/64k", "/1m", "/100m", "/upload"];

const PREFACE_OCTETS: usize = 24;
const HEAD_OCTETS: usize = 10;
const FRAME_OCTETS: usize = 16_384;
const FRAMES_A_WRITE: usize = 64;
const CREDIT_FROM: u32 = 1 << 20;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
