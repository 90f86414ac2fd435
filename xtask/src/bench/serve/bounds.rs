//! What is asked of eyas: a figure at most so much of a rival's, or at most so much.

use crate::bench::serve::record::{Figures, Metric};
use crate::bench::serve::servers::Server;

/// One condition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    metric: Metric,
    versus: Versus,
    limit: f64,
    /// Whether the limit is the least, not the most.
    is_floor: bool,
}

#[derive(Clone, Copy, Debug)]
enum Versus {
    /// The figure itself.
    Nobody,
    /// Its ratio to that of this rival.
    Rival(Server),
    /// Its ratio to that of the rival whose median is the best.
    Best,
}

/// How eyas stands to a bound.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// Which figure, and to whose.
    pub(crate) what: String,
    /// What was asked.
    pub(crate) asked: String,
    /// What was found.
    pub(crate) found: f64,
    /// Whether that will do.
    pub(crate) is_met: bool,
}

/// `metric` at most `limit` times that of `rival`.
pub(crate) const fn at_most(limit: f64, metric: Metric, rival: Server) -> Bound {
    Bound {
        metric,
        versus: Versus::Rival(rival),
        limit,
        is_floor: false,
    }
}

/// `metric` at most `limit` times that of the best rival.
pub(crate) const fn at_most_of_best(limit: f64, metric: Metric) -> Bound {
    Bound {
        metric,
        versus: Versus::Best,
        limit,
        is_floor: false,
    }
}

/// `metric`, of which more is better, at least `limit` times that of `rival`, or of the best rival.
pub(crate) const fn at_least(limit: f64, metric: Metric, rival: Option<Server>) -> Bound {
    let versus = match rival {
        Some(rival) => Versus::Rival(rival),
        None => Versus::Best,
    };
    Bound {
        metric,
        versus,
        limit,
        is_floor: true,
    }
}

/// `metric` itself at most `limit`.
pub(crate) const fn no_more_than(limit: f64, metric: Metric) -> Bound {
    Bound {
        metric,
        versus: Versus::Nobody,
        limit,
        is_floor: false,
    }
}

impl Bound {
    /// How eyas stands to it; `None` when eyas or the rival was not measured.
    pub(crate) fn verdict(self, figures: &Figures) -> Option<Verdict> {
        let rival = match self.versus {
            Versus::Nobody => None,
            Versus::Rival(rival) => Some(rival),
            Versus::Best => Some(self.best(figures)?),
        };
        let found = match rival {
            None => figures.median(Server::Eyas, self.metric)?,
            Some(rival) => figures.ratio(self.metric, Server::Eyas, rival)?,
        };
        let metric = self.metric.label();
        Some(Verdict {
            what: match (rival, self.versus) {
                (None, _) => metric.to_owned(),
                (Some(rival), Versus::Best) => {
                    format!("{metric} to the best rival's ({})", rival.name())
                }
                (Some(rival), _) => format!("{metric} to {}'s", rival.name()),
            },
            asked: format!("{} {}", if self.is_floor { "≥" } else { "≤" }, self.limit),
            found,
            is_met: if self.is_floor {
                found >= self.limit
            } else {
                found <= self.limit
            },
        })
    }

    fn best(self, figures: &Figures) -> Option<Server> {
        let rivals = Server::ALL.into_iter().filter(|server| server.is_real());
        let rivals = rivals.filter(|server| *server != Server::Eyas);
        let measured =
            rivals.filter_map(|rival| Some((rival, figures.median(rival, self.metric)?)));
        let order = |(_, a): &(Server, f64), (_, b): &(Server, f64)| a.total_cmp(b);
        let best = if self.is_floor {
            measured.max_by(order)
        } else {
            measured.min_by(order)
        };
        best.map(|(rival, _)| rival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::serve::record::tests::figures;

    const FIGURES: &[(Server, &[f64])] = &[
        (Server::Eyas, &[2.0]),
        (Server::Hyper, &[4.0]),
        (Server::H2o, &[3.0]),
        (Server::Floor, &[1.0]),
    ];

    fn met(bound: Bound) -> Option<bool> {
        let figures = figures(Metric::P50, FIGURES);
        bound.verdict(&figures).map(|verdict| verdict.is_met)
    }

    #[test]
    fn a_bound_is_met_up_to_its_limit_and_no_further() {
        assert_eq!(met(at_most(0.5, Metric::P50, Server::Hyper)), Some(true));
        assert_eq!(met(at_most(0.49, Metric::P50, Server::Hyper)), Some(false));
        assert_eq!(met(no_more_than(2.0, Metric::P50)), Some(true));
        assert_eq!(met(no_more_than(1.9, Metric::P50)), Some(false));
        assert_eq!(
            met(at_least(0.5, Metric::P50, Some(Server::Hyper))),
            Some(true)
        );
        assert_eq!(
            met(at_least(0.51, Metric::P50, Some(Server::Hyper))),
            Some(false)
        );
    }

    #[test]
    fn the_best_rival_is_neither_eyas_nor_the_floor() {
        // Least is best: h2o. Most is best: hyper.
        assert_eq!(met(at_most_of_best(0.67, Metric::P50)), Some(true));
        assert_eq!(met(at_most_of_best(0.66, Metric::P50)), Some(false));
        assert_eq!(met(at_least(0.51, Metric::P50, None)), Some(false));
        assert_eq!(met(at_least(0.5, Metric::P50, None)), Some(true));
    }

    #[test]
    fn who_was_not_measured_is_not_judged_by() {
        assert_eq!(met(at_most(1.0, Metric::P50, Server::Nginx)), None);
        assert_eq!(met(at_most(1.0, Metric::P99, Server::Hyper)), None);
    }
}
