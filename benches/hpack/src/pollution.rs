//! Strings as a server meets them: between two of them, others have used the caches.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Does the string of this number, and looks at what comes out.
pub(crate) type Step<'a> = Box<dyn FnMut(usize) + 'a>;

/// Memory that is not ours to the code under measurement.
pub(crate) struct Pollution {
    lines: Vec<u8>,
    /// What looking at the clock twice takes.
    clock: Duration,
}

impl Pollution {
    pub(crate) fn new() -> Self {
        let mut pollution = Self {
            lines: vec![1; OCTETS],
            clock: Duration::ZERO,
        };
        let mut empty: Vec<Duration> = (0..2000)
            .map(|_| pollution.timed(&mut |_: usize| (), 0, b""))
            .collect();
        empty.sort();
        pollution.clock = empty[empty.len() / 2];
        pollution
    }

    /// Nanoseconds that `step` takes for all `strings`, the touching not counted.
    pub(crate) fn nanoseconds(&mut self, step: &mut Step<'_>, strings: &[Vec<u8>]) -> f64 {
        let mut total = Duration::ZERO;
        let mut counted = 0;
        for (number, string) in strings.iter().enumerate() {
            let time = self.timed(step, number, string);
            // Longer than any string takes: the thread has been put aside meanwhile.
            if time < PUT_ASIDE {
                total += time;
                counted += 1;
            }
        }
        total.as_nanos() as f64 * strings.len() as f64 / f64::from(counted.max(1))
    }

    fn timed(&mut self, step: &mut impl FnMut(usize), number: usize, string: &[u8]) -> Duration {
        for line in self.lines.iter_mut().step_by(LINE) {
            *line = line.wrapping_add(1);
        }
        black_box(&mut self.lines);
        // The string itself has just come from the socket, or from the application.
        black_box(
            string
                .iter()
                .fold(0_u8, |sum, octet| sum.wrapping_add(*octet)),
        );
        // The first look brings the clock's own memory back.
        black_box(Instant::now());
        let begin = Instant::now();
        step(number);
        begin.elapsed().saturating_sub(self.clock)
    }
}

/// More than the nearest cache, and less than the next.
const OCTETS: usize = 256 * 1024;
const LINE: usize = 64;
const PUT_ASIDE: Duration = Duration::from_micros(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_step_is_counted() {
        let mut steps = 0;
        let mut step: Step<'_> = Box::new(|_| {
            steps += 1;
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_micros(20) {}
        });
        let each = Pollution::new().nanoseconds(&mut step, &vec![Vec::new(); 100]) / 100.0;
        drop(step);
        assert_eq!(steps, 100);
        assert!((19e3..60e3).contains(&each), "{each} ns");
    }
}
