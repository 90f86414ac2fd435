//! The last response head that was written, and its octets: the next one often says the same.

use alloc::vec::Vec;

use crate::block::FieldBlock;

/// A head of more octets than this is not kept.
const OCTETS_MAX: usize = 1024;

#[derive(Debug)]
pub(crate) struct LastHead<H> {
    head: Option<H>,
    /// What its fields were written as, the last ones left out.
    octets: Vec<u8>,
    /// The state of the compression context in which they say it.
    context: u64,
    /// The encoder has written it so twice: the first time it may still think about what goes into the
    /// table.
    is_settled: bool,
}

impl<H: FieldBlock> LastHead<H> {
    pub(crate) const fn new() -> Self {
        Self {
            head: None,
            octets: Vec::new(),
            context: 0,
            is_settled: false,
        }
    }

    /// The octets of `head`'s fields, if they are known.
    #[inline]
    pub(crate) fn octets_for(&self, head: &H, context: u64) -> Option<&[u8]> {
        let last = self.head.as_ref()?;
        (self.is_settled && self.context == context && head.repeats(last)).then_some(&self.octets)
    }

    /// Keeps the head in `place`, written as `octets`, and leaves there the one that was kept. Or leaves
    /// things as they are.
    pub(crate) fn replace(&mut self, place: &mut Option<H>, context: u64, octets: &[u8]) {
        if !H::REPEATS || octets.len() > OCTETS_MAX {
            return;
        }
        self.is_settled = self.context == context
            && self.octets == octets
            && matches!((&*place, &self.head), (Some(head), Some(last)) if head.repeats(last));
        self.octets.clear();
        self.octets.extend_from_slice(octets);
        self.context = context;
        core::mem::swap(&mut self.head, place);
    }
}
