//! The kind of a frame: its fourth octet.

use crate::named::named_values;

/// The type octet of a frame (RFC 9113 section 4.1).
///
/// Every octet is representable, because unknown types must be skipped, not refused
/// (RFC 9113 section 4.1). `Display` gives the RFC's name, or the number in hexadecimal.
///
/// ```
/// use eyas_frame::FrameType;
///
/// assert_eq!(FrameType(0x4), FrameType::SETTINGS);
/// assert_eq!(FrameType::SETTINGS.to_string(), "SETTINGS");
/// assert_eq!(FrameType(0xbe).to_string(), "0xbe");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameType(pub u8);

named_values!(FrameType {
    /// Content of a message (RFC 9113 section 6.1).
    DATA = 0x0,
    /// The start of a field section (RFC 9113 section 6.2).
    HEADERS = 0x1,
    /// The deprecated priority signal (RFC 9113 section 6.3).
    PRIORITY = 0x2,
    /// The immediate end of a stream (RFC 9113 section 6.4).
    RST_STREAM = 0x3,
    /// Configuration of the sender, or its acknowledgement (RFC 9113 section 6.5).
    SETTINGS = 0x4,
    /// The announcement of a pushed response (RFC 9113 section 6.6).
    PUSH_PROMISE = 0x5,
    /// A round trip measured, or a sign of life (RFC 9113 section 6.7).
    PING = 0x6,
    /// The beginning of the end of a connection (RFC 9113 section 6.8).
    GOAWAY = 0x7,
    /// More flow-control window (RFC 9113 section 6.9).
    WINDOW_UPDATE = 0x8,
    /// The rest of a field section (RFC 9113 section 6.10).
    CONTINUATION = 0x9,
    /// A priority signal for one request (RFC 9218 section 7.1).
    PRIORITY_UPDATE = 0x10,
});

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_known_type_prints_its_name_and_an_unknown_one_its_number() {
        assert_eq!(format!("{}", FrameType::PRIORITY_UPDATE), "PRIORITY_UPDATE");
        assert_eq!(format!("{:?}", FrameType::DATA), "FrameType(DATA)");
        assert_eq!(format!("{:?}", FrameType(0xf)), "FrameType(0xf)");
        assert_eq!(FrameType(0xa).name(), None);
    }
}
