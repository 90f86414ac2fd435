//! SETTINGS: the sender's configuration, or the acknowledgement of the other side's
//! (RFC 9113 section 6.5).

use alloc::vec::Vec;
use core::fmt;
use core::iter::FusedIterator;
use core::slice;

use super::require_connection;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::setting::Setting;
use crate::stream_id::StreamId;
use crate::wire;

/// A SETTINGS frame (RFC 9113 section 6.5): an acknowledgement, or a list of settings in the
/// order in which they take effect.
///
/// The values are not judged here; ask [`Setting::check`] for each.
///
/// ```
/// use eyas_frame::{Setting, SettingId, Settings};
///
/// let list = [Setting { id: SettingId::MAX_CONCURRENT_STREAMS, value: 100 }];
/// let settings = Settings::new(&list);
/// let mut octets = Vec::new();
/// settings.encode(&mut octets);
/// assert_eq!(octets, [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]);
/// for setting in settings.iter() {
///     assert_eq!(setting.check(), Ok(()));
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// `ack` implies that the list is empty.
    ack: bool,
    list: List<'a>,
}

/// The settings of a frame, from either side of the codec.
#[derive(Clone, Copy)]
enum List<'a> {
    Wire(&'a [[u8; Setting::LEN]]),
    Values(&'a [Setting]),
}

impl<'a> Settings<'a> {
    /// A frame with these settings. Decoded frames are equal to it if their settings are the
    /// same in the same order.
    #[inline]
    #[must_use]
    pub const fn new(settings: &'a [Setting]) -> Self {
        Self {
            ack: false,
            list: List::Values(settings),
        }
    }

    /// The acknowledgement of the other side's settings.
    #[inline]
    #[must_use]
    pub const fn ack() -> Self {
        Self {
            ack: true,
            list: List::Values(&[]),
        }
    }

    /// Whether this is an acknowledgement.
    #[inline]
    #[must_use]
    pub const fn is_ack(&self) -> bool {
        self.ack
    }

    /// How many settings there are; none in an acknowledgement.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        match self.list {
            List::Wire(list) => list.len(),
            List::Values(list) => list.len(),
        }
    }

    /// Whether there is no setting, which is legal.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The settings in their order, unknown and repeated ones too.
    #[inline]
    pub fn iter(&self) -> SettingsIter<'a> {
        SettingsIter(match self.list {
            List::Wire(list) => Iter::Wire(list.iter()),
            List::Values(list) => Iter::Values(list.iter()),
        })
    }

    /// Appends the frame.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        wire::start_frame(
            out,
            self.len() * Setting::LEN,
            FrameType::SETTINGS,
            Flags::ACK.when(self.ack),
            StreamId::CONNECTION,
        );
        for setting in self.iter() {
            out.extend_from_slice(&setting.encode());
        }
    }

    /// Appends a frame with these settings; short for `Settings::new(settings).encode(out)`.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode_list(settings: &[Setting], out: &mut Vec<u8>) {
        Settings::new(settings).encode(out);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_connection(
            header,
            "SETTINGS must be on stream 0",
            "RFC 9113 section 6.5",
        )?;
        if header.flags.contains(Flags::ACK) && header.length != 0 {
            return Err(ack_with_payload(header));
        }
        if (header.length as usize).is_multiple_of(Setting::LEN) {
            Ok(())
        } else {
            Err(wrong_length(header))
        }
    }

    #[inline]
    pub(crate) fn decode(header: FrameHeader, payload: &'a [u8]) -> Result<Self, DecodeError> {
        let (list, []) = payload.as_chunks() else {
            return Err(wrong_length(header));
        };
        Ok(Self {
            ack: header.flags.contains(Flags::ACK),
            list: List::Wire(list),
        })
    }
}

impl PartialEq for Settings<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.ack == other.ack && self.iter().eq(other.iter())
    }
}

impl Eq for Settings<'_> {}

impl fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ack {
            return f.write_str("Settings(ACK)");
        }
        f.write_str("Settings")?;
        f.debug_map()
            .entries(self.iter().map(|setting| (setting.id, setting.value)))
            .finish()
    }
}

impl<'a> IntoIterator for Settings<'a> {
    type Item = Setting;
    type IntoIter = SettingsIter<'a>;

    #[inline]
    fn into_iter(self) -> SettingsIter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Settings<'a> {
    type Item = Setting;
    type IntoIter = SettingsIter<'a>;

    #[inline]
    fn into_iter(self) -> SettingsIter<'a> {
        self.iter()
    }
}

/// The settings of a [`Settings`] frame, one after the other.
#[derive(Debug, Clone)]
pub struct SettingsIter<'a>(Iter<'a>);

#[derive(Debug, Clone)]
enum Iter<'a> {
    Wire(slice::Iter<'a, [u8; Setting::LEN]>),
    Values(slice::Iter<'a, Setting>),
}

impl Iterator for SettingsIter<'_> {
    type Item = Setting;

    #[inline]
    fn next(&mut self) -> Option<Setting> {
        match &mut self.0 {
            Iter::Wire(list) => list.next().map(Setting::decode),
            Iter::Values(list) => list.next().copied(),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Iter::Wire(list) => list.size_hint(),
            Iter::Values(list) => list.size_hint(),
        }
    }
}

impl ExactSizeIterator for SettingsIter<'_> {}
impl FusedIterator for SettingsIter<'_> {}

#[cold]
fn ack_with_payload(header: FrameHeader) -> DecodeError {
    DecodeError::connection(
        ErrorCode::FRAME_SIZE_ERROR,
        "SETTINGS with ACK must be empty",
        "RFC 9113 section 6.5",
    )
    .with_found(header.length)
}

#[cold]
fn wrong_length(header: FrameHeader) -> DecodeError {
    DecodeError::connection(
        ErrorCode::FRAME_SIZE_ERROR,
        "SETTINGS payload must be a multiple of 6 octets",
        "RFC 9113 section 6.5",
    )
    .with_found(header.length)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::frame::Frame;
    use crate::frame::tests::{OnHeader, check_both_ways, check_refused, raw};
    use crate::setting::SettingId;

    const RULE: &str = "RFC 9113 section 6.5";

    #[test]
    fn settings_keep_their_order_and_repetitions_and_unknown_ids() {
        let list =
            [(5, 65_536), (0xf00d, 0xffff_ffff), (3, 1), (3, 2)].map(|(id, value)| Setting {
                id: SettingId(id),
                value,
            });
        let octets = raw(
            4,
            0,
            0,
            b"\0\x05\0\x01\0\0\xf0\x0d\xff\xff\xff\xff\0\x03\0\0\0\x01\0\x03\0\0\0\x02",
        );
        check_both_ways(&octets, Frame::Settings(Settings::new(&list)));

        let mut encoded = Vec::new();
        Settings::encode_list(&list, &mut encoded);
        assert_eq!(encoded, octets);

        let header = FrameHeader::decode(octets.first_chunk().expect("nine octets"));
        let decoded = Settings::decode(header, &octets[9..]).expect("four settings");
        assert_eq!((decoded.len(), decoded.iter().len()), (4, 4));
        assert!(decoded.into_iter().eq(list));
        assert_ne!(decoded, Settings::new(&list[..3]));
    }

    #[test]
    fn an_empty_frame_is_not_an_acknowledgement() {
        check_both_ways(&raw(4, 0, 0, b""), Frame::Settings(Settings::new(&[])));
        check_both_ways(&raw(4, 1, 0, b""), Frame::Settings(Settings::ack()));
        assert!(Settings::ack().is_ack() && Settings::ack().is_empty());
        assert_ne!(Settings::ack(), Settings::new(&[]));
    }

    /// RFC 9113 section 6.5: an ACK with a payload, and a length that is not a multiple of 6, are
    /// connection errors of type FRAME_SIZE_ERROR.
    #[test]
    fn impossible_lengths_are_refused() {
        let size = ErrorCode::FRAME_SIZE_ERROR;
        for length in [1, 5, 7, 11, 13] {
            check_refused(&raw(4, 0, 0, &[0; 13][..length]), OnHeader, size, RULE);
        }
        check_refused(&raw(4, 1, 0, &[0; 6]), OnHeader, size, RULE);
        check_refused(&raw(4, 1, 0, &[0; 1]), OnHeader, size, RULE);
    }

    /// RFC 9113 section 6.5: SETTINGS on a stream is a connection error of type PROTOCOL_ERROR.
    #[test]
    fn settings_of_a_stream_are_refused() {
        check_refused(
            &raw(4, 0, 1, b""),
            OnHeader,
            ErrorCode::PROTOCOL_ERROR,
            RULE,
        );
    }

    #[test]
    fn debug_output_names_the_settings() {
        let list = [Setting {
            id: SettingId::ENABLE_PUSH,
            value: 0,
        }];
        assert_eq!(
            format!("{:?} {:?}", Settings::new(&list), Settings::ack()),
            "Settings{SettingId(ENABLE_PUSH): 0} Settings(ACK)"
        );
    }
}
