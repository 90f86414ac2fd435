//! Exchanges are polled inline, kept, or sent off to tasks.

use std::pin::Pin;

use eyas_connection::StreamKey;

use super::Exchanges;
use crate::exchange::Exchange;
use crate::inline::Polled;
use crate::options::Dispatch;
use crate::said::Said;
use crate::service::LocalHttpService;
use crate::slots::PollAgain;
use crate::watch::Core;

impl<S: LocalHttpService> Exchanges<S> {
    pub(super) fn enqueue(&mut self, key: StreamKey) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if slot.inline.is_some() && !slot.is_queued {
            slot.is_queued = true;
            self.queue.push_back(key);
        }
    }

    pub(super) fn poll_queue(&mut self, core: &mut Core) -> bool {
        let mut polled = false;
        while let Some(key) = self.queue.pop_front() {
            polled = true;
            if let Some(slot) = self.slots.get_mut(key) {
                slot.is_queued = false;
                if let Some(exchange) = slot.inline.take() {
                    self.poll_exchange(core, key, exchange);
                }
            }
        }
        polled
    }

    /// Whether the next exchange goes to a task unpolled.
    #[inline]
    pub(super) fn spawns(&mut self) -> bool {
        match self.options.dispatch {
            Dispatch::Adaptive => self.budget.is_spent(),
            Dispatch::Inline => false,
            Dispatch::Spawn => true,
        }
    }

    /// Polls an exchange until it is over, has to wait, or has said as much as may be sent.
    pub(super) fn poll_exchange(
        &mut self,
        core: &mut Core,
        key: StreamKey,
        mut exchange: Pin<Box<Exchange<S>>>,
    ) {
        if self.spawns() {
            return self.spawn(key, exchange);
        }
        loop {
            let Some(slot) = self.slots.get_mut(key) else {
                return;
            };
            if slot.speech.has_head && core.send_room(key) == 0 {
                slot.inline = Some(exchange);
                return;
            }
            let polled = slot.poll(&mut self.inline, exchange.as_mut());
            let Some(goes_on) = self.heed(core, key, exchange, polled) else {
                return;
            };
            exchange = goes_on;
        }
    }

    /// Does with an exchange whatever its last poll asks for. Gives it back when it has more to say.
    pub(super) fn heed(
        &mut self,
        core: &mut Core,
        key: StreamKey,
        exchange: Pin<Box<Exchange<S>>>,
        polled: Polled<Said>,
    ) -> Option<Pin<Box<Exchange<S>>>> {
        // An interim response that it asked for goes before what it says now.
        if self.link.ready.has_mail() {
            self.hear_mail(core);
        }
        let slot = self.slots.get_mut(key)?;
        match polled {
            Polled::Ready(said) => {
                slot.speech.say(core, key, said, &mut self.date);
                if !slot.speech.is_over {
                    return Some(exchange);
                }
                self.slots.recycle(exchange);
                // A reader that was dropped with the exchange has said so in its cell.
                self.after_exchange(core, key);
            }
            Polled::Pending if slot.waits_inline() => slot.inline = Some(exchange),
            Polled::Pending | Polled::Foreign => {
                if self.options.dispatch != Dispatch::Inline {
                    self.spawn(key, exchange);
                } else {
                    // It is polled again with a waker of its own, and stays.
                    slot.inline = Some(exchange);
                    self.keep_inline(key);
                }
            }
        }
        None
    }

    /// Gives an exchange that waits for something foreign a waker that wakes the connection for it.
    fn keep_inline(&mut self, key: StreamKey) {
        if let Some(cell) = self.cell_of(key) {
            if let Some(slot) = self.slots.get_mut(key) {
                slot.waker = Some(PollAgain::waker(cell));
            }
            self.enqueue(key);
        }
    }

    fn after_exchange(&mut self, core: &mut Core, key: StreamKey) {
        match self.slots.get_mut(key) {
            Some(slot) if slot.has_reader => self.hear_cell(core, key),
            _ => self.release_if_done(core, key),
        }
    }

    fn spawn(&mut self, key: StreamKey, exchange: Pin<Box<Exchange<S>>>) {
        let Some(cell) = self.cell_of(key) else {
            return;
        };
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        slot.task = Some((self.spawn)(exchange, cell));
        self.tasks += 1;
    }
}
