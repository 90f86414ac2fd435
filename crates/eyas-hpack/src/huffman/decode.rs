//! Decoding by a table that yields up to two symbols a look-up, four look-ups a
//! refill, with no branch between them.

use super::code::{BY_CODE, CODES, EOS, MAX_BITS, RUNS};
use crate::HuffmanError;
use crate::octets::{NOT_IN_NAME, NOT_IN_VALUE, Octets};

/// What came out of a string: its length, and below it what its octets are good
/// for. So a result of it is returned in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoded(usize);

impl Decoded {
    #[inline(always)]
    const fn new(len: usize, octets: Octets) -> Self {
        Self(len << CLASS_BITS | octets.0 as usize)
    }

    /// In octets, those included for which there was no room.
    #[inline(always)]
    pub(crate) const fn len(self) -> usize {
        self.0 >> CLASS_BITS
    }

    #[inline(always)]
    pub(crate) const fn octets(self) -> Octets {
        Octets(self.0 as u8 & ((1 << CLASS_BITS) - 1))
    }
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
    let mut decoded = Decoded::new(0, Octets::FREE);
    let mut keep = |part: Decoded, piece: &[u8]| {
        let free = dst.get_mut(decoded.len()..).unwrap_or_default();
        let stored = part.len().min(free.len());
        free[..stored].copy_from_slice(&piece[..stored]);
        let octets = decoded.octets().and(part.octets());
        decoded = Decoded::new(decoded.len() + part.len(), octets);
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
                    return bits.check_padding();
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
            if bits.remaining() < 8 && begins_with_long(bits.window) {
                return bits.check_padding();
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
        Decoded::new(self.room - self.free.len(), octets_of(self.seen))
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
        let at = (self.0 >> COUNT_AT) as usize & 7;
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

/// The bits of a string while eight octets or more are left of it.
struct Bits<'a> {
    src: &'a [u8],
    /// What is not in the window yet.
    rest: &'a [u8],
    /// The next bits, most significant first. Below those that count there may
    /// be the beginning of `rest`.
    window: u64,
    /// 63 less the number of bits that count.
    used: u32,
}

impl<'a> Bits<'a> {
    #[inline(always)]
    const fn new(src: &'a [u8]) -> Self {
        Self {
            src,
            rest: src,
            window: 0,
            used: 63,
        }
    }

    /// Fills the window to 56 bits or more with the first octets of `rest`.
    #[inline(always)]
    fn refill(&mut self, word: u64) {
        self.window |= word >> (63 - self.used);
        self.rest = &self.rest[(self.used >> 3) as usize & 7..];
        self.used &= 7;
    }
}

/// The last bits of a string, followed by ones without end. No symbol but EOS is
/// all ones, so a string ends where a code seems to begin that is too long.
struct LastBits {
    window: u64,
    used: u32,
    /// What is not in the window yet, upside down: so zeros follow it.
    inverse: u64,
    /// How many bits of it are of the string, less those behind it that the window
    /// has had.
    left: i32,
}

impl LastBits {
    #[inline(always)]
    fn of(bits: &Bits<'_>) -> Self {
        // Fewer than 64, so nothing stays when all is shifted out.
        let left = 8 * bits.rest.len() as u32;
        let word = match bits.src.last_chunk() {
            Some(chunk) if left > 0 => u64::from_be_bytes(*chunk) << (64 - left),
            Some(_) => 0,
            None => short_word(bits.src),
        };
        Self {
            window: bits.window,
            used: bits.used,
            inverse: !(word | u64::MAX >> left),
            left: left as i32,
        }
    }

    #[inline(always)]
    const fn refill(&mut self) {
        self.window |= !self.inverse >> (63 - self.used);
        let octets = self.used & 0x38;
        self.inverse <<= octets;
        self.left -= octets as i32;
        self.used &= 7;
    }

    /// Bits of the string that are in the window or behind it; negative if a
    /// symbol was completed by bits that are not there.
    #[inline(always)]
    const fn remaining(&self) -> i32 {
        self.left + 63 - self.used as i32
    }

    /// Whether what remains, fewer than eight bits, is all ones: then all is well.
    #[inline(always)]
    const fn check_padding(&self) -> Result<bool, HuffmanError> {
        let remaining = self.remaining();
        if remaining >= 0 && self.window.leading_ones() as i32 >= remaining {
            Ok(true)
        } else {
            Err(HuffmanError::PaddingNotOnes)
        }
    }
}

#[inline(always)]
const fn begins_with_long(window: u64) -> bool {
    TABLE[(window >> (64 - LOOK_UP_BITS)) as usize].sums == 0
}

/// The octets of a string of fewer than eight at the top of a word.
#[inline(always)]
fn short_word(src: &[u8]) -> u64 {
    if let (Some(head), Some(tail)) = (src.first_chunk::<4>(), src.last_chunk::<4>()) {
        // What both have coincides.
        let behind = 64 - 8 * src.len() as u32;
        u64::from(u32::from_be_bytes(*head)) << 32 | u64::from(u32::from_be_bytes(*tail)) << behind
    } else {
        src.iter()
            .rev()
            .fold(0, |word, &octet| word >> 8 | u64::from(octet) << 56)
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

/// A window of 13 bits holds two symbols of a common text almost always, and the
/// table, at 32 KiB, still leaves room in the nearest caches.
const LOOK_UP_BITS: usize = 13;

/// The fewest bits a symbol takes.
pub(super) const SHORTEST_BITS: usize = 5;

/// Octets that there has to be room for at once: eight would do, and sixteen can be
/// seen to.
pub(crate) const STORE: usize = 16;

/// What the next bits stand for; all of it 0 if the code is too long.
#[derive(Clone, Copy)]
struct Entry {
    /// From the low end: the bits it takes, where a shift finds them without
    /// another instruction; the number of symbols; whether a name must not have
    /// them; whether a value must not have them. Of a sum of four entries, in 32
    /// bits, each field is right.
    sums: u16,
    /// One or two.
    symbols: [u8; 2],
}

/// Of a [`Decoded`].
const CLASS_BITS: u32 = 2;

const BITS_MASK: u32 = 0x3f;
const COUNT_AT: u32 = 8;
const NOT_IN_NAME_AT: u32 = 12;
const NOT_IN_NAME_MASK: u16 = 1 << NOT_IN_NAME_AT;
const NOT_IN_VALUE_AT: u32 = 15;

/// The fields of a symbol that say what it is forbidden in.
const fn classes_of(octet: u8) -> u32 {
    let class = Octets::class(octet);
    let not_in_name = class & NOT_IN_NAME != 0;
    let not_in_value = class & NOT_IN_VALUE != 0;
    (not_in_name as u32) << NOT_IN_NAME_AT | (not_in_value as u32) << NOT_IN_VALUE_AT
}

/// The class of a string, from the union of the sums over its symbols.
#[inline(always)]
const fn octets_of(seen: u32) -> Octets {
    let not_in_name = seen >> NOT_IN_NAME_AT & 7 != 0;
    let not_in_value = seen >> NOT_IN_VALUE_AT & 7 != 0;
    Octets((not_in_name as u8 * NOT_IN_NAME) | (not_in_value as u8 * NOT_IN_VALUE))
}

/// By the next 13 bits.
static TABLE: [Entry; 1 << LOOK_UP_BITS] = table();

const fn table() -> [Entry; 1 << LOOK_UP_BITS] {
    let none = Entry {
        sums: 0,
        symbols: [0; 2],
    };
    let mut single = [none; 1 << LOOK_UP_BITS];
    let mut symbol = 0;
    while symbol < EOS {
        let bits = CODES[symbol].bits as usize;
        if bits <= LOOK_UP_BITS {
            let entry = Entry {
                sums: (bits as u32 | 1 << COUNT_AT | classes_of(symbol as u8)) as u16,
                symbols: [symbol as u8, 0],
            };
            let spare = LOOK_UP_BITS - bits;
            let mut window = (CODES[symbol].code as usize) << spare;
            let end = window + (1 << spare);
            while window < end {
                single[window] = entry;
                window += 1;
            }
        }
        symbol += 1;
    }
    let mut table = single;
    let mut window = 0;
    while window < table.len() {
        let first = single[window];
        if first.sums != 0 {
            let taken = first.sums as u32 & BITS_MASK;
            let second = single[(window << taken) & (single.len() - 1)];
            let both = taken + (second.sums as u32 & BITS_MASK);
            // Neither of them is forbidden in a value: those codes are longer.
            if second.sums != 0 && both <= LOOK_UP_BITS as u32 {
                // A look-up counts once if a name must not have its symbols: the
                // field has no room for eight.
                let twice = first.sums & second.sums & NOT_IN_NAME_MASK;
                table[window] = Entry {
                    sums: first.sums + second.sums - twice,
                    symbols: [first.symbols[0], second.symbols[0]],
                };
            }
        }
        window += 1;
    }
    table
}

const _: () = assert!(4 * LOOK_UP_BITS <= 56, "four look-ups a refill");
