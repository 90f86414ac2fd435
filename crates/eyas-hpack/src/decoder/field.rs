//! The representations of a field (RFC 7541 sections 6.1 and 6.2).

use alloc::vec::Vec;

use super::text::{Kind, Resolved, read_integer, read_string};
use super::{Decoder, Halt};
use crate::dynamic_table::{DynamicTable, Mark};
use crate::octets::{is_name, is_value};
use crate::{
    DecodeError, DecodedField, FIELD_OVERHEAD, Indexing, Sink, UnknownField, static_table,
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
            match first {
                0x80.. => self.indexed(rest, sink)?,
                _ => self.literal(first, rest, sink)?,
            }
        }
        Ok(())
    }

    /// An indexed field (RFC 7541 section 6.1) at the front of `rest`.
    #[inline(always)]
    fn indexed<S>(&mut self, rest: &mut &[u8], sink: &mut S) -> Result<(), Halt>
    where
        S: Sink<T> + ?Sized,
    {
        let (index, behind) = read_integer(rest, 0x7f, rest)?;
        *rest = behind;
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
                return Ok(());
            };
            if entry.mark.is_nameless() {
                self.summary.charge(0, entry.value.len(), &self.limits);
                if self.summary.is_heard() {
                    sink.unknown(UnknownField {
                        index: index as u32,
                        value: Some(entry.value),
                    });
                }
                return Ok(());
            }
            DecodedField {
                name: entry.name,
                value: entry.value,
                sensitive: false,
                static_index: entry.mark.static_index(),
                static_value: false,
                malformed: entry.mark.malformed(),
                slot: Some(entry.slot),
            }
        };
        let (name, value) = (field.name.len(), field.value.len());
        self.summary.charge(name, value, &self.limits);
        if self.summary.is_heard() {
            sink.field(field);
        }
        Ok(())
    }

    /// A literal field in one of its three forms (RFC 7541 section 6.2), at the front
    /// of `rest`.
    #[inline(always)]
    fn literal<S>(&mut self, first: u8, rest: &mut &[u8], sink: &mut S) -> Result<(), Halt>
    where
        S: Sink<T> + ?Sized,
    {
        let (full, indexing) = match first {
            0x40.. => (0x3f, Indexing::Incremental),
            0x20.. => return Err(DecodeError::SizeUpdateMisplaced.into()),
            0x10.. => (0x0f, Indexing::Never),
            _ => (0x0f, Indexing::Without),
        };
        // All of the field has to be there before a string is decoded, so that
        // none is decoded twice when it comes in fragments.
        let (index, behind) = read_integer(rest, full, rest)?;
        let (name, behind) = match index {
            0 => {
                let (text, behind) = read_string(behind, rest)?;
                (Some(text), behind)
            }
            _ => (None, behind),
        };
        let (value, behind) = read_string(behind, rest)?;
        *rest = behind;

        // Longer strings are measured, not built: neither the sink nor the table
        // would take them.
        let (limits, table_size) = (&self.limits, self.table.max_size());
        let ceiling = || limits.max_field_octets.max(table_size) as usize;
        let (name, mark) = match name {
            Some(text) => {
                let name = text.resolve(Kind::Name, &mut self.scratch.name, ceiling)?;
                (name, Mark::default())
            }
            None => match static_table::get(index) {
                Some((name, _)) => (Resolved::known(name), Mark::of_static(index as u8)),
                None => {
                    let has_joined = self.has_joined;
                    dynamic_name(index, &self.table, &mut self.scratch.name, has_joined)?
                }
            },
        };
        let value = value.resolve(Kind::Value, &mut self.scratch.value, ceiling)?;
        self.summary.charge(name.len, value.len, &self.limits);
        let (name_class, value_class) = (name.class, value.class);
        let (Some(name), Some(value)) = (name.octets, value.octets) else {
            // Larger than the table, which it therefore empties (RFC 7541
            // section 4.4), and than what the sink may hear.
            if let Indexing::Incremental = indexing {
                self.summary.table_changed = true;
                self.table.clear();
            }
            return Ok(());
        };
        let mark = mark
            .and_if(!is_name(name, name_class), Mark::MALFORMED_NAME)
            .and_if(!is_value(value, value_class), Mark::MALFORMED_VALUE);
        let slot = match indexing {
            Indexing::Incremental => {
                self.summary.table_changed = true;
                self.table.insert(name, value, mark)
            }
            Indexing::Without | Indexing::Never => None,
        };
        if !self.summary.is_heard() {
            return Ok(());
        }
        if mark.is_nameless() {
            sink.unknown(UnknownField {
                index: index as u32,
                value: Some(value),
            });
            return Ok(());
        }
        sink.field(DecodedField {
            name,
            value,
            sensitive: matches!(indexing, Indexing::Never),
            static_index: mark.static_index(),
            static_value: false,
            malformed: mark.malformed(),
            slot,
        });
        Ok(())
    }

    /// An entry that is not in the table: an error, unless it may be from before
    /// our time.
    #[cold]
    fn unknown<S>(&mut self, index: usize, sink: &mut S) -> Result<(), DecodeError>
    where
        S: Sink<T> + ?Sized,
    {
        if !self.has_joined || !may_exist(index, self.table.max_size()) {
            return Err(DecodeError::InvalidIndex);
        }
        self.summary.charge(0, 0, &self.limits);
        if self.summary.is_heard() {
            sink.unknown(UnknownField {
                index: index as u32,
                value: None,
            });
        }
        Ok(())
    }
}

/// The name of an entry that is not in the static table, and what is known of it. It is
/// copied out: inserting the new field may evict it (RFC 7541 section 4.4).
fn dynamic_name<'x, T>(
    index: usize,
    table: &DynamicTable<T>,
    scratch: &'x mut Vec<u8>,
    has_joined: bool,
) -> Result<(Resolved<'x>, Mark), DecodeError> {
    scratch.clear();
    let mark = match table.get(dynamic_position(index)?) {
        Some(entry) => {
            let static_index = entry.mark.static_index().unwrap_or(0);
            if let Some((name, _)) = static_table::get(static_index.into()) {
                return Ok((Resolved::known(name), Mark::of_static(static_index)));
            }
            scratch.extend_from_slice(entry.name);
            // What is wrong with its value is not the new one's fault.
            entry.mark.of_name()
        }
        None if has_joined && may_exist(index, table.max_size()) => Mark::NAMELESS,
        None => return Err(DecodeError::InvalidIndex),
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
