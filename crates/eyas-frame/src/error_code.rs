//! Why a stream or a connection ends: the code of RST_STREAM and GOAWAY.

use crate::named::named_values;

/// An error code of RST_STREAM and GOAWAY (RFC 9113 section 7).
///
/// Every 32-bit value is representable: unknown codes must not trigger special behaviour.
///
/// ```
/// use eyas_frame::ErrorCode;
///
/// assert_eq!(ErrorCode::ENHANCE_YOUR_CALM, ErrorCode(0xb));
/// assert_eq!(ErrorCode(0x8).to_string(), "CANCEL");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub u32);

named_values!(ErrorCode {
    /// Not an error: a graceful end.
    NO_ERROR = 0x0,
    /// The peer broke a rule that has no more specific code.
    PROTOCOL_ERROR = 0x1,
    /// The fault lies with the sender of this code.
    INTERNAL_ERROR = 0x2,
    /// The peer sent more than the flow-control window allows, or overflowed a window.
    FLOW_CONTROL_ERROR = 0x3,
    /// The peer did not acknowledge SETTINGS in time.
    SETTINGS_TIMEOUT = 0x4,
    /// A frame arrived for a stream that the peer had closed.
    STREAM_CLOSED = 0x5,
    /// A frame has a length that its type does not allow.
    FRAME_SIZE_ERROR = 0x6,
    /// The stream was refused before any of it was processed; it may be retried.
    REFUSED_STREAM = 0x7,
    /// The stream is no longer needed.
    CANCEL = 0x8,
    /// The field compression state cannot be kept.
    COMPRESSION_ERROR = 0x9,
    /// The connection of a CONNECT request was reset or closed abnormally.
    CONNECT_ERROR = 0xa,
    /// The peer makes more work than is reasonable.
    ENHANCE_YOUR_CALM = 0xb,
    /// The transport below is not secure enough.
    INADEQUATE_SECURITY = 0xc,
    /// The request has to be made with HTTP/1.1.
    HTTP_1_1_REQUIRED = 0xd,
});

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn codes_have_the_numbers_of_rfc_9113_section_7() {
        let names = [
            "NO_ERROR",
            "PROTOCOL_ERROR",
            "INTERNAL_ERROR",
            "FLOW_CONTROL_ERROR",
            "SETTINGS_TIMEOUT",
            "STREAM_CLOSED",
            "FRAME_SIZE_ERROR",
            "REFUSED_STREAM",
            "CANCEL",
            "COMPRESSION_ERROR",
            "CONNECT_ERROR",
            "ENHANCE_YOUR_CALM",
            "INADEQUATE_SECURITY",
            "HTTP_1_1_REQUIRED",
        ];
        for (code, name) in (0..).zip(names) {
            assert_eq!(ErrorCode(code).name(), Some(name));
        }
        assert_eq!(ErrorCode(14).name(), None);
    }

    #[test]
    fn an_unknown_code_prints_in_hexadecimal() {
        assert_eq!(format!("{}", ErrorCode(0xdead)), "0xdead");
    }
}
