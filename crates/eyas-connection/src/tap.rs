//! What goes in and out, shown to an observer who asked for it: octets, and the frames cut.

use eyas_frame::FrameHeader;

use crate::connection::Connection;
use crate::observer::Observer;

/// What the observer has asked for, and how far it has been told.
#[derive(Debug)]
pub(crate) struct Tap {
    frames: bool,
    octets: bool,
    walk: FrameWalk,
}

impl Tap {
    pub(crate) fn new<O: Observer>(observer: &O) -> Self {
        Self {
            frames: observer.wants_frames(),
            octets: observer.wants_octets(),
            walk: FrameWalk::default(),
        }
    }
}

/// The answer is known from the type when the observer holds no data: nothing of what it does not want
/// is left in the code then.
macro_rules! wants {
    ($connection:expr, $ask:ident, $known:ident) => {
        if size_of::<O>() == 0 {
            $connection.observer.$ask()
        } else {
            $connection.tap.$known
        }
    };
}

impl<O: Observer> Connection<O> {
    #[inline]
    pub(crate) fn show_frame_received(&mut self, header: FrameHeader) {
        if wants!(self, wants_frames, frames) {
            self.observer.frame_received(header);
        }
    }

    #[inline]
    pub(crate) fn show_octets_received(&mut self, octets: &[u8]) {
        if wants!(self, wants_octets, octets) && !octets.is_empty() {
            self.observer.octets_received(octets);
        }
    }

    /// Shows a batch that has just been cut.
    #[inline]
    pub(crate) fn show_batch(&mut self) {
        let octets = wants!(self, wants_octets, octets);
        let frames = wants!(self, wants_frames, frames);
        if octets || frames {
            self.walk_batch(octets, frames);
        }
    }

    #[cold]
    fn walk_batch(&mut self, octets: bool, frames: bool) {
        for slice in self.out.slices() {
            if octets {
                self.observer.octets_sent(slice);
            }
            if frames {
                let observer = &mut self.observer;
                self.tap
                    .walk
                    .over(slice, |header| observer.frame_sent(header));
            }
        }
    }

    /// Shows octets that are no frames.
    pub(crate) fn show_octets_sent(&mut self, octets: &[u8]) {
        if wants!(self, wants_octets, octets) {
            self.observer.octets_sent(octets);
        }
    }
}

/// Finds the frame headers in octets that come in pieces of any size.
#[derive(Debug, Default)]
struct FrameWalk {
    /// The beginning of a header that is not whole yet.
    header: [u8; FrameHeader::LEN],
    /// Octets of it that have come.
    have: usize,
    /// Octets of payload that are to come.
    payload: usize,
}

impl FrameWalk {
    fn over(&mut self, mut octets: &[u8], mut tell: impl FnMut(FrameHeader)) {
        loop {
            let of_payload = self.payload.min(octets.len());
            self.payload -= of_payload;
            octets = &octets[of_payload..];
            if octets.is_empty() {
                return;
            }
            let of_header = (FrameHeader::LEN - self.have).min(octets.len());
            let (taken, behind) = octets.split_at(of_header);
            self.header[self.have..self.have + of_header].copy_from_slice(taken);
            self.have += of_header;
            octets = behind;
            if self.have < FrameHeader::LEN {
                return;
            }
            self.have = 0;
            let header = FrameHeader::decode(&self.header);
            self.payload = header.length as usize;
            tell(header);
        }
    }
}

#[cfg(test)]
mod tests {
    use eyas_frame::{Flags, FrameType, StreamId};

    use super::*;

    #[test]
    fn headers_are_found_however_the_octets_are_cut() {
        let mut octets = Vec::new();
        let mut headers = Vec::new();
        for (length, kind) in [
            (0, FrameType::SETTINGS),
            (8, FrameType::PING),
            (300, FrameType::DATA),
            (0, FrameType::DATA),
        ] {
            let header = FrameHeader::new(length, kind, Flags::NONE, StreamId::CONNECTION);
            octets.extend_from_slice(&header.encode());
            octets.resize(octets.len() + length as usize, 0xff);
            headers.push(header);
        }
        for size in [1, 2, 8, 9, 10, 17, 100, octets.len()] {
            let (mut walk, mut found) = (FrameWalk::default(), Vec::new());
            for piece in octets.chunks(size) {
                walk.over(piece, |header| found.push(header));
            }
            assert_eq!(found, headers, "in pieces of {size}");
        }
    }
}
