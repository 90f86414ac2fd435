//! How much a peer may ask of a decoder, and what one block came to.

use crate::{DEFAULT_TABLE_SIZE, FIELD_OVERHEAD};

/// What a [`Decoder`](crate::Decoder) grants its peer.
///
/// The limits on fields and their list are soft: a block that exceeds one is still
/// decoded to its end, so that the dynamic table stays in step, but the sink hears
/// nothing more of it.
///
/// ```
/// use eyas_hpack::DecoderLimits;
///
/// let limits = DecoderLimits { max_list_octets: 16 * 1024, ..DecoderLimits::default() };
/// assert_eq!(limits.max_table_size, 4096);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderLimits {
    /// The announced `SETTINGS_HEADER_TABLE_SIZE`, in octets (RFC 7541 section
    /// 4.2). Default 4096.
    pub max_table_size: u32,
    /// Largest sum of name + value + 32 octets over all fields of a block, as
    /// `SETTINGS_MAX_HEADER_LIST_SIZE` counts (RFC 9113 section 6.5.2). Default
    /// 32 KiB.
    pub max_list_octets: u32,
    /// Largest number of fields in a block. Default 128.
    pub max_fields: u32,
    /// Largest single name or single value, in octets after Huffman decoding.
    /// Default 16 KiB.
    pub max_field_octets: u32,
    /// Largest number of size updates at the start of a block. Default 2: the
    /// minimum and the final size (RFC 7541 section 4.2).
    pub max_size_updates: u32,
    /// Most octets, as sent, of one field that comes in fragments: what
    /// [`Decoder::decode_fragment`](crate::Decoder::decode_fragment) may have to
    /// keep from one fragment to the next. Hard: a field that needs more is
    /// [`DecodeError::PendingTooLarge`](crate::DecodeError::PendingTooLarge).
    /// Default 64 KiB; whole blocks are not concerned.
    pub max_pending_octets: u32,
}

impl Default for DecoderLimits {
    fn default() -> Self {
        Self {
            max_table_size: DEFAULT_TABLE_SIZE,
            max_list_octets: 32 * 1024,
            max_fields: 128,
            max_field_octets: 16 * 1024,
            max_size_updates: 2,
            max_pending_octets: 64 * 1024,
        }
    }
}

/// A soft limit of [`DecoderLimits`] that a block has exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`DecoderLimits::max_list_octets`].
    ListOctets,
    /// [`DecoderLimits::max_fields`].
    Fields,
    /// [`DecoderLimits::max_field_octets`].
    FieldOctets,
}

/// What one header block came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a block that exceeded a limit was not handed over whole"]
pub struct BlockSummary {
    /// Sum of name + value + 32 octets over **all** fields of the block, those
    /// withheld from the sink included.
    pub octets: u64,
    /// Number of fields in the block, those withheld from the sink included;
    /// modulo 2^32.
    pub fields: u32,
    /// The first limit that fired. The field that exceeded it and all fields
    /// after it were decoded for the table's sake and withheld from the sink.
    pub exceeded: Option<Limit>,
    /// Whether the block has changed the dynamic table: one that has not says the
    /// same when it comes again at once.
    pub table_changed: bool,
}

impl BlockSummary {
    /// Adds one field of the given decoded lengths.
    #[inline]
    pub(crate) fn charge(&mut self, name: usize, value: usize, limits: &DecoderLimits) {
        self.fields = self.fields.wrapping_add(1);
        self.octets += name as u64 + value as u64 + u64::from(FIELD_OVERHEAD);
        let longest = limits.max_field_octets as usize;
        if self.fields > limits.max_fields
            || self.octets > u64::from(limits.max_list_octets)
            || name > longest
            || value > longest
        {
            self.exceed(name.max(value), limits);
        }
    }

    /// Whether the sink may hear of the field that was added last.
    #[inline]
    pub(crate) const fn is_heard(&self) -> bool {
        self.exceeded.is_none()
    }

    #[cold]
    fn exceed(&mut self, longest: usize, limits: &DecoderLimits) {
        self.exceeded
            .get_or_insert(if self.fields > limits.max_fields {
                Limit::Fields
            } else if longest > limits.max_field_octets as usize {
                Limit::FieldOctets
            } else {
                Limit::ListOctets
            });
    }
}
