//! From octets to the text of frames, in the syntax that `encode` reads.

use crate::hpack::{HpackDecoder, HpackItem};
use crate::token::{LITERAL_MAX, is_bare, print_quoted, print_value, repeated};
use crate::wire::{ERROR_NAMES, RawFrame, SETTING_NAMES, flag, kind};

/// Turns what a connection writes into lines of text; remembers what a direction of a connection has to remember.
///
/// A frame that breaks its own form is printed as `UNKNOWN`. The fields of a block that goes over several frames
/// stand on the frame that ends it, `octets=N` on the others.
///
/// ```
/// use eyas_testkit::{FramePrinter, encode_frame};
///
/// let mut printer = FramePrinter::new();
/// let octets = encode_frame("RST_STREAM 1 0x8")?;
/// assert_eq!(printer.feed(&octets[..5]), [""; 0]);
/// assert_eq!(printer.feed(&octets[5..]), ["RST_STREAM 1 CANCEL"]);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Default)]
pub struct FramePrinter {
    unfinished: Vec<u8>,
    hpack: HpackDecoder,
    /// The stream and the fragments so far of a header block whose end is missing.
    block: Option<(u32, Vec<u8>)>,
}

impl FramePrinter {
    /// A printer for a direction on which nothing was written yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The lines for all frames that `octets` complete. The rest is kept for the next call.
    pub fn feed(&mut self, octets: &[u8]) -> Vec<String> {
        self.unfinished.extend_from_slice(octets);
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some((frame, length)) = RawFrame::decode(&self.unfinished[at..]) {
            at += length;
            lines.push(self.print(&frame));
        }
        self.unfinished.drain(..at);
        lines
    }

    /// How many octets of an unfinished frame are kept.
    #[must_use]
    pub fn unfinished_octets(&self) -> usize {
        self.unfinished.len()
    }

    /// The other side announced this SETTINGS_HEADER_TABLE_SIZE, in octets.
    pub fn set_table_limit(&mut self, limit: u32) {
        self.hpack.set_limit(limit);
    }

    fn print(&mut self, frame: &RawFrame) -> String {
        let well_formed = match frame.kind {
            kind::HEADERS | kind::CONTINUATION | kind::PUSH_PROMISE => self.headers(frame),
            _ => plain(frame),
        };
        well_formed.unwrap_or_else(|| {
            let RawFrame {
                kind,
                flags,
                stream,
                payload,
            } = frame;
            let stream = if stream >> 31 == 0 {
                stream.to_string()
            } else {
                format!("{stream:#x}")
            };
            with_octets(
                format!("UNKNOWN type={kind:#x} flags={flags:#x} stream={stream}"),
                payload,
            )
        })
    }

    fn headers(&mut self, frame: &RawFrame) -> Option<String> {
        let (name, allowed) = match frame.kind {
            kind::HEADERS => (
                "HEADERS",
                flag::END_STREAM | flag::END_HEADERS | flag::PADDED | flag::PRIORITY,
            ),
            kind::PUSH_PROMISE => ("PUSH_PROMISE", flag::END_HEADERS | flag::PADDED),
            _ => ("CONTINUATION", flag::END_HEADERS),
        };
        let (mut payload, pad) = unpad(frame)?;
        if frame.flags & !allowed != 0 || frame.stream >> 31 != 0 {
            return None;
        }
        let mut text = format!("{name} {}", frame.stream);
        if frame.kind == kind::HEADERS && frame.flags & flag::END_STREAM != 0 {
            text.push_str(" end_stream");
        }
        if frame.flags & flag::END_HEADERS != 0 {
            text.push_str(" end_headers");
        }
        text.push_str(&pad);
        if frame.kind == kind::HEADERS && frame.flags & flag::PRIORITY != 0 {
            let (dependency, rest) = payload.split_first_chunk::<4>()?;
            let (weight, rest) = rest.split_first()?;
            let dependency = u32::from_be_bytes(*dependency);
            let exclusive = if dependency >> 31 == 1 {
                "exclusive/"
            } else {
                ""
            };
            text.push_str(&format!(
                " priority={exclusive}{}/{weight}",
                dependency & MASK
            ));
            payload = rest;
        } else if frame.kind == kind::PUSH_PROMISE {
            let (promised, rest) = payload.split_first_chunk::<4>()?;
            text.push_str(&format!(" promised={}", u32::from_be_bytes(*promised)));
            payload = rest;
        }
        self.fragment(frame, payload, &mut text);
        Some(text)
    }

    /// Takes a fragment into the block, and prints the block's fields when it is complete.
    fn fragment(&mut self, frame: &RawFrame, fragment: &[u8], text: &mut String) {
        let mut block = Vec::new();
        match (self.block.take(), frame.kind == kind::CONTINUATION) {
            (Some((stream, begun)), true) if stream == frame.stream => block = begun,
            (None, false) => {}
            (Some(_), _) => text.push_str(" error=\"another header block is unfinished\""),
            (None, true) => text.push_str(" error=\"no header block is unfinished\""),
        }
        block.extend_from_slice(fragment);
        if frame.flags & flag::END_HEADERS == 0 {
            text.push_str(&format!(" octets={}", fragment.len()));
            self.block = Some((frame.stream, block));
            return;
        }
        match self.hpack.decode(&block) {
            Ok(items) => {
                let mut is_first = true;
                for item in &items {
                    print_item(item, is_first, text);
                    is_first &= matches!(item, HpackItem::TableSize(_));
                }
            }
            Err(error) => {
                text.push_str(" error=");
                print_quoted(error.as_bytes(), text);
            }
        }
    }
}

/// All frames that need no memory. `None`: the frame breaks its form.
fn plain(frame: &RawFrame) -> Option<String> {
    let RawFrame {
        kind,
        flags,
        stream,
        payload,
    } = frame;
    let without_flags = |text: String| (*flags == 0).then_some(text);
    let on_connection = |text: String| (*stream == 0).then_some(text);
    let numbers: Vec<u32> = payload
        .chunks_exact(4)
        .filter_map(|four| Some(u32::from_be_bytes(four.try_into().ok()?)))
        .collect();
    if stream >> 31 != 0 {
        return None;
    }
    match *kind {
        kind::DATA => {
            let (data, pad) = unpad(frame)?;
            let end = if flags & flag::END_STREAM != 0 {
                " end_stream"
            } else {
                ""
            };
            let known = flags & !(flag::END_STREAM | flag::PADDED) == 0;
            known.then(|| with_octets(format!("DATA {stream}{end}{pad}"), data))
        }
        kind::PRIORITY if payload.len() == 5 => {
            let exclusive = if numbers[0] >> 31 == 1 {
                " exclusive"
            } else {
                ""
            };
            without_flags(format!(
                "PRIORITY {stream} dep={} weight={}{exclusive}",
                numbers[0] & MASK,
                payload[4]
            ))
        }
        kind::RST_STREAM if payload.len() == 4 => {
            without_flags(format!("RST_STREAM {stream} {}", error_name(numbers[0])))
        }
        kind::SETTINGS if payload.len() % 6 == 0 => {
            acknowledged("SETTINGS", *flags).and_then(|mut text| {
                for setting in payload.chunks_exact(6) {
                    let id = u16::from_be_bytes([setting[0], setting[1]]);
                    let value =
                        u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
                    match SETTING_NAMES.iter().find(|(known, _)| *known == id) {
                        Some((_, name)) => text.push_str(&format!(" {name}={value}")),
                        None => text.push_str(&format!(" {id:#x}={value}")),
                    }
                }
                on_connection(text)
            })
        }
        kind::PING if payload.len() == 8 => {
            acknowledged("PING", *flags).and_then(|text| on_connection(with_octets(text, payload)))
        }
        kind::GOAWAY if payload.len() >= 8 => {
            let text = format!("GOAWAY last={} {}", numbers[0], error_name(numbers[1]));
            without_flags(with_octets(text, &payload[8..])).and_then(on_connection)
        }
        kind::WINDOW_UPDATE if payload.len() == 4 => {
            without_flags(format!("WINDOW_UPDATE {stream} +{}", numbers[0]))
        }
        kind::PRIORITY_UPDATE if payload.len() >= 4 => {
            let text = with_octets(format!("PRIORITY_UPDATE {}", numbers[0]), &payload[4..]);
            without_flags(text).and_then(on_connection)
        }
        _ => None,
    }
}

fn acknowledged(name: &str, flags: u8) -> Option<String> {
    match flags {
        0 => Some(name.into()),
        flag::ACK => Some(format!("{name} ACK")),
        _ => None,
    }
}

/// The payload without its padding, which has to be zeros, and the text of it.
fn unpad(frame: &RawFrame) -> Option<(&[u8], String)> {
    if frame.flags & flag::PADDED == 0 {
        return Some((&frame.payload, String::new()));
    }
    let (&pad, rest) = frame.payload.split_first()?;
    let (payload, padding) = rest.split_at_checked(rest.len().checked_sub(pad.into())?)?;
    padding
        .iter()
        .all(|&octet| octet == 0)
        .then(|| (payload, format!(" pad={pad}")))
}

fn error_name(code: u32) -> String {
    ERROR_NAMES
        .get(code as usize)
        .map_or_else(|| format!("{code:#x}"), |name| (*name).into())
}

/// Appends octets as what a reader can take in: text, zeros, a few hexadecimal digits, or a count and a checksum.
fn with_octets(mut text: String, octets: &[u8]) -> String {
    let is_readable = octets
        .iter()
        .all(|&octet| matches!(octet, b' '..=b'~' | b'\n' | b'\r' | b'\t'));
    if octets.is_empty() {
        return text;
    }
    text.push(' ');
    if octets.iter().all(|&octet| octet == 0) {
        text.push_str(&format!("zeros:{}", octets.len()));
    } else if let Some(repeated) = repeated(octets) {
        text.push_str(&repeated);
    } else if is_readable && octets.len() <= LITERAL_MAX {
        print_quoted(octets, &mut text);
    } else if octets.len() <= HEX_MAX {
        text.push_str("hex:");
        octets
            .iter()
            .for_each(|octet| text.push_str(&format!("{octet:02x}")));
    } else {
        // FNV-1a of 32 bits: short, and good enough to see that two payloads differ.
        let sum = octets.iter().fold(0x811c_9dc5_u32, |sum, octet| {
            (sum ^ u32::from(*octet)).wrapping_mul(0x0100_0193)
        });
        text.push_str(&format!("octets={} sum={sum:08x}", octets.len()));
    }
    text
}

fn print_item(item: &HpackItem, is_first: bool, text: &mut String) {
    text.push(' ');
    match item {
        HpackItem::TableSize(size) => text.push_str(&format!("table_size={size}")),
        HpackItem::Field(field) => {
            if field.never_indexed {
                text.push_str("never:");
            }
            let name = &field.name;
            // The first field would be taken for an option by these names.
            let is_option = is_first && OPTIONS.iter().any(|option| option.as_bytes() == name);
            let is_plain = name.iter().all(|&octet| is_bare(octet) && octet != b'=')
                && !name.starts_with(b"never:");
            if is_plain && !is_option && !name.is_empty() {
                text.extend(name.iter().map(|&octet| char::from(octet)));
            } else {
                print_quoted(name, text);
            }
            text.push('=');
            print_value(&field.value, text);
        }
    }
}

/// A stream identifier without the bit above it.
const MASK: u32 = u32::MAX >> 1;

/// Unreadable octets up to this number are printed one by one.
const HEX_MAX: usize = 32;

const OPTIONS: [&str; 4] = ["pad", "priority", "promised", "table_size"];

#[cfg(test)]
mod tests;
