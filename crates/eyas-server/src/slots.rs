//! The exchanges of one connection, by the slot of their stream, and the boxes they are made in.

use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use eyas_connection::{ErrorCode, StreamKey};

use crate::cancel::{Cancel, OnCancel};
use crate::exchange::Exchange;
use crate::inline::{InlinePoll, Polled};
use crate::link::Cell;
use crate::said::Said;
use crate::service::LocalHttpService;
use crate::speak::Speech;
use crate::sync::Arc;
use crate::task::TaskGuard;

/// Boxes kept for exchanges to come.
const SPARE_MAX: usize = 32;

pub(crate) struct Slot<S: LocalHttpService> {
    pub(crate) key: StreamKey,
    pub(crate) speech: Speech,
    /// While the connection polls it.
    pub(crate) inline: Option<Pin<Box<Exchange<S>>>>,
    /// With what it is polled inline when it waits for something foreign ([`Dispatch::Inline`] only).
    ///
    /// [`Dispatch::Inline`]: crate::Dispatch::Inline
    pub(crate) waker: Option<Waker>,
    /// While it has a task.
    pub(crate) task: Option<TaskGuard>,
    /// Whatever is shared with other tasks: only for a request with content, or a task.
    pub(crate) cell: Option<Arc<Cell>>,
    /// A `RecvBody` is alive.
    pub(crate) has_reader: bool,
    /// Stands in the run queue.
    pub(crate) is_queued: bool,
    /// What is known and asked about a reset of the stream; most never have any.
    pub(crate) cancel: Option<Box<Cancel>>,
}

impl<S: LocalHttpService> Slot<S> {
    /// Polls the exchange with its own waker, if it has one, or with one that tells what it waits for.
    #[inline]
    pub(crate) fn poll(
        &self,
        inline: &mut InlinePoll,
        exchange: Pin<&mut Exchange<S>>,
    ) -> Polled<Said> {
        if let Some(waker) = &self.waker {
            return match exchange.poll_said(&mut Context::from_waker(waker)) {
                Poll::Ready(said) => Polled::Ready(said),
                Poll::Pending => Polled::Pending,
            };
        }
        let Some(cell) = &self.cell else {
            return inline.poll(|context| exchange.poll_said(context));
        };
        cell.set_inline(inline.identity());
        let polled = inline.poll(|context| exchange.poll_said(context));
        cell.set_inline(0);
        polled
    }

    /// Whether the exchange waits for something that will have it polled inline.
    pub(crate) fn waits_inline(&self) -> bool {
        self.waker.is_some()
            || self
                .cell
                .as_ref()
                .is_some_and(|cell| cell.is_awaited_inline())
    }

    /// Calls `call` when the stream is reset, or now if it was.
    pub(crate) fn on_cancel(&mut self, call: OnCancel) {
        self.cancel.get_or_insert_default().add(call);
    }

    /// The stream was reset.
    pub(crate) fn cancelled(&mut self, code: ErrorCode) {
        self.cancel.get_or_insert_default().tell(code);
    }

    /// Whether neither the exchange nor a reader is left.
    pub(crate) fn is_done(&self) -> bool {
        self.inline.is_none() && self.task.is_none() && !self.has_reader
    }
}

pub(crate) struct Slots<S: LocalHttpService> {
    slots: Vec<Option<Slot<S>>>,
    spare: Vec<Pin<Box<Exchange<S>>>>,
}

impl<S: LocalHttpService> Slots<S> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            spare: Vec::new(),
        }
    }

    pub(crate) fn insert(&mut self, slot: Slot<S>) {
        let at = slot.key.index();
        if self.slots.len() <= at {
            self.slots.resize_with(at + 1, || None);
        }
        self.slots[at] = Some(slot);
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: StreamKey) -> Option<&mut Slot<S>> {
        self.slots
            .get_mut(key.index())?
            .as_mut()
            .filter(|slot| slot.key == key)
    }

    /// The key of whatever is in the slot of that number.
    pub(crate) fn key_at(&self, index: u32) -> Option<StreamKey> {
        Some(self.slots.get(index as usize)?.as_ref()?.key)
    }

    pub(crate) fn remove(&mut self, key: StreamKey) {
        if self.get_mut(key).is_some() {
            self.slots[key.index()] = None;
        }
    }

    /// Gives storage back, when nothing is in it.
    pub(crate) fn release_storage(&mut self) {
        if self.slots.iter().all(Option::is_none) {
            self.slots = Vec::new();
            self.spare = Vec::new();
        }
    }

    /// Every slot, taken out.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Slot<S>> {
        self.slots.drain(..).flatten()
    }

    /// A box with an idle exchange in it, used before if there is one.
    #[inline]
    pub(crate) fn spare(&mut self) -> Pin<Box<Exchange<S>>> {
        self.spare.pop().unwrap_or_else(|| Box::pin(Exchange::Idle))
    }

    /// Takes a box back whose exchange is over.
    #[inline]
    pub(crate) fn recycle(&mut self, mut used: Pin<Box<Exchange<S>>>) {
        if !used.is_idle() {
            used.as_mut().clear();
        }
        if self.spare.len() < SPARE_MAX {
            self.spare.push(used);
        }
    }
}

/// The waker of an exchange that stays on the connection task whatever it waits for.
pub(crate) struct PollAgain {
    cell: Arc<Cell>,
}

impl PollAgain {
    pub(crate) fn waker(cell: Arc<Cell>) -> Waker {
        Waker::from(Arc::new(Self { cell }))
    }
}

impl Wake for PollAgain {
    fn wake(self: Arc<Self>) {
        self.cell.poll_again();
    }
}
