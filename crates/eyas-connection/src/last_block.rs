//! The last header block, octet for octet: one that is the same, and changes no table, says the same.

use eyas_hpack::BlockSummary;

/// A block of more octets than this is not kept: one that says what was said before is short.
const OCTETS_MAX: usize = 128;

#[derive(Debug, Default)]
pub(crate) struct LastBlock {
    /// Empty when it has changed the table, or another block was decoded since.
    octets: Vec<u8>,
    summary: BlockSummary,
}

impl LastBlock {
    /// What decoding `block` came to, if it is the last one over again.
    #[inline]
    pub(crate) fn summary_of(&self, block: &[u8]) -> Option<BlockSummary> {
        (!self.octets.is_empty() && self.octets == block).then_some(self.summary)
    }

    /// Notes a block of a request that was decoded without an error.
    #[inline]
    pub(crate) fn keep(&mut self, block: &[u8], summary: BlockSummary) {
        if block.len() <= OCTETS_MAX && !summary.table_changed {
            self.octets.extend_from_slice(block);
            self.summary = summary;
        }
    }

    /// Another block is to be decoded.
    #[inline]
    pub(crate) fn forget(&mut self) {
        self.octets.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_block_that_changes_no_table_is_said_again() {
        let block = [0x82, 0x04, 1, b'/'];
        let mut last = LastBlock::default();
        last.keep(&block, BlockSummary::default());
        assert!(last.summary_of(&block).is_some());
        assert!(last.summary_of(&[0x82, 0x04, 1, b'*']).is_none());
        last.forget();
        assert!(last.summary_of(&block).is_none());

        let summary = BlockSummary {
            table_changed: true,
            ..BlockSummary::default()
        };
        last.keep(&block, summary);
        assert!(last.summary_of(&block).is_none());
    }

    #[test]
    fn an_empty_or_a_long_block_is_not_kept() {
        for block in [&[][..], &[0x82; OCTETS_MAX + 1]] {
            let mut last = LastBlock::default();
            last.keep(block, BlockSummary::default());
            assert!(last.summary_of(block).is_none());
        }
    }
}
