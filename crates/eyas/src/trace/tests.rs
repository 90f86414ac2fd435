//! Small exchanges and the text they become.

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

const CLIENT: [&str; 11] = [
    "PREFACE",
    "SETTINGS initial_window_size=1048576 enable_push=0",
    "WINDOW_UPDATE 0 +983041",
    "HEADERS 1 :method=GET :scheme=https :path=/hello",
    "CONTINUATION 1 end_headers :authority=a authorization=secret cookie=a=b",
    "DATA 1 end_stream \"hello\"",
    "PRIORITY_UPDATE 1 u=2",
    "RST_STREAM 1 CANCEL",
    "PING \"12345678\"",
    "SETTINGS ACK",
    "GOAWAY 0 NO_ERROR \"bye\"",
];

const CLIENT_TEXT: &str = "\
[  1.500042] #7 <- connection preface
";

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
        let text: String = octets.chunks(size).map(|part| trace(&mut direction, part)).collect();
        assert_eq!(text, CLIENT_TEXT, "parts of {size}");
    }
}
