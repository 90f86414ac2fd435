//! One behaviour of receiving a test; `tests/model.rs` has the interleavings.

use super::*;

#[test]
fn credit_waits_for_half_of_the_target_and_then_comes_whole() {
    let mut window = InputFlowControl::new(65_535);
    window.receive(65_535).unwrap();
    assert_eq!(window.consume(32_767), None);
    assert_eq!(window.pending(), 32_767);
    assert_eq!(window.consume(1), Some(32_768));
    assert_eq!(
        (window.available(), window.pending(), window.unread()),
        (32_768, 0, 32_767)
    );
}

// RFC 9113 section 6.9.1: a receiver treats octets beyond the advertised window as FLOW_CONTROL_ERROR.
#[test]
fn an_overrun_counts_nothing() {
    let mut window = InputFlowControl::new(10);
    assert_eq!(window.receive(11), Err(FlowError::Overrun));
    assert_eq!((window.available(), window.unread()), (10, 0));
    window.receive(10).unwrap();
    window.receive(0).unwrap();
    assert_eq!(window.receive(1), Err(FlowError::Overrun));
}

#[test]
fn unannounced_credit_does_not_lift_the_check() {
    let mut window = InputFlowControl::new(10);
    window.receive(10).unwrap();
    assert_eq!(window.consume(4), None);
    assert_eq!(window.receive(1), Err(FlowError::Overrun));
    assert_eq!(window.take_credit(), Some(4));
    assert_eq!(window.take_credit(), None);
    assert_eq!(window.receive(4), Ok(()));
}

#[test]
fn a_larger_target_is_announced_together_with_waiting_credit() {
    let mut connection = InputFlowControl::new(65_535);
    assert_eq!(connection.set_target(1 << 20), Some(983_041));
    connection.receive(1_000).unwrap();
    assert_eq!(connection.consume(1_000), None);
    assert_eq!(connection.set_target((1 << 20) + 1), Some(1_001));
    assert_eq!(connection.available(), 1_048_577);
}

#[test]
fn a_smaller_target_is_kept_back_from_later_credit() {
    let mut window = InputFlowControl::new(100);
    window.receive(100).unwrap();
    assert_eq!(window.set_target(40), None);
    assert_eq!(window.consume(60), None);
    assert_eq!(window.pending(), 0);
    assert_eq!(window.consume(40), Some(40));
    assert_eq!(window.available(), 40);
}

#[test]
fn growing_back_takes_from_what_is_kept_back_first() {
    let mut window = InputFlowControl::new(100);
    assert_eq!(window.set_target(40), None);
    assert_eq!(window.set_target(90), None);
    assert_eq!(window.set_target(110), Some(10));
    assert_eq!(window.available(), 110);
}

#[test]
fn a_smaller_target_makes_waiting_credit_due() {
    let mut window = InputFlowControl::new(100);
    window.receive(60).unwrap();
    assert_eq!(window.consume(45), None);
    assert_eq!(window.set_target(80), None);
    assert_eq!(window.pending(), 25);
    assert_eq!(window.set_target(70), None);
    assert_eq!(window.shift(-45), Some(15));
    assert_eq!(
        (window.available(), window.target(), window.unread()),
        (10, 25, 15)
    );
}

#[test]
fn a_shift_may_leave_the_window_negative() {
    let mut window = InputFlowControl::new(100);
    window.receive(80).unwrap();
    assert_eq!(window.shift(-50), None);
    assert_eq!((window.available(), window.target()), (-30, 50));
    assert_eq!(window.receive(1), Err(FlowError::Overrun));
    // RFC 9113 section 6.9.1: an empty DATA frame MAY be sent without any window.
    assert_eq!(window.receive(0), Ok(()));
    assert_eq!(window.consume(80), Some(80));
    assert_eq!(window.available(), 50);
}

#[test]
fn a_shift_below_a_reduced_target_owes_the_peer_the_difference() {
    let mut window = InputFlowControl::new(1_000);
    assert_eq!(window.set_target(100), None);
    window.receive(900).unwrap();
    assert_eq!(window.consume(900), None);
    assert_eq!(window.available(), 100);
    assert_eq!(window.shift(-1_000), Some(900));
    assert_eq!((window.available(), window.target()), (0, 0));
    assert_eq!(window.set_target(50), Some(50));
}

#[test]
fn an_aborted_window_hands_over_its_octets_and_gives_no_credit() {
    let mut window = InputFlowControl::new(100);
    window.receive(70).unwrap();
    assert_eq!(window.consume(20), None);
    assert_eq!(window.abort(), 50);
    assert_eq!(window.abort(), 0);
    assert!(window.is_aborted());
    assert_eq!(window.consume(50), None);
    assert_eq!(window.take_credit(), None);
    assert_eq!(window.set_target(1_000), None);
    window.receive(30).unwrap();
    assert_eq!(window.unread(), 0);
    assert_eq!(window.receive(1), Err(FlowError::Overrun));
}
