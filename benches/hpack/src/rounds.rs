//! Rounds, each in a process of its own: where the memory of a process lies is luck, and makes the
//! same code of a library a quarter faster or slower for as long as it lives.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::corpus::Corpus;
use crate::library::Library;
use crate::measure::measure;
use crate::report::{Row, Section};
use crate::workload::Workload;

/// Measures `sections` once more, and adds to every row; to those of slow libraries only
/// `with_slow`. `program` is this very one, started as `program --round TASK...`.
pub(crate) fn add(
    program: &Path,
    sections: &mut [Section],
    libraries: &[Library],
    with_slow: bool,
) -> Result<()> {
    let mut command = Command::new(program);
    command.arg("--round");
    for section in &*sections {
        let takes_part = |library: &&Library| {
            section.workload.is_for(library)
                && library.does(section.workload.family())
                && (with_slow || !library.is_slow)
        };
        for library in libraries.iter().filter(takes_part) {
            command.arg(task(section.workload, library.name));
        }
    }
    let output = command.output().context("cannot start a round")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("a round ended with {}:\n{said}", output.status);
    }
    let said = String::from_utf8(output.stdout).context("a round printed no text")?;
    for line in said.lines() {
        let figure = Figure::parse(line).with_context(|| format!("a round printed `{line}`"))?;
        figure.add_to(sections, libraries)?;
    }
    Ok(())
}

/// Does the tasks of that name, and prints a [`Figure`] for each.
pub(crate) fn run(tasks: &[String], libraries: &[Library]) -> Result<()> {
    let corpus = Corpus::all()?;
    for workload in Workload::all() {
        let is_asked = |library: &&Library| tasks.contains(&task(workload, library.name));
        let asked: Vec<&Library> = libraries.iter().filter(is_asked).collect();
        if asked.is_empty() {
            continue;
        }
        let material = workload.material(&corpus);
        for (library, nanoseconds) in measure(workload, &asked, &material) {
            println!("{}\t{library}\t{nanoseconds}", workload.name());
        }
    }
    Ok(())
}

fn task(workload: Workload, library: &str) -> String {
    format!("{} by {library}", workload.name())
}

/// What one library needs in one workload.
#[derive(Debug, PartialEq)]
struct Figure<'l> {
    workload: Workload,
    library: &'l str,
    /// For a unit.
    nanoseconds: f64,
}

impl<'l> Figure<'l> {
    fn parse(line: &'l str) -> Option<Self> {
        let mut parts = line.split('\t');
        let figure = Self {
            workload: Workload::from_name(parts.next()?)?,
            library: parts.next()?,
            nanoseconds: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(figure)
    }

    /// Adds it to the row of its library, which may be new.
    fn add_to(&self, sections: &mut [Section], libraries: &[Library]) -> Result<()> {
        let mut known = libraries.iter();
        let library = known.find(|library| library.name == self.library);
        let library = library.with_context(|| format!("nobody asked for {}", self.library))?;
        let mut sections = sections.iter_mut();
        let section = sections.find(|section| section.workload == self.workload);
        let rows = &mut section.context("nobody asked for that workload")?.rows;
        let at = rows.iter().position(|row| row.library == self.library);
        let at = at.unwrap_or_else(|| {
            rows.push(Row::new(library.name));
            rows.len() - 1
        });
        rows[at].each.push(self.nanoseconds);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_read_and_added_to_its_row() {
        let libraries = crate::libraries::all();
        let mut sections = vec![Section {
            workload: Workload::Encode,
            size: String::new(),
            units: 1,
            rows: Vec::new(),
        }];
        for line in ["encode\teyas\t2.5", "encode\th2\t5", "encode\teyas\t3"] {
            let figure = Figure::parse(line).expect(line);
            figure.add_to(&mut sections, &libraries).expect(line);
        }
        let rows: Vec<_> = sections[0]
            .rows
            .iter()
            .map(|row| (row.library, row.each.clone()))
            .collect();
        assert_eq!(rows, [("eyas", vec![2.5, 3.0]), ("h2", vec![5.0])]);
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        for line in [
            "",
            "encode",
            "encode\teyas",
            "encode\teyas\tsoon",
            "nothing\teyas\t1",
        ] {
            assert_eq!(Figure::parse(line), None, "{line}");
        }
        let figure = Figure::parse("encode\tnobody\t1").expect("it is one");
        assert!(figure.add_to(&mut [], &crate::libraries::all()).is_err());
    }
}
