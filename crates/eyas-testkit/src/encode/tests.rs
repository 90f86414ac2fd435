//! Each form of a frame against its octets, and what has to be refused.

use super::*;
use crate::token::parse_hex;

#[track_caller]
fn check(text: &str, octets: &str) {
    assert_eq!(
        encode_frame(text).unwrap(),
        parse_hex(octets.as_bytes()).unwrap(),
        "{text}"
    );
}

#[test]
fn every_form_gives_the_octets_of_its_diagram() {
    check("SETTINGS", "000000 04 00 00000000");
    check("SETTINGS ACK", "000000 04 01 00000000");
    check(
        "SETTINGS initial_window_size=0 0xff=0x10",
        "00000c 04 00 00000000 | 0004 00000000 00ff 00000010",
    );
    check(
        "DATA 1 end_stream \"hello\"",
        "000005 00 01 00000001 | 68656c6c6f",
    );
    check(
        "DATA 1 pad=2 \"a\" zeros:2",
        "000006 00 08 00000001 | 02 610000 0000",
    );
    check("DATA 3 pad=0", "000001 00 08 00000003 | 00");
    check(
        "HEADERS 1 end_stream end_headers a=b",
        "000005 01 05 00000001 | 00 0161 0162",
    );
    check(
        "HEADERS 1 pad=1 priority=exclusive/3/15 a=b",
        "00000c 01 28 00000001 | 01 80000003 0f 0001610162 00",
    );
    check(
        "HEADERS 1 never a=b never:c=d",
        "00000a 01 00 00000001 | 1001610162 1001630164",
    );
    check(
        "HEADERS 1 never:c=d \"never:c\"=d",
        "000010 01 00 00000001 | 1001630164 00076e657665723a630164",
    );
    check(
        "HEADERS 1 huffman a=302",
        "000006 01 00 00000001 | 00 811f 826402",
    );
    check(
        "HEADERS 1 table_size=256 hex:8286",
        "000005 01 00 00000001 | 3fe101 8286",
    );
    check(
        "HEADERS 1 a=b priority=c",
        "000011 01 00 00000001 | 0001610162 00 087072696f72697479 0163",
    );
    check(
        "HEADERS 1 \"pad\"=1",
        "000007 01 00 00000001 | 00 03706164 0131",
    );
    check(
        "CONTINUATION 1 end_headers raw:\"\\x82\"",
        "000001 09 04 00000001 | 82",
    );
    check(
        "PUSH_PROMISE 1 end_headers promised=2 hex:82",
        "000005 05 04 00000001 | 00000002 82",
    );
    check(
        "PRIORITY 3 dep=1 weight=15 exclusive",
        "000005 02 00 00000003 | 80000001 0f",
    );
    check("RST_STREAM 1 CANCEL", "000004 03 00 00000001 | 00000008");
    check("RST_STREAM 1 0xff", "000004 03 00 00000001 | 000000ff");
    check(
        "PING \"12345678\"",
        "000008 06 00 00000000 | 3132333435363738",
    );
    check("PING ACK zeros:7", "000007 06 01 00000000 | 00000000000000");
    check(
        "GOAWAY last=3 NO_ERROR \"x\"",
        "000009 07 00 00000000 | 00000003 00000000 78",
    );
    check(
        "PRIORITY_UPDATE 5 \"u=0\"",
        "000007 10 00 00000000 | 00000005 753d30",
    );
    check(
        "UNKNOWN type=0xbe flags=0x1 stream=0x80000001 \"x\"",
        "000001 be 01 80000001 | 78",
    );
}

#[test]
fn mistakes_are_named() {
    for mistake in [
        "",
        "data 1",
        "DATA",
        "DATA x",
        "DATA 1 hello",
        "DATA 1 pad=256",
        "PREFACE 1",
        "HEADERS 1 end_strem",
        "HEADERS 1 priority=3",
        "RST_STREAM 1 NOPE",
        "SETTINGS window=1",
        "WINDOW_UPDATE 1 5",
        "PRIORITY 1 weight=1",
        "UNKNOWN type=256 flags=0 stream=0",
        "DATA 1 zeros:16777216",
    ] {
        assert!(encode_frame(mistake).is_err(), "{mistake}");
    }
}
