//! A header block that comes again, octet for octet, says what the compression table makes of it now
//! (RFC 7541 section 2.3.2).

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use eyas_connection::{Body, Config, Connection, EndReason, ErrorCode, Event, Head, Limits};
use http::{HeaderMap, StatusCode};

/// GET http://a/, where `a` enters the table.
const FIRST: &[u8] = b"\x82\x86\x84\x41\x01a";

/// The same from the table, whose newest entry it is.
const AGAIN: &[u8] = b"\x82\x86\x84\xbe";

const END_STREAM: u8 = 0x1;

/// A connection that has had [`AGAIN`] often enough to know it.
struct Client {
    connection: Connection,
    next_id: u8,
}

impl Client {
    fn new() -> Self {
        let mut client = Self {
            connection: Connection::new(Config::default(), Limits::default()),
            next_id: 1,
        };
        client.send(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0".to_vec(),
        );
        assert_eq!(client.get(FIRST).as_deref(), Some("http://a/"));
        for _ in 0..4 {
            assert_eq!(client.get(AGAIN).as_deref(), Some("http://a/"));
        }
        client
    }

    fn send(&mut self, octets: Vec<u8>) {
        let mut input = BytesMut::from(&octets[..]);
        self.connection.handle_input(Duration::ZERO, &mut input);
        assert!(input.is_empty() && self.connection.end_reason().is_none());
    }

    fn send_headers(&mut self, id: u8, flags: u8, block: &[u8]) {
        let mut frame = vec![0, 0, block.len() as u8, 1, 4 | flags, 0, 0, 0, id];
        frame.extend_from_slice(block);
        self.send(frame);
    }

    /// Opens a stream.
    fn open(&mut self, flags: u8, block: &[u8]) -> u8 {
        let id = self.next_id;
        self.next_id += 2;
        self.send_headers(id, flags, block);
        id
    }

    /// The target of a whole request, which is answered; `None` if it was refused.
    fn get(&mut self, block: &[u8]) -> Option<String> {
        self.open(END_STREAM, block);
        let Event::Request { key, request, .. } = self.connection.poll_event()? else {
            panic!("a request comes first");
        };
        let head = Head::response(StatusCode::OK, HeaderMap::new());
        let body = Body::Whole(Bytes::from_static(b"hello"));
        self.connection.respond(key, head, body).expect("in order");
        self.connection.release(key);
        while let Some(out) = self.connection.poll_output() {
            out.written(out.len());
        }
        Some(request.uri().to_string())
    }
}

#[test]
fn a_path_that_is_in_no_table_is_heard_again_and_so_is_another() {
    let mut client = Client::new();
    for (path, count) in [(b'x', 4), (b'y', 1), (b'x', 4)] {
        for _ in 0..count {
            let block = [0x82, 0x86, 0x04, 2, b'/', path, 0xbe];
            let due = format!("http://a/{}", char::from(path));
            assert_eq!(client.get(&block), Some(due));
        }
    }
}

#[test]
fn a_block_that_empties_the_table_is_an_error_the_second_time() {
    let mut client = Client::new();
    // A table of 60 octets has room for the host.
    let small = [b"\x3f\x1d", FIRST].concat();
    assert_eq!(client.get(&small).as_deref(), Some("http://a/"));
    let path = [b"\x18/".as_slice(), &[b'p'; 23]].concat();
    let due = format!("http://a/{}", "p".repeat(23));
    for _ in 0..4 {
        let without = [b"\x82\x86\xbe\x04", &path[..]].concat();
        assert_eq!(client.get(&without), Some(due.clone()));
    }
    // Larger than the table (RFC 7541 section 4.4): what stood in it is gone behind the block.
    let emptying = [b"\x82\x86\xbe\x44", &path[..]].concat();
    assert_eq!(client.get(&emptying), Some(due));

    let frame = [&[0, 0, 29, 1, 5, 0, 0, 0, client.next_id][..], &emptying].concat();
    let mut input = BytesMut::from(&frame[..]);
    client.connection.handle_input(Duration::ZERO, &mut input);
    assert!(client.connection.poll_event().is_none());
    let reason = client.connection.end_reason();
    assert_eq!(reason, Some(EndReason::InvalidHeaderBlock));
}

#[test]
fn a_block_of_a_stream_that_was_reset_changes_the_table_for_the_next() {
    let mut client = Client::new();
    let id = client.open(0, AGAIN);
    let Some(Event::Request { key, .. }) = client.connection.poll_event() else {
        panic!("a request has come");
    };
    client.connection.reset(key, ErrorCode::CANCEL);
    client.connection.release(key);
    client.send_headers(id, END_STREAM, b"\x41\x01b");
    while client.connection.poll_event().is_some() {}
    assert_eq!(client.get(AGAIN).as_deref(), Some("http://b/"));
}

#[test]
fn trailers_change_the_table_for_the_next() {
    let mut client = Client::new();
    let id = client.open(0, AGAIN);
    client.send_headers(id, END_STREAM, b"\x40\x01t\x01v");
    while client.connection.poll_event().is_some() {}
    assert_eq!(client.get(AGAIN), None, "there is no host at its index now");
}
