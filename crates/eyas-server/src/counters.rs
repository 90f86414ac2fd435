//! Counters of a server, over all its connections.

use std::sync::atomic::{AtomicU64, Ordering};

use eyas_connection::{EndReason, Stats};

/// What a server has done, counted over all its connections. Shared by `Arc`, read at any time.
///
/// A connection adds what it did when it ends, so figures of connections that are alive are missing.
/// Reads, writes and octets are those of HTTP/2: without what TLS adds, and nothing of connections of HTTP/1.
#[derive(Debug, Default)]
pub struct Counters {
    connections: AtomicU64,
    requests: AtomicU64,
    responses: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
    octets_in: AtomicU64,
    octets_out: AtomicU64,
    resets_received: AtomicU64,
    resets_sent: AtomicU64,
    /// By position in `EndReason::ALL`.
    ends: [AtomicU64; EndReason::ALL.len()],
}

/// What [`Counters`] were at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CounterSnapshot {
    /// Connections that have ended.
    pub connections: u64,
    /// Requests handed to the service.
    pub requests: u64,
    /// Responses that left whole.
    pub responses: u64,
    /// Successful reads of the transport.
    pub reads: u64,
    /// Successful writes to the transport.
    pub writes: u64,
    /// Octets read.
    pub octets_in: u64,
    /// Octets written.
    pub octets_out: u64,
    /// RST_STREAM frames received.
    pub resets_received: u64,
    /// RST_STREAM frames sent.
    pub resets_sent: u64,
    /// How connections ended; reasons that did not occur are left out.
    pub ends: Vec<(EndReason, u64)>,
}

/// How often one connection has used its transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transfers {
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    pub(crate) octets_in: u64,
    pub(crate) octets_out: u64,
}

impl Counters {
    /// The figures as they are now.
    #[must_use]
    pub fn snapshot(&self) -> CounterSnapshot {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CounterSnapshot {
            connections: read(&self.connections),
            requests: read(&self.requests),
            responses: read(&self.responses),
            reads: read(&self.reads),
            writes: read(&self.writes),
            octets_in: read(&self.octets_in),
            octets_out: read(&self.octets_out),
            resets_received: read(&self.resets_received),
            resets_sent: read(&self.resets_sent),
            ends: EndReason::ALL
                .iter()
                .zip(&self.ends)
                .map(|(reason, count)| (*reason, read(count)))
                .filter(|&(_, count)| count > 0)
                .collect(),
        }
    }

    pub(crate) fn add(&self, transfers: Transfers, stats: &Stats, reason: EndReason) {
        let add = |counter: &AtomicU64, value: u64| counter.fetch_add(value, Ordering::Relaxed);
        add(&self.connections, 1);
        add(&self.requests, stats.requests);
        add(&self.responses, stats.responses);
        add(&self.reads, transfers.reads);
        add(&self.writes, transfers.writes);
        add(&self.octets_in, transfers.octets_in);
        add(&self.octets_out, transfers.octets_out);
        add(&self.resets_received, stats.resets_received);
        add(&self.resets_sent, stats.resets_sent);
        for (_, count) in EndReason::ALL
            .iter()
            .zip(&self.ends)
            .filter(|(known, _)| **known == reason)
        {
            add(count, 1);
        }
    }
}
