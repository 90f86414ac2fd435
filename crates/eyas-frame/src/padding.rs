//! Padding, the same in DATA, HEADERS and PUSH_PROMISE: one octet with a length in front, that
//! many octets behind (RFC 9113 section 6.1).

use alloc::vec::Vec;

use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;

/// Octets that padding adds to a payload: the Pad Length octet and the padding itself.
#[inline]
pub(crate) fn padding_len(padding: Option<u8>) -> usize {
    padding.map_or(0, |pad_length| 1 + usize::from(pad_length))
}

/// Checks on the header alone that the payload has room for the Pad Length octet, if flagged, and
/// for `fixed` octets of other fields.
#[inline]
pub(crate) fn check_room(header: FrameHeader, fixed: u32) -> Result<(), DecodeError> {
    let pad_length_octet = u32::from(header.flags.contains(Flags::PADDED));
    if header.length >= pad_length_octet + fixed {
        Ok(())
    } else {
        Err(no_room(header))
    }
}

/// Octets left for the content, once the Pad Length octet has been read and `fixed` octets are
/// set aside.
#[inline]
pub(crate) fn content_len(
    header: FrameHeader,
    pad_length: u8,
    fixed: u32,
) -> Result<u32, DecodeError> {
    let taken = 1 + fixed + u32::from(pad_length);
    header
        .length
        .checked_sub(taken)
        .ok_or_else(|| too_long(header.kind, pad_length))
}

/// Takes the padding off a whole payload. What is left begins with the `fixed` octets.
#[inline]
pub(crate) fn strip(
    header: FrameHeader,
    payload: &[u8],
    fixed: u32,
) -> Result<(&[u8], Option<u8>), DecodeError> {
    if !header.flags.contains(Flags::PADDED) {
        return Ok((payload, None));
    }
    let Some((&pad_length, rest)) = payload.split_first() else {
        return Err(no_room(header));
    };
    let kept = fixed + content_len(header, pad_length, fixed)?;
    match rest.get(..kept as usize) {
        Some(unpadded) => Ok((unpadded, Some(pad_length))),
        None => Err(no_room(header)),
    }
}

/// Appends the Pad Length octet, if there is padding.
#[inline]
pub(crate) fn put_length(out: &mut Vec<u8>, padding: Option<u8>) {
    out.extend(padding);
}

/// Appends the padding: zeros, as RFC 9113 section 6.1 demands.
#[inline]
pub(crate) fn put_padding(out: &mut Vec<u8>, padding: Option<u8>) {
    if let Some(pad_length) = padding {
        out.resize(out.len() + usize::from(pad_length), 0);
    }
}

#[cold]
pub(crate) fn no_room(header: FrameHeader) -> DecodeError {
    let (reason, rule) = match header.kind {
        FrameType::HEADERS => (
            "HEADERS payload is too short for the fields its flags announce",
            "RFC 9113 section 6.2",
        ),
        FrameType::PUSH_PROMISE => (
            "PUSH_PROMISE payload is too short for its fixed fields",
            "RFC 9113 section 6.6",
        ),
        _ => (
            "DATA payload is too short for the Pad Length octet",
            "RFC 9113 section 6.1",
        ),
    };
    DecodeError::connection(ErrorCode::FRAME_SIZE_ERROR, reason, rule).with_found(header.length)
}

#[cold]
fn too_long(kind: FrameType, pad_length: u8) -> DecodeError {
    let (reason, rule) = match kind {
        FrameType::HEADERS => (
            "HEADERS padding exceeds the payload",
            "RFC 9113 section 6.2",
        ),
        FrameType::PUSH_PROMISE => (
            "PUSH_PROMISE padding exceeds the payload",
            "RFC 9113 section 6.6",
        ),
        _ => ("DATA padding exceeds the payload", "RFC 9113 section 6.1"),
    };
    DecodeError::connection(ErrorCode::PROTOCOL_ERROR, reason, rule)
        .with_found(u32::from(pad_length))
}
