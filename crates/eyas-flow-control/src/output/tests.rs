//! One behaviour of sending a test; `tests/model.rs` has the interleavings.

use super::*;

const UNCHANGED_BOUND: InitialWindowChange = InitialWindowChange {
    grew: true,
    must_check: false,
};

#[test]
fn a_take_is_the_least_of_stream_connection_and_wish() {
    let mut connection = OutputFlowControl::new(100_000);
    let (mut a, mut b) = (OutputWindow::new(), OutputWindow::new());
    assert_eq!(OutputFlowControl::take(&mut a, &mut connection, 7), 7);
    assert_eq!(
        OutputFlowControl::take(&mut a, &mut connection, u32::MAX),
        65_528
    );
    assert_eq!(OutputFlowControl::take(&mut b, &mut connection, 1), 0);
    assert_eq!(
        (connection.available(&a), connection.available(&b)),
        (34_465, 100_000)
    );
    assert_eq!(connection.grow_connection(200_000), Ok(true));
    assert_eq!(connection.grow_connection(1), Ok(false));
    assert_eq!(
        OutputFlowControl::take(&mut b, &mut connection, u32::MAX),
        100_000
    );
    assert_eq!(
        OutputFlowControl::take(&mut b, &mut connection, u32::MAX),
        0
    );
    assert_eq!(connection.connection_available(), 100_001);
}

// RFC 9113 section 6.9.2: the window of 60 KB of which all was sent becomes -44 KB when the initial size becomes
// 16 KB.
#[test]
fn a_reduced_initial_window_may_leave_a_stream_negative() {
    let mut connection = OutputFlowControl::new(61_440);
    let mut stream = OutputWindow::new();
    assert_eq!(
        OutputFlowControl::take(&mut stream, &mut connection, 61_440),
        61_440
    );
    let change = connection.set_initial_window(16_384).unwrap();
    assert_eq!(
        change,
        InitialWindowChange {
            grew: false,
            must_check: false
        }
    );
    assert_eq!(connection.available(&stream), -45_056);
    assert_eq!(OutputFlowControl::take(&mut stream, &mut connection, 1), 0);
    assert_eq!(connection.grow(&mut stream, 45_056), Ok(false));
    assert_eq!(connection.grow(&mut stream, 1), Ok(true));
    assert_eq!(connection.grow(&mut stream, 1), Ok(false));
}

// RFC 9113 section 6.9.1: a sender MUST NOT allow a flow-control window to exceed 2^31-1 octets.
#[test]
fn an_update_beyond_the_maximum_or_of_nothing_is_refused_and_changes_nothing() {
    let mut connection = OutputFlowControl::new(WINDOW_DEFAULT);
    let mut stream = OutputWindow::new();
    let room = WINDOW_MAX - WINDOW_DEFAULT;
    assert_eq!(
        connection.grow(&mut stream, room + 1),
        Err(FlowError::Overflow)
    );
    assert_eq!(
        connection.grow(&mut stream, 0),
        Err(FlowError::ZeroIncrement)
    );
    assert_eq!(connection.available(&stream), 65_535);
    assert_eq!(connection.grow(&mut stream, room), Ok(false));
    assert_eq!(
        connection.grow_connection(room + 1),
        Err(FlowError::Overflow)
    );
    assert_eq!(connection.grow_connection(0), Err(FlowError::ZeroIncrement));
    assert_eq!(connection.grow_connection(room), Ok(false));
}

// RFC 9113 section 6.5.2: values above 2^31-1 MUST be a connection error of type FLOW_CONTROL_ERROR.
#[test]
fn an_initial_window_beyond_the_maximum_is_refused_and_changes_nothing() {
    let mut connection = OutputFlowControl::new(5);
    assert_eq!(
        connection.set_initial_window(WINDOW_MAX + 1),
        Err(FlowError::Overflow)
    );
    assert_eq!(connection.initial_window(), 5);
    assert_eq!(
        connection.set_initial_window(WINDOW_MAX),
        Ok(UNCHANGED_BOUND)
    );
}

// RFC 9113 section 6.9.2: a change that causes any window to exceed the maximum MUST be a connection error.
#[test]
fn an_initial_window_that_overflows_one_stream_is_found() {
    let mut connection = OutputFlowControl::new(0);
    let mut stream = OutputWindow::new();
    connection.grow(&mut stream, 10).unwrap();
    assert_eq!(
        connection.set_initial_window(WINDOW_MAX - 10),
        Ok(UNCHANGED_BOUND)
    );
    let change = connection.set_initial_window(WINDOW_MAX - 9).unwrap();
    assert!(change.must_check);
    assert_eq!(
        connection.recheck([&OutputWindow::new(), &stream]),
        Err(FlowError::Overflow)
    );
}

#[test]
fn a_stream_that_is_gone_stops_counting_after_a_recheck() {
    let mut connection = OutputFlowControl::new(0);
    let (mut gone, mut spent) = (OutputWindow::new(), OutputWindow::new());
    connection.grow(&mut gone, 1_000).unwrap();
    connection.grow(&mut spent, 10).unwrap();
    assert_eq!(OutputFlowControl::take(&mut spent, &mut connection, 10), 10);
    assert!(
        connection
            .set_initial_window(WINDOW_MAX)
            .unwrap()
            .must_check
    );
    assert_eq!(connection.recheck([&spent]), Ok(()));
    assert_eq!(
        connection.set_initial_window(0).unwrap(),
        InitialWindowChange {
            grew: false,
            must_check: false
        }
    );
    assert_eq!(
        connection.set_initial_window(WINDOW_MAX),
        Ok(UNCHANGED_BOUND)
    );
}
