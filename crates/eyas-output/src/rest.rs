//! What is left of the output side while there is nothing to say: windows and the compression context.

use eyas_flow_control::OutputFlowControl;

use crate::block::FieldBlock;
use crate::scheduler::Scheduler;
use crate::slab::Slab;
use crate::writer::FrameWriter;

/// A [`Scheduler`] without streams, as small as it gets.
#[derive(Debug)]
pub struct RestingScheduler {
    flow: OutputFlowControl,
    writer: FrameWriter,
    first_generation: u32,
}

impl<H: FieldBlock> Scheduler<H> {
    /// Whether there is no stream, nothing to write and nothing to report.
    #[must_use]
    pub fn may_rest(&self) -> bool {
        self.stream_count() == 0 && self.control.is_empty() && self.notices.is_empty()
    }

    /// Keeps what outlives streams. What waits is lost: ask [`may_rest`](Self::may_rest) first.
    #[must_use]
    pub fn rest(mut self) -> RestingScheduler {
        self.writer.release_storage();
        RestingScheduler {
            first_generation: self.producers.next_generation(),
            flow: self.flow,
            writer: self.writer,
        }
    }

    /// Makes a new scheduler go on where that one stopped.
    pub fn resume(&mut self, resting: RestingScheduler) {
        self.flow = resting.flow;
        self.writer = resting.writer;
        self.producers = Slab::from_generation(resting.first_generation);
    }
}
