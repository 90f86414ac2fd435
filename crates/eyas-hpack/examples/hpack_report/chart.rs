//! The report as a drawing: bars by form and by name, and how the ratio goes from list to list.

use std::fmt::Write as _;

use crate::report::{Cost, FORMS, Report};

/// Draws the report as an SVG that can stand on a light page and on a dark one.
pub(crate) fn draw(report: &Report) -> String {
    let total = report.total();
    let mut drawing = Drawing {
        body: String::new(),
        y: 24.0,
    };
    let lists = report.lists.len();
    drawing.text(
        0.0,
        "title",
        &format!("HPACK: {lists} header lists, {} fields", total.fields),
    );
    drawing.y += 21.0;
    let [raw, sent] = [total.raw, total.sent].map(grouped);
    let percent = total.percent();
    let line = format!("{raw} octets of names and values, sent as {sent}: {percent:.1} %");
    drawing.text(0.0, "dim", &line);

    let forms = FORMS.iter().zip(&report.forms);
    drawing.bars(
        "Octets by form",
        forms.map(|((_, name), cost)| (*name, *cost)),
    );
    drawing.course(&report.lists);
    drawing.bars("The costliest names", report.costliest());

    let (height, body) = (drawing.y + 24.0, drawing.body);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-{MARGIN} 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <title>HPACK report</title>\n<style>{STYLE}</style>\n{body}</svg>\n"
    )
}

struct Drawing {
    body: String,
    /// The line to write on.
    y: f64,
}

impl Drawing {
    /// A row for each name: what there was, and upon it what was sent.
    fn bars<'r>(&mut self, title: &str, rows: impl IntoIterator<Item = (&'r str, Cost)>) {
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|(_, cost)| cost.fields > 0)
            .collect();
        let longest = rows.iter().map(|(_, cost)| cost.raw.max(cost.sent)).max();
        let scale = BAR / longest.unwrap_or(0).max(1) as f64;
        self.head(title);
        for (name, cost) in rows {
            self.y += 25.0;
            self.text(LEFT - 10.0, "end", &shortened(name));
            self.rect(cost.raw as f64 * scale, "raw");
            self.rect(cost.sent as f64 * scale, "sent");
            let [fields, raw, sent] = [cost.fields, cost.raw, cost.sent].map(grouped);
            let end = LEFT + cost.raw.max(cost.sent) as f64 * scale + 8.0;
            let s = if cost.fields == 1 { "" } else { "s" };
            self.text(end, "", &format!("{raw} → {sent}"));
            self.text(LEFT + BAR + 190.0, "dim end", &format!("{fields} field{s}"));
        }
    }

    /// The ratio of each list, and that of all lists so far.
    fn course(&mut self, lists: &[Cost]) {
        self.head("Octets sent for a hundred, list by list");
        self.y += 18.0;
        let top = self.y;
        let most = lists.iter().map(Cost::percent).fold(100.0, f64::max);
        let at = |percent: f64| top + HEIGHT * (1.0 - percent / most);
        for percent in [0.0, 25.0, 50.0, 75.0, 100.0] {
            let y = at(percent);
            let _ = writeln!(
                self.body,
                r#"<line x1="{LEFT}" y1="{y:.1}" x2="{RIGHT}" y2="{y:.1}" class="grid"/>"#
            );
            self.y = y + 4.5;
            self.text(LEFT - 10.0, "dim end", &format!("{percent}"));
        }
        let step = (RIGHT - LEFT) / lists.len() as f64;
        let mut so_far = Cost::default();
        let mut line = String::new();
        for (number, cost) in lists.iter().enumerate() {
            so_far.raw += cost.raw;
            so_far.sent += cost.sent;
            let (left, y) = (LEFT + step * number as f64, at(cost.percent()));
            let (x, width) = (left + step * 0.15, (step * 0.7).min(40.0));
            let x = x + (step * 0.7 - width) / 2.0;
            let _ = writeln!(
                self.body,
                r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{:.1}" class="sent"/>"#,
                at(0.0) - y
            );
            let _ = write!(
                line,
                "{:.1},{:.1} ",
                left + step / 2.0,
                at(so_far.percent())
            );
        }
        let _ = writeln!(
            self.body,
            r#"<polyline points="{}" class="line"/>"#,
            line.trim_end()
        );
        self.y = at(0.0) + 18.0;
        self.text(LEFT + step / 2.0, "dim middle", "1");
        if lists.len() > 1 {
            self.text(RIGHT - step / 2.0, "dim middle", &lists.len().to_string());
        }
        self.text(
            (LEFT + RIGHT) / 2.0,
            "dim middle",
            "bars: each list; line: all lists so far",
        );
    }

    fn head(&mut self, title: &str) {
        self.y += 40.0;
        self.text(0.0, "head", title);
    }

    /// A bar on the line that is being written.
    fn rect(&mut self, width: f64, class: &str) {
        let (y, height, top) = match class {
            "sent" => (self.y, 8, 8.5),
            _ => (self.y, 18, 13.5),
        };
        let top = y - top;
        let _ = writeln!(
            self.body,
            r#"<rect x="{LEFT}" y="{top:.1}" width="{width:.1}" height="{height}" rx="2" class="{class}"/>"#
        );
    }

    fn text(&mut self, x: f64, class: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let y = self.y;
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" class="{class}">{text}</text>"#
        );
    }
}

/// A name that does not run out of the drawing.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME_CHARS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// A number with a comma at every third digit.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

const MARGIN: u32 = 16;
const WIDTH: u32 = 840;
const LEFT: f64 = 180.0;
const RIGHT: f64 = 808.0;
/// So many characters of a common font fit before the bars.
const NAME_CHARS: usize = 24;
/// The longest bar; behind it stand its figures.
const BAR: f64 = 438.0;
/// Of the course from list to list.
const HEIGHT: f64 = 140.0;

/// Colours that hold on a white page, and a set of their own for a dark one.
const STYLE: &str = "text{fill:#24292f}.title{font-size:17px;font-weight:600}.head{font-weight:600}\
.dim{fill:#6e7781}.end{text-anchor:end}.middle{text-anchor:middle}\
.raw{fill:#d3d9df}.sent{fill:#d9622b}.grid{stroke:#d3d9df}\
.line{fill:none;stroke:#24292f;stroke-width:2;stroke-linejoin:round}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#9198a1}\
.raw{fill:#3a4149}.sent{fill:#f0883e}.grid{stroke:#3a4149}.line{stroke:#e6edf3}}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists;

    #[test]
    fn every_form_and_every_list_has_its_bar() {
        let lists = lists::parse("a<b: c&d\n\na<b: c&d\n\na<b: c&d\n").unwrap();
        let drawn = draw(&Report::of(&lists, 4096).unwrap());
        // Two forms and a name with two bars each, three lists with one.
        assert_eq!(drawn.matches("<rect").count(), 2 * 2 + 2 + 3);
        assert!(drawn.contains(">a&lt;b<"));
        assert_eq!(
            drawn.matches("<text").count(),
            drawn.matches("</text>").count()
        );
        let line = drawn.split("points=\"").nth(1).unwrap();
        assert_eq!(line.split('"').next().unwrap().split(' ').count(), 3);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(
            shortened("content-security-policy"),
            "content-security-policy"
        );
        assert_eq!(shortened(&"ä".repeat(25)), format!("{}…", "ä".repeat(24)));
    }

    #[test]
    fn large_numbers_are_grouped() {
        let numbers = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
    }
}
