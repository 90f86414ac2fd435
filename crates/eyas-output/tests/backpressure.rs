//! How much may wait: the marks of a producer, and the size of a batch.
#![cfg(feature = "std")]

mod common;

use common::{
    FRAME, MIB, batch, batches_of, block, bulk, content, id, incremental, line, notices, octets_of,
    ok, take, wide_open, with_windows, words,
};
use eyas_frame::ErrorCode;
use eyas_output::{ControlFrame, Marks, Notice, OutputBuffer, Priority, Scheduler, StreamKey};

const MARK: usize = 64 * 1024;

fn streaming(scheduler: &mut Scheduler<common::Block>, stream: u32) -> StreamKey {
    let key = scheduler.open(id(stream), Priority::default());
    scheduler.head(key, ok()).unwrap();
    key
}

/// Hands in as much as is wanted, and says how much that was.
fn fill_up(scheduler: &mut Scheduler<common::Block>, key: StreamKey) -> usize {
    let mut octets = 0;
    loop {
        match scheduler.room(key) {
            0 => return octets,
            room => {
                scheduler.data(key, content(room)).unwrap();
                octets += room;
            }
        }
    }
}

// Marks.

#[test]
fn room_shrinks_to_nothing_at_the_mark_and_is_advice_only() {
    let mut scheduler = with_windows();
    let key = streaming(&mut scheduler, 1);
    assert_eq!(scheduler.room(key), MARK);
    scheduler.data(key, content(MARK - 1)).unwrap();
    assert_eq!(scheduler.room(key), 1);
    scheduler.data(key, content(1000)).unwrap();
    assert_eq!(scheduler.room(key), 0);
    let producer = scheduler.producer(key).unwrap();
    assert_eq!(producer.unconsumed_octets(), MARK + 999);
}

#[test]
fn a_producer_that_paused_hears_once_that_a_quarter_of_its_mark_is_free() {
    let mut scheduler = wide_open();
    let key = streaming(&mut scheduler, 1);
    fill_up(&mut scheduler, key);
    let mut out = batches_of(FRAME);
    let unconsumed =
        |scheduler: &Scheduler<common::Block>| scheduler.producer(key).unwrap().unconsumed_octets();
    let mut heard_at = Vec::new();
    while unconsumed(&scheduler) > 0 {
        scheduler.fill(&mut out);
        take(&mut out);
        for notice in notices(&mut scheduler) {
            assert_eq!(notice, Notice::Writable(key));
            heard_at.push(unconsumed(&scheduler));
        }
        out = batches_of(FRAME);
    }
    assert_eq!(heard_at.len(), 1, "{heard_at:?}");
    assert!(
        heard_at[0] <= MARK / 4 * 3 && heard_at[0] > MARK / 4 * 3 - FRAME,
        "{heard_at:?}"
    );
}

#[test]
fn a_producer_that_was_not_told_to_pause_hears_nothing() {
    let mut scheduler = wide_open();
    let key = bulk(&mut scheduler, 1, Priority::default(), MIB);
    let other = streaming(&mut scheduler, 3);
    assert_eq!(scheduler.room(other), MARK);
    while scheduler.has_output() {
        line(&mut scheduler);
    }
    assert_eq!(notices(&mut scheduler), []);
    assert_eq!(scheduler.room(key), MARK);
}

#[test]
fn marks_double_when_a_drain_finds_a_producer_empty_with_room_left() {
    let mut scheduler = wide_open();
    let key = streaming(&mut scheduler, 1);
    let mut out = OutputBuffer::new();
    let mut marks = Vec::new();
    for _ in 0..6 {
        marks.push(fill_up(&mut scheduler, key) / 1024);
        while scheduler.has_output() {
            batch(&mut scheduler, &mut out);
        }
    }
    assert_eq!(marks, [64, 128, 256, 512, 512, 512]);
}

#[test]
fn marks_keep_to_the_bounds_they_were_given() {
    let mut scheduler = Scheduler::new(
        eyas_output::FrameWriter::new(4096),
        Marks::new(10, 25).unwrap(),
        1024,
    );
    let key = streaming(&mut scheduler, 1);
    let mut marks = Vec::new();
    for _ in 0..4 {
        marks.push(fill_up(&mut scheduler, key));
        line(&mut scheduler);
        assert_eq!(notices(&mut scheduler), [Notice::Writable(key)]);
    }
    assert_eq!(marks, [10, 20, 25, 25]);
    assert_eq!(Marks::new(0, 5), None);
    assert_eq!(Marks::new(6, 5), None);
}

#[test]
fn marks_stay_while_a_window_is_what_holds_the_producer_back() {
    // 65,535 octets on both levels: the mark is one more.
    let mut scheduler = with_windows();
    let key = streaming(&mut scheduler, 1);
    fill_up(&mut scheduler, key);
    let mut out = OutputBuffer::new();
    for stream_too in [false, true] {
        while scheduler.has_output() {
            batch(&mut scheduler, &mut out);
        }
        // Exactly what waits: it is empty now, and its window closed.
        scheduler.grow_connection(1).unwrap();
        if stream_too {
            scheduler.grow(key, 1).unwrap();
        }
    }
    batch(&mut scheduler, &mut out);
    assert_eq!(scheduler.producer(key).unwrap().unconsumed_octets(), 0);
    assert_eq!(scheduler.room(key), MARK);
}

#[test]
fn marks_stay_while_the_application_keeps_below_them() {
    let mut scheduler = wide_open();
    let key = streaming(&mut scheduler, 1);
    for _ in 0..20 {
        let room = scheduler.room(key);
        scheduler.data(key, content(room / 2)).unwrap();
        while scheduler.has_output() {
            line(&mut scheduler);
        }
    }
    assert_eq!(scheduler.room(key), MARK);
}

#[test]
fn marks_stay_while_the_batch_is_what_holds_the_producer_back() {
    let mut scheduler = wide_open();
    let key = streaming(&mut scheduler, 1);
    bulk(&mut scheduler, 3, incremental(2), 8 * MIB);
    fill_up(&mut scheduler, key);
    for _ in 0..8 {
        assert!(!line(&mut scheduler).contains("1:D"));
    }
    assert_eq!(scheduler.room(key), 0);
    assert_eq!(notices(&mut scheduler), []);
}

#[test]
fn a_producer_that_paused_is_released_when_its_stream_ends() {
    let mut scheduler = with_windows();
    let by_reset = streaming(&mut scheduler, 1);
    let by_peer = streaming(&mut scheduler, 3);
    for key in [by_reset, by_peer] {
        fill_up(&mut scheduler, key);
    }
    scheduler.reset(by_reset, ErrorCode::CANCEL);
    scheduler.silence(by_peer);
    assert_eq!(
        notices(&mut scheduler),
        [
            Notice::Writable(by_reset),
            Notice::ResponseComplete(by_reset),
            Notice::Writable(by_peer),
            Notice::ResponseComplete(by_peer),
        ]
    );
    assert_eq!(scheduler.room(by_reset), usize::MAX);
    scheduler.remove(by_peer);
    assert_eq!(scheduler.room(by_peer), usize::MAX);
}

#[test]
fn notices_come_in_the_order_in_which_things_happened() {
    let mut scheduler = wide_open();
    let keys: Vec<_> = [1, 3, 5]
        .map(|stream| streaming(&mut scheduler, stream))
        .into();
    for key in &keys {
        scheduler.data(*key, content(MARK)).unwrap();
        assert_eq!(scheduler.room(*key), 0);
        scheduler.end(*key).unwrap();
        scheduler.complete_request(*key);
    }
    while scheduler.has_output() {
        line(&mut scheduler);
    }
    let heard = notices(&mut scheduler);
    for key in keys {
        let of_key: Vec<_> = heard
            .iter()
            .filter(|notice| match notice {
                Notice::Writable(of) | Notice::ResponseComplete(of) | Notice::Complete(of) => {
                    *of == key
                }
                _ => false,
            })
            .collect();
        assert_eq!(
            of_key,
            [
                &Notice::Writable(key),
                &Notice::ResponseComplete(key),
                &Notice::Complete(key)
            ]
        );
    }
    let first: Vec<_> = heard[..3].to_vec();
    assert!(
        first
            .iter()
            .all(|notice| matches!(notice, Notice::Writable(_))),
        "{heard:?}"
    );
}

// Batches.

#[test]
fn a_batch_of_content_never_exceeds_its_size() {
    for octets in [
        16_384, 16_393, 16_394, 17_000, 20_000, 33_000, 50_001, 65_536,
    ] {
        let mut scheduler = wide_open();
        bulk(&mut scheduler, 1, Priority::default(), MIB);
        bulk(&mut scheduler, 3, Priority::default(), MIB);
        for _ in 0..10 {
            let mut out = batches_of(octets);
            scheduler.fill(&mut out);
            assert!(out.len() <= octets, "{} of {octets}", out.len());
            assert!(out.len() + 1024 > octets, "{} of {octets}", out.len());
        }
    }
}

#[test]
fn nothing_is_cut_while_octets_wait_unsent() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, Priority::default(), MIB);
    let mut out = OutputBuffer::new();
    scheduler.fill(&mut out);
    let len = out.len();
    scheduler.control(ControlFrame::SettingsAck);
    scheduler.fill(&mut out);
    assert_eq!(out.len(), len);
    out.written(len - 1);
    scheduler.fill(&mut out);
    assert_eq!(out.len(), 1);
    out.written(1);
    scheduler.fill(&mut out);
    assert!(out.len() > 1);
    assert!(words(&common::frames(&take(&mut out))).starts_with("settings 1:D"));
}

#[test]
fn a_peer_that_takes_whole_batches_gets_larger_ones_and_one_that_does_not_smaller_ones() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, Priority::default(), 8 * MIB);
    let mut out = OutputBuffer::new();
    let mut sizes = Vec::new();
    for _ in 0..5 {
        scheduler.fill(&mut out);
        sizes.push(out.len() / 1024);
        out.written(out.len());
    }
    assert_eq!(sizes, [64, 128, 256, 512, 512]);
    scheduler.fill(&mut out);
    out.written(50_000);
    assert_eq!(out.batch_octets_max(), 256 * 1024);
    for _ in 0..4 {
        out.written(100);
    }
    assert_eq!(out.batch_octets_max(), FRAME);
    out.written(out.len());
    scheduler.fill(&mut out);
    assert!(out.len() <= 2 * FRAME);
}

#[test]
fn control_frames_go_ahead_of_every_response() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, common::sequential(0), 10);
    scheduler.control(ControlFrame::SettingsAck);
    scheduler.control(ControlFrame::Ping {
        ack: true,
        payload: *b"01234567",
    });
    assert_eq!(line(&mut scheduler), "settings ping 1:H 1:D10");
}

#[test]
fn control_frames_beyond_the_batch_leave_whole_and_alone() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, Priority::default(), 10);
    for _ in 0..5000 {
        scheduler.control(ControlFrame::Ping {
            ack: true,
            payload: [0; 8],
        });
    }
    assert!(scheduler.control_lane().is_full());
    let first = line(&mut scheduler);
    assert_eq!(first, vec!["ping"; 5000].join(" "));
    assert_eq!(scheduler.control_lane().octets(), 0);
    assert_eq!(line(&mut scheduler), "1:H 1:D10");
}

#[test]
fn a_head_larger_than_the_batch_leaves_whole_and_content_follows_in_the_next() {
    let mut scheduler = wide_open();
    let key = scheduler.open(id(1), Priority::default());
    scheduler.head(key, block(40_000)).unwrap();
    scheduler.data(key, content(100_000)).unwrap();
    scheduler.end(key).unwrap();
    let mut out = batches_of(FRAME);
    assert_eq!(
        words(&batch(&mut scheduler, &mut out)),
        "1:H+ 1:C16384+ 1:C7232"
    );
    // It was taken whole, so the next batch is twice as large.
    assert_eq!(words(&batch(&mut scheduler, &mut out)), "1:D16384 1:D16366");
}

#[test]
fn content_that_would_be_a_sliver_waits_for_the_next_batch() {
    let mut scheduler = wide_open();
    let key = scheduler.open(id(1), Priority::default());
    scheduler.head(key, block(16_000)).unwrap();
    scheduler.data(key, content(1000)).unwrap();
    let mut out = batches_of(FRAME);
    assert_eq!(words(&batch(&mut scheduler, &mut out)), "1:H");
    assert_eq!(line(&mut scheduler), "1:D1000");
    // But not when it fits.
    let key = scheduler.open(id(3), Priority::default());
    scheduler.whole(key, block(16_000), content(366)).unwrap();
    let mut out = batches_of(FRAME);
    assert_eq!(words(&batch(&mut scheduler, &mut out)), "3:H 3:D366$");
}

#[test]
fn many_small_pieces_leave_in_few_frames() {
    let mut scheduler = wide_open();
    let key = streaming(&mut scheduler, 1);
    for _ in 0..20_000 {
        scheduler.data(key, content(1)).unwrap();
    }
    scheduler.end(key).unwrap();
    let seen = batch(&mut scheduler, &mut OutputBuffer::new());
    assert_eq!(words(&seen), "1:H 1:D16384 1:D3616$");
    assert_eq!(octets_of(&seen, 1), 20_000);
}
