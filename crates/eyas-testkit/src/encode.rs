//! From the text of a frame to its octets.

use crate::hpack::{HpackField, encode_integer};
use crate::token::{Token, parse_number, tokenize};
use crate::wire::{ERROR_NAMES, PREFACE, RawFrame, SETTING_NAMES, flag, kind};

/// The octets of one frame, or of `PREFACE`, from its text. The crate's documentation lists the forms.
///
/// Legality is not looked at: a wrong length, stream or value is encoded as it stands.
///
/// ```
/// let octets = eyas_testkit::encode_frame("WINDOW_UPDATE 1 +5")?;
/// assert_eq!(octets, [0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 0, 5]);
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
///
/// A sentence, when the text is none of the forms.
pub fn encode_frame(text: &str) -> Result<Vec<u8>, String> {
    let tokens = tokenize(text)?;
    let (name, rest) = tokens.split_first().ok_or("no frame")?;
    let mut arguments = Arguments { rest };
    let frame = match name.word().unwrap_or_default() {
        "PREFACE" => {
            arguments.end()?;
            return Ok(PREFACE.to_vec());
        }
        "DATA" => data(&mut arguments),
        "HEADERS" => headers(&mut arguments, kind::HEADERS),
        "CONTINUATION" => headers(&mut arguments, kind::CONTINUATION),
        "PUSH_PROMISE" => headers(&mut arguments, kind::PUSH_PROMISE),
        "PRIORITY" => priority(&mut arguments),
        "RST_STREAM" => rst_stream(&mut arguments),
        "SETTINGS" => settings(&mut arguments),
        "PING" => ping(&mut arguments),
        "GOAWAY" => go_away(&mut arguments),
        "WINDOW_UPDATE" => window_update(&mut arguments),
        "PRIORITY_UPDATE" => priority_update(&mut arguments),
        "UNKNOWN" => unknown(&mut arguments),
        _ => Err("not the name of a frame".into()),
    }
    .and_then(|frame| arguments.end().map(|()| frame))
    .map_err(|error| format!("{text}: {error}"))?;
    if frame.payload.len() >= 1 << 24 {
        return Err(format!(
            "{text}: a frame of {} octets does not exist",
            frame.payload.len()
        ));
    }
    let mut octets = Vec::new();
    frame.encode(&mut octets);
    Ok(octets)
}

/// What is left of a line.
struct Arguments<'a> {
    rest: &'a [Token],
}

impl<'a> Arguments<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self
            .rest
            .first()
            .is_some_and(|token| token.word() == Some(word));
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    fn number(&mut self, what: &str) -> Result<u32, String> {
        let token = self.next().ok_or_else(|| format!("wants {what}"))?;
        let number = token
            .number()
            .ok_or_else(|| format!("wants {what} as a number"))?;
        u32::try_from(number).map_err(|_| format!("{what} is too large"))
    }

    /// `name=number`.
    fn named(&mut self, name: &str) -> Result<u32, String> {
        let token = self.next().filter(|token| token.bare_key() == Some(name));
        named_number(token.ok_or_else(|| format!("wants {name}="))?, name)
    }

    /// All payload tokens that follow, one behind the other.
    fn payload(&mut self) -> Result<Vec<u8>, String> {
        let mut octets = Vec::new();
        while let Some(part) = self.rest.first().and_then(Token::payload) {
            octets.extend_from_slice(&part?);
            self.rest = &self.rest[1..];
        }
        Ok(octets)
    }

    fn end(&self) -> Result<(), String> {
        match self.rest.first() {
            Some(token) => Err(format!(
                "{} makes no sense there",
                String::from_utf8_lossy(&token.value()?)
            )),
            None => Ok(()),
        }
    }
}

fn data(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let stream = arguments.number("a stream")?;
    let flags = if arguments.take_word("end_stream") {
        flag::END_STREAM
    } else {
        0
    };
    let pad = match arguments.rest.first() {
        Some(token) if token.bare_key() == Some("pad") => Some(arguments.named("pad")?),
        _ => None,
    };
    let payload = arguments.payload()?;
    padded(
        RawFrame {
            kind: kind::DATA,
            flags,
            stream,
            payload,
        },
        pad,
    )
}

/// HEADERS, CONTINUATION and PUSH_PROMISE: options, then fields.
fn headers(arguments: &mut Arguments<'_>, kind: u8) -> Result<RawFrame, String> {
    let stream = arguments.number("a stream")?;
    let (mut flags, mut pad, mut fixed, mut fragment) = (0, None, Vec::new(), Vec::new());
    let is_option = |name: &str| {
        arguments
            .rest
            .iter()
            .any(|token| token.word() == Some(name))
    };
    let (huffman, never) = (is_option("huffman"), is_option("never"));
    let mut in_fields = false;
    while let Some(token) = arguments.next() {
        if let Some(raw) = token.payload() {
            fragment.extend_from_slice(&raw?);
            continue;
        }
        match (token.word(), token.bare_key()) {
            (Some("end_stream"), _) => flags |= flag::END_STREAM,
            (Some("end_headers"), _) => flags |= flag::END_HEADERS,
            (Some("huffman" | "never"), _) => {}
            (None, Some("pad")) if !in_fields => pad = Some(named_number(token, "pad")?),
            (None, Some("table_size")) if !in_fields => {
                encode_integer(0x20, 5, named_number(token, "table_size")?, &mut fragment);
            }
            (None, Some("promised")) if !in_fields => {
                fixed = named_number(token, "promised")?.to_be_bytes().to_vec()
            }
            (None, Some("priority")) if !in_fields => {
                flags |= flag::PRIORITY;
                fixed = dependency(&token.value()?)?;
            }
            (None, name) if token.key().is_some() => {
                in_fields = true;
                let never_here = name.and_then(|name| name.strip_prefix("never:"));
                let name = never_here
                    .map_or_else(|| token.key().unwrap_or_default(), str::as_bytes)
                    .to_vec();
                let field = HpackField {
                    name,
                    value: token.value()?,
                    never_indexed: never || never_here.is_some(),
                };
                field.encode(huffman, &mut fragment);
            }
            _ => {
                return Err(format!(
                    "{} is neither option nor field",
                    String::from_utf8_lossy(&token.value()?)
                ));
            }
        }
    }
    fixed.extend_from_slice(&fragment);
    padded(
        RawFrame {
            kind,
            flags,
            stream,
            payload: fixed,
        },
        pad,
    )
}

fn priority(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let stream = arguments.number("a stream")?;
    let (dependency, weight) = (arguments.named("dep")?, arguments.named("weight")?);
    let payload = dependency_octets(dependency, weight, arguments.take_word("exclusive"))?;
    Ok(RawFrame {
        kind: kind::PRIORITY,
        flags: 0,
        stream,
        payload,
    })
}

fn rst_stream(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let stream = arguments.number("a stream")?;
    let payload = error_code(arguments)?.to_be_bytes().to_vec();
    Ok(RawFrame {
        kind: kind::RST_STREAM,
        flags: 0,
        stream,
        payload,
    })
}

fn settings(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let flags = if arguments.take_word("ACK") {
        flag::ACK
    } else {
        0
    };
    let mut payload = Vec::new();
    while let Some((token, name)) = arguments
        .rest
        .first()
        .and_then(|token| Some((token, token.bare_key()?)))
    {
        arguments.next();
        let known = SETTING_NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(id, _)| *id);
        let id = known.or_else(|| parse_number(name).and_then(|id| u16::try_from(id).ok()));
        payload.extend_from_slice(
            &id.ok_or_else(|| format!("{name} is not a setting"))?
                .to_be_bytes(),
        );
        payload.extend_from_slice(&named_number(token, name)?.to_be_bytes());
    }
    payload.extend_from_slice(&arguments.payload()?);
    Ok(RawFrame {
        kind: kind::SETTINGS,
        flags,
        stream: 0,
        payload,
    })
}

fn ping(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let flags = if arguments.take_word("ACK") {
        flag::ACK
    } else {
        0
    };
    Ok(RawFrame {
        kind: kind::PING,
        flags,
        stream: 0,
        payload: arguments.payload()?,
    })
}

fn go_away(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let mut payload = arguments.named("last")?.to_be_bytes().to_vec();
    payload.extend_from_slice(&error_code(arguments)?.to_be_bytes());
    payload.extend_from_slice(&arguments.payload()?);
    Ok(RawFrame {
        kind: kind::GOAWAY,
        flags: 0,
        stream: 0,
        payload,
    })
}

fn window_update(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let stream = arguments.number("a stream")?;
    let token = arguments
        .next()
        .and_then(Token::word)
        .and_then(|word| word.strip_prefix('+'));
    let increment = token
        .and_then(parse_number)
        .and_then(|number| u32::try_from(number).ok());
    let payload = increment.ok_or("wants +increment")?.to_be_bytes().to_vec();
    Ok(RawFrame {
        kind: kind::WINDOW_UPDATE,
        flags: 0,
        stream,
        payload,
    })
}

fn priority_update(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let mut payload = arguments.number("a stream")?.to_be_bytes().to_vec();
    payload.extend_from_slice(&arguments.payload()?);
    Ok(RawFrame {
        kind: kind::PRIORITY_UPDATE,
        flags: 0,
        stream: 0,
        payload,
    })
}

fn unknown(arguments: &mut Arguments<'_>) -> Result<RawFrame, String> {
    let octet =
        |value: u32| u8::try_from(value).map_err(|_| format!("{value} is more than an octet"));
    let kind = octet(arguments.named("type")?)?;
    let flags = octet(arguments.named("flags")?)?;
    let stream = arguments.named("stream")?;
    Ok(RawFrame {
        kind,
        flags,
        stream,
        payload: arguments.payload()?,
    })
}

fn padded(mut frame: RawFrame, pad: Option<u32>) -> Result<RawFrame, String> {
    if let Some(pad) = pad {
        let pad = u8::try_from(pad).map_err(|_| "pad= is more than an octet")?;
        frame.flags |= flag::PADDED;
        frame.payload.insert(0, pad);
        frame.payload.extend(std::iter::repeat_n(0, pad.into()));
    }
    Ok(frame)
}

/// `exclusive/dependency/weight` or `dependency/weight`.
fn dependency(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = String::from_utf8_lossy(text);
    let (exclusive, rest) = text
        .strip_prefix("exclusive/")
        .map_or((false, &*text), |rest| (true, rest));
    let (stream, weight) = rest
        .split_once('/')
        .ok_or("priority= wants [exclusive/]dependency/weight")?;
    let number = |text: &str| parse_number(text).and_then(|number| u32::try_from(number).ok());
    let (stream, weight) = number(stream)
        .zip(number(weight))
        .ok_or("priority= wants numbers")?;
    dependency_octets(stream, weight, exclusive)
}

fn dependency_octets(stream: u32, weight: u32, exclusive: bool) -> Result<Vec<u8>, String> {
    let weight = u8::try_from(weight).map_err(|_| "the weight is more than an octet")?;
    let mut octets = (stream | u32::from(exclusive) << 31).to_be_bytes().to_vec();
    octets.push(weight);
    Ok(octets)
}

fn error_code(arguments: &mut Arguments<'_>) -> Result<u32, String> {
    let word = arguments
        .next()
        .and_then(Token::word)
        .ok_or("wants an error code")?;
    if let Some(code) = ERROR_NAMES.iter().position(|name| *name == word) {
        return Ok(code as u32);
    }
    let number = parse_number(word).and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| format!("{word} is not an error code"))
}

fn named_number(token: &Token, name: &str) -> Result<u32, String> {
    let number = token
        .value_number()
        .and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| format!("{name}= wants a number of 32 bits"))
}

#[cfg(test)]
mod tests;
