//! What handlers ask of their connection, done.

use eyas_connection::{Head, StreamKey};
use http::{HeaderMap, StatusCode};

use crate::link::Wish;
use crate::service::LocalHttpService;
use crate::watch::Core;

use super::Exchanges;

impl<S: LocalHttpService> Exchanges<S> {
    /// Fetches the mail and does what it says.
    pub(super) fn hear_mail(&mut self, core: &mut Core) {
        self.link.ready.take_mail(&mut self.mail);
        self.read_mail(core);
    }

    /// Does what the mail says. A letter about a stream that is gone says nothing.
    pub(super) fn read_mail(&mut self, core: &mut Core) {
        let mut mail = std::mem::take(&mut self.mail);
        for letter in mail.drain(..) {
            let key = letter.key;
            match letter.wish {
                Wish::Prioritise(priority) => core.set_priority(key, priority),
                Wish::Continue => self.inform(core, key, StatusCode::CONTINUE, HeaderMap::new()),
                Wish::Informational(status, headers) => self.inform(core, key, status, *headers),
                Wish::OnCancel(call) => {
                    if let Some(slot) = self.slots.get_mut(key) {
                        slot.on_cancel(call);
                    }
                }
            }
        }
        self.mail = mail;
    }

    /// The connection goes: of its last letters, those that want to hear of just that are heeded.
    pub(super) fn read_last_mail(&mut self) {
        for letter in self.link.ready.close() {
            if let Wish::OnCancel(call) = letter.wish
                && let Some(slot) = self.slots.get_mut(letter.key)
            {
                slot.on_cancel(call);
            }
        }
    }

    fn inform(&mut self, core: &mut Core, key: StreamKey, status: StatusCode, headers: HeaderMap) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if slot.speech.has_head {
            return;
        }
        let head = Head::response(status, headers);
        if let Err(error) = core.send_informational(key, head) {
            tracing::debug!(%error, "an interim response was not sent");
        }
    }
}
