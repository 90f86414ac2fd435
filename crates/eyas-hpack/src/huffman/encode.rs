//! Encoding: the exact length first, then four symbols to a store.

use alloc::vec::Vec;

use super::code::{CODES, Code, EOS};

/// The number of octets the code of `src` takes.
#[inline]
pub(super) fn len(src: &[u8]) -> usize {
    let bits: usize = src
        .iter()
        .map(|&octet| usize::from(BITS[usize::from(octet)]))
        .sum();
    bits.div_ceil(8)
}

/// Appends the code of `src`, which takes `encoded_len` octets.
pub(super) fn append(src: &[u8], encoded_len: usize, dst: &mut Vec<u8>) {
    let start = dst.len();
    // Stores are eight octets wide, so the last one may reach past the end.
    dst.resize(start + encoded_len + STORE, 0);
    let mut sink = BitSink {
        dst,
        position: start,
        window: 0,
        taken: 0,
    };
    let mut groups = src.chunks_exact(4);
    for group in groups.by_ref() {
        let codes = [group[0], group[1], group[2], group[3]].map(code_of);
        let bits: u32 = codes.iter().map(|code| u32::from(code.bits)).sum();
        if bits <= GROUP_BITS {
            let joined = codes
                .iter()
                .fold(0, |joined, code| joined << code.bits | u64::from(code.code));
            sink.push(joined, bits);
        } else {
            codes.iter().for_each(|code| sink.push_one(*code));
        }
    }
    for &octet in groups.remainder() {
        sink.push_one(code_of(octet));
    }
    let end = sink.finish();
    debug_assert_eq!(end, start + encoded_len);
    dst.truncate(end);
}

#[inline]
fn code_of(octet: u8) -> Code {
    TABLE[usize::from(octet)]
}

struct BitSink<'a> {
    dst: &'a mut [u8],
    /// Where the next whole octet goes.
    position: usize,
    /// Bits that are not a whole octet yet, most significant first.
    window: u64,
    /// Their number: 0 to 7 between calls.
    taken: u32,
}

impl BitSink<'_> {
    /// Adds the `bits` low bits of `code`: 1 to 56 of them.
    #[inline]
    fn push(&mut self, code: u64, bits: u32) {
        self.window |= code << (64 - bits) >> self.taken;
        self.taken += bits;
        self.store();
        let whole = self.taken >> 3;
        self.position += whole as usize;
        // 63 bits at most are taken, so at most seven octets are whole.
        self.window <<= 8 * whole;
        self.taken &= 7;
    }

    #[inline]
    fn push_one(&mut self, code: Code) {
        self.push(u64::from(code.code), u32::from(code.bits));
    }

    #[inline]
    fn store(&mut self) {
        let octets = self.window.to_be_bytes();
        if let Some(room) = self.dst.get_mut(self.position..self.position + STORE) {
            room.copy_from_slice(&octets);
        }
    }

    /// Pads with ones to a whole octet (RFC 7541 section 5.2); returns the end.
    fn finish(mut self) -> usize {
        if self.taken > 0 {
            self.window |= u64::MAX >> self.taken;
            self.store();
            self.position += 1;
        }
        self.position
    }
}

/// Octets written at once.
const STORE: usize = 8;

/// What one store can take behind a part of an octet.
const GROUP_BITS: u32 = 56;

/// The codes without EOS, so that an octet is always a valid index.
static TABLE: [Code; EOS] = octets();

/// The lengths alone, which the length pass finds in four cache lines.
static BITS: [u8; EOS] = lengths();

const fn octets() -> [Code; EOS] {
    let mut table = [Code { code: 0, bits: 0 }; EOS];
    let mut octet = 0;
    while octet < EOS {
        table[octet] = CODES[octet];
        octet += 1;
    }
    table
}

const fn lengths() -> [u8; EOS] {
    let mut table = [0; EOS];
    let mut octet = 0;
    while octet < EOS {
        table[octet] = CODES[octet].bits;
        octet += 1;
    }
    table
}
