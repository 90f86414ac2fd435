//! The first-in, first-out table of recent fields (RFC 7541 section 2.3.2): one
//! ring of octets and one ring of entries that point into it.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::FIELD_OVERHEAD;

/// Recent fields, newest first. Entry 0 has HPACK index 62.
///
/// The octets of an entry are never split: one that does not fit behind the
/// newest entry goes to the start of the arena. Invariants, with `octets` the
/// sum of all spans (a span is name + value, at least one octet):
///
/// * `size = sum(name + value + 32) <= max_size`, hence `octets <= max_size`;
/// * the spans lie in insertion order along the ring, disjoint, with at most one
///   gap, at the end of the arena;
/// * an arena of `2 * max_size` octets fits any entry that `max_size` allows. If
///   the ring has wrapped, the gap is shorter than the span at offset 0, which is
///   alive. So gap + octets + new span <= max_size + max_size.
pub(crate) struct DynamicTable {
    arena: Vec<u8>,
    entries: VecDeque<Entry>,
    size: u32,
    max_size: u32,
}

impl DynamicTable {
    /// An empty table; nothing is allocated before the first insertion.
    pub(crate) const fn new(max_size: u32) -> Self {
        Self {
            arena: Vec::new(),
            entries: VecDeque::new(),
            size: 0,
            max_size,
        }
    }

    #[inline]
    pub(crate) const fn max_size(&self) -> u32 {
        self.max_size
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Entry `position`, 0 being the newest.
    #[inline]
    pub(crate) fn get(&self, position: usize) -> Option<EntryRef<'_>> {
        let entry = self.entries.get(position)?;
        let octets = &self.arena[entry.start()..entry.end()];
        let (name, value) = octets.split_at(entry.name_len as usize);
        Some(EntryRef {
            name,
            value,
            static_index: entry.static_index,
        })
    }

    /// Changes the maximum size and evicts what no longer fits (RFC 7541 section
    /// 4.3).
    pub(crate) fn set_max_size(&mut self, max_size: u32) {
        self.max_size = max_size;
        self.evict_to(max_size);
        if self.entries.is_empty() && self.arena.len() as u64 > 2 * u64::from(max_size) {
            self.arena = Vec::new();
            self.entries = VecDeque::new();
        }
    }

    /// Evicts from the oldest end until the new entry fits, then adds it. An
    /// entry larger than the table leaves it empty and is not added (RFC 7541
    /// section 4.4). Returns whether it was added.
    pub(crate) fn insert(&mut self, name: &[u8], value: &[u8], static_index: u8) -> bool {
        let (Ok(name_len), Ok(value_len)) = (u32::try_from(name.len()), u32::try_from(value.len()))
        else {
            self.clear();
            return false;
        };
        let size = u64::from(name_len) + u64::from(value_len) + u64::from(FIELD_OVERHEAD);
        let Some(room_for_others) = u64::from(self.max_size).checked_sub(size) else {
            self.clear();
            return false;
        };
        // Both are at most `max_size` and so fit 32 bits.
        let (size, room_for_others) = (size as u32, room_for_others as u32);
        self.evict_to(room_for_others);

        let mut entry = Entry {
            offset: 0,
            name_len,
            value_len,
            static_index,
        };
        let offset = match self.place(entry.span()) {
            Some(offset) => offset,
            None => self.grow(entry.span()),
        };
        entry.offset = offset as u32;
        self.arena[offset..offset + name.len()].copy_from_slice(name);
        self.arena[offset + name.len()..offset + name.len() + value.len()].copy_from_slice(value);
        self.entries.push_front(entry);
        self.size += size;
        true
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.size = 0;
    }

    fn evict_to(&mut self, size: u32) {
        while self.size > size {
            let Some(oldest) = self.entries.pop_back() else {
                break;
            };
            self.size -= oldest.name_len + oldest.value_len + FIELD_OVERHEAD;
        }
    }

    /// Where `span` octets can go without touching a living entry.
    #[inline]
    fn place(&self, span: usize) -> Option<usize> {
        let (Some(newest), Some(oldest)) = (self.entries.front(), self.entries.back()) else {
            return (span <= self.arena.len()).then_some(0);
        };
        let head = newest.start() + newest.span();
        if newest.offset < oldest.offset {
            (head + span <= oldest.start()).then_some(head)
        } else if head + span <= self.arena.len() {
            Some(head)
        } else {
            (span <= oldest.start()).then_some(0)
        }
    }

    /// Moves the living entries to the start of a larger arena; returns where
    /// `span` octets can go behind them.
    #[cold]
    fn grow(&mut self, span: usize) -> usize {
        let octets: usize = self.entries.iter().map(Entry::span).sum();
        let ceiling = 2 * self.max_size as usize;
        let capacity = (2 * self.arena.len())
            .max((octets + span).next_power_of_two())
            .max(ARENA_MIN)
            .min(ceiling)
            .max(octets + span);
        let mut arena = vec![0; capacity];
        let mut head = 0;
        for entry in self.entries.iter_mut().rev() {
            let len = entry.end() - entry.start();
            arena[head..head + len].copy_from_slice(&self.arena[entry.start()..entry.end()]);
            entry.offset = head as u32;
            head += entry.span();
        }
        self.arena = arena;
        head
    }

    /// Octets of heap this table holds, for the tests that watch it.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> (usize, usize) {
        (self.arena.capacity(), self.entries.capacity())
    }
}

impl fmt::Debug for DynamicTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are left out: a table remembers what users sent.
        f.debug_struct("DynamicTable")
            .field("len", &self.len())
            .field("size", &self.size)
            .field("max_size", &self.max_size)
            .finish_non_exhaustive()
    }
}

/// An entry as the decoder and the encoder look at it.
#[derive(Clone, Copy)]
pub(crate) struct EntryRef<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    /// The static entry the name was taken from, or 0.
    pub(crate) static_index: u8,
}

struct Entry {
    offset: u32,
    name_len: u32,
    value_len: u32,
    static_index: u8,
}

impl Entry {
    #[inline]
    const fn start(&self) -> usize {
        self.offset as usize
    }

    #[inline]
    const fn end(&self) -> usize {
        self.offset as usize + self.name_len as usize + self.value_len as usize
    }

    /// Octets the entry occupies. An empty one takes an octet all the same, so
    /// that no two entries have the same offset and a full ring cannot be
    /// mistaken for an empty one.
    #[inline]
    fn span(&self) -> usize {
        (self.end() - self.start()).max(1)
    }
}

/// A read-only view of a dynamic table (RFC 7541 section 2.3.2).
#[derive(Clone, Copy)]
pub struct DynamicTableView<'a> {
    table: &'a DynamicTable,
}

impl<'a> DynamicTableView<'a> {
    pub(crate) const fn new(table: &'a DynamicTable) -> Self {
        Self { table }
    }

    /// Sum of name + value + 32 octets over all entries (RFC 7541 section 4.1).
    #[inline]
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.table.size
    }

    /// The size in octets beyond which entries are evicted (RFC 7541 section
    /// 4.2).
    #[inline]
    #[must_use]
    pub const fn max_size(&self) -> u32 {
        self.table.max_size
    }

    /// The number of entries.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether the table has no entry.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name and value of an entry; position 0 is the newest, HPACK index 62.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<(&'a [u8], &'a [u8])> {
        let entry = self.table.get(position)?;
        Some((entry.name, entry.value))
    }

    /// All entries, newest first.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let view = *self;
        (0..view.len()).filter_map(move |position| view.get(position))
    }
}

impl fmt::Debug for DynamicTableView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.fmt(f)
    }
}

/// The first arena: a handful of fields, before the doubling begins.
const ARENA_MIN: usize = 256;

#[cfg(test)]
mod tests;
