//! How long answers took, in buckets less than 1 % wide.

use std::time::Duration;

/// A histogram of durations.
#[derive(Clone, Debug)]
pub(crate) struct Latencies {
    buckets: Vec<u64>,
    count: u64,
    over_20_ms: u64,
    longest: Duration,
}

impl Latencies {
    pub(crate) fn new() -> Self {
        Self {
            buckets: vec![0; 64 << SUB_BITS],
            count: 0,
            over_20_ms: 0,
            longest: Duration::ZERO,
        }
    }

    /// Takes one.
    pub(crate) fn record(&mut self, took: Duration) {
        self.buckets[bucket(took.as_nanos() as u64)] += 1;
        self.count += 1;
        self.over_20_ms += u64::from(took > Duration::from_millis(20));
        self.longest = self.longest.max(took);
    }

    /// How many were taken.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// How many were longer than 20 ms.
    pub(crate) fn over_20_ms(&self) -> u64 {
        self.over_20_ms
    }

    /// The longest, in µs.
    pub(crate) fn longest_us(&self) -> f64 {
        self.longest.as_nanos() as f64 / 1e3
    }

    /// What `share` of them did not exceed, in µs; 0 when there is none.
    pub(crate) fn quantile_us(&self, share: f64) -> f64 {
        let wanted = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (at, &count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return middle(at) / 1e3;
            }
        }
        0.0
    }
}

/// Octaves of 128 buckets each; the first octaves, of values below 128, are exact.
const SUB_BITS: u32 = 7;

fn bucket(nanos: u64) -> usize {
    if nanos < 1 << SUB_BITS {
        return nanos as usize;
    }
    let octave = nanos.ilog2() - SUB_BITS;
    let within = (nanos >> octave) as usize - (1 << SUB_BITS);
    ((octave as usize + 1) << SUB_BITS) + within
}

fn middle(bucket: usize) -> f64 {
    let Some(octave) = (bucket >> SUB_BITS).checked_sub(1) else {
        return bucket as f64;
    };
    let within = bucket & ((1 << SUB_BITS) - 1);
    (((1 << SUB_BITS) + within) as f64 + 0.5) * (1_u64 << octave) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_within_a_hundredth_of_the_truth() {
        let mut latencies = Latencies::new();
        for micros in 1..=10_000 {
            latencies.record(Duration::from_micros(micros));
        }
        for (share, truth) in [(0.5, 5_000.0), (0.99, 9_900.0), (0.0001, 1.0)] {
            let found = latencies.quantile_us(share);
            assert!((found / truth - 1.0).abs() < 0.01, "{found} for {truth}");
        }
        assert_eq!(latencies.longest_us(), 10_000.0);
        assert_eq!((latencies.count(), latencies.over_20_ms()), (10_000, 0));
    }

    #[test]
    fn every_duration_has_a_bucket() {
        for nanos in [0, 127, 128, 255, 256, u64::MAX] {
            assert!(bucket(nanos) < 64 << SUB_BITS);
        }
        assert_eq!(bucket(128), bucket(127) + 1);
        assert_eq!(bucket(256), bucket(255) + 1);
    }
}
