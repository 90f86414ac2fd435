//! Rounds: every library does its work in turn, A B C A B C, so that all have the same weather.

use crate::clock::nanoseconds;
use crate::library::Library;
use crate::pollution::Pollution;
use crate::report::Row;
use crate::workload::{Material, Work, Workload};

/// Measures `workload` for every library that has a part in it.
pub(crate) fn measure(
    workload: Workload,
    libraries: &[Library],
    material: &Material<'_>,
    rounds: usize,
) -> Vec<Row> {
    let mut pollution = Pollution::new();
    let units = material.units() as f64;
    let mut contenders: Vec<Contender<'_>> = Vec::new();
    for library in libraries {
        if library.is_slow && !workload.is_for_slow() {
            continue;
        }
        if let Some(work) = workload.work(library, material) {
            let rounds = if library.is_slow {
                rounds.min(SLOW_ROUNDS)
            } else {
                rounds
            };
            let row = Row::new(library.name);
            contenders.push(Contender {
                work,
                repeats: 1,
                rounds,
                row,
            });
        }
    }
    for contender in &mut contenders {
        contender.warm_up(&mut pollution);
    }
    for round in 0..rounds {
        for contender in contenders
            .iter_mut()
            .filter(|contender| round < contender.rounds)
        {
            let nanoseconds = contender.sample(&mut pollution);
            contender.row.each.push(nanoseconds / units);
        }
    }
    contenders
        .into_iter()
        .map(|contender| contender.row)
        .collect()
}

struct Contender<'a> {
    work: Work<'a>,
    /// How often the work is done for one sample.
    repeats: u32,
    rounds: usize,
    row: Row,
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

/// Enough to say how slow the slow ones are.
const SLOW_ROUNDS: usize = 3;
