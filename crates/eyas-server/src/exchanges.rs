//! The exchanges of one connection: begun, polled inline or sent off to tasks, heard, and let go of.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::task::Waker;

use eyas_connection::{ErrorCode, StreamKey};

use crate::connection_info::ConnectionInfo;
use crate::date::TurnDate;
use crate::inline::InlinePoll;
use crate::link::{Letter, Link, ReadyList};
use crate::options::Options;
use crate::said::Said;
use crate::service::LocalHttpService;
use crate::shared::End;
use crate::slots::Slots;
use crate::task::Spawn;
use crate::turn_budget::TurnBudget;
use crate::watch::Core;

mod cells;
mod events;
mod mail;
mod polls;

/// Rounds of hearing and polling in one turn: an exchange that is kept inline and wakes itself each time
/// would have no end of them.
const ROUNDS_MAX: usize = 16;

pub(crate) struct Exchanges<S: LocalHttpService> {
    service: S,
    options: Arc<Options>,
    slots: Slots<S>,
    spawn: Spawn<S>,
    /// What is to be polled inline in this turn.
    queue: VecDeque<StreamKey>,
    inline: InlinePoll,
    /// Exchanges in tasks.
    tasks: usize,
    /// Cells that are alive; while there is none, nobody else can list or wake anything.
    cells: usize,
    link: Arc<Link>,
    /// Reused between turns.
    listed: Vec<u32>,
    mail: Vec<Letter>,
    said: VecDeque<Said>,
    budget: TurnBudget,
    date: TurnDate,
}

impl<S: LocalHttpService> Exchanges<S> {
    pub(crate) fn new(
        service: S,
        spawn: Spawn<S>,
        options: Arc<Options>,
        info: ConnectionInfo,
    ) -> Self {
        // Credit of a quarter of the connection's window, or half a stream's, cannot wait.
        let unreported_max = options.config.initial_connection_window() as usize / 4;
        let read_max = options.config.initial_stream_window() as usize / 2;
        Self {
            service,
            options,
            slots: Slots::new(),
            spawn,
            queue: VecDeque::new(),
            inline: InlinePoll::new(),
            tasks: 0,
            cells: 0,
            link: Arc::new(Link {
                ready: Arc::new(ReadyList::new(unreported_max, read_max)),
                info,
            }),
            listed: Vec::new(),
            mail: Vec::new(),
            said: VecDeque::new(),
            budget: TurnBudget::default(),
            date: TurnDate::default(),
        }
    }

    /// Exchanges in tasks of their own.
    pub(crate) const fn task_count(&self) -> usize {
        self.tasks
    }

    /// The connection was woken. `true`: by a cell.
    pub(crate) fn awake(&self) -> bool {
        self.is_shared() && self.link.ready.awake() && self.cells > 0
    }

    /// Whether the connection may sleep: whoever has something for it will wake it.
    pub(crate) fn may_sleep(&self, waker: &Waker) -> bool {
        if self.is_shared() {
            return self.link.ready.sleep(waker, self.cells);
        }
        // The last one that held a part of it may have written a moment ago: what it did before it let go
        // is seen behind this.
        fence(Ordering::Acquire);
        !self.link.ready.has_mail()
    }

    /// Gives storage back that a connection without streams does not need.
    pub(crate) fn release_storage(&mut self) {
        self.slots.release_storage();
        self.queue.shrink_to_fit();
        self.listed.shrink_to_fit();
        self.mail.shrink_to_fit();
        self.said.shrink_to_fit();
    }

    /// Whether anybody else could have something for the connection. Who holds no part of it cannot come
    /// by one either.
    fn is_shared(&self) -> bool {
        self.cells > 0 || Arc::strong_count(&self.link) > 1
    }

    /// Hears events and cells, and polls what can be polled. `true`: something was done.
    pub(crate) fn run(&mut self, core: &mut Core) -> bool {
        let mut progress = false;
        for _ in 0..ROUNDS_MAX {
            let heard = self.hear_events(core) | self.hear_cells(core);
            let polled = self.poll_queue(core);
            if !heard && !polled {
                break;
            }
            progress = true;
        }
        self.budget.end_turn();
        self.date.end_turn();
        progress
    }
}

impl<S: LocalHttpService> Drop for Exchanges<S> {
    fn drop(&mut self) {
        self.read_last_mail();
        for mut slot in self.slots.drain() {
            slot.cancelled(ErrorCode::CANCEL);
            // Here, where a panic of its drop is contained.
            if let Some(mut exchange) = slot.inline.take() {
                exchange.as_mut().clear();
            }
            let Some(cell) = slot.cell.take() else {
                continue;
            };
            // Whoever reads elsewhere, or is kept, waits for content that cannot come any more.
            cell.finish(End::Reset(ErrorCode::CANCEL.0));
            // A handler is kept up to its answer; nobody would take what its body has to say.
            if let Some(task) = slot.task.take()
                && self.options.keep_handlers
                && !cell.deafen()
            {
                task.detach();
            }
        }
    }
}
