//! A client that knows just enough of HTTP/2 to keep a server busy, without a socket.

use eyas_frame::{Flags, FrameHeader, FrameType, SettingId};

use crate::requests::{PREAMBLE, RequestBlocks, frame};

/// What a [`Client`] asks for.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many requests, all on one connection.
    pub requests: u64,
    /// How many of them arrive together; the next ones follow when all of these are answered.
    pub at_once: u64,
    /// The request.
    pub blocks: RequestBlocks,
    /// Octets of content of each request; more than 0 only when one arrives at once.
    pub upload_octets: u64,
}

/// The other end of the connection: gives octets to read, takes what is written.
#[derive(Debug)]
pub struct Client {
    plan: Plan,

    // To the server.
    input: Vec<u8>,
    /// Octets of `input` the server has read: `taken <= input.len()`.
    taken: usize,
    requested: u64,
    next_id: u32,
    /// Octets of the current request's content that are not in `input` yet.
    upload_left: u64,

    // What the server allows; negative for a while when it takes back (RFC 9113 section 6.9.2).
    initial_window: i64,
    stream_window: i64,
    connection_window: i64,

    // From the server.
    header: [u8; FrameHeader::LEN],
    header_octets: usize,
    payload_left: usize,
    /// The payload of frames that are understood, not only counted.
    payload: Vec<u8>,
    responses: u64,
    content_octets: u32,
}

impl Client {
    /// A client whose first octets are there to be read.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        assert!(
            plan.upload_octets == 0 || plan.at_once == 1,
            "one upload at a time: its window is the only one that is kept"
        );
        let mut client = Self {
            plan,
            input: PREAMBLE.to_vec(),
            taken: 0,
            requested: 0,
            next_id: 1,
            upload_left: 0,
            initial_window: 65_535,
            stream_window: 0,
            connection_window: 65_535,
            header: [0; FrameHeader::LEN],
            header_octets: 0,
            payload_left: 0,
            payload: Vec::new(),
            responses: 0,
            content_octets: 0,
        };
        client.ask();
        client
    }

    /// Responses that came to their end.
    #[must_use]
    pub const fn responses(&self) -> u64 {
        self.responses
    }

    /// The next octets for the server, at most `most`: none when everything is answered, `None` when
    /// it is the server's turn.
    pub fn read(&mut self, most: usize) -> Option<&[u8]> {
        if self.taken == self.input.len() {
            self.input.clear();
            self.taken = 0;
            if self.upload_left > 0 {
                self.upload();
            } else if self.responses == self.requested {
                self.ask();
            }
            if self.input.is_empty() && self.responses < self.plan.requests {
                return None;
            }
        }
        let begin = self.taken;
        self.taken += most.min(self.input.len() - begin);
        Some(&self.input[begin..self.taken])
    }

    /// Takes what the server has written, wherever it is cut.
    pub fn written(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            if self.header_octets < FrameHeader::LEN {
                let (begin, rest) =
                    octets.split_at(octets.len().min(FrameHeader::LEN - self.header_octets));
                self.header[self.header_octets..][..begin.len()].copy_from_slice(begin);
                self.header_octets += begin.len();
                octets = rest;
                if self.header_octets < FrameHeader::LEN {
                    return;
                }
                self.payload_left = FrameHeader::decode(&self.header).length as usize;
                self.payload.clear();
            }
            let (begin, rest) = octets.split_at(octets.len().min(self.payload_left));
            self.payload_left -= begin.len();
            octets = rest;
            let header = FrameHeader::decode(&self.header);
            if matches!(header.kind, FrameType::SETTINGS | FrameType::WINDOW_UPDATE) {
                self.payload.extend_from_slice(begin);
            }
            if self.payload_left == 0 {
                self.header_octets = 0;
                self.on_frame(header);
            }
        }
    }

    fn on_frame(&mut self, header: FrameHeader) {
        match header.kind {
            FrameType::DATA | FrameType::HEADERS => {
                if header.kind == FrameType::DATA {
                    self.content_octets += header.length;
                }
                self.responses += u64::from(header.flags.contains(Flags::END_STREAM));
            }
            FrameType::SETTINGS if !header.flags.contains(Flags::ACK) => {
                for setting in self.payload.chunks_exact(6) {
                    if setting[..2] == SettingId::INITIAL_WINDOW_SIZE.0.to_be_bytes() {
                        let window = i64::from(number(&setting[2..]));
                        self.stream_window += window - self.initial_window;
                        self.initial_window = window;
                    }
                }
                frame(FrameType::SETTINGS, Flags::ACK, 0, 0, &mut self.input);
            }
            FrameType::WINDOW_UPDATE => {
                let increment = i64::from(number(&self.payload));
                if header.stream_id.is_connection() {
                    self.connection_window += increment;
                } else if header.stream_id.get() + 2 == self.next_id {
                    self.stream_window += increment;
                }
            }
            FrameType::SETTINGS | FrameType::PING => {}
            other => panic!("the server should have no reason for {other:?}"),
        }
    }

    /// The next batch of requests, and credit for what the last one brought, as clients give it.
    fn ask(&mut self) {
        if self.content_octets > CREDIT_FROM {
            frame(FrameType::WINDOW_UPDATE, Flags::NONE, 0, 4, &mut self.input);
            self.input
                .extend_from_slice(&self.content_octets.to_be_bytes());
            self.content_octets = 0;
        }
        let count = self.plan.at_once.min(self.plan.requests - self.requested);
        let end_stream = self.plan.upload_octets == 0;
        for _ in 0..count {
            self.plan
                .blocks
                .open(self.next_id, self.requested, end_stream, &mut self.input);
            self.next_id += 2;
            self.requested += 1;
        }
        if !end_stream && count > 0 {
            self.stream_window = self.initial_window;
            self.upload_left = self.plan.upload_octets;
            self.upload();
        }
    }

    /// As many DATA frames as there is credit for, up to what a large read takes.
    fn upload(&mut self) {
        while self.input.len() < UPLOAD_BATCH_OCTETS && self.upload_left > 0 {
            let credit = self.stream_window.min(self.connection_window);
            let octets = credit.min(FRAME_OCTETS as i64).min(self.upload_left as i64);
            if octets <= 0 {
                return;
            }
            self.stream_window -= octets;
            self.connection_window -= octets;
            self.upload_left -= octets as u64;
            let flags = Flags::END_STREAM.when(self.upload_left == 0);
            frame(
                FrameType::DATA,
                flags,
                self.next_id - 2,
                octets as usize,
                &mut self.input,
            );
            self.input.extend_from_slice(&CONTENT[..octets as usize]);
        }
    }
}

fn number(octets: &[u8]) -> u32 {
    octets
        .iter()
        .fold(0, |number, octet| number << 8 | u32::from(*octet))
}

const FRAME_OCTETS: usize = 16_384;
static CONTENT: [u8; FRAME_OCTETS] = [b'x'; FRAME_OCTETS];
const UPLOAD_BATCH_OCTETS: usize = 64 * 1024;
const CREDIT_FROM: u32 = 512 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{get_fields, post_fields};

    fn client(requests: u64, at_once: u64) -> Client {
        let blocks = RequestBlocks::new(&get_fields(false));
        Client::new(Plan {
            requests,
            at_once,
            blocks,
            upload_octets: 0,
        })
    }

    fn respond(id: u8) -> Vec<u8> {
        let mut octets = vec![0, 0, 1, 1, 4, 0, 0, 0, id, 0x88];
        octets.extend([0, 0, 2, 0, 1, 0, 0, 0, id, b'o', b'k']);
        octets
    }

    #[test]
    fn the_next_batch_follows_when_the_last_one_is_answered() {
        let mut client = client(3, 2);
        assert!(
            client
                .read(usize::MAX)
                .is_some_and(|octets| octets.starts_with(PREAMBLE))
        );
        assert_eq!(client.read(usize::MAX), None);
        for octet in respond(1) {
            client.written(&[octet]);
        }
        assert_eq!(client.read(usize::MAX), None);
        client.written(&respond(3));
        assert!(
            client
                .read(usize::MAX)
                .is_some_and(|octets| octets[3..9] == [1, 5, 0, 0, 0, 5])
        );
        assert_eq!(client.read(usize::MAX), None);
        client.written(&respond(5));
        assert_eq!(client.read(usize::MAX), Some(&[][..]));
        assert_eq!(client.responses(), 3);
    }

    #[test]
    fn an_upload_never_exceeds_the_windows() {
        let blocks = RequestBlocks::new(&post_fields("1000000"));
        let plan = Plan {
            requests: 1,
            at_once: 1,
            blocks,
            upload_octets: 1_000_000,
        };
        let mut client = Client::new(plan);
        let mut octets = 0;
        while let Some(read) = client.read(1000) {
            octets += read.len();
        }
        assert!((65_535..65_535 + 300).contains(&octets), "{octets}");
        let stream = |octets| [0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0, octets];
        let connection = |octets| [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, octets];
        client.written(&stream(9));
        assert_eq!(client.read(usize::MAX), None);
        client.written(&connection(7));
        assert_eq!(client.read(usize::MAX).map(<[u8]>::len), Some(9 + 7));
        client.written(&connection(7));
        assert_eq!(client.read(usize::MAX).map(<[u8]>::len), Some(9 + 2));
        assert_eq!(client.read(usize::MAX), None);
    }

    #[test]
    fn a_window_setting_changes_the_window_of_the_stream_that_is_there() {
        let blocks = RequestBlocks::new(&post_fields("100000"));
        let plan = Plan {
            requests: 1,
            at_once: 1,
            blocks,
            upload_octets: 100_000,
        };
        let mut client = Client::new(plan);
        while client.read(usize::MAX).is_some() {}
        client.written(&[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 10]);
        client.written(&[0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(client.read(9), Some(&[0, 0, 0, 4, 1, 0, 0, 0, 0][..]));
        assert_eq!(client.read(usize::MAX).map(<[u8]>::len), Some(9 + 11));
    }
}
