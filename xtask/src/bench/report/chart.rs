//! Bars as SVG: one workload, one bar a server, the shortest first.

use std::fmt::Write as _;

use crate::bench::serve::record::{Figures, Metric};
use crate::bench::serve::servers::Server;
use crate::bench::serve::workloads::Workload;

/// The bars of one workload.
#[derive(Debug)]
pub(crate) struct Chart {
    title: &'static str,
    metric: Metric,
    bars: Vec<Bar>,
}

#[derive(Debug)]
struct Bar {
    server: Server,
    value: f64,
    /// How many times the figure of eyas this is.
    times_ours: Option<f64>,
}

impl Chart {
    /// The headline figure of `workload`; `None` when nobody was measured.
    pub(crate) fn of(workload: &Workload, figures: &Figures) -> Option<Self> {
        let metric = workload.headline();
        let measured = Server::ALL.into_iter().filter_map(|server| {
            Some(Bar {
                server,
                value: figures.median(server, metric)?,
                times_ours: figures.ratio(metric, server, Server::Eyas),
            })
        });
        let mut bars: Vec<Bar> = measured.collect();
        bars.sort_by(|a, b| a.value.total_cmp(&b.value));
        (!bars.is_empty()).then_some(Self {
            title: workload.title,
            metric,
            bars,
        })
    }

    /// As a part of a page that has the styles and a heading.
    pub(crate) fn inline(&self) -> String {
        let height = self.bars.len() as f64 * ROW;
        let mut svg = self.open(height, 0.0);
        svg += &self.rows(0.0);
        svg += "</svg>\n";
        svg
    }

    /// As a file of its own, with a heading and a ground, for light and for dark surroundings.
    pub(crate) fn file(&self) -> String {
        let lines = wrapped(self.title, LINE_CHARACTERS);
        let top = 16.0 + lines.len() as f64 * 18.0 + 22.0;
        let height = top + self.bars.len() as f64 * ROW + 10.0;
        let mut svg = self.open(height, MARGIN);
        let _ = writeln!(svg, "<style>{}</style>", STYLE.trim());
        let (left, width) = (-MARGIN, WIDTH + 2.0 * MARGIN);
        let _ = writeln!(
            svg,
            r#"<rect class="ground" x="{left}" y="0" width="{width}" height="{height}" rx="8"/>"#
        );
        for (at, line) in lines.iter().enumerate() {
            let y = 26.0 + at as f64 * 18.0;
            let _ = writeln!(svg, r#"<text class="title" x="0" y="{y}">{line}</text>"#);
        }
        let y = top - 14.0;
        let note = format!("{}; less is better", self.metric.label());
        let _ = writeln!(
            svg,
            r#"<text class="note" x="0" y="{y}">{}</text>"#,
            escaped(&note)
        );
        svg += &self.rows(top);
        svg += "</svg>\n";
        svg
    }

    fn open(&self, height: f64, margin: f64) -> String {
        let of = |bar: &Bar| format!("{} {}", bar.server.name(), self.metric.format(bar.value));
        let values: Vec<String> = self.bars.iter().map(of).collect();
        let said = format!(
            "{}, {}: {}",
            self.title,
            self.metric.label(),
            values.join(", ")
        );
        let (left, width) = (-margin, WIDTH + 2.0 * margin);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{left} 0 {width} {height}\" \
             role=\"img\" aria-label=\"{}\">\n",
            escaped(&said)
        )
    }

    fn rows(&self, top: f64) -> String {
        let most = self.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let mut rows = String::new();
        for (at, bar) in self.bars.iter().enumerate() {
            let y = top + at as f64 * ROW;
            let length = if most > 0.0 {
                bar.value / most * LONGEST
            } else {
                0.0
            };
            let class = match bar.server {
                Server::Eyas => "ours",
                Server::Floor => "floor",
                _ => "theirs",
            };
            let name = bar.server.name();
            let base = y + 16.0;
            let _ = writeln!(
                rows,
                r#"<text class="name {class}" x="{}" y="{base}">{name}</text>"#,
                BARS - 8.0
            );
            let _ = writeln!(
                rows,
                r#"<rect class="bar {class}" x="{BARS}" y="{}" width="{:.1}" height="{}" rx="2"/>"#,
                y + 3.0,
                length.max(1.0),
                ROW - 6.0
            );
            let value = self.metric.format(bar.value);
            let ratio = match bar.times_ours {
                Some(times) if bar.server != Server::Eyas => {
                    format!(
                        r#"<tspan class="ratio" dx="6">{}</tspan>"#,
                        times_text(times)
                    )
                }
                _ => String::new(),
            };
            let _ = writeln!(
                rows,
                r#"<text class="value {class}" x="{:.1}" y="{base}">{value}{ratio}</text>"#,
                BARS + length.max(1.0) + 6.0
            );
        }
        rows
    }
}

/// Such as `2.4×`.
fn times_text(times: f64) -> String {
    let digits = if times < 0.1 {
        2
    } else {
        usize::from(times < 10.0)
    };
    format!("{times:.digits$}×")
}

/// Cut between words, so that no line has more than `most` characters where that can be.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| escaped(line)).collect()
}

/// Text as it may stand in markup.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Colours and fonts, the same in the page and in each file.
pub(crate) const STYLE: &str = include_str!("chart.css");

/// In units of the picture; on a phone one is about as wide as a pixel.
const WIDTH: f64 = 344.0;
const MARGIN: f64 = 16.0;
const ROW: f64 = 24.0;
/// Where bars begin, and how long the longest is: the rest is for names and figures.
const BARS: f64 = 66.0;
const LONGEST: f64 = 176.0;
const LINE_CHARACTERS: usize = 44;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::serve::catalogue;
    use crate::bench::serve::record::tests::figures;

    fn chart() -> Chart {
        let workload = catalogue::named("small-c8m100").expect("it is there");
        let figures = figures(
            Metric::CpuMicros,
            &[
                (Server::Eyas, &[0.5]),
                (Server::Hyper, &[3.0]),
                (Server::Floor, &[0.25]),
            ],
        );
        Chart::of(workload, &figures).expect("bars")
    }

    #[test]
    fn the_least_is_first_and_ratios_are_to_ours() {
        let svg = chart().inline();
        let at = |text: &str| {
            svg.find(text)
                .unwrap_or_else(|| panic!("no {text} in {svg}"))
        };
        assert!(at(">floor<") < at(">eyas<") && at(">eyas<") < at(">hyper<"));
        assert!(at("6.0×") > at(">hyper<") && svg.contains("0.5×"));
        assert!(!svg.contains("1.0×"), "ours has no ratio to itself");
    }

    #[test]
    fn the_longest_bar_leaves_room_for_its_figures() {
        let svg = chart().file();
        assert!(svg.contains(r#"width="176.0""#));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn long_titles_are_cut_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a < b", 20), ["a &lt; b"]);
    }
}
