//! What a script is run against, and how it is told to chop its octets.

use std::time::Duration;

/// A connection without I/O, as a script sees it.
///
/// Each stimulus of the script becomes one or more calls of the first four methods, then one call of
/// [`turn`](Self::turn).
pub trait Subject {
    /// The peer sent these octets. A turn's octets may come in many pieces.
    fn input(&mut self, octets: &[u8]);

    /// The peer closed its side.
    fn end_of_input(&mut self);

    /// The application does something; [`tokenize`](crate::tokenize) reads the command.
    ///
    /// # Errors
    ///
    /// A sentence, which the script sees as a line `app! sentence`.
    fn app(&mut self, command: &str) -> Result<(), String>;

    /// Time passes.
    fn advance(&mut self, by: Duration);

    /// Everything that came of it: all events, and all that the connection wants to write.
    fn turn(&mut self) -> Turn;
}

/// The outcome of a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// What the application heard, a line each, without the mark `app<`.
    pub app: Vec<String>,
    /// What the connection wrote.
    pub octets: Vec<u8>,
    /// Whether the connection wants to be closed now, or was before.
    pub closed: bool,
}

/// What a subject is made from.
///
/// ```
/// use eyas_testkit::{Mode, Setup};
///
/// let setup = Setup::new([("max_streams", "3"), ("label", "a b")], Mode::default());
/// assert_eq!(setup.number("max_streams"), Some(3));
/// assert_eq!(setup.get("label"), Some("a b"));
/// assert_eq!(setup.number("window"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    config: Vec<(String, String)>,
    mode: Mode,
}

impl Setup {
    /// A setup with the pairs of a `config>` line.
    pub fn new<K: Into<String>, V: Into<String>>(
        config: impl IntoIterator<Item = (K, V)>,
        mode: Mode,
    ) -> Self {
        Self {
            config: config
                .into_iter()
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
            mode,
        }
    }

    /// How octets are chopped in this run. The script chops the input; the output is the subject's to chop.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The pairs of the `config>` line, in their order. A subject should refuse a key that it does not know.
    pub fn config(&self) -> impl Iterator<Item = (&str, &str)> {
        self.config
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The last value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.config()
            .filter(|(known, _)| *known == key)
            .last()
            .map(|(_, value)| value)
    }

    /// The last value of a key as a number, decimal or `0x` hexadecimal.
    ///
    /// # Panics
    ///
    /// If the value is no number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
        match crate::token::parse_number(value) {
            Some(number) => Some(number),
            None => panic!("config> {key}={value}: wants a number"),
        }
    }
}

/// How octets are chopped in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// How the octets of a turn reach [`Subject::input`].
    pub input: Pace,
    /// How the subject has to take octets out of the connection under test.
    pub output: Pace,
}

/// In which pieces octets move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a subject has to handle each pace")]
pub enum Pace {
    /// As much as there is at once. Some runs cut a turn's input in two all the same.
    #[default]
    Whole,
    /// One octet at a time.
    OctetByOctet,
}
