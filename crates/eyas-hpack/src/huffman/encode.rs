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
    let (groups, rest) = src.as_chunks();
    let mut tip = Tip::START;
    for group in groups {
        let (front, back) = Run::halves(group);
        let run = front.then(back);
        tip = match tip.store(dst) {
            Some(store) if run.fits() => {
                *store = tip.octets(run);
                tip.behind(run)
            }
            _ => encode_group(group, front, tip, dst),
        };
    }
    let mut run = Run::EMPTY;
    for &octet in rest {
        run = run.then(Run::of_one(octet));
    }
    match tip.store(dst) {
        Some(store) if run.fits() => {
            *store = tip.padded(run);
            Some(tip.padded_len(run))
        }
        _ => encode_last(rest, tip, dst),
    }
}

/// Adds eight symbols whose code is long, or at the end of the room. `front` is the
/// run of the first four.
#[cold]
#[inline(never)]
fn encode_group(group: &[u8; 8], front: Run, tip: Tip, dst: &mut [u8]) -> Tip {
    let tip = match tip.store(dst) {
        Some(store) if front.fits() => {
            *store = tip.octets(front);
            encode_each(&group[4..], tip.behind(front), dst)
        }
        _ => encode_each(group, tip, dst),
    };
    tip.unwrap_or(Tip::OUTSIDE)
}

/// Adds what is left of the symbols, and the padding.
#[cold]
#[inline(never)]
fn encode_last(rest: &[u8], tip: Tip, dst: &mut [u8]) -> Option<usize> {
    let tip = encode_each(rest, tip, dst)?;
    let (len, padded) = (tip.padded_len(Run::EMPTY), tip.padded(Run::EMPTY));
    let last = dst.get_mut(tip.at()..len)?;
    last.copy_from_slice(padded.get(..last.len())?);
    Some(len)
}

/// Adds one symbol after the other.
fn encode_each(src: &[u8], tip: Tip, dst: &mut [u8]) -> Option<Tip> {
    src.iter().try_fold(tip, |tip, &octet| {
        let run = Run::of_one(octet);
        let behind = tip.behind(run);
        let whole = dst.get_mut(tip.at()..behind.at())?;
        whole.copy_from_slice(tip.octets(run).get(..whole.len())?);
        Some(behind)
    })
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

/// Where the code ends so far.
#[derive(Clone, Copy)]
struct Tip {
    /// What is not a whole octet yet, most significant bit first.
    bits: u64,
    /// The length of all in bits.
    end: u64,
}

impl Tip {
    const START: Self = Self { bits: 0, end: 0 };

    /// Behind every room there can be, and far from an overflow. Spares an `Option`,
    /// which would not be kept in registers.
    const OUTSIDE: Self = Self {
        bits: 0,
        end: match isize::MAX as u64 {
            0..OUTSIDE => 8 * isize::MAX as u64,
            _ => 8 * OUTSIDE,
        },
    };

    /// The octet that is not full.
    #[inline(always)]
    const fn at(self) -> usize {
        (self.end / 8) as usize
    }

    /// How many of its bits are taken.
    #[inline(always)]
    const fn taken(self) -> u32 {
        (self.end % 8) as u32
    }

    /// Room for all that may come next.
    #[inline(always)]
    fn store(self, dst: &mut [u8]) -> Option<&mut [u8; STORE]> {
        dst.get_mut(self.at()..self.at() + STORE)?.first_chunk_mut()
    }

    #[inline(always)]
    const fn with(self, run: Run) -> u64 {
        self.bits | (run.codes & !BITS_MASK) >> self.taken()
    }

    /// The octets from here on with `run`, of which the last may be unfinished.
    #[inline(always)]
    const fn octets(self, run: Run) -> [u8; STORE] {
        self.with(run).to_be_bytes()
    }

    /// The same with the padding.
    #[inline(always)]
    const fn padded(self, run: Run) -> [u8; STORE] {
        let padding = u64::MAX.wrapping_shr(self.taken().wrapping_add(run.bits));
        (self.with(run) | padding).to_be_bytes()
    }

    #[inline(always)]
    const fn padded_len(self, run: Run) -> usize {
        (self.end + run.len() as u64).div_ceil(8) as usize
    }

    #[inline(always)]
    const fn behind(self, run: Run) -> Self {
        let end = self.end + run.len() as u64;
        let whole_octets = end / 8 - self.end / 8;
        Self {
            bits: self.with(run) << (8 * whole_octets % 64),
            end,
        }
    }
}

/// More octets than there are in any memory.
const OUTSIDE: u64 = 1 << 59;

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
