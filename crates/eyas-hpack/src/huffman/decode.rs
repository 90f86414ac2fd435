//! Decoding by a table that yields up to two symbols a look-up, four look-ups a
//! refill, with no branch between them.

use super::bits::{Bits, LastBits};
use super::code::{BY_CODE, MAX_BITS, RUNS};
use super::table::{
    BITS_MASK, COUNT_AT, LOOK_UP_BITS, TABLE, begins_with_long, classes_of, octets_of,
};
use crate::HuffmanError;
use crate::octets::Octets;

/// What came out of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// Its length in octets, those included for which there was no room.
    pub(crate) len: usize,
    /// What they are good for.
    pub(crate) octets: Octets,
}

/// Decodes `src` to the start of `dst`, whatever stands there.
///
/// What there is no room for is counted and not stored. With [`STORE`] octets more
/// room than the text needs, all of it is decoded the fast way.
#[inline(always)]
pub(crate) fn decode_into(src: &[u8], dst: &mut [u8]) -> Result<Decoded, HuffmanError> {
    let mut text = Text::new(dst);
    let mut bits = Bits::new(src);
    if text.take(&mut bits)? {
        let mut last = LastBits::of(&bits);
        if text.finish(&mut last)? {
            return Ok(text.decoded());
        }
    }
    decode_slowly(src, dst)
}

/// The same in pieces, where there is less room.
#[cold]
fn decode_slowly(src: &[u8], dst: &mut [u8]) -> Result<Decoded, HuffmanError> {
    let mut piece = [0; 4 * STORE];
    let mut decoded = Decoded {
        len: 0,
        octets: Octets::FREE,
    };
    let mut keep = |part: Decoded, piece: &[u8]| {
        let free = dst.get_mut(decoded.len..).unwrap_or_default();
        let stored = part.len.min(free.len());
        free[..stored].copy_from_slice(&piece[..stored]);
        decoded = Decoded {
            len: decoded.len + part.len,
            octets: decoded.octets.and(part.octets),
        };
        decoded
    };
    let mut bits = Bits::new(src);
    loop {
        let mut text = Text::new(&mut piece);
        let is_done = text.take(&mut bits)?;
        keep(text.decoded(), &piece);
        if is_done {
            break;
        }
    }
    let mut last = LastBits::of(&bits);
    loop {
        let mut text = Text::new(&mut piece);
        let is_done = text.finish(&mut last)?;
        let decoded = keep(text.decoded(), &piece);
        if is_done {
            return Ok(decoded);
        }
    }
}

/// Where the text goes.
struct Text<'t> {
    room: usize,
    free: &'t mut [u8],
    /// The union of the sums of all look-ups.
    seen: u32,
}

impl<'t> Text<'t> {
    #[inline(always)]
    const fn new(dst: &'t mut [u8]) -> Self {
        Self {
            room: dst.len(),
            free: dst,
            seen: 0,
        }
    }

    /// Decodes as long as there are eight octets to refill the window with; false
    /// if there is no room for more.
    #[inline(always)]
    fn take(&mut self, bits: &mut Bits<'_>) -> Result<bool, HuffmanError> {
        while let Some(word) = bits.rest.first_chunk() {
            let Some(room) = self.free.first_chunk_mut() else {
                return Ok(false);
            };
            bits.refill(u64::from_be_bytes(*word));
            let count = if !begins_with_long(bits.window) {
                let group = Group::read(&mut bits.window, room);
                bits.used += group.bits();
                self.seen |= group.0;
                group.count()
            } else {
                let (octet, taken) = long_symbol(bits.window, 64)?;
                bits.window <<= taken;
                bits.used += taken;
                room[0] = octet;
                self.seen |= classes_of(octet);
                1
            };
            self.skip(count);
        }
        Ok(true)
    }

    /// Decodes to the end; false if there is no room for more.
    #[inline(always)]
    fn finish(&mut self, bits: &mut LastBits) -> Result<bool, HuffmanError> {
        loop {
            bits.refill();
            while begins_with_long(bits.window) {
                let remaining = bits.remaining();
                if remaining < 8 {
                    // Else than at the beginning they were looked at before.
                    return match bits.is_padding() {
                        true => Ok(true),
                        false => Err(HuffmanError::PaddingNotOnes),
                    };
                }
                let Some(room) = self.free.first_mut() else {
                    return Ok(false);
                };
                let (octet, taken) = long_symbol(bits.window, remaining)?;
                bits.window <<= taken;
                bits.used += taken;
                bits.refill();
                *room = octet;
                self.seen |= classes_of(octet);
                self.skip(1);
            }
            let Some(room) = self.free.first_chunk_mut() else {
                return Ok(false);
            };
            let group = Group::read(&mut bits.window, room);
            bits.used += group.bits();
            self.seen |= group.0;
            self.skip(group.count());
            if bits.remaining() < 8 && bits.is_padding() {
                return Ok(true);
            }
        }
    }

    /// Leaves behind what was written: no more than there was room for.
    #[inline(always)]
    fn skip(&mut self, count: usize) {
        let free = core::mem::take(&mut self.free);
        self.free = free.get_mut(count..).unwrap_or_default();
    }

    #[inline(always)]
    const fn decoded(&self) -> Decoded {
        Decoded {
            len: self.room - self.free.len(),
            octets: octets_of(self.seen),
        }
    }
}

/// The sum of the entries of a few look-ups.
///
/// An entry of 0, which stands for a code that is too long, takes nothing and
/// yields nothing, so those after it are 0 as well.
#[derive(Clone, Copy, Default)]
struct Group(u32);

impl Group {
    /// The next look-up in `window`, whose symbols go behind those of the ones
    /// before; at most four of them fit `room`. Returns the bits it takes, modulo 64.
    #[inline(always)]
    fn look_up(&mut self, window: u64, room: &mut [u8; STORE]) -> u32 {
        let entry = &TABLE[(window >> (64 - LOOK_UP_BITS)) as usize];
        // Of three sums of 16 bits: 15 at most, for which there is room.
        let at = (self.0 >> COUNT_AT) as usize;
        room[at..at + 2].copy_from_slice(&entry.symbols);
        let sums = u32::from(entry.sums);
        self.0 += sums;
        sums
    }

    /// Four look-ups in a full window.
    #[inline(always)]
    fn read(window: &mut u64, room: &mut [u8; STORE]) -> Self {
        let mut group = Self::default();
        for _ in 0..4 {
            *window = window.wrapping_shl(group.look_up(*window, room));
        }
        group
    }

    /// Bits taken: at most 52.
    #[inline(always)]
    const fn bits(self) -> u32 {
        self.0 & BITS_MASK
    }

    /// Symbols yielded: at most 8.
    #[inline(always)]
    const fn count(self) -> usize {
        (self.0 >> COUNT_AT) as usize & 0xf
    }
}

/// The symbol at the top of `window` whose code is longer than [`LOOK_UP_BITS`],
/// by the canonical search, and the bits it takes. `remaining` is at least 8.
#[cold]
fn long_symbol(window: u64, remaining: i32) -> Result<(u8, u32), HuffmanError> {
    let top = (window >> 32) as u32;
    let mut len = LOOK_UP_BITS + 1;
    while len < MAX_BITS && u64::from(top) >= RUNS[len].end {
        len += 1;
    }
    if len as i32 > remaining {
        // The code runs into the ones behind the string: it is cut short, and
        // can at best pass for padding.
        return Err(if window.leading_ones() as i32 >= remaining {
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

/// The fewest bits a symbol takes.
pub(super) const SHORTEST_BITS: usize = 5;

/// Octets that there has to be room for at once: eight would do, and for eighteen
/// nobody has to ask where the sum of three entries leads.
pub(crate) const STORE: usize = 18;
