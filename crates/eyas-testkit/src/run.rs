//! Runs scripts against subjects, in every way their octets can be chopped, and reports or rewrites what differs.

use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::diff;
use crate::print::FramePrinter;
use crate::script::{Script, ScriptTurn, Stimulus, normal};
use crate::subject::{Mode, Pace, Setup, Subject};

/// Runs every script, `*.h2`, in a folder and below it.
///
/// With `UPDATE=1` in the environment, expectations that differ are rewritten in place, from the run in which all
/// octets come at once.
///
/// # Panics
///
/// With a report of all scripts that fail; also if there is no script, or a file cannot be read.
pub fn check_dir<S: Subject>(dir: &Path, new: impl Fn(&Setup) -> S) {
    let mut paths = Vec::new();
    find_scripts(dir, &mut paths);
    assert!(!paths.is_empty(), "no script in {}", dir.display());
    paths.sort();
    let reports: Vec<String> = paths
        .iter()
        .filter_map(|path| run_file(path, &new).err())
        .collect();
    assert!(
        reports.is_empty(),
        "{} of {} scripts fail\n\n{}",
        reports.len(),
        paths.len(),
        reports.join("\n")
    );
}

/// Runs one script, like [`check_dir`].
///
/// # Panics
///
/// With a report, if the script fails or cannot be read.
pub fn check_file<S: Subject>(path: &Path, new: impl Fn(&Setup) -> S) {
    if let Err(report) = run_file(path, &new) {
        panic!("{report}");
    }
}

/// Runs the text of a script in every mode: whole, input octet by octet, output octet by octet, both, and with the
/// turns of up to 64 octets cut in two at each place.
///
/// # Errors
///
/// A report of the first mode that fails: expected and received lines side by side, beneath the line that caused
/// them.
///
/// ```
/// use std::time::Duration;
/// use eyas_testkit::{Subject, Turn, check_text};
///
/// /// Writes back what it gets.
/// struct Echo(Vec<u8>);
///
/// impl Subject for Echo {
///     fn input(&mut self, octets: &[u8]) {
///         self.0.extend_from_slice(octets);
///     }
///     fn end_of_input(&mut self) {}
///     fn app(&mut self, command: &str) -> Result<(), String> {
///         Err(format!("cannot {command}"))
///     }
///     fn advance(&mut self, _by: Duration) {}
///     fn turn(&mut self) -> Turn {
///         Turn { octets: std::mem::take(&mut self.0), ..Turn::default() }
///     }
/// }
///
/// let script = "
///     peer> PING zeros:8
///       us> PING zeros:8
///      app> dance
///      app! cannot dance
/// ";
/// check_text("echo", script, |_setup| Echo(Vec::new()))?;
/// let report = check_text("echo", "peer> PING zeros:8", |_setup| Echo(Vec::new())).unwrap_err();
/// assert!(report.contains("us> PING zeros:8"));
/// # Ok::<(), String>(())
/// ```
pub fn check_text<S: Subject>(
    name: &str,
    text: &str,
    new: impl Fn(&Setup) -> S,
) -> Result<(), String> {
    let script = Script::parse(text).map_err(|error| format!("{name}: {error}\n"))?;
    let source: Vec<&str> = text.lines().collect();
    for cut in cuts(&script) {
        let fails = |what: String| format!("{name}, {}:\n{what}", cut.describe());
        let transcript = run(&script, cut, &new).map_err(fails)?;
        if let Some(picture) = compare(&script, &source, &transcript) {
            return Err(fails(picture));
        }
    }
    Ok(())
}

/// The text of a script with its expectations as the subject fulfils them. Turns that match keep their lines, with
/// every `…` in them; so do comments.
///
/// # Errors
///
/// A sentence, if the script cannot be read or the subject panics.
pub fn update_text<S: Subject>(
    name: &str,
    text: &str,
    new: impl Fn(&Setup) -> S,
) -> Result<String, String> {
    let named = |error: String| format!("{name}: {error}\n");
    let script = Script::parse(text).map_err(named)?;
    let transcript = run(&script, Cut::default(), &new).map_err(named)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // From the end, so that line numbers in front stay right.
    for (turn, got) in script.turns.iter().zip(&transcript).rev() {
        if matches(turn, got) {
            continue;
        }
        for expected in turn.expected.iter().rev() {
            lines.remove(expected.line);
        }
        let at = turn
            .expected
            .first()
            .map_or(turn.line + 1, |expected| expected.line);
        let margin = margin(&lines[turn.line]);
        lines.splice(at..at, got.iter().map(|line| in_column(margin, line)));
    }
    Ok(lines.join("\n") + "\n")
}

/// A line with its mark right-aligned as in `peer>`, so that the directions stand out at the left.
fn in_column(margin: usize, line: &str) -> String {
    let mark = line.split(' ').next().unwrap_or_default().len();
    format!("{:1$}{line}", "", margin + MARK_WIDTH.saturating_sub(mark))
}

/// How far a script is indented, by the stimulus that stands in `line`.
fn margin(line: &str) -> usize {
    let text = line.trim_start();
    let mark = text.split_whitespace().next().unwrap_or_default().len();
    (line.len() - text.len()).saturating_sub(MARK_WIDTH.saturating_sub(mark))
}

fn run_file<S: Subject>(path: &Path, new: &impl Fn(&Setup) -> S) -> Result<(), String> {
    let name = path.display().to_string();
    let mut text = fs::read_to_string(path).map_err(|error| format!("{name}: {error}\n"))?;
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        let updated = update_text(&name, &text, new)?;
        if updated != text {
            fs::write(path, &updated).map_err(|error| format!("{name}: {error}\n"))?;
            text = updated;
        }
    }
    check_text(&name, &text, new)
}

fn find_scripts(dir: &Path, paths: &mut Vec<PathBuf>) {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => panic!("{}: {error}", dir.display()),
    };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            find_scripts(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "h2") {
            paths.push(path);
        }
    }
}

/// How one run chops octets.
#[derive(Clone, Copy, Default)]
struct Cut {
    mode: Mode,
    /// The place at which the input of short turns is cut in two.
    at: Option<usize>,
}

impl Cut {
    fn describe(self) -> String {
        match (self.mode.input, self.mode.output, self.at) {
            (_, _, Some(at)) => format!("input of short turns cut behind octet {at}"),
            (Pace::Whole, Pace::Whole, _) => "octets at once".into(),
            (Pace::OctetByOctet, Pace::Whole, _) => "input octet by octet".into(),
            (Pace::Whole, Pace::OctetByOctet, _) => "output octet by octet".into(),
            (Pace::OctetByOctet, Pace::OctetByOctet, _) => "input and output octet by octet".into(),
        }
    }

    fn pieces(self, octets: &[u8]) -> impl Iterator<Item = &[u8]> {
        let first = match (self.mode.input, self.at) {
            (Pace::OctetByOctet, _) => 1,
            (Pace::Whole, Some(at)) if octets.len() <= CUT_MAX => at,
            (Pace::Whole, _) => octets.len(),
        };
        let (first, rest) = octets.split_at(first.min(octets.len()));
        let step = if self.mode.input == Pace::OctetByOctet {
            1
        } else {
            rest.len().max(1)
        };
        (!first.is_empty())
            .then_some(first)
            .into_iter()
            .chain(rest.chunks(step))
    }
}

/// All runs of a script, the plainest first.
fn cuts(script: &Script) -> Vec<Cut> {
    let short = |turn: &ScriptTurn| match &turn.stimulus {
        Stimulus::Octets(octets) if octets.len() <= CUT_MAX => octets.len(),
        _ => 0,
    };
    let longest = script.turns.iter().map(short).max().unwrap_or(0);
    let mut cuts = Vec::new();
    for input in [Pace::Whole, Pace::OctetByOctet] {
        for output in [Pace::Whole, Pace::OctetByOctet] {
            cuts.push(Cut {
                mode: Mode { input, output },
                at: None,
            });
        }
    }
    cuts.extend((1..longest).map(|at| Cut {
        mode: Mode::default(),
        at: Some(at),
    }));
    cuts
}

/// What came of each turn, as lines in canonical order.
fn run<S: Subject>(
    script: &Script,
    cut: Cut,
    new: &impl Fn(&Setup) -> S,
) -> Result<Vec<Vec<String>>, String> {
    let line = Cell::new(None);
    let whole_script = || {
        let setup = Setup::new(script.config.iter().cloned(), cut.mode);
        let mut subject = new(&setup);
        let (mut printer, mut was_closed) = (FramePrinter::new(), false);
        let turns = script.turns.iter().map(|turn| {
            line.set(Some(turn.line));
            play(turn, cut, &mut subject, &mut printer, &mut was_closed)
        });
        turns.collect()
    };
    // A panic of the subject fails its script alone, and the report says which line it was.
    catch_unwind(AssertUnwindSafe(whole_script)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        let at = line.get().map_or_else(
            || "before the first turn".into(),
            |line: usize| format!("in the turn of line {}", line + 1),
        );
        format!("panic {at}: {message}\n")
    })
}

fn play<S: Subject>(
    turn: &ScriptTurn,
    cut: Cut,
    subject: &mut S,
    printer: &mut FramePrinter,
    was_closed: &mut bool,
) -> Vec<String> {
    let mut lines = Vec::new();
    match &turn.stimulus {
        Stimulus::Octets(octets) => cut.pieces(octets).for_each(|piece| subject.input(piece)),
        Stimulus::EndOfInput => subject.end_of_input(),
        Stimulus::App(command) => lines.extend(
            subject
                .app(command)
                .err()
                .map(|error| normal(&format!("app! {error}"))),
        ),
        Stimulus::Advance(by) => subject.advance(*by),
    }
    turn.table_limits
        .iter()
        .for_each(|&limit| printer.set_table_limit(limit));
    let outcome = subject.turn();
    lines.extend(
        outcome
            .app
            .iter()
            .map(|line| normal(&format!("app< {line}"))),
    );
    lines.extend(
        printer
            .feed(&outcome.octets)
            .iter()
            .map(|line| format!("us> {line}")),
    );
    if printer.unfinished_octets() > 0 {
        lines.push(format!(
            "us! UNFINISHED octets={}",
            printer.unfinished_octets()
        ));
    }
    if outcome.closed && !*was_closed {
        lines.push("us! CLOSE".into());
        *was_closed = true;
    }
    lines
}

fn aligned<'a>(
    turn: &'a ScriptTurn,
    got: &'a [String],
) -> (Vec<(usize, &'a str)>, Vec<&'a str>, Vec<diff::Row>) {
    let expected: Vec<(usize, &str)> = turn
        .expected
        .iter()
        .map(|expected| (expected.line, expected.text.as_str()))
        .collect();
    let got: Vec<&str> = got.iter().map(String::as_str).collect();
    let rows = diff::align(
        &expected.iter().map(|(_, text)| *text).collect::<Vec<_>>(),
        &got,
    );
    (expected, got, rows)
}

fn matches(turn: &ScriptTurn, got: &[String]) -> bool {
    aligned(turn, got).2.iter().all(|row| row.same)
}

/// A picture of the first turns that differ, if any.
fn compare(script: &Script, source: &[&str], transcript: &[Vec<String>]) -> Option<String> {
    let mut differing = script
        .turns
        .iter()
        .zip(transcript)
        .filter(|(turn, got)| !matches(turn, got));
    let mut picture = String::new();
    for (turn, got) in differing.by_ref().take(TURNS_SHOWN_MAX) {
        let (expected, got, rows) = aligned(turn, got);
        picture.push_str(&format!(
            "{:>5}  {}\n",
            turn.line + 1,
            source[turn.line].trim()
        ));
        diff::print(&rows, &expected, &got, &mut picture);
    }
    match differing.count() {
        0 if picture.is_empty() => return None,
        0 => {}
        more => picture.push_str(&format!("       and {more} more turns\n")),
    }
    Some(picture)
}

/// Turns of more octets are not cut in two at each place: runs are as many as the longest such turn has octets.
const CUT_MAX: usize = 64;

/// The width of `peer>`.
const MARK_WIDTH: usize = 5;

/// What goes wrong first is the cause of most that follows.
const TURNS_SHOWN_MAX: usize = 3;
