//! The connection as its driver holds it: awake in a box of its own, or at rest and small.

use eyas_connection::{ConnectionError, EndReason, Resting, Stats};

use crate::watch::{Core, Watcher};

/// Awake or at rest, never both and never neither.
#[derive(Debug)]
pub(crate) struct Held {
    awake: Option<Box<Core>>,
    resting: Option<Resting<Watcher>>,
}

// Every connection has one in its task, which is allocated as a whole.
const _: () = assert!(size_of::<Held>() <= 784);

impl Held {
    pub(crate) fn new(core: Core) -> Self {
        Self {
            awake: Some(Box::new(core)),
            resting: None,
        }
    }

    /// The connection, woken if it was at rest.
    #[inline]
    pub(crate) fn awake(&mut self) -> &mut Core {
        let resting = &mut self.resting;
        self.awake.get_or_insert_with(|| woken(resting))
    }

    /// Puts it to rest, if it wants that and may. `true`: it is at rest.
    pub(crate) fn rest(&mut self) -> bool {
        if !self.awake.as_ref().is_some_and(|core| core.wants_rest()) {
            return self.resting.is_some();
        }
        match self.awake.take().map(Core::rest) {
            Some(Ok(resting)) => self.resting = Some(resting),
            Some(Err(awake)) => self.awake = Some(awake),
            None => {}
        }
        self.resting.is_some()
    }

    /// Why it ended, when it has.
    pub(crate) fn end_reason(&self) -> Option<EndReason> {
        self.awake.as_ref()?.end_reason()
    }

    /// The fault that ended it, when it was one.
    pub(crate) fn error(&self) -> Option<&ConnectionError> {
        self.awake.as_ref()?.error()
    }

    pub(crate) fn stats(&self) -> Stats {
        let resting = self.resting.as_ref().map(Resting::stats);
        let awake = self.awake.as_ref().map(|core| core.stats());
        awake.or(resting).copied().unwrap_or_default()
    }
}

#[cold]
#[inline(never)]
fn woken(resting: &mut Option<Resting<Watcher>>) -> Box<Core> {
    // `Held::rest` leaves `awake` empty only when it fills this.
    Box::new(resting.take().expect("it is at rest").resume())
}
