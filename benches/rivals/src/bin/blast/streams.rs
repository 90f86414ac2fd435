//! The requests under way on a connection, found by id without a search: ids are odd and rise.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The streams from the oldest that is open to the newest; those between that have ended are `None`.
#[derive(Debug)]
pub(crate) struct Streams {
    first_id: u32,
    streams: VecDeque<Option<Stream>>,
    open: u32,
    uploading: u32,
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Stream {
    /// What it was opened with.
    pub(crate) tag: u8,
    /// When its first octet was made.
    pub(crate) began: Instant,
    /// Octets of content that came.
    pub(crate) received: u64,
    /// Of these, those no credit was given for.
    pub(crate) uncredited: u32,
    /// Octets the server lets us send on this stream.
    pub(crate) send_window: i64,
    /// Octets of content that are still to be sent.
    pub(crate) upload_left: u64,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// What it was opened with.
    pub(crate) tag: u8,
    /// From the request's first octet to the answer's last.
    pub(crate) took: Duration,
    /// Octets of content.
    pub(crate) octets: u64,
}

/// A piece of content that may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Of this stream.
    pub(crate) id: u32,
    /// So many octets.
    pub(crate) octets: usize,
    /// Whether nothing follows.
    pub(crate) is_last: bool,
}

impl Streams {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self {
            first_id: 1,
            streams: VecDeque::new(),
            open: 0,
            uploading: 0,
        }
    }

    /// The id of the next one.
    pub(crate) fn next_id(&self) -> u32 {
        self.first_id + 2 * self.streams.len() as u32
    }

    /// Adds it, under [`next_id`](Self::next_id).
    pub(crate) fn push(&mut self, stream: Stream) {
        self.open += 1;
        self.uploading += u32::from(stream.upload_left > 0);
        self.streams.push_back(Some(stream));
    }

    /// How many are open.
    pub(crate) fn open(&self) -> u32 {
        self.open
    }

    /// Whether one of them has content to send.
    pub(crate) fn are_uploading(&self) -> bool {
        self.uploading > 0
    }

    /// How many places there are, for [`piece`](Self::piece).
    pub(crate) fn places(&self) -> usize {
        self.streams.len()
    }

    /// Those that are open.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.streams.iter().flatten()
    }

    /// Those that are open.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.streams.iter_mut().flatten()
    }

    /// The one with this id, if it is open.
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Stream> {
        let at = self.place(id)?;
        self.streams[at].as_mut()
    }

    /// Takes the one with this id away; `None` when it is not open.
    pub(crate) fn end(&mut self, id: u32, now: Instant) -> Option<Ended> {
        let at = self.place(id)?;
        let stream = self.streams[at].take()?;
        self.open -= 1;
        self.uploading -= u32::from(stream.upload_left > 0);
        while self.streams.front().is_some_and(Option::is_none) {
            self.streams.pop_front();
            self.first_id += 2;
        }
        Some(Ended {
            tag: stream.tag,
            took: now - stream.began,
            octets: stream.received,
        })
    }

    /// Takes from the content of the stream at this place what its window and `most` let go.
    pub(crate) fn piece(&mut self, place: usize, most: i64) -> Option<Piece> {
        let id = self.first_id + 2 * place as u32;
        let stream = self.streams[place].as_mut()?;
        let octets = most.min(stream.send_window).max(0) as u64;
        let octets = octets.min(stream.upload_left);
        if octets == 0 {
            return None;
        }
        stream.upload_left -= octets;
        stream.send_window -= octets as i64;
        let is_last = stream.upload_left == 0;
        self.uploading -= u32::from(is_last);
        Some(Piece {
            id,
            octets: octets as usize,
            is_last,
        })
    }

    fn place(&self, id: u32) -> Option<usize> {
        let place = id.checked_sub(self.first_id)? as usize / 2;
        (place < self.streams.len()).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(upload_left: u64) -> Stream {
        Stream {
            tag: 0,
            began: Instant::now(),
            received: 0,
            uncredited: 0,
            send_window: 10,
            upload_left,
        }
    }

    #[test]
    fn ids_stay_right_when_a_later_one_ends_first() {
        let mut streams = Streams::new();
        for _ in 0..3 {
            streams.push(stream(0));
        }
        let now = Instant::now();
        assert!(streams.end(3, now).is_some() && streams.end(3, now).is_none());
        assert!(streams.get_mut(1).is_some() && streams.get_mut(5).is_some());
        assert!(streams.end(1, now).is_some());
        assert_eq!((streams.open(), streams.next_id()), (1, 7));
        assert!(streams.get_mut(1).is_none() && streams.get_mut(5).is_some());
        assert!(streams.end(7, now).is_none());
    }

    #[test]
    fn content_goes_as_far_as_the_window() {
        let mut streams = Streams::new();
        streams.push(stream(12));
        let piece = |octets, is_last| {
            Some(Piece {
                id: 1,
                octets,
                is_last,
            })
        };
        assert_eq!(streams.piece(0, 8), piece(8, false));
        assert_eq!(streams.piece(0, 8), piece(2, false));
        assert_eq!(streams.piece(0, 8), None);
        streams.get_mut(1).expect("it is open").send_window = 5;
        assert_eq!(streams.piece(0, 8), piece(2, true));
        assert!(!streams.are_uploading());
    }
}
