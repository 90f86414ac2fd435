//! Encoding: eight symbols to a store, into as much room as the caller grants.

use super::code::{CODES, EOS};

/// The number of octets the code of `src` takes.
#[inline]
pub(super) fn len(src: &[u8]) -> usize {
    let bits = src.iter().map(|&octet| Run::of_one(octet).bits as usize);
    bits.sum::<usize>().div_ceil(8)
}

/// Writes the code of `src`, padded to a whole octet (RFC 7541 section 5.2), to
/// the start of `dst` and returns its length; `None` if there is not room for it.
#[inline]
pub(super) fn encode_into(src: &[u8], dst: &mut [u8]) -> Option<usize> {
    let mut sink = BitSink::new(dst);
    let (groups, rest) = src.as_chunks::<8>();
    for group in groups {
        sink.push_group(group)?;
    }
    let mut last = rest
        .iter()
        .fold(Run::EMPTY, |run, &octet| run.then(Run::of_one(octet)));
    if last.bits > RUN_BITS {
        sink.push_each(rest)?;
        last = Run::EMPTY;
    }
    sink.finish(last)
}

/// The codes of some symbols, one behind the other.
///
/// Of a run of more than 56 bits nothing is right but its length.
#[derive(Clone, Copy)]
struct Run {
    /// Left-aligned in the high 56 bits. What is in the low eight does not count, and
    /// is never shifted but out.
    codes: u64,
    bits: u32,
}

impl Run {
    const EMPTY: Self = Self { codes: 0, bits: 0 };

    #[inline(always)]
    const fn of_one(octet: u8) -> Self {
        let entry = TABLE[octet as usize];
        Self {
            codes: entry,
            bits: entry as u32,
        }
    }

    /// By reference, so that each octet is loaded for itself.
    #[inline(always)]
    fn of(group: &[u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = group;
        let two = |a: &u8, b: &u8| Self::of_one(*a).then(Self::of_one(*b));
        // Side by side, since one shift has to wait for the other.
        let (front, back) = (two(a, b).then(two(c, d)), two(e, f).then(two(g, h)));
        front.then(back)
    }

    /// This run and the next one behind it.
    #[inline(always)]
    const fn then(self, next: Self) -> Self {
        Self {
            codes: self.codes | next.codes.wrapping_shr(self.bits),
            bits: self.bits + next.bits,
        }
    }

    #[inline(always)]
    const fn codes(self) -> u64 {
        self.codes & !0xff
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
        self.taken += run.bits;
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

    /// Adds eight octets.
    #[inline(always)]
    fn push_group(&mut self, group: &[u8; 8]) -> Option<()> {
        let run = Run::of(group);
        if run.bits <= RUN_BITS {
            self.push(run)
        } else {
            self.push_each(group)
        }
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
        let bits = self.taken + last.bits;
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

/// By octet: its code, left-aligned, and the bits of it in the low end: of 32, which no
/// code reaches down to.
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
