//! A connection without streams gives its storage back, and goes on as if it had not.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use eyas_connection::{Body, Config, Connection, Event, Head, Limits, StreamKey};
use http::{HeaderMap, StatusCode};

const SECOND: Duration = Duration::from_secs(1);

/// HEADERS of a GET with a field that goes into the table, and is an index from then on.
fn request(id: u8, is_first: bool) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x84];
    if is_first {
        block.extend_from_slice(b"\x41\x01a\x40\x01b\x01c");
    } else {
        block.extend_from_slice(&[0xbf, 0xbe]);
    }
    let mut frame = vec![0, 0, block.len() as u8, 1, 5, 0, 0, 0, id];
    frame.append(&mut block);
    frame
}

/// Answers the one request that is there.
fn answer(connection: &mut Connection) -> (StreamKey, String) {
    let Some(Event::Request { key, request, .. }) = connection.poll_event() else {
        panic!("a request has come");
    };
    let head = Head::response(StatusCode::OK, HeaderMap::new());
    let body = Body::Whole(Bytes::from_static(b"hello"));
    connection.respond(key, head, body).expect("in order");
    connection.release(key);
    while let Some(out) = connection.poll_output() {
        out.written(out.len());
    }
    (key, format!("{request:?}"))
}

#[test]
fn a_second_after_its_last_stream_a_connection_is_at_rest_and_a_request_ends_that() {
    let mut connection = Connection::new(Config::default(), Limits::default());
    let mut octets =
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0".to_vec();
    octets.append(&mut request(1, true));
    connection.handle_input(Duration::ZERO, &mut BytesMut::from(&octets[..]));
    let (first_key, first) = answer(&mut connection);

    let almost = SECOND - Duration::from_millis(1);
    connection.handle_timeout(almost);
    assert!(!connection.is_at_rest());
    assert_eq!(connection.poll_timeout(), Some(SECOND));
    connection.handle_timeout(SECOND);
    assert!(connection.is_at_rest());
    assert!(connection.poll_timeout() > Some(2 * SECOND));

    for id in [3, 5, 7, 9] {
        let octets = request(id, false);
        connection.handle_input(2 * SECOND, &mut BytesMut::from(&octets[..]));
        assert!(!connection.is_at_rest());
        let (key, again) = answer(&mut connection);
        assert_ne!(key, first_key, "a key from before reaches no stream of now");
        assert_eq!(again, first);
    }
    assert_eq!(connection.poll_timeout(), Some(3 * SECOND));
}

#[test]
fn a_connection_at_rest_goes_on_as_one_that_was_always_awake() {
    let mut awake = Connection::new(Config::default(), Limits::default());
    let mut rested = Connection::new(Config::default(), Limits::default());
    let mut octets =
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0".to_vec();
    octets.append(&mut request(1, true));
    let mut keys = Vec::new();
    for id in [1, 3, 5, 7, 9, 11, 13, 15, 17] {
        if id > 1 {
            octets = request(id, false);
        }
        let now = SECOND * id.into();
        awake.handle_input(now, &mut BytesMut::from(&octets[..]));
        rested.handle_input(now, &mut BytesMut::from(&octets[..]));
        rested = *Box::new(rested).rest().expect_err("it has a stream");
        let (expected, (key, got)) = (answer(&mut awake).1, answer(&mut rested));
        assert_eq!(got, expected);
        assert!(
            !keys.contains(&key),
            "a key from before reaches no stream of now"
        );
        keys.push(key);
        assert_eq!(
            rested.wants_rest(),
            id < 15,
            "from the eighth request on it is busy"
        );
        let resting = Box::new(rested).rest().expect("there is nothing to do");
        assert_eq!(resting.stats(), awake.stats());
        rested = resting.resume();
        assert_eq!(rested.poll_timeout(), awake.poll_timeout());
        assert_eq!(rested.stats(), awake.stats());
    }
    rested.handle_timeout(SECOND * 18);
    assert!(rested.is_at_rest() && rested.wants_rest());
}

#[test]
fn what_is_under_way_keeps_a_connection_awake() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0";
    let started = || {
        let mut connection = Box::new(Connection::new(Config::default(), Limits::default()));
        connection.handle_input(Duration::ZERO, &mut BytesMut::from(&preface[..]));
        while let Some(out) = connection.poll_output() {
            out.written(out.len());
        }
        connection
    };
    assert!(started().rest().is_ok());
    let new = Box::new(Connection::new(Config::default(), Limits::default()));
    assert!(new.rest().is_err(), "the preface has not come");
    // Half a frame, a header block that goes on, a PING to answer.
    for octets in [
        &b"\0\0\x08\x06\0"[..],
        b"\0\0\x01\x01\x01\0\0\0\x01\x82",
        b"\0\0\x08\x06\0\0\0\0\0abcdefgh",
    ] {
        let mut connection = started();
        connection.handle_input(Duration::ZERO, &mut BytesMut::from(octets));
        assert!(connection.rest().is_err(), "{octets:?}");
    }
    let mut connection = started();
    connection.shutdown();
    while let Some(out) = connection.poll_output() {
        out.written(out.len());
    }
    assert!(connection.rest().is_err(), "it is about to end");
}

#[test]
fn a_stream_that_stays_open_is_not_looked_at_each_second() {
    let mut connection = Connection::new(Config::default(), Limits::default());
    let mut octets =
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0".to_vec();
    octets.append(&mut request(1, true));
    connection.handle_input(Duration::ZERO, &mut BytesMut::from(&octets[..]));
    connection.handle_timeout(SECOND);
    assert!(!connection.is_at_rest());
    assert!(connection.poll_timeout() > Some(2 * SECOND));
}
