//! Received content of one stream that the application has not read yet.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Payloads of at least this many octets are kept by reference, smaller ones are copied together, so
/// that the memory held follows the octets received and not the number of frames they came in.
pub(crate) const SPLIT_FROM: usize = 4 * 1024;

/// The collecting buffer is closed at this size.
const TAIL_MAX: usize = 16 * 1024;

#[derive(Debug, Default)]
pub(crate) struct RecvBuffer {
    chunks: VecDeque<Bytes>,
    /// Small payloads, behind `chunks` in order.
    tail: BytesMut,
}

impl RecvBuffer {
    /// Takes a payload over by reference.
    pub(crate) fn push_shared(&mut self, payload: Bytes) {
        self.close_tail();
        self.chunks.push_back(payload);
    }

    /// Copies a payload.
    pub(crate) fn push_copy(&mut self, payload: &[u8]) {
        if self.tail.len() + payload.len() > TAIL_MAX {
            self.close_tail();
        }
        self.tail.extend_from_slice(payload);
    }

    /// The next octets in order.
    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        if let Some(chunk) = self.chunks.pop_front() {
            return Some(chunk);
        }
        if self.tail.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut self.tail).freeze())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.tail.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

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
