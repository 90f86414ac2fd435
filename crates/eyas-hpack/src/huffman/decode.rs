//! Decoding by a table that yields up to two symbols a look-up, four look-ups a
//! refill, with no branch between them.

use super::bits::{Bits, LastBits};
use super::code::{BY_CODE, MAX_BITS, RUNS};
use super::table::{
    BITS_MASK, COUNT_AT, LOOK_UP_BITS, TABLE, begins_with_long, classes_of, octets_of,
};
use crate::HuffmanError;
use crate::octets::Octets;

/// What came out of a string: its length, and below it the union of all sums. So a
/// result of it is returned in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoded(u64);

impl Decoded {
    #[inline(always)]
    const fn new(len: usize, seen: u16) -> Self {
        Self((len as u64) << u16::BITS | seen as u64)
    }

    /// In octets, those included for which there was no room.
    #[inline(always)]
    pub(crate) const fn len(self) -> usize {
        (self.0 >> u16::BITS) as usize
    }

    const fn seen(self) -> u16 {
        self.0 as u16
    }

    #[inline(always)]
    pub(crate) const fn octets(self) -> Octets {
        octets_of(self.seen())
    }
}

/// Decodes `src` to the start of `dst`, whatever stands there.
///
/// What there is no room for is counted and not stored. With [`SPARE`] octets more
/// room than the text needs, all of it is decoded the fast way.
#[inline(always)]
pub(crate) fn decode_into(src: &[u8], dst: &mut [u8]) -> Result<Decoded, HuffmanError> {
    match decode_fast(src, dst) {
        Some(decoded) => Ok(decoded),
        None => decode_slowly(src, dst),
    }
}

/// The same, if there is room and nothing is wrong. The result fits registers.
#[inline(never)]
fn decode_fast(src: &[u8], dst: &mut [u8]) -> Option<Decoded> {
    let mut text = Text::new(dst);
    let mut bits = Bits::new(src);
    let is_done = text.take(&mut bits).ok()? && text.finish(&mut bits.last()).ok()?;
    is_done.then(|| text.decoded())
}

/// The same in pieces, where there is less room, and to tell what is wrong.
#[cold]
fn decode_slowly(src: &[u8], dst: &mut [u8]) -> Result<Decoded, HuffmanError> {
    let mut piece = [0; 4 * STORE];
    let mut decoded = Decoded::new(0, 0);
    let mut keep = |part: Decoded, piece: &[u8]| {
        let free = dst.get_mut(decoded.len()..).unwrap_or_default();
        let stored = part.len().min(free.len());
        free[..stored].copy_from_slice(&piece[..stored]);
        decoded = Decoded::new(decoded.len() + part.len(), decoded.seen() | part.seen());
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
    let mut last = bits.last();
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
            bits.refill(u64::from_be_bytes(*word));
            let Some(sums) = self.step(&mut bits.window, || 64)? else {
                return Ok(false);
            };
            bits.valid = bits.valid.wrapping_sub(sums);
        }
        Ok(true)
    }

    /// Decodes to the end; false if there is no room for more.
    #[inline(always)]
    fn finish(&mut self, bits: &mut LastBits<'_>) -> Result<bool, HuffmanError> {
        while let Some(mut window) = bits.first() {
            let Some(sums) = self.step(&mut window, || bits.left)? else {
                return Ok(false);
            };
            bits.left -= sums & BITS_MASK;
        }
        let mut window = bits.all();
        let mut used = 0;
        while window != 0 {
            let left = || bits.left.wrapping_sub(used & BITS_MASK);
            let Some(sums) = self.step(&mut window, left)? else {
                bits.left = left();
                return Ok(false);
            };
            used += sums;
        }
        bits.check_padding(used & BITS_MASK)?;
        Ok(true)
    }

    /// Decodes a few symbols at the top of `window`, of which `left` bits are of the
    /// string, and returns their sums; or nothing, if there is no room for them.
    #[inline(always)]
    fn step(
        &mut self,
        window: &mut u64,
        left: impl Fn() -> u32,
    ) -> Result<Option<u32>, HuffmanError> {
        let free = core::mem::take(&mut self.free);
        let Some(room) = free.first_chunk_mut() else {
            self.free = free;
            return Ok(None);
        };
        let (sums, count) = if !begins_with_long(*window) {
            let group = Group::read(window, room);
            (group.sums(), group.count())
        } else {
            let (octet, taken) = long_symbol(*window, left())?;
            *window <<= taken;
            room[0] = octet;
            (u32::from(taken) | u32::from(classes_of(octet)), 1)
        };
        self.seen |= sums;
        self.free = free.get_mut(count..).unwrap_or_default();
        Ok(Some(sums))
    }

    #[inline(always)]
    const fn decoded(&self) -> Decoded {
        Decoded::new(self.room - self.free.len(), self.seen as u16)
    }
}

/// The sum of the entries of up to four look-ups.
///
/// An entry of 0, which stands for a code that is too long, takes nothing and
/// yields nothing, so those after it are 0 as well.
///
/// A whole word, so that its count is an index as it is.
#[derive(Clone, Copy, Default)]
struct Group(u64);

impl Group {
    /// The next look-up in `window`, whose symbols go behind those of the ones
    /// before.
    #[inline(always)]
    fn look_up(&mut self, window: &mut u64, room: &mut [u8; STORE]) {
        let entry = &TABLE[(*window >> (64 - LOOK_UP_BITS)) as usize];
        *window = window.wrapping_shl(u32::from(entry.sums));
        let at = self.count();
        room[at..at + 2].copy_from_slice(&entry.symbols);
        self.0 += u64::from(entry.sums);
    }

    /// Four look-ups in a full window: at most 52 bits.
    #[inline(always)]
    fn read(window: &mut u64, room: &mut [u8; STORE]) -> Self {
        let mut group = Self::default();
        for _ in 0..4 {
            group.look_up(window, room);
        }
        group
    }

    const fn sums(self) -> u32 {
        self.0 as u32
    }

    /// Symbols yielded: at most 8.
    #[inline(always)]
    const fn count(self) -> usize {
        (self.0 >> COUNT_AT) as usize
    }
}

/// The symbol at the top of `window` whose code is not in the table, by the
/// canonical search, and the bits it takes. `left` is at least 8.
#[cold]
fn long_symbol(window: u64, left: u32) -> Result<(u8, u8), HuffmanError> {
    let top = (!window >> 32) as u32;
    let mut len = LOOK_UP_BITS;
    while len < MAX_BITS && u64::from(top) >= RUNS[len].end {
        len += 1;
    }
    if len as u32 > left {
        // The code runs into the ones behind the string: it is cut short, and
        // can at best pass for padding.
        return Err(if window.leading_zeros() >= left {
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
        Ok(octet) => Ok((octet, len as u8)),
        Err(_) => Err(HuffmanError::EndOfString),
    }
}

/// The fewest bits a symbol takes.
pub(super) const SHORTEST_BITS: usize = 5;

/// Octets that there has to be room for at once: eight would do, and seventeen can
/// be seen to.
const STORE: usize = 17;

/// With so many octets more room than the text needs there is room to its end.
pub(crate) const SPARE: usize = STORE - 1;
