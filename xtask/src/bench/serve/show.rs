//! Tables for the terminal.

use std::fmt::Write as _;

use crate::bench::serve::catalogue;
use crate::bench::serve::record::{Figures, Record};
use crate::bench::serve::servers::Server;
use crate::bench::serve::workloads::Workload;
use crate::table::Table;

/// The figures of one workload: medians, their range, and what eyas comes to beside each rival.
pub(crate) fn workload(workload: &Workload, figures: &Figures) -> String {
    let headline = workload.headline();
    let mut heading = vec!["server"];
    heading.extend(workload.metrics.iter().map(|metric| metric.label()));
    heading.extend(["from", "to", "eyas/this"]);
    let mut table = Table::new(&heading);
    for server in Server::ALL {
        let mut values = figures.values(server, headline);
        values.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (values.first(), values.last()) else {
            continue;
        };
        let mut row = vec![server.name().to_owned()];
        row.extend(workload.metrics.iter().map(|metric| {
            let median = figures.median(server, *metric);
            median.map_or_else(String::new, |median| metric.format(median))
        }));
        row.extend([headline.format(*least), headline.format(*most)]);
        let ratio = figures.ratio(headline, Server::Eyas, server);
        row.extend(ratio.map(|ratio| format!("{ratio:.2}")));
        table.row(row);
    }
    format!(
        "{} ({}, by {})\n{table}",
        workload.title, workload.name, figures.client
    )
}

/// How eyas stands to every bound that could be checked.
pub(crate) fn verdicts(record: &Record) -> String {
    let mut table = Table::new(&["workload", "what", "asked", "found", "verdict"]);
    let (mut met, mut all) = (0, 0);
    for workload in catalogue::ALL {
        let Some(figures) = record.workloads.get(workload.name) else {
            continue;
        };
        for verdict in workload
            .bounds
            .iter()
            .filter_map(|bound| bound.verdict(figures))
        {
            all += 1;
            met += usize::from(verdict.is_met);
            table.row([
                workload.name.to_owned(),
                verdict.what,
                verdict.asked,
                format!("{:.2}", verdict.found),
                if verdict.is_met { "met" } else { "MISSED" }.to_owned(),
            ]);
        }
    }
    if all == 0 {
        return String::new();
    }
    format!("{table}\n{met} of {all} bounds are met\n")
}

/// Medians now beside those of `before`.
pub(crate) fn comparison(now: &Record, before: &Record) -> String {
    let mut text = format!("now beside {} ({})\n", before.command, before.date);
    let mut table = Table::new(&["workload", "server", "what", "before", "now", "now/before"]);
    for workload in catalogue::ALL {
        let (Some(now), Some(before)) = (
            now.workloads.get(workload.name),
            before.workloads.get(workload.name),
        ) else {
            continue;
        };
        for server in Server::ALL {
            for &metric in workload.metrics {
                let (Some(now), Some(before)) =
                    (now.median(server, metric), before.median(server, metric))
                else {
                    continue;
                };
                let ratio = if before == 0.0 { 1.0 } else { now / before };
                table.row([
                    workload.name.to_owned(),
                    server.name().to_owned(),
                    metric.label().to_owned(),
                    metric.format(before),
                    metric.format(now),
                    format!("{ratio:.2}"),
                ]);
            }
        }
    }
    let _ = write!(text, "{table}");
    text
}
