//! Clients that behave oddly for a good reason, at length: none of them is ever punished.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use eyas_connection::{Body, Config, Connection, Event, Head, Limits, StreamKey};
use eyas_testkit::encode_frame;
use http::{HeaderMap, StatusCode};

struct Peer {
    connection: Connection,
}

impl Peer {
    /// A connection with one request, answered by a body that is still to come.
    fn new() -> (Self, StreamKey) {
        let mut peer = Self {
            connection: Connection::new(Config::default(), Limits::default()),
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
