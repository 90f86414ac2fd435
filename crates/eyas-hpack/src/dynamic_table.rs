//! The first-in, first-out table of recent fields (RFC 7541 section 2.3.2): one
//! ring of octets and one ring of entries that point into it.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::{FIELD_OVERHEAD, Malformed};

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
pub(crate) struct DynamicTable<T> {
    arena: Vec<u8>,
    entries: VecDeque<Entry<T>>,
    size: u32,
    max_size: u32,
}

impl<T> DynamicTable<T> {
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
    pub(crate) fn get(&self, position: usize) -> Option<EntryRef<'_, &T>> {
        let entry = self.entries.get(position)?;
        let octets = &self.arena[entry.start()..entry.end()];
        let (name, value) = octets.split_at(entry.name_len as usize);
        Some(EntryRef {
            name,
            value,
            mark: entry.mark,
            slot: &entry.slot,
        })
    }

    /// The same with a slot to write in.
    #[inline]
    pub(crate) fn get_mut(&mut self, position: usize) -> Option<EntryRef<'_, &mut T>> {
        let entry = self.entries.get_mut(position)?;
        let octets = &self.arena[entry.start()..entry.end()];
        let (name, value) = octets.split_at(entry.name_len as usize);
        Some(EntryRef {
            name,
            value,
            mark: entry.mark,
            slot: &mut entry.slot,
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
    /// section 4.4). Returns the slot if it was added.
    pub(crate) fn insert(&mut self, name: &[u8], value: &[u8], mark: Mark) -> Option<&mut T>
    where
        T: Default,
    {
        let octets = name.len().saturating_add(value.len());
        let max_size = self.max_size as usize;
        let Some(room_for_others) = max_size
            .checked_sub(FIELD_OVERHEAD as usize)
            .and_then(|room| room.checked_sub(octets))
        else {
            self.clear();
            return None;
        };
        // Neither exceeds `max_size`, so both fit 32 bits.
        self.evict_to(room_for_others as u32);
        let size = octets as u32 + FIELD_OVERHEAD;

        let span = octets.max(1);
        let offset = match self.place(span) {
            Some(offset) => offset,
            None => self.grow(span),
        };
        let (left, right) = self.arena[offset..offset + octets].split_at_mut(name.len());
        left.copy_from_slice(name);
        right.copy_from_slice(value);
        self.entries.push_front(Entry {
            offset: offset as u32,
            name_len: name.len() as u32,
            value_len: value.len() as u32,
            mark,
            slot: T::default(),
        });
        self.size += size;
        self.entries.front_mut().map(|entry| &mut entry.slot)
    }

    /// Gives every entry an empty slot.
    pub(crate) fn reset_slots(&mut self)
    where
        T: Default,
    {
        for entry in &mut self.entries {
            entry.slot = T::default();
        }
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

impl<T> fmt::Debug for DynamicTable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are left out: a table remembers what users sent.
        f.debug_struct("DynamicTable")
            .field("len", &self.entries.len())
            .field("size", &self.size)
            .field("max_size", &self.max_size)
            .finish_non_exhaustive()
    }
}

/// An entry as the decoder and the encoder look at it.
pub(crate) struct EntryRef<'a, S> {
    pub(crate) name: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) mark: Mark,
    pub(crate) slot: S,
}

/// What was found out about an entry when it came: in the low octet the static entry
/// that the name was taken from, or 0, and above it flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark(u16);

impl Mark {
    pub(crate) const MALFORMED_NAME: Self = Self(1 << 8);
    pub(crate) const MALFORMED_VALUE: Self = Self(1 << 9);
    /// The name is missing: that of an entry from before our time.
    pub(crate) const NAMELESS: Self = Self(1 << 10);

    #[inline]
    pub(crate) const fn of_static(index: u8) -> Self {
        Self(index as u16)
    }

    /// This mark and another one, if there is reason for that.
    #[inline]
    pub(crate) const fn and_if(self, reason: bool, other: Self) -> Self {
        match reason {
            true => Self(self.0 | other.0),
            false => self,
        }
    }

    /// What holds for the name alone.
    #[inline]
    pub(crate) const fn of_name(self) -> Self {
        Self(self.0 & !Self::MALFORMED_VALUE.0)
    }

    #[inline]
    pub(crate) const fn static_index(self) -> Option<u8> {
        match self.0 as u8 {
            0 => None,
            index => Some(index),
        }
    }

    #[inline]
    pub(crate) const fn malformed(self) -> Option<Malformed> {
        if self.0 & Self::MALFORMED_NAME.0 != 0 {
            Some(Malformed::Name)
        } else if self.0 & Self::MALFORMED_VALUE.0 != 0 {
            Some(Malformed::Value)
        } else {
            None
        }
    }

    #[inline]
    pub(crate) const fn is_nameless(self) -> bool {
        self.0 & Self::NAMELESS.0 != 0
    }
}

struct Entry<T> {
    offset: u32,
    name_len: u32,
    value_len: u32,
    mark: Mark,
    slot: T,
}

impl<T> Entry<T> {
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
///
/// `T` is what a [`Decoder`](crate::Decoder)'s user keeps beside each entry.
///
/// ```
/// use eyas_hpack::{Encoder, Field};
///
/// let mut encoder = Encoder::new(4096);
/// encoder.field(Field::new("server", "eyas"), &mut Vec::new());
/// let table = encoder.table();
/// assert_eq!(table.get(0), Some((&b"server"[..], &b"eyas"[..])));
/// assert_eq!((table.len(), table.size()), (1, 32 + 6 + 4));
/// ```
pub struct DynamicTableView<'a, T = ()> {
    table: &'a DynamicTable<T>,
}

impl<'a, T> DynamicTableView<'a, T> {
    pub(crate) const fn new(table: &'a DynamicTable<T>) -> Self {
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
        self.table.entries.len()
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

    /// What is kept beside that entry.
    #[must_use]
    pub fn slot(&self, position: usize) -> Option<&'a T> {
        Some(self.table.get(position)?.slot)
    }

    /// All entries, newest first.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a, T> {
        let view = *self;
        (0..view.len()).filter_map(move |position| view.get(position))
    }
}

impl<T> Clone for DynamicTableView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for DynamicTableView<'_, T> {}

impl<T> fmt::Debug for DynamicTableView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.fmt(f)
    }
}

/// The first arena: a handful of fields, before the doubling begins.
const ARENA_MIN: usize = 256;

#[cfg(test)]
mod tests;
