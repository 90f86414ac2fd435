//! The bits of a Huffman-coded string, in windows of at least 56 of them.

/// The bits of a string while eight octets or more are left of it.
pub(super) struct Bits<'a> {
    src: &'a [u8],
    /// What is not in the window yet.
    pub(super) rest: &'a [u8],
    /// The next bits, most significant first. Below those that count there may
    /// be the beginning of `rest`.
    pub(super) window: u64,
    /// 63 less the number of bits that count.
    pub(super) used: u32,
}

impl<'a> Bits<'a> {
    #[inline(always)]
    pub(super) const fn new(src: &'a [u8]) -> Self {
        Self {
            src,
            rest: src,
            window: 0,
            used: 63,
        }
    }

    /// Fills the window to 56 bits or more with the first octets of `rest`.
    #[inline(always)]
    pub(super) fn refill(&mut self, word: u64) {
        self.window |= word >> (63 - self.used);
        self.rest = &self.rest[(self.used >> 3) as usize & 7..];
        self.used &= 7;
    }
}

/// The last bits of a string, followed by ones without end. No symbol but EOS is
/// all ones, so a string ends where a code seems to begin that is too long.
pub(super) struct LastBits {
    pub(super) window: u64,
    pub(super) used: u32,
    /// What is not in the window yet, upside down: so zeros follow it.
    inverse: u64,
    /// How many bits of it are of the string, less those behind it that the window
    /// has had.
    left: i32,
}

impl LastBits {
    #[inline(always)]
    pub(super) fn of(bits: &Bits<'_>) -> Self {
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
    pub(super) const fn refill(&mut self) {
        self.window |= !self.inverse >> (63 - self.used);
        let octets = self.used & 0x38;
        self.inverse <<= octets;
        self.left -= octets as i32;
        self.used &= 7;
    }

    /// Bits of the string that are in the window or behind it; negative if a
    /// symbol was completed by bits that are not there.
    #[inline(always)]
    pub(super) const fn remaining(&self) -> i32 {
        self.left + 63 - self.used as i32
    }

    /// Whether what remains is all ones: the padding, if it is fewer than eight bits.
    #[inline(always)]
    pub(super) const fn is_padding(&self) -> bool {
        let remaining = self.remaining();
        remaining >= 0 && self.window.leading_ones() as i32 >= remaining
    }
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
