//! The examples of RFC 7541 appendix C, octet for octet, in both directions.

use eyas_hpack::{
    DecodedField, Decoder, DecoderLimits, Encoder, Field, HuffmanMode, Indexing, integer,
};

type Line = (&'static str, &'static str);

#[test]
fn c_1_integers() {
    for (value, octets) in [(10, "0a"), (1337, "1f9a0a")] {
        let octets = hex(octets);
        assert_eq!(integer::decode::<5>(&octets), Ok((value, &[][..])));
        let mut out = Vec::new();
        integer::encode::<5>(u64::from(value), 0, &mut out);
        assert_eq!(out, octets);
    }
    assert_eq!(integer::decode::<8>(&[0x2a]), Ok((42, &[][..])));
}

#[test]
fn c_2_1_literal_with_indexing() {
    single(
        ("custom-key", "custom-header"),
        Indexing::Incremental,
        "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
        55,
    );
}

#[test]
fn c_2_2_literal_without_indexing() {
    single(
        (":path", "/sample/path"),
        Indexing::Without,
        "040c 2f73 616d 706c 652f 7061 7468",
        0,
    );
}

#[test]
fn c_2_3_literal_never_indexed() {
    single(
        ("password", "secret"),
        Indexing::Never,
        "1008 7061 7373 776f 7264 0673 6563 7265 74",
        0,
    );
}

#[test]
fn c_2_4_indexed_field() {
    single((":method", "GET"), Indexing::Incremental, "82", 0);
}

const REQUESTS: [&[Line]; 3] = [
    &[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "www.example.com"),
    ],
    &[
        (":method", "GET"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "www.example.com"),
        ("cache-control", "no-cache"),
    ],
    &[
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "/index.html"),
        (":authority", "www.example.com"),
        ("custom-key", "custom-value"),
    ],
];

const REQUEST_TABLES: [(u32, &[Line]); 3] = [
    (57, &[(":authority", "www.example.com")]),
    (
        110,
        &[
            ("cache-control", "no-cache"),
            (":authority", "www.example.com"),
        ],
    ),
    (
        164,
        &[
            ("custom-key", "custom-value"),
            ("cache-control", "no-cache"),
            (":authority", "www.example.com"),
        ],
    ),
];

const RESPONSES: [&[Line]; 3] = [
    &[
        (":status", "302"),
        ("cache-control", "private"),
        ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
        ("location", "https://www.example.com"),
    ],
    &[
        (":status", "307"),
        ("cache-control", "private"),
        ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
        ("location", "https://www.example.com"),
    ],
    &[
        (":status", "200"),
        ("cache-control", "private"),
        ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
        ("location", "https://www.example.com"),
        ("content-encoding", "gzip"),
        (
            "set-cookie",
            "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
        ),
    ],
];

const RESPONSE_TABLES: [(u32, &[Line]); 3] = [
    (
        222,
        &[
            ("location", "https://www.example.com"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("cache-control", "private"),
            (":status", "302"),
        ],
    ),
    (
        222,
        &[
            (":status", "307"),
            ("location", "https://www.example.com"),
            ("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("cache-control", "private"),
        ],
    ),
    (
        215,
        &[
            (
                "set-cookie",
                "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ),
            ("content-encoding", "gzip"),
            ("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
        ],
    ),
];

#[test]
fn c_3_requests_without_huffman() {
    conversation(
        4096,
        HuffmanMode::Never,
        REQUESTS,
        REQUEST_TABLES,
        [
            "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
            "8286 84be 5808 6e6f 2d63 6163 6865",
            "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        ],
    );
}

#[test]
fn c_4_requests_with_huffman() {
    conversation(
        4096,
        HuffmanMode::Always,
        REQUESTS,
        REQUEST_TABLES,
        [
            "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
            "8286 84be 5886 a8eb 1064 9cbf",
            "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        ],
    );
}

#[test]
fn c_5_responses_without_huffman() {
    conversation(
        256,
        HuffmanMode::Never,
        RESPONSES,
        RESPONSE_TABLES,
        [
            "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
             2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
             6c65 2e63 6f6d",
            "4803 3330 37c1 c0bf",
            "88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
             54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
             5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
             3d31",
        ],
    );
}

#[test]
fn c_6_responses_with_huffman() {
    conversation(
        256,
        HuffmanMode::Always,
        RESPONSES,
        RESPONSE_TABLES,
        [
            "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
             2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
            "4883 640e ffc1 c0bf",
            "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
             77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
             9587 3160 65c0 03ed 4ee5 b106 3d50 07",
        ],
    );
}

/// One field as a block of its own, in both directions.
fn single(line: Line, indexing: Indexing, block: &str, table_size: u32) {
    let block = hex(block);
    let mut encoder = Encoder::new(4096);
    encoder.huffman(HuffmanMode::Never);
    let mut out = Vec::new();
    encoder.begin(&mut out);
    encoder.field_with(Field::new(line.0, line.1), indexing, &mut out);
    assert_eq!(out, block);
    assert_eq!(encoder.table().size(), table_size);

    let mut decoder: Decoder = Decoder::new(DecoderLimits::default());
    let mut sensitive = Vec::new();
    let lines = decode(&mut decoder, &block, |field| {
        sensitive.push(field.sensitive)
    });
    assert_eq!(lines, [(line.0.to_owned(), line.1.to_owned())]);
    assert_eq!(sensitive, [indexing == Indexing::Never]);
    assert_eq!(decoder.table().size(), table_size);
}

/// Three blocks over one pair of tables, in both directions.
fn conversation(
    table_size: u32,
    huffman: HuffmanMode,
    messages: [&[Line]; 3],
    tables: [(u32, &[Line]); 3],
    blocks: [&str; 3],
) {
    let mut encoder = Encoder::new(4096);
    encoder.huffman(huffman);
    encoder.set_peer_table_size(table_size);
    // The RFC's peers agree on 256 octets outside of the blocks.
    encoder.begin(&mut Vec::new());
    let mut decoder: Decoder = Decoder::new(DecoderLimits {
        max_table_size: table_size,
        ..DecoderLimits::default()
    });
    for ((lines, (size, table)), block) in messages.into_iter().zip(tables).zip(blocks) {
        let block = hex(block);
        let mut out = Vec::new();
        encoder.begin(&mut out);
        for line in lines {
            let field = Field::new(line.0, line.1);
            encoder.field_with(field, Indexing::Incremental, &mut out);
        }
        assert_eq!(out, block);
        assert_eq!(decode(&mut decoder, &block, |_| ()), owned(lines));
        for view in [encoder.table(), decoder.table()] {
            assert_eq!(view.size(), size);
            assert_eq!(view.iter().map(text).collect::<Vec<_>>(), owned(table));
        }
    }
}

fn decode(
    decoder: &mut Decoder,
    block: &[u8],
    mut look: impl FnMut(&DecodedField<'_>),
) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let summary = decoder.decode(block, &mut |field: DecodedField<'_>| {
        look(&field);
        lines.push(text((field.name, field.value)));
    });
    let summary = summary.expect("an example of the RFC is well formed");
    assert_eq!(summary.exceeded, None);
    lines
}

fn owned(lines: &[Line]) -> Vec<(String, String)> {
    lines
        .iter()
        .map(|line| (line.0.to_owned(), line.1.to_owned()))
        .collect()
}

fn text((name, value): (&[u8], &[u8])) -> (String, String) {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).expect("examples are ASCII");
    (text(name), text(value))
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
