//! Octets in wire order, ready for one vectored write: a contiguous area and payloads chained into it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::{Buf, Bytes};

/// Payloads of at least this many octets are chained by reference; smaller ones are copied.
///
/// A chained payload costs two more slices a write, a copied one passes through the cache once.
/// Measured on loopback the two meet between 4 and 16 KiB.
const CHAIN_FROM: usize = 4 * 1024;

const CAP_INITIAL: usize = 64 * 1024;
const CAP_MAX: usize = 512 * 1024;
const CAP_MIN: usize = 16 * 1024;

/// What the connection wants written next.
///
/// At most one batch of octets is cut ahead of the socket, so that priorities are decided late. The
/// batch may hold 64 KiB at first; its cap doubles up to 512 KiB after each batch the transport took
/// whole in one write. A short write halves it, or brings it down to what was taken if that is more, at
/// least 16 KiB: the transport's first refusal says how full it was, not how much it takes.
///
/// ```
/// # #[cfg(feature = "std")] {
/// use eyas_output::OutputBuffer;
///
/// let mut out = OutputBuffer::new();
/// out.area_mut().extend_from_slice(b"head");
/// out.push_payload(bytes::Bytes::from(vec![7; 5000]));
/// let mut slices = [std::io::IoSlice::new(&[]); 8];
/// assert_eq!(out.io_slices(&mut slices), 2);
/// out.written(5004);
/// assert!(out.is_empty());
/// # }
/// ```
#[derive(Debug)]
pub struct OutputBuffer {
    /// Frame headers, header blocks, control frames and small payloads.
    area: Vec<u8>,
    /// Octets of `area` that are written: `area_written <= area.len()`.
    area_written: usize,
    /// Payloads between `area[..at]` and `area[at..]`; `at` never decreases along the queue.
    chained: VecDeque<Chained>,
    chained_octets: usize,
    cap: usize,
}

#[derive(Debug)]
struct Chained {
    at: usize,
    payload: Bytes,
}

impl OutputBuffer {
    /// An empty buffer, without an allocation.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            area: Vec::new(),
            area_written: 0,
            chained: VecDeque::new(),
            chained_octets: 0,
            cap: CAP_INITIAL,
        }
    }

    /// Octets not yet written.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.area.len() - self.area_written + self.chained_octets
    }

    /// Whether everything was written.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Octets that may still be cut into this batch.
    #[must_use]
    #[inline]
    pub fn room(&self) -> usize {
        self.cap.saturating_sub(self.len())
    }

    /// The size of a batch in octets, 16 KiB to 512 KiB, learned from the transport.
    #[must_use]
    pub const fn batch_octets_max(&self) -> usize {
        self.cap
    }

    /// Where small things are appended.
    #[inline]
    pub fn area_mut(&mut self) -> &mut Vec<u8> {
        &mut self.area
    }

    /// Appends a payload: by reference when it is large, by copy when it is small.
    #[inline]
    pub fn push_payload(&mut self, payload: Bytes) {
        if payload.len() < CHAIN_FROM {
            self.area.extend_from_slice(&payload);
        } else {
            self.chained_octets += payload.len();
            self.chained.push_back(Chained {
                at: self.area.len(),
                payload,
            });
        }
    }

    /// The next contiguous octets to write; empty only when the buffer is.
    #[must_use]
    pub fn chunk(&self) -> &[u8] {
        match self.chained.front() {
            Some(next) if next.at == self.area_written => &next.payload,
            Some(next) => &self.area[self.area_written..next.at],
            None => &self.area[self.area_written..],
        }
    }

    /// What is not yet written, in wire order, piece by piece; none of them is empty.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let mut at = self.area_written;
        let chained = self.chained.iter().flat_map(move |next| {
            let before = &self.area[at..next.at];
            at = next.at;
            [before, &next.payload[..]]
        });
        let last_at = self
            .chained
            .back()
            .map_or(self.area_written, |last| last.at);
        chained
            .chain([&self.area[last_at..]])
            .filter(|slice| !slice.is_empty())
    }

    /// Fills `slices` with what comes next in wire order and says how many it used.
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn io_slices<'a>(&'a self, slices: &mut [std::io::IoSlice<'a>]) -> usize {
        let mut used = 0;
        let mut at = self.area_written;
        let mut put = |octets: &'a [u8]| {
            if octets.is_empty() {
                return true;
            }
            let Some(slice) = slices.get_mut(used) else {
                return false;
            };
            *slice = std::io::IoSlice::new(octets);
            used += 1;
            true
        };
        for next in &self.chained {
            if !put(&self.area[at..next.at]) || !put(&next.payload) {
                return used;
            }
            at = next.at;
        }
        put(&self.area[at..]);
        used
    }

    /// Notes that the transport took the first `octets` octets, and learns the batch size from it.
    ///
    /// # Panics
    ///
    /// When `octets` is more than [`len`](Self::len).
    pub fn written(&mut self, octets: usize) {
        assert!(octets <= self.len(), "more was written than there was");
        let full_batch = self.len() >= self.cap - self.cap / 8;
        if octets < self.len() {
            self.cap = octets
                .max(self.cap / 2)
                .clamp(CAP_MIN, self.cap.max(CAP_MIN));
        } else if full_batch {
            self.cap = (self.cap * 2).min(CAP_MAX);
        }
        self.advance(octets);
    }

    fn advance(&mut self, mut octets: usize) {
        while let Some(next) = self.chained.front_mut() {
            let before = (next.at - self.area_written).min(octets);
            self.area_written += before;
            octets -= before;
            if next.at > self.area_written || octets == 0 {
                return;
            }
            let of_payload = next.payload.len().min(octets);
            self.chained_octets -= of_payload;
            octets -= of_payload;
            if of_payload < next.payload.len() {
                next.payload.advance(of_payload);
                return;
            }
            self.chained.pop_front();
        }
        self.area_written += octets;
        if self.area_written == self.area.len() {
            self.area.clear();
            self.area_written = 0;
        }
    }
}

impl Default for OutputBuffer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// `head1 PAYLOAD1 head2 PAYLOAD2 tail`, and the same octets in one piece.
    fn sample() -> (OutputBuffer, Vec<u8>) {
        let mut out = OutputBuffer::new();
        let mut flat = Vec::new();
        for (head, fill) in [(&b"first"[..], 1_u8), (&b"second"[..], 2)] {
            out.area_mut().extend_from_slice(head);
            out.push_payload(Bytes::from(vec![fill; CHAIN_FROM]));
            flat.extend_from_slice(head);
            flat.extend_from_slice(&vec![fill; CHAIN_FROM]);
        }
        out.push_payload(Bytes::from_static(b"small"));
        flat.extend_from_slice(b"small");
        (out, flat)
    }

    #[test]
    fn partial_writes_of_any_size_give_the_same_octets() {
        for step in [1, 2, 5, 6, 7, 4095, 4096, 4097, 9000] {
            let (mut out, flat) = sample();
            let mut got = Vec::new();
            while !out.is_empty() {
                let take = out.chunk().len().min(step);
                assert!(take > 0);
                got.extend_from_slice(&out.chunk()[..take]);
                out.written(take);
            }
            assert_eq!(got, flat, "step {step}");
        }
    }

    #[cfg(feature = "std")]
    #[test]
    fn slices_follow_wire_order_and_stop_at_the_last_slot() {
        let (mut out, flat) = sample();
        out.written(3);
        for slots in 1..6 {
            let mut slices = vec![std::io::IoSlice::new(&[]); slots];
            let used = out.io_slices(&mut slices);
            assert_eq!(used, slots.min(5));
            assert!(
                out.slices()
                    .take(used)
                    .eq(slices[..used].iter().map(|slice| &**slice))
            );
            let joined: Vec<u8> = slices[..used].iter().flat_map(|s| s.to_vec()).collect();
            assert_eq!(joined, flat[3..3 + joined.len()]);
        }
    }

    #[test]
    fn the_batch_grows_with_full_writes_and_falls_with_short_ones() {
        let mut out = OutputBuffer::new();
        for expected in [128, 256, 512, 512] {
            let room = out.room();
            out.push_payload(Bytes::from(vec![0; room]));
            out.written(room);
            assert_eq!(out.batch_octets_max(), expected * 1024);
        }
        out.push_payload(Bytes::from(vec![0; 100_000]));
        out.written(40_000);
        assert_eq!(out.batch_octets_max(), 256 * 1024, "half of what it was");
        out.push_payload(Bytes::from(vec![0; 160_000]));
        out.written(210_000);
        assert_eq!(out.batch_octets_max(), 210_000, "what was taken");
        for expected in [105_000, 52_500, 26_250, CAP_MIN, CAP_MIN] {
            out.written(1);
            assert_eq!(out.batch_octets_max(), expected);
        }
        assert_eq!(out.room(), CAP_MIN - out.len());
    }

    #[test]
    fn small_batches_do_not_raise_the_cap() {
        let mut out = OutputBuffer::new();
        out.push_payload(Bytes::from_static(b"tiny"));
        out.written(4);
        assert_eq!(out.batch_octets_max(), CAP_INITIAL);
    }
}
