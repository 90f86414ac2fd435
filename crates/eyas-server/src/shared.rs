//! What the connection task and other tasks share: the only lock a connection ever takes.
//!
//! # The wake rule
//!
//! One [`ReadyList`] per connection, one [`Cell`] per stream that another task may touch.
//!
//! 1. A cell that has something for the connection sets its *listed* bit, in the same locked section as
//!    what it has. On 0 -> 1 it puts its slot on the ready list. It wakes the connection only if that
//!    sleeps, and only when it has something that cannot wait: credit that has not come together yet is
//!    listed quietly.
//! 2. The connection clears the bit in the same locked section in which it empties the cell.
//! 3. The connection goes to sleep through [`ReadyList::sleep`], which refuses while something that
//!    cannot wait is listed. While the connection is awake nobody wakes it.
//! 4. Never two locks at once, and never a wake under a lock.
//!
//! Beside the cells the ready list has a mailbox, for what handlers ask of the connection itself. Mail
//! cannot wait, and is heard before the cells that were listed after it. When the connection goes, the
//! mailbox is closed: what is posted then is dropped.
//!
//! `tests/loom.rs` checks every interleaving of it.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::sync::{Arc, AtomicUsize, Mutex, MutexGuard, Ordering};

/// Which slots have something for the connection, the mail (`M`) it has got, and how to wake it.
#[derive(Debug)]
pub(crate) struct ReadyList<M> {
    inner: Mutex<Ready<M>>,
    /// Letters in the mailbox.
    letters: AtomicUsize,
    /// Octets read by applications on all streams and not yet reported to the connection.
    unreported: AtomicUsize,
    /// From so many unreported octets on, their credit cannot wait.
    unreported_max: usize,
    /// The same for those of one stream.
    read_max: usize,
}

#[derive(Debug)]
struct Ready<M> {
    slots: Vec<u32>,
    mail: Vec<M>,
    /// Something in `slots` cannot wait; mail never can.
    is_urgent: bool,
    /// The connection is gone.
    is_closed: bool,
    /// The connection sleeps; to be woken with this.
    sleeper: Option<Waker>,
}

impl<M> ReadyList<M> {
    /// Credit for `unreported_max` octets on all streams, or `read_max` on one, cannot wait.
    pub(crate) fn new(unreported_max: usize, read_max: usize) -> Self {
        Self {
            inner: Mutex::new(Ready {
                slots: Vec::new(),
                mail: Vec::new(),
                is_urgent: false,
                is_closed: false,
                sleeper: None,
            }),
            letters: AtomicUsize::new(0),
            unreported: AtomicUsize::new(0),
            unreported_max,
            read_max: read_max.min(READ_OCTETS_MAX),
        }
    }

    /// Swaps the listed slots into `slots` and the letters into `mail`, which must be empty.
    pub(crate) fn take(&self, slots: &mut Vec<u32>, mail: &mut Vec<M>) {
        let mut ready = lock(&self.inner);
        ready.is_urgent = false;
        std::mem::swap(&mut ready.slots, slots);
        if !ready.mail.is_empty() {
            self.letters.store(0, Ordering::Relaxed);
            std::mem::swap(&mut ready.mail, mail);
        }
    }

    /// Swaps the letters alone into `mail`, which must be empty.
    pub(crate) fn take_mail(&self, mail: &mut Vec<M>) {
        let mut ready = lock(&self.inner);
        self.letters.store(0, Ordering::Relaxed);
        std::mem::swap(&mut ready.mail, mail);
    }

    /// Whether there is mail. What a poll on this very thread has posted is seen without a lock.
    #[inline]
    pub(crate) fn has_mail(&self) -> bool {
        self.letters.load(Ordering::Relaxed) > 0
    }

    /// Writes to the connection. A letter to one that is gone is dropped.
    pub(crate) fn post(&self, letter: M) {
        let sleeper = {
            let mut ready = lock(&self.inner);
            if ready.is_closed {
                // Not under the lock: what a letter holds may run code of the application.
                drop(ready);
                return drop(letter);
            }
            ready.mail.push(letter);
            self.letters.store(ready.mail.len(), Ordering::Relaxed);
            ready.sleeper.take()
        };
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
    }

    /// The connection goes: the letters it has not read, and the last it gets.
    pub(crate) fn close(&self) -> Vec<M> {
        let mut ready = lock(&self.inner);
        ready.is_closed = true;
        self.letters.store(0, Ordering::Relaxed);
        std::mem::take(&mut ready.mail)
    }

    /// The connection, which has so many cells, wants to sleep. `false`: something came up, go on.
    #[must_use]
    pub(crate) fn sleep(&self, waker: &Waker, cells: usize) -> bool {
        let mut ready = lock(&self.inner);
        if cells == 0 {
            // What is listed is of streams that are gone: nobody would come for it.
            ready.slots.clear();
            ready.is_urgent = false;
        }
        if ready.is_urgent || !ready.mail.is_empty() {
            return false;
        }
        match &mut ready.sleeper {
            Some(sleeper) => sleeper.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        true
    }

    /// The connection is awake, for whatever reason. `true` when a cell woke it.
    pub(crate) fn awake(&self) -> bool {
        lock(&self.inner).sleeper.take().is_none()
    }

    fn list(&self, slot: Option<u32>, urgent: bool) {
        let sleeper = {
            let mut ready = lock(&self.inner);
            ready.slots.extend(slot);
            ready.is_urgent |= urgent;
            if urgent { ready.sleeper.take() } else { None }
        };
        if let Some(sleeper) = sleeper {
            sleeper.wake();
        }
    }
}

/// One stream, seen by its connection and by whoever else has a part of it: the request's content on
/// its way up, and what an exchange in a task of its own says (`T`) on its way down.
#[derive(Debug)]
pub(crate) struct Cell<T, M> {
    ready: Arc<ReadyList<M>>,
    slot: u32,
    /// Identifies the waker of the inline poll that is under way for this very stream, zero outside.
    inline: AtomicUsize,
    inner: Mutex<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    is_listed: bool,

    // Up: the request's content.
    incoming: VecDeque<Bytes>,
    /// More lies in the connection than fits here.
    more_below: bool,
    incoming_end: Option<End>,
    /// Octets not read yet of the declared length; `UNDECLARED` when there was none.
    left: u64,
    reader: Waiter,
    reader_gone: bool,
    /// Octets read or thrown away, not yet reported.
    read_octets: usize,

    // Down: what the exchange says.
    outgoing: VecDeque<T>,
    outgoing_octets: usize,
    /// Octets of content from which the exchange has to wait.
    outgoing_max: usize,
    /// The connection takes no more for now.
    writer: Option<Waker>,
    writer_gone: bool,
    /// The connection is gone while the exchange goes on.
    is_deaf: bool,
    /// The exchange, kept inline, asks to be polled again.
    poll_again: bool,
}

/// How the content of a request ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    Complete(Option<http::HeaderMap>),
    /// Reset, with the code of RST_STREAM.
    Reset(u32),
}

/// Who waits for content.
#[derive(Debug)]
enum Waiter {
    Nobody,
    /// The exchange itself, which the connection polls inline.
    Inline,
    Task(Waker),
}

/// What a reader finds.
#[derive(Debug)]
pub(crate) enum Incoming {
    Chunk(Bytes),
    End(End),
}

/// What the connection finds in a cell.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Octets to give credit for.
    pub(crate) read_octets: usize,
    pub(crate) reader_gone: bool,
    pub(crate) writer_gone: bool,
    pub(crate) poll_again: bool,
    /// The reader has used up what was here, and there is more below.
    pub(crate) wants_more: bool,
    /// The exchange has said more than there was room for.
    pub(crate) has_more: bool,
}

/// No length was declared.
const UNDECLARED: u64 = u64::MAX;

/// Chunks held here; more stay in the connection, where small ones are copied together.
const INCOMING_MAX: usize = 8;

/// Octets an exchange in a task of its own may have said and the connection not yet taken. As with the
/// marks of a producer it doubles when a waiting exchange's cell was emptied and there was room for more.
const OUTGOING_MIN: usize = 64 * 1024;
const OUTGOING_MAX: usize = 512 * 1024;

/// Octets read on one stream from which their credit cannot wait, however large its window is: see
/// [`Cell::read`].
const READ_OCTETS_MAX: usize = 128 * 1024;

impl<T, M> Cell<T, M> {
    /// `length` is that of the request's content, if it was declared.
    pub(crate) fn new(ready: Arc<ReadyList<M>>, slot: u32, length: Option<u64>) -> Self {
        Self {
            ready,
            slot,
            inline: AtomicUsize::new(0),
            inner: Mutex::new(Inner {
                is_listed: false,
                incoming: VecDeque::new(),
                more_below: false,
                incoming_end: None,
                left: length.unwrap_or(UNDECLARED),
                reader: Waiter::Nobody,
                reader_gone: false,
                read_octets: 0,
                outgoing: VecDeque::new(),
                outgoing_octets: 0,
                outgoing_max: OUTGOING_MIN,
                writer: None,
                writer_gone: false,
                is_deaf: false,
                poll_again: false,
            }),
        }
    }

    // The connection's side.

    /// Moves content up, as much as fits; the rest is noted as lying below. `true`: the exchange that
    /// waits for it is to be polled inline.
    pub(crate) fn offer(&self, mut next: impl FnMut() -> Option<Bytes>) -> bool {
        let waiter = {
            let mut inner = lock(&self.inner);
            let mut moved = false;
            let may_have_ended = inner.more_below && inner.incoming_end.is_some();
            inner.more_below = loop {
                if inner.incoming.len() >= INCOMING_MAX {
                    break true;
                }
                let Some(chunk) = next() else {
                    break false;
                };
                if inner.reader_gone {
                    inner.read_octets += chunk.len();
                    self.ready
                        .unreported
                        .fetch_add(chunk.len(), Ordering::SeqCst);
                } else {
                    inner.incoming.push_back(chunk);
                    moved = true;
                }
            };
            // A reader that was told to wait for more may have waited for its end alone.
            let has_ended = may_have_ended && !inner.more_below;
            if !moved && !has_ended {
                return false;
            }
            std::mem::replace(&mut inner.reader, Waiter::Nobody)
        };
        waiter.wake()
    }

    /// The content is complete, or will never be. As [`offer`](Self::offer).
    pub(crate) fn finish(&self, end: End) -> bool {
        let waiter = {
            let mut inner = lock(&self.inner);
            if let End::Reset(_) = end {
                // What was not read is void; the connection has given its credit back itself.
                inner.incoming.clear();
                inner.more_below = false;
            }
            if inner.incoming_end.is_none() || matches!(end, End::Reset(_)) {
                inner.incoming_end = Some(end);
            }
            std::mem::replace(&mut inner.reader, Waiter::Nobody)
        };
        waiter.wake()
    }

    /// Takes what the other side has left. Up to `room` octets of what it says go to `said`.
    pub(crate) fn collect(&self, said: &mut VecDeque<T>, mut room: usize) -> Outgoing
    where
        T: Weighed,
    {
        let mut writer = None;
        let outgoing = {
            let mut inner = lock(&self.inner);
            inner.is_listed = false;
            while let Some(next) = inner.outgoing.front() {
                let octets = next.octets();
                if octets > 0 && room == 0 {
                    break;
                }
                room = room.saturating_sub(octets);
                inner.outgoing_octets -= octets;
                said.extend(inner.outgoing.pop_front());
            }
            let has_more = !inner.outgoing.is_empty();
            if inner.outgoing_octets < inner.outgoing_max {
                writer = inner.writer.take();
                if writer.is_some() && room > 0 {
                    inner.outgoing_max = (inner.outgoing_max * 2).min(OUTGOING_MAX);
                }
            }
            let read_octets = std::mem::take(&mut inner.read_octets);
            self.ready
                .unreported
                .fetch_sub(read_octets, Ordering::SeqCst);
            Outgoing {
                read_octets,
                reader_gone: inner.reader_gone,
                writer_gone: inner.writer_gone && !has_more,
                poll_again: std::mem::take(&mut inner.poll_again),
                wants_more: inner.more_below && inner.incoming.len() < INCOMING_MAX,
                has_more,
            }
        };
        if let Some(writer) = writer {
            writer.wake();
        }
        outgoing
    }

    /// The connection goes before the exchange does: nothing that is said is heard any more. `true`: it
    /// has begun to speak, so that its handler is done.
    pub(crate) fn deafen(&self) -> bool {
        let mut inner = lock(&self.inner);
        inner.is_deaf = true;
        !inner.outgoing.is_empty()
    }

    /// An inline poll of this stream's exchange begins, with the waker that `waker` identifies, or
    /// ends, with zero.
    pub(crate) fn set_inline(&self, waker: usize) {
        self.inline.store(waker, Ordering::Relaxed);
    }

    /// Whether the exchange waits for content, and is to be polled inline when it comes.
    pub(crate) fn is_awaited_inline(&self) -> bool {
        matches!(lock(&self.inner).reader, Waiter::Inline)
    }

    // The reader's side.

    /// The next content, or its end. Credit for a chunk is reported when it is taken: urgently when
    /// much has come together on this stream or on all, or when the connection holds more of it.
    pub(crate) fn read(&self, context: &Context<'_>) -> Poll<Incoming> {
        let mut inner = lock(&self.inner);
        let Some(chunk) = inner.incoming.pop_front() else {
            if let (Some(end), false) = (&inner.incoming_end, inner.more_below) {
                return Poll::Ready(Incoming::End(end.clone()));
            }
            let inline = self.inline.load(Ordering::Relaxed);
            inner.reader = if inline != 0 && inline == identity(context.waker()) {
                Waiter::Inline
            } else {
                Waiter::Task(context.waker().clone())
            };
            return Poll::Pending;
        };
        let octets = chunk.len();
        inner.read_octets += octets;
        if inner.left != UNDECLARED {
            inner.left = inner.left.saturating_sub(octets as u64);
        }
        let total = self.ready.unreported.fetch_add(octets, Ordering::SeqCst) + octets;
        let urgent = (inner.more_below && inner.incoming.is_empty())
            || inner.read_octets >= self.ready.read_max
            || total >= self.ready.unreported_max;
        self.notify(inner, urgent);
        Poll::Ready(Incoming::Chunk(chunk))
    }

    /// Whether the end is all that is left to read.
    pub(crate) fn is_end(&self) -> bool {
        let inner = lock(&self.inner);
        inner.incoming.is_empty()
            && !inner.more_below
            && matches!(inner.incoming_end, Some(End::Complete(None)))
    }

    /// Octets not read yet of the declared length, if there was one.
    pub(crate) fn octets_left(&self) -> Option<u64> {
        Some(lock(&self.inner).left).filter(|&left| left != UNDECLARED)
    }

    /// Nobody will read any more: what is unread counts as read.
    pub(crate) fn reader_gone(&self) {
        let mut inner = lock(&self.inner);
        inner.reader_gone = true;
        inner.reader = Waiter::Nobody;
        let unread: usize = inner.incoming.drain(..).map(|chunk| chunk.len()).sum();
        inner.read_octets += unread;
        self.ready.unreported.fetch_add(unread, Ordering::SeqCst);
        self.notify(inner, true);
    }

    // The side of an exchange in a task of its own.

    /// Whether it may say more content; if not, it is woken when it may.
    pub(crate) fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        let mut inner = lock(&self.inner);
        if inner.outgoing_octets < inner.outgoing_max {
            return Poll::Ready(());
        }
        inner.writer = Some(context.waker().clone());
        Poll::Pending
    }

    /// Says something. `false`: nobody hears it, or anything that follows.
    pub(crate) fn say(&self, what: T) -> bool
    where
        T: Weighed,
    {
        let mut inner = lock(&self.inner);
        if inner.is_deaf {
            return false;
        }
        inner.outgoing_octets += what.octets();
        inner.outgoing.push_back(what);
        self.notify(inner, true);
        true
    }

    /// The exchange is gone, finished or not.
    pub(crate) fn writer_gone(&self) {
        let mut inner = lock(&self.inner);
        inner.writer_gone = true;
        self.notify(inner, true);
    }

    /// The exchange, which is kept inline, was woken.
    pub(crate) fn poll_again(&self) {
        let mut inner = lock(&self.inner);
        inner.poll_again = true;
        self.notify(inner, true);
    }

    /// Ends a locked section that has left something for the connection.
    fn notify(&self, mut inner: MutexGuard<'_, Inner<T>>, urgent: bool) {
        let was_listed = std::mem::replace(&mut inner.is_listed, true);
        drop(inner);
        if urgent || !was_listed {
            self.ready.list((!was_listed).then_some(self.slot), urgent);
        }
    }
}

/// How many octets of content something is.
pub(crate) trait Weighed {
    fn octets(&self) -> usize;
}

impl Waiter {
    /// `true`: the connection is to poll the exchange.
    fn wake(self) -> bool {
        match self {
            Self::Nobody => false,
            Self::Inline => true,
            Self::Task(waker) => {
                waker.wake();
                false
            }
        }
    }
}

/// A number that two wakers share only if waking one is waking the other.
pub(crate) fn identity(waker: &Waker) -> usize {
    waker.data().addr()
}

/// A panic of an application under a lock leaves nothing half done here: no code of its runs there.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
