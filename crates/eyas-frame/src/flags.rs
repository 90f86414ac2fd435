//! The flags octet of a frame; what a bit means depends on the frame type.

use core::fmt;
use core::ops::{BitOr, BitOrAssign};

use crate::frame_type::FrameType;

/// The flags octet of a frame (RFC 9113 section 4.1).
///
/// Bits that a frame type does not define are ignored when decoding.
///
/// ```
/// use eyas_frame::{Flags, FrameType};
///
/// let flags = Flags::END_STREAM | Flags::END_HEADERS;
/// assert!(flags.contains(Flags::END_STREAM));
/// assert_eq!(flags.display(FrameType::HEADERS).to_string(), "END_STREAM | END_HEADERS");
/// assert_eq!(Flags(0x1).display(FrameType::PING).to_string(), "ACK");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// DATA, HEADERS: the last frame the sender has for this stream.
    pub const END_STREAM: Self = Self(0x1);
    /// SETTINGS, PING: the answer to the frame of the other side.
    pub const ACK: Self = Self(0x1);
    /// HEADERS, PUSH_PROMISE, CONTINUATION: the field block ends here.
    pub const END_HEADERS: Self = Self(0x4);
    /// DATA, HEADERS, PUSH_PROMISE: a Pad Length octet and padding are there.
    pub const PADDED: Self = Self(0x8);
    /// HEADERS: the five deprecated priority octets are there.
    pub const PRIORITY: Self = Self(0x20);

    /// True if every flag of `other` is set here.
    #[inline]
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The flags of both; `|` in constants.
    #[inline]
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These flags if `condition` holds, else none.
    #[inline]
    #[must_use]
    pub const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self::NONE }
    }

    /// The flags by their names in a frame of type `kind`, joined by ` | `.
    ///
    /// Bits without a name there are shown as one hexadecimal number; no bit at all is `NONE`.
    pub const fn display(self, kind: FrameType) -> impl fmt::Display {
        FlagNames { flags: self, kind }
    }
}

impl BitOr for Flags {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitOrAssign for Flags {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        *self = self.union(other);
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({:#04x})", self.0)
    }
}

struct FlagNames {
    flags: Flags,
    kind: FrameType,
}

impl fmt::Display for FlagNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unnamed = self.flags.0;
        let mut separator = "";
        for &(flag, name) in defined_flags(self.kind) {
            if self.flags.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = " | ";
                unnamed &= !flag.0;
            }
        }
        if unnamed != 0 {
            write!(f, "{separator}{unnamed:#x}")
        } else if separator.is_empty() {
            f.write_str("NONE")
        } else {
            Ok(())
        }
    }
}

fn defined_flags(kind: FrameType) -> &'static [(Flags, &'static str)] {
    const END_STREAM: (Flags, &str) = (Flags::END_STREAM, "END_STREAM");
    const ACK: (Flags, &str) = (Flags::ACK, "ACK");
    const END_HEADERS: (Flags, &str) = (Flags::END_HEADERS, "END_HEADERS");
    const PADDED: (Flags, &str) = (Flags::PADDED, "PADDED");
    const PRIORITY: (Flags, &str) = (Flags::PRIORITY, "PRIORITY");
    match kind {
        FrameType::DATA => &[END_STREAM, PADDED],
        FrameType::HEADERS => &[END_STREAM, END_HEADERS, PADDED, PRIORITY],
        FrameType::SETTINGS | FrameType::PING => &[ACK],
        FrameType::PUSH_PROMISE => &[END_HEADERS, PADDED],
        FrameType::CONTINUATION => &[END_HEADERS],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_same_bit_has_the_name_of_its_frame_type() {
        let all = Flags(0xff);
        let shown = |kind: FrameType| all.display(kind).to_string();
        assert_eq!(shown(FrameType::DATA), "END_STREAM | PADDED | 0xf6");
        assert_eq!(
            shown(FrameType::HEADERS),
            "END_STREAM | END_HEADERS | PADDED | PRIORITY | 0xd2"
        );
        assert_eq!(shown(FrameType::SETTINGS), "ACK | 0xfe");
        assert_eq!(shown(FrameType::CONTINUATION), "END_HEADERS | 0xfb");
        assert_eq!(shown(FrameType::GOAWAY), "0xff");
        assert_eq!(Flags::NONE.display(FrameType::DATA).to_string(), "NONE");
    }

    #[test]
    fn contains_asks_for_every_flag() {
        let both = Flags::END_STREAM | Flags::PADDED;
        assert!(both.contains(Flags::PADDED));
        assert!(both.contains(Flags::NONE));
        assert!(!Flags::PADDED.contains(both));
        let mut flags = Flags::NONE;
        flags |= Flags::ACK.when(true);
        flags |= Flags::PADDED.when(false);
        assert_eq!(flags, Flags::ACK);
    }
}
