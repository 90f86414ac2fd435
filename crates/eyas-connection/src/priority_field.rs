//! Reading a priority signal: the structured-field dictionary of RFC 9218 sections 4 and 5.

use eyas_output::Priority;

/// What the client has said about a response: the members of a dictionary (RFC 8941 section 3.2), of
/// which two are known. Several field lines make one list, in which the last member of a name counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signal {
    urgency: Option<u8>,
    incremental: Option<bool>,
}

impl Signal {
    /// Reads a field line, or the value of PRIORITY_UPDATE, behind those read before. `None` when it is
    /// no dictionary: then nothing of it may be used (RFC 8941 section 4.2).
    pub(crate) fn and(mut self, octets: &[u8]) -> Option<Self> {
        let mut rest = Rest(octets);
        rest.skip_spaces();
        while !rest.0.is_empty() {
            let key = rest.key()?;
            let value = if rest.take(b'=') {
                rest.member()?
            } else {
                Value::Boolean(true)
            };
            rest.parameters()?;
            self.note(key, value);
            rest.skip_optional_white_space();
            if rest.0.is_empty() {
                break;
            }
            if !rest.take(b',') {
                return None;
            }
            rest.skip_optional_white_space();
            if rest.0.is_empty() {
                // A comma with nothing behind it.
                return None;
            }
        }
        Some(self)
    }

    /// The priority it comes to, with the defaults of RFC 9218 section 4 for what was not said.
    pub(crate) fn priority(self) -> Priority {
        let urgent = self.urgency.and_then(Priority::new);
        urgent
            .unwrap_or(SIGNALLED_DEFAULT)
            .incremental(self.incremental.unwrap_or(false))
    }

    /// Unknown members, values out of range and of other types are passed over (RFC 9218 section 4).
    fn note(&mut self, key: &[u8], value: Value) {
        match (key, value) {
            (b"u", Value::Integer(urgency @ 0..=7)) => self.urgency = Some(urgency as u8),
            (b"u", _) => self.urgency = None,
            (b"i", Value::Boolean(incremental)) => self.incremental = Some(incremental),
            (b"i", _) => self.incremental = None,
            _ => {}
        }
    }
}

/// The `priority` field of a request, as far as its lines have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PriorityField {
    #[default]
    Absent,
    Said(Signal),
    /// One of its lines is no dictionary: as if it were absent (RFC 8941 section 4.2).
    Malformed,
}

impl PriorityField {
    /// One more line of the field.
    pub(crate) fn add(&mut self, line: &[u8]) {
        let known = match *self {
            Self::Absent => Signal::default(),
            Self::Said(signal) => signal,
            Self::Malformed => return,
        };
        *self = known.and(line).map_or(Self::Malformed, Self::Said);
    }
}

/// What a client that signals at all means when it says nothing: urgency 3, sequential (RFC 9218
/// section 4).
pub(crate) const SIGNALLED_DEFAULT: Priority = Priority::UNSIGNALLED.incremental(false);

/// The value of a member, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Integer(i64),
    Boolean(bool),
    Other,
}

/// What is still to be read. Every method takes off what it reads, and gives `None` when that has not
/// the syntax of RFC 8941 section 4.2.
#[derive(Clone, Copy, Debug)]
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, octet: u8) -> bool {
        match self.0.strip_prefix(&[octet]) {
            Some(behind) => {
                self.0 = behind;
                true
            }
            None => false,
        }
    }

    fn take_while(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|&octet| !belongs(octet));
        let (taken, behind) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = behind;
        taken
    }

    fn skip_spaces(&mut self) {
        self.take_while(|octet| octet == b' ');
    }

    fn skip_optional_white_space(&mut self) {
        self.take_while(|octet| matches!(octet, b' ' | b'\t'));
    }

    /// RFC 8941 section 4.2.3.3.
    fn key(&mut self) -> Option<&'a [u8]> {
        if !matches!(self.0.first(), Some(b'a'..=b'z' | b'*')) {
            return None;
        }
        Some(self.take_while(
            |octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'),
        ))
    }

    /// An item or an inner list (RFC 8941 section 4.2.1.1), without its parameters.
    fn member(&mut self) -> Option<Value> {
        if !self.take(b'(') {
            return self.bare_item();
        }
        loop {
            self.skip_spaces();
            if self.take(b')') {
                return Some(Value::Other);
            }
            self.bare_item()?;
            self.parameters()?;
            if !matches!(self.0.first(), Some(b' ' | b')')) {
                return None;
            }
        }
    }

    /// RFC 8941 section 4.2.3.2.
    fn parameters(&mut self) -> Option<()> {
        while self.take(b';') {
            self.skip_spaces();
            self.key()?;
            if self.take(b'=') {
                self.bare_item()?;
            }
        }
        Some(())
    }

    /// RFC 8941 section 4.2.3.1.
    fn bare_item(&mut self) -> Option<Value> {
        match self.0.first()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'*' | b'A'..=b'Z' | b'a'..=b'z' => {
                self.take_while(is_token_octet);
                Some(Value::Other)
            }
            b':' => {
                self.take(b':');
                let octets = self.take_while(|octet| octet != b':');
                (self.take(b':') && is_base64(octets)).then_some(Value::Other)
            }
            b'?' => {
                self.take(b'?');
                let value = self.take(b'1');
                (value || self.take(b'0')).then_some(Value::Boolean(value))
            }
            _ => None,
        }
    }

    /// RFC 8941 section 4.2.4: at most 15 digits, of a decimal 12 before the point and 3 behind it.
    fn number(&mut self) -> Option<Value> {
        let is_negative = self.take(b'-');
        let digits = self.take_while(|octet| octet.is_ascii_digit());
        if self.take(b'.') {
            let fraction = self.take_while(|octet| octet.is_ascii_digit());
            let is_decimal = (1..=12).contains(&digits.len()) && (1..=3).contains(&fraction.len());
            return is_decimal.then_some(Value::Other);
        }
        if !(1..=15).contains(&digits.len()) {
            return None;
        }
        let magnitude = digits
            .iter()
            .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        Some(Value::Integer(if is_negative {
            -magnitude
        } else {
            magnitude
        }))
    }

    /// RFC 8941 section 4.2.5.
    fn string(&mut self) -> Option<Value> {
        self.take(b'"');
        loop {
            self.take_while(|octet| {
                matches!(octet, b' '..=b'~') && octet != b'"' && octet != b'\\'
            });
            if self.take(b'"') {
                return Some(Value::Other);
            }
            if !(self.take(b'\\') && (self.take(b'"') || self.take(b'\\'))) {
                return None;
            }
        }
    }
}

/// RFC 8941 section 4.2.6: a token's octets, behind its first.
fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&octet)
}

/// RFC 8941 section 4.2.7: padding may be left out, but nothing follows it.
fn is_base64(octets: &[u8]) -> bool {
    let is_digit = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/');
    let digits = octets.iter().take_while(|octet| is_digit(octet)).count();
    let padding = &octets[digits..];
    let is_padding = padding.iter().all(|&octet| octet == b'=');
    match digits % 4 {
        0 => padding.is_empty(),
        1 => false,
        rest => is_padding && padding.len() <= 4 - rest,
    }
}

#[cfg(test)]
mod tests;
