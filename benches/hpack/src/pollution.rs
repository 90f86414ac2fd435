//! Strings as a server meets them: between two of them, others have used the caches.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::packed::Packed;

/// Does a string, and looks at what comes out.
pub(crate) type Step = Box<dyn FnMut(&[u8])>;

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
            .map(|_| pollution.timed(&mut |_: &[u8]| (), b""))
            .collect();
        empty.sort();
        pollution.clock = empty[empty.len() / 2];
        pollution
    }

    /// Nanoseconds that `step` takes for all `strings`, the touching not counted.
    pub(crate) fn nanoseconds(&mut self, step: &mut Step, strings: &Packed) -> f64 {
        let mut total = Duration::ZERO;
        let mut counted = 0;
        for string in strings.iter() {
            let time = self.timed(step, string);
            // Longer than any string takes: the thread has been put aside meanwhile.
            if time < PUT_ASIDE {
                total += time;
                counted += 1;
            }
        }
        total.as_nanos() as f64 * strings.len() as f64 / f64::from(counted.max(1))
    }

    fn timed(&mut self, step: &mut impl FnMut(&[u8]), string: &[u8]) -> Duration {
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
        step(string);
        begin.elapsed().saturating_sub(self.clock)
    }
}

/// More than the nearest cache, and less than the next.
const OCTETS: usize = 256 * 1024;
const LINE: usize = 64;
const PUT_ASIDE: Duration = Duration::from_micros(100);

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn only_the_step_is_counted() {
        let steps = Rc::new(Cell::new(0));
        let counter = Rc::clone(&steps);
        let mut step: Step = Box::new(move |_| {
            counter.set(counter.get() + 1);
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_micros(20) {}
        });
        let each =
            Pollution::new().nanoseconds(&mut step, &[b""; 100].into_iter().collect()) / 100.0;
        assert_eq!(steps.get(), 100);
        assert!((19e3..60e3).contains(&each), "{each} ns");
    }
}
