//! The bits of a Huffman-coded string, in windows.
//!
//! All of them are turned over: what is shifted in behind the string is zeros, and
//! stands for the ones of its padding without end.

use crate::HuffmanError;

/// The bits of a string while eight octets or more are left of it.
pub(super) struct Bits<'a> {
    src: &'a [u8],
    /// What is not in the window yet.
    pub(super) rest: &'a [u8],
    /// The next bits, most significant first. Below those that count there may
    /// be the beginning of `rest`.
    pub(super) window: u64,
    /// In the six lowest bits: how many bits count.
    pub(super) valid: u32,
}

impl<'a> Bits<'a> {
    #[inline(always)]
    pub(super) const fn new(src: &'a [u8]) -> Self {
        Self {
            src,
            rest: src,
            window: 0,
            valid: 0,
        }
    }

    /// Fills the window to 56 bits or more with the first octets of `rest`.
    #[inline(always)]
    pub(super) fn refill(&mut self, word: u64) {
        self.window |= (!word).wrapping_shr(self.valid);
        self.rest = &self.rest[(!self.valid >> 3) as usize & 7..];
        self.valid |= 56;
    }

    /// What is left when fewer than eight octets are.
    #[inline(always)]
    pub(super) const fn last(&self) -> LastBits<'a> {
        LastBits {
            src: self.src,
            left: (self.valid & 63) + 8 * self.rest.len() as u32,
        }
    }
}

/// The last `left` bits of a string.
pub(super) struct LastBits<'a> {
    src: &'a [u8],
    pub(super) left: u32,
}

impl LastBits<'_> {
    /// The first 57 or more of them; `None` if there are so few that a window holds
    /// them all.
    #[inline(always)]
    pub(super) fn first(&self) -> Option<u64> {
        if self.left < 64 {
            return None;
        }
        let behind = self.left.div_ceil(8) as usize;
        let word = self.src[self.src.len() - behind..].first_chunk()?;
        Some(!u64::from_be_bytes(*word) << (self.left.wrapping_neg() & 7))
    }

    /// All of them, fewer than 64, and zeros behind.
    #[inline(always)]
    pub(super) fn all(&self) -> u64 {
        let word = match self.src.last_chunk() {
            Some(chunk) => u64::from_be_bytes(*chunk),
            None => short_word(self.src),
        };
        !word << 1 << (63 - self.left)
    }

    /// Whether all is well when `used` of the bits were taken and none but ones
    /// are left. No symbol but EOS is all ones, so they are padding.
    #[inline(always)]
    pub(super) const fn check_padding(&self, used: u32) -> Result<(), HuffmanError> {
        match self.left.wrapping_sub(used) {
            0..8 => Ok(()),
            8..30 => Err(HuffmanError::PaddingTooLong),
            30..64 => Err(HuffmanError::EndOfString),
            // A symbol was completed by bits that are not there.
            _ => Err(HuffmanError::PaddingNotOnes),
        }
    }
}

/// The octets of a string of fewer than eight at the low end of a word.
#[inline(always)]
fn short_word(src: &[u8]) -> u64 {
    if let (Some(head), Some(tail)) = (src.first_chunk::<4>(), src.last_chunk::<4>()) {
        // What both have coincides.
        let behind = 8 * (src.len() as u32 - 4);
        u64::from(u32::from_be_bytes(*head)) << behind | u64::from(u32::from_be_bytes(*tail))
    } else {
        src.iter()
            .fold(0, |word, &octet| word << 8 | u64::from(octet))
    }
}
