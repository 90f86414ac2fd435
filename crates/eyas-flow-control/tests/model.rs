//! Both directions against naive twins that keep whole histories in `i64`, under any interleaving of operations.

use eyas_flow_control::{
    FlowError, InputFlowControl, OutputFlowControl, OutputWindow, WINDOW_DEFAULT, WINDOW_MAX,
};
use proptest::collection::vec;
use proptest::prelude::*;

const MAX: i64 = WINDOW_MAX as i64;

#[derive(Clone, Debug)]
enum Input {
    Receive(u32),
    Consume(u32),
    TakeCredit,
    SetTarget(u32),
    Shift(i64),
    Abort,
}

/// Totals since the beginning; nothing is ever subtracted from them.
#[derive(Default)]
struct InputHistory {
    advertised: i64,
    received: i64,
    consumed: i64,
    discarded: i64,
    /// The sum of all changes of the target, as they took effect.
    retargeted: i64,
}

fn input_operation() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => (0u32..200).prop_map(Input::Receive),
        6 => (0u32..200).prop_map(Input::Consume),
        1 => Just(Input::TakeCredit),
        2 => (0u32..400).prop_map(Input::SetTarget),
        1 => prop_oneof![Just(0), Just(WINDOW_MAX), Just(u32::MAX)].prop_map(Input::SetTarget),
        2 => (-150i64..150).prop_map(Input::Shift),
        1 => prop_oneof![Just(-MAX), Just(MAX)].prop_map(Input::Shift),
        1 => Just(Input::Abort),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn input_matches_its_history(start in 0u32..300, operations in vec(input_operation(), 0..60)) {
        let mut window = InputFlowControl::new(start);
        let mut history = InputHistory { advertised: start.into(), retargeted: start.into(), ..Default::default() };
        // The range within which SETTINGS can move a window: the initial window stays between 0 and the maximum.
        let mut initial = i64::from(start);
        for operation in operations {
            let mut announced = None;
            match operation {
                Input::Receive(octets) => {
                    let allowed = octets == 0 || history.received + i64::from(octets) <= history.advertised;
                    prop_assert_eq!(window.receive(octets), if allowed { Ok(()) } else { Err(FlowError::Overrun) });
                    if allowed {
                        history.received += i64::from(octets);
                        if window.is_aborted() {
                            history.discarded += i64::from(octets);
                        }
                    }
                }
                Input::Consume(octets) => {
                    let octets = octets.min(window.unread());
                    announced = window.consume(octets);
                    history.consumed += i64::from(octets);
                }
                Input::TakeCredit => announced = window.take_credit(),
                Input::SetTarget(size) => {
                    if !window.is_aborted() {
                        history.retargeted += i64::from(size.min(WINDOW_MAX)) - i64::from(window.target());
                    }
                    announced = window.set_target(size);
                }
                Input::Shift(delta) => {
                    let delta = (initial + delta).clamp(0, MAX) - initial;
                    initial += delta;
                    if !window.is_aborted() {
                        history.retargeted += (i64::from(window.target()) + delta).clamp(0, MAX) - i64::from(window.target());
                    }
                    history.advertised += delta;
                    announced = window.shift(delta);
                }
                Input::Abort => {
                    let unread = history.received - history.consumed - history.discarded;
                    prop_assert_eq!(i64::from(window.abort()), unread);
                    history.discarded += unread;
                }
            }
            if let Some(increment) = announced {
                prop_assert!(increment > 0, "a WINDOW_UPDATE frame of 0 is an error");
                prop_assert!(increment <= WINDOW_MAX);
                prop_assert!(!window.is_aborted());
                history.advertised += i64::from(increment);
                prop_assert!(history.advertised - history.received <= i64::from(window.target()));
            }
            prop_assert_eq!(window.available(), history.advertised - history.received);
            prop_assert_eq!(i64::from(window.unread()), history.received - history.consumed - history.discarded);
            if window.is_aborted() {
                prop_assert_eq!(window.pending(), 0);
                continue;
            }
            prop_assert_eq!(i64::from(window.target()), history.retargeted);
            let under_way = window.available() + i64::from(window.unread()) + i64::from(window.pending());
            prop_assert!(under_way >= i64::from(window.target()), "octets were lost");
            prop_assert!(
                window.pending() == 0 || under_way == i64::from(window.target()),
                "credit waits although the peer holds too much already"
            );
            if window.unread() == 0 && window.target() > 0 {
                prop_assert!(window.available() > 0, "the peer waits for credit that nothing will bring");
            }
        }
    }

    // With a fixed target, what was credited in the end is what was consumed, to the octet.
    #[test]
    fn credit_given_is_octets_consumed(start in 1u32..100_000, turns in vec((0u32..70_000, 0u32..70_000), 0..60)) {
        let mut window = InputFlowControl::new(start);
        let (mut received, mut consumed, mut credited) = (0, 0, 0);
        for (receive, consume) in turns {
            if window.receive(receive).is_ok() {
                received += i64::from(receive);
            }
            let consume = consume.min(window.unread());
            consumed += i64::from(consume);
            let due = i64::from(window.pending()) + i64::from(consume) >= i64::from(start.div_ceil(2));
            let credit = window.consume(consume);
            prop_assert_eq!(credit.is_some(), due);
            credited += i64::from(credit.unwrap_or(0));
        }
        credited += i64::from(window.take_credit().unwrap_or(0));
        prop_assert_eq!(credited, consumed);
        prop_assert_eq!(i64::from(window.unread()), received - consumed);
        prop_assert_eq!(window.available(), i64::from(start) + credited - received);
    }
}

#[derive(Clone, Debug)]
enum Output {
    Open,
    Close(usize),
    Take(usize, u32),
    Grow(usize, u32),
    GrowConnection(u32),
    SetInitialWindow(u32),
}

fn window_size() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0u32..100_000, 1 => WINDOW_MAX - 100_000..=WINDOW_MAX, 1 => Just(WINDOW_MAX + 1), 1 => Just(u32::MAX)]
}

fn output_operation() -> impl Strategy<Value = Output> {
    prop_oneof![
        2 => Just(Output::Open),
        1 => any::<usize>().prop_map(Output::Close),
        6 => (any::<usize>(), 0u32..100_000).prop_map(|(stream, want)| Output::Take(stream, want)),
        4 => (any::<usize>(), window_size()).prop_map(|(stream, increment)| Output::Grow(stream, increment)),
        2 => window_size().prop_map(Output::GrowConnection),
        3 => window_size().prop_map(Output::SetInitialWindow),
    ]
}

/// The naive way: every window is a number of its own, and a SETTINGS change walks them all.
fn naive_grow(window: &mut i64, increment: u32) -> Result<bool, FlowError> {
    if increment == 0 {
        return Err(FlowError::ZeroIncrement);
    }
    if *window + i64::from(increment) > MAX {
        return Err(FlowError::Overflow);
    }
    let was_closed = *window <= 0;
    *window += i64::from(increment);
    Ok(was_closed && *window > 0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn output_matches_windows_that_are_walked(
        start in 0u32..=WINDOW_MAX,
        operations in vec(output_operation(), 0..80),
    ) {
        let mut connection = OutputFlowControl::new(start);
        let mut streams: Vec<(OutputWindow, i64)> = Vec::new();
        let (mut naive_connection, mut naive_initial) = (i64::from(WINDOW_DEFAULT), i64::from(start));
        for operation in operations {
            match operation {
                Output::Open => streams.push((OutputWindow::new(), naive_initial)),
                Output::Close(stream) if !streams.is_empty() => {
                    let stream = stream % streams.len();
                    streams.swap_remove(stream);
                }
                Output::Take(stream, want) if !streams.is_empty() => {
                    let count = streams.len();
                    let (window, naive) = &mut streams[stream % count];
                    let expected = i64::from(want).min(*naive).min(naive_connection).max(0);
                    let taken = OutputFlowControl::take(window, &mut connection, want);
                    prop_assert_eq!(i64::from(taken), expected);
                    *naive -= expected;
                    naive_connection -= expected;
                }
                Output::Grow(stream, increment) if !streams.is_empty() => {
                    let count = streams.len();
                    let (window, naive) = &mut streams[stream % count];
                    prop_assert_eq!(connection.grow(window, increment), naive_grow(naive, increment));
                }
                Output::GrowConnection(increment) => {
                    prop_assert_eq!(connection.grow_connection(increment), naive_grow(&mut naive_connection, increment));
                }
                Output::SetInitialWindow(value) => {
                    let delta = i64::from(value) - naive_initial;
                    match connection.set_initial_window(value) {
                        Err(error) => {
                            prop_assert_eq!(error, FlowError::Overflow);
                            prop_assert!(value > WINDOW_MAX);
                            continue;
                        }
                        Ok(change) => {
                            prop_assert!(value <= WINDOW_MAX);
                            prop_assert_eq!(change.grew, delta > 0);
                            naive_initial += delta;
                            for (_, naive) in &mut streams {
                                *naive += delta;
                            }
                            let overflows = streams.iter().any(|(_, naive)| *naive > MAX);
                            if change.must_check {
                                let checked = connection.recheck(streams.iter().map(|(window, _)| window));
                                prop_assert_eq!(checked, if overflows { Err(FlowError::Overflow) } else { Ok(()) });
                            } else {
                                prop_assert!(!overflows, "an overflow was not announced");
                            }
                            if overflows {
                                // The connection ends here.
                                return Ok(());
                            }
                        }
                    }
                }
                Output::Close(_) | Output::Take(..) | Output::Grow(..) => {}
            }
            prop_assert_eq!(i64::from(connection.connection_available()), naive_connection);
            prop_assert_eq!(i64::from(connection.initial_window()), naive_initial);
            for (window, naive) in &streams {
                prop_assert_eq!(connection.available(window), *naive);
            }
        }
    }
}
