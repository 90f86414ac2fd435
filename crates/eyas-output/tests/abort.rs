//! How streams end: by their end, by a reset at once or behind the end, and by the peer's word.
#![cfg(feature = "std")]

mod common;

use common::{
    MIB, batch, block, bulk, content, id, incremental, line, notices, ok, take, whole, wide_open,
    with_windows, words,
};
use eyas_frame::ErrorCode;
use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Field};
use eyas_output::{
    BlockWriter, FieldBlock, FrameWriter, Marks, Notice, OutputBuffer, Priority, Scheduler, State,
    Waiting, WriteError,
};

// A reset at once.

#[test]
fn a_reset_leaves_although_every_window_is_closed() {
    let mut scheduler = with_windows();
    let key = bulk(&mut scheduler, 1, Priority::default(), MIB);
    let parked = bulk(&mut scheduler, 3, Priority::default(), MIB);
    while scheduler.has_output() {
        line(&mut scheduler);
    }
    assert!(scheduler.reset(key, ErrorCode::CANCEL));
    assert!(scheduler.reset(parked, ErrorCode::INTERNAL_ERROR));
    assert_eq!(line(&mut scheduler), "1:R8 3:R2");
    // The windows open, and nothing of the two is left.
    scheduler.grow_connection(100_000).unwrap();
    scheduler.grow(key, 100_000).unwrap();
    scheduler.set_initial_window(500_000).unwrap();
    assert!(!scheduler.has_output());
    assert_eq!(line(&mut scheduler), "");
}

#[test]
fn a_reset_overtakes_everything_but_what_is_already_cut() {
    let mut scheduler = wide_open();
    let key = bulk(&mut scheduler, 1, Priority::default(), MIB);
    bulk(&mut scheduler, 3, common::sequential(0), MIB);
    let mut out = OutputBuffer::new();
    scheduler.fill(&mut out);
    scheduler.reset(key, ErrorCode::CANCEL);
    scheduler.fill(&mut out);
    assert!(!words(&common::frames(&take(&mut out))).contains('R'));
    assert!(words(&batch(&mut scheduler, &mut out)).starts_with("1:R8 3:D"));
}

#[test]
fn a_reset_drops_what_was_queued_heads_and_trailers_included() {
    let mut scheduler = wide_open();
    let key = scheduler.open(id(1), Priority::default());
    scheduler.informational(key, ok()).unwrap();
    scheduler.head(key, ok()).unwrap();
    scheduler.data(key, content(1000)).unwrap();
    scheduler.trailers(key, ok()).unwrap();
    scheduler.reset(key, ErrorCode::REFUSED_STREAM);
    let producer = scheduler.producer(key).unwrap();
    assert_eq!(producer.unconsumed_octets(), 0);
    assert!(producer.is_aborted() && producer.is_response_complete());
    assert_eq!(line(&mut scheduler), "1:R7");
    assert_eq!(scheduler.take_spent(), None);
}

#[test]
fn a_reset_gives_the_windows_to_the_others() {
    let mut scheduler = with_windows();
    let key = bulk(&mut scheduler, 1, Priority::default(), 40_000);
    bulk(&mut scheduler, 3, Priority::default(), 65_535);
    scheduler.reset(key, ErrorCode::CANCEL);
    let mut octets = 0;
    while scheduler.has_output() {
        octets += common::octets_of(&batch(&mut scheduler, &mut OutputBuffer::new()), 3);
    }
    assert_eq!(octets, 65_535);
}

#[test]
fn a_second_reset_and_one_behind_the_end_are_not_sent() {
    let mut scheduler = wide_open();
    let key = bulk(&mut scheduler, 1, Priority::default(), 10);
    let ended = whole(&mut scheduler, 3, Priority::default(), 10);
    assert!(scheduler.reset(key, ErrorCode::CANCEL));
    assert!(!scheduler.reset(key, ErrorCode::INTERNAL_ERROR));
    assert_eq!(line(&mut scheduler), "1:R8 3:H 3:D10$");
    assert!(!scheduler.reset(ended, ErrorCode::CANCEL));
    scheduler.remove(key);
    assert!(!scheduler.reset(key, ErrorCode::CANCEL));
    assert_eq!(line(&mut scheduler), "");
}

#[test]
fn a_stream_the_peer_has_reset_says_nothing_more() {
    let mut scheduler = with_windows();
    let key = bulk(&mut scheduler, 1, Priority::default(), MIB);
    line(&mut scheduler);
    assert!(scheduler.silence(key));
    assert!(!scheduler.silence(key));
    scheduler.grow_connection(100_000).unwrap();
    scheduler.set_initial_window(MIB as u32).unwrap();
    assert!(!scheduler.has_output());
    assert_eq!(notices(&mut scheduler), [Notice::ResponseComplete(key)]);
}

#[test]
fn a_stream_that_is_reset_before_it_said_anything_can_be_reset() {
    let mut scheduler = wide_open();
    let key = scheduler.open(id(1), Priority::default());
    assert!(scheduler.reset(key, ErrorCode::REFUSED_STREAM));
    assert_eq!(line(&mut scheduler), "1:R7");
}

// What is said afterwards.

#[test]
fn what_is_said_after_an_abort_is_swallowed() {
    let mut scheduler = wide_open();
    let key = bulk(&mut scheduler, 1, Priority::default(), 10);
    scheduler.silence(key);
    scheduler.informational(key, ok()).unwrap();
    scheduler.head(key, ok()).unwrap();
    scheduler.data(key, content(10)).unwrap();
    scheduler.trailers(key, ok()).unwrap();
    scheduler.end(key).unwrap();
    scheduler.whole(key, ok(), content(10)).unwrap();
    scheduler.data(key, content(10)).unwrap();
    assert_eq!(scheduler.producer(key).unwrap().unconsumed_octets(), 0);
    assert_eq!(scheduler.room(key), usize::MAX);
    assert!(!scheduler.has_output());
}

#[test]
fn what_is_said_after_the_end_is_an_error_until_the_stream_is_aborted() {
    let mut scheduler = wide_open();
    let key = whole(&mut scheduler, 1, Priority::default(), 10);
    let all = |scheduler: &mut Scheduler<common::Block>| {
        [
            scheduler.data(key, content(1)),
            scheduler.trailers(key, ok()),
            scheduler.end(key),
        ]
    };
    assert_eq!(all(&mut scheduler), [Err(WriteError::AfterEnd); 3]);
    assert_eq!(scheduler.head(key, ok()), Err(WriteError::AfterHead));
    assert_eq!(
        scheduler.whole(key, ok(), content(1)),
        Err(WriteError::AfterHead)
    );
    assert_eq!(
        scheduler.informational(key, ok()),
        Err(WriteError::AfterHead)
    );
    scheduler.silence(key);
    assert_eq!(all(&mut scheduler), [Ok(()); 3]);
}

#[test]
fn what_is_said_after_the_end_has_left_is_an_error_too() {
    let mut scheduler = wide_open();
    let key = whole(&mut scheduler, 1, Priority::default(), 10);
    line(&mut scheduler);
    assert!(!scheduler.silence(key), "there was nothing left to silence");
    assert_eq!(scheduler.data(key, content(1)), Err(WriteError::AfterEnd));
    assert!(!scheduler.has_output());
}

#[test]
fn content_before_the_head_is_an_error() {
    let mut scheduler = wide_open();
    let key = scheduler.open(id(1), Priority::default());
    assert_eq!(scheduler.data(key, content(1)), Err(WriteError::BeforeHead));
    assert_eq!(scheduler.trailers(key, ok()), Err(WriteError::BeforeHead));
    assert_eq!(scheduler.end(key), Err(WriteError::BeforeHead));
    scheduler.informational(key, ok()).unwrap();
    assert_eq!(scheduler.data(key, content(1)), Err(WriteError::BeforeHead));
    assert_eq!(line(&mut scheduler), "1:H");
}

#[test]
fn what_is_said_to_a_stream_that_is_gone_changes_nothing() {
    let mut scheduler = wide_open();
    let key = scheduler.open(id(1), Priority::default());
    scheduler.remove(key);
    let successor = scheduler.open(id(3), Priority::default());
    assert_eq!(successor.index(), key.index());
    scheduler.whole(key, ok(), content(10)).unwrap();
    scheduler.reset_after_end(key, ErrorCode::NO_ERROR);
    scheduler.grow(key, 5).unwrap();
    scheduler.complete_request(key);
    assert!(!scheduler.silence(key));
    assert_eq!(scheduler.scheduling_state(key), None);
    assert!(!scheduler.has_output());
    assert_eq!(notices(&mut scheduler), []);
    let state = scheduler.scheduling_state(successor).unwrap();
    assert_eq!(
        (state.window, state.waiting),
        (0x7fff_ffff, Waiting::Application)
    );
}

// A reset behind the end.

#[test]
fn a_reset_that_follows_the_end_leaves_in_the_same_batch() {
    // RFC 9113 section 8.1: RST_STREAM(NO_ERROR) behind a complete response.
    let mut scheduler = wide_open();
    let key = whole(&mut scheduler, 1, Priority::default(), 10);
    scheduler.reset_after_end(key, ErrorCode::NO_ERROR);
    whole(&mut scheduler, 3, Priority::default(), 10);
    assert_eq!(line(&mut scheduler), "1:H 1:D10$ 3:H 3:D10$ 1:R0");
    assert!(!scheduler.has_output());
}

#[test]
fn a_reset_that_follows_the_end_waits_for_it_as_long_as_it_takes() {
    let mut scheduler = with_windows();
    scheduler.set_initial_window(0).unwrap();
    let key = bulk(&mut scheduler, 1, Priority::default(), 10);
    scheduler.reset_after_end(key, ErrorCode::NO_ERROR);
    assert_eq!(line(&mut scheduler), "1:H");
    scheduler.grow(key, 10).unwrap();
    assert_eq!(line(&mut scheduler), "1:D10");
    scheduler.trailers(key, ok()).unwrap();
    assert_eq!(line(&mut scheduler), "1:H$ 1:R0");
}

#[test]
fn a_reset_asked_for_behind_the_end_leaves_at_once_and_once() {
    let mut scheduler = wide_open();
    let key = whole(&mut scheduler, 1, Priority::default(), 10);
    line(&mut scheduler);
    scheduler.reset_after_end(key, ErrorCode::NO_ERROR);
    scheduler.reset_after_end(key, ErrorCode::CANCEL);
    assert_eq!(line(&mut scheduler), "1:R0");
    scheduler.reset_after_end(key, ErrorCode::NO_ERROR);
    assert!(!scheduler.has_output());
}

#[test]
fn an_abort_takes_the_place_of_the_reset_that_was_to_follow_the_end() {
    let mut scheduler = wide_open();
    let by_us = whole(&mut scheduler, 1, Priority::default(), 10);
    let by_peer = whole(&mut scheduler, 3, Priority::default(), 10);
    for key in [by_us, by_peer] {
        scheduler.reset_after_end(key, ErrorCode::NO_ERROR);
    }
    scheduler.reset(by_us, ErrorCode::INTERNAL_ERROR);
    scheduler.silence(by_peer);
    for key in [by_us, by_peer] {
        scheduler.reset_after_end(key, ErrorCode::NO_ERROR);
    }
    assert_eq!(line(&mut scheduler), "1:R2");
}

// Completion.

#[test]
fn completion_in_either_order_is_told_exactly_once() {
    let mut scheduler = wide_open();
    let response_first = whole(&mut scheduler, 1, Priority::default(), 10);
    line(&mut scheduler);
    assert_eq!(
        notices(&mut scheduler),
        [Notice::ResponseComplete(response_first)]
    );
    scheduler.complete_request(response_first);
    scheduler.complete_request(response_first);
    assert_eq!(notices(&mut scheduler), [Notice::Complete(response_first)]);

    let request_first = bulk(&mut scheduler, 3, Priority::default(), 10);
    scheduler.complete_request(request_first);
    scheduler.complete_request(request_first);
    line(&mut scheduler);
    assert_eq!(notices(&mut scheduler), []);
    scheduler.end(request_first).unwrap();
    line(&mut scheduler);
    assert_eq!(
        notices(&mut scheduler),
        [
            Notice::ResponseComplete(request_first),
            Notice::Complete(request_first)
        ]
    );
    scheduler.silence(request_first);
    scheduler.reset(request_first, ErrorCode::CANCEL);
    assert_eq!(notices(&mut scheduler), []);
}

#[test]
fn an_abort_completes_the_response_exactly_once() {
    let mut scheduler = wide_open();
    let key = bulk(&mut scheduler, 1, Priority::default(), 10);
    scheduler.complete_request(key);
    scheduler.silence(key);
    scheduler.reset(key, ErrorCode::CANCEL);
    assert_eq!(
        notices(&mut scheduler),
        [Notice::ResponseComplete(key), Notice::Complete(key)]
    );
    assert_eq!(line(&mut scheduler), "");
    assert_eq!(notices(&mut scheduler), []);
}

// What can be read.

#[test]
fn the_state_moves_from_unobserved_to_current_when_the_stream_is_visited() {
    let mut scheduler = wide_open();
    let key = bulk(&mut scheduler, 1, Priority::default(), 10);
    let states = |scheduler: &Scheduler<common::Block>| {
        let state = scheduler.scheduling_state(key).unwrap();
        (state.unobserved, state.current, state.unconsumed_octets)
    };
    assert_eq!(states(&scheduler), (State::HEAD, State::NONE, 10));
    line(&mut scheduler);
    assert_eq!(states(&scheduler), (State::NONE, State::HEAD, 0));
    scheduler.end(key).unwrap();
    assert_eq!(states(&scheduler), (State::COMPLETED, State::HEAD, 0));
    line(&mut scheduler);
    assert_eq!(
        states(&scheduler),
        (State::NONE, State::HEAD | State::COMPLETED, 0)
    );
    let aborted = bulk(&mut scheduler, 3, Priority::default(), 10);
    scheduler.silence(aborted);
    let state = scheduler.scheduling_state(aborted).unwrap();
    assert!(state.current.contains(State::ABORTED) && state.unobserved.is_empty());
}

#[test]
fn why_a_stream_is_not_sending_has_an_answer() {
    let mut scheduler = with_windows();
    let waiting = |scheduler: &Scheduler<common::Block>, key| {
        scheduler.scheduling_state(key).unwrap().waiting
    };
    let key = scheduler.open(id(1), incremental(5));
    assert_eq!(waiting(&scheduler, key), Waiting::Application);
    scheduler.head(key, ok()).unwrap();
    assert_eq!(waiting(&scheduler, key), Waiting::Turn);
    line(&mut scheduler);
    assert_eq!(waiting(&scheduler, key), Waiting::Application);
    scheduler.data(key, content(70_000)).unwrap();
    assert_eq!(waiting(&scheduler, key), Waiting::Turn);
    while scheduler.has_output() {
        line(&mut scheduler);
    }
    assert_eq!(waiting(&scheduler, key), Waiting::StreamWindow);
    scheduler.grow(key, 10_000).unwrap();
    assert_eq!(waiting(&scheduler, key), Waiting::ConnectionWindow);
    scheduler.grow_connection(10_000).unwrap();
    line(&mut scheduler);
    assert_eq!(waiting(&scheduler, key), Waiting::Application);
    scheduler.end(key).unwrap();
    assert_eq!(waiting(&scheduler, key), Waiting::Turn);
    line(&mut scheduler);
    assert_eq!(waiting(&scheduler, key), Waiting::Done);
    let state = scheduler.scheduling_state(key).unwrap();
    assert_eq!((state.stream_id, state.window), (id(1), 5535));
}

// Compression.

/// A head with one field that the encoder puts into its table.
#[derive(Debug)]
struct Custom(&'static str);

impl FieldBlock for Custom {
    fn write_fields(&self, block: &mut BlockWriter<'_>) {
        block.status(200);
        block.field(Field::new(b"x-custom", self.0.as_bytes()));
    }
}

#[test]
fn blocks_are_encoded_in_wire_order_and_never_for_an_aborted_stream() {
    let mut scheduler = Scheduler::new(FrameWriter::new(4096), Marks::default(), 1024);
    let values = ["late", "never", "early", "late"];
    let keys: Vec<_> = values
        .iter()
        .zip([1, 3, 5, 7])
        .map(|(value, stream)| {
            let urgency = if *value == "early" { 0 } else { 5 };
            let key = scheduler.open(id(stream), incremental(urgency));
            scheduler.whole(key, Custom(value), content(0)).unwrap();
            key
        })
        .collect();
    scheduler.reset(keys[1], ErrorCode::CANCEL);
    let mut out = OutputBuffer::new();
    scheduler.fill(&mut out);

    let mut decoder = Decoder::<()>::new(DecoderLimits::default());
    let mut decoded = Vec::new();
    for frame in common::frames(&take(&mut out)) {
        if frame.reset.is_some() {
            continue;
        }
        let mut fields = Vec::new();
        let mut sink = |field: DecodedField<'_>| {
            fields.push(String::from_utf8(field.value.to_vec()).unwrap());
        };
        let summary = decoder.decode(&frame.payload, &mut sink).unwrap();
        assert_eq!(summary.exceeded, None);
        decoded.push((frame.stream, fields));
    }
    let expected = [(5, "early"), (1, "late"), (7, "late")]
        .map(|(stream, value)| (stream, vec!["200".to_owned(), value.to_owned()]));
    assert_eq!(decoded, expected);
}

#[test]
fn heads_that_were_written_can_be_taken_back() {
    let mut scheduler = wide_open();
    let key = scheduler.open(id(1), Priority::default());
    for len in [3, 4] {
        scheduler.informational(key, block(len)).unwrap();
    }
    scheduler.head(key, block(5)).unwrap();
    scheduler.trailers(key, block(6)).unwrap();
    assert_eq!(scheduler.take_spent(), None);
    assert_eq!(line(&mut scheduler), "1:H 1:H 1:H 1:H$");
    let mut lengths: Vec<_> = std::iter::from_fn(|| scheduler.take_spent())
        .map(|block| block.0.len())
        .collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [3, 4, 5, 6]);
}
