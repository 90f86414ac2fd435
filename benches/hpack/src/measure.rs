//! Rounds: every library does its work in turn, A B C A B C, so that all have the same weather.

use crate::clock::nanoseconds;
use crate::library::Library;
use crate::workload::{Material, Work, Workload};

/// What a library needed in each round.
pub(crate) struct Samples {
    /// Whose they are.
    pub(crate) library: &'static str,
    /// Nanoseconds for a field or an octet; one a round, for as many rounds as it took part in.
    pub(crate) each: Vec<f64>,
}

/// Measures `workload` for every library that has a part in it.
pub(crate) fn measure(
    workload: Workload,
    libraries: &[Library],
    material: &Material<'_>,
    rounds: usize,
) -> Vec<Samples> {
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
            contenders.push(Contender::new(library.name, work, rounds));
        }
    }
    let units = material.units() as f64;
    for round in 0..rounds {
        for contender in &mut contenders {
            if round < contender.rounds {
                let nanoseconds = contender.sample();
                contender.samples.push(nanoseconds / units);
            }
        }
    }
    let samples = |contender: Contender<'_>| Samples {
        library: contender.library,
        each: contender.samples,
    };
    contenders.into_iter().map(samples).collect()
}

struct Contender<'a> {
    library: &'static str,
    work: Work<'a>,
    repeats: u32,
    rounds: usize,
    samples: Vec<f64>,
}

impl<'a> Contender<'a> {
    /// Warms up, and finds out how often the work has to be done for one sample.
    fn new(library: &'static str, mut work: Work<'a>, rounds: usize) -> Self {
        (work.pass)();
        let once = nanoseconds(|| (work.pass)());
        let repeats = (SAMPLE_NANOSECONDS / once).ceil().clamp(1.0, 1000.0) as u32;
        Self {
            library,
            work,
            repeats,
            rounds,
            samples: Vec::new(),
        }
    }

    /// Nanoseconds for one pass.
    fn sample(&mut self) -> f64 {
        let repeats = self.repeats;
        let whole = nanoseconds(|| (0..repeats).for_each(|_| (self.work.pass)()));
        let handling = self.work.handling.as_mut().map_or(0.0, |handling| {
            nanoseconds(|| (0..repeats).for_each(|_| handling()))
        });
        (whole - handling) / f64::from(repeats)
    }
}

/// Long enough that the clock and an interrupt do not show.
const SAMPLE_NANOSECONDS: f64 = 12e6;

/// Enough to say how slow the slow ones are.
const SLOW_ROUNDS: usize = 3;
