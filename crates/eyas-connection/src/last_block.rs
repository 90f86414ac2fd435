//! The last header block, octet for octet: one that is the same, and changes no table, says the same.

use eyas_hpack::BlockSummary;

/// A block of more octets than this is not kept: one of nothing but indices is short.
const OCTETS_MAX: usize = 128;

#[derive(Debug, Default)]
pub(crate) struct LastBlock {
    /// Empty when it was of another kind, or another block was decoded since.
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
        if block.len() <= OCTETS_MAX && is_all_indices(block) {
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

/// Whether a block holds nothing but indexed fields (RFC 7541 section 6.1), which change no table.
fn is_all_indices(block: &[u8]) -> bool {
    let mut octets = block.iter();
    while let Some(&first) = octets.next() {
        if first < 0x80 {
            return false;
        }
        if first == 0xff {
            // The index goes on up to the first octet without the highest bit.
            let _ = octets.find(|&&octet| octet < 0x80);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_block_of_nothing_but_indices_is_said_again() {
        let kept: [&[u8]; 3] = [
            &[0x82],
            &[0x82, 0xff, 0x05, 0x86],
            &[0xff, 0x80, 0x01, 0xbe],
        ];
        let not_kept: [&[u8]; 4] = [&[0x82, 0x04, 1, b'/'], &[0x20, 0x82], &[0xff, 0, 0x41], &[]];
        for block in kept.into_iter().chain(not_kept) {
            let mut last = LastBlock::default();
            last.keep(block, BlockSummary::default());
            assert_eq!(
                last.summary_of(block).is_some(),
                kept.contains(&block),
                "{block:x?}"
            );
            assert!(last.summary_of(&[0x83]).is_none());
            last.forget();
            assert!(last.summary_of(block).is_none());
        }
        let mut last = LastBlock::default();
        last.keep(&[0x82; OCTETS_MAX + 1], BlockSummary::default());
        assert!(last.summary_of(&[0x82; OCTETS_MAX + 1]).is_none());
    }
}
