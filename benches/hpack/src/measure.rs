//! A round: every library does its work in turn.

use crate::clock::nanoseconds;
use crate::library::Library;
use crate::pollution::Pollution;
use crate::workload::{Material, Work, Workload};

/// Who has a part in `workload`, and how many nanoseconds each needs for a unit.
pub(crate) fn measure(
    workload: Workload,
    libraries: &[&Library],
    material: &Material<'_>,
) -> Vec<(&'static str, f64)> {
    let mut pollution = Pollution::new();
    let mut contenders: Vec<Contender<'_>> = libraries
        .iter()
        .filter_map(|library| {
            let work = workload.work(library, material)?;
            Some(Contender {
                library: library.name,
                work,
                repeats: 1,
            })
        })
        .collect();
    for contender in &mut contenders {
        contender.warm_up(&mut pollution);
    }
    let units = material.units() as f64;
    contenders
        .iter_mut()
        .map(|contender| (contender.library, contender.sample(&mut pollution) / units))
        .collect()
}

struct Contender<'a> {
    library: &'static str,
    work: Work<'a>,
    /// How often the work is done for one sample.
    repeats: u32,
}

impl Contender<'_> {
    fn warm_up(&mut self, pollution: &mut Pollution) {
        self.sample(pollution);
        let once = self.sample(pollution);
        self.repeats = (SAMPLE_NANOSECONDS / once).ceil().clamp(1.0, 1000.0) as u32;
        if let Work::Steps { strings, .. } = &self.work {
            // Most of the time goes into what is not counted.
            self.repeats = MIN_STEPS.div_ceil(strings.len()) as u32;
        }
    }

    /// Nanoseconds for everything once.
    fn sample(&mut self, pollution: &mut Pollution) -> f64 {
        let repeats = self.repeats;
        let total = match &mut self.work {
            Work::Pass { pass, handling } => {
                let repeated =
                    |pass: &mut dyn FnMut()| nanoseconds(|| (0..repeats).for_each(|_| pass()));
                let whole = repeated(pass);
                whole - handling.as_mut().map_or(0.0, |handling| repeated(handling))
            }
            Work::Steps { step, strings } => (0..repeats)
                .map(|_| pollution.nanoseconds(step, strings))
                .sum(),
        };
        total / f64::from(repeats)
    }
}

/// Long enough that the clock and an interrupt do not show.
const SAMPLE_NANOSECONDS: f64 = 25e6;

/// Strings for a sample of those that are taken one by one.
const MIN_STEPS: usize = 4000;
