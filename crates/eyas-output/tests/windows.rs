//! How frames are cut: to both windows, to the peer's frame size, and with the end where it belongs.
#![cfg(feature = "std")]

mod common;

use common::{
    FRAME, MIB, all_lines, batch, block, bulk, content, frames, id, incremental, line, ok,
    sequential, take, whole, wide_open, with_windows, words,
};
use eyas_flow_control::{FlowError, WINDOW_MAX};
use eyas_frame::{ErrorCode, FrameType};
use eyas_output::{OutputBuffer, Priority, Waiting};

// Both windows (RFC 9113 section 6.9.1).

#[test]
fn content_is_cut_to_the_smaller_of_both_windows() {
    let mut scheduler = with_windows();
    let first = bulk(&mut scheduler, 1, Priority::default(), 100_000);
    assert_eq!(
        all_lines(&mut scheduler),
        "1:H 1:D16384 1:D16384 1:D16384 1:D16338 1:D45"
    );
    // Now the stream's is the larger one, then the connection's.
    scheduler.grow(first, 7).unwrap();
    assert_eq!(all_lines(&mut scheduler), "");
    scheduler.grow_connection(3).unwrap();
    assert_eq!(all_lines(&mut scheduler), "1:D3");
    scheduler.grow_connection(100).unwrap();
    assert_eq!(all_lines(&mut scheduler), "1:D4");
    assert_eq!(scheduler.flow().connection_available(), 96);
}

#[test]
fn content_is_cut_to_the_frame_size_the_peer_allows() {
    let mut scheduler = wide_open();
    scheduler.set_frame_size_max(20_000);
    whole(&mut scheduler, 1, sequential(3), 45_000);
    assert_eq!(line(&mut scheduler), "1:H 1:D20000 1:D20000 1:D5000$");
    // RFC 9113 section 6.5.2: no less than 16,384.
    scheduler.set_frame_size_max(0);
    whole(&mut scheduler, 3, sequential(3), 20_000);
    assert_eq!(line(&mut scheduler), "3:H 3:D16384 3:D3616$");
}

#[test]
fn content_arrives_whole_and_in_order_whatever_the_windows() {
    let mut scheduler = with_windows();
    let sent = content(200_000);
    let key = scheduler.open(id(1), Priority::default());
    scheduler.whole(key, ok(), sent.clone()).unwrap();
    let mut got = Vec::new();
    for step in 0.. {
        for frame in batch(&mut scheduler, &mut OutputBuffer::new()) {
            if frame.kind == FrameType::DATA {
                got.extend_from_slice(&frame.payload);
            }
        }
        if scheduler.producer(key).unwrap().is_response_complete() {
            break;
        }
        scheduler.grow_connection(1 + step % 7 * 1000).unwrap();
        scheduler.grow(key, 1 + step % 5 * 1500).unwrap();
    }
    assert_eq!(got, sent);
}

#[test]
fn a_closed_connection_window_holds_back_content_and_nothing_else() {
    let mut scheduler = with_windows();
    bulk(&mut scheduler, 1, Priority::default(), 65_535);
    all_lines(&mut scheduler);
    assert_eq!(scheduler.flow().connection_available(), 0);

    let streaming = bulk(&mut scheduler, 3, Priority::default(), 10);
    whole(&mut scheduler, 5, sequential(1), 0);
    let trailers = scheduler.open(id(7), Priority::default());
    scheduler.head(trailers, ok()).unwrap();
    scheduler.trailers(trailers, ok()).unwrap();
    let both = bulk(&mut scheduler, 9, Priority::default(), 10);
    scheduler.trailers(both, ok()).unwrap();
    let hint = scheduler.open(id(11), sequential(0));
    scheduler.informational(hint, ok()).unwrap();
    assert_eq!(line(&mut scheduler), "11:H 5:H$ 3:H 7:H 7:H$ 9:H");

    // Nothing is left that may go, and asking again does not make it so.
    assert!(!scheduler.has_output());
    assert_eq!(line(&mut scheduler), "");
    scheduler.end(streaming).unwrap();
    assert!(!scheduler.has_output());
    let state = scheduler.scheduling_state(streaming).unwrap();
    assert_eq!(state.waiting, Waiting::ConnectionWindow);
    scheduler.grow_connection(15).unwrap();
    assert_eq!(line(&mut scheduler), "3:D10$ 9:D5");
    scheduler.grow_connection(15).unwrap();
    assert_eq!(line(&mut scheduler), "9:D5 9:H$");
}

#[test]
fn a_closed_stream_window_holds_back_its_stream_and_no_other() {
    let mut scheduler = with_windows();
    scheduler.set_initial_window(0).unwrap();
    let first = whole(&mut scheduler, 1, sequential(3), 10);
    let second = whole(&mut scheduler, 3, sequential(3), 10);
    assert_eq!(line(&mut scheduler), "1:H 3:H");
    scheduler.grow(second, 20).unwrap();
    assert_eq!(line(&mut scheduler), "3:D10$");
    scheduler.grow(first, 1).unwrap();
    assert_eq!(line(&mut scheduler), "1:D1");
    scheduler.grow(first, 9).unwrap();
    assert_eq!(line(&mut scheduler), "1:D9$");
}

// The initial window (RFC 9113 section 6.9.2).

#[test]
fn a_smaller_initial_window_makes_windows_negative_and_they_must_be_filled_up_first() {
    let mut scheduler = with_windows();
    let key = bulk(&mut scheduler, 1, Priority::default(), 100_000);
    all_lines(&mut scheduler);
    scheduler.grow_connection(100_000).unwrap();
    scheduler.set_initial_window(30_000).unwrap();
    assert_eq!(
        scheduler.scheduling_state(key).unwrap().window,
        30_000 - 65_535
    );
    scheduler.grow(key, 35_535).unwrap();
    assert!(!scheduler.has_output());
    scheduler.grow(key, 3).unwrap();
    assert_eq!(all_lines(&mut scheduler), "1:D3");
    scheduler.set_initial_window(30_005).unwrap();
    assert_eq!(all_lines(&mut scheduler), "1:D5");
}

#[test]
fn a_smaller_initial_window_stops_streams_that_were_ready() {
    let mut scheduler = wide_open();
    scheduler.set_initial_window(50_000).unwrap();
    for stream in [1, 3, 5] {
        bulk(&mut scheduler, stream, Priority::default(), 100_000);
    }
    assert_eq!(
        line(&mut scheduler),
        "1:H 1:D16384 3:H 3:D16384 5:H 5:D16384 1:D16318"
    );
    scheduler.set_initial_window(20_000).unwrap();
    // One of the three has used more than it now may.
    assert!(scheduler.has_output());
    assert_eq!(line(&mut scheduler), "3:D3616 5:D3616");
    assert!(!scheduler.has_output());
    scheduler.set_initial_window(10).unwrap();
    assert!(
        !scheduler.has_output(),
        "output was announced for closed windows"
    );
    assert_eq!(line(&mut scheduler), "");
}

#[test]
fn a_larger_initial_window_wakes_all_that_waited_in_their_order() {
    let mut scheduler = wide_open();
    scheduler.set_initial_window(0).unwrap();
    for (stream, urgency) in [(1, 6), (3, 2), (5, 6), (7, 2)] {
        bulk(&mut scheduler, stream, incremental(urgency), 100);
    }
    assert_eq!(line(&mut scheduler), "3:H 7:H 1:H 5:H");
    scheduler.set_initial_window(60).unwrap();
    assert_eq!(line(&mut scheduler), "3:D60 7:D60 1:D60 5:D60");
    scheduler.set_initial_window(100).unwrap();
    assert_eq!(line(&mut scheduler), "3:D40 7:D40 1:D40 5:D40");
}

#[test]
fn a_larger_initial_window_that_opens_no_window_announces_no_output() {
    let mut scheduler = with_windows();
    let key = bulk(&mut scheduler, 1, Priority::default(), 100_000);
    all_lines(&mut scheduler);
    scheduler.grow_connection(100_000).unwrap();
    scheduler.set_initial_window(0).unwrap();
    for octets in [10, 20_000, 65_535] {
        scheduler.set_initial_window(octets).unwrap();
        assert!(!scheduler.has_output(), "with {octets}");
        assert_eq!(line(&mut scheduler), "");
        let state = scheduler.scheduling_state(key).unwrap();
        assert_eq!(state.waiting, Waiting::StreamWindow);
    }
    scheduler.set_initial_window(65_536).unwrap();
    assert_eq!(line(&mut scheduler), "1:D1");
}

#[test]
fn a_window_never_exceeds_its_maximum() {
    // RFC 9113 section 6.9.1: a stream error, or a connection error on stream 0.
    let mut scheduler = with_windows();
    let key = scheduler.open(id(1), Priority::default());
    assert_eq!(scheduler.grow(key, 0), Err(FlowError::ZeroIncrement));
    assert_eq!(scheduler.grow(key, WINDOW_MAX), Err(FlowError::Overflow));
    assert_eq!(scheduler.grow(key, WINDOW_MAX - 65_535), Ok(()));
    assert_eq!(scheduler.grow(key, 1), Err(FlowError::Overflow));
    assert_eq!(scheduler.grow_connection(0), Err(FlowError::ZeroIncrement));
    assert_eq!(
        scheduler.grow_connection(WINDOW_MAX),
        Err(FlowError::Overflow)
    );
    assert_eq!(scheduler.grow_connection(WINDOW_MAX - 65_535), Ok(()));
}

#[test]
fn settings_that_push_a_stream_beyond_the_maximum_are_refused() {
    // RFC 9113 section 6.9.2: a connection error of type FLOW_CONTROL_ERROR.
    let mut scheduler = with_windows();
    let key = scheduler.open(id(1), Priority::default());
    scheduler.grow(key, 100).unwrap();
    assert_eq!(scheduler.set_initial_window(WINDOW_MAX - 100), Ok(()));
    assert_eq!(
        scheduler.set_initial_window(WINDOW_MAX - 99),
        Err(FlowError::Overflow)
    );
    assert_eq!(
        scheduler.set_initial_window(WINDOW_MAX + 1),
        Err(FlowError::Overflow)
    );

    // A stream that is gone is not in the way.
    let mut scheduler = with_windows();
    let key = scheduler.open(id(1), Priority::default());
    scheduler.grow(key, 100).unwrap();
    scheduler.remove(key);
    assert_eq!(scheduler.set_initial_window(WINDOW_MAX), Ok(()));
}

// The end (RFC 9113 section 8.1).

#[test]
fn the_end_rides_on_the_head_when_there_is_no_content() {
    let mut scheduler = with_windows();
    whole(&mut scheduler, 1, Priority::default(), 0);
    let key = scheduler.open(id(3), Priority::default());
    scheduler.head(key, ok()).unwrap();
    scheduler.end(key).unwrap();
    assert_eq!(line(&mut scheduler), "1:H$ 3:H$");
}

#[test]
fn the_end_rides_on_the_last_octet_of_content() {
    let mut scheduler = wide_open();
    whole(&mut scheduler, 1, sequential(3), 2 * FRAME);
    assert_eq!(line(&mut scheduler), "1:H 1:D16384 1:D16384$");
    let key = bulk(&mut scheduler, 3, Priority::default(), 10);
    assert_eq!(line(&mut scheduler), "3:H 3:D10");
    scheduler.data(key, content(5)).unwrap();
    scheduler.data(key, content(0)).unwrap();
    scheduler.end(key).unwrap();
    assert_eq!(line(&mut scheduler), "3:D5$");
}

#[test]
fn the_end_has_a_frame_of_its_own_only_when_it_comes_after_the_last_octet() {
    let mut scheduler = with_windows();
    let key = bulk(&mut scheduler, 1, Priority::default(), 65_535);
    all_lines(&mut scheduler);
    scheduler.end(key).unwrap();
    // Both windows are closed: an empty frame needs none (RFC 9113 section 6.9.1).
    assert_eq!(line(&mut scheduler), "1:D0$");

    let key = scheduler.open(id(3), Priority::default());
    scheduler.head(key, ok()).unwrap();
    assert_eq!(line(&mut scheduler), "3:H");
    scheduler.end(key).unwrap();
    assert_eq!(line(&mut scheduler), "3:D0$");
}

#[test]
fn no_empty_frame_is_ever_sent_for_empty_content() {
    let mut scheduler = wide_open();
    let key = bulk(&mut scheduler, 1, Priority::default(), 0);
    scheduler.data(key, content(0)).unwrap();
    assert_eq!(line(&mut scheduler), "1:H");
    scheduler.data(key, content(0)).unwrap();
    assert!(!scheduler.has_output());
    scheduler.end(key).unwrap();
    assert_eq!(line(&mut scheduler), "1:D0$");
}

#[test]
fn content_and_trailers_leave_in_one_batch_and_trailers_come_last() {
    let mut scheduler = wide_open();
    let key = bulk(&mut scheduler, 1, Priority::default(), 20_000);
    scheduler.trailers(key, ok()).unwrap();
    assert_eq!(line(&mut scheduler), "1:H 1:D16384 1:D3616 1:H$");
    let key = scheduler.open(id(3), Priority::default());
    scheduler.head(key, ok()).unwrap();
    assert_eq!(line(&mut scheduler), "3:H");
    scheduler.trailers(key, ok()).unwrap();
    assert_eq!(line(&mut scheduler), "3:H$");
}

#[test]
fn trailers_wait_until_the_windows_have_let_all_content_pass() {
    let mut scheduler = with_windows();
    scheduler.set_initial_window(4).unwrap();
    let key = bulk(&mut scheduler, 1, Priority::default(), 10);
    scheduler.trailers(key, ok()).unwrap();
    assert_eq!(line(&mut scheduler), "1:H 1:D4");
    scheduler.grow(key, 5).unwrap();
    assert_eq!(line(&mut scheduler), "1:D5");
    scheduler.grow(key, 1).unwrap();
    assert_eq!(line(&mut scheduler), "1:D1 1:H$");
}

#[test]
fn informational_heads_come_before_the_final_one() {
    let mut scheduler = wide_open();
    let key = scheduler.open(id(1), Priority::default());
    scheduler.informational(key, block(2)).unwrap();
    scheduler.informational(key, block(3)).unwrap();
    scheduler.whole(key, block(4), content(0)).unwrap();
    let seen = batch(&mut scheduler, &mut OutputBuffer::new());
    assert_eq!(words(&seen), "1:H 1:H 1:H$");
    let lengths: Vec<_> = seen.iter().map(common::Seen::len).collect();
    assert_eq!(lengths, [2, 3, 4]);
}

// Header blocks (RFC 9113 section 4.3).

#[test]
fn header_blocks_are_cut_at_the_frame_size_and_not_before() {
    let cases = [
        (1, "1:H$"),
        (FRAME - 1, "1:H$"),
        (FRAME, "1:H$"),
        (FRAME + 1, "1:H+$ 1:C1"),
        (2 * FRAME, "1:H+$ 1:C16384"),
        (2 * FRAME + 1, "1:H+$ 1:C16384+ 1:C1"),
        (MIB, &format!("1:H+$ {}1:C16384", "1:C16384+ ".repeat(62))),
    ];
    for (len, expected) in cases {
        let mut scheduler = wide_open();
        let key = scheduler.open(id(1), Priority::default());
        let octets = content(len).to_vec();
        scheduler
            .whole(key, common::Block(octets.clone()), content(0))
            .unwrap();
        let seen = batch(&mut scheduler, &mut OutputBuffer::new());
        assert_eq!(words(&seen), expected, "{len} octets");
        let joined: Vec<u8> = seen
            .iter()
            .flat_map(|frame| frame.payload.clone())
            .collect();
        assert_eq!(joined, octets, "{len} octets");
    }
}

#[test]
fn header_blocks_use_the_frame_size_of_the_moment_of_writing() {
    let mut scheduler = wide_open();
    scheduler.set_frame_size_max(40_000);
    for stream in [1, 3] {
        let key = scheduler.open(id(stream), Priority::default());
        scheduler.head(key, block(40_000)).unwrap();
        scheduler.trailers(key, block(20_000)).unwrap();
        scheduler.set_frame_size_max(if stream == 1 { 40_000 } else { 16_384 });
        let expected = match stream {
            1 => "1:H 1:H$",
            _ => "3:H+ 3:C16384+ 3:C7232 3:H+$ 3:C3616",
        };
        assert_eq!(all_lines(&mut scheduler), expected);
    }
}

#[test]
fn frames_of_a_header_block_are_never_interrupted() {
    // RFC 9113 section 4.3: nothing between HEADERS and the last CONTINUATION.
    let mut scheduler = wide_open();
    for stream in [1, 3, 5] {
        let key = scheduler.open(id(stream), Priority::default());
        scheduler.head(key, block(40_000)).unwrap();
        scheduler.data(key, content(MIB)).unwrap();
    }
    let reset = whole(&mut scheduler, 7, sequential(0), 10);
    scheduler.reset_after_end(reset, ErrorCode::NO_ERROR);
    let mut out = OutputBuffer::new();
    for _ in 0..8 {
        scheduler.fill(&mut out);
        let seen = frames(&take(&mut out));
        for pair in seen.windows(2) {
            let open = matches!(pair[0].kind, FrameType::HEADERS | FrameType::CONTINUATION)
                && !pair[0].flags.contains(eyas_frame::Flags::END_HEADERS);
            let continues =
                pair[1].kind == FrameType::CONTINUATION && pair[1].stream == pair[0].stream;
            assert_eq!(open, continues, "{}", words(pair));
        }
    }
}

#[test]
fn a_new_table_size_is_announced_at_the_start_of_the_next_block() {
    // RFC 7541 section 4.2.
    let mut scheduler = wide_open();
    scheduler.set_peer_table_size(0);
    whole(&mut scheduler, 1, Priority::default(), 0);
    whole(&mut scheduler, 3, Priority::default(), 0);
    let seen = batch(&mut scheduler, &mut OutputBuffer::new());
    assert_eq!(seen[0].payload, [0x20, 0x88]);
    assert_eq!(seen[1].payload, [0x88]);
}
