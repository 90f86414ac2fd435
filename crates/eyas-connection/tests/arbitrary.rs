//! Whatever a peer sends: no panic, no hang, and no more memory than the limits say.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use eyas_connection::{Body, Config, Connection, Event, Head, Limits, Priority, StreamKey};
use eyas_testkit::{PREFACE, RawFrame};
use http::{HeaderMap, StatusCode};
use proptest::prelude::*;

const CONTROL_OCTETS: u32 = 1024;
const STREAMS: u32 = 3;

fn connection() -> Connection {
    let (mut config, mut limits) = (Config::default(), Limits::default());
    config.set_max_concurrent_streams(STREAMS).unwrap();
    limits
        .set_max_control_octets_queued(CONTROL_OCTETS)
        .unwrap();
    config.set_enable_connect_protocol(true).unwrap();
    // Our SETTINGS are not acknowledged here, and that would be the end of everything.
    limits.set_settings_timeout_ms(0).unwrap();
    limits.set_idle_timeout_ms(30_000).unwrap();
    limits.set_keep_alive_interval_ms(4_000).unwrap();
    limits.set_max_connection_age_ms(300_000).unwrap();
    Connection::new(config, limits)
}

/// PREFACE and SETTINGS.
fn beginning() -> Vec<u8> {
    [&PREFACE[..], b"\0\0\0\x04\0\0\0\0\0"].concat()
}

/// A frame, its stream counted back from the newest.
#[derive(Clone, Debug)]
enum Said {
    /// A new stream.
    Request {
        flags: u8,
        block: Vec<u8>,
    },
    /// Legal wherever it may be.
    OnStream {
        kind: u8,
        flags: u8,
        back: u32,
        payload: Vec<u8>,
    },
    OnConnection {
        kind: u8,
        flags: u8,
        payload: Vec<u8>,
    },
    Anything(RawFrame),
}

fn said() -> impl Strategy<Value = Said> {
    let block = || {
        prop_oneof![
            // GET http://a/
            4 => Just(b"\x82\x86\x84\x41\x01a".to_vec()),
            // POST http://a/ with a field for the table
            4 => Just(b"\x83\x86\x84\x41\x01a\x40\x01x\x01y".to_vec()),
            // GET http://a/ with priority: u=1
            2 => Just(b"\x82\x86\x84\x41\x01a\0\x08priority\x03u=1".to_vec()),
            // CONNECT https://a/ with :protocol: websocket
            2 => Just(b"\x02\x07CONNECT\0\x09:protocol\x09websocket\x87\x84\x41\x01a".to_vec()),
            // Malformed: no method.
            1 => Just(b"\x86\x84\x41\x01a".to_vec()),
            1 => Just(b"\x40\x01x\x01y".to_vec()),
        ]
    };
    let content = prop_oneof![
        3 => Just(Vec::new()),
        3 => prop::collection::vec(any::<u8>(), 0..300),
        1 => Just(vec![0; 5000]),
    ];
    let number = (1..70_000_u32).prop_map(|number| number.to_be_bytes().to_vec());
    let setting = (
        prop_oneof![Just(1_u8), Just(3), Just(4), Just(6)],
        any::<u16>(),
    )
        .prop_map(|(id, value)| [&[0, id, 0, 0][..], &value.to_be_bytes()].concat());
    prop_oneof![
        30 => (prop_oneof![Just(4_u8), Just(5), Just(0)], block())
            .prop_map(|(flags, block)| Said::Request { flags, block }),
        10 => (prop_oneof![Just(4_u8), Just(0)], block())
            .prop_map(|(flags, payload)| Said::OnStream { kind: 9, flags, back: 0, payload }),
        30 => (prop_oneof![4 => Just(0_u8), 1 => Just(1)], 0..3_u32, content)
            .prop_map(|(flags, back, payload)| Said::OnStream { kind: 0, flags, back, payload }),
        6 => (0..3_u32, block())
            .prop_map(|(back, payload)| Said::OnStream { kind: 1, flags: 5, back, payload }),
        20 => (prop_oneof![Just(3_u8), Just(8)], 0..4_u32, number)
            .prop_map(|(kind, back, payload)| Said::OnStream { kind, flags: 0, back, payload }),
        4 => prop::collection::vec(any::<u8>(), 8).prop_map(|payload| Said::OnConnection { kind: 6, flags: 0, payload }),
        4 => ((1..12_u8), "(u=[0-9]|i|,){0,3}").prop_map(|(stream, value)| {
            let payload = [&[0, 0, 0, stream | 1][..], value.as_bytes()].concat();
            Said::OnConnection { kind: 16, flags: 0, payload }
        }),
        4 => setting.prop_map(|payload| Said::OnConnection { kind: 4, flags: 0, payload }),
        1 => (any::<u8>(), any::<u8>(), 0..10_u32, prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(kind, flags, stream, payload)| Said::Anything(RawFrame { kind, flags, stream, payload })),
    ]
}

/// The octets of a client that begins properly and says this.
fn octets(said: &[Said]) -> Vec<u8> {
    let mut octets = beginning();
    let mut newest = 0_u32;
    let mut in_block = false;
    for said in said {
        // A block that has begun is mostly gone on with, else nothing would ever come behind it.
        let continues = matches!(said, Said::OnStream { kind: 9, .. } | Said::Anything(_));
        if in_block != continues {
            continue;
        }
        let (kind, flags, stream, payload) = match said {
            Said::Request { flags, block } => {
                newest = if newest == 0 { 1 } else { newest + 2 };
                (1, *flags, newest, block)
            }
            Said::OnStream {
                kind,
                flags,
                back,
                payload,
            } => (
                *kind,
                *flags,
                newest.saturating_sub(2 * back).max(1),
                payload,
            ),
            Said::OnConnection {
                kind,
                flags,
                payload,
            } => (*kind, *flags, 0, payload),
            Said::Anything(frame) => (frame.kind, frame.flags, frame.stream, &frame.payload),
        };
        if matches!(kind, 1 | 9) {
            in_block = flags & 4 == 0;
        }
        let payload = payload.clone();
        RawFrame {
            kind,
            flags,
            stream,
            payload,
        }
        .encode(&mut octets);
    }
    octets
}

/// Plays `octets` in pieces, with an application that does by turns whatever may be done.
fn play(octets: &[u8], pieces: &[u16], writes: bool) -> Connection {
    let mut connection = connection();
    let mut input = BytesMut::new();
    let mut keys = Vec::new();
    let mut pieces = pieces.iter().cycle();
    let mut now = Duration::ZERO;
    let mut rest = octets;
    let mut turn = 0;
    while !rest.is_empty() && connection.wants_input() {
        let size = usize::from(*pieces.next().unwrap_or(&u16::MAX)).clamp(1, rest.len());
        let (piece, behind) = rest.split_at(size);
        rest = behind;
        input.extend_from_slice(piece);
        let before = input.len();
        connection.handle_input(now, &mut input);
        assert!(input.len() <= before);
        if connection.wants_input() {
            assert!(input.len() < 9 + 16_384, "a whole frame was left");
        }
        let mut events = 0;
        while let Some(event) = connection.poll_event() {
            events += 1;
            if let Event::Request { key, .. } = event {
                keys.push(key);
            }
        }
        // Nine octets are the smallest frame; closing adds a line for each stream.
        assert!(
            events <= before / 9 * 2 + 2 * keys.len() + 2,
            "{events} events"
        );
        assert!(connection.stream_count() <= 2 * STREAMS as usize);
        if let Some(&key) = keys.get(turn % keys.len().max(1)) {
            act(&mut connection, key, turn);
        }
        if writes {
            write(&mut connection);
        }
        if let Some(due) = connection.poll_timeout()
            && turn % 7 == 0
        {
            now = now.max(due);
            connection.handle_timeout(now);
            assert!(connection.poll_timeout().is_none_or(|next| next > now));
        }
        turn += 1;
    }
    connection
}

/// What an application may do, by turns.
fn act(connection: &mut Connection, key: StreamKey, turn: usize) {
    let head = Head::response(StatusCode::OK, HeaderMap::new());
    match turn % 7 {
        0 => {
            let _ = connection.respond(key, head, Body::Streaming);
        }
        1 => {
            let read = connection.read(key).map_or(0, |chunk| chunk.len());
            connection.consumed(key, read as u32);
        }
        2 => {
            let _ = connection.send_data(key, Bytes::from_static(b"hello"));
        }
        3 => {
            let _ = connection.respond(key, head, Body::Whole(Bytes::from_static(b"whole")));
        }
        4 => {
            let _ = connection.send_end(key);
        }
        5 => connection.set_priority(key, Priority::default()),
        _ => connection.release(key),
    }
}

fn write(connection: &mut Connection) {
    for _ in 0..10_000 {
        let Some(out) = connection.poll_output() else {
            return;
        };
        let octets = out.chunk().len();
        assert!(octets > 0);
        out.written(octets);
    }
    panic!("output without end");
}

/// What must hold at the end of anything.
fn end(mut connection: Connection) {
    connection.close(eyas_connection::EndReason::ClosedByApplication);
    while connection.poll_event().is_some() {}
    write(&mut connection);
    assert!(connection.is_closed());
    assert!(connection.end_reason().is_some());
    assert!(connection.poll_event().is_none());
    assert!(connection.poll_timeout().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn arbitrary_octets_do_no_harm(
        octets in prop::collection::vec(any::<u8>(), 0..2000),
        pieces in prop::collection::vec(1..500_u16, 1..8),
        with_settings in any::<bool>(),
    ) {
        let mut input = if with_settings { beginning() } else { PREFACE.to_vec() };
        input.extend(octets);
        end(play(&input, &pieces, true));
    }

    #[test]
    fn arbitrary_frames_do_no_harm(
        said in prop::collection::vec(said(), 0..80),
        pieces in prop::collection::vec(1..20_000_u16, 1..8),
    ) {
        end(play(&octets(&said), &pieces, true));
    }

    /// The peer reads nothing: answers are bounded, and then so is what is read.
    #[test]
    fn a_peer_that_does_not_read_is_not_read(
        said in prop::collection::vec(said(), 0..200),
        pieces in prop::collection::vec(1..20_000_u16, 1..8),
    ) {
        // Between them, what asks for an answer.
        let ping = Said::OnConnection { kind: 6, flags: 0, payload: vec![7; 8] };
        let said: Vec<Said> = said.into_iter().flat_map(|said| [said, ping.clone()]).collect();
        let input = octets(&said);
        let mut connection = connection();
        let (mut arrived, mut pieces) = (BytesMut::new(), pieces.iter().cycle());
        for piece in input.chunks(usize::from(*pieces.next().unwrap_or(&1))) {
            arrived.extend_from_slice(piece);
            connection.handle_input(Duration::ZERO, &mut arrived);
        }
        let answers = connection.poll_output().map_or(0, |out| out.len());
        // One frame read may have several answers: a reset, credit twice, GOAWAY with its words.
        prop_assert!(answers <= CONTROL_OCTETS as usize + 300, "{answers} octets");
    }
}

/// The control lane fills, reading stops, and goes on where it stopped once the answers have left.
#[test]
fn reading_pauses_while_answers_wait() {
    let mut connection = connection();
    let mut input = BytesMut::from(&beginning()[..]);
    let ping = RawFrame {
        kind: 6,
        flags: 0,
        stream: 0,
        payload: vec![7; 8],
    };
    let mut pings = Vec::new();
    (0..1000).for_each(|_| ping.encode(&mut pings));
    input.extend_from_slice(&pings);
    let mut answers = 0;
    let mut pauses = 0;
    for _ in 0..1000 {
        connection.handle_input(Duration::ZERO, &mut input);
        let left = input.len();
        if !connection.wants_input() {
            pauses += 1;
            connection.handle_input(Duration::ZERO, &mut input);
            assert_eq!(input.len(), left, "nothing is read while the lane is full");
        }
        while let Some(out) = connection.poll_output() {
            assert!(out.len() <= CONTROL_OCTETS as usize + 100);
            answers += out.len();
            let octets = out.chunk().len();
            out.written(octets);
        }
        if input.is_empty() {
            break;
        }
    }
    assert!(input.is_empty() && pauses > 10, "{pauses} pauses");
    assert_eq!(
        answers / 17,
        1000 + 3,
        "each PING is answered; SETTINGS, credit and ACK are 3 more"
    );
}
