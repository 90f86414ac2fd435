//! Received content of one stream that the application has not read yet.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Payloads of at least this many octets are kept by reference, smaller ones are copied together, so
/// that the memory held follows the octets received and not the number of frames they came in.
pub(crate) const SPLIT_FROM: usize = 4 * 1024;

/// The collecting buffer is closed at this size.
const TAIL_MAX: usize = 16 * 1024;

/// Most requests have no content: this is then nothing to make and nothing to drop.
#[derive(Debug, Default)]
pub(crate) struct RecvBuffer {
    received: Option<Received>,
}

#[derive(Debug, Default)]
struct Received {
    chunks: VecDeque<Bytes>,
    /// Small payloads, behind `chunks` in order.
    tail: BytesMut,
}

impl RecvBuffer {
    /// Takes a payload over by reference.
    pub(crate) fn push_shared(&mut self, payload: Bytes) {
        let received = self.received.get_or_insert_default();
        received.close_tail();
        received.chunks.push_back(payload);
    }

    /// Copies a payload.
    pub(crate) fn push_copy(&mut self, payload: &[u8]) {
        let received = self.received.get_or_insert_default();
        if received.tail.len() + payload.len() > TAIL_MAX {
            received.close_tail();
        }
        received.tail.extend_from_slice(payload);
    }

    /// The next octets in order.
    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        let received = self.received.as_mut()?;
        if let Some(chunk) = received.chunks.pop_front() {
            return Some(chunk);
        }
        if received.tail.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut received.tail).freeze())
    }

    pub(crate) fn is_empty(&self) -> bool {
        let is_empty = |received: &Received| received.chunks.is_empty() && received.tail.is_empty();
        self.received.as_ref().is_none_or(is_empty)
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        if self.received.is_some() {
            self.received = None;
        }
    }
}

impl Received {
    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.chunks
                .push_back(std::mem::take(&mut self.tail).freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_between_copied_and_shared_payloads() {
        let mut buffer = RecvBuffer::default();
        buffer.push_copy(b"a");
        buffer.push_copy(b"b");
        buffer.push_shared(Bytes::from_static(b"SHARED"));
        buffer.push_copy(b"c");
        let mut read = Vec::new();
        while let Some(chunk) = buffer.pop() {
            read.push(chunk);
        }
        assert_eq!(read, [&b"ab"[..], b"SHARED", b"c"]);
        assert!(buffer.is_empty());
    }

    #[test]
    fn ten_thousand_one_octet_payloads_are_one_piece() {
        let mut buffer = RecvBuffer::default();
        (0..10_000).for_each(|_| buffer.push_copy(b"x"));
        assert_eq!(buffer.pop().map(|chunk| chunk.len()), Some(10_000));
        assert!(buffer.is_empty());
    }
}
