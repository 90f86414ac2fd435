//! Which stream a frame belongs to: 31 bits.

use core::fmt;

/// A stream identifier: `0..=2^31 - 1`, where 0 is the connection itself (RFC 9113 section 5.1.1).
///
/// ```
/// use eyas_frame::StreamId;
///
/// let stream = StreamId::new(5).expect("5 fits into 31 bits");
/// assert!(stream.is_client_initiated());
/// assert_eq!(StreamId::new(1 << 31), None);
/// assert_eq!(StreamId::from_wire(0x8000_0005), stream);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(u32);

impl StreamId {
    /// Not a stream, but the connection as a whole.
    pub const CONNECTION: Self = Self(0);
    /// The highest identifier there is, 2^31 - 1.
    pub const MAX: Self = Self(0x7fff_ffff);

    /// The identifier with this number, or `None` if it needs more than 31 bits.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number <= Self::MAX.0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The identifier in a 32-bit wire field, whose highest bit is reserved and must be ignored
    /// (RFC 9113 section 4.1).
    #[inline]
    #[must_use]
    pub const fn from_wire(field: u32) -> Self {
        Self(field & Self::MAX.0)
    }

    /// The number, `0..=2^31 - 1`.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// True for identifier 0.
    #[inline]
    #[must_use]
    pub const fn is_connection(self) -> bool {
        self.0 == 0
    }

    /// True for the odd identifiers, which only a client may open.
    #[inline]
    #[must_use]
    pub const fn is_client_initiated(self) -> bool {
        self.0 % 2 == 1
    }

    /// True for the even identifiers except 0, which only a server may open.
    #[inline]
    #[must_use]
    pub const fn is_server_initiated(self) -> bool {
        self.0 != 0 && self.0.is_multiple_of(2)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_bit_is_ignored_and_never_kept() {
        assert_eq!(StreamId::from_wire(u32::MAX), StreamId::MAX);
        assert_eq!(StreamId::from_wire(1 << 31), StreamId::CONNECTION);
        assert_eq!(StreamId::new(0x7fff_ffff), Some(StreamId::MAX));
        assert_eq!(StreamId::new(0x8000_0000), None);
    }

    #[test]
    fn the_connection_belongs_to_neither_side() {
        assert!(!StreamId::CONNECTION.is_client_initiated());
        assert!(!StreamId::CONNECTION.is_server_initiated());
        assert!(StreamId::from_wire(2).is_server_initiated());
        assert!(StreamId::MAX.is_client_initiated());
    }
}
