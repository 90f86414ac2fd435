//! One connection of the load: it asks on while the server drains, until it is told which stream was
//! the last, and notes what became of every request.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::raw::{Connection, Heard, STREAM_MAX};

/// A connection and what it has heard.
#[derive(Debug)]
pub(super) struct Watcher {
    connection: Connection,
    answered: Arc<AtomicU64>,
    story: Story,
}

/// What one connection heard in its life.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Story {
    /// Each stream that was opened, and whether its answer came whole.
    streams: BTreeMap<u32, bool>,
    /// The last stream and the code of each GOAWAY.
    goaways: Vec<(u32, u32)>,
    resets: Vec<(u32, u32)>,
}

/// How many requests were answered, and how many the server told it would not take.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) answered: u64,
    pub(super) refused: u64,
}

impl Watcher {
    pub(super) fn open(server: SocketAddr, answered: Arc<AtomicU64>) -> Result<Self> {
        Ok(Self {
            connection: Connection::open(server, LIMIT)?,
            answered,
            story: Story::default(),
        })
    }

    /// Keeps `AT_ONCE` requests open until the second GOAWAY, then listens until the end.
    pub(super) fn watch(mut self) -> Result<Story> {
        for _ in 0..AT_ONCE {
            self.ask()?;
        }
        loop {
            match self.connection.hear()? {
                Heard::Head {
                    stream,
                    status,
                    ends,
                } => {
                    if status != 200 {
                        bail!("stream {stream} was answered with {status}");
                    }
                    self.on_answer(stream, ends)?;
                }
                Heard::Content { stream, ends, .. } => self.on_answer(stream, ends)?,
                Heard::Reset { stream, code } => self.story.resets.push((stream, code)),
                Heard::GoAway { last_stream, code } => self.story.goaways.push((last_stream, code)),
                Heard::Settings => {}
                Heard::End => return Ok(self.story),
            }
        }
    }

    fn ask(&mut self) -> Result<()> {
        // Answered at once, later, and in many pieces.
        let paths = ["/hello", "/slow?ms=15", "/bytes/70000"];
        let path = paths[self.story.streams.len() % paths.len()];
        let stream = self.connection.get(path)?;
        self.story.streams.insert(stream, false);
        Ok(())
    }

    fn on_answer(&mut self, stream: u32, ends: bool) -> Result<()> {
        if !ends {
            return Ok(());
        }
        self.story.streams.insert(stream, true);
        self.answered.fetch_add(1, Ordering::Relaxed);
        if self.story.goaways.len() < 2 {
            self.ask()?;
        }
        Ok(())
    }
}

impl Story {
    /// Whether it is the story of a graceful shutdown (RFC 9113 section 6.8).
    pub(super) fn judge(&self) -> Result<Tally> {
        let [(first, 0), (last, 0)] = self.goaways[..] else {
            bail!(
                "not two GOAWAY with NO_ERROR but {:?} (last stream, code)",
                self.goaways
            );
        };
        if first != STREAM_MAX {
            bail!("the first GOAWAY already refuses streams above {first}");
        }
        let lost: Vec<u32> = self
            .streams
            .iter()
            .filter(|(stream, answered)| **stream <= last && !**answered)
            .map(|(stream, _)| *stream)
            .collect();
        if !lost.is_empty() {
            bail!("streams {lost:?} were accepted (the last is {last}) and never answered");
        }
        let wrong = |&&(stream, code): &&(u32, u32)| stream <= last || code != REFUSED_STREAM;
        if let Some((stream, code)) = self.resets.iter().find(wrong) {
            bail!("stream {stream} was reset with code {code}");
        }
        let answered = self.streams.values().filter(|answered| **answered).count();
        Ok(Tally {
            answered: answered as u64,
            refused: (self.streams.len() - answered) as u64,
        })
    }
}

const AT_ONCE: usize = 10;
const REFUSED_STREAM: u32 = 7;
const LIMIT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn story() -> Story {
        Story {
            streams: BTreeMap::from([(1, true), (3, true), (5, false)]),
            goaways: vec![(STREAM_MAX, 0), (3, 0)],
            resets: Vec::new(),
        }
    }

    #[test]
    fn what_is_above_the_last_stream_may_stay_unanswered() {
        let tally = story().judge().expect("a graceful shutdown");
        assert_eq!((tally.answered, tally.refused), (2, 1));
        let mut refused = story();
        refused.resets = vec![(5, REFUSED_STREAM)];
        assert!(refused.judge().is_ok());
    }

    #[test]
    fn a_stream_that_was_accepted_is_not_lost_and_not_reset() {
        let mut lost = story();
        lost.streams.insert(3, false);
        assert!(
            lost.judge()
                .is_err_and(|error| error.to_string().contains("[3]"))
        );
        let mut reset = story();
        reset.resets = vec![(3, REFUSED_STREAM)];
        assert!(reset.judge().is_err());
    }

    #[test]
    fn goaway_is_sent_twice_and_without_an_error() {
        for goaways in [
            vec![],
            vec![(3, 0)],
            vec![(3, 0), (3, 0)],
            vec![(STREAM_MAX, 0), (3, 2)],
            vec![(STREAM_MAX, 0), (3, 0), (3, 0)],
        ] {
            let mut told = story();
            told.goaways = goaways;
            assert!(told.judge().is_err(), "{:?}", told.goaways);
        }
    }
}
