//! From a header block to field lines (RFC 7541 section 3).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use crate::dynamic_table::{DynamicTable, DynamicTableView};
use crate::{
    BlockSummary, DEFAULT_TABLE_SIZE, DecodeError, DecodedField, DecoderLimits, Indexing, Sink,
    integer, static_table,
};
use text::{Resolved, Scratch, read_string};

mod text;

/// Decodes the header blocks of one direction of one connection.
///
/// `T` is what the user keeps beside each entry of the dynamic table, a
/// validated form of the field for example: see [`DecodedField::slot`].
///
/// Blocks must be decoded whole and in the order they were sent. After an error
/// the table is no longer in step with the peer's; further blocks can still be
/// given without harm, but their fields mean nothing.
///
/// ```
/// use eyas_hpack::{DecodedField, Decoder, DecoderLimits};
///
/// let mut decoder: Decoder = Decoder::new(DecoderLimits::default());
/// let mut lines = Vec::new();
/// let summary = decoder.decode(b"\x82\x41\x07eyas.rs", &mut |field: DecodedField<'_>| {
///     lines.push((field.name.to_vec(), field.value.to_vec()));
/// })?;
/// assert_eq!(lines[1], (b":authority".to_vec(), b"eyas.rs".to_vec()));
/// assert_eq!((summary.fields, summary.exceeded), (2, None));
/// assert_eq!(decoder.table().len(), 1);
/// # Ok::<(), eyas_hpack::DecodeError>(())
/// ```
pub struct Decoder<T = ()> {
    table: DynamicTable,
    /// One for each entry of `table`, in the same order.
    slots: VecDeque<T>,
    limits: DecoderLimits,
    /// The lowest limit announced since the last block, if the peer has to
    /// confirm it with a size update.
    size_update_due: Option<u32>,
    scratch: Scratch,
}

impl<T: Default> Decoder<T> {
    /// A decoder with an empty table of at most
    /// `min(4096, limits.max_table_size)` octets.
    ///
    /// A peer may use 4096 octets until it has seen our settings (RFC 9113
    /// section 6.5.2). To announce less, begin with 4096 and call
    /// [`set_max_table_size`](Self::set_max_table_size) when the setting is
    /// acknowledged; to announce more, begin with more.
    #[must_use]
    pub fn new(limits: DecoderLimits) -> Self {
        Self {
            table: DynamicTable::new(DEFAULT_TABLE_SIZE.min(limits.max_table_size)),
            slots: VecDeque::new(),
            limits,
            size_update_due: None,
            scratch: Scratch::default(),
        }
    }

    /// Changes the limit for the table, in octets, once the peer has acknowledged
    /// our `SETTINGS_HEADER_TABLE_SIZE`.
    ///
    /// The table itself only changes with the peer's next size update. If the
    /// limit falls below the table's maximum size, the next block has to begin
    /// with one (RFC 7541 section 4.2).
    pub fn set_max_table_size(&mut self, octets: u32) {
        self.limits.max_table_size = octets;
        if octets < self.table.max_size() {
            let lowest = self.size_update_due.map_or(octets, |due| due.min(octets));
            self.size_update_due = Some(lowest);
        }
    }

    /// Decodes one whole header block and hands its fields to `sink` in order.
    ///
    /// The block is decoded to its end also when it exceeds a limit; from then on
    /// `sink` hears nothing more. Fields before an error have been handed over.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: the connection has to end with `COMPRESSION_ERROR` (RFC
    /// 9113 section 4.3).
    pub fn decode<S>(&mut self, block: &[u8], sink: &mut S) -> Result<BlockSummary, DecodeError>
    where
        S: Sink<T> + ?Sized,
    {
        let mut summary = BlockSummary::default();
        let mut rest = self.size_updates(block)?;
        while let Some(&first) = rest.first() {
            rest = match first {
                0x80.. => self.indexed(rest, &mut summary, sink)?,
                0x40.. => self.literal(rest, Indexing::Incremental, &mut summary, sink)?,
                0x20.. => return Err(DecodeError::SizeUpdateMisplaced),
                0x10.. => self.literal(rest, Indexing::Never, &mut summary, sink)?,
                _ => self.literal(rest, Indexing::Without, &mut summary, sink)?,
            };
        }
        self.scratch.trim();
        Ok(summary)
    }

    /// The dynamic table as it is now.
    #[inline]
    #[must_use]
    pub const fn table(&self) -> DynamicTableView<'_> {
        DynamicTableView::new(&self.table)
    }

    /// The limits in force.
    #[inline]
    #[must_use]
    pub const fn limits(&self) -> &DecoderLimits {
        &self.limits
    }

    /// Reads the size updates at the start of a block (RFC 7541 sections 4.2 and
    /// 6.3); returns the rest.
    fn size_updates<'b>(&mut self, block: &'b [u8]) -> Result<&'b [u8], DecodeError> {
        let mut rest = block;
        let mut updates = 0;
        while let Some(0x20..=0x3f) = rest.first() {
            let (size, after) = integer::decode::<5>(rest)?;
            updates += 1;
            if updates > self.limits.max_size_updates {
                return Err(DecodeError::TooManySizeUpdates);
            }
            // The first one has to honour the lowest limit since the last block.
            let limit = self.size_update_due.unwrap_or(self.limits.max_table_size);
            if size > limit {
                return Err(DecodeError::SizeUpdateTooLarge);
            }
            self.size_update_due = None;
            self.table.set_max_size(size);
            self.slots.truncate(self.table.len());
            rest = after;
        }
        if self.size_update_due.is_some() && !rest.is_empty() {
            return Err(DecodeError::SizeUpdateMissing);
        }
        Ok(rest)
    }

    /// An indexed field (RFC 7541 section 6.1).
    #[inline]
    fn indexed<'b, S>(
        &mut self,
        rest: &'b [u8],
        summary: &mut BlockSummary,
        sink: &mut S,
    ) -> Result<&'b [u8], DecodeError>
    where
        S: Sink<T> + ?Sized,
    {
        let (index, rest) = integer::decode::<7>(rest)?;
        let index = index as usize;
        let field = if let Some((name, value)) = static_table::get(index) {
            DecodedField {
                name,
                value,
                sensitive: false,
                static_index: Some(index as u8),
                static_value: true,
                slot: None,
            }
        } else {
            let position = dynamic_position(index)?;
            let entry = self.table.get(position).ok_or(DecodeError::InvalidIndex)?;
            DecodedField {
                name: entry.name,
                value: entry.value,
                sensitive: false,
                static_index: (entry.static_index != 0).then_some(entry.static_index),
                static_value: false,
                slot: self.slots.get_mut(position),
            }
        };
        if summary.charge(field.name.len(), field.value.len(), &self.limits) {
            sink.field(field);
        }
        Ok(rest)
    }

    /// A literal field in one of its three forms (RFC 7541 section 6.2).
    fn literal<'b, S>(
        &mut self,
        rest: &'b [u8],
        indexing: Indexing,
        summary: &mut BlockSummary,
        sink: &mut S,
    ) -> Result<&'b [u8], DecodeError>
    where
        S: Sink<T> + ?Sized,
    {
        let (index, rest) = match indexing {
            Indexing::Incremental => integer::decode::<6>(rest)?,
            Indexing::Without | Indexing::Never => integer::decode::<4>(rest)?,
        };
        // Longer strings are measured, not built: neither the sink nor the table
        // would take them.
        let sink_ceiling = match summary.exceeded {
            None => self.limits.max_field_octets,
            Some(_) => 0,
        };
        let ceiling = match indexing {
            Indexing::Incremental => sink_ceiling.max(self.table.max_size()),
            Indexing::Without | Indexing::Never => sink_ceiling,
        } as usize;

        let (name, static_index, rest) = match index as usize {
            0 => {
                let (text, rest) = read_string(rest)?;
                (text.resolve(&mut self.scratch.name, ceiling)?, 0, rest)
            }
            index => {
                let (name, static_index) =
                    referenced_name(index, &self.table, &mut self.scratch.name)?;
                (Resolved::known(name), static_index, rest)
            }
        };
        let (value, rest) = read_string(rest)?;
        let value = value.resolve(&mut self.scratch.value, ceiling)?;

        let heard = summary.charge(name.len, value.len, &self.limits);
        let (Some(name), Some(value)) = (name.octets, value.octets) else {
            // Larger than the table, which it therefore empties (RFC 7541
            // section 4.4), and than what the sink may hear.
            if let Indexing::Incremental = indexing {
                self.table.clear();
                self.slots.clear();
            }
            return Ok(rest);
        };
        let mut slot = None;
        if let Indexing::Incremental = indexing {
            let added = self.table.insert(name, value, static_index);
            self.slots.truncate(self.table.len() - usize::from(added));
            if added {
                self.slots.push_front(T::default());
                slot = self.slots.front_mut();
            }
        }
        if heard {
            sink.field(DecodedField {
                name,
                value,
                sensitive: matches!(indexing, Indexing::Never),
                static_index: (static_index != 0).then_some(static_index),
                static_value: false,
                slot,
            });
        }
        Ok(rest)
    }
}

impl<T> fmt::Debug for Decoder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("table", &self.table)
            .field("limits", &self.limits)
            .field("size_update_due", &self.size_update_due)
            .finish_non_exhaustive()
    }
}

/// The name of an entry, and the static entry it comes from or 0. A name in the
/// dynamic table is copied out: inserting the new field may evict it (RFC 7541
/// section 4.4).
fn referenced_name<'x>(
    index: usize,
    table: &DynamicTable,
    scratch: &'x mut Vec<u8>,
) -> Result<(&'x [u8], u8), DecodeError> {
    if let Some((name, _)) = static_table::get(index) {
        return Ok((name, index as u8));
    }
    let position = dynamic_position(index)?;
    let entry = table.get(position).ok_or(DecodeError::InvalidIndex)?;
    if let Some((name, _)) = static_table::get(usize::from(entry.static_index)) {
        return Ok((name, entry.static_index));
    }
    scratch.clear();
    scratch.extend_from_slice(entry.name);
    Ok((scratch, 0))
}

/// The position in the dynamic table of an index that is not in the static one.
#[inline]
const fn dynamic_position(index: usize) -> Result<usize, DecodeError> {
    match index.checked_sub(static_table::LEN + 1) {
        Some(position) => Ok(position),
        None => Err(DecodeError::IndexZero),
    }
}

#[cfg(test)]
mod tests;
