//! The lines of a script, read: a setup, then turns of one stimulus and what is expected of it.

use std::time::Duration;

use crate::encode::encode_frame;
use crate::token::{parse_hex, parse_number, split, tokenize};
use crate::wire::{RawFrame, kind};

#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) config: Vec<(String, String)>,
    pub(crate) turns: Vec<ScriptTurn>,
}

#[derive(Debug)]
pub(crate) struct ScriptTurn {
    /// The stimulus' line, from 0; of several lines joined by `peer+` the last.
    pub(crate) line: usize,
    pub(crate) stimulus: Stimulus,
    /// Each SETTINGS_HEADER_TABLE_SIZE that the peer announces in this turn.
    pub(crate) table_limits: Vec<u32>,
    pub(crate) expected: Vec<Expected>,
}

#[derive(Debug)]
pub(crate) enum Stimulus {
    Octets(Vec<u8>),
    EndOfInput,
    App(String),
    Advance(Duration),
}

#[derive(Debug)]
pub(crate) struct Expected {
    /// From 0.
    pub(crate) line: usize,
    /// The line with its mark, white space between words made one space.
    pub(crate) text: String,
}

impl Script {
    /// Reads a script.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut script = Self::default();
        let mut joined = Joined::default();
        for (number, line) in text.lines().enumerate() {
            let result = script.line(number, line.trim(), &mut joined);
            result.map_err(|error| format!("line {}: {error}", number + 1))?;
        }
        if joined.is_open {
            Err("peer+ wants a peer line behind it".into())
        } else {
            Ok(script)
        }
    }

    fn line(&mut self, number: usize, line: &str, joined: &mut Joined) -> Result<(), String> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (mark, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if joined.is_open && !mark.starts_with("peer") {
            return Err("peer+ wants a peer line behind it".into());
        }
        match mark {
            "config>" if self.turns.is_empty() => self.config.extend(config(rest)?),
            "peer>" => {
                joined.add(&encode_frame(rest)?);
                self.turn(number, joined.close(), joined.take_limits());
            }
            "peer#" => {
                joined.add(&raw_octets(rest)?);
                self.turn(number, joined.close(), joined.take_limits());
            }
            "peer+" => joined.join(&encode_frame(rest)?),
            "peer+#" => joined.join(&raw_octets(rest)?),
            "peer!" if rest == "EOF" && !joined.is_open => {
                self.turn(number, Stimulus::EndOfInput, Vec::new())
            }
            "app>" if !rest.is_empty() => self.turn(number, Stimulus::App(rest.into()), Vec::new()),
            "time>" => self.turn(number, Stimulus::Advance(duration(rest)?), Vec::new()),
            "app<" | "app!" | "us>" | "us!" => self.expect(number, line)?,
            _ => return Err(format!("{line} is no line of a script")),
        }
        Ok(())
    }

    fn turn(&mut self, line: usize, stimulus: Stimulus, table_limits: Vec<u32>) {
        self.turns.push(ScriptTurn {
            line,
            stimulus,
            table_limits,
            expected: Vec::new(),
        });
    }

    fn expect(&mut self, line: usize, text: &str) -> Result<(), String> {
        let turn = self
            .turns
            .last_mut()
            .ok_or("nothing has happened yet that this could come of")?;
        let words = split(text);
        if words.iter().rev().skip(1).any(|word| is_ellipsis(word)) {
            return Err("… stands at the end of a line only".into());
        }
        turn.expected.push(Expected {
            line,
            text: words.join(" "),
        });
        Ok(())
    }
}

/// A line with one space between its words.
pub(crate) fn normal(line: &str) -> String {
    split(line).join(" ")
}

/// Whether a word of an expectation stands for anything.
pub(crate) fn is_ellipsis(word: &str) -> bool {
    matches!(word, "…" | "...")
}

/// Octets of lines that arrive together.
#[derive(Default)]
struct Joined {
    octets: Vec<u8>,
    table_limits: Vec<u32>,
    is_open: bool,
}

impl Joined {
    fn add(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
        let Some((frame, _)) = RawFrame::decode(octets) else {
            return;
        };
        if frame.kind == kind::SETTINGS && frame.flags == 0 && frame.payload.len() % 6 == 0 {
            let sizes = frame
                .payload
                .chunks_exact(6)
                .filter_map(|setting| setting.strip_prefix(&[0, 1])?.first_chunk());
            self.table_limits
                .extend(sizes.map(|size| u32::from_be_bytes(*size)));
        }
    }

    fn join(&mut self, octets: &[u8]) {
        self.add(octets);
        self.is_open = true;
    }

    fn close(&mut self) -> Stimulus {
        self.is_open = false;
        Stimulus::Octets(std::mem::take(&mut self.octets))
    }

    fn take_limits(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.table_limits)
    }
}

fn config(text: &str) -> Result<Vec<(String, String)>, String> {
    let pair = |token: crate::Token| {
        let key = token.key().ok_or("config> wants key=value")?;
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Ok((text(key), text(&token.value()?)))
    };
    tokenize(text)?.into_iter().map(pair).collect()
}

fn raw_octets(text: &str) -> Result<Vec<u8>, String> {
    let octets = text.split_once("//").map_or(text, |(octets, _)| octets);
    // Single digits are allowed to be grouped as pairs only, so that a typing error cannot shift all that follows.
    parse_hex(octets.as_bytes())
}

/// `+30s`, `+250ms`, `+5us`, `+2m`.
fn duration(text: &str) -> Result<Duration, String> {
    let parse = || {
        let text = text.strip_prefix('+')?;
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
        let number = parse_number(number)?;
        Some(match unit {
            "us" => Duration::from_micros(number),
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number.checked_mul(60)?),
            _ => return None,
        })
    };
    parse().ok_or_else(|| format!("{text} is no time: wants +30s, or us, ms, m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_turns_with_their_expectations() {
        let text = "# comment\nconfig> a=1 b=\"x y\"\n\npeer> PING zeros:8\n  us>  PING   ACK zeros:8\n app< pong \"a  b\"\n\
                    app> go\ntime> +250ms\npeer! EOF\n";
        let script = Script::parse(text).unwrap();
        assert_eq!(
            script.config,
            [("a".into(), "1".into()), ("b".into(), "x y".into())]
        );
        let [ping, go, wait, end] = script.turns.as_slice() else {
            panic!("{script:?}")
        };
        assert!(matches!(&ping.stimulus, Stimulus::Octets(octets) if octets.len() == 17));
        assert_eq!(ping.line, 3);
        let expected: Vec<_> = ping
            .expected
            .iter()
            .map(|expected| (expected.line, expected.text.as_str()))
            .collect();
        assert_eq!(
            expected,
            [(4, "us> PING ACK zeros:8"), (5, "app< pong \"a  b\"")]
        );
        assert!(matches!(&go.stimulus, Stimulus::App(command) if command == "go"));
        assert!(matches!(wait.stimulus, Stimulus::Advance(by) if by == Duration::from_millis(250)));
        assert!(matches!(end.stimulus, Stimulus::EndOfInput));
    }

    #[test]
    fn joined_lines_are_one_turn() {
        let text = "peer+ SETTINGS header_table_size=7\npeer+# 00 // half a header\npeer# 00 | 01\nus> …\npeer> SETTINGS ACK\n";
        let script = Script::parse(text).unwrap();
        assert_eq!(script.turns.len(), 2);
        assert!(
            matches!(&script.turns[0].stimulus, Stimulus::Octets(octets) if octets.ends_with(&[7, 0, 0, 1]))
        );
        assert_eq!(
            (
                script.turns[0].table_limits.as_slice(),
                script.turns[0].line
            ),
            (&[7][..], 2)
        );
        assert!(script.turns[1].table_limits.is_empty());
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for mistake in [
            "us> PING",
            "peer> PING zeros:8\nus> … PING",
            "peer> NOTHING",
            "peer+ PING zeros:8",
            "peer+ PING zeros:8\napp> go",
            "peer+ PING zeros:8\npeer! EOF",
            "peer! RESET",
            "peer# 0",
            "time> 30s",
            "time> +30h",
            "app>",
            "app> go\nconfig> a=1",
            "config> a",
            "we> PING",
        ] {
            let error = Script::parse(mistake).unwrap_err();
            assert!(
                error.contains("line ") || error.contains("peer+"),
                "{mistake}: {error}"
            );
        }
    }
}
