//! What the connection says: requests are begun, content is offered, resets are heeded.

use std::pin::Pin;
use std::sync::Arc;

use eyas_connection::{ErrorCode, Event, StreamKey};
use http::Request;

use super::Exchanges;
use crate::exchange::Exchange;
use crate::inline::Polled;
use crate::link::Cell;
use crate::recv_body::RecvBody;
use crate::response::Asked;
use crate::service::LocalHttpService;
use crate::shared::End;
use crate::slots::Slot;
use crate::speak::Speech;
use crate::watch::Core;

impl<S: LocalHttpService> Exchanges<S> {
    pub(super) fn hear_events(&mut self, core: &mut Core) -> bool {
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

    /// Moves content up to its reader.
    pub(super) fn offer(&mut self, core: &mut Core, key: StreamKey) {
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
}
