//! The report as a drawing: horizontal bars, the shorter the better.

use std::fmt::Write as _;

use crate::corpus::Strings;
use crate::libraries::{BOUND, OURS};
use crate::report::{Row, Section};
use crate::workload::{Cache, Workload};

/// Draws the sections that show most. `about` is one line on how it was measured.
pub(crate) fn draw(sections: &[Section], about: &str) -> String {
    let mut body = String::new();
    let mut y = TOP;
    let _ = writeln!(
        body,
        r#"<text x="0" y="20" class="title">HPACK: time, the shorter the better</text>"#
    );
    let _ = writeln!(
        body,
        r#"<text x="0" y="40" class="dim">{}</text>"#,
        escaped(about)
    );
    for section in sections.iter().filter(|section| is_drawn(section.workload)) {
        group(&mut body, &mut y, section);
    }
    let height = y;
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" font-size="13">
<title>HPACK: time for a field, and for an octet of text</title>
<style>{STYLE}</style>
{body}</svg>
"#
    )
}

fn is_drawn(workload: Workload) -> bool {
    match workload {
        Workload::Decode(suite) => suite.is_some(),
        Workload::Encode => true,
        Workload::Huffman(_, strings, cache) => strings == Strings::All && cache == Cache::Warm,
    }
}

fn group(body: &mut String, y: &mut u32, section: &Section) {
    // Without those that would make all other bars a point.
    let time = |row: &Row| row.nanoseconds().filter(|_| row.library != "loona-hpack");
    let is_bar = |row: &&Row| row.library != BOUND || !section.is_huffman();
    let bars: Vec<(&Row, f64)> = section
        .rows
        .iter()
        .filter(is_bar)
        .filter_map(|row| Some((row, time(row)?)))
        .collect();
    let longest = bars
        .iter()
        .map(|(_, time)| *time)
        .fold(f64::MIN_POSITIVE, f64::max);
    let unit = if section.is_huffman() {
        "ns an octet of text"
    } else {
        "ns a field"
    };
    *y += 30;
    let name = escaped(&section.workload.name());
    let _ = writeln!(
        body,
        r#"<text x="0" y="{y}" class="head">{name} <tspan class="dim">{unit}</tspan></text>"#
    );
    *y += 8;
    for (row, time) in bars {
        let class = match row.library {
            BOUND => "bound",
            name if name.starts_with(OURS) => "ours",
            _ => "bar",
        };
        let width = BAR * time / longest;
        let (baseline, end) = (*y + 13, f64::from(LEFT) + width + 8.0);
        let decimals = if section.is_huffman() { 2 } else { 1 };
        let ratio = section
            .ours()
            .filter(|ours| ours.library != row.library)
            .and_then(|ours| row.time_ratio(ours))
            .map_or_else(String::new, |ratio| format!(" · {ratio:.2}×"));
        let _ = writeln!(
            body,
            r#"<text x="{}" y="{baseline}" text-anchor="end" class="{class}-name">{}</text><rect x="{LEFT}" y="{y}" width="{width:.1}" height="17" rx="2" class="{class}"/><text x="{end:.1}" y="{baseline}">{time:.decimals$}<tspan class="dim">{ratio}</tspan></text>"#,
            LEFT - 8,
            escaped(row.library),
        );
        *y += 22;
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const WIDTH: u32 = 760;
const LEFT: u32 = 110;
const TOP: u32 = 46;
/// The longest bar; behind it stands its figure.
const BAR: f64 = 520.0;

/// Colours that hold on white and on black, and a set of their own for readers with a dark page.
const STYLE: &str = "text{fill:#24292f}.title{font-size:17px;font-weight:600}.head,.ours-name{font-weight:600}\
.dim{fill:#6e7781;font-weight:400}.bar{fill:#a8b1bb}.bound{fill:#d3d9df}.ours{fill:#d9622b}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}.bar{fill:#5b646e}.bound{fill:#3a4149}.ours{fill:#f0883e}}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Direction;

    fn section(workload: Workload, times: &[(&'static str, f64)]) -> Section {
        let row = |&(library, each)| Row {
            each: vec![each],
            ..Row::new(library)
        };
        Section {
            workload,
            size: String::new(),
            units: 1,
            rows: times.iter().map(row).collect(),
        }
    }

    #[test]
    fn the_slowest_fills_the_width_and_each_rival_shows_its_ratio_to_ours() {
        let times = [("eyas", 40.0), ("h2", 100.0), ("memcpy", 10.0)];
        let drawn = draw(&[section(Workload::Encode, &times)], "a & b");
        assert_eq!(drawn.matches("<rect").count(), 3);
        assert!(drawn.contains(r#"width="520.0" height="17" rx="2" class="bar""#));
        assert!(drawn.contains(r#"width="208.0" height="17" rx="2" class="ours""#));
        assert!(drawn.contains("100.0<tspan class=\"dim\"> · 2.50×</tspan>"));
        assert!(drawn.contains("40.0<tspan class=\"dim\"></tspan>"));
        assert!(drawn.contains("a &amp; b"));
        for tag in ["text", "tspan", "svg", "style", "title"] {
            let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
            assert_eq!(
                drawn.matches(&open).count(),
                drawn.matches(&close).count(),
                "{tag}"
            );
        }
    }

    #[test]
    fn what_would_hide_the_rest_is_left_out() {
        let polluted = Workload::Huffman(Direction::Decode, Strings::All, Cache::Polluted);
        let warm = Workload::Huffman(Direction::Decode, Strings::All, Cache::Warm);
        let times = [("eyas", 2.0), ("memcpy", 0.1), ("loona-hpack", 100.0)];
        let sections = [
            section(polluted, &times),
            section(warm, &times),
            section(Workload::Decode(None), &times),
        ];
        assert_eq!(draw(&sections, "").matches("<rect").count(), 1);
    }
}
