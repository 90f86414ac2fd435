//! Small readers and writers of big-endian octets that the frame files share.

use alloc::vec::Vec;

use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;

/// Appends the header of a frame whose `length` octets of payload the caller appends next, and
/// makes room for them.
///
/// # Panics
///
/// If `length` is more than [`FrameHeader::MAX_LENGTH`].
#[inline]
pub(crate) fn start_frame(
    out: &mut Vec<u8>,
    length: usize,
    kind: FrameType,
    flags: Flags,
    stream_id: StreamId,
) {
    // On overflow `u32::MAX` is over the limit of `new`, which has the message.
    let length_field = u32::try_from(length).unwrap_or(u32::MAX);
    let header = FrameHeader::new(length_field, kind, flags, stream_id);
    out.reserve(FrameHeader::LEN + length);
    out.extend_from_slice(&header.encode());
}

#[inline]
pub(crate) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// The first four octets as a number, and what is behind them.
#[inline]
pub(crate) fn take_u32(octets: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = octets.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}

// A frame length always fits into `usize`.
const _: () = assert!(usize::BITS >= 32);
