//! Encoding: eight symbols to a store, into as much room as the caller grants.

use super::code::{CODES, EOS};

/// The number of octets the code of `src` takes.
#[inline]
pub(super) fn len(src: &[u8]) -> usize {
    let bits = src.iter().map(|&octet| Run::of_one(octet).len() as usize);
    bits.sum::<usize>().div_ceil(8)
}

/// Writes the code of `src`, padded to a whole octet (RFC 7541 section 5.2), to
/// the start of `dst` and returns its length; `None` if there is not room for it.
pub(super) fn encode_into(src: &[u8], dst: &mut [u8]) -> Option<usize> {
    // What makes no group comes first: so nothing but the padding is left to do
    // behind the loop, and nothing has to be kept for it.
    let (odd, groups) = src.as_rchunks();
    let room = dst.len();
    let mut written = Written::nothing(dst).with(Run::of(odd), odd)?;
    for group in groups {
        let (front, back) = Run::halves(group);
        written = match written.stored(front.then(back)) {
            Ok(written) => written,
            Err(written) => written.with_group(group, front)?,
        };
    }
    written.padded(room)
}

/// The codes of some symbols, one behind the other: left-aligned in the high 56
/// bits of a word.
///
/// Of a run that does not [fit](Self::fits) nothing is right but its length, and
/// that only up to 255: eight codes have at most 240.
#[derive(Clone, Copy)]
struct Run {
    /// The low eight bits mean nothing.
    codes: u64,
    /// Their length in bits, in the low eight.
    bits: u32,
}

impl Run {
    const EMPTY: Self = Self { codes: 0, bits: 0 };

    /// Of so few symbols that a loop is short.
    #[inline(always)]
    fn of(symbols: &[u8]) -> Self {
        let each = symbols.iter().map(|&octet| Self::of_one(octet));
        each.fold(Self::EMPTY, Self::then)
    }

    #[inline(always)]
    fn of_one(octet: u8) -> Self {
        let entry = TABLE[usize::from(octet)];
        Self {
            codes: entry,
            bits: entry as u32,
        }
    }

    /// The first four symbols and the last. By reference, so that each octet is
    /// loaded for itself; from the back, so that an entry is a shift's count as it is
    /// loaded.
    #[inline(always)]
    fn halves(group: &[u8; 8]) -> (Self, Self) {
        let one = |at: usize| Self::of_one(group[at]);
        let front = one(0).then(one(1).then(one(2).then(one(3))));
        let back = one(4).then(one(5).then(one(6).then(one(7))));
        (front, back)
    }

    /// This run and the next one behind it.
    #[inline(always)]
    const fn then(self, next: Self) -> Self {
        Self {
            codes: self.codes | next.codes.wrapping_shr(self.bits),
            bits: self.bits.wrapping_add(next.bits),
        }
    }

    #[inline(always)]
    const fn len(self) -> u32 {
        self.bits & 0xff
    }

    /// Whether one store can take it behind a part of an octet.
    #[inline(always)]
    const fn fits(self) -> bool {
        self.bits as u8 <= RUN_BITS
    }
}

/// The octet that is not full.
#[derive(Clone, Copy)]
struct Tip {
    /// What is in it, most significant bit first.
    bits: u64,
    /// How many bits that is: at most 7. As wide as the others, so that they are moved
    /// without padding.
    taken: u64,
}

impl Tip {
    /// The octets from here on with `run`, which fits, behind; how many of them are full;
    /// and the one that is not.
    #[inline(always)]
    const fn then(self, run: Run) -> ([u8; STORE], usize, Self) {
        let word = self.bits | (run.codes & !BITS_MASK) >> self.taken;
        let end = self.taken.wrapping_add(run.bits as u64);
        let tip = Self {
            bits: word << (end & 0x38),
            taken: end % 8,
        };
        // Seven at most, which a check of bounds need not find out.
        let full = (end / 8 % 8) as usize;
        (word.to_be_bytes(), full, tip)
    }

    /// The octet, padded.
    const fn padded(self) -> u8 {
        (self.bits | u64::MAX >> self.taken).to_be_bytes()[0]
    }
}

/// What is written so far. Handed on by value, so that it stays in registers.
struct Written<'d> {
    tip: Tip,
    /// Where the tip goes, and all behind.
    free: &'d mut [u8],
}

impl<'d> Written<'d> {
    const fn nothing(dst: &'d mut [u8]) -> Self {
        let tip = Tip { bits: 0, taken: 0 };
        Self { tip, free: dst }
    }

    /// With `run` behind, by one store; as it was, if that is too long for a store or
    /// there is no room for one.
    #[inline(always)]
    fn stored(self, run: Run) -> Result<Self, Self> {
        match self.free.first_chunk_mut() {
            Some(store) if run.fits() => {
                let (octets, full, tip) = self.tip.then(run);
                *store = octets;
                let free = &mut self.free[full..];
                Ok(Self { tip, free })
            }
            _ => Err(self),
        }
    }

    /// With `run`, which is that of `symbols`, behind; `None` if there is not room.
    #[inline(always)]
    fn with(self, run: Run, symbols: &[u8]) -> Option<Self> {
        match self.stored(run) {
            Ok(written) => Some(written),
            Err(written) => written.with_each(symbols),
        }
    }

    /// With eight symbols whose code is long, or at the end of the room. `front` is the
    /// run of the first four.
    #[cold]
    #[inline(never)]
    fn with_group(self, group: &[u8; 8], front: Run) -> Option<Self> {
        let (_, back) = Run::halves(group);
        let (first, last) = group.split_at(4);
        self.with(front, first)?.with(back, last)
    }

    /// With one symbol after the other.
    #[cold]
    #[inline(never)]
    fn with_each(self, symbols: &[u8]) -> Option<Self> {
        symbols.iter().try_fold(self, |written, &octet| {
            let (octets, full, tip) = written.tip.then(Run::of_one(octet));
            let (whole, free) = written.free.split_at_mut_checked(full)?;
            whole.copy_from_slice(octets.get(..full)?);
            Some(Self { tip, free })
        })
    }

    /// The length of it in a room of that size, with the padding.
    #[inline(always)]
    fn padded(self, room: usize) -> Option<usize> {
        let len = room - self.free.len();
        if self.tip.taken == 0 {
            return Some(len);
        }
        *self.free.first_mut()? = self.tip.padded();
        Some(len + 1)
    }
}

/// Octets written at once.
pub(super) const STORE: usize = 8;

/// What one store can take behind a part of an octet.
const RUN_BITS: u8 = 56;

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
