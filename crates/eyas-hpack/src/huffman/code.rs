//! The code itself: one length for each symbol, from which all else follows.

/// The symbol that ends a string and must never appear in one.
pub(super) const EOS: usize = 256;

/// The longest code, in bits.
pub(super) const MAX_BITS: usize = 30;

/// The code of a symbol: its `bits` lowest bits of `code`, most significant
/// first.
#[derive(Clone, Copy)]
pub(super) struct Code {
    pub(super) code: u32,
    pub(super) bits: u8,
}

/// All codes by symbol. RFC 7541 appendix B lists a canonical code: shorter
/// codes come first, codes of one length are in the order of their symbols, and
/// each is the one before plus one. So the lengths say everything.
pub(super) const CODES: [Code; EOS + 1] = assign();

/// The symbols in the order of their codes, for the canonical search.
pub(super) const BY_CODE: [u16; EOS + 1] = sort();

/// The codes of one length as a range.
#[derive(Clone, Copy)]
pub(super) struct Run {
    /// The first code of this length, shifted to the top of 32 bits.
    pub(super) first: u32,
    /// One past the last code of this length, shifted likewise.
    pub(super) end: u64,
    /// Where the symbol of the first code stands in [`BY_CODE`].
    pub(super) at: u16,
}

/// By length in bits; entry 0 is unused.
pub(super) const RUNS: [Run; MAX_BITS + 1] = runs();

const fn assign() -> [Code; EOS + 1] {
    let mut codes = [Code { code: 0, bits: 0 }; EOS + 1];
    let mut next = 0_u32;
    let mut bits = 1;
    while bits <= MAX_BITS {
        next <<= 1;
        let mut symbol = 0;
        while symbol <= EOS {
            if BITS[symbol] as usize == bits {
                codes[symbol] = Code {
                    code: next,
                    bits: bits as u8,
                };
                next += 1;
            }
            symbol += 1;
        }
        bits += 1;
    }
    // A complete prefix code ends on all ones, and EOS is that last code.
    assert!(next == 1 << MAX_BITS && codes[EOS].code == next - 1);
    codes
}

const fn sort() -> [u16; EOS + 1] {
    let mut symbols = [0_u16; EOS + 1];
    let mut at = 0;
    let mut bits = 1;
    while bits <= MAX_BITS {
        let mut symbol = 0;
        while symbol <= EOS {
            if BITS[symbol] as usize == bits {
                symbols[at] = symbol as u16;
                at += 1;
            }
            symbol += 1;
        }
        bits += 1;
    }
    symbols
}

const fn runs() -> [Run; MAX_BITS + 1] {
    let mut runs = [Run {
        first: 0,
        end: 0,
        at: 0,
    }; MAX_BITS + 1];
    let mut end = 0_u64;
    let mut at = 0;
    let mut bits = 1;
    while bits <= MAX_BITS {
        let first = end;
        let start = at;
        while at <= EOS && BITS[BY_CODE[at] as usize] as usize == bits {
            end += 1 << (32 - bits);
            at += 1;
        }
        runs[bits] = Run {
            first: first as u32,
            end,
            at: start as u16,
        };
        bits += 1;
    }
    runs
}

/// The length of each symbol's code in bits (RFC 7541 appendix B).
const BITS: [u8; EOS + 1] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, // 0x00
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, // 0x10
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, // 0x20
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, // 0x30
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, // 0x40
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, // 0x50
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, // 0x60
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, // 0x70
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, // 0x80
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, // 0x90
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, // 0xa0
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, // 0xb0
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, // 0xc0
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, // 0xd0
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, // 0xe0
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, // 0xf0
    30, // EOS
];
