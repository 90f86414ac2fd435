//! The decoder: errors, size updates, limits, and what a field carries.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::{
    BlockSummary, DecodeError, DecodedField, Decoder, DecoderLimits, HuffmanError, Limit,
    Malformed, UnknownField, huffman, integer,
};

#[test]
fn a_malformed_block_is_refused_for_its_own_reason() {
    use DecodeError as E;
    for (block, error) in [
        // RFC 7541 section 6.1: index 0 MUST be treated as a decoding error.
        (&[0x80][..], E::IndexZero),
        // RFC 7541 section 2.3.3: so MUST an index beyond both tables.
        (&[0xbe], E::InvalidIndex),
        (&[0xff, 0x80, 0x01], E::InvalidIndex),
        (&[0x7e, 0x01, b'v'], E::InvalidIndex),
        (&[0x0f, 0x2f, 0x01, b'v'], E::InvalidIndex),
        (&[0x1f, 0x2f, 0x01, b'v'], E::InvalidIndex),
        // RFC 7541 section 5.1
        (&[0xff], E::Truncated),
        (&[0x3f], E::Truncated),
        (
            &[0xff, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            E::IntegerOverflow,
        ),
        (&[0x3f, 0xff, 0xff, 0xff, 0xff, 0x7f], E::IntegerOverflow),
        (&[0xff, 0x80, 0x00], E::IntegerOverlong),
        // RFC 7541 section 5.2
        (&[0x40], E::Truncated),
        (&[0x40, 0x01], E::Truncated),
        (&[0x40, 0x01, b'n'], E::Truncated),
        (&[0x40, 0x01, b'n', 0x02, b'v'], E::Truncated),
        (&[0x41, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x07], E::Truncated),
        (
            &[0x41, 0x81, 0x00],
            E::Huffman(HuffmanError::PaddingNotOnes),
        ),
        (
            &[0x41, 0x82, 0x1f, 0xff],
            E::Huffman(HuffmanError::PaddingTooLong),
        ),
        (
            &[0x41, 0x84, 0xff, 0xff, 0xff, 0xff],
            E::Huffman(HuffmanError::EndOfString),
        ),
        // RFC 7541 section 6.3: an update beyond the limit MUST be treated as a
        // decoding error.
        (&[0x3f, 0xe2, 0x1f], E::SizeUpdateTooLarge),
        // RFC 7541 section 4.2: updates MUST occur at the beginning.
        (&[0x82, 0x20], E::SizeUpdateMisplaced),
        (&[0x20, 0x20, 0x20], E::TooManySizeUpdates),
    ] {
        let decoded = decoder().decode(block, &mut Discard);
        assert_eq!(decoded, Err(error), "{block:02x?}");
    }
}

#[test]
fn an_error_names_its_section_on_one_line() {
    for error in [
        DecodeError::IndexZero,
        DecodeError::SizeUpdateMissing,
        DecodeError::Huffman(HuffmanError::EndOfString),
    ] {
        let line = alloc::format!("{error}");
        assert!(line.contains("RFC 7541 section") && !line.contains('\n'));
    }
}

#[test]
fn an_empty_block_has_no_fields() {
    let summary = decoder().decode(&[], &mut Discard).unwrap();
    assert_eq!(summary, BlockSummary::default());
}

#[test]
fn an_empty_name_is_passed_up() {
    let (lines, _) = lines(&mut decoder(), &[0x00, 0x00, 0x00]);
    assert_eq!(lines, [": "]);
}

#[test]
fn the_table_may_shrink_and_grow_at_the_start_of_a_block() {
    let mut decoder = decoder();
    let _ = lines(&mut decoder, b"\x40\x01n\x01v");
    // 0, which empties the table, then 4096.
    let (lines, _) = lines(&mut decoder, &[0x20, 0x3f, 0xe1, 0x1f, 0x82]);
    assert_eq!(lines, [":method: GET"]);
    assert_eq!(decoder.table().max_size(), 4096);
    assert!(decoder.table().is_empty());
}

#[test]
fn a_lower_limit_must_be_confirmed_by_the_next_block() {
    // RFC 7541 section 4.2
    let lowered = || {
        let mut decoder = decoder();
        decoder.set_max_table_size(100);
        decoder
    };
    assert_eq!(
        lowered().decode(&[0x82], &mut Discard),
        Err(DecodeError::SizeUpdateMissing)
    );
    assert_eq!(
        lowered().decode(&[0x3f, 0x46, 0x82], &mut Discard),
        Err(DecodeError::SizeUpdateTooLarge)
    );
    let mut decoder = lowered();
    assert!(decoder.decode(&[0x3f, 0x45, 0x82], &mut Discard).is_ok());
    assert!(decoder.decode(&[0x82], &mut Discard).is_ok());
    assert_eq!(decoder.table().max_size(), 100);
}

#[test]
fn a_limit_that_dipped_must_be_confirmed_at_its_lowest() {
    // RFC 7541 section 4.2: the smallest maximum MUST be signalled.
    let dipped = || {
        let mut decoder = decoder();
        decoder.set_max_table_size(0);
        decoder.set_max_table_size(50);
        decoder.set_max_table_size(8192);
        decoder
    };
    assert_eq!(
        dipped().decode(&[0x3f, 0xe1, 0x1f], &mut Discard),
        Err(DecodeError::SizeUpdateTooLarge)
    );
    // 50 is not the lowest.
    assert_eq!(
        dipped().decode(&[0x3f, 0x13], &mut Discard),
        Err(DecodeError::SizeUpdateTooLarge)
    );
    let mut decoder = dipped();
    let block = [0x20, 0x3f, 0xe1, 0x3f, 0x82];
    assert!(decoder.decode(&block, &mut Discard).is_ok());
    assert_eq!(decoder.table().max_size(), 8192);
}

#[test]
fn a_limit_that_is_not_below_the_table_needs_no_confirmation() {
    let mut decoder = decoder();
    decoder.set_max_table_size(4096);
    decoder.set_max_table_size(65_536);
    assert!(decoder.decode(&[0x82], &mut Discard).is_ok());
    assert_eq!(decoder.table().max_size(), 4096, "until the peer says so");
}

#[test]
fn a_static_name_is_known_by_index_wherever_it_went() {
    let mut decoder = decoder();
    let mut seen = Vec::new();
    // :method GET; accept: a (inserted); the entry; accept: b by that entry's
    // name (inserted); the new entry; accept spelled out.
    let block = b"\x82\x53\x01a\xbe\x7e\x01b\xbe\x00\x06accept\x01c";
    let sink = &mut |field: DecodedField<'_, u32>| {
        seen.push((field.static_index, field.static_value, field.slot.is_some()));
    };
    let summary = decoder.decode(block, sink).unwrap();
    assert_eq!(summary.fields, 6);
    assert_eq!(
        seen,
        [
            (Some(2), true, false),
            (Some(19), false, true),
            (Some(19), false, true),
            (Some(19), false, true),
            (Some(19), false, true),
            (None, false, false),
        ]
    );
}

#[test]
fn a_slot_stays_with_its_entry_and_leaves_with_it() {
    let mut decoder = Decoder::<u32>::new(DecoderLimits {
        max_table_size: 3 * 34,
        ..DecoderLimits::default()
    });
    let mut next = 0;
    let mut read = |decoder: &mut Decoder<u32>, block: &[u8]| {
        let mut slots = Vec::new();
        let sink = &mut |field: DecodedField<'_, u32>| {
            let slot = field.slot.expect("all fields are in the table");
            if *slot == 0 {
                next += 1;
                *slot = next;
            }
            slots.push((field.name[0], *slot));
        };
        assert!(decoder.decode(block, sink).is_ok());
        slots
    };
    let slots = read(&mut decoder, b"\x40\x01a\x01-\x40\x01b\x01-\x40\x01c\x01-");
    assert_eq!(slots, [(b'a', 1), (b'b', 2), (b'c', 3)]);
    assert_eq!(read(&mut decoder, b"\xc0\xbf\xbe"), slots);
    // d evicts a, e empties the rest but d.
    let slots = read(
        &mut decoder,
        b"\x40\x01d\x01-\x40\x01e\x15123456789012345678901",
    );
    assert_eq!(slots, [(b'd', 4), (b'e', 5)]);
    assert_eq!(read(&mut decoder, b"\xbe\xbf"), [(b'e', 5), (b'd', 4)]);
    // A smaller table, then a larger one, has no slot to show for it.
    assert_eq!(
        read(&mut decoder, b"\x20\x3f\x47\x40\x01a\x01-"),
        [(b'a', 6)]
    );
    assert_eq!(decoder.table().slot(0), Some(&6));
    assert_eq!(decoder.table().slot(1), None);
}

#[test]
fn a_name_may_come_from_the_entry_it_evicts() {
    // RFC 7541 section 4.4
    let mut decoder = Decoder::<u32>::new(DecoderLimits {
        max_table_size: 64,
        ..DecoderLimits::default()
    });
    let _ = lines(&mut decoder, b"\x40\x04name\x041234");
    let (lines, _) = lines(&mut decoder, b"\x7e\x045678\xbe");
    assert_eq!(lines, ["name: 5678", "name: 5678"]);
    assert_eq!(decoder.table().len(), 1);
}

#[test]
fn an_entry_too_large_for_the_table_is_heard_and_empties_it() {
    // RFC 7541 section 4.4: this is not an error.
    let mut decoder = Decoder::<u32>::new(DecoderLimits {
        max_table_size: 64,
        ..DecoderLimits::default()
    });
    let _ = lines(&mut decoder, b"\x40\x01a\x01-");
    let mut slots = Vec::new();
    let block = b"\x40\x01b\x20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    let sink = &mut |field: DecodedField<'_, u32>| slots.push(field.slot.is_some());
    assert!(decoder.decode(block, sink).is_ok());
    assert_eq!(slots, [false]);
    assert!(decoder.table().is_empty() && decoder.table().slot(0).is_none());
}

#[test]
fn each_limit_is_reported_and_silences_the_sink() {
    let limits = DecoderLimits {
        max_list_octets: 200,
        max_fields: 4,
        max_field_octets: 60,
        ..DecoderLimits::default()
    };
    let long = [&b"\x00\x01n\x3d"[..], &[b'v'; 61], b"\x82"].concat();
    let longer = [&b"\x00\x01n\x3c"[..], &[b'v'; 60]].concat();
    for (block, heard, exceeded) in [
        (vec![0x82; 4], 4, None),
        (vec![0x82; 5], 4, Some(Limit::Fields)),
        (long, 0, Some(Limit::FieldOctets)),
        (longer.repeat(2), 2, None),
        (longer.repeat(3), 2, Some(Limit::ListOctets)),
    ] {
        let mut decoder = Decoder::<u32>::new(limits);
        let (lines, summary) = lines(&mut decoder, &block);
        assert_eq!(summary.exceeded, exceeded);
        assert_eq!(lines.len(), heard);
    }
}

#[test]
fn the_summary_counts_all_fields_also_those_withheld() {
    let mut decoder = Decoder::<u32>::new(DecoderLimits {
        max_fields: 1,
        ..DecoderLimits::default()
    });
    let mut block = b"\x82\x40\x01n\x02vv\xbe\x00\x01n\x8c".to_vec();
    block.extend(b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff");
    let (lines, summary) = lines(&mut decoder, &block);
    assert_eq!(lines, [":method: GET"]);
    assert_eq!(summary.fields, 4);
    assert_eq!(summary.octets, 4 * 32 + 10 + 3 + 3 + (1 + 15));
}

#[test]
fn the_table_is_in_step_after_a_block_that_exceeded_a_limit() {
    for huffman in [false, true] {
        let mut decoder = Decoder::<u32>::new(DecoderLimits {
            max_fields: 1,
            max_field_octets: 8,
            ..DecoderLimits::default()
        });
        let mut block = vec![0x82];
        literal(
            &mut block,
            0x40,
            b"long-name-longer-than-the-limit",
            b"v",
            huffman,
        );
        literal(&mut block, 0x40, b"n", &[b'w'; 4000], huffman);
        literal(&mut block, 0x00, b"n", &[b'w'; 5000], huffman);
        let (_, summary) = lines(&mut decoder, &block);
        assert_eq!(summary.exceeded, Some(Limit::Fields));
        assert_eq!(
            decoder.table().len(),
            1,
            "4000 octets evict the first entry"
        );
        assert_eq!(decoder.table().get(0), Some((&b"n"[..], &[b'w'; 4000][..])));

        // A literal beyond the table empties it, also when nobody hears of it.
        for len in [4096, 5000] {
            let mut block = b"\x82\x40\x01n\x01v".to_vec();
            literal(&mut block, 0x40, b"n", &vec![b'w'; len], huffman);
            let _ = lines(&mut decoder, &block);
            assert!(decoder.table().is_empty() && decoder.table().slot(0).is_none());
        }
    }
}

#[test]
fn a_malformed_string_is_refused_also_past_a_limit() {
    let mut decoder = Decoder::<u32>::new(DecoderLimits {
        max_fields: 0,
        ..DecoderLimits::default()
    });
    assert_eq!(
        decoder.decode(b"\x82\x00\x01n\x81\x00", &mut Discard),
        Err(DecodeError::Huffman(HuffmanError::PaddingNotOnes))
    );
}

#[test]
fn a_string_nobody_wants_is_measured_and_not_built() {
    let mut decoder = Decoder::<u32>::new(DecoderLimits {
        max_field_octets: 100,
        ..DecoderLimits::default()
    });
    let mut block = Vec::new();
    literal(&mut block, 0x00, b"n", &vec![b'0'; 1_000_000], true);
    let (lines, summary) = lines(&mut decoder, &block);
    assert!(lines.is_empty());
    assert_eq!(summary.exceeded, Some(Limit::FieldOctets));
    assert_eq!(summary.octets, 1_000_033);
    assert!(
        decoder.scratch.value.capacity() < 8192,
        "room for the table's largest entry"
    );
}

#[test]
fn a_string_of_exactly_the_limit_is_heard() {
    for huffman in [false, true] {
        for (len, heard) in [(100, 1), (101, 0)] {
            let mut decoder = Decoder::<u32>::new(DecoderLimits {
                max_field_octets: 100,
                ..DecoderLimits::default()
            });
            let mut block = Vec::new();
            // Eight-bit codes: the room they might need is beyond the limit.
            literal(&mut block, 0x00, b"n", &vec![b'X'; len], huffman);
            assert_eq!(lines(&mut decoder, &block).0.len(), heard);
        }
    }
}

#[test]
fn scratch_space_is_reused_and_an_excess_given_back() {
    let mut decoder = decoder();
    let mut block = Vec::new();
    literal(&mut block, 0x40, b"name", &[b'v'; 1000], true);
    let _ = lines(&mut decoder, &block);
    let kept = (
        decoder.scratch.name.capacity(),
        decoder.scratch.value.capacity(),
    );
    assert!(kept.0 > 0 && kept.1 >= 1000 && kept.1 <= 4096);
    for _ in 0..100 {
        let _ = lines(&mut decoder, &block);
        let now = (
            decoder.scratch.name.capacity(),
            decoder.scratch.value.capacity(),
        );
        assert_eq!(now, kept);
    }
    block.clear();
    literal(&mut block, 0x00, b"name", &[b'v'; 16_000], true);
    let _ = lines(&mut decoder, &block);
    assert_eq!(decoder.scratch.value.capacity(), 0);
}

#[test]
fn what_is_malformed_is_said_and_remembered() {
    // RFC 9113 section 8.2.1
    for (name, value, malformed) in [
        (&b"name"[..], &b"value"[..], None),
        (b":path", b"/", None),
        (b"x", b"", None),
        (b"x", b"a \t b", None),
        (b"x", b"\x01\x7f\x80\xff", None),
        (b"", b"value", Some(Malformed::Name)),
        (b"Name", b"value", Some(Malformed::Name)),
        (b"na me", b"value", Some(Malformed::Name)),
        (b"na:me", b"value", Some(Malformed::Name)),
        (b"::", b"value", Some(Malformed::Name)),
        (b":", b"value", Some(Malformed::Name)),
        (b"n\xc3\xa4me", b"value", Some(Malformed::Name)),
        (b"x", b"a\0b", Some(Malformed::Value)),
        (b"x", b"a\r\nb", Some(Malformed::Value)),
        (
            b"x",
            b"0123456789abcdef\n0123456789abcdef",
            Some(Malformed::Value),
        ),
        (b"x", b" value", Some(Malformed::Value)),
        (b"x", b"value\t", Some(Malformed::Value)),
        (b"X", b"value\0", Some(Malformed::Name)),
    ] {
        for coded in [false, true] {
            for form in [0x40, 0x00, 0x10] {
                let mut block = Vec::new();
                literal(&mut block, form, name, value, coded);
                // The entry once more, by its index and as a name for another one.
                if form == 0x40 {
                    block.extend(b"\xbe\x7e\x01v");
                }
                let mut seen = Vec::new();
                let sink = &mut |field: DecodedField<'_, u32>| seen.push(field.malformed);
                assert!(decoder().decode(&block, sink).is_ok());
                assert_eq!(seen[0], malformed, "{name:?}: {value:?}");
                if form == 0x40 {
                    let name_only = malformed.filter(|it| *it == Malformed::Name);
                    assert_eq!(seen[1..], [malformed, name_only]);
                }
            }
        }
    }
}

#[test]
fn an_error_is_final() {
    let mut decoder = decoder();
    let first = Err(DecodeError::IndexZero);
    assert_eq!(decoder.decode(&[0x82, 0x80], &mut Discard), first);
    for block in [&[0x82][..], &[], &[0xff]] {
        assert_eq!(decoder.decode(block, &mut Discard), first);
        assert_eq!(
            decoder.decode_fragment(block, &mut Discard).err(),
            first.err()
        );
        assert_eq!(decoder.finish(), first);
    }
}

#[test]
fn a_block_cut_anywhere_is_the_same_block() {
    let mut block = b"\x20\x3f\xe1\x1f\x82".to_vec();
    literal(&mut block, 0x40, b"name", b"www.example.com", true);
    literal(&mut block, 0x00, b"other-name", &[b'v'; 300], true);
    literal(&mut block, 0x10, b"secret", b"plain", false);
    block.extend(b"\xbe\x7e\x01v\x0f\x0e\x01w");
    let (whole, summary) = lines(&mut decoder(), &block);
    for step in 1..block.len() {
        let mut decoder = decoder();
        let mut lines = Vec::new();
        for fragment in block.chunks(step) {
            let sink = &mut |field: DecodedField<'_, u32>| lines.push(alloc::format!("{field:?}"));
            decoder.decode_fragment(fragment, sink).unwrap();
        }
        assert_eq!(decoder.finish(), Ok(summary), "{step} octets a fragment");
        assert_eq!(lines, whole);
    }
    // Short of its end it is no block, unless a field ends there.
    let mut ends = 0;
    for end in 0..block.len() {
        match decoder().decode(&block[..end], &mut Discard) {
            Ok(_) => ends += 1,
            Err(error) => assert_eq!(error, DecodeError::Truncated),
        }
    }
    assert_eq!(ends, 9);
}

#[test]
fn an_update_is_misplaced_wherever_the_block_was_cut() {
    let mut decoder = decoder();
    decoder.decode_fragment(&[0x82], &mut Discard).unwrap();
    assert_eq!(
        decoder.decode_fragment(&[0x20], &mut Discard),
        Err(DecodeError::SizeUpdateMisplaced)
    );
}

#[test]
fn updates_are_counted_over_all_fragments_of_a_block() {
    let mut decoder = decoder();
    for _ in 0..2 {
        decoder.decode_fragment(&[0x20], &mut Discard).unwrap();
    }
    assert_eq!(
        decoder.decode_fragment(&[0x20], &mut Discard),
        Err(DecodeError::TooManySizeUpdates)
    );
}

#[test]
fn a_field_in_fragments_is_kept_up_to_the_limit() {
    let limited = || {
        Decoder::<u32>::new(DecoderLimits {
            max_pending_octets: 20,
            ..DecoderLimits::default()
        })
    };
    // Refused by the length it announces, before it is there.
    let mut decoder = limited();
    assert_eq!(
        decoder.decode_fragment(b"\x00\x01n\x11v", &mut Discard),
        Err(DecodeError::PendingTooLarge)
    );
    assert_eq!(decoder.pending.capacity(), 0);
    assert_eq!(
        limited().decode_fragment(b"\x00\x7f\xff\xff\xff\x7f", &mut Discard),
        Err(DecodeError::PendingTooLarge)
    );
    let mut decoder = limited();
    decoder
        .decode_fragment(b"\x00\x01n\x10v", &mut Discard)
        .unwrap();
    decoder.decode_fragment(&[b'v'; 15], &mut Discard).unwrap();
    assert_eq!(decoder.finish().unwrap().fields, 1);
    // A whole one may be as long as it likes.
    let mut block = Vec::new();
    literal(&mut block, 0x00, b"n", &[b'v'; 100], false);
    assert!(limited().decode(&block, &mut Discard).is_ok());
}

#[test]
fn what_was_kept_of_a_long_field_is_given_back() {
    let mut decoder = decoder();
    let mut block = Vec::new();
    literal(&mut block, 0x00, b"n", &[b'v'; 16_000], false);
    for octet in &block {
        let octet = core::slice::from_ref(octet);
        decoder.decode_fragment(octet, &mut Discard).unwrap();
    }
    assert!(decoder.pending.capacity() >= 16_000);
    let _ = decoder.finish().unwrap();
    assert_eq!(decoder.pending.capacity(), 0);
}

#[test]
fn a_decoder_that_joins_reports_what_it_cannot_know() {
    #[derive(Default)]
    struct Heard(Vec<String>);
    impl crate::Sink<u32> for Heard {
        fn field(&mut self, field: DecodedField<'_, u32>) {
            self.0.push(alloc::format!("{field:?}"));
        }
        fn unknown(&mut self, field: UnknownField<'_>) {
            self.0
                .push(alloc::format!("{} {:?}", field.index, field.value));
        }
    }
    let mut decoder = Decoder::<u32>::joining(DecoderLimits::default());
    let mut heard = Heard::default();
    // An old entry; an old name with a new value, inserted, then by its index, then
    // its name again; the old entry, further back now; a field of ours.
    let block = b"\xbe\x7e\x03new\xbe\x7e\x05newer\xc0\x40\x01a\x01b\xbe\x0f\x2f\x01v";
    let summary = decoder.decode(block, &mut heard).unwrap();
    assert_eq!(
        heard.0,
        [
            "62 None",
            "62 Some([110, 101, 119])",
            "62 Some([110, 101, 119])",
            "62 Some([110, 101, 119, 101, 114])",
            "64 None",
            "a: b",
            "a: b",
            "a: v",
        ]
    );
    assert_eq!(summary.fields, 8);
    // An entry that no table of this size has.
    let beyond = [0xff, 0x80, 0x01];
    let mut decoder = Decoder::<u32>::joining(DecoderLimits {
        max_table_size: 4096,
        ..DecoderLimits::default()
    });
    assert!(
        decoder.decode(&[0xff, 0x3e], &mut Discard).is_ok(),
        "entry 128 of 128"
    );
    assert_eq!(
        decoder.decode(&beyond, &mut Discard),
        Err(DecodeError::InvalidIndex)
    );
    assert_eq!(
        Decoder::<u32>::joining(DecoderLimits::default()).decode(&[0x80], &mut Discard),
        Err(DecodeError::IndexZero)
    );
}

#[test]
fn debug_output_keeps_secrets() {
    let mut out = Vec::new();
    let sink = &mut |field: DecodedField<'_, u32>| out.push(alloc::format!("{field:?}"));
    assert!(decoder().decode(b"\x10\x01n\x06secret", sink).is_ok());
    assert_eq!(out, ["n: <sensitive>"]);
    let mut decoder = decoder();
    let _ = lines(&mut decoder, b"\x40\x01n\x06secret");
    assert!(!alloc::format!("{decoder:?}").contains("secret"));
}

struct Discard;

impl crate::Sink<u32> for Discard {
    fn field(&mut self, _: DecodedField<'_, u32>) {}
}

fn decoder() -> Decoder<u32> {
    Decoder::new(DecoderLimits::default())
}

fn lines(decoder: &mut Decoder<u32>, block: &[u8]) -> (Vec<String>, BlockSummary) {
    let mut lines = Vec::new();
    let sink = &mut |field: DecodedField<'_, u32>| lines.push(alloc::format!("{field:?}"));
    let summary = decoder
        .decode(block, sink)
        .expect("the block is well formed");
    (lines, summary)
}

fn literal(block: &mut Vec<u8>, form: u8, name: &[u8], value: &[u8], coded: bool) {
    block.push(form);
    for text in [name, value] {
        if coded {
            integer::encode::<7>(huffman::encoded_len(text) as u64, 0x80, block);
            huffman::encode(text, block);
        } else {
            integer::encode::<7>(text.len() as u64, 0, block);
            block.extend_from_slice(text);
        }
    }
}

#[test]
fn a_summary_tells_whether_the_table_was_changed() {
    let long_value = [&[0x40, 1, b'a', 0x7f, 0xe1, 0x1f][..], &[b'x'; 4192]].concat();
    let cases: [(&[u8], bool); 7] = [
        (&[0x82], false),
        (&[0x82, 0x04, 1, b'/'], false),
        (&[0x10, 1, b'a', 1, b'b'], false),
        (&[0x40, 1, b'a', 1, b'b'], true),
        (&[0xbe], false),
        (&[0x3f, 0xe1, 0x1f, 0x82], true),
        // Larger than the table, which is empty now (RFC 7541 section 4.4).
        (&long_value, true),
    ];
    let mut decoder = Decoder::<()>::new(DecoderLimits::default());
    for (block, changed) in cases {
        let summary = decoder.decode(block, &mut |_: DecodedField<'_>| {});
        assert_eq!(
            summary.map(|it| it.table_changed),
            Ok(changed),
            "{block:x?}"
        );
    }
    assert_eq!(decoder.table().len(), 0);
}
