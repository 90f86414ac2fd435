//! Encoding: eight symbols to a store, into as much room as the caller grants.

use super::code::{CODES, EOS};

/// The number of octets the code of `src` takes.
#[inline]
pub(super) fn len(src: &[u8]) -> usize {
    let bits = src.iter().map(|&octet| Run::of_one(octet).bits() as usize);
    bits.sum::<usize>().div_ceil(8)
}

/// Writes the code of `src`, padded to a whole octet (RFC 7541 section 5.2), to
/// the start of `dst` and returns its length; `None` if there is not room for it.
#[inline]
pub(super) fn encode_into(src: &[u8], dst: &mut [u8]) -> Option<usize> {
    let mut sink = BitSink::new(dst);
    let (groups, rest) = src.as_chunks::<8>();
    for group in groups {
        sink.push_group(Run::of(group), group)?;
    }
    let mut last = rest
        .iter()
        .fold(Run::EMPTY, |run, &octet| run.then(Run::of_one(octet)));
    if last.bits() > RUN_BITS {
        sink.push_each(rest)?;
        last = Run::EMPTY;
    }
    sink.finish(last)
}

/// The codes of some symbols, one behind the other: left-aligned in the high 56
/// bits, and their length in bits in the low eight.
///
/// Of a run of more than 56 bits nothing is right but its length, and that only
/// up to 255: eight codes have at most 240.
#[derive(Clone, Copy)]
struct Run(u64);

impl Run {
    const EMPTY: Self = Self(0);

    #[inline(always)]
    fn of_one(octet: u8) -> Self {
        Self(TABLE[usize::from(octet)])
    }

    /// By reference, so that each octet is loaded for itself.
    #[inline(always)]
    fn of(group: &[u8; 8]) -> [Self; 8] {
        [
            Self::of_one(group[0]),
            Self::of_one(group[1]),
            Self::of_one(group[2]),
            Self::of_one(group[3]),
            Self::of_one(group[4]),
            Self::of_one(group[5]),
            Self::of_one(group[6]),
            Self::of_one(group[7]),
        ]
    }

    /// This run and the next one behind it.
    #[inline(always)]
    const fn then(self, next: Self) -> Self {
        // Shifted by this run modulo 64, which is its length if it is right.
        let codes = self.0 | (next.0 & !BITS_MASK).wrapping_shr(self.0 as u32);
        Self(codes & !BITS_MASK | self.0.wrapping_add(next.0) & BITS_MASK)
    }

    #[inline(always)]
    const fn codes(self) -> u64 {
        self.0 & !BITS_MASK
    }

    #[inline(always)]
    const fn bits(self) -> u32 {
        (self.0 & BITS_MASK) as u32
    }

    #[inline(always)]
    const fn bits_with(self, next: Self) -> u32 {
        (self.0.wrapping_add(next.0) & BITS_MASK) as u32
    }
}

struct BitSink<'a> {
    room: usize,
    free: &'a mut [u8],
    /// Bits that are not a whole octet yet, most significant first.
    window: u64,
    /// Their number: 0 to 7 between calls.
    taken: u32,
}

impl<'a> BitSink<'a> {
    #[inline(always)]
    const fn new(dst: &'a mut [u8]) -> Self {
        Self {
            room: dst.len(),
            free: dst,
            window: 0,
            taken: 0,
        }
    }

    /// Adds a run of at most 56 bits.
    #[inline(always)]
    fn push(&mut self, run: Run) -> Option<()> {
        self.window |= run.codes() >> self.taken;
        self.taken += run.bits();
        let octets = self.window.to_be_bytes();
        // 63 bits at most are taken, so at most seven octets are whole.
        let whole = (self.taken >> 3 & 7) as usize;
        let free = core::mem::take(&mut self.free);
        match free.first_chunk_mut() {
            Some(room) => *room = octets,
            None => store_last(free, &octets[..whole])?,
        }
        self.free = &mut free[whole..];
        self.window <<= self.taken & 0x38;
        self.taken &= 7;
        Some(())
    }

    /// Adds the runs, which are those of `octets`.
    #[inline(always)]
    fn push_group(&mut self, runs: [Run; 8], octets: &[u8]) -> Option<()> {
        let [a, b, c, d, e, f, g, h] = runs;
        let (front, back) = (a.then(b).then(c.then(d)), e.then(f).then(g.then(h)));
        if front.bits_with(back) <= RUN_BITS {
            return self.push(front.then(back));
        }
        self.push_each(octets)
    }

    /// Adds octets of which some have long codes.
    fn push_each(&mut self, octets: &[u8]) -> Option<()> {
        for &octet in octets {
            self.push(Run::of_one(octet))?;
        }
        Some(())
    }

    /// Adds the last run, of at most 56 bits, and the padding; returns the length of all.
    #[inline(always)]
    fn finish(self, last: Run) -> Option<usize> {
        // 63 bits at most, so at most eight octets.
        let bits = self.taken + last.bits();
        let window = self.window | last.codes() >> self.taken | u64::MAX >> (bits & 63);
        let (octets, len) = (window.to_be_bytes(), (bits.div_ceil(8) & 15) as usize);
        let before = self.room - self.free.len();
        match self.free.first_chunk_mut() {
            Some(room) => *room = octets,
            None => store_last(self.free, octets.get(..len)?)?,
        }
        Some(before + len)
    }
}

/// Stores `octets` where there is not room for eight.
#[cold]
fn store_last(free: &mut [u8], octets: &[u8]) -> Option<()> {
    free.get_mut(..octets.len())?.copy_from_slice(octets);
    Some(())
}

/// Octets written at once.
pub(super) const STORE: usize = 8;

/// What one store can take behind a part of an octet.
const RUN_BITS: u32 = 56;

/// Where the length of a [`Run`] stands.
const BITS_MASK: u64 = 0xff;

/// By octet: a [`Run`] of one.
static TABLE: [u64; EOS] = {
    let mut table = [0; EOS];
    let mut octet = 0;
    while octet < EOS {
        let code = CODES[octet];
        table[octet] = (code.code as u64) << (64 - code.bits) | code.bits as u64;
        octet += 1;
    }
    table
};
