//! What can be wrong with a header block, and with one Huffman string in it.

use core::error::Error;
use core::fmt;

/// Why a header block cannot be decoded.
///
/// Each of these is a decoding error of RFC 7541: after it the two tables are
/// no longer in step, so HTTP/2 has to end the connection with
/// `COMPRESSION_ERROR` (RFC 9113 section 4.3). A block that is merely too large
/// is not an error, see [`BlockSummary::exceeded`](crate::BlockSummary::exceeded).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeError {
    /// The block ends within an integer, a string or a field (RFC 7541
    /// sections 5.1 and 5.2).
    Truncated,
    /// An integer has more than five continuation octets or does not fit 32
    /// bits (RFC 7541 section 5.1).
    IntegerOverflow,
    /// An integer ends in an octet that adds nothing, so it is longer than its
    /// shortest form (RFC 7541 section 5.1).
    IntegerOverlong,
    /// An indexed field names entry 0, which does not exist (RFC 7541 section
    /// 6.1).
    IndexZero,
    /// An index lies beyond the end of the dynamic table (RFC 7541 section
    /// 2.3.3).
    InvalidIndex,
    /// A Huffman-coded string is malformed (RFC 7541 section 5.2).
    Huffman(HuffmanError),
    /// A dynamic table size update asks for more than the limit in force (RFC
    /// 7541 section 6.3), or skips the lowest limit that was announced since the
    /// last block (section 4.2).
    SizeUpdateTooLarge,
    /// A dynamic table size update comes after the first field of its block
    /// (RFC 7541 section 4.2).
    SizeUpdateMisplaced,
    /// The limit was lowered below the table's maximum size and the next block
    /// did not begin with a size update (RFC 7541 section 4.2).
    SizeUpdateMissing,
    /// A block begins with more size updates than
    /// [`DecoderLimits::max_size_updates`](crate::DecoderLimits::max_size_updates);
    /// two are all an encoder ever needs (RFC 7541 section 4.2).
    TooManySizeUpdates,
    /// A field that comes in fragments has more octets than
    /// [`DecoderLimits::max_pending_octets`](crate::DecoderLimits::max_pending_octets).
    PendingTooLarge,
}

impl DecodeError {
    /// What is wrong, in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Truncated => "header block ends within a field",
            Self::IntegerOverflow => "integer exceeds 32 bits",
            Self::IntegerOverlong => "integer is not in its shortest form",
            Self::IndexZero => "index 0 is not an entry",
            Self::InvalidIndex => "index is beyond the dynamic table",
            Self::Huffman(error) => error.reason(),
            Self::SizeUpdateTooLarge => "table size update exceeds the limit",
            Self::SizeUpdateMisplaced => "table size update after the first field of a block",
            Self::SizeUpdateMissing => "no table size update after the limit was lowered",
            Self::TooManySizeUpdates => "too many table size updates in one block",
            Self::PendingTooLarge => "field in fragments is larger than the limit",
        }
    }

    /// The section that was broken, such as `RFC 7541 section 6.1`.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Truncated => "RFC 7541 section 5",
            Self::PendingTooLarge => "RFC 7541 section 7.4",
            Self::IntegerOverflow | Self::IntegerOverlong => "RFC 7541 section 5.1",
            Self::IndexZero => "RFC 7541 section 6.1",
            Self::InvalidIndex => "RFC 7541 section 2.3.3",
            Self::Huffman(_) => HUFFMAN_RULE,
            Self::SizeUpdateTooLarge => "RFC 7541 section 6.3",
            Self::SizeUpdateMisplaced | Self::SizeUpdateMissing | Self::TooManySizeUpdates => {
                "RFC 7541 section 4.2"
            }
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason(), self.rule())
    }
}

impl Error for DecodeError {}

impl From<HuffmanError> for DecodeError {
    #[inline]
    fn from(error: HuffmanError) -> Self {
        Self::Huffman(error)
    }
}

/// Why a Huffman-coded string cannot be decoded (RFC 7541 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HuffmanError {
    /// The string contains the end-of-string symbol.
    EndOfString,
    /// The string ends in eight or more one bits that are no symbol.
    PaddingTooLong,
    /// The string ends in bits that are neither a symbol nor the beginning of
    /// the end-of-string symbol.
    PaddingNotOnes,
}

const HUFFMAN_RULE: &str = "RFC 7541 section 5.2";

impl HuffmanError {
    /// What is wrong, in words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::EndOfString => "Huffman string contains EOS",
            Self::PaddingTooLong => "Huffman padding exceeds seven bits",
            Self::PaddingNotOnes => "Huffman padding is not a prefix of EOS",
        }
    }
}

impl fmt::Display for HuffmanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({HUFFMAN_RULE})", self.reason())
    }
}

impl Error for HuffmanError {}
