//! What everything that belongs to one connection holds of it: its mailbox, and what is known about it.

use std::fmt;

use eyas_connection::{Priority, StreamKey};
use http::{HeaderMap, StatusCode};

use crate::cancel::OnCancel;
use crate::connection_info::ConnectionInfo;
use crate::said::Said;
use crate::shared;
use crate::sync::Arc;

pub(crate) type ReadyList = shared::ReadyList<Letter>;
pub(crate) type Cell = shared::Cell<Said, Letter>;

/// One a connection. While nobody but the connection holds it, no mail can come.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) ready: Arc<ReadyList>,
    pub(crate) info: ConnectionInfo,
}

/// What a handler asks of its connection.
pub(crate) struct Letter {
    pub(crate) key: StreamKey,
    pub(crate) wish: Wish,
}

pub(crate) enum Wish {
    /// 100 (Continue): the handler reads content that the client holds back.
    Continue,
    Informational(StatusCode, Box<HeaderMap>),
    Prioritise(Priority),
    /// To be called when the stream is reset.
    OnCancel(OnCancel),
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wish: &dyn fmt::Debug = match &self.wish {
            Wish::Continue => &"Continue",
            Wish::Informational(status, _) => status,
            Wish::Prioritise(priority) => priority,
            Wish::OnCancel(_) => &"OnCancel",
        };
        f.debug_tuple("Letter")
            .field(&self.key)
            .field(wish)
            .finish()
    }
}
