//! Everything a server may choose, as one value shared by its connections.

use std::sync::Arc;

use eyas_connection::{Config, Limits};

use crate::counters::Counters;

/// Where handlers run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dispatch {
    /// On the connection's task as long as they answer at once; a handler that waits for something
    /// else than its own request moves to a task, and so does everything once a turn has taken 200
    /// microseconds.
    #[default]
    Adaptive,
    /// On the connection's task, always. For handlers that never compute for long.
    Inline,
    /// In a task of their own, always. For handlers that always compute for long.
    Spawn,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) config: Config,
    pub(crate) limits: Limits,
    pub(crate) dispatch: Dispatch,
    /// Handlers go on when their client has reset the stream or gone away.
    pub(crate) keep_handlers: bool,
    pub(crate) with_date: bool,
    pub(crate) nodelay: bool,
    /// `TCP_NOTSENT_LOWAT` in octets, zero to leave it alone.
    pub(crate) notsent_lowat: u32,
    pub(crate) counters: Arc<Counters>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: Config::default(),
            limits: Limits::default(),
            dispatch: Dispatch::default(),
            keep_handlers: false,
            with_date: true,
            nodelay: true,
            notsent_lowat: 32 * 1024,
            counters: Arc::default(),
        }
    }
}
