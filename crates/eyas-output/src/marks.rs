//! How many octets of a response may wait in user space before its producer is asked to pause.

/// Back-pressure marks of one stream, in octets.
///
/// A producer starts at [`initial`](Self::initial). Whenever it was asked to pause and a drain then
/// finds it empty although the windows and the batch had room, its mark doubles, up to
/// [`maximum`](Self::maximum): a reader who is faster than that is fed in larger pieces, one who
/// cannot keep up leaves it where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    initial: usize,
    maximum: usize,
}

impl Marks {
    /// Marks from `initial` to `maximum` octets.
    ///
    /// `None` when `initial` is zero or above `maximum`.
    #[must_use]
    pub const fn new(initial: usize, maximum: usize) -> Option<Self> {
        if initial == 0 || initial > maximum {
            return None;
        }
        Some(Self { initial, maximum })
    }

    /// The mark a stream starts with, in octets.
    #[must_use]
    pub const fn initial(self) -> usize {
        self.initial
    }

    /// The mark no stream exceeds, in octets.
    #[must_use]
    pub const fn maximum(self) -> usize {
        self.maximum
    }

    pub(crate) fn raised(self, mark: usize) -> usize {
        mark.saturating_mul(2).min(self.maximum)
    }
}

impl Default for Marks {
    /// 64 KiB, doubling to 512 KiB.
    fn default() -> Self {
        Self {
            initial: 64 * 1024,
            maximum: 512 * 1024,
        }
    }
}
