//! What the application says of a stream, handed to its producer, and how much more it may say.

use bytes::Bytes;

use crate::block::FieldBlock;
use crate::producer::{Producer, WriteError};
use crate::scheduler::Scheduler;
use crate::slab::StreamKey;

impl<H: FieldBlock> Scheduler<H> {
    /// Hands in an informational head (1xx).
    ///
    /// # Errors
    ///
    /// As [`Producer::informational`].
    pub fn informational(&mut self, key: StreamKey, head: H) -> Result<(), WriteError> {
        self.tell(key, |producer| producer.informational(head))
    }

    /// Hands in the response head.
    ///
    /// # Errors
    ///
    /// As [`Producer::head`].
    #[inline]
    pub fn head(&mut self, key: StreamKey, head: H) -> Result<(), WriteError> {
        self.tell(key, |producer| producer.head(head))
    }

    /// Hands in a whole response: its head, its content, if any, and its end.
    ///
    /// # Errors
    ///
    /// As [`Producer::head`].
    #[inline]
    pub fn whole(&mut self, key: StreamKey, head: H, content: Bytes) -> Result<(), WriteError> {
        let Some(producer) = self.producers.get_mut(key) else {
            return Ok(());
        };
        producer.head(head)?;
        producer.data(content)?;
        producer.end()?;
        self.note_told(key);
        Ok(())
    }

    /// Hands in response content.
    ///
    /// # Errors
    ///
    /// As [`Producer::data`].
    #[inline]
    pub fn data(&mut self, key: StreamKey, octets: Bytes) -> Result<(), WriteError> {
        self.tell(key, |producer| producer.data(octets))
    }

    /// Hands in the trailer section and with it the end.
    ///
    /// # Errors
    ///
    /// As [`Producer::trailers`].
    pub fn trailers(&mut self, key: StreamKey, trailers: H) -> Result<(), WriteError> {
        self.tell(key, |producer| producer.trailers(trailers))
    }

    /// Hands in the end of the response.
    ///
    /// # Errors
    ///
    /// As [`Producer::end`].
    #[inline]
    pub fn end(&mut self, key: StreamKey) -> Result<(), WriteError> {
        self.tell(key, Producer::end)
    }

    /// How many octets of content the stream would take now. Zero asks the caller to pause;
    /// [`Notice::Writable`](crate::Notice::Writable) follows, once, when half of the mark is free
    /// again or nothing is wanted any more. `usize::MAX` for a stream that is gone or aborted: it
    /// swallows whatever comes.
    #[inline]
    pub fn room(&mut self, key: StreamKey) -> usize {
        let Some(producer) = self.producers.get_mut(key) else {
            return usize::MAX;
        };
        if producer.is_aborted() {
            return usize::MAX;
        }
        let room = producer.room();
        producer.awaits_room = room == 0;
        producer.was_filled |= room == 0;
        room
    }

    #[inline]
    fn tell(
        &mut self,
        key: StreamKey,
        what: impl FnOnce(&mut Producer<H>) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let Some(producer) = self.producers.get_mut(key) else {
            return Ok(());
        };
        what(producer)?;
        self.note_told(key);
        Ok(())
    }

    /// The stream may have something to say now.
    #[inline]
    fn note_told(&mut self, key: StreamKey) {
        if !self.lists.is_linked(key.index() as u32) {
            self.enlist(key);
        }
    }
}
