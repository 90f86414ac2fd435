//! What an observer hears: frames and octets both ways when it asks for them, ends and limits always.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use eyas_connection::{
    Body, Config, Connection, EndReason, ErrorCode, Event, FrameHeader, Head, Limits, Observer,
    Side, StreamId,
};
use eyas_testkit::{FramePrinter, encode_frame};
use http::{HeaderMap, StatusCode};

#[derive(Debug, Default)]
struct Log {
    wants: bool,
    sent: Vec<u8>,
    received: Vec<u8>,
    frames_sent: Vec<FrameHeader>,
    frames_received: Vec<FrameHeader>,
    said: Vec<String>,
}

impl Observer for Log {
    fn wants_frames(&self) -> bool {
        self.wants
    }
    fn wants_octets(&self) -> bool {
        self.wants
    }
    fn frame_received(&mut self, header: FrameHeader) {
        self.frames_received.push(header);
    }
    fn frame_sent(&mut self, header: FrameHeader) {
        self.frames_sent.push(header);
    }
    fn octets_received(&mut self, octets: &[u8]) {
        self.received.extend_from_slice(octets);
    }
    fn octets_sent(&mut self, octets: &[u8]) {
        self.sent.extend_from_slice(octets);
    }
    fn stream_reset(&mut self, stream_id: StreamId, error_code: ErrorCode, side: Side) {
        self.said
            .push(format!("reset {stream_id} {error_code} {side:?}"));
    }
    fn limit_hit(&mut self, name: &'static str) {
        self.said.push(name.to_owned());
    }
    fn closed(&mut self, reason: EndReason) {
        self.said.push(reason.to_string());
    }
}

fn client(frames: &[&str]) -> Vec<u8> {
    let mut octets = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    for frame in ["SETTINGS", "SETTINGS ACK"].iter().chain(frames) {
        octets.extend(encode_frame(frame).expect("it is a frame"));
    }
    octets
}

const GET: &str = "end_stream end_headers :method=GET :scheme=http :path=/ :authority=a";

/// Gives `input` in pieces of `step` octets, answers every request with 100,000 octets, and writes as
/// `step` says, too.
fn run<O: Observer>(connection: &mut Connection<O>, input: &[u8], step: usize) -> Vec<u8> {
    let (mut buffer, mut written) = (BytesMut::new(), Vec::new());
    for piece in input.chunks(step) {
        buffer.extend_from_slice(piece);
        connection.handle_input(Duration::ZERO, &mut buffer);
        while let Some(event) = connection.poll_event() {
            if let Event::Request { key, .. } = event {
                let head = Head::response(StatusCode::OK, HeaderMap::new());
                let content = Bytes::from(vec![b'x'; 20_000]);
                connection
                    .respond(key, head, Body::Whole(content))
                    .expect("it is the first answer");
                connection.release(key);
            }
        }
        while let Some(out) = connection.poll_output() {
            let len = out.chunk().len().min(step);
            written.extend_from_slice(&out.chunk()[..len]);
            out.written(len);
        }
    }
    written
}

#[test]
fn octets_and_frames_are_told_once_and_in_order() {
    let requests: Vec<String> = [1, 3, 5]
        .iter()
        .map(|id| format!("HEADERS {id} {GET}"))
        .collect();
    let mut frames: Vec<&str> = requests.iter().map(String::as_str).collect();
    frames.push("PING \"12345678\"");
    let input = client(&frames);
    for step in [1, 7, 1000, input.len()] {
        let watched = Log {
            wants: true,
            ..Log::default()
        };
        let mut connection =
            Connection::with_observer(Config::default(), Limits::default(), watched);
        let written = run(&mut connection, &input, step);
        let log = connection.observer();
        assert_eq!(log.received, input, "in pieces of {step}");
        assert!(log.sent == written, "in pieces of {step}");
        let kinds: Vec<String> = log
            .frames_received
            .iter()
            .map(|header| header.kind.to_string())
            .collect();
        assert_eq!(
            kinds,
            [
                "SETTINGS", "SETTINGS", "HEADERS", "HEADERS", "HEADERS", "PING"
            ]
        );
        let printed = FramePrinter::new().feed(&written);
        assert_eq!(log.frames_sent.len(), printed.len());
        for (header, line) in log.frames_sent.iter().zip(&printed) {
            assert!(
                line.starts_with(&header.kind.to_string()),
                "{header:?}: {line}"
            );
        }
    }
}

#[test]
fn who_does_not_ask_is_not_told() {
    let mut connection =
        Connection::with_observer(Config::default(), Limits::default(), Log::default());
    let request = format!("HEADERS 1 {GET}");
    run(&mut connection, &client(&[&request]), 100);
    let log = connection.observer();
    assert!(log.sent.is_empty() && log.received.is_empty());
    assert!(log.frames_sent.is_empty() && log.frames_received.is_empty());
}

#[test]
fn the_answer_to_http_1_is_told() {
    let watched = Log {
        wants: true,
        ..Log::default()
    };
    let mut connection = Connection::with_observer(Config::default(), Limits::default(), watched);
    let written = run(&mut connection, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", 100);
    assert!(written.starts_with(b"HTTP/1.1 400"));
    assert_eq!(connection.observer().sent, written);
    assert_eq!(connection.observer().frames_sent, []);
    assert_eq!(connection.observer().said, ["http1_request"]);
}

#[test]
fn a_box_and_an_option_pass_everything_on() {
    let request = format!("HEADERS 1 {GET}");
    let reset = ["RST_STREAM 1 CANCEL"; 1];
    let input = client(&[&request, reset[0]]);
    let watched: Option<Box<dyn Observer + Send>> = Some(Box::new(Log {
        wants: true,
        ..Log::default()
    }));
    let mut connection = Connection::with_observer(Config::default(), Limits::default(), watched);
    run(&mut connection, &input, input.len());
    let observer = connection.observer().as_ref().expect("it is there");
    assert!(observer.wants_frames() && observer.wants_octets());
    let mut nobody: Option<Log> = None;
    nobody.closed(EndReason::Shutdown);
    assert!(!nobody.wants_frames());
}

#[test]
fn resets_of_either_side_and_limits_are_told() {
    let mut config = Config::default();
    config.set_max_concurrent_streams(1).expect("1 is in range");
    let mut limits = Limits::default();
    limits.set_abuse_burst(10).expect("10 is in range");
    let mut connection = Connection::with_observer(config, limits, Log::default());
    let post = "end_headers :method=POST :scheme=http :path=/ :authority=a";
    let requests = [
        format!("HEADERS 1 {post}"),
        format!("HEADERS 3 {post}"),
        "RST_STREAM 1 CANCEL".to_owned(),
        "SETTINGS 0xff=1".to_owned(),
    ];
    let mut frames: Vec<&str> = requests.iter().map(String::as_str).collect();
    frames.extend(["SETTINGS"; 12]);
    let input = client(&frames);
    let mut buffer = BytesMut::from(&input[..]);
    connection.handle_input(Duration::ZERO, &mut buffer);
    assert_eq!(
        connection.observer().said,
        [
            "max_concurrent_streams",
            "reset 3 REFUSED_STREAM Local",
            "reset 1 CANCEL Peer",
            "abuse_burst",
            "abuse_budget",
        ]
    );
}

#[test]
fn timers_are_told_by_name() {
    let mut limits = Limits::default();
    limits.set_idle_timeout_ms(5_000).expect("it is in range");
    let mut connection = Connection::with_observer(Config::default(), limits, Log::default());
    let mut input = BytesMut::from(&client(&[])[..]);
    connection.handle_input(Duration::ZERO, &mut input);
    while let Some(due) = connection.poll_timeout() {
        connection.handle_timeout(due);
    }
    assert_eq!(
        connection.observer().said,
        ["idle_timeout_ms", "idle_timeout"]
    );
}
