//! Whether the work for a long string depends on how its block is cut.

use std::hint::black_box;
use std::slice;

use anyhow::{Context, Result};
use eyas_hpack::{DecodedField, Decoder, DecoderLimits, huffman, integer};

use crate::callgrind::Callgrind;

/// Instructions for one long Huffman-coded string.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Linear {
    /// In one piece.
    whole: f64,
    /// In fragments of one octet.
    singly: f64,
}

impl Linear {
    /// Counts both.
    pub(crate) fn count(callgrind: &Callgrind) -> Result<Self> {
        let each = |cut: &str| -> Result<f64> {
            let total = |passes: &str| callgrind.total(&["--run-linear", cut, passes]);
            // The start of the program and the first pass are in both, and cancel out.
            Ok((total("3")? as f64 - total("1")? as f64) / 2.0)
        };
        Ok(Self {
            whole: each(WHOLE)?,
            singly: each(SINGLY)?,
        })
    }

    /// A line that says how the two compare, and whether that is well.
    pub(crate) fn verdict(self) -> (String, bool) {
        let ratio = self.singly / self.whole;
        let is_met = ratio <= BOUND;
        let verdict = if is_met { "met" } else { "MISSED" };
        let line = format!(
            "a Huffman string of {CODED_OCTETS} octets: {:.0} instructions in one piece, {:.0} in fragments of \
             one octet, {ratio:.2} times as many; at most {BOUND:.1}: {verdict}\n",
            self.whole, self.singly
        );
        (line, is_met)
    }
}

/// Decodes the string `passes` times, to be counted from outside.
pub(crate) fn run(cut: &str, passes: &str) -> Result<()> {
    let block = block();
    let mut decoder: Decoder = Decoder::new(DecoderLimits {
        max_list_octets: u32::MAX,
        max_field_octets: u32::MAX,
        ..DecoderLimits::default()
    });
    let mut octets = 0;
    let mut sink = |field: DecodedField<'_>| octets += black_box(field.value).len();
    let passes: usize = passes.parse().context("PASSES is no number")?;
    for _ in 0..passes {
        if cut == WHOLE {
            let _ = decoder.decode(&block, &mut sink)?;
        } else {
            for octet in &block {
                decoder.decode_fragment(slice::from_ref(octet), &mut sink)?;
            }
            let _ = decoder.finish()?;
        }
    }
    assert!(
        octets >= passes * CODED_OCTETS,
        "the sink was not given the string"
    );
    Ok(())
}

/// A block with one field, whose value is the string.
fn block() -> Vec<u8> {
    let phrase = b"/search?q=header+compression&lang=en;session=8a31f0";
    let mut text = Vec::new();
    while huffman::encoded_len(&text) <= CODED_OCTETS {
        text.extend(phrase);
    }
    while huffman::encoded_len(&text) > CODED_OCTETS {
        text.pop();
    }
    let mut code = Vec::new();
    huffman::encode(&text, &mut code);
    let mut block = b"\x00\x01n".to_vec();
    integer::encode::<7>(code.len() as u64, 0x80, &mut block);
    block.extend(code);
    block
}

const CODED_OCTETS: usize = 16 * 1024;
/// What the copies and calls of so many fragments may cost.
const BOUND: f64 = 3.0;
const WHOLE: &str = "whole";
const SINGLY: &str = "singly";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_decode_the_same_string() {
        assert_eq!(block().len(), 3 + 3 + CODED_OCTETS);
        for cut in [WHOLE, SINGLY] {
            run(cut, "2").expect("the block is well formed");
        }
    }

    #[test]
    fn three_times_as_many_is_the_most() {
        let verdict = |singly| {
            let whole = 100.0;
            Linear { whole, singly }.verdict()
        };
        assert!(verdict(300.0).1 && !verdict(301.0).1);
        assert!(verdict(301.0).0.contains("3.01 times") && verdict(301.0).0.contains("MISSED"));
    }
}
