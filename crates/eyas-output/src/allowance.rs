//! What the peer allows: windows, the size of frames and of the compression table.

use eyas_flow_control::FlowError;

use crate::block::FieldBlock;
use crate::scheduler::Scheduler;
use crate::slab::StreamKey;

impl<H: FieldBlock> Scheduler<H> {
    /// The peer's WINDOW_UPDATE for a stream (RFC 9113 section 6.9).
    ///
    /// # Errors
    ///
    /// [`FlowError::ZeroIncrement`], or [`FlowError::Overflow`] above 2^31-1.
    pub fn grow(&mut self, key: StreamKey, increment: u32) -> Result<(), FlowError> {
        let Some(producer) = self.producers.get_mut(key) else {
            return Ok(());
        };
        if self.flow.grow(&mut producer.window, increment)? {
            // It was parked if it was linked at all with nothing but content to say.
            let slot = key.index() as u32;
            if self.lists.is_linked(slot) && !producer.has_free_work() {
                self.lists.unlink(slot);
                self.enlist(key);
            }
        }
        Ok(())
    }

    /// The peer's WINDOW_UPDATE for the connection.
    ///
    /// # Errors
    ///
    /// [`FlowError::ZeroIncrement`], or [`FlowError::Overflow`] above 2^31-1.
    pub fn grow_connection(&mut self, increment: u32) -> Result<(), FlowError> {
        self.flow.grow_connection(increment).map(|_| ())
    }

    /// The peer's SETTINGS_INITIAL_WINDOW_SIZE, which moves every stream's window
    /// (RFC 9113 section 6.9.2). O(1), unless some stream may overflow.
    ///
    /// # Errors
    ///
    /// [`FlowError::Overflow`] when a stream's window would exceed 2^31-1: a connection error.
    pub fn set_initial_window(&mut self, octets: u32) -> Result<(), FlowError> {
        let change = self.flow.set_initial_window(octets)?;
        if change.must_check {
            let windows = self.producers.values().map(|producer| &producer.window);
            self.flow.recheck(windows)?;
        }
        if change.grew {
            self.lists.unpark_all();
        }
        Ok(())
    }

    /// The peer's SETTINGS_MAX_FRAME_SIZE.
    pub fn set_frame_size_max(&mut self, octets: u32) {
        self.writer.set_frame_size_max(octets);
    }

    /// The peer's SETTINGS_HEADER_TABLE_SIZE.
    pub fn set_peer_table_size(&mut self, octets: u32) {
        self.writer.set_peer_table_size(octets);
    }
}
