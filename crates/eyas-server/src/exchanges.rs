//! The exchanges of one connection: begun, polled inline or sent off to tasks, heard, and let go of.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::task::Waker;

use eyas_connection::{ErrorCode, Event, StreamKey};
use http::Request;

use crate::connection_info::ConnectionInfo;
use crate::date::TurnDate;
use crate::exchange::Exchange;
use crate::inline::{InlinePoll, Polled};
use crate::link::{Cell, Letter, Link, ReadyList};
use crate::options::{Dispatch, Options};
use crate::recv_body::RecvBody;
use crate::response::Asked;
use crate::said::Said;
use crate::service::LocalHttpService;
use crate::shared::End;
use crate::slots::{PollAgain, Slot, Slots};
use crate::speak::Speech;
use crate::task::Spawn;
use crate::turn_budget::TurnBudget;
use crate::watch::Core;

/// Rounds of hearing and polling in one turn: an exchange that is kept inline and wakes itself each time
/// would have no end of them.
const ROUNDS_MAX: usize = 16;

pub(crate) struct Exchanges<S: LocalHttpService> {
    service: S,
    options: Arc<Options>,
    pub(crate) slots: Slots<S>,
    spawn: Spawn<S>,
    /// What is to be polled inline in this turn.
    queue: VecDeque<StreamKey>,
    inline: InlinePoll,
    /// Exchanges in tasks.
    tasks: usize,
    /// Cells that are alive; while there is none, nobody else can list or wake anything.
    cells: usize,
    pub(crate) link: Arc<Link>,
    /// Reused between turns.
    listed: Vec<u32>,
    pub(crate) mail: Vec<Letter>,
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

    fn hear_events(&mut self, core: &mut Core) -> bool {
        let mut heard = false;
        while let Some(event) = core.poll_event() {
            heard = true;
            match event {
                Event::Request {
                    key,
                    stream_id,
                    priority,
                    request,
                    end_stream,
                    content_length,
                    expects_continue,
                    ..
                } => {
                    let mut body = RecvBody::new(self.link.clone(), key, stream_id, priority);
                    if end_stream && self.may_answer_now(core, key) {
                        self.answer_now(core, key, request.map(|()| body));
                        continue;
                    }
                    if !end_stream {
                        let cell = self.new_cell(key, content_length);
                        body = body.with_content(cell, expects_continue);
                    }
                    self.begin(key, request.map(|()| body));
                }
                Event::Data { key } => self.offer(core, key),
                Event::End { key } => {
                    let trailers = core.take_trailers(key);
                    self.finish_request(key, End::Complete(trailers));
                }
                Event::Reset {
                    key, error_code, ..
                } => self.on_reset(core, key, error_code),
                Event::Writable { key } => self.on_writable(core, key),
                _ => {}
            }
        }
        heard
    }

    /// Whether a request that has just come may be answered before anything else is heard. Not one whose
    /// reset is the next thing to be heard: its handler is never begun.
    #[inline]
    fn may_answer_now(&mut self, core: &mut Core, key: StreamKey) -> bool {
        !self.spawns() && core.send_room(key) != usize::MAX
    }

    /// Begins an exchange. Most are over in their first polls, and never stand in a slot.
    #[inline]
    fn answer_now(&mut self, core: &mut Core, key: StreamKey, mut request: Request<RecvBody>) {
        self.extend(&mut request);
        let asked = Asked::from(request.method());
        let mut speech = Speech::new(asked, self.options.with_date);
        let service = self.service.clone();
        let mut exchange = self.slots.spare();
        let mut polled = self
            .inline
            .poll(|context| exchange.as_mut().begin(service, request, asked, context));
        // What a handler asks of its stream by mail is asked of its slot.
        while !self.link.ready.has_mail() {
            let Polled::Ready(said) = polled else {
                break;
            };
            speech.say(core, key, said, &mut self.date);
            if speech.is_over {
                self.slots.recycle(exchange);
                return core.release(key);
            }
            if core.send_room(key) == 0 {
                return self.insert(key, speech, exchange, None);
            }
            polled = self
                .inline
                .poll(|context| exchange.as_mut().poll_said(context));
        }
        self.insert(key, speech, exchange, None);
        let exchange = self.slots.get_mut(key).and_then(|slot| slot.inline.take());
        if let Some(exchange) = exchange
            && let Some(exchange) = self.heed(core, key, exchange, polled)
        {
            self.poll_exchange(core, key, exchange);
        }
    }

    /// Makes an exchange of a request, to be polled when all that has come is heard.
    #[inline(never)]
    fn begin(&mut self, key: StreamKey, mut request: Request<RecvBody>) {
        self.extend(&mut request);
        let speech = Speech::new(Asked::from(request.method()), self.options.with_date);
        let cell = request.body().cell().cloned();
        let mut exchange = self.slots.spare();
        exchange.as_mut().set_waiting(self.service.clone(), request);
        self.insert(key, speech, exchange, cell);
        self.enqueue(key);
    }

    fn insert(
        &mut self,
        key: StreamKey,
        speech: Speech,
        exchange: Pin<Box<Exchange<S>>>,
        cell: Option<Arc<Cell>>,
    ) {
        self.slots.insert(Slot {
            key,
            speech,
            inline: Some(exchange),
            task: None,
            waker: None,
            has_reader: cell.is_some(),
            cell,
            is_queued: false,
            cancel: None,
        });
    }

    /// Gives a request what the builder wants it to have besides what the client said.
    #[inline]
    fn extend(&self, request: &mut Request<RecvBody>) {
        if self.options.with_extensions || self.options.extend_request.is_some() {
            self.extend_with(request);
        }
    }

    #[cold]
    fn extend_with(&self, request: &mut Request<RecvBody>) {
        if self.options.with_extensions {
            let handle = request.body().stream_handle();
            let extensions = request.extensions_mut();
            extensions.insert(self.link.info.clone());
            extensions.insert(handle);
        }
        if let Some(extend) = &self.options.extend_request {
            extend(&self.link.info, request.extensions_mut());
        }
    }

    fn new_cell(&mut self, key: StreamKey, length: Option<u64>) -> Arc<Cell> {
        self.cells += 1;
        let ready = self.link.ready.clone();
        Arc::new(Cell::new(ready, key.index() as u32, length))
    }

    /// Moves content up to its reader.
    fn offer(&mut self, core: &mut Core, key: StreamKey) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if !slot.has_reader {
            while let Some(chunk) = core.read(key) {
                core.consumed(key, chunk.len() as u32);
            }
            return;
        }
        if slot
            .cell
            .as_ref()
            .is_some_and(|cell| cell.offer(|| core.read(key)))
        {
            self.enqueue(key);
        }
    }

    fn finish_request(&mut self, key: StreamKey, end: End) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if slot.cell.as_ref().is_some_and(|cell| cell.finish(end)) {
            self.enqueue(key);
        }
    }

    /// The stream was reset: its handler is dropped, unless handlers are kept.
    fn on_reset(&mut self, core: &mut Core, key: StreamKey, error_code: ErrorCode) {
        // Who asked to hear of it has asked by mail.
        if self.link.ready.has_mail() {
            self.hear_mail(core);
        }
        self.finish_request(key, End::Reset(error_code.0));
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        slot.cancelled(error_code);
        slot.speech.mute();
        if self.options.keep_handlers && !slot.speech.is_over {
            return;
        }
        // A task is aborted by its guard; its cell says when it is gone.
        if slot.task.take().is_some() {
            self.tasks -= 1;
        }
        if let Some(exchange) = slot.inline.take() {
            self.slots.recycle(exchange);
        }
        self.release_if_done(core, key);
    }

    fn on_writable(&mut self, core: &mut Core, key: StreamKey) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if slot.inline.is_some() {
            self.enqueue(key);
        } else {
            self.hear_cell(core, key);
        }
    }

    // Cells.

    fn hear_cells(&mut self, core: &mut Core) -> bool {
        if self.cells == 0 && !self.link.ready.has_mail() {
            return false;
        }
        let mut listed = std::mem::take(&mut self.listed);
        self.link.ready.take(&mut listed, &mut self.mail);
        let heard = !listed.is_empty() || !self.mail.is_empty();
        if !self.mail.is_empty() {
            self.read_mail(core);
        }
        for slot in listed.drain(..) {
            if let Some(key) = self.slots.key_at(slot) {
                self.hear_cell(core, key);
            }
        }
        self.listed = listed;
        heard
    }

    fn hear_cell(&mut self, core: &mut Core, key: StreamKey) {
        let Some(cell) = self.slots.get_mut(key).and_then(|slot| slot.cell.clone()) else {
            return;
        };
        let outgoing = loop {
            let room = core.send_room(key);
            let outgoing = cell.collect(&mut self.said, room);
            core.consumed(key, outgoing.read_octets as u32);
            // An interim response that it asked for goes before what it says now.
            if self.link.ready.has_mail() {
                self.hear_mail(core);
            }
            let Some(slot) = self.slots.get_mut(key) else {
                return self.said.clear();
            };
            for said in self.said.drain(..) {
                slot.speech.say(core, key, said, &mut self.date);
            }
            // What did not find room is fetched when the connection says that there is: it has to be
            // asked once more, so that it does.
            if !outgoing.has_more || core.send_room(key) == 0 {
                break outgoing;
            }
        };
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if outgoing.reader_gone {
            slot.has_reader = false;
        }
        // A task that has said all there is to say, or more, is not needed any more.
        let is_finished = outgoing.writer_gone || slot.speech.is_over;
        if is_finished && slot.task.take().is_some() {
            self.tasks -= 1;
        }
        if outgoing.poll_again {
            self.enqueue(key);
        }
        if outgoing.wants_more || outgoing.reader_gone {
            self.offer(core, key);
        }
        self.release_if_done(core, key);
    }

    fn release_if_done(&mut self, core: &mut Core, key: StreamKey) {
        let Some(slot) = self.slots.get_mut(key).filter(|slot| slot.is_done()) else {
            return;
        };
        self.cells -= usize::from(slot.cell.is_some());
        self.slots.remove(key);
        core.release(key);
    }

    // Inline polls.

    fn enqueue(&mut self, key: StreamKey) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if slot.inline.is_some() && !slot.is_queued {
            slot.is_queued = true;
            self.queue.push_back(key);
        }
    }

    fn poll_queue(&mut self, core: &mut Core) -> bool {
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
    fn spawns(&mut self) -> bool {
        match self.options.dispatch {
            Dispatch::Adaptive => self.budget.is_spent(),
            Dispatch::Inline => false,
            Dispatch::Spawn => true,
        }
    }

    /// Polls an exchange until it is over, has to wait, or has said as much as may be sent.
    fn poll_exchange(
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
    fn heed(
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

    /// The stream's cell, made now if it has none.
    fn cell_of(&mut self, key: StreamKey) -> Option<Arc<Cell>> {
        if let Some(cell) = &self.slots.get_mut(key)?.cell {
            return Some(cell.clone());
        }
        let cell = self.new_cell(key, None);
        self.slots.get_mut(key)?.cell = Some(cell.clone());
        Some(cell)
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
