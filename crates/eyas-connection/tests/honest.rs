//! Clients that behave oddly for a good reason, at length: none of them is ever punished.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use eyas_connection::{Body, Config, Connection, EndReason, Event, Head, Limits, StreamKey};
use eyas_testkit::encode_frame;
use http::{HeaderMap, StatusCode};

struct Peer {
    connection: Connection,
}

impl Peer {
    /// A connection with one request, answered by a body that is still to come.
    fn new() -> (Self, StreamKey) {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> (Self, StreamKey) {
        let mut peer = Self {
            connection: Connection::new(Config::default(), limits),
        };
        peer.say(&["PREFACE", "SETTINGS", "SETTINGS ACK"]);
        peer.say(&["HEADERS 1 end_headers :method=POST :scheme=http :path=/ :authority=a"]);
        let Some(Event::Request { key, .. }) = peer.connection.poll_event() else {
            panic!("the request is legal");
        };
        let head = Head::response(StatusCode::OK, HeaderMap::new());
        let told = peer.connection.respond(key, head, Body::Streaming);
        assert_eq!(told, Ok(()));
        peer.hear();
        (peer, key)
    }

    fn say(&mut self, frames: &[&str]) {
        let mut octets = BytesMut::new();
        for frame in frames {
            octets.extend_from_slice(&encode_frame(frame).expect("it is a frame"));
        }
        self.connection.handle_input(Duration::ZERO, &mut octets);
    }

    fn hear(&mut self) {
        while let Some(out) = self.connection.poll_output() {
            let octets = out.len();
            out.written(octets);
        }
    }
}

/// What gRPC's C library does on a stream of small messages (RFC 9113 section 10.5 is about floods).
#[test]
fn credit_given_back_message_by_message_is_no_flood() {
    let (mut peer, key) = Peer::new();
    for message in 0..20_000 {
        let octets = Bytes::from_static(b"\0\0\0\0\x01x");
        assert_eq!(peer.connection.send_data(key, octets), Ok(()));
        peer.hear();
        peer.say(&["WINDOW_UPDATE 1 +6", "WINDOW_UPDATE 0 +6"]);
        assert_eq!(peer.connection.end_reason(), None, "message {message}");
    }
}

/// PING is behind what the transport holds already: a slow reader comes to it late (RFC 9113 section 6.7).
#[test]
fn a_slow_download_is_not_taken_for_a_client_that_is_gone() {
    let mut limits = Limits::default();
    limits.set_keep_alive_interval_ms(10_000).unwrap();
    limits.set_keep_alive_timeout_ms(20_000).unwrap();
    let (mut peer, key) = Peer::with(limits);
    let octets = Bytes::from(vec![0; 60_000]);
    assert_eq!(peer.connection.send_data(key, octets), Ok(()));
    let mut now = 0;
    for _ in 0..40 {
        let out = peer.connection.poll_output().expect("more is to be sent");
        out.written(1000);
        now += 5;
        peer.connection.handle_timeout(Duration::from_secs(now));
        assert_eq!(peer.connection.end_reason(), None, "after {now} s");
    }
    // One that takes nothing any more is.
    for _ in 0..8 {
        now += 5;
        peer.connection.handle_timeout(Duration::from_secs(now));
    }
    let gone = Some(EndReason::KeepAliveTimeout);
    assert_eq!(peer.connection.end_reason(), gone);
}

#[test]
fn credit_for_nothing_is_a_flood() {
    let (mut peer, key) = Peer::new();
    assert_eq!(
        peer.connection.send_data(key, Bytes::from_static(b"x")),
        Ok(())
    );
    peer.hear();
    for _ in 0..20_000 {
        peer.say(&["WINDOW_UPDATE 0 +1"]);
    }
    assert!(peer.connection.end_reason().is_some());
}
