//! Every octet of DATA is credited once on the connection, whatever becomes of its stream and whenever
//! (RFC 9113 sections 5.2 and 6.9).

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::BytesMut;
use eyas_connection::{Body, Config, Connection, ErrorCode, Event, Head, Limits, StreamKey};
use eyas_testkit::{PREFACE, RawFrame, encode_frame};
use http::{HeaderMap, StatusCode};
use proptest::prelude::*;

/// The connection's window: the smallest there is, so that credit is due often.
const WINDOW: u32 = 65_535;
/// The initial window of a stream.
const STREAM_WINDOW: u32 = 5_000;

#[derive(Clone, Debug)]
enum Step {
    // The client.
    Open {
        declared: Option<u16>,
    },
    Data {
        stream: usize,
        octets: u16,
        padding: Option<u8>,
        end: bool,
    },
    Trailers {
        stream: usize,
    },
    ClientReset {
        stream: usize,
    },
    Grow {
        stream: usize,
        octets: u16,
    },
    /// So many octets of what the client has written arrive.
    Arrive {
        octets: u16,
    },
    // The application.
    Read {
        stream: usize,
        consume: u16,
    },
    Respond {
        stream: usize,
        octets: u8,
    },
    Reset {
        stream: usize,
    },
    Release {
        stream: usize,
    },
    // The world.
    Write,
    Wait {
        millis: u16,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let stream = || 0..6_usize;
    prop_oneof![
        2 => prop::option::weighted(0.3, 0..4000_u16).prop_map(|declared| Step::Open { declared }),
        6 => (stream(), 0..3000_u16, prop::option::of(any::<u8>()), prop::bool::weighted(0.1))
            .prop_map(|(stream, octets, padding, end)| Step::Data { stream, octets, padding, end }),
        1 => stream().prop_map(|stream| Step::Trailers { stream }),
        1 => stream().prop_map(|stream| Step::ClientReset { stream }),
        1 => (stream(), 1..100_u16).prop_map(|(stream, octets)| Step::Grow { stream, octets }),
        8 => (1..5000_u16).prop_map(|octets| Step::Arrive { octets }),
        3 => (stream(), 0..4000_u16).prop_map(|(stream, consume)| Step::Read { stream, consume }),
        2 => (stream(), any::<u8>()).prop_map(|(stream, octets)| Step::Respond { stream, octets }),
        1 => stream().prop_map(|stream| Step::Reset { stream }),
        1 => stream().prop_map(|stream| Step::Release { stream }),
        3 => Just(Step::Write),
        1 => (0..2000_u16).prop_map(|millis| Step::Wait { millis }),
    ]
}

/// A stream as the client sees it.
#[derive(Debug)]
struct Client {
    id: u32,
    /// Octets it may send.
    window: i64,
    /// It may send more.
    open: bool,
}

/// A stream as the application sees it.
#[derive(Debug)]
struct Handler {
    key: StreamKey,
    /// Read, and not yet consumed.
    held: u32,
}

struct World {
    connection: Connection,
    now: Duration,
    /// Written by the client, not arrived.
    under_way: Vec<u8>,
    arrived: BytesMut,
    clients: Vec<Client>,
    handlers: BTreeMap<u32, Handler>,
    written: Vec<u8>,
    /// Octets of DATA the client has written.
    sent: u64,
    /// Increments it was given on the connection.
    credited: u64,
}

impl World {
    fn new(response_window: u32) -> Self {
        let mut config = Config::default();
        config.set_initial_connection_window(WINDOW).unwrap();
        config.set_initial_stream_window(STREAM_WINDOW).unwrap();
        let mut limits = Limits::default();
        limits.set_abuse_burst(1_000_000).unwrap();
        limits.set_linger_octets(2_000).unwrap();
        let mut world = Self {
            connection: Connection::new(config, limits),
            now: Duration::ZERO,
            under_way: PREFACE.to_vec(),
            arrived: BytesMut::new(),
            clients: Vec::new(),
            handlers: BTreeMap::new(),
            written: Vec::new(),
            sent: 0,
            credited: 0,
        };
        world.say(&format!("SETTINGS initial_window_size={response_window}"));
        world.say("SETTINGS ACK");
        world
    }

    fn say(&mut self, frame: &str) {
        self.under_way.extend(encode_frame(frame).unwrap());
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Open { declared } => {
                self.open(declared);
            }
            Step::Data {
                stream,
                octets,
                padding,
                end,
            } => {
                self.send(stream, octets.into(), padding, end);
            }
            Step::Trailers { stream } => {
                if let Some(client) = self.clients.get_mut(stream).filter(|client| client.open) {
                    client.open = false;
                    let id = client.id;
                    self.say(&format!("HEADERS {id} end_stream end_headers x=y"));
                }
            }
            Step::ClientReset { stream } => {
                if let Some(client) = self.clients.get_mut(stream).filter(|client| client.open) {
                    client.open = false;
                    let id = client.id;
                    self.say(&format!("RST_STREAM {id} CANCEL"));
                }
            }
            Step::Grow { stream, octets } => {
                if let Some(client) = self.clients.get(stream) {
                    let id = client.id;
                    self.say(&format!("WINDOW_UPDATE {id} +{octets}"));
                }
            }
            Step::Arrive { octets } => self.arrive(octets.into()),
            Step::Read { stream, consume } => self.read(stream, consume.into()),
            Step::Respond { stream, octets } => {
                if let Some(key) = self.key(stream) {
                    let head = Head::response(StatusCode::OK, HeaderMap::new());
                    let body = Body::Whole(vec![b'r'; octets.into()].into());
                    // A second answer is refused, which is as well.
                    let _ = self.connection.respond(key, head, body);
                }
            }
            Step::Reset { stream } => {
                if let Some(key) = self.key(stream) {
                    self.connection.reset(key, ErrorCode::CANCEL);
                }
            }
            Step::Release { stream } => {
                if let Some(key) = self.key(stream) {
                    self.connection.release(key);
                }
            }
            Step::Write => self.write(),
            Step::Wait { millis } => {
                self.now += Duration::from_millis(millis.into());
                self.connection.handle_timeout(self.now);
            }
        }
    }

    fn open(&mut self, declared: Option<u16>) -> usize {
        let id = self.clients.len() as u32 * 2 + 1;
        let length = declared.map_or_else(String::new, |octets| format!("content-length={octets}"));
        self.say(&format!(
            "HEADERS {id} end_headers :method=POST :scheme=http :path=/ :authority=a {length}"
        ));
        self.clients.push(Client {
            id,
            window: STREAM_WINDOW.into(),
            open: true,
        });
        self.clients.len() - 1
    }

    /// Writes DATA, no more than both windows allow. Returns the octets it takes of them.
    fn send(&mut self, stream: usize, octets: usize, padding: Option<u8>, end: bool) -> u64 {
        let connection = i64::from(WINDOW) + self.credited as i64 - self.sent as i64;
        let Some(client) = self.clients.get_mut(stream).filter(|client| client.open) else {
            return 0;
        };
        let padding_octets = padding.map_or(0, |padding| usize::from(padding) + 1);
        let room = connection.min(client.window).max(0) as usize;
        if padding_octets > room {
            return 0;
        }
        let octets = octets.min(room - padding_octets);
        let total = (octets + padding_octets) as u64;
        client.window -= total as i64;
        client.open = !end;
        self.sent += total;
        let id = client.id;
        let end = if end { "end_stream" } else { "" };
        let padding = padding.map_or_else(String::new, |padding| format!("pad={padding}"));
        self.say(&format!("DATA {id} {end} {padding} zeros:{octets}"));
        total
    }

    fn arrive(&mut self, octets: usize) {
        let octets = octets.min(self.under_way.len());
        self.arrived.extend(self.under_way.drain(..octets));
        self.connection.handle_input(self.now, &mut self.arrived);
        while let Some(event) = self.connection.poll_event() {
            if let Event::Request { key, stream_id, .. } = event {
                self.handlers
                    .insert(stream_id.get(), Handler { key, held: 0 });
            }
        }
        assert_eq!(self.connection.error(), None, "the traffic is legal");
    }

    fn key(&self, stream: usize) -> Option<StreamKey> {
        Some(self.handlers.get(&(stream as u32 * 2 + 1))?.key)
    }

    fn read(&mut self, stream: usize, consume: u32) {
        let Some(handler) = self.handlers.get_mut(&(stream as u32 * 2 + 1)) else {
            return;
        };
        while let Some(chunk) = self.connection.read(handler.key) {
            handler.held += chunk.len() as u32;
        }
        let consume = consume.min(handler.held);
        handler.held -= consume;
        self.connection.consumed(handler.key, consume);
    }

    /// Takes what is to be written, and lets the client hear it.
    fn write(&mut self) {
        while let Some(out) = self.connection.poll_output() {
            let chunk = out.chunk();
            self.written.extend_from_slice(chunk);
            let octets = chunk.len();
            out.written(octets);
        }
        let mut at = 0;
        while let Some((frame, length)) = RawFrame::decode(&self.written[at..]) {
            at += length;
            let client = self
                .clients
                .iter_mut()
                .find(|client| client.id == frame.stream);
            match frame.kind {
                // RST_STREAM
                3 => {
                    if let Some(client) = client {
                        client.open = false;
                    }
                }
                // GOAWAY
                7 => panic!("the connection ended: {frame:?}"),
                // WINDOW_UPDATE
                8 => {
                    let increment = frame.payload.first_chunk().expect("four octets");
                    let increment = u32::from_be_bytes(*increment);
                    match client {
                        Some(client) => client.window += i64::from(increment),
                        None => self.credited += u64::from(increment),
                    }
                }
                _ => {}
            }
        }
        self.written.drain(..at);
        assert!(
            self.credited <= self.sent,
            "credit for octets that never came"
        );
    }

    /// Everything arrives, every handler reads all and lets go, every stream ends.
    fn finish(&mut self) {
        self.arrive(usize::MAX);
        for stream in 0..self.clients.len() {
            self.read(stream, u32::MAX);
            if let Some(key) = self.key(stream) {
                self.connection.release(key);
            }
            // Also where the client has ended: the response may wait for a window.
            let client = &mut self.clients[stream];
            client.open = false;
            let id = client.id;
            self.say(&format!("RST_STREAM {id} CANCEL"));
        }
        self.arrive(usize::MAX);
        self.write();
        self.now += Duration::from_secs(60);
        self.connection.handle_timeout(self.now);
        self.write();
        assert_eq!(self.connection.stream_count(), 0);
    }

    /// Sends content that is read at once until credit comes: then none is held back, and the sums
    /// must agree.
    fn balance(&mut self) {
        let mut stream = self.open(None);
        for _ in 0..200 {
            let before = self.credited;
            if self.send(stream, 999, None, false) == 0 {
                stream = self.open(None);
                continue;
            }
            self.arrive(usize::MAX);
            self.read(stream, u32::MAX);
            self.write();
            if self.credited > before {
                assert_eq!(self.credited, self.sent, "credit given and octets received");
                return;
            }
        }
        panic!("no credit came");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn credit_given_is_octets_received(
        response_window in prop_oneof![Just(0_u32), Just(100), Just(65_535)],
        steps in prop::collection::vec(step(), 0..120),
    ) {
        let mut world = World::new(response_window);
        steps.into_iter().for_each(|step| world.play(step));
        world.finish();
        world.balance();
    }
}
