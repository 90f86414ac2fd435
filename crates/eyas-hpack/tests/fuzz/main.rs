//! The fuzz targets on any compiler: their corpus, and what comes of it by random changes.
//!
//! `cargo xtask fuzz` runs the same bodies with a fuzzer behind them.

use std::path::Path;
use std::{fs, io, panic};

// So that its modules are looked for where the fuzzer's crate looks for them.
#[path = "targets.rs"]
mod targets;

#[test]
fn hpack_huffman() {
    replay("hpack_huffman", targets::HUFFMAN);
}

#[test]
fn hpack_decoder() {
    replay("hpack_decoder", targets::DECODER);
}

#[test]
fn hpack_encoder() {
    replay("hpack_encoder", targets::ENCODER);
}

#[test]
fn hpack_limits() {
    replay("hpack_limits", targets::LIMITS);
}

/// Runs the target for every file of its corpus, and for many more inputs that are made of them.
fn replay(name: &str, target: targets::Target) {
    let corpus = corpus(name);
    assert!(corpus.len() >= 24, "the corpus of {name} has lost files");
    corpus.iter().for_each(|input| check(target, input));
    let mut random = Random(SEED);
    for _ in 0..ROUNDS {
        check(target, &random.mutant(&corpus));
    }
}

/// Runs the target; an input that it does not survive is shown.
fn check(target: targets::Target, input: &[u8]) {
    let survived = panic::catch_unwind(|| target(input)).is_ok();
    assert!(survived, "the input is b\"{}\"", input.escape_ascii());
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(name);
    let read = || -> io::Result<Vec<Vec<u8>>> {
        let files = fs::read_dir(&folder)?;
        let mut paths = files
            .map(|file| Ok(file?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        paths.iter().map(fs::read).collect()
    };
    read().unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

/// Random numbers that are the same on every run (xorshift64*).
struct Random(u64);

impl Random {
    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    /// The beginning of one input and the end of another, with a few octets changed, put in or left out.
    fn mutant(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let (left, right) = (
            &corpus[self.below(corpus.len())],
            &corpus[self.below(corpus.len())],
        );
        let mut input = left[..self.below(left.len() + 1)].to_vec();
        input.extend_from_slice(&right[self.below(right.len() + 1)..]);
        for _ in 0..self.below(6) {
            let at = self.below(input.len() + 1);
            let octet = self.below(0x100) as u8;
            match self.below(4) {
                0 => input.insert(at, octet),
                _ if at == input.len() => {}
                1 => drop(input.remove(at)),
                2 => input[at] ^= 1 << (octet % 8),
                _ => input[at] = octet,
            }
        }
        input
    }
}

const SEED: u64 = 0x6579_6173_6870_6163;
const ROUNDS: usize = 5000;
