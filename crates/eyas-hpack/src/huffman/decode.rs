//! Decoding by a table that yields up to two symbols a look-up.

use alloc::vec::Vec;

use super::code::{BY_CODE, CODES, EOS, MAX_BITS, RUNS};
use crate::HuffmanError;

/// Decodes `src` into `dst` from `start` on, whatever stands there, and returns
/// where the text ends. `dst` never shrinks, so that its octets need not be
/// zeroed again for the next string; it grows if the text needs more room.
#[inline]
pub(crate) fn decode_at(
    src: &[u8],
    dst: &mut Vec<u8>,
    start: usize,
) -> Result<usize, HuffmanError> {
    run::<true>(src, dst, start)
}

/// The number of octets `src` decodes to, stored nowhere.
pub(crate) fn decoded_len(src: &[u8]) -> Result<usize, HuffmanError> {
    run::<false>(src, &mut Vec::new(), 0)
}

/// Room that [`decode_at`] is content with for `src_len` octets of code, none of
/// which has fewer than five bits.
#[inline]
pub(crate) const fn max_decoded_len(src_len: usize) -> usize {
    room_for(src_len.saturating_mul(8) / SHORTEST_BITS)
}

/// Room that [`decode_at`] is content with for a text of `len` octets.
#[inline]
pub(crate) const fn room_for(len: usize) -> usize {
    len.saturating_add(STORE)
}

fn run<const KEEP: bool>(
    src: &[u8],
    dst: &mut Vec<u8>,
    start: usize,
) -> Result<usize, HuffmanError> {
    let mut bits = Bits::new(src);
    let mut out = start;
    loop {
        bits.refill();
        // Four look-ups take at most 52 of the 56 bits or more that a refill
        // leaves, and yield at most eight symbols: one store. An entry of 0
        // takes nothing and yields nothing, so those after it are 0 as well.
        let mut symbols = 0_u64;
        let mut count = 0_u32;
        let mut last = 0_u32;
        for _ in 0..4 {
            let entry = TABLE[bits.peek()];
            symbols |= u64::from(entry & 0xffff) << (8 * count);
            count += (entry >> 16) & 3;
            bits.skip(entry >> 24);
            last = entry;
        }
        if KEEP {
            if dst.len() < out + STORE {
                make_room(dst, out);
            }
            dst[out..out + STORE].copy_from_slice(&symbols.to_le_bytes());
        }
        out += count as usize;
        if last != 0 {
            continue;
        }
        // A long code, the padding, or what looks like either.
        let remaining = bits.remaining();
        if remaining < 8 {
            return if remaining >= 0 && bits.starts_with_ones(remaining as u32) {
                Ok(out)
            } else {
                // Below 0, a symbol was completed by bits that are not there.
                Err(HuffmanError::PaddingNotOnes)
            };
        }
        bits.refill();
        // By value: a reference would keep the loop's state out of registers.
        let (octet, taken) = long_symbol(bits.window, remaining)?;
        bits.skip(taken);
        if KEEP {
            if dst.len() <= out {
                make_room(dst, out);
            }
            dst[out] = octet;
        }
        out += 1;
    }
}

#[cold]
fn make_room(dst: &mut Vec<u8>, out: usize) {
    dst.resize((out + STORE).max(2 * out), 0);
}

/// The symbol at the top of `window` whose code is longer than [`LOOK_UP_BITS`],
/// by the canonical search, and the bits it takes. `remaining` is at least 8.
#[cold]
fn long_symbol(window: u64, remaining: isize) -> Result<(u8, u32), HuffmanError> {
    let top = (window >> 32) as u32;
    let mut len = LOOK_UP_BITS + 1;
    while len < MAX_BITS && u64::from(top) >= RUNS[len].end {
        len += 1;
    }
    if len as isize > remaining {
        // The code runs into the ones behind the string: it is cut short, and
        // can at best pass for padding.
        return Err(if window.leading_ones() as isize >= remaining {
            HuffmanError::PaddingTooLong
        } else {
            HuffmanError::PaddingNotOnes
        });
    }
    let run = &RUNS[len];
    let nth = (top - run.first) >> (32 - len);
    let symbol = BY_CODE[usize::from(run.at) + nth as usize];
    // All symbols but EOS are octets.
    match u8::try_from(symbol) {
        Ok(octet) => Ok((octet, len as u32)),
        Err(_) => Err(HuffmanError::EndOfString),
    }
}

/// The bits of a string, followed by ones without end. No symbol but EOS is all
/// ones, so the loop above runs into a 0 entry at the end by itself.
struct Bits<'a> {
    src: &'a [u8],
    /// The last eight octets of `src`, or all of them, at the low end.
    last: u64,
    /// Octets taken into the window, those past the end included.
    position: usize,
    /// The next bits, most significant first. Below the `ready` topmost ones
    /// there may be the beginning of the octet at `position`.
    window: u64,
    ready: u32,
}

impl<'a> Bits<'a> {
    #[inline]
    fn new(src: &'a [u8]) -> Self {
        let last = match src.last_chunk() {
            Some(chunk) => u64::from_be_bytes(*chunk),
            None => src
                .iter()
                .fold(0, |word, &octet| word << 8 | u64::from(octet)),
        };
        Self {
            src,
            last,
            position: 0,
            window: 0,
            ready: 0,
        }
    }

    /// Fills the window to 56 bits or more.
    #[inline]
    fn refill(&mut self) {
        let ahead = self.src.get(self.position..).and_then(<[u8]>::first_chunk);
        let word = match ahead {
            Some(chunk) => u64::from_be_bytes(*chunk),
            None => self.word_at_end(),
        };
        self.window |= word >> self.ready;
        self.position += ((63 - self.ready) >> 3) as usize;
        self.ready |= 56;
    }

    /// The word at `position` when fewer than eight octets are left.
    #[inline]
    fn word_at_end(&self) -> u64 {
        let past = 8 * (self.position + 8 - self.src.len());
        if past < 64 {
            self.last << past | ((1 << past) - 1)
        } else {
            u64::MAX
        }
    }

    #[inline]
    const fn peek(&self) -> usize {
        (self.window >> (64 - LOOK_UP_BITS)) as usize
    }

    #[inline]
    const fn skip(&mut self, bits: u32) {
        self.window <<= bits;
        self.ready -= bits;
    }

    /// Bits of the string that were not skipped; negative if a symbol took bits
    /// from behind its end.
    #[inline]
    fn remaining(&self) -> isize {
        8 * (self.src.len() as isize - self.position as isize) + self.ready as isize
    }

    #[inline]
    const fn starts_with_ones(&self, bits: u32) -> bool {
        self.window.leading_ones() >= bits
    }
}

/// A window of 13 bits holds two symbols of a common text almost always, and the
/// table, at 32 KiB, still leaves room in the nearest caches.
const LOOK_UP_BITS: usize = 13;

const SHORTEST_BITS: usize = 5;

/// Octets written at once.
const STORE: usize = 8;

/// By the next 13 bits: the symbols in the two low octets, first one lowest;
/// their number in the third; the bits they take in the fourth. 0 if the next
/// code is longer than the window.
static TABLE: [u32; 1 << LOOK_UP_BITS] = table();

const fn table() -> [u32; 1 << LOOK_UP_BITS] {
    let mut single = [0_u32; 1 << LOOK_UP_BITS];
    let mut symbol = 0;
    while symbol < EOS {
        let bits = CODES[symbol].bits as usize;
        if bits <= LOOK_UP_BITS {
            let spare = LOOK_UP_BITS - bits;
            let mut window = (CODES[symbol].code as usize) << spare;
            let end = window + (1 << spare);
            while window < end {
                single[window] = (bits as u32) << 24 | 1 << 16 | symbol as u32;
                window += 1;
            }
        }
        symbol += 1;
    }
    let mut table = single;
    let mut window = 0;
    while window < table.len() {
        let first = single[window];
        if first != 0 {
            let taken = first >> 24;
            let second = single[(window << taken) & (single.len() - 1)];
            if second != 0 && taken + (second >> 24) <= LOOK_UP_BITS as u32 {
                table[window] =
                    (taken + (second >> 24)) << 24 | 2 << 16 | (second & 0xff) << 8 | first & 0xff;
            }
        }
        window += 1;
    }
    table
}

const _: () = assert!(4 * LOOK_UP_BITS <= 56, "four look-ups a refill");
