//! HPACK (RFC 7541), written for tests: literals out, everything in.

use std::collections::VecDeque;

use crate::huffman;

/// A field line, and whether it must not be indexed (RFC 7541 section 6.2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HpackField {
    /// The name, as it is on the wire.
    pub name: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
    /// Whether it is, or shall be, a literal that is never indexed.
    pub never_indexed: bool,
}

impl HpackField {
    /// Appends the field as a literal without indexing, or as a never-indexed one, with a literal name.
    pub fn encode(&self, huffman: bool, out: &mut Vec<u8>) {
        out.push(if self.never_indexed { 0x10 } else { 0x00 });
        encode_string(&self.name, huffman, out);
        encode_string(&self.value, huffman, out);
    }
}

/// What a header block is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HpackItem {
    /// A change of the dynamic table's maximum size, in octets (RFC 7541 section 6.3).
    TableSize(u32),
    /// A field line.
    Field(HpackField),
}

/// Decodes the header blocks of one direction of a connection.
///
/// ```
/// use eyas_testkit::{HpackDecoder, HpackItem};
///
/// let items = HpackDecoder::new().decode(&[0x88])?;
/// assert!(matches!(&items[0], HpackItem::Field(field) if field.name == b":status" && field.value == b"200"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct HpackDecoder {
    /// The newest entry is in front.
    entries: VecDeque<(Vec<u8>, Vec<u8>)>,
    /// What the encoder chose, at most `limit` once it has answered the last change of it.
    size_max: u32,
    /// What we announced.
    limit: u32,
    update_is_due: bool,
}

impl HpackDecoder {
    /// An empty dynamic table of at most 4096 octets.
    #[must_use]
    pub fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            size_max: 4096,
            limit: 4096,
            update_is_due: false,
        }
    }

    /// Our SETTINGS_HEADER_TABLE_SIZE is in force. When it is less than what the encoder uses, the next block has to
    /// begin with a size update (RFC 7541 section 4.2).
    pub fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        self.update_is_due |= self.size_max > limit;
    }

    /// Decodes a whole block.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it.
    pub fn decode(&mut self, block: &[u8]) -> Result<Vec<HpackItem>, String> {
        let mut input = Input(block);
        let mut items = Vec::new();
        while let Some(&first) = input.0.first() {
            if first & 0xe0 == 0x20 {
                if items.iter().any(|item| matches!(item, HpackItem::Field(_))) {
                    return Err("table size update behind a field".into());
                }
                items.push(HpackItem::TableSize(self.update_size(input.integer(5)?)?));
                continue;
            }
            if self.update_is_due {
                return Err("table size update is missing".into());
            }
            items.push(HpackItem::Field(self.field(first, &mut input)?));
        }
        Ok(items)
    }

    fn update_size(&mut self, size: u32) -> Result<u32, String> {
        if size > self.limit {
            return Err(format!("table size update to {size}, above {}", self.limit));
        }
        self.size_max = size;
        self.update_is_due = false;
        self.evict();
        Ok(size)
    }

    fn field(&mut self, first: u8, input: &mut Input<'_>) -> Result<HpackField, String> {
        if first & 0x80 != 0 {
            let (name, value) = self.entry(input.integer(7)?)?;
            return Ok(HpackField {
                name,
                value,
                never_indexed: false,
            });
        }
        let index_it = first & 0x40 != 0;
        let name = match input.integer(if index_it { 6 } else { 4 })? {
            0 => input.string()?,
            index => self.entry(index)?.0,
        };
        let value = input.string()?;
        if index_it {
            self.entries.push_front((name.clone(), value.clone()));
            self.evict();
        }
        Ok(HpackField {
            name,
            value,
            never_indexed: first & 0xf0 == 0x10,
        })
    }

    fn entry(&self, index: u32) -> Result<(Vec<u8>, Vec<u8>), String> {
        let index = (index as usize).checked_sub(1).ok_or("index 0")?;
        if let Some((name, value)) = STATIC_TABLE.get(index) {
            return Ok((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        }
        let entry = self.entries.get(index - STATIC_TABLE.len());
        entry
            .cloned()
            .ok_or_else(|| format!("index {} is in no table", index + 1))
    }

    fn evict(&mut self) {
        let size = |(name, value): &(Vec<u8>, Vec<u8>)| name.len() + value.len() + 32;
        while self.entries.iter().map(size).sum::<usize>() > self.size_max as usize {
            self.entries.pop_back();
        }
    }
}

impl Default for HpackDecoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Appends an integer behind the bits of `first`, with a prefix of `bits` bits (RFC 7541 section 5.1).
pub(crate) fn encode_integer(first: u8, bits: u32, value: u32, out: &mut Vec<u8>) {
    let full = (1_u32 << bits) - 1;
    if value < full {
        out.push(first | value as u8);
        return;
    }
    out.push(first | full as u8);
    let mut rest = value - full;
    while rest >= 128 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn encode_string(text: &[u8], huffman: bool, out: &mut Vec<u8>) {
    let (mark, octets) = if huffman {
        (0x80, huffman::encode(text))
    } else {
        (0, text.to_vec())
    };
    encode_integer(mark, 7, octets.len() as u32, out);
    out.extend_from_slice(&octets);
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn octet(&mut self) -> Result<u8, String> {
        let (&octet, rest) = self.0.split_first().ok_or("the block ends too early")?;
        self.0 = rest;
        Ok(octet)
    }

    fn integer(&mut self, bits: u32) -> Result<u32, String> {
        let full = (1_u32 << bits) - 1;
        let first = u32::from(self.octet()?) & full;
        if first < full {
            return Ok(first);
        }
        let mut value = u64::from(full);
        for shift in [0, 7, 14, 21, 28] {
            let octet = self.octet()?;
            value += u64::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return u32::try_from(value).map_err(|_| "an integer of more than 32 bits".into());
            }
        }
        Err("an integer of more than 32 bits".into())
    }

    fn string(&mut self) -> Result<Vec<u8>, String> {
        let is_huffman = self.0.first().is_some_and(|first| first & 0x80 != 0);
        let length = self.integer(7)? as usize;
        if length > self.0.len() {
            return Err("a string ends behind its block".into());
        }
        let (octets, rest) = self.0.split_at(length);
        self.0 = rest;
        if is_huffman {
            huffman::decode(octets)
        } else {
            Ok(octets.to_vec())
        }
    }
}

/// RFC 7541 appendix A, from index 1.
const STATIC_TABLE: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests;
