//! The report: one page that needs nothing beside itself.

use std::fmt::Write as _;

use crate::bench::report::chart::{Chart, STYLE, escaped};
use crate::bench::serve::catalogue;
use crate::bench::serve::record::{Figures, Metric, Record};
use crate::bench::serve::servers::Server;
use crate::bench::serve::workloads::Workload;

/// The page of `record`.
pub(crate) fn page(record: &Record) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>eyas beside other HTTP/2 servers</title>\n<style>\n{}{STYLE}</style>\n</head>\n\
         <body>\n<main>\n",
        include_str!("page.css")
    );
    page += &opening(record);
    for (metric, heading, words) in SECTIONS {
        page += &section(record, *metric, heading, words);
    }
    page += &bounds(record);
    page += &about(record);
    page += "</main>\n</body>\n</html>\n";
    page
}

/// What it comes to: a few ratios in large figures.
fn opening(record: &Record) -> String {
    let mut text = String::from("<h1>eyas beside other HTTP/2 servers</h1>\n");
    let _ = writeln!(
        text,
        "<p class=\"soft\">CPU time, latency and memory on one machine, {}. One server thread on one core, the \
         load on another, medians of {} interleaved rounds. The figure behind each bar is how many times \
         that of eyas it is.</p>\n<div class=\"facts\">",
        escaped(&record.date),
        record.rounds
    );
    for (name, metric, rival, words) in FACTS {
        let figures = record.workloads.get(*name);
        if let Some(ratio) = figures.and_then(|f| f.ratio(*metric, *rival, Server::Eyas)) {
            let rival = rival.name();
            let _ = writeln!(
                text,
                "<div class=\"fact\"><b>{ratio:.1}×</b>{rival}’s {words}</div>"
            );
        }
    }
    text + "</div>\n"
}

/// The workloads whose headline is `metric`.
fn section(record: &Record, metric: Metric, heading: &str, words: &str) -> String {
    let mut cards = String::new();
    for workload in catalogue::ALL
        .iter()
        .filter(|workload| workload.headline() == metric)
    {
        if let Some(figures) = record.workloads.get(workload.name) {
            cards += &card(workload, figures);
        }
    }
    if cards.is_empty() {
        return String::new();
    }
    format!("<h2>{heading}</h2>\n<p>{words}</p>\n<div class=\"cards\">\n{cards}</div>\n")
}

fn card(workload: &Workload, figures: &Figures) -> String {
    let Some(chart) = Chart::of(workload, figures) else {
        return String::new();
    };
    format!(
        "<section class=\"card\">\n<h3>{}</h3>\n<p class=\"soft\">{}, asked by {}</p>\n{}\
         <details><summary>All figures</summary>\n{}</details>\n</section>\n",
        escaped(workload.title),
        workload.headline().label(),
        escaped(&figures.client),
        chart.inline(),
        table(workload, figures)
    )
}

fn table(workload: &Workload, figures: &Figures) -> String {
    let mut text = String::from("<div class=\"wide\"><table>\n<tr><th>server</th>");
    for metric in workload.metrics {
        let _ = write!(
            text,
            "<th class=\"number\">{}</th>",
            escaped(metric.label())
        );
    }
    text += "<th class=\"number\">from</th><th class=\"number\">to</th></tr>\n";
    for server in Server::ALL {
        let mut values = figures.values(server, workload.headline());
        values.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (values.first(), values.last()) else {
            continue;
        };
        let class = if server == Server::Eyas {
            " class=\"ours\""
        } else {
            ""
        };
        let _ = write!(text, "<tr{class}><td>{}</td>", server.name());
        for metric in workload.metrics {
            let median = figures.median(server, *metric);
            let cell = median.map_or_else(String::new, |median| metric.format(median));
            let _ = write!(text, "<td class=\"number\">{cell}</td>");
        }
        for end in [least, most] {
            let _ = write!(
                text,
                "<td class=\"number\">{}</td>",
                workload.headline().format(*end)
            );
        }
        text += "</tr>\n";
    }
    text + "</table></div>\n"
}

fn bounds(record: &Record) -> String {
    let mut rows = String::new();
    for workload in catalogue::ALL {
        let Some(figures) = record.workloads.get(workload.name) else {
            continue;
        };
        for verdict in workload
            .bounds
            .iter()
            .filter_map(|bound| bound.verdict(figures))
        {
            let (class, word) = if verdict.is_met {
                ("met", "met")
            } else {
                ("missed", "missed")
            };
            let _ = writeln!(
                rows,
                "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{:.2}</td>\
                 <td class=\"{class}\">{word}</td></tr>",
                workload.name,
                escaped(&verdict.what),
                escaped(&verdict.asked),
                verdict.found
            );
        }
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<h2>What eyas asks of itself</h2>\n\
         <p>Ratios are taken round by round, of what was measured one after the other; the median of \
         these counts.</p>\n<div class=\"wide\"><table>\n<tr><th>workload</th><th>what</th>\
         <th class=\"number\">asked</th><th class=\"number\">found</th><th></th></tr>\n{rows}</table></div>\n"
    )
}

fn about(record: &Record) -> String {
    let pairs = |pairs: &[(String, String)]| -> String {
        let row = |(what, value): &(String, String)| {
            format!(
                "<tr><td>{}</td><td>{}</td></tr>\n",
                escaped(what),
                escaped(value)
            )
        };
        let rows: String = pairs.iter().map(row).collect();
        format!("<div class=\"wide\"><table>\n{rows}</table></div>\n")
    };
    format!(
        "<h2>How to repeat it</h2>\n<pre>{}\ncargo xtask bench report NAME</pre>\n\
         <p>The first makes a record, with <code>--save NAME</code>; the second makes this page of it. \
         <code>cargo xtask bench serve --quick</code> takes less than two minutes after the build, and \
         needs nothing but a Rust toolchain. {} s of load for each figure, {} rounds.</p>\n\
         <h2>Machine</h2>\n{}<h2>Versions</h2>\n{}{}",
        escaped(&record.command),
        record.window,
        record.rounds,
        pairs(&record.machine),
        pairs(&record.versions),
        include_str!("method.html")
    )
}

/// Parts of the page by the headline figure of the workloads in them.
const SECTIONS: &[(Metric, &str, &str)] = &[
    (
        Metric::CpuMicros,
        "CPU time for a request",
        "What the server's core is busy with one request, in the system and out of it.",
    ),
    (
        Metric::Instructions,
        "Instructions for a request",
        "In user space only, counted by valgrind: these do not depend on the machine's mood.",
    ),
    (
        Metric::CpuMillisPerGb,
        "CPU time for a gigabyte",
        "10⁹ octets of content, down or up.",
    ),
    (
        Metric::P50,
        "Waiting",
        "From the first octet of the request to the last of the answer, the median.",
    ),
    (
        Metric::KibEach,
        "Memory",
        "What a server's memory (Pss) grows by; the system's own buffers are not in it.",
    ),
];

/// What is said first: of a workload, the figure of this rival in times ours.
const FACTS: &[(&str, Metric, Server, &str)] = &[
    (
        "small-c8m100",
        Metric::CpuMicros,
        Server::Hyper,
        "CPU for a small GET",
    ),
    (
        "small-c8m100",
        Metric::CpuMicros,
        Server::H2o,
        "CPU for a small GET",
    ),
    (
        "browser-c8m100",
        Metric::CpuMicros,
        Server::Hyper,
        "CPU for a browser's request",
    ),
    (
        "1k-c8m10",
        Metric::CpuMicros,
        Server::Hyper,
        "CPU for a 1 KiB answer",
    ),
    (
        "beside-bulk",
        Metric::P50,
        Server::Hyper,
        "wait beside downloads",
    ),
    (
        "idle",
        Metric::KibEach,
        Server::Hyper,
        "memory of an idle connection",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::serve::record::tests::figures;

    #[test]
    fn the_page_shows_what_the_record_has_and_nothing_else() {
        let small = figures(
            Metric::CpuMicros,
            &[(Server::Eyas, &[0.5, 0.6]), (Server::Hyper, &[3.0, 3.0])],
        );
        let record = Record {
            command: "cargo xtask bench serve --only <small>".to_owned(),
            workloads: [("small-c8m100".to_owned(), small)].into(),
            ..Record::default()
        };
        let page = page(&record);
        assert!(page.contains("CPU time for a request") && !page.contains("<h2>Memory</h2>"));
        assert!(page.contains("&lt;small&gt;") && !page.contains("<small>"));
        assert!(page.contains("<b>5.5×</b>hyper’s CPU"));
        assert!(page.contains("class=\"met\"") && page.matches("<svg ").count() == 1);
        for outside in ["src=", "href=", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
