//! What the next bits of a Huffman-coded string stand for: the table behind every
//! look-up.

use super::code::{CODES, EOS};
use crate::octets::{NOT_IN_NAME, NOT_IN_VALUE, Octets};

/// Whether the code at the top of `window` is not in the table.
#[inline(always)]
pub(super) const fn begins_with_long(window: u64) -> bool {
    TABLE[(window >> (64 - LOOK_UP_BITS)) as usize].sums == 0
}

/// A window of 13 bits holds two symbols of a common text almost always, and the
/// table, at 32 KiB, still leaves room in the nearest caches.
pub(super) const LOOK_UP_BITS: usize = 13;

/// What the next bits stand for; all of it 0 if the code is too long, or that of
/// NUL: so a value may have all symbols of the table.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// From the low end: the bits it takes, where a shift finds them without
    /// another instruction; whether a name must not have its symbols; the number of
    /// those. Of a sum of four entries each field is right.
    pub(super) sums: u16,
    /// One or two.
    pub(super) symbols: [u8; 2],
}

pub(super) const BITS_MASK: u32 = 0xff;
const NOT_IN_NAME_AT: u32 = 8;
const NOT_IN_NAME_MASK: u16 = 1 << NOT_IN_NAME_AT;
/// At the top: so whatever four entries are, they say less than seventeen.
pub(super) const COUNT_AT: u32 = 14;

/// The classes of one symbol, in a union of sums.
pub(super) const fn classes_of(octet: u8) -> u16 {
    (Octets::class(octet) as u16) << NOT_IN_NAME_AT
}

/// The class of a string, from the union of the sums over its symbols.
#[inline(always)]
pub(super) const fn octets_of(seen: u16) -> Octets {
    Octets((seen >> NOT_IN_NAME_AT) as u8 & (NOT_IN_NAME | NOT_IN_VALUE))
}

/// By the next 13 bits, turned over.
pub(super) static TABLE: [Entry; 1 << LOOK_UP_BITS] = table();

const fn table() -> [Entry; 1 << LOOK_UP_BITS] {
    let none = Entry {
        sums: 0,
        symbols: [0; 2],
    };
    let mut single = [none; 1 << LOOK_UP_BITS];
    let mut symbol = 0;
    while symbol < EOS {
        let bits = CODES[symbol].bits as usize;
        if bits <= LOOK_UP_BITS && symbol != 0 {
            let not_in_name = Octets::class(symbol as u8) & NOT_IN_NAME != 0;
            let entry = Entry {
                sums: bits as u16 | 1 << COUNT_AT | (not_in_name as u16) << NOT_IN_NAME_AT,
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
    let mut low = 0;
    while low < table.len() / 2 {
        let high = table.len() - 1 - low;
        (table[low], table[high]) = (table[high], table[low]);
        low += 1;
    }
    table
}

const _: () = assert!(4 * LOOK_UP_BITS <= 56, "four look-ups a refill");
