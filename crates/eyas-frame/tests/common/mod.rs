//! Well-formed frames on the wire, put together without the encoder under test.

use proptest::collection::vec;
use proptest::prelude::*;

/// A well-formed frame of any type, as octets: exactly those the encoder would write.
pub(crate) fn wire_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => data(),
        2 => headers(),
        1 => push_promise(),
        6 => short_frame(),
    ]
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    (0_u8..2, padding(), stream(), content()).prop_map(|(end, padding, stream, content)| {
        let flags = end | padded_flag(padding);
        octets(0x0, flags, stream, &padded(padding, &content))
    })
}

fn headers() -> impl Strategy<Value = Vec<u8>> {
    let ends = prop_oneof![Just(0_u8), Just(1), Just(4), Just(5)];
    let parts = (
        ends,
        padding(),
        proptest::option::of(dependency()),
        odd_stream(),
        content(),
    );
    parts.prop_map(|(ends, padding, dependency, stream, fragment)| {
        let mut flags = ends | padded_flag(padding);
        let mut fields = Vec::new();
        if let Some(dependency) = dependency {
            flags |= 0x20;
            fields.extend_from_slice(&dependency);
        }
        fields.extend_from_slice(&fragment);
        octets(0x1, flags, stream, &padded(padding, &fields))
    })
}

fn push_promise() -> impl Strategy<Value = Vec<u8>> {
    let parts = (0_u8..2, padding(), 1_u32..0x4000_0000, stream(), content());
    parts.prop_map(|(end, padding, half, stream, fragment)| {
        let flags = (end << 2) | padded_flag(padding);
        let fields = [&(half * 2).to_be_bytes()[..], &fragment].concat();
        octets(0x5, flags, stream, &padded(padding, &fields))
    })
}

/// The types without padding.
fn short_frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (dependency(), odd_stream()).prop_map(|(dependency, stream)| octets(
            0x2,
            0,
            stream,
            &dependency
        )),
        (any::<[u8; 4]>(), stream()).prop_map(|(code, stream)| octets(0x3, 0, stream, &code)),
        vec(any::<[u8; 6]>(), 0..5).prop_map(|list| octets(0x4, 0, 0, &list.concat())),
        Just(octets(0x4, 1, 0, &[])),
        (0_u8..2, any::<[u8; 8]>()).prop_map(|(ack, payload)| octets(0x6, ack, 0, &payload)),
        (any_stream(), any::<[u8; 4]>(), content()).prop_map(|(last, code, debug_data)| {
            octets(
                0x7,
                0,
                0,
                &[&last.to_be_bytes()[..], &code, &debug_data].concat(),
            )
        }),
        (any_stream(), 1..=0x7fff_ffff_u32).prop_map(|(stream, increment)| octets(
            0x8,
            0,
            stream,
            &increment.to_be_bytes()
        )),
        (0_u8..2, stream(), content()).prop_map(|(end, stream, fragment)| octets(
            0x9,
            end << 2,
            stream,
            &fragment
        )),
        (stream(), content()).prop_map(|(stream, value)| {
            octets(0x10, 0, 0, &[&stream.to_be_bytes()[..], &value].concat())
        }),
        (0x11_u8.., any::<u8>(), any_stream(), content())
            .prop_map(|(kind, flags, stream, payload)| octets(kind, flags, stream, &payload)),
    ]
}

/// A frame with this header and payload.
pub(crate) fn octets(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut octets = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    octets.extend_from_slice(&[kind, flags]);
    octets.extend_from_slice(&stream.to_be_bytes());
    octets.extend_from_slice(payload);
    octets
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => vec(any::<u8>(), 0..24), 1 => vec(any::<u8>(), 0..700)]
}

fn stream() -> impl Strategy<Value = u32> {
    prop_oneof![1_u32..8, 1..=0x7fff_ffff_u32]
}

fn odd_stream() -> impl Strategy<Value = u32> {
    stream().prop_map(|stream| stream | 1)
}

/// A stream or the connection.
fn any_stream() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), stream()]
}

/// Priority fields whose parent is even, so that no odd stream depends on itself.
fn dependency() -> impl Strategy<Value = [u8; 5]> {
    any::<[u8; 5]>().prop_map(|[a, b, c, d, weight]| [a, b, c, d & !1, weight])
}

fn padding() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![
        2 => Just(None),
        1 => (0_u8..4).prop_map(Some),
        1 => any::<u8>().prop_map(Some),
    ]
}

fn padded_flag(padding: Option<u8>) -> u8 {
    if padding.is_some() { 0x8 } else { 0 }
}

fn padded(padding: Option<u8>, content: &[u8]) -> Vec<u8> {
    match padding {
        None => content.to_vec(),
        Some(length) => [&[length], content, &vec![0; usize::from(length)]].concat(),
    }
}
