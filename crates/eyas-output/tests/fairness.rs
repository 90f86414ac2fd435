//! Whose turn it is: who spoke, how much, in what order.
#![cfg(feature = "std")]

mod common;

use std::num::NonZeroU32;

use common::{
    Block, FRAME, MIB, all_lines, batch, batches_of, block, bulk, content, id, incremental, line,
    octets_of, ok, sequential, whole, wide_open, with_windows, words,
};
use eyas_frame::FrameType;
use eyas_output::{OutputBuffer, Priority, Scheduler};

/// Octets of content per stream in `batches` batches.
fn shares(
    scheduler: &mut Scheduler<Block>,
    out: &mut OutputBuffer,
    batches: usize,
    streams: &[u32],
) -> Vec<usize> {
    let mut octets = vec![0; streams.len()];
    for _ in 0..batches {
        let seen = batch(scheduler, out);
        for (at, stream) in streams.iter().enumerate() {
            octets[at] += octets_of(&seen, *stream);
        }
    }
    octets
}

// Classes.

#[test]
fn the_most_urgent_is_served_first_whatever_the_order_of_arrival() {
    let mut scheduler = wide_open();
    for (stream, urgency) in [
        (1, 5),
        (3, 7),
        (5, 0),
        (7, 3),
        (9, 1),
        (11, 6),
        (13, 2),
        (15, 4),
    ] {
        whole(&mut scheduler, stream, incremental(urgency), 1);
    }
    assert_eq!(
        line(&mut scheduler),
        "5:H 5:D1$ 9:H 9:D1$ 13:H 13:D1$ 7:H 7:D1$ 15:H 15:D1$ 1:H 1:D1$ 11:H 11:D1$ 3:H 3:D1$"
    );
}

#[test]
fn all_sixteen_classes_are_drained_to_the_last_octet() {
    let mut scheduler = wide_open();
    for class in 0..16_u8 {
        let priority = sequential(class / 2).incremental(class % 2 == 1);
        for nth in 0..3 {
            whole(
                &mut scheduler,
                u32::from(class) * 8 + nth * 2 + 1,
                priority,
                40_000,
            );
        }
    }
    let mut out = OutputBuffer::new();
    let mut seen = Vec::new();
    while scheduler.has_output() {
        seen.extend(batch(&mut scheduler, &mut out));
    }
    let order: Vec<u32> = seen.iter().map(|frame| frame.stream / 16).collect();
    assert!(order.is_sorted(), "urgencies were mixed: {order:?}");
    for class in 0..16 {
        for nth in 0..3 {
            let stream = class * 8 + nth * 2 + 1;
            assert_eq!(octets_of(&seen, stream), 40_000, "stream {stream}");
        }
    }
}

#[test]
fn an_urgent_response_that_arrives_late_goes_before_what_is_left_of_the_others() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, incremental(3), MIB);
    line(&mut scheduler);
    whole(&mut scheduler, 3, incremental(0), 20_000);
    assert_eq!(
        line(&mut scheduler),
        "3:H 3:D16384 3:D3616$ 1:D16384 1:D16384 1:D12713"
    );
}

// Incremental: they share.

#[test]
fn incremental_streams_of_a_class_take_turns_of_one_frame() {
    let mut scheduler = wide_open();
    for stream in [1, 3, 5] {
        whole(&mut scheduler, stream, Priority::default(), 40_000);
    }
    assert_eq!(
        all_lines(&mut scheduler),
        "1:H 1:D16384 3:H 3:D16384 5:H 5:D16384 1:D16318 \
         3:D16384 5:D16384 1:D7298$ 3:D7232$ 5:D7232$"
    );
}

#[test]
fn the_end_of_a_batch_does_not_cost_a_stream_its_turn() {
    // A frame and a bit, and two frames less a bit: without a memory of turns the second stream would
    // always have what is left.
    for size in [FRAME + 1500, 2 * FRAME - 1000] {
        let mut scheduler = wide_open();
        bulk(&mut scheduler, 1, Priority::default(), 4 * MIB);
        bulk(&mut scheduler, 3, Priority::default(), 4 * MIB);
        let mut octets = [0, 0];
        for _ in 0..100 {
            let seen = batch(&mut scheduler, &mut batches_of(size));
            octets[0] += octets_of(&seen, 1);
            octets[1] += octets_of(&seen, 3);
        }
        assert!(octets[0].abs_diff(octets[1]) <= 2 * FRAME, "{octets:?}");
        assert!(octets[0] + octets[1] > 100 * FRAME);
    }
}

#[test]
fn a_window_opened_by_driblets_is_shared_by_octets() {
    let mut scheduler = with_windows();
    scheduler.set_initial_window(MIB as u32).unwrap();
    for stream in [1, 3, 5] {
        bulk(&mut scheduler, stream, Priority::default(), MIB);
    }
    let mut out = OutputBuffer::new();
    let mut octets = shares(&mut scheduler, &mut out, 1, &[1, 3, 5]);
    for nth in 0..300 {
        scheduler.grow_connection(1000 + nth * 7 % 3000).unwrap();
        for (sum, more) in octets
            .iter_mut()
            .zip(shares(&mut scheduler, &mut out, 1, &[1, 3, 5]))
        {
            *sum += more;
        }
    }
    let (least, most) = (octets.iter().min().unwrap(), octets.iter().max().unwrap());
    assert!(most - least <= 2 * FRAME, "{octets:?}");
}

#[test]
fn a_stream_that_has_little_to_say_saves_no_turns_up() {
    let mut scheduler = wide_open();
    let little = bulk(&mut scheduler, 1, Priority::default(), 100);
    bulk(&mut scheduler, 3, Priority::default(), 2 * MIB);
    for _ in 0..5 {
        line(&mut scheduler);
        scheduler.data(little, content(100)).unwrap();
    }
    line(&mut scheduler);
    scheduler.data(little, content(MIB)).unwrap();
    assert_eq!(line(&mut scheduler), "3:D16384 1:D16384 3:D16384 1:D16348");
}

#[test]
fn a_stream_alone_takes_frames_as_large_as_the_peer_allows_and_shorter_ones_in_company() {
    let mut scheduler = wide_open();
    scheduler.set_frame_size_max(100_000);
    bulk(&mut scheduler, 1, Priority::default(), MIB);
    assert_eq!(line(&mut scheduler), "1:H 1:D65517");
    bulk(&mut scheduler, 3, Priority::default(), MIB);
    assert_eq!(
        line(&mut scheduler),
        "3:H 3:D16384 1:D16384 3:D16384 1:D16338"
    );
}

#[test]
fn short_responses_and_bulk_of_the_same_class_alternate_by_octets() {
    let mut scheduler = wide_open();
    let mut out = OutputBuffer::new();
    bulk(&mut scheduler, 1, Priority::default(), 4 * MIB);
    batch(&mut scheduler, &mut out);
    for nth in 0..400 {
        whole(&mut scheduler, 3 + 2 * nth, Priority::default(), 4000);
    }
    let seen = batch(&mut scheduler, &mut out);
    let of_bulk = octets_of(&seen, 1);
    let of_short: usize = seen.iter().map(common::Seen::len).sum::<usize>() - of_bulk;
    assert!(of_bulk.abs_diff(of_short) <= FRAME, "{of_bulk} {of_short}");
}

#[test]
fn a_short_response_overtakes_bulk_that_came_before_it() {
    let mut scheduler = wide_open();
    for stream in [1, 3, 5, 7] {
        bulk(&mut scheduler, stream, Priority::default(), MIB);
    }
    line(&mut scheduler);
    whole(&mut scheduler, 9, Priority::default(), 10);
    let line = line(&mut scheduler);
    let frames_before = line.split(' ').take_while(|word| *word != "9:H").count();
    assert!(frames_before <= 1, "{line}");
}

// Sequential: one after the other.

#[test]
fn sequential_responses_come_whole_one_after_the_other() {
    let mut scheduler = wide_open();
    for stream in [1, 3, 5] {
        whole(&mut scheduler, stream, sequential(3), 20_000);
    }
    assert_eq!(
        line(&mut scheduler),
        "1:H 1:D16384 3:H 5:H 1:D3616$ 3:D16384 3:D3616$ 5:D16384 5:D3616$"
    );
}

#[test]
fn of_a_sequential_response_behind_another_only_the_head_goes_ahead() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, sequential(3), 100_000);
    line(&mut scheduler);
    whole(&mut scheduler, 3, sequential(3), 10);
    let key = scheduler.open(id(5), sequential(3));
    scheduler.whole(key, ok(), content(0)).unwrap();
    assert_eq!(
        line(&mut scheduler),
        "1:D16384 3:H 5:H$ 1:D16384 1:D1742 3:D10$"
    );
}

#[test]
fn a_sequential_response_that_starved_for_its_application_goes_on_before_its_successors() {
    let mut scheduler = wide_open();
    let first = bulk(&mut scheduler, 1, sequential(3), 10);
    bulk(&mut scheduler, 3, sequential(3), 2 * MIB);
    line(&mut scheduler);
    bulk(&mut scheduler, 5, sequential(3), 10);
    scheduler.data(first, content(FRAME)).unwrap();
    let line = line(&mut scheduler);
    assert_eq!(line, "1:D16384 5:H 3:D16384 3:D16384 3:D16338");
}

#[test]
fn a_sequential_response_that_waited_for_its_window_goes_on_before_its_successors() {
    let mut scheduler = wide_open();
    scheduler.set_initial_window(20_000).unwrap();
    let first = bulk(&mut scheduler, 1, sequential(3), 100_000);
    let second = bulk(&mut scheduler, 3, sequential(3), 105_000);
    scheduler.grow(second, 100_000).unwrap();
    assert_eq!(
        line(&mut scheduler),
        "1:H 1:D16384 3:H 1:D3616 3:D16384 3:D16384 3:D12703"
    );
    scheduler.grow(first, 10_000).unwrap();
    let line_after_update = line(&mut scheduler);
    assert!(
        line_after_update.starts_with("1:D10000 3:D16384"),
        "{line_after_update}"
    );
    // And as well when SETTINGS open its window, with the other one ready.
    bulk(&mut scheduler, 5, sequential(3), 100);
    scheduler.set_initial_window(30_000).unwrap();
    assert_eq!(line(&mut scheduler), "1:D10000 3:D4038 5:H 5:D100");
}

#[test]
fn sequential_and_incremental_streams_of_one_urgency_share_by_octets() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, sequential(3), 2 * MIB);
    bulk(&mut scheduler, 3, incremental(3), 2 * MIB);
    bulk(&mut scheduler, 5, incremental(3), 2 * MIB);
    let mut out = batches_of(40_000);
    let octets = shares(&mut scheduler, &mut out, 9, &[1, 3, 5]);
    assert!(
        octets[0].abs_diff(octets[1] + octets[2]) <= 2 * FRAME,
        "{octets:?}"
    );
    assert!(octets[1].abs_diff(octets[2]) <= 2 * FRAME, "{octets:?}");
}

// The less urgent.

#[test]
fn without_a_share_the_less_urgent_wait_for_the_more_urgent() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, incremental(7), MIB);
    bulk(&mut scheduler, 3, incremental(1), MIB);
    let mut out = batches_of(65_536);
    assert_eq!(shares(&mut scheduler, &mut out, 3, &[1]), [0]);
}

#[test]
fn with_a_share_each_of_the_less_urgent_gets_a_turn_from_time_to_time() {
    let mut scheduler = wide_open();
    scheduler.set_lower_share(NonZeroU32::new(4));
    for (stream, urgency) in [(1, 7), (3, 5), (5, 1)] {
        bulk(&mut scheduler, stream, sequential(urgency), 4 * MIB);
    }
    let mut out = OutputBuffer::new();
    let octets = shares(&mut scheduler, &mut out, 12, &[1, 3, 5]);
    let all: usize = octets.iter().sum();
    assert!(octets[0].abs_diff(octets[1]) <= FRAME, "{octets:?}");
    assert!(
        (octets[0] + octets[1]).abs_diff(all / 5) <= 3 * FRAME,
        "{octets:?}"
    );
}

#[test]
fn the_share_of_the_less_urgent_is_one_default_frame_a_turn_whatever_the_peer_allows() {
    let mut scheduler = wide_open();
    scheduler.set_lower_share(NonZeroU32::new(1));
    scheduler.set_frame_size_max(0xff_ffff);
    bulk(&mut scheduler, 1, sequential(7), MIB);
    let urgent = bulk(&mut scheduler, 3, sequential(0), 20_000);
    assert_eq!(line(&mut scheduler), "3:H 3:D20000 1:H 1:D45498");
    scheduler.data(urgent, content(30_000)).unwrap();
    assert_eq!(line(&mut scheduler), "1:D16384 3:D30000 1:D19125");
    scheduler.data(urgent, content(MIB)).unwrap();
    let mut out = batches_of(40_000);
    let seen = batch(&mut scheduler, &mut out);
    assert_eq!(words(&seen), "1:D16384 3:D23598");
}

// Changes of mind.

#[test]
fn a_stream_made_urgent_is_served_next() {
    let mut scheduler = wide_open();
    let keys: Vec<_> = (0..4)
        .map(|nth| bulk(&mut scheduler, 1 + 2 * nth, incremental(4), MIB))
        .collect();
    line(&mut scheduler);
    scheduler.reprioritise(keys[2], sequential(1));
    assert_eq!(line(&mut scheduler), "5:D16384 5:D16384 5:D16384 5:D16348");
    assert_eq!(
        scheduler.producer(keys[2]).unwrap().priority(),
        sequential(1)
    );
    scheduler.reprioritise(keys[2], incremental(7));
    assert!(!line(&mut scheduler).contains("5:"));
}

#[test]
fn naming_the_same_priority_again_does_not_cost_a_stream_its_place() {
    let mut scheduler = wide_open();
    let first = bulk(&mut scheduler, 1, Priority::default(), MIB);
    bulk(&mut scheduler, 3, Priority::default(), MIB);
    line(&mut scheduler);
    scheduler.reprioritise(first, Priority::default());
    assert!(line(&mut scheduler).starts_with("1:D"));
}

#[test]
fn a_stream_that_waits_for_its_window_is_found_under_its_new_priority() {
    let mut scheduler = wide_open();
    scheduler.set_initial_window(10).unwrap();
    let first = bulk(&mut scheduler, 1, incremental(2), 20);
    let second = bulk(&mut scheduler, 3, incremental(3), 20);
    assert_eq!(line(&mut scheduler), "1:H 1:D10 3:H 3:D10");
    scheduler.reprioritise(first, incremental(5));
    scheduler.reprioritise(second, incremental(4));
    assert!(!scheduler.has_output());
    scheduler.set_initial_window(15).unwrap();
    assert_eq!(line(&mut scheduler), "3:D5 1:D5");
    scheduler.reprioritise(first, incremental(0));
    scheduler.grow(second, 5).unwrap();
    scheduler.grow(first, 5).unwrap();
    assert_eq!(line(&mut scheduler), "1:D5 3:D5");
}

#[test]
fn a_stream_that_has_said_nothing_yet_can_change_its_priority() {
    let mut scheduler = wide_open();
    let first = scheduler.open(id(1), incremental(1));
    let second = scheduler.open(id(3), incremental(2));
    scheduler.reprioritise(first, incremental(6));
    scheduler.head(first, ok()).unwrap();
    scheduler.head(second, ok()).unwrap();
    assert_eq!(line(&mut scheduler), "3:H 1:H");
}

#[test]
fn a_removed_stream_leaves_its_neighbours_in_order() {
    let mut scheduler = wide_open();
    let keys: Vec<_> = (0..5)
        .map(|nth| whole(&mut scheduler, 1 + 2 * nth, Priority::default(), 5))
        .collect();
    scheduler.remove(keys[0]);
    scheduler.remove(keys[2]);
    scheduler.remove(keys[4]);
    assert_eq!(scheduler.stream_count(), 2);
    assert_eq!(line(&mut scheduler), "3:H 3:D5$ 7:H 7:D5$");
    scheduler.reprioritise(keys[0], sequential(0));
    assert!(!scheduler.has_output());
}

#[test]
fn a_flood_of_large_heads_does_not_silence_content() {
    let mut scheduler = wide_open();
    bulk(&mut scheduler, 1, Priority::default(), MIB);
    line(&mut scheduler);
    for nth in 0..50 {
        let key = scheduler.open(id(3 + 2 * nth), Priority::default());
        scheduler.head(key, block(15_000)).unwrap();
    }
    let mut out = OutputBuffer::new();
    let mut of_content = 0;
    let mut of_heads = 0;
    for _ in 0..4 {
        let seen = batch(&mut scheduler, &mut out);
        of_content += octets_of(&seen, 1);
        of_heads += seen
            .iter()
            .filter(|frame| frame.kind == FrameType::HEADERS)
            .map(common::Seen::len)
            .sum::<usize>();
    }
    assert!(
        of_content.abs_diff(of_heads) <= 2 * FRAME,
        "{of_content} {of_heads}"
    );
}
