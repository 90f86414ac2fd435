//! Small exchanges and the text they become.

use eyas_frame::{Headers, StreamId};
use eyas_hpack::{Encoder, Field as HpackField};
use eyas_testkit::encode_frame;

use super::*;

/// What `direction` makes of the frames, a second and a half after the connection began.
fn trace(direction: &mut Direction, octets: &[u8]) -> String {
    let mut text = String::new();
    direction.feed(octets, STAMP, &mut text);
    text
}

fn octets(frames: &[&str]) -> Vec<u8> {
    let encode = |frame: &&str| encode_frame(frame).expect("the test's frame is well formed");
    frames.iter().flat_map(encode).collect()
}

const STAMP: Stamp = Stamp {
    time: Duration::from_micros(1_500_042),
    connection: 7,
    arrow: RECEIVED,
};

const CLIENT: [&str; 12] = [
    "PREFACE",
    "SETTINGS initial_window_size=1048576 enable_push=0 0x99=7",
    "WINDOW_UPDATE 0 +983041",
    "HEADERS 1 :method=GET :scheme=https :path=/hello",
    "CONTINUATION 1 end_headers :authority=a authorization=secret cookie=a=b x-odd=\"a\\x1bb\"",
    "DATA 1 end_stream \"hello\"",
    "PRIORITY_UPDATE 1 \"u=2, i\"",
    "RST_STREAM 1 CANCEL",
    "PING \"12345678\"",
    "SETTINGS ACK",
    "UNKNOWN type=0x42 flags=3 stream=5 \"abc\"",
    "GOAWAY last=0 NO_ERROR \"bye\"",
];

const CLIENT_TEXT: &str = r#"[  1.500042] #7 <- connection preface
[  1.500042] #7 <- SETTINGS stream=0 length=18
              INITIAL_WINDOW_SIZE = 1048576
              ENABLE_PUSH = 0
              0x99 = 7
[  1.500042] #7 <- WINDOW_UPDATE stream=0 length=4
              +983041
[  1.500042] #7 <- HEADERS stream=1 length=42
[  1.500042] #7 <- CONTINUATION stream=1 length=59 END_HEADERS
              :method: GET
              :scheme: https
              :path: /hello
              :authority: a
              authorization: <6 octets>
              cookie: <3 octets>
              x-odd: a\x1bb
[  1.500042] #7 <- DATA stream=1 length=5 END_STREAM
[  1.500042] #7 <- PRIORITY_UPDATE stream=0 length=10
              stream 1: u=2, i
[  1.500042] #7 <- RST_STREAM stream=1 length=4
              CANCEL
[  1.500042] #7 <- PING stream=0 length=8
              "12345678"
[  1.500042] #7 <- SETTINGS stream=0 length=0 ACK
[  1.500042] #7 <- 0x42 stream=5 length=3 0x3
[  1.500042] #7 <- GOAWAY stream=0 length=11
              NO_ERROR, last stream 0
              "bye"
"#;

#[test]
fn an_exchange_is_text_that_can_be_read() {
    let text = trace(&mut Direction::received(), &octets(&CLIENT));
    assert_eq!(text, CLIENT_TEXT);
}

#[test]
fn however_octets_are_split_the_text_is_the_same() {
    let octets = octets(&CLIENT);
    for size in [1, 2, 3, 10, 25, 100] {
        let mut direction = Direction::received();
        let text: String = octets
            .chunks(size)
            .map(|part| trace(&mut direction, part))
            .collect();
        assert_eq!(text, CLIENT_TEXT, "parts of {size}");
    }
}

#[test]
fn fields_are_found_again_in_the_table_of_their_direction() {
    let mut encoder = Encoder::new(4096);
    let mut direction = Direction::sent();
    let mut encode = |stream: u32| {
        let mut block = Vec::new();
        encoder.begin(&mut block);
        encoder.status(200, &mut block);
        encoder.field(HpackField::new("server", "eyas"), &mut block);
        let headers = Headers {
            stream_id: StreamId::new(stream).expect("it is a stream"),
            fragment: &block,
            end_stream: true,
            end_headers: true,
            priority: None,
            padding: None,
        };
        let mut octets = Vec::new();
        headers.encode(&mut octets);
        octets
    };
    let (first, second) = (encode(1), encode(3));
    assert!(second.len() < first.len());
    for octets in [first, second] {
        let text = trace(&mut direction, &octets);
        assert!(
            text.ends_with("\n              :status: 200\n              server: eyas\n"),
            "{text}"
        );
    }
}

#[test]
fn a_value_that_is_long_is_cut() {
    let value = "a".repeat(300);
    let octets = octets(&["PREFACE", &format!("HEADERS 1 end_headers x-long={value}")]);
    let text = trace(&mut Direction::received(), &octets);
    let line = text.lines().last().unwrap_or_default();
    assert!(
        line.ends_with("aaa... and 100 octets more") && line.len() < 260,
        "{line}"
    );
}

#[test]
fn after_a_fault_nothing_is_made_up_and_nothing_is_kept() {
    for (begin, words) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "not HTTP/2"),
        // A DATA frame on stream 0.
        (&[0, 0, 1, 0, 0, 0, 0, 0, 0, 1], "PROTOCOL_ERROR"),
        // A frame of 16 MiB.
        (&[0xff, 0xff, 0xff, 4, 0, 0, 0, 0, 0], "FRAME_SIZE_ERROR"),
    ] {
        let mut direction = Direction::received();
        if !begin.starts_with(b"GET") {
            trace(&mut direction, eyas_frame::PREFACE);
        }
        let text = trace(&mut direction, begin);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains(words), "{text}");
        for _ in 0..10 {
            assert_eq!(trace(&mut direction, &[7; 1000]), "");
        }
        assert_eq!(direction.held(), 0);
    }
}

#[test]
fn a_header_block_without_end_is_not_kept_whole() {
    let mut direction = Direction::received();
    let begin = octets(&["PREFACE", "HEADERS 1 a=b"]);
    trace(&mut direction, &begin);
    let more = octets(&["CONTINUATION 1 zeros:16000"]);
    let mut text = String::new();
    for _ in 0..100 {
        text += &trace(&mut direction, &more);
        assert!(direction.held() < 512 * 1024);
    }
    assert_eq!(text.matches("too long for this trace").count(), 1);
    // Frames are still told; fields are not, since the table is out of step.
    let text = trace(&mut direction, &octets(&["CONTINUATION 1 end_headers c=d"]));
    assert!(
        text.contains("CONTINUATION") && !text.contains("c: d"),
        "{text}"
    );
}
