//! What was measured, workload by workload, and what follows from it.

use crate::libraries::{BOUND, OURS};
use crate::statistics::{median, range, ratio};
use crate::workload::{Family, Workload};

/// One workload, and everybody in it.
pub(crate) struct Section {
    pub(crate) workload: Workload,
    /// The size of what is worked on, in words.
    pub(crate) size: String,
    /// Fields, or octets of text.
    pub(crate) units: usize,
    pub(crate) rows: Vec<Row>,
}

/// What one library needed.
pub(crate) struct Row {
    pub(crate) library: &'static str,
    /// Nanoseconds for a unit, one a round.
    pub(crate) each: Vec<f64>,
    /// Instructions for a unit.
    pub(crate) instructions: Option<f64>,
    /// Octets that it encoded everything to.
    pub(crate) octets: Option<u64>,
}

impl Row {
    pub(crate) const fn new(library: &'static str) -> Self {
        Self {
            library,
            each: Vec::new(),
            instructions: None,
            octets: None,
        }
    }

    /// Nanoseconds for a unit.
    pub(crate) fn nanoseconds(&self) -> Option<f64> {
        median(&self.each)
    }

    /// The fastest and the slowest round, in nanoseconds for a unit.
    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        range(&self.each)
    }

    /// The time of this library in times of the other, round by round.
    pub(crate) fn time_ratio(&self, to: &Self) -> Option<f64> {
        ratio(&self.each, &to.each)
    }

    /// Its instructions in instructions of the other.
    pub(crate) fn instruction_ratio(&self, to: &Self) -> Option<f64> {
        Some(self.instructions? / to.instructions?)
    }
}

impl Section {
    pub(crate) fn row(&self, library: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.library == library)
    }

    /// Ours.
    pub(crate) fn ours(&self) -> Option<&Row> {
        self.row(OURS)
    }

    /// Those that are neither ours nor the bound.
    pub(crate) fn rivals(&self) -> impl Iterator<Item = &Row> {
        self.rows
            .iter()
            .filter(|row| row.library != BOUND && !row.library.starts_with(OURS))
    }

    /// Whether its figures are speeds, not times.
    pub(crate) fn is_huffman(&self) -> bool {
        self.workload.family() == Family::Huffman
    }
}
