//! A connection that waits, as small as it gets: what both sides have to know, and nothing else.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use eyas_flow_control::InputFlowControl;
use eyas_hpack::Decoder;
use eyas_output::RestingScheduler;

use crate::config::Config;
use crate::connection::Connection;
use crate::life::Life;
use crate::limits::{AbuseBudget, Limits};
use crate::numbers::Slot;
use crate::observer::Observer;
use crate::priorities::Priorities;
use crate::stats::Stats;
use crate::streams::{Past, Streams};
use crate::timers::Timers;

/// A [`Connection`] [at rest](Connection::rest): a third of its size, and without storage of its own but
/// for the compression tables.
///
/// It keeps no time and takes no octets: [`resume`](Self::resume) it for whatever is to be done, its next
/// timeout not least.
pub struct Resting<O = ()> {
    config: Arc<Config>,
    limits: Arc<Limits>,
    now: Duration,
    budget: AbuseBudget,
    stats: Stats,
    timers: Timers,
    rests_until: u64,
    is_at_rest: bool,
    settings_unacknowledged: u32,
    peer_enables_connect: bool,
    observer: O,
    decoder: Decoder<Slot>,
    past: Past,
    priorities: Priorities,
    input: InputFlowControl,
    scheduler: RestingScheduler,
}

// Most connections wait most of the time.
const _: () = assert!(size_of::<Resting<()>>() <= 768);

impl<O: Observer> Connection<O> {
    /// Puts it to rest, if it has no stream, no octets of a frame, nothing to say and nothing to tell, and
    /// is not about to end. `Err`: it has.
    ///
    /// Worth its while when [`wants_rest`](Self::wants_rest) says so.
    ///
    /// # Errors
    ///
    /// The connection, unchanged.
    pub fn rest(mut self: Box<Self>) -> Result<Resting<O>, Box<Self>> {
        if !self.may_rest() {
            return Err(self);
        }
        self.decoder.release_storage();
        self.priorities.shrink_to_fit();
        Ok(Resting {
            config: self.config,
            limits: self.limits,
            now: self.now,
            budget: self.budget,
            stats: self.stats,
            timers: self.timers,
            rests_until: self.rests_until,
            is_at_rest: self.is_at_rest,
            settings_unacknowledged: self.settings_unacknowledged,
            peer_enables_connect: self.peer_enables_connect,
            observer: self.observer,
            decoder: self.decoder,
            past: self.streams.into_past(),
            priorities: self.priorities,
            input: self.input,
            scheduler: self.scheduler.rest(),
        })
    }

    fn may_rest(&self) -> bool {
        // Between two frames, and those of the preface have come and are answered.
        let is_between_frames = self.settings_sent
            && self.settings_seen
            && self.input_known == 0
            && self.data_left == 0
            && self.block.is_none();
        is_between_frames
            && matches!(self.life, Life::Serving)
            && self.streams.tracked() == 0
            && self.events.is_empty()
            && self.lingering.is_empty()
            && self.out.is_empty()
            && self.scheduler.may_rest()
    }
}

impl<O: Observer> Resting<O> {
    /// The connection, which goes on where it stopped.
    #[must_use]
    pub fn resume(self) -> Connection<O> {
        let mut connection = Connection::with_observer(self.config, self.limits, self.observer);
        connection.now = self.now;
        connection.budget = self.budget;
        connection.stats = self.stats;
        connection.timers = self.timers;
        connection.rests_until = self.rests_until;
        connection.is_at_rest = self.is_at_rest;
        connection.preface_seen = true;
        connection.settings_sent = true;
        connection.settings_seen = true;
        connection.settings_unacknowledged = self.settings_unacknowledged;
        connection.peer_enables_connect = self.peer_enables_connect;
        connection.decoder = self.decoder;
        connection.streams = Streams::behind(self.past);
        connection.priorities = self.priorities;
        connection.input = self.input;
        connection.scheduler.resume(self.scheduler);
        connection
    }

    /// Counters.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }
}

impl<O> fmt::Debug for Resting<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resting")
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}
