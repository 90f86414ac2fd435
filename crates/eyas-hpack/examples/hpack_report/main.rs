//! What HPACK makes of header lists: reads lists, encodes them one after another, and reports what was sent for
//! what, as tables and as a drawing.
//!
//! ```text
//! cargo run --example hpack_report -- --svg report.svg crates/eyas-hpack/examples/hpack_report/browser.txt
//! ```
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

mod block;
mod chart;
mod lists;
mod report;

use std::io::{self, Read};
use std::process::ExitCode;
use std::{env, fs};

use report::Report;

fn main() -> ExitCode {
    match Options::parse(env::args().skip(1)).and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    if options.help {
        print!("{USAGE}");
        return Ok(());
    }
    let text = match &options.file {
        Some(file) => fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
        None => {
            let mut text = String::new();
            let read = io::stdin().read_to_string(&mut text);
            read.map_err(|error| format!("standard input: {error}"))?;
            text
        }
    };
    let report = Report::of(&lists::parse(&text)?, options.table_size)?;
    print!("{report}");
    if let Some(file) = &options.svg {
        fs::write(file, chart::draw(&report)).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Options {
    file: Option<String>,
    svg: Option<String>,
    table_size: u32,
    help: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            file: None,
            svg: None,
            table_size: eyas_hpack::DEFAULT_TABLE_SIZE,
            help: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--help" | "-h" => options.help = true,
                "--svg" => options.svg = Some(value()?),
                "--table-size" => {
                    let octets = value()?;
                    let parsed = octets.parse();
                    options.table_size =
                        parsed.map_err(|_| format!("{octets} is no number of octets"))?;
                }
                option if option.starts_with("--") => {
                    return Err(format!("there is no option {option}\n\n{USAGE}"));
                }
                _ if options.file.is_some() => return Err("one file at a time".to_owned()),
                _ => options.file = Some(argument).filter(|file| file != "-"),
            }
        }
        Ok(options)
    }
}

const USAGE: &str = "\
Encodes header lists with HPACK and reports what was sent for what.

hpack_report [--svg FILE] [--table-size OCTETS] [FILE]

FILE, or standard input, has one `name: value` a line and an empty line behind each list.
Lines that begin with # are comments.

  --svg FILE           draws the report, too
  --table-size OCTETS  the peer's SETTINGS_HEADER_TABLE_SIZE, 4096 unless given
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_told_from_the_file() {
        let options = parse("--table-size 0 lists.txt --svg out.svg").unwrap();
        assert_eq!(options.file.as_deref(), Some("lists.txt"));
        assert_eq!(
            (options.svg.as_deref(), options.table_size),
            (Some("out.svg"), 0)
        );
        assert_eq!(parse("-").unwrap().file, None);
        assert_eq!(parse("").unwrap().table_size, 4096);
    }

    #[test]
    fn what_is_wrong_with_a_command_line_is_said() {
        for (line, said) in [
            ("--svg", "--svg needs a value"),
            ("--table-size many", "many is no number of octets"),
            ("--tablesize 0", "there is no option --tablesize"),
            ("a b", "one file at a time"),
        ] {
            assert!(parse(line).unwrap_err().starts_with(said), "{line}");
        }
    }
}
