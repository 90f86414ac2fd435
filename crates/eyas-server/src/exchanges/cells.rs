//! What exchanges elsewhere have left in their cells, and the end of an exchange.

use std::sync::Arc;

use eyas_connection::StreamKey;

use super::Exchanges;
use crate::link::Cell;
use crate::service::LocalHttpService;
use crate::watch::Core;

impl<S: LocalHttpService> Exchanges<S> {
    pub(super) fn new_cell(&mut self, key: StreamKey, length: Option<u64>) -> Arc<Cell> {
        self.cells += 1;
        let ready = self.link.ready.clone();
        Arc::new(Cell::new(ready, key.index() as u32, length))
    }

    /// The stream's cell, made now if it has none.
    pub(super) fn cell_of(&mut self, key: StreamKey) -> Option<Arc<Cell>> {
        if let Some(cell) = &self.slots.get_mut(key)?.cell {
            return Some(cell.clone());
        }
        let cell = self.new_cell(key, None);
        self.slots.get_mut(key)?.cell = Some(cell.clone());
        Some(cell)
    }

    pub(super) fn hear_cells(&mut self, core: &mut Core) -> bool {
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

    pub(super) fn hear_cell(&mut self, core: &mut Core, key: StreamKey) {
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

    pub(super) fn release_if_done(&mut self, core: &mut Core, key: StreamKey) {
        let Some(slot) = self.slots.get_mut(key).filter(|slot| slot.is_done()) else {
            return;
        };
        self.cells -= usize::from(slot.cell.is_some());
        self.slots.remove(key);
        core.release(key);
    }
}
