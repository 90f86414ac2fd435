//! The connection as its caller sees it: what the world tells it, and what it wants.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use eyas_flow_control::{InputFlowControl, WINDOW_DEFAULT};
use eyas_frame::Deframer;
use eyas_hpack::Decoder;
use eyas_output::{FrameWriter, OutputBuffer, Producer, Scheduler, SchedulingState, StreamKey};
use http::HeaderMap;

use crate::config::Config;
use crate::data::DataTarget;
use crate::end_reason::EndReason;
use crate::error::ConnectionError;
use crate::event::Event;
use crate::head::Head;
use crate::header_block::HeaderBlock;
use crate::last_block::LastBlock;
use crate::life::Life;
use crate::limits::{AbuseBudget, Limits};
use crate::numbers::Slot;
use crate::observer::Observer;
use crate::priorities::Priorities;
use crate::rates::Rates;
use crate::request::FieldCollector;
use crate::rest;
use crate::stats::Stats;
use crate::streams::Streams;
use crate::tap::Tap;
use crate::timers::Timers;

/// One turn in seventeen goes to streams less urgent than the most urgent ones, so that they never starve.
const LOWER_SHARE: Option<NonZeroU32> = NonZeroU32::new(16);

/// One HTTP/2 connection, seen from the server, without I/O.
///
/// # The contract
///
/// Three kinds of methods:
///
/// * `handle_*` tells it what the world did: [`handle_input`](Self::handle_input),
///   [`handle_timeout`](Self::handle_timeout), [`handle_eof`](Self::handle_eof).
/// * Verbs tell it what the application wants: [`respond`](Self::respond),
///   [`send_data`](Self::send_data), [`send_trailers`](Self::send_trailers),
///   [`read`](Self::read), [`consumed`](Self::consumed), [`reset`](Self::reset),
///   [`release`](Self::release), [`set_priority`](Self::set_priority), [`shutdown`](Self::shutdown), [`close`](Self::close).
/// * `poll_*` asks what it wants: [`poll_event`](Self::poll_event),
///   [`poll_output`](Self::poll_output), [`poll_timeout`](Self::poll_timeout).
///
/// A turn is: any number of `handle_*` and verbs, in any order; `poll_event` until it is `None`;
/// `poll_output`, written, until it is `None` or the transport takes no more. Then wait for input, for
/// room to write, for [`poll_timeout`](Self::poll_timeout), or for the application. Every stream that
/// came with an [`Event::Request`] must be given to [`release`](Self::release) in the end.
///
/// When [`wants_input`](Self::wants_input) is `false`, leave the transport unread: the peer has more
/// acknowledgements outstanding than it reads. When [`is_closed`](Self::is_closed) is `true`, close it.
///
/// Time is the [`Duration`] since the connection began, and never goes backwards.
pub struct Connection<O = ()> {
    pub(crate) config: Arc<Config>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) now: Duration,
    pub(crate) events: VecDeque<Event>,
    pub(crate) life: Life,
    pub(crate) budget: AbuseBudget,
    pub(crate) stats: Stats,
    pub(crate) timers: Timers,
    pub(crate) is_at_rest: bool,
    /// Up to so many requests it rests whenever it can.
    pub(crate) rests_until: u64,
    pub(crate) rates: Rates,
    pub(crate) observer: O,
    pub(crate) tap: Tap,

    /// Octets of the input that were there before.
    pub(crate) input_known: usize,
    // From octets to frames.
    pub(crate) preface_seen: bool,
    /// Our own preface, SETTINGS, is queued or sent.
    pub(crate) settings_sent: bool,
    pub(crate) settings_seen: bool,
    pub(crate) deframer: Deframer,
    pub(crate) data_target: DataTarget,
    /// Octets of the DATA frame under way that have not come yet.
    pub(crate) data_left: u32,
    /// Whether the DATA frame under way had content so far.
    pub(crate) data_has_content: bool,

    // From header blocks to requests.
    pub(crate) block: Option<HeaderBlock>,
    pub(crate) decoder: Decoder<Slot>,
    pub(crate) last_block: LastBlock,
    pub(crate) collector: FieldCollector,
    pub(crate) spare_maps: Vec<HeaderMap>,

    // Streams.
    pub(crate) streams: Streams,
    pub(crate) priorities: Priorities,
    pub(crate) input: InputFlowControl,
    pub(crate) lingering: VecDeque<(Duration, StreamKey)>,

    // Output.
    pub(crate) scheduler: Scheduler<Head>,
    pub(crate) out: OutputBuffer,
    /// Our SETTINGS frames the peer has not acknowledged.
    pub(crate) settings_unacknowledged: u32,
    /// The client has announced SETTINGS_ENABLE_CONNECT_PROTOCOL.
    pub(crate) peer_enables_connect: bool,
}

// While it is awake; at rest it is a `Resting`.
const _: () = assert!(size_of::<Connection>() <= 2408);
const _: () = assert!(size_of::<Producer<Head>>() <= 432);

impl Connection {
    /// A connection that has just been accepted, with nobody watching.
    ///
    /// Configuration and limits may be shared by many connections.
    #[must_use]
    pub fn new(config: impl Into<Arc<Config>>, limits: impl Into<Arc<Limits>>) -> Self {
        Self::with_observer(config, limits, ())
    }
}

impl<O: Observer> Connection<O> {
    /// A connection that has just been accepted, watched by `observer`.
    ///
    /// It has nothing to say before the client's preface is there (RFC 9113 section 3.4): whoever speaks
    /// HTTP/1 instead gets an answer in words.
    #[must_use]
    pub fn with_observer(
        config: impl Into<Arc<Config>>,
        limits: impl Into<Arc<Limits>>,
        observer: O,
    ) -> Self {
        let (config, limits) = (config.into(), limits.into());
        let writer = FrameWriter::new(config.max_encoder_table_size());
        let control_max = limits.max_control_octets_queued() as usize;
        let mut scheduler = Scheduler::new(writer, config.marks(), control_max);
        scheduler.set_lower_share(LOWER_SHARE);
        Self {
            now: Duration::ZERO,
            events: VecDeque::new(),
            life: Life::Serving,
            budget: AbuseBudget::new(&limits),
            stats: Stats::default(),
            timers: Timers::new(),
            is_at_rest: false,
            rests_until: rest::REQUESTS_AT_FIRST,
            rates: Rates::default(),
            tap: Tap::new(&observer),
            observer,
            input_known: 0,
            preface_seen: false,
            settings_sent: false,
            settings_seen: false,
            deframer: Deframer::new(config.max_frame_size()),
            data_target: DataTarget::Discard,
            data_left: 0,
            data_has_content: false,
            block: None,
            // A client may use the initial size until it has seen ours.
            decoder: Decoder::new(
                limits.decoder(
                    config
                        .header_table_size()
                        .max(eyas_hpack::DEFAULT_TABLE_SIZE),
                ),
            ),
            last_block: LastBlock::default(),
            collector: FieldCollector::new(config.enable_connect_protocol()),
            spare_maps: Vec::new(),
            streams: Streams::default(),
            priorities: Priorities::default(),
            input: InputFlowControl::new(WINDOW_DEFAULT),
            lingering: VecDeque::new(),
            scheduler,
            out: OutputBuffer::new(),
            settings_unacknowledged: 0,
            peer_enables_connect: false,
            config,
            limits,
        }
    }

    // What the world tells it.

    /// Takes octets off `input`, as many as it can use now.
    ///
    /// What stays is the beginning of a frame, or everything while
    /// [`wants_input`](Self::wants_input) is `false`: call again with more behind it, and, when output
    /// has been written, also without.
    pub fn handle_input(&mut self, now: Duration, input: &mut BytesMut) {
        self.now = now;
        let before = input.len();
        if before > self.input_known {
            self.heard();
            self.show_octets_received(&input[self.input_known..]);
        }
        if let Err(error) = self.read_frames(input) {
            self.fail(error);
        }
        if self.life.is_closing() {
            input.clear();
        }
        self.input_known = input.len();
        self.stats.octets_received += (before - input.len()) as u64;
    }

    /// The peer has closed its side of the transport: it is gone. Every stream ends.
    pub fn handle_eof(&mut self, now: Duration) {
        self.now = now;
        self.end(EndReason::PeerClosed, None);
    }

    /// Time has passed: does what [`poll_timeout`](Self::poll_timeout) announced, if it is due.
    ///
    /// May be called at any time. Verbs know no time of their own: whoever calls one long after the last
    /// `handle_*` calls this first, so that what the verb begins (the round trip of a shutdown, the linger
    /// behind an early response) is counted from now.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.now = now;
        self.run_timers();
    }

    // What it wants.

    /// The next thing the application should know.
    #[inline]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What to write next, at most one batch. Tell the buffer what was
    /// [`written`](OutputBuffer::written); nothing new is cut while part of it waits.
    pub fn poll_output(&mut self) -> Option<&mut OutputBuffer> {
        if self.out.is_empty() {
            let window = self.scheduler.flow().connection_available();
            self.scheduler.fill(&mut self.out);
            let content = window - self.scheduler.flow().connection_available();
            self.budget.content_sent(content.unsigned_abs());
            self.stats.octets_sent += self.out.len() as u64;
            self.show_batch();
            self.heed_notices();
        }
        (!self.out.is_empty()).then_some(&mut self.out)
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if nothing happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.next_deadline()
    }

    /// Whether octets of the peer are welcome.
    #[must_use]
    #[inline]
    pub fn wants_input(&self) -> bool {
        !self.life.is_closing() && !self.scheduler.control_lane().is_full()
    }

    /// How many octets [`handle_input`](Self::handle_input) needs to see before it can go on, those it
    /// left included: a hint for reading.
    #[must_use]
    pub fn input_needed(&self, input: &[u8]) -> usize {
        if self.preface_seen {
            self.deframer.needed(input)
        } else {
            eyas_frame::PREFACE.len()
        }
    }

    /// Whether it has ended, and everything it had to say was written: close the transport.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.life.is_closing() && self.out.is_empty() && self.scheduler.control_lane().is_empty()
    }

    /// Why it ended, when it has.
    #[must_use]
    pub fn end_reason(&self) -> Option<EndReason> {
        match &self.life {
            Life::Closing { reason, .. } => Some(*reason),
            _ => None,
        }
    }

    /// The fault that ended it, when it was one.
    #[must_use]
    pub fn error(&self) -> Option<&ConnectionError> {
        match &self.life {
            Life::Closing { error, .. } => error.as_ref(),
            _ => None,
        }
    }

    /// Counters.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Streams with a request that was not [released](Self::release) yet, or whose response is still
    /// under way.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        self.streams.tracked()
    }

    /// Why is this stream not sending?
    #[must_use]
    pub fn scheduling_state(&self, key: StreamKey) -> Option<SchedulingState> {
        self.scheduler.scheduling_state(key)
    }

    /// The observer.
    pub const fn observer(&mut self) -> &mut O {
        &mut self.observer
    }
}

impl<O> fmt::Debug for Connection<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("life", &self.life)
            .field("streams", &self.streams.tracked())
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}
