//! Frames as they are on the wire, and the numbers and names of RFC 9113: written for tests, naive on purpose, and
//! independent of the code under test.

/// A frame without a meaning: its type, its flags, its stream and its payload.
///
/// ```
/// use eyas_testkit::RawFrame;
///
/// let ping = RawFrame { kind: 6, flags: 1, stream: 0, payload: b"12345678".to_vec() };
/// let mut octets = Vec::new();
/// ping.encode(&mut octets);
/// assert_eq!(octets, b"\0\0\x08\x06\x01\0\0\0\012345678");
/// assert_eq!(RawFrame::decode(&octets), Some((ping, 17)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// The type, as numbered in RFC 9113 section 6.
    pub kind: u8,
    /// The flags, as octet.
    pub flags: u8,
    /// The stream identifier with the reserved bit on top.
    pub stream: u32,
    /// The payload with all that belongs to it, such as padding.
    pub payload: Vec<u8>,
}

impl RawFrame {
    /// Appends the frame to `out`.
    ///
    /// # Panics
    ///
    /// If the payload is longer than a frame can say, 2^24-1 octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let length = self.payload.len();
        assert!(
            length < 1 << 24,
            "a frame of {length} octets does not exist"
        );
        out.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
        out.extend_from_slice(&[self.kind, self.flags]);
        out.extend_from_slice(&self.stream.to_be_bytes());
        out.extend_from_slice(&self.payload);
    }

    /// The frame at the front of `octets` and how many octets it takes, or `None` while some are missing.
    #[must_use]
    pub fn decode(octets: &[u8]) -> Option<(Self, usize)> {
        let (header, rest) = octets.split_first_chunk::<9>()?;
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
        let payload = rest.get(..length)?.to_vec();
        let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        Some((
            Self {
                kind: header[3],
                flags: header[4],
                stream,
                payload,
            },
            9 + length,
        ))
    }
}

/// The octets that a client begins with (RFC 9113 section 3.4).
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) mod kind {
    pub(crate) const DATA: u8 = 0x0;
    pub(crate) const HEADERS: u8 = 0x1;
    pub(crate) const PRIORITY: u8 = 0x2;
    pub(crate) const RST_STREAM: u8 = 0x3;
    pub(crate) const SETTINGS: u8 = 0x4;
    pub(crate) const PUSH_PROMISE: u8 = 0x5;
    pub(crate) const PING: u8 = 0x6;
    pub(crate) const GOAWAY: u8 = 0x7;
    pub(crate) const WINDOW_UPDATE: u8 = 0x8;
    pub(crate) const CONTINUATION: u8 = 0x9;
    pub(crate) const PRIORITY_UPDATE: u8 = 0x10;
}

pub(crate) mod flag {
    pub(crate) const END_STREAM: u8 = 0x1;
    pub(crate) const ACK: u8 = 0x1;
    pub(crate) const END_HEADERS: u8 = 0x4;
    pub(crate) const PADDED: u8 = 0x8;
    pub(crate) const PRIORITY: u8 = 0x20;
}

/// Indexed by the code (RFC 9113 section 7).
pub(crate) const ERROR_NAMES: [&str; 14] = [
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

/// RFC 9113 section 6.5.2, RFC 8441 section 3, RFC 9218 section 2.1.
pub(crate) const SETTING_NAMES: [(u16, &str); 8] = [
    (0x1, "header_table_size"),
    (0x2, "enable_push"),
    (0x3, "max_concurrent_streams"),
    (0x4, "initial_window_size"),
    (0x5, "max_frame_size"),
    (0x6, "max_header_list_size"),
    (0x8, "enable_connect_protocol"),
    (0x9, "no_rfc7540_priorities"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_whole_or_not_there() {
        let frame = RawFrame {
            kind: 0xbe,
            flags: 0xff,
            stream: 0x8000_0001,
            payload: vec![7; 300],
        };
        let mut octets = Vec::new();
        frame.encode(&mut octets);
        assert_eq!(&octets[..9], [0, 1, 44, 0xbe, 0xff, 0x80, 0, 0, 1]);
        for missing in 1..=octets.len() {
            assert_eq!(RawFrame::decode(&octets[..octets.len() - missing]), None);
        }
        octets.push(0);
        assert_eq!(RawFrame::decode(&octets), Some((frame, 309)));
    }
}
