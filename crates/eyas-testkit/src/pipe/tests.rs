//! Octets through pipes, by calls and by polls.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Moves `octets` from `a` to `b` and gives back what arrived.
fn transfer(a: &mut PipeEnd, b: &mut PipeEnd, octets: &[u8]) -> Vec<u8> {
    let (mut sent, mut arrived, mut buffer) = (0, Vec::new(), [0; 7]);
    for _ in 0..100_000 {
        if sent < octets.len() {
            sent += a.write(&octets[sent..]).unwrap_or(0);
        }
        let count = b.read(&mut buffer).unwrap_or(0);
        arrived.extend_from_slice(&buffer[..count]);
        if arrived.len() == octets.len() {
            return arrived;
        }
    }
    panic!("only {} of {} octets arrived", arrived.len(), octets.len());
}

#[test]
fn octets_arrive_in_order_whatever_the_schedules() {
    let octets: Vec<u8> = (0..1_000_u32).map(|i| (i % 251) as u8).collect();
    let schedules = [
        Schedule::whole(),
        Schedule::octet_by_octet(),
        Schedule::cycle(&[0, 3, 0, 0, 1]),
        Schedule::seeded(7, 5),
    ];
    for a in &schedules {
        for b in &schedules {
            let (mut a, mut b) = pipe(10, a.clone(), b.clone());
            assert_eq!(transfer(&mut a, &mut b, &octets), octets);
            assert_eq!(transfer(&mut b, &mut a, &octets), octets);
        }
    }
}

#[test]
fn a_full_pipe_blocks_until_it_is_read() {
    let (mut a, mut b) = pipe(3, Schedule::whole(), Schedule::whole());
    assert_eq!(a.write(b"abcde").unwrap(), 3);
    assert_eq!(
        a.write(b"de").unwrap_err().kind(),
        io::ErrorKind::WouldBlock
    );
    assert_eq!(b.incoming_octets(), 3);
    assert_eq!(b.read(&mut [0; 1]).unwrap(), 1);
    assert_eq!(a.write(b"de").unwrap(), 1);
}

#[test]
fn what_is_on_the_way_is_read_before_the_end() {
    let (mut a, mut b) = pipe(8, Schedule::whole(), Schedule::whole());
    a.write_all(b"x").unwrap();
    a.shutdown();
    assert_eq!(a.write(b"y").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    let mut buffer = [0; 4];
    assert_eq!(
        (b.read(&mut buffer).unwrap(), b.read(&mut buffer).unwrap()),
        (1, 0)
    );
    b.write_all(b"still open").unwrap_err();
    assert_eq!(a.read(&mut buffer).unwrap(), 4);
    drop(a);
    assert_eq!(b.write(b"y").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn a_pending_end_is_woken_by_the_other() {
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let mut context = Context::from_waker(&waker);
    let wakes = || count.0.load(Ordering::Relaxed);
    let (mut a, mut b) = pipe(1, Schedule::whole(), Schedule::whole());
    let mut buffer = [0; 4];
    assert!(b.poll_read(&mut context, &mut buffer).is_pending());
    assert!(matches!(
        a.poll_write(&mut context, b"xy"),
        Poll::Ready(Ok(1))
    ));
    assert_eq!(wakes(), 1);
    assert!(a.poll_write(&mut context, b"y").is_pending());
    assert!(matches!(
        b.poll_read(&mut context, &mut buffer),
        Poll::Ready(Ok(1))
    ));
    assert_eq!(wakes(), 2);
    assert!(b.poll_read(&mut context, &mut buffer).is_pending());
    drop(a);
    assert_eq!(wakes(), 3);
    assert!(matches!(
        b.poll_read(&mut context, &mut buffer),
        Poll::Ready(Ok(0))
    ));
}

#[test]
fn a_schedule_that_blocks_for_no_reason_wakes_at_once() {
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let (mut a, _b) = pipe(9, Schedule::cycle(&[0, 2]), Schedule::whole());
    assert!(
        a.poll_write(&mut Context::from_waker(&waker), b"xyz")
            .is_pending()
    );
    assert_eq!(count.0.load(Ordering::Relaxed), 1);
    assert!(matches!(
        a.poll_write(&mut Context::from_waker(&waker), b"xyz"),
        Poll::Ready(Ok(2))
    ));
}

#[test]
fn a_seed_gives_the_same_numbers_again_and_all_of_them() {
    let numbers = |seed| -> Vec<usize> {
        let mut schedule = Schedule::seeded(seed, 3);
        (0..100).map(|_| schedule.next()).collect()
    };
    assert_eq!(numbers(0), numbers(0));
    assert_ne!(numbers(0), numbers(1));
    assert!((0..=3).all(|number| numbers(0).contains(&number)));
    assert!(numbers(0).iter().all(|&number| number <= 3));
}
