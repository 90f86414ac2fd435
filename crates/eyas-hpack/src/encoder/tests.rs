//! The encoder: forms, policy, size updates, and what it keeps in memory.

use alloc::format;
use alloc::vec::Vec;

use super::index::Keys;
use crate::dynamic_table::Mark;
use crate::{
    DefaultPolicy, Encoder, Field, HuffmanMode, Indexing, IndexingPolicy, Plan, Prepared,
    static_table,
};

#[test]
fn the_seven_static_statuses_take_one_octet_and_others_do_from_the_second_time() {
    let mut encoder = Encoder::new(4096);
    for (status, octet) in [
        (200, 0x88),
        (204, 0x89),
        (206, 0x8a),
        (304, 0x8b),
        (400, 0x8c),
        (404, 0x8d),
        (500, 0x8e),
    ] {
        assert_eq!(block(&mut encoder, |e, out| e.status(status, out)), [octet]);
    }
    // RFC 7541 section 6.2.1: 01, name 8.
    let created = block(&mut encoder, |e, out| e.status(201, out));
    assert_eq!(created, b"\x48\x82\x10\x03");
    assert_eq!(block(&mut encoder, |e, out| e.status(201, out)), [0xbe]);
}

#[test]
fn a_status_is_written_in_decimal_whatever_it_is() {
    let mut encoder = Encoder::new(4096);
    encoder.huffman(HuffmanMode::Never);
    for (status, value) in [(0, "0"), (99, "99"), (999, "999"), (u16::MAX, "65535")] {
        let block = block(&mut encoder, |e, out| e.status(status, out));
        assert_eq!(&block[2..], value.as_bytes());
    }
}

#[test]
fn a_repeated_field_takes_one_octet() {
    let mut encoder = Encoder::new(4096);
    let field = Field::new("server", "eyas");
    assert!(one(&mut encoder, field).len() > 1);
    assert_eq!(one(&mut encoder, field), [0xbe]);
}

#[test]
fn a_name_in_the_dynamic_table_is_referred_to() {
    let mut encoder = Encoder::new(4096);
    one(&mut encoder, Field::new("x-served-by", "a"));
    // Another value: no entry yet, and name index 62.
    assert_eq!(
        one(&mut encoder, Field::new("x-served-by", "b")),
        b"\x0f\x2f\x01b"
    );
    let secret = Field::new("x-served-by", "c").sensitive();
    assert_eq!(one(&mut encoder, secret), b"\x1f\x2f\x01c");
}

#[test]
fn what_changes_every_time_does_not_churn_the_table() {
    let mut encoder = Encoder::new(4096);
    one(&mut encoder, Field::new("server", "eyas"));
    for n in 0..1000 {
        one(
            &mut encoder,
            Field::new("date", &format!("Mon, 21 Oct 2013 20:13:{n} GMT")),
        );
        one(&mut encoder, Field::new("content-length", &format!("{n}")));
        one(&mut encoder, Field::new("etag", &format!("\"{n}\"")));
        one(&mut encoder, Field::new("x-request-id", &format!("{n}")));
    }
    let names: Vec<_> = encoder.table().iter().map(|pair| pair.0).collect();
    assert_eq!(names, [&b"x-request-id"[..], b"server"]);
    assert_eq!(one(&mut encoder, Field::new("server", "eyas")), [0xbf]);
}

#[test]
fn a_changing_field_that_stays_the_same_for_a_while_enters_the_table() {
    let mut encoder = Encoder::new(4096);
    let date = Field::new("date", "Mon, 21 Oct 2013 20:13:21 GMT");
    assert_eq!(one(&mut encoder, date)[0], 0x0f, "literal without indexing");
    assert_eq!(one(&mut encoder, date)[0], 0x61, "literal with indexing");
    assert_eq!(one(&mut encoder, date), [0xbe]);
}

#[test]
fn credentials_and_set_cookies_are_never_indexed() {
    let mut encoder = Encoder::new(4096);
    for (name, value, mark) in [
        ("authorization", "Basic eDp5", 0x10),
        ("proxy-authorization", "Basic eDp5", 0x10),
        ("cookie", "id=1", 0x10),
        ("set-cookie", "id=1", 0x10),
    ] {
        for _ in 0..3 {
            let block = one(&mut encoder, Field::new(name, value));
            assert_eq!(block[0] & 0xf0, mark, "{name}");
        }
    }
    assert!(encoder.table().is_empty());
    let long = Field::new("cookie", "session=0123456789abcdef");
    assert_eq!(one(&mut encoder, long)[0], 0x60);
}

#[test]
fn a_sensitive_field_is_never_indexed_even_if_a_table_holds_it() {
    // RFC 7541 section 6.2.3
    let mut encoder = Encoder::new(4096);
    one(&mut encoder, Field::new("server", "eyas"));
    for field in [Field::new(":method", "GET"), Field::new("server", "eyas")] {
        assert_eq!(one(&mut encoder, field.sensitive())[0] & 0xf0, 0x10);
        let forced = block(&mut encoder, |e, out| {
            e.field_with(field.sensitive(), Indexing::Incremental, out);
        });
        assert_eq!(forced[0] & 0xf0, 0x10);
    }
}

#[test]
fn an_entry_that_would_fill_the_table_stays_out() {
    let mut encoder = Encoder::new(400);
    let value = "v".repeat(300);
    one(&mut encoder, Field::new("server", "eyas"));
    assert_eq!(
        one(&mut encoder, Field::new("link", &value))[0] & 0xf0,
        0x00
    );
    assert_eq!(encoder.table().len(), 1);
}

#[test]
fn the_plan_follows_the_name() {
    for (name, expected) in [
        (":path", Plan::IfRepeated),
        ("content-length", Plan::IfRepeated),
        ("content-type", Plan::Index),
        ("date", Plan::IfRepeated),
        ("if-match", Plan::IfRepeated),
        ("if-unmodified-since", Plan::IfRepeated),
        ("last-modified", Plan::IfRepeated),
        ("location", Plan::IfRepeated),
        ("set-cookie", Plan::Never),
        ("proxy-authorization", Plan::Never),
        ("vary", Plan::Index),
    ] {
        let found = static_table::find(name.as_bytes(), b"-").unwrap();
        let field = Field::new(name, "-");
        assert_eq!(
            DefaultPolicy.plan(field, Some(found.index), 4096),
            expected,
            "{name}"
        );
    }
    assert_eq!(
        DefaultPolicy.plan(Field::new("x-anything", "-"), None, 4096),
        Plan::Index
    );
}

#[test]
fn forced_forms_are_kept_to() {
    let mut encoder = Encoder::new(4096);
    let mut forced = |indexing| {
        block(&mut encoder, |e, out| {
            e.field_with(Field::new(":method", "GET"), indexing, out);
        })
    };
    assert_eq!(forced(Indexing::Incremental), [0x82]);
    assert_eq!(forced(Indexing::Without), b"\x02\x03GET");
    assert_eq!(forced(Indexing::Never), b"\x12\x03GET");
}

#[test]
fn huffman_is_used_when_the_mode_says_so() {
    for (mode, value, expected) in [
        (HuffmanMode::Never, "no-cache", &b"\x08\x08no-cache"[..]),
        (
            HuffmanMode::Shorter,
            "no-cache",
            b"\x08\x86\xa8\xeb\x10\x64\x9c\xbf",
        ),
        // Three octets either way.
        (HuffmanMode::Shorter, "307", b"\x08\x03307"),
        (HuffmanMode::Always, "307", b"\x08\x83\x64\x0e\xff"),
        (HuffmanMode::Shorter, "\u{1}", b"\x08\x01\x01"),
        (HuffmanMode::Shorter, "", b"\x08\x00"),
    ] {
        let mut encoder = Encoder::new(4096);
        encoder.huffman(mode);
        let block = block(&mut encoder, |e, out| {
            e.field_with(Field::new(":status", value), Indexing::Without, out);
        });
        assert_eq!(block, expected);
    }
}

#[test]
fn size_updates_say_the_lowest_size_and_then_the_last() {
    // RFC 7541 section 4.2
    for (cap, settings, expected) in [
        (4096, &[][..], &[][..]),
        (4096, &[4096], &[]),
        (4096, &[65_536], &[]),
        (65_536, &[65_536], &[0x3f, 0xe1, 0xff, 0x03]),
        (8192, &[65_536], &[0x3f, 0xe1, 0x3f]),
        (4096, &[0], &[0x20]),
        (4096, &[0, 4096], &[0x20, 0x3f, 0xe1, 0x1f]),
        (4096, &[100, 50, 200], &[0x3f, 0x13, 0x3f, 0xa9, 0x01]),
        (4096, &[200, 100], &[0x3f, 0x45]),
        // Below the cap there is nothing to say.
        (4096, &[8192, 5000], &[]),
        // Our own cap is below what the peer starts from.
        (100, &[], &[0x3f, 0x45]),
        (0, &[], &[0x20]),
        (100, &[4096], &[0x3f, 0x45]),
        (100, &[0], &[0x20]),
        (100, &[0, 4096], &[0x20, 0x3f, 0x45]),
    ] {
        let mut encoder = Encoder::new(cap);
        for &octets in settings {
            encoder.set_peer_table_size(octets);
        }
        let mut out = Vec::new();
        encoder.begin(&mut out);
        assert_eq!(out, expected, "cap {cap}, settings {settings:?}");
        out.clear();
        encoder.begin(&mut out);
        assert!(out.is_empty(), "an update is sent once");
    }
}

#[test]
fn a_table_that_shrinks_forgets_what_no_longer_fits() {
    let mut encoder = Encoder::new(4096);
    for name in ["a", "b", "c"] {
        one(&mut encoder, Field::new(name, "-"));
    }
    encoder.set_peer_table_size(2 * 34);
    assert_eq!(one(&mut encoder, Field::new("c", "-")), [0xbe]);
    assert_eq!(one(&mut encoder, Field::new("b", "-")), [0xbf]);
    assert_eq!(one(&mut encoder, Field::new("a", "-"))[0], 0x40);
}

#[test]
fn nothing_is_allocated_before_the_first_insertion_and_nothing_after_warming_up() {
    let mut encoder = Encoder::new(4096);
    one(&mut encoder, Field::new(":method", "GET"));
    one(&mut encoder, Field::new("set-cookie", "a=b"));
    assert_eq!(encoder.table.heap(), (0, 0));
    assert_eq!(encoder.index.heap(), 0);
    let insert = |encoder: &mut Encoder, from: u32, to: u32| {
        for n in from..to {
            let (name, value) = (format!("n{}", n % 1999), format!("{}", n % 5003));
            let mut out = Vec::new();
            encoder.field_with(Field::new(&name, &value), Indexing::Incremental, &mut out);
        }
    };
    for _ in 0..200 {
        encoder.table.insert(b"", b"", Mark::default());
        encoder
            .index
            .added(Keys::of(Field::new("", ""), 0), &encoder.table);
    }
    insert(&mut encoder, 0, 10_000);
    let warm = (encoder.table.heap(), encoder.index.heap());
    insert(&mut encoder, 10_000, 100_000);
    assert_eq!((encoder.table.heap(), encoder.index.heap()), warm);
}

#[test]
fn a_full_table_still_finds_nearly_everything() {
    let mut encoder = Encoder::new(65_536);
    encoder.set_peer_table_size(65_536);
    let fields: Vec<_> = (0..1500)
        .map(|n| (format!("name-{}", n % 300), format!("value-{n}")))
        .collect();
    let mut out = Vec::new();
    for (name, value) in &fields {
        encoder.field_with(Field::new(name, value), Indexing::Incremental, &mut out);
    }
    let table = encoder.table();
    assert!(table.len() > 1200);
    let lost = table
        .iter()
        .filter(|(name, value)| {
            let field = Field::new(*name, *value);
            encoder
                .index
                .find_pair(Keys::of(field, 0), field, 0, &encoder.table)
                .is_none()
        })
        .count();
    assert!(
        lost * 10 < table.len(),
        "{lost} of {} are out of sight",
        table.len()
    );
}

#[test]
fn a_prepared_field_is_written_as_the_field_itself() {
    let fields = [
        Field::new(":status", "200"),
        Field::new(":status", "418"),
        Field::new("server", "eyas"),
        Field::new("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
        Field::new("content-type", "text/html; charset=utf-8"),
        Field::new("x-own", "\x00\x01 not worth coding"),
        Field::new("x-own", "another"),
        Field::new("x-secret", "value").sensitive(),
        Field::new("authorization", "Basic eDp5"),
        Field::new("", ""),
    ];
    let prepared = fields.map(Prepared::new);
    let (mut one_by_one, mut all_at_once) = (Encoder::new(400), Encoder::new(400));
    for round in 0..3 {
        for (field, prepared) in fields.iter().zip(&prepared) {
            assert_eq!(prepared.field(), *field);
            let expected = one(&mut one_by_one, *field);
            let found = block(&mut all_at_once, |e, out| e.prepared(prepared, out));
            assert_eq!(found, expected, "{field:?} in round {round}");
        }
    }
    assert_eq!(format!("{:?}", prepared[7]), "x-secret: <sensitive>");
}

#[test]
fn a_policy_of_ones_own_decides() {
    struct Fixed(Plan);
    impl IndexingPolicy for Fixed {
        fn plan(&self, field: Field<'_>, static_index: Option<u8>, max_table_size: u32) -> Plan {
            assert_eq!((field.name, static_index), (&b"server"[..], Some(54)));
            assert_eq!(max_table_size, 4096);
            self.0
        }
    }
    for (plan, firsts) in [
        (Plan::Index, [0x76, 0xbe]),
        (Plan::IfRepeated, [0x0f, 0x76]),
        (Plan::Without, [0x0f, 0x0f]),
        (Plan::Never, [0x1f, 0x1f]),
    ] {
        let mut encoder = Encoder::with_policy(4096, Fixed(plan));
        for first in firsts {
            encoder.begin(&mut Vec::new());
            let mut out = Vec::new();
            encoder.field(Field::new("server", "eyas"), &mut out);
            assert_eq!(out[0], first, "{plan:?}");
        }
    }
}

#[test]
fn nothing_that_differs_is_taken_for_the_same() {
    // Strings that a careless hash or comparison would mix up.
    let strings = [
        "",
        "\0",
        "\0\0",
        "a",
        "aa",
        "aaa",
        "aaaaaaaa",
        "aaaaaaaaa",
        "aaaaaaaab",
    ];
    let mut encoder = Encoder::new(65_536);
    encoder.set_peer_table_size(65_536);
    let mut decoder = crate::Decoder::<()>::new(crate::DecoderLimits {
        max_table_size: 65_536,
        ..crate::DecoderLimits::default()
    });
    for _ in 0..3 {
        for name in strings {
            for value in strings {
                let mut out = Vec::new();
                encoder.begin(&mut out);
                encoder.field(Field::new(name, value), &mut out);
                let mut heard = Vec::new();
                let sink = &mut |field: crate::DecodedField<'_>| {
                    heard.push((field.name.to_vec(), field.value.to_vec()));
                };
                let _ = decoder.decode(&out, sink).unwrap();
                assert_eq!(
                    heard,
                    [(name.as_bytes().to_vec(), value.as_bytes().to_vec())]
                );
            }
        }
    }
}

#[test]
fn debug_output_keeps_values_to_itself() {
    let mut encoder = Encoder::new(4096);
    one(&mut encoder, Field::new("server", "tell-tale"));
    assert!(!format!("{encoder:?}").contains("tell-tale"));
}

fn one(encoder: &mut Encoder, field: Field<'_>) -> Vec<u8> {
    block(encoder, |encoder, out| encoder.field(field, out))
}

/// What `write` appends; size updates are not looked at.
fn block(encoder: &mut Encoder, write: impl FnOnce(&mut Encoder, &mut Vec<u8>)) -> Vec<u8> {
    encoder.begin(&mut Vec::new());
    let mut out = Vec::new();
    write(encoder, &mut out);
    out
}
