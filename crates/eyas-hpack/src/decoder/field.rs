//! The representations of a field (RFC 7541 sections 6.1 and 6.2).

use alloc::vec::Vec;

use super::text::{Kind, Resolved, read_integer, read_string};
use super::{Decoder, Halt};
use crate::dynamic_table::{DynamicTable, Mark};
use crate::octets::{is_name, is_value};
use crate::{
    DecodeError, DecodedField, FIELD_OVERHEAD, Indexing, Malformed, Sink, UnknownField,
    static_table,
};

impl<T: Default> Decoder<T> {
    /// Decodes the fields at the front of `rest`, which is moved on field by
    /// field.
    #[inline]
    pub(super) fn fields<S>(&mut self, rest: &mut &[u8], sink: &mut S) -> Result<(), Halt>
    where
        S: Sink<T> + ?Sized,
    {
        if self.summary.fields == 0 {
            self.apply_size_updates(rest)?;
        }
        while let Some(&first) = rest.first() {
            *rest = match first {
                0x80.. => self.indexed(rest, sink)?,
                _ => self.literal(first, rest, sink)?,
            };
        }
        Ok(())
    }

    /// An indexed field (RFC 7541 section 6.1).
    #[inline(always)]
    fn indexed<'b, S>(&mut self, rest: &'b [u8], sink: &mut S) -> Result<&'b [u8], Halt>
    where
        S: Sink<T> + ?Sized,
    {
        let (index, rest) = read_integer(rest, 0x7f, rest)?;
        let field = if let Some((name, value)) = static_table::get(index) {
            DecodedField {
                name,
                value,
                sensitive: false,
                static_index: Some(index as u8),
                static_value: true,
                malformed: None,
                slot: None,
            }
        } else {
            let position = dynamic_position(index)?;
            let Some(entry) = self.table.get_mut(position) else {
                self.unknown(index, sink)?;
                return Ok(rest);
            };
            if entry.mark.nameless {
                if self.summary.charge(0, entry.value.len(), &self.limits) {
                    let value = Some(entry.value);
                    sink.unknown(UnknownField { index: index as u32, value });
                }
                return Ok(rest);
            }
            DecodedField {
                name: entry.name,
                value: entry.value,
                sensitive: false,
                static_index: entry.mark.static_index(),
                static_value: false,
                malformed: entry.mark.malformed,
                slot: Some(entry.slot),
            }
        };
        let (name, value) = (field.name.len(), field.value.len());
        if self.summary.charge(name, value, &self.limits) {
            sink.field(field);
        }
        Ok(rest)
    }

    /// A literal field in one of its three forms (RFC 7541 section 6.2).
    #[inline(always)]
    fn literal<'b, S>(
        &mut self,
        first: u8,
        field: &'b [u8],
        sink: &mut S,
    ) -> Result<&'b [u8], Halt>
    where
        S: Sink<T> + ?Sized,
    {
        let (full, indexing) = match first {
            0x40.. => (0x3f, Indexing::Incremental),
            0x20.. => return Err(DecodeError::SizeUpdateMisplaced.into()),
            0x10.. => (0x0f, Indexing::Never),
            _ => (0x0f, Indexing::Without),
        };
        let (index, rest) = read_integer(field, full, field)?;
        // All of the field has to be there before a string is decoded, so that
        // none is decoded twice when it comes in fragments.
        let (name, rest) = match index {
            0 => {
                let (text, rest) = read_string(rest, field)?;
                (Some(text), rest)
            }
            _ => (None, rest),
        };
        let (value, rest) = read_string(rest, field)?;

        // Longer strings are measured, not built: neither the sink nor the table
        // would take them.
        let limits = &self.limits;
        let table_size = self.table.max_size();
        let ceiling = || limits.max_field_octets.max(table_size) as usize;
        let (name, mut mark) = match name {
            Some(text) => {
                let name = text.resolve(Kind::Name, &mut self.scratch.name, ceiling)?;
                let valid = name
                    .octets
                    .is_some_and(|octets| is_name(octets, name.class));
                (
                    name,
                    Mark::of_malformed((!valid).then_some(Malformed::Name)),
                )
            }
            None => {
                let has_joined = self.has_joined;
                referenced_name(index, &self.table, &mut self.scratch.name, has_joined)?
            }
        };
        let value = value.resolve(Kind::Value, &mut self.scratch.value, ceiling)?;
        let valid = value
            .octets
            .is_some_and(|octets| is_value(octets, value.class));
        if !valid && mark.malformed.is_none() {
            mark.malformed = Some(Malformed::Value);
        }

        let heard = self.summary.charge(name.len, value.len, &self.limits);
        let (Some(name), Some(value)) = (name.octets, value.octets) else {
            // Larger than the table, which it therefore empties (RFC 7541
            // section 4.4), and than what the sink may hear.
            if let Indexing::Incremental = indexing {
                self.table.clear();
            }
            return Ok(rest);
        };
        let slot = match indexing {
            Indexing::Incremental => self.table.insert(name, value, mark),
            Indexing::Without | Indexing::Never => None,
        };
        if !heard {
            return Ok(rest);
        }
        if mark.nameless {
            let value = Some(value);
            sink.unknown(UnknownField { index: index as u32, value });
            return Ok(rest);
        }
        sink.field(DecodedField {
            name,
            value,
            sensitive: matches!(indexing, Indexing::Never),
            static_index: mark.static_index(),
            static_value: false,
            malformed: mark.malformed,
            slot,
        });
        Ok(rest)
    }

    /// An entry that is not in the table: an error, unless it may be from before
    /// our time.
    #[cold]
    fn unknown<S>(&mut self, index: usize, sink: &mut S) -> Result<(), Halt>
    where
        S: Sink<T> + ?Sized,
    {
        if !self.has_joined || !may_exist(index, self.table.max_size()) {
            return Err(DecodeError::InvalidIndex.into());
        }
        if self.summary.charge(0, 0, &self.limits) {
            sink.unknown(UnknownField { index: index as u32, value: None });
        }
        Ok(())
    }
}

/// The name of an entry, and what is known of it. A name in the dynamic table is
/// copied out: inserting the new field may evict it (RFC 7541 section 4.4).
fn referenced_name<'x, T>(
    index: usize,
    table: &DynamicTable<T>,
    scratch: &'x mut Vec<u8>,
    has_joined: bool,
) -> Result<(Resolved<'x>, Mark), Halt> {
    if let Some((name, _)) = static_table::get(index) {
        return Ok((Resolved::known(name), Mark::of_static(index as u8)));
    }
    let mark = match table.get(dynamic_position(index)?) {
        Some(entry) => {
            if let Some((name, _)) = static_table::get(entry.mark.static_index.into()) {
                return Ok((
                    Resolved::known(name),
                    Mark::of_static(entry.mark.static_index),
                ));
            }
            scratch.clear();
            scratch.extend_from_slice(entry.name);
            Mark {
                // What is wrong with its value is not the new one's fault.
                malformed: entry.mark.malformed.filter(|it| *it == Malformed::Name),
                ..entry.mark
            }
        }
        None if has_joined && may_exist(index, table.max_size()) => {
            scratch.clear();
            Mark {
                nameless: true,
                ..Mark::default()
            }
        }
        None => return Err(DecodeError::InvalidIndex.into()),
    };
    Ok((Resolved::known(scratch), mark))
}

/// Whether a table of `max_size` octets has room for so many entries.
const fn may_exist(index: usize, max_size: u32) -> bool {
    index - static_table::LEN <= (max_size / FIELD_OVERHEAD) as usize
}

/// The position in the dynamic table of an index that is not in the static one.
#[inline]
const fn dynamic_position(index: usize) -> Result<usize, DecodeError> {
    match index.checked_sub(static_table::LEN + 1) {
        Some(position) => Ok(position),
        None => Err(DecodeError::IndexZero),
    }
}
