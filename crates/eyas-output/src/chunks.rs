//! The queue of response content of one stream: usually one chunk, which then costs no allocation.

use alloc::collections::VecDeque;

use bytes::Bytes;

/// Chunks in order. Empty chunks are never held.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    /// Holds the first chunk whenever there is one; there is no `rest` without it.
    front: Bytes,
    /// `None` as long as there was never a second.
    rest: Option<VecDeque<Bytes>>,
}

impl Chunks {
    #[inline]
    pub(crate) fn push(&mut self, chunk: Bytes) {
        if chunk.is_empty() {
            return;
        }
        if self.front.is_empty() {
            self.front = chunk;
        } else {
            self.rest.get_or_insert_default().push_back(chunk);
        }
    }

    /// Up to `want` octets off the first chunk; empty only when the queue is.
    #[inline]
    pub(crate) fn take(&mut self, want: usize) -> Bytes {
        if want < self.front.len() {
            return self.front.split_to(want);
        }
        let next = self.rest.as_mut().and_then(VecDeque::pop_front);
        let next = next.unwrap_or_default();
        core::mem::replace(&mut self.front, next)
    }

    pub(crate) fn clear(&mut self) {
        self.front = Bytes::new();
        self.rest = None;
    }
}
