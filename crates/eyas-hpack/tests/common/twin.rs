//! A decoder without limits, fragments or care for speed, to compare ours with.

use std::collections::VecDeque;

use eyas_hpack::{DecodedField, Malformed, static_table};

use super::{bitwise, rules};

/// All that a decoder says of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) name: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) sensitive: bool,
    pub(crate) static_index: Option<u8>,
    pub(crate) static_value: bool,
    pub(crate) malformed: Option<Malformed>,
    /// Whether it lives in the dynamic table.
    pub(crate) is_dynamic: bool,
}

impl Heard {
    /// What our decoder says.
    pub(crate) fn of<T>(field: &DecodedField<'_, T>) -> Self {
        Self {
            name: field.name.to_vec(),
            value: field.value.to_vec(),
            sensitive: field.sensitive,
            static_index: field.static_index,
            static_value: field.static_value,
            malformed: field.malformed,
            is_dynamic: field.slot.is_some(),
        }
    }
}

/// The naive decoder.
pub(crate) struct Twin {
    /// The newest entry first.
    pub(crate) entries: VecDeque<Entry>,
    pub(crate) max_size: usize,
    limit: usize,
    /// The lowest limit since the last block, if it has to be confirmed.
    due: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// Where the name is from.
    static_index: Option<u8>,
}

/// The block is malformed; why is for the decoder under test to know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused;

impl Twin {
    pub(crate) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            max_size: 4096,
            limit: 4096,
            due: None,
        }
    }

    /// Changes what `SETTINGS_HEADER_TABLE_SIZE` allows.
    pub(crate) fn set_limit(&mut self, octets: u32) {
        self.limit = octets as usize;
        if self.limit < self.max_size {
            self.due = Some(self.due.unwrap_or(usize::MAX).min(self.limit));
        }
    }

    /// The fields of a block, or those before its first error.
    pub(crate) fn decode(&mut self, block: &[u8]) -> (Vec<Heard>, Result<(), Refused>) {
        let mut heard = Vec::new();
        let decoded = self.advance(block, &mut heard);
        (heard, decoded)
    }

    fn advance(&mut self, block: &[u8], heard: &mut Vec<Heard>) -> Result<(), Refused> {
        let mut input = block;
        let mut updates = 0;
        while let Some(first) = input.first() {
            if first >> 5 == 1 {
                let size = integer(&mut input, 5)?;
                updates += 1;
                if size > self.due.unwrap_or(self.limit) || updates > 2 || !heard.is_empty() {
                    return Err(Refused);
                }
                self.due = None;
                self.max_size = size;
                self.evict();
                continue;
            }
            if self.due.is_some() {
                return Err(Refused);
            }
            heard.push(self.field(*first, &mut input)?);
        }
        Ok(())
    }

    fn field(&mut self, first: u8, input: &mut &[u8]) -> Result<Heard, Refused> {
        if first >> 7 == 1 {
            let index = integer(input, 7)?;
            let (entry, is_static) = (self.entry(index)?, static_table::get(index).is_some());
            return Ok(heard(entry, false, is_static, !is_static));
        }
        let is_inserted = first >> 6 == 1;
        let (name, static_index) = match integer(input, if is_inserted { 6 } else { 4 })? {
            0 => (string(input)?, None),
            index => {
                let entry = self.entry(index)?;
                (entry.name, entry.static_index)
            }
        };
        let value = string(input)?;
        let entry = Entry {
            name,
            value,
            static_index,
        };
        if is_inserted {
            self.entries.push_front(entry.clone());
            self.evict();
        }
        let is_dynamic = is_inserted && !self.entries.is_empty();
        Ok(heard(entry, first >> 4 == 1, false, is_dynamic))
    }

    fn entry(&self, index: usize) -> Result<Entry, Refused> {
        if let Some((name, value)) = static_table::get(index) {
            return Ok(Entry {
                name: name.to_vec(),
                value: value.to_vec(),
                static_index: u8::try_from(index).ok(),
            });
        }
        let position = index.checked_sub(62).ok_or(Refused)?;
        self.entries.get(position).cloned().ok_or(Refused)
    }

    fn evict(&mut self) {
        let size = |entry: &Entry| entry.name.len() + entry.value.len() + 32;
        while self.entries.iter().map(size).sum::<usize>() > self.max_size {
            self.entries.pop_back();
        }
    }
}

fn heard(entry: Entry, sensitive: bool, static_value: bool, is_dynamic: bool) -> Heard {
    Heard {
        malformed: rules::malformed(&entry.name, &entry.value),
        name: entry.name,
        value: entry.value,
        sensitive,
        static_index: entry.static_index,
        static_value,
        is_dynamic,
    }
}

fn integer(input: &mut &[u8], prefix: u32) -> Result<usize, Refused> {
    let full = (1_u128 << prefix) - 1;
    let mut value = u128::from(take(input)?) & full;
    if value == full {
        for position in 0.. {
            let octet = take(input)?;
            if position == 5 || (octet == 0 && position > 0) {
                return Err(Refused);
            }
            value += u128::from(octet & 0x7f) << (7 * position);
            if octet < 0x80 {
                break;
            }
        }
    }
    let value = u32::try_from(value).map_err(|_| Refused)?;
    Ok(value as usize)
}

fn string(input: &mut &[u8]) -> Result<Vec<u8>, Refused> {
    let is_coded = input.first().ok_or(Refused)? & 0x80 != 0;
    let len = integer(input, 7)?;
    let (octets, rest) = input.split_at_checked(len).ok_or(Refused)?;
    *input = rest;
    if is_coded {
        bitwise::decode(octets).map_err(|_| Refused)
    } else {
        Ok(octets.to_vec())
    }
}

fn take(input: &mut &[u8]) -> Result<u8, Refused> {
    let (first, rest) = input.split_first().ok_or(Refused)?;
    *input = rest;
    Ok(*first)
}
