//! The wake rule of `shared.rs`, model-checked: every interleaving, no lost wake, no lost octet.

#[path = "../src/shared.rs"]
#[expect(dead_code, reason = "the model uses the parts that two threads share")]
mod shared;

mod sync {
    pub(crate) use loom::sync::atomic::{AtomicUsize, Ordering};
    pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};
}

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;
use loom::future::block_on;
use loom::thread;
use shared::{Cell, End, Incoming, ReadyList, Weighed};
use sync::Arc;

/// What an exchange says in the model: a number, or so many octets.
#[derive(Debug, PartialEq)]
struct Word(usize);

impl Weighed for Word {
    fn octets(&self) -> usize {
        self.0
    }
}

/// The connection's loop, reduced to what concerns cells: hear everything that is listed, or sleep.
/// Ends when `done` says so.
fn connection(ready: &ReadyList<()>, mut hear: impl FnMut(u32) -> bool) {
    let mut listed = Vec::new();
    block_on(poll_fn(|context: &mut Context<'_>| {
        ready.awake();
        loop {
            ready.take(&mut listed, &mut Vec::new());
            let mut done = false;
            for slot in listed.drain(..) {
                done |= hear(slot);
            }
            if done {
                return Poll::Ready(());
            }
            if ready.sleep(context.waker(), 1) {
                return Poll::Pending;
            }
        }
    }));
}

#[test]
fn everything_two_tasks_say_is_heard() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let ready = Arc::new(ReadyList::new(1024, 1024));
        let cells: Vec<_> = (0..2)
            .map(|slot| Arc::new(Cell::<Word, ()>::new(ready.clone(), slot, None)))
            .collect();
        let tasks: Vec<_> = cells
            .iter()
            .map(|cell| {
                let cell = cell.clone();
                thread::spawn(move || {
                    cell.say(Word(1));
                    cell.say(Word(2));
                    cell.writer_gone();
                })
            })
            .collect();

        let mut said = [VecDeque::new(), VecDeque::new()];
        let mut gone = 0;
        connection(&ready, |slot| {
            let slot = slot as usize;
            let outgoing = cells[slot].collect(&mut said[slot], usize::MAX);
            gone += usize::from(outgoing.writer_gone);
            gone == 2
        });
        for words in &said {
            assert_eq!(*words, [Word(1), Word(2)]);
        }
        for task in tasks {
            task.join().expect("the model's tasks do not panic");
        }
    });
}

#[test]
fn a_reader_gets_every_octet_and_its_credit_is_reported() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        // From two unread octets on, credit cannot wait.
        let ready = Arc::new(ReadyList::new(2, 1024));
        let cell = Arc::new(Cell::<Word, ()>::new(ready.clone(), 0, None));
        let reader = {
            let cell = cell.clone();
            thread::spawn(move || {
                let mut octets = 0;
                loop {
                    match block_on(poll_fn(|context| cell.read(context))) {
                        Incoming::Chunk(chunk) => octets += chunk.len(),
                        Incoming::End(End::Complete(None)) => break,
                        Incoming::End(end) => panic!("the model does not end with {end:?}"),
                    }
                }
                assert_eq!(octets, 5);
                cell.reader_gone();
            })
        };

        for len in [2, 3] {
            let mut chunk = Some(Bytes::from(vec![0; len]));
            cell.offer(|| chunk.take());
        }
        cell.finish(End::Complete(None));

        let mut credit = 0;
        connection(&ready, |_| {
            let outgoing = cell.collect(&mut VecDeque::new(), 0);
            credit += outgoing.read_octets;
            outgoing.reader_gone
        });
        assert_eq!(credit, 5);
        reader.join().expect("the reader does not panic");
    });
}

#[test]
fn a_writer_that_has_no_room_is_woken_when_there_is() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let ready = Arc::new(ReadyList::new(1024, 1024));
        let cell = Arc::new(Cell::<Word, ()>::new(ready.clone(), 0, None));
        let writer = {
            let cell = cell.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    block_on(poll_fn(|context| cell.poll_room(context)));
                    // More than may wait in a cell: the next one has to wait for the connection.
                    cell.say(Word(64 * 1024));
                }
                cell.writer_gone();
            })
        };

        let mut said = VecDeque::new();
        connection(&ready, |_| cell.collect(&mut said, usize::MAX).writer_gone);
        assert_eq!(said.len(), 2);
        writer.join().expect("the writer does not panic");
    });
}

#[test]
fn every_letter_is_read_and_before_what_was_listed_after_it() {
    loom::model(|| {
        let ready = Arc::new(ReadyList::<u32>::new(1024, 1024));
        let cell = Arc::new(Cell::<Word, u32>::new(ready.clone(), 0, None));
        let writer = {
            let ready = ready.clone();
            thread::spawn(move || {
                ready.post(7);
                cell.say(Word(0));
            })
        };
        let (mut listed, mut mail, mut read) = (Vec::new(), Vec::new(), false);
        block_on(poll_fn(|context: &mut Context<'_>| {
            ready.awake();
            loop {
                ready.take(&mut listed, &mut mail);
                read |= mail.drain(..).any(|letter| letter == 7);
                if !listed.is_empty() {
                    assert!(read, "the cell was heard before the letter");
                    return Poll::Ready(());
                }
                if ready.sleep(context.waker(), 1) {
                    return Poll::Pending;
                }
            }
        }));
        writer.join().expect("the writer does not panic");
    });
}

/// As in `Exchanges::may_sleep`: who has written last may be gone when the connection looks.
#[test]
fn the_last_letter_of_who_goes_is_read() {
    loom::model(|| {
        let ready = Arc::new(ReadyList::<u32>::new(1024, 1024));
        let writer = {
            let ready = ready.clone();
            thread::spawn(move || ready.post(7))
        };
        let (mut listed, mut mail) = (Vec::new(), Vec::new());
        block_on(poll_fn(|context: &mut Context<'_>| {
            ready.awake();
            loop {
                ready.take(&mut listed, &mut mail);
                if mail == [7] {
                    return Poll::Ready(());
                }
                if Arc::strong_count(&ready) == 1 {
                    assert!(ready.has_mail(), "it slept over a letter");
                } else if ready.sleep(context.waker(), 0) {
                    return Poll::Pending;
                }
            }
        }));
        writer.join().expect("the writer does not panic");
    });
}

#[test]
fn a_letter_to_a_connection_that_goes_is_read_or_dropped() {
    loom::model(|| {
        let ready = Arc::new(ReadyList::<Arc<()>>::new(1024, 1024));
        let letter = Arc::new(());
        let writer = {
            let (ready, letter) = (ready.clone(), letter.clone());
            thread::spawn(move || ready.post(letter))
        };
        drop(ready.close());
        writer.join().expect("the writer does not panic");
        assert_eq!(Arc::strong_count(&letter), 1);
    });
}

#[test]
fn an_exchange_kept_inline_is_polled_again_after_each_wake() {
    loom::model(|| {
        let ready = Arc::new(ReadyList::new(1024, 1024));
        let cell = Arc::new(Cell::<Word, ()>::new(ready.clone(), 0, None));
        let waker = {
            let cell = cell.clone();
            thread::spawn(move || cell.poll_again())
        };
        connection(&ready, |_| cell.collect(&mut VecDeque::new(), 0).poll_again);
        waker.join().expect("the waker does not panic");
    });
}
