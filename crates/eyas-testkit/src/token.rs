//! The words of the script language: quotes, escapes, `key=value`, and short forms for long runs of octets.

/// One word of a script line: `end_stream`, `x=y`, `"a b"`, `body="a\r\n"`, `zeros:16384`.
///
/// Quotes keep white space together and take away the meaning of what is inside. In them `\n`, `\r`, `\t`, `\0`, `\\`,
/// `\"` and `\xNN` are escapes.
///
/// ```
/// use eyas_testkit::tokenize;
///
/// let tokens = tokenize(r#"respond 1 200 x-a="b c" body=zeros:3 end"#)?;
/// assert_eq!(tokens[0].word(), Some("respond"));
/// assert_eq!(tokens[1].number(), Some(1));
/// assert_eq!(tokens[3].key(), Some(&b"x-a"[..]));
/// assert_eq!(tokens[3].value()?, b"b c");
/// assert_eq!(tokens[4].value()?, [0, 0, 0]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    octets: Vec<u8>,
    /// For each octet, whether it stood outside quotes.
    bare: Vec<bool>,
    /// `""` has no octet to tell it by.
    starts_quoted: bool,
    /// The first `=` outside quotes.
    equals: Option<usize>,
}

impl Token {
    /// The whole token, if nothing in it was quoted and it is no `key=value`.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        if self.starts_quoted || self.equals.is_some() || self.bare.contains(&false) {
            return None;
        }
        str::from_utf8(&self.octets).ok()
    }

    /// The whole token as a number, decimal or `0x` hexadecimal.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.word().and_then(parse_number)
    }

    /// What stands before the first unquoted `=`, if there is one.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.equals.map(|at| &self.octets[..at])
    }

    /// What stands behind the first unquoted `=`, or the whole token; `zeros:N` (N zero octets), `repeat:N:text` (text
    /// N times), `hex:0aff` and `raw:text` are written out unless quoted.
    ///
    /// # Errors
    ///
    /// A sentence, when one of these forms is malformed or longer than 256 MiB.
    pub fn value(&self) -> Result<Vec<u8>, String> {
        let from = self.equals.map_or(0, |at| at + 1);
        let octets = &self.octets[from..];
        let Some((form, rest)) = self.short_form(from) else {
            return Ok(octets.to_vec());
        };
        match form {
            "zeros" => Ok(vec![0; length(rest, 1)?]),
            "hex" => parse_hex(rest),
            "repeat" => {
                let colon = rest.iter().position(|&octet| octet == b':');
                let (count, text) = rest.split_at(colon.ok_or("repeat: wants repeat:N:text")?);
                Ok(text[1..].repeat(length(count, text.len() - 1)?))
            }
            _ => Ok(rest.to_vec()),
        }
    }

    /// The octets of a token that stands for octets: quoted from its start, or a short form. `None` for any other.
    #[must_use]
    pub fn payload(&self) -> Option<Result<Vec<u8>, String>> {
        let is_payload =
            self.equals.is_none() && (self.starts_quoted || self.short_form(0).is_some());
        is_payload.then(|| self.value())
    }

    /// The key, if none of it was quoted: an option, where a quoted name would be a field.
    pub(crate) fn bare_key(&self) -> Option<&str> {
        let at = self.equals?;
        let bare = !self.starts_quoted && self.bare[..at].iter().all(|&bare| bare);
        bare.then(|| str::from_utf8(&self.octets[..at]).ok())
            .flatten()
    }

    /// What stands behind `=` as a number.
    pub(crate) fn value_number(&self) -> Option<u64> {
        str::from_utf8(&self.octets[self.equals? + 1..])
            .ok()
            .and_then(parse_number)
    }

    fn short_form(&self, from: usize) -> Option<(&'static str, &[u8])> {
        SHORT_FORMS.into_iter().find_map(|form| {
            let rest = self.octets[from..]
                .strip_prefix(form.as_bytes())?
                .strip_prefix(b":")?;
            let is_bare = self.bare[from..=from + form.len()].iter().all(|&bare| bare);
            (is_bare && !(from == 0 && self.starts_quoted)).then_some((form, rest))
        })
    }
}

/// Splits a line into its tokens.
///
/// # Errors
///
/// A sentence, when a quote is not closed or an escape is unknown.
pub fn tokenize(line: &str) -> Result<Vec<Token>, String> {
    split(line).into_iter().map(parse).collect()
}

/// A number, decimal or `0x` hexadecimal.
pub(crate) fn parse_number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text
            .bytes()
            .all(|octet| octet.is_ascii_digit())
            .then(|| text.parse().ok())
            .flatten(),
    }
}

/// Octets from hexadecimal digits; white space and `|` between octets only group them.
pub(crate) fn parse_hex(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    for group in text.split(|octet| octet.is_ascii_whitespace() || *octet == b'|') {
        if group.len() % 2 != 0 {
            return Err(format!(
                "{} is not whole octets in hexadecimal",
                String::from_utf8_lossy(group)
            ));
        }
        for pair in group.chunks(2) {
            octets.push(
                hex_octet(pair).ok_or_else(|| {
                    format!("{} is not hexadecimal", String::from_utf8_lossy(pair))
                })?,
            );
        }
    }
    Ok(octets)
}

/// Appends `octets` so that [`Token::value`] gives them back: bare where possible, else quoted.
pub(crate) fn print_value(octets: &[u8], out: &mut String) {
    let looks_short = SHORT_FORMS.iter().any(|form| {
        octets
            .strip_prefix(form.as_bytes())
            .is_some_and(|rest| rest.starts_with(b":"))
    });
    if let Some(repeated) = repeated(octets) {
        out.push_str(&repeated);
    } else if !looks_short && octets.iter().all(|&octet| is_bare(octet)) {
        out.extend(octets.iter().map(|&octet| char::from(octet)));
    } else {
        print_quoted(octets, out);
    }
}

/// Appends `octets` in quotes.
pub(crate) fn print_quoted(octets: &[u8], out: &mut String) {
    out.push('"');
    for &octet in octets {
        match octet {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b' '..=b'~' => out.push(char::from(octet)),
            _ => out.push_str(&format!("\\x{octet:02x}")),
        }
    }
    out.push('"');
}

/// The short form of a long run of one octet.
pub(crate) fn repeated(octets: &[u8]) -> Option<String> {
    let (&first, rest) = octets.split_first()?;
    let is_run = rest.iter().all(|&octet| octet == first);
    (is_run && octets.len() > LITERAL_MAX && is_bare(first))
        .then(|| format!("repeat:{}:{}", octets.len(), char::from(first)))
}

/// Whether an octet may stand outside quotes anywhere in a value.
pub(crate) fn is_bare(octet: u8) -> bool {
    octet.is_ascii_graphic() && octet != b'"' && octet != b'\\'
}

/// Splits a line at white space outside quotes, and leaves the parts as they were written.
pub(crate) fn split(line: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), None, false, false);
    for (at, c) in line.char_indices() {
        if c.is_whitespace() && !quoted {
            parts.extend(start.take().map(|start| &line[start..at]));
            continue;
        }
        start.get_or_insert(at);
        if escaped {
            escaped = false;
        } else if c == '\\' && quoted {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        }
    }
    parts.extend(start.map(|start| &line[start..]));
    parts
}

fn parse(part: &str) -> Result<Token, String> {
    let mut token = Token {
        octets: Vec::new(),
        bare: Vec::new(),
        starts_quoted: part.starts_with('"'),
        equals: None,
    };
    let mut quoted = false;
    let mut rest = part.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        let octet = match octet {
            b'"' => {
                quoted = !quoted;
                continue;
            }
            b'\\' if quoted => {
                let (octet, used) =
                    unescape(rest).ok_or_else(|| format!("unknown escape in {part}"))?;
                rest = &rest[used..];
                octet
            }
            b'=' if !quoted => {
                token.equals.get_or_insert(token.octets.len());
                octet
            }
            _ => octet,
        };
        token.octets.push(octet);
        token.bare.push(!quoted);
    }
    if quoted {
        Err(format!("quote without end: {part}"))
    } else {
        Ok(token)
    }
}

/// The octet behind a backslash, and how many octets of the text it took.
fn unescape(text: &[u8]) -> Option<(u8, usize)> {
    Some(match text.first()? {
        b'n' => (b'\n', 1),
        b'r' => (b'\r', 1),
        b't' => (b'\t', 1),
        b'0' => (0, 1),
        octet @ (b'\\' | b'"') => (*octet, 1),
        b'x' => (hex_octet(text.get(1..3)?)?, 3),
        _ => return None,
    })
}

fn hex_octet(pair: &[u8]) -> Option<u8> {
    let digit = |octet: u8| char::from(octet).to_digit(16);
    match pair {
        [high, low] => Some((digit(*high)? * 16 + digit(*low)?) as u8),
        _ => None,
    }
}

fn length(count: &[u8], unit: usize) -> Result<usize, String> {
    let text = String::from_utf8_lossy(count);
    let count = parse_number(&text).ok_or_else(|| format!("{text} is not a number"))?;
    let octets = count.saturating_mul(unit as u64);
    if octets > OCTETS_MAX {
        Err(format!("{octets} octets are too many"))
    } else {
        Ok(count as usize)
    }
}

/// Octets up to this number are printed as they are.
pub(crate) const LITERAL_MAX: usize = 64;

/// A mistyped count must not take all memory.
const OCTETS_MAX: u64 = 1 << 28;

const SHORT_FORMS: [&str; 4] = ["zeros", "hex", "repeat", "raw"];

#[cfg(test)]
mod tests;
