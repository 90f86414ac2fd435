//! The examples of RFC 7541 appendix C, and what has to be refused.

use super::*;
use crate::token::parse_hex;

fn hex(text: &str) -> Vec<u8> {
    parse_hex(text.as_bytes()).unwrap()
}

/// Decodes the blocks in turn with one decoder, and prints the fields of each as `name: value`, one a line.
fn check(decoder: &mut HpackDecoder, blocks: &[(&str, &str)]) {
    for (block, expected) in blocks {
        let items = decoder.decode(&hex(block)).unwrap();
        let lines: Vec<String> = items
            .iter()
            .map(|item| match item {
                HpackItem::TableSize(size) => format!("size {size}"),
                HpackItem::Field(field) => {
                    format!(
                        "{}: {}",
                        String::from_utf8_lossy(&field.name),
                        String::from_utf8_lossy(&field.value)
                    )
                }
            })
            .collect();
        assert_eq!(lines.join("\n"), *expected);
    }
}

#[test]
fn integers_are_those_of_c_1() {
    for (first, bits, value, octets) in [
        (0xe0, 5, 10, "ea"),
        (0, 5, 1337, "1f9a0a"),
        (0, 8, 42, "2a"),
    ] {
        let mut out = Vec::new();
        encode_integer(first, bits, value, &mut out);
        assert_eq!(out, hex(octets));
        assert_eq!(Input(&out).integer(bits).unwrap(), value);
    }
    let mut out = Vec::new();
    encode_integer(0, 7, u32::MAX, &mut out);
    assert_eq!(Input(&out).integer(7).unwrap(), u32::MAX);
}

#[test]
fn representations_are_those_of_c_2() {
    let blocks = [
        (
            "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
            "custom-key: custom-header",
        ),
        ("040c2f73616d706c652f70617468", ":path: /sample/path"),
        ("100870617373776f726406736563726574", "password: secret"),
        ("82", ":method: GET"),
        ("be", "custom-key: custom-header"),
    ];
    check(&mut HpackDecoder::new(), &blocks);
}

#[test]
fn requests_are_those_of_c_3_and_c_4() {
    let first = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com";
    let second = format!("{first}\ncache-control: no-cache");
    let third = ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value";
    let raw = [
        ("828684410f7777772e6578616d706c652e636f6d", first),
        ("828684be58086e6f2d6361636865", &second),
        (
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
            third,
        ),
    ];
    check(&mut HpackDecoder::new(), &raw);
    let huffman = [
        ("828684418cf1e3c2e5f23a6ba0ab90f4ff", first),
        ("828684be5886a8eb10649cbf", &second),
        ("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", third),
    ];
    check(&mut HpackDecoder::new(), &huffman);
}

#[test]
fn responses_with_eviction_are_those_of_c_5_and_c_6() {
    let first = ":status: 302\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:21 GMT\nlocation: https://www.example.com";
    let second = first.replace("302", "307");
    let second = second.as_str();
    let third = ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\nlocation: https://www.example.com\n\
                 content-encoding: gzip\nset-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
    let to_256 = ("3fe101", "size 256");
    let raw = [
        to_256,
        (
            "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f\
             7777772e6578616d706c652e636f6d",
            first,
        ),
        ("4803333037c1c0bf", second),
        (
            "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b42\
             5a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
            third,
        ),
    ];
    check(&mut HpackDecoder::new(), &raw);
    let huffman = [
        to_256,
        (
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
            first,
        ),
        ("4883640effc1c0bf", second),
        (
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af2708\
             7f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            third,
        ),
    ];
    check(&mut HpackDecoder::new(), &huffman);
}

#[test]
fn what_is_encoded_is_decoded_and_marks_sensitive_fields() {
    let plain = HpackField {
        name: b"password".to_vec(),
        value: b"secret".to_vec(),
        never_indexed: true,
    };
    let mut out = Vec::new();
    plain.encode(false, &mut out);
    assert_eq!(out, hex("100870617373776f726406736563726574"));
    let shown = HpackField {
        name: b"x".to_vec(),
        value: b"www.example.com".to_vec(),
        never_indexed: false,
    };
    let mut huffman = Vec::new();
    shown.encode(true, &mut huffman);
    assert!(huffman.ends_with(&hex("8cf1e3c2e5f23a6ba0ab90f4ff")));
    out.extend_from_slice(&huffman);
    let items = HpackDecoder::new().decode(&out).unwrap();
    assert_eq!(items, [HpackItem::Field(plain), HpackItem::Field(shown)]);
}

#[test]
fn malformed_blocks_are_refused() {
    for block in [
        "80",
        "be",
        "ff",
        "ffffffffff7f",
        "4001",
        "0001",
        "00016103",
        "8220",
        "3fe21f",
        "7f80808080808001",
    ] {
        assert!(HpackDecoder::new().decode(&hex(block)).is_err(), "{block}");
    }
}

// RFC 7541 section 4.2: a reduction has to be answered at the beginning of the next block.
#[test]
fn a_reduced_limit_wants_a_size_update_first() {
    let mut decoder = HpackDecoder::new();
    decoder.set_limit(100);
    assert_eq!(
        decoder.decode(&hex("82")),
        Err("table size update is missing".into())
    );
    assert_eq!(
        decoder.decode(&hex("3f4682")),
        Err("table size update to 101, above 100".into())
    );
    assert!(decoder.decode(&hex("2082")).is_ok());
    decoder.set_limit(5_000);
    assert!(decoder.decode(&hex("82")).is_ok());
    assert!(decoder.decode(&hex("3fe92682")).is_ok());
}
