//! The report as a drawing: horizontal bars, the shorter the better.

use std::fmt::Write as _;

use crate::corpus::Strings;
use crate::libraries::{BOUND, OURS};
use crate::report::{Row, Section};
use crate::workload::{Cache, Workload};

/// Draws the sections that show most. `about` is one line on how it was measured.
pub(crate) fn draw(sections: &[Section], about: &str) -> String {
    let mut drawing = Drawing {
        body: String::new(),
        y: 20,
    };
    drawing.text(0.0, "title", "HPACK: time, the shorter the better");
    drawing.y += 20;
    drawing.text(0.0, "dim", about);
    for section in sections.iter().filter(|section| is_drawn(section.workload)) {
        drawing.section(section);
    }
    let (height, body) = (drawing.y + 16, drawing.body);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-{MARGIN} 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <title>HPACK: time for a field, and for an octet of text</title>\n\
         <style>{STYLE}</style>\n{body}</svg>\n"
    )
}

fn is_drawn(workload: Workload) -> bool {
    match workload {
        Workload::Decode(suite) => suite.is_some(),
        Workload::Encode => true,
        Workload::Huffman(_, strings, cache) => strings == Strings::All && cache == Cache::Warm,
    }
}

struct Drawing {
    body: String,
    /// The line to write on.
    y: u32,
}

impl Drawing {
    fn section(&mut self, section: &Section) {
        self.y += 36;
        self.text(0.0, "head", &section.workload.name());
        let unit = if section.is_huffman() {
            "ns an octet of text"
        } else {
            "ns a field"
        };
        self.text(f64::from(LEFT) + BAR, "dim end", unit);
        let ours = section.ours();
        // A copy takes next to nothing beside a Huffman code; and who needs ten times as long would
        // make points of all other bars.
        let shows = |row: &&Row| {
            let ratio = ours.and_then(|ours| row.time_ratio(ours)).unwrap_or(1.0);
            ratio < 10.0 && (row.library != BOUND || !section.is_huffman())
        };
        let rows = section.rows.iter().filter(shows);
        let bars: Vec<_> = rows
            .filter_map(|row| Some((row, row.nanoseconds()?)))
            .collect();
        let longest = bars
            .iter()
            .map(|(_, time)| *time)
            .fold(f64::MIN_POSITIVE, f64::max);
        for (row, time) in bars {
            let ratio = ours.filter(|ours| ours.library != row.library);
            let ratio = ratio.and_then(|ours| row.time_ratio(ours));
            let decimals = if section.is_huffman() { 2 } else { 1 };
            self.y += 22;
            self.bar(
                row.library,
                BAR * time / longest,
                &format!("{time:.decimals$}"),
                ratio,
            );
        }
    }

    fn bar(&mut self, library: &str, width: f64, figure: &str, ratio: Option<f64>) {
        let class = match library {
            BOUND => "bound",
            name if name.starts_with(OURS) => "ours",
            _ => "bar",
        };
        self.text(f64::from(LEFT) - 8.0, &format!("{class}-name end"), library);
        let top = self.y - 13;
        let _ = writeln!(
            self.body,
            r#"<rect x="{LEFT}" y="{top}" width="{width:.1}" height="17" rx="2" class="{class}"/>"#
        );
        let end = f64::from(LEFT) + width + 8.0;
        self.text(end, "", figure);
        if let Some(ratio) = ratio {
            // Digits of most fonts are as wide as this.
            let end = end + 8.0 * figure.len() as f64 + 8.0;
            self.text(end, "dim", &format!("{ratio:.2}×"));
        }
    }

    fn text(&mut self, x: f64, class: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let y = self.y;
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y}" class="{class}">{text}</text>"#
        );
    }
}

const MARGIN: u32 = 12;
const WIDTH: u32 = 800;
const LEFT: u32 = 110;
/// The longest bar; behind it stand its figure and its ratio to ours.
const BAR: f64 = 540.0;

/// Colours that hold on white and on black, and a set of their own for readers with a dark page.
const STYLE: &str = "text{fill:#24292f}\
.title{font-size:17px;font-weight:600}.head,.ours-name{font-weight:600}\
.dim{fill:#6e7781}.end{text-anchor:end}.bar{fill:#a8b1bb}.bound{fill:#d3d9df}.ours{fill:#d9622b}\
@media(prefers-color-scheme:dark){\
text{fill:#e6edf3}.dim{fill:#9198a1}.bar{fill:#5b646e}.bound{fill:#3a4149}.ours{fill:#f0883e}}";

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
        assert!(drawn.contains(r#"width="540.0" height="17" rx="2" class="bar""#));
        assert!(drawn.contains(r#"width="216.0" height="17" rx="2" class="ours""#));
        assert!(drawn.contains(">2.50×<") && drawn.contains(">0.25×<"));
        assert_eq!(drawn.matches('×').count(), 2);
        assert!(drawn.contains("a &amp; b"));
        assert_eq!(
            drawn.matches("<text").count(),
            drawn.matches("</text>").count()
        );
    }

    #[test]
    fn what_would_hide_the_rest_is_left_out() {
        let polluted = Workload::Huffman(Direction::Decode, Strings::All, Cache::Polluted);
        let warm = Workload::Huffman(Direction::Decode, Strings::All, Cache::Warm);
        let times = [("eyas", 2.0), ("memcpy", 0.1), ("loona-hpack", 100.0)];
        let drawn = |workload| {
            draw(&[section(workload, &times)], "")
                .matches("<rect")
                .count()
        };
        let all = [warm, polluted, Workload::Decode(None), Workload::Encode].map(drawn);
        assert_eq!(all, [1, 0, 0, 2]);
    }
}
