//! Frames printed, and read back by `encode`.

use super::*;
use crate::encode::encode_frame;
use crate::token::parse_hex;

#[track_caller]
fn check(given: &str, printed: &str) {
    assert_eq!(
        FramePrinter::new().feed(&encode_frame(given).unwrap()),
        [printed]
    );
}

#[test]
fn every_form_comes_back_as_it_was() {
    for text in [
        "SETTINGS",
        "SETTINGS ACK",
        "SETTINGS header_table_size=0 enable_push=0 0xff=16",
        "DATA 1",
        "DATA 1 end_stream pad=5 \"hello\\n\"",
        "DATA 1 zeros:16384",
        "DATA 1 repeat:100:a",
        "DATA 1 hex:00ff80",
        "HEADERS 1 end_stream end_headers pad=3 priority=exclusive/3/15 :method=GET :path=\"/a b\" x=",
        "HEADERS 1 end_headers priority=0/255 table_size=0 table_size=4096 never:cookie=a",
        "HEADERS 1 end_headers \"priority\"=u=1 priority=u=2 \"a=b\"=\"zeros:1\"",
        "PUSH_PROMISE 1 end_headers pad=0 promised=2 :method=GET",
        "PRIORITY 3 dep=1 weight=15 exclusive",
        "PRIORITY 3 dep=0 weight=0",
        "RST_STREAM 1 HTTP_1_1_REQUIRED",
        "RST_STREAM 1 0xe",
        "PING \"12345678\"",
        "PING ACK hex:0102030405060708",
        "GOAWAY last=2147483647 ENHANCE_YOUR_CALM \"too much\"",
        "WINDOW_UPDATE 0 +2147483647",
        "PRIORITY_UPDATE 1 \"u=0, i\"",
        "UNKNOWN type=0xbe flags=0x0 stream=0 \"x\"",
    ] {
        check(text, text);
    }
}

#[test]
fn a_frame_that_breaks_its_form_is_unknown() {
    check(
        "PING \"1234567\"",
        "UNKNOWN type=0x6 flags=0x0 stream=0 \"1234567\"",
    );
    check(
        "UNKNOWN type=0x6 flags=0x2 stream=0 zeros:8",
        "UNKNOWN type=0x6 flags=0x2 stream=0 zeros:8",
    );
    check(
        "UNKNOWN type=0x6 flags=0x0 stream=1 zeros:8",
        "UNKNOWN type=0x6 flags=0x0 stream=1 zeros:8",
    );
    check(
        "UNKNOWN type=0 flags=0 stream=0x80000001",
        "UNKNOWN type=0x0 flags=0x0 stream=0x80000001",
    );
    check(
        "UNKNOWN type=0 flags=8 stream=1 hex:0161",
        "UNKNOWN type=0x0 flags=0x8 stream=1 hex:0161",
    );
    check(
        "UNKNOWN type=0 flags=8 stream=1 hex:02",
        "UNKNOWN type=0x0 flags=0x8 stream=1 hex:02",
    );
    check(
        "UNKNOWN type=4 flags=0 stream=0 \"12345\"",
        "UNKNOWN type=0x4 flags=0x0 stream=0 \"12345\"",
    );
    check(
        "UNKNOWN type=1 flags=0x24 stream=1 \"1234\"",
        "UNKNOWN type=0x1 flags=0x24 stream=1 \"1234\"",
    );
}

#[test]
fn long_unreadable_octets_become_a_count_and_a_sum_that_tells_them_apart() {
    let line = |octets: &[u8]| with_octets(String::new(), octets);
    let (a, mut b) = ([0x81; 100], [0x81; 100]);
    b[99] = 0x82;
    assert!(line(&a).starts_with(" octets=100 sum="), "{}", line(&a));
    assert_ne!(line(&a), line(&b));
}

#[test]
fn a_block_over_several_frames_is_printed_where_it_ends() {
    let mut printer = FramePrinter::new();
    let octets: Vec<u8> = [
        "HEADERS 1 end_stream hex:0001",
        "CONTINUATION 1 hex:6101",
        "CONTINUATION 1 end_headers hex:6282",
    ]
    .iter()
    .flat_map(|frame| encode_frame(frame).unwrap())
    .collect();
    let lines = printer.feed(&octets);
    assert_eq!(
        lines,
        [
            "HEADERS 1 end_stream octets=2",
            "CONTINUATION 1 octets=2",
            "CONTINUATION 1 end_headers a=b :method=GET"
        ]
    );
}

#[test]
fn errors_of_the_block_are_in_the_line() {
    check(
        "HEADERS 1 end_headers hex:80",
        "HEADERS 1 end_headers error=\"index 0\"",
    );
    check(
        "CONTINUATION 1 end_headers hex:82",
        "CONTINUATION 1 end_headers error=\"no header block is unfinished\" :method=GET",
    );
}

#[test]
fn the_table_lives_as_long_as_the_printer() {
    let mut printer = FramePrinter::new();
    let frame = |block: &str| encode_frame(&format!("HEADERS 1 end_headers hex:{block}")).unwrap();
    assert_eq!(
        printer.feed(&frame("4001610162")),
        ["HEADERS 1 end_headers a=b"]
    );
    assert_eq!(printer.feed(&frame("be")), ["HEADERS 1 end_headers a=b"]);
    printer.set_table_limit(10);
    assert_eq!(
        printer.feed(&frame("2abe")),
        ["HEADERS 1 end_headers error=\"index 62 is in no table\""]
    );
    let unfinished = parse_hex(b"000008 06").unwrap();
    assert!(printer.feed(&unfinished).is_empty());
    assert_eq!(printer.unfinished_octets(), 4);
}
