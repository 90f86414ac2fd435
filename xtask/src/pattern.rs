//! The octets of `/bytes/{n}`: position `i` holds `i % 251`. A prime period lines up with no frame,
//! page or buffer, so an octet lost, doubled or swapped shows at once.

use std::io::{self, Write};

/// A sink that compares every octet with the pattern, and keeps none.
#[derive(Debug)]
pub(crate) struct Checker {
    /// Two or more whole periods: any slice of one block lies in it.
    pattern: Vec<u8>,
    seen: u64,
}

impl Checker {
    pub(crate) fn new() -> Self {
        Self {
            pattern: octets(BLOCK + PERIOD),
            seen: 0,
        }
    }

    /// How many octets came, all of them right.
    pub(crate) fn seen(&self) -> u64 {
        self.seen
    }
}

impl Write for Checker {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let block = &octets[..octets.len().min(BLOCK)];
        let phase = (self.seen % PERIOD as u64) as usize;
        let expected = &self.pattern[phase..phase + block.len()];
        if block != expected {
            let at = block
                .iter()
                .zip(expected)
                .take_while(|(a, b)| a == b)
                .count();
            let message = format!(
                "octet {} of the body is {:#04x}, not {:#04x}",
                self.seen + at as u64,
                block[at],
                expected[at]
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        self.seen += block.len() as u64;
        Ok(block.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first `count` octets of the pattern.
pub(crate) fn octets(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at % PERIOD) as u8).collect()
}

const PERIOD: usize = 251;
const BLOCK: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(octets: &[u8], piece: usize) -> io::Result<u64> {
        let mut checker = Checker::new();
        for piece in octets.chunks(piece) {
            checker.write_all(piece)?;
        }
        Ok(checker.seen())
    }

    #[test]
    fn the_pattern_is_accepted_however_it_is_cut() {
        let whole = octets(3 * BLOCK + 7);
        for piece in [1, 250, 251, 16_384, BLOCK, whole.len()] {
            assert_eq!(fed(&whole, piece).ok(), Some(whole.len() as u64), "{piece}");
        }
    }

    #[test]
    fn an_octet_lost_doubled_or_changed_is_named() {
        let whole = octets(BLOCK * 2);
        for at in [0, 250, 251, BLOCK - 1, BLOCK, BLOCK + 77] {
            let mut changed = whole.clone();
            changed[at] ^= 0x80;
            let error = fed(&changed, 4096).expect_err("one octet is wrong");
            assert!(
                error.to_string().starts_with(&format!("octet {at} ")),
                "{error}"
            );

            let mut lost = whole.clone();
            lost.remove(at);
            assert!(fed(&lost, 4096).is_err());

            let mut doubled = whole.clone();
            doubled.insert(at, whole[at]);
            assert!(fed(&doubled, 4096).is_err());
        }
    }
}
