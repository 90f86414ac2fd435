//! Finds a field or a name in the encoder's table without a scan.

use alloc::vec;
use alloc::vec::Vec;

use crate::Field;
use crate::dynamic_table::{DynamicTable, EntryRef};
use crate::equal::same;

/// A set-associative index over the dynamic table.
///
/// Each entry has two keys, one for name and value and one for the name. A key
/// leads to one bucket of [`WAYS`] slots and to no other, so a look-up costs the
/// same whatever names and values somebody chooses. A slot holds the number its
/// entry was inserted under: entries leave in the order they came, so a slot is
/// stale when its number is below the oldest, and nothing is ever deleted. A
/// crowded bucket forgets its oldest slot, which costs compression and never
/// correctness: what is found is compared before it is believed.
pub(super) struct Index {
    /// A power of two of them, or none before the first insertion.
    buckets: Vec<[Slot; WAYS]>,
    /// Entries inserted so far, which is the number of the next one.
    inserted: u32,
}

#[derive(Clone, Copy)]
struct Slot {
    tag: u32,
    number: u32,
}

impl Index {
    pub(super) const fn new() -> Self {
        Self {
            buckets: Vec::new(),
            inserted: 0,
        }
    }

    /// The position of an entry with this name and value. `static_index` is that
    /// of the name, or 0.
    #[inline]
    pub(super) fn find_pair(
        &self,
        keys: Keys,
        field: Field<'_>,
        static_index: u8,
        table: &DynamicTable<()>,
    ) -> Option<usize> {
        self.find(keys.pair, table, |entry| {
            is_named(entry, field.name, static_index) && same(entry.value, field.value)
        })
    }

    /// The position of an entry with this name.
    #[inline]
    pub(super) fn find_name(
        &self,
        keys: Keys,
        name: &[u8],
        static_index: u8,
        table: &DynamicTable<()>,
    ) -> Option<usize> {
        self.find(keys.name, table, |entry| {
            is_named(entry, name, static_index)
        })
    }

    /// Notes the entry that has just become the newest of `table`.
    pub(super) fn added(&mut self, keys: Keys, table: &DynamicTable<()>) {
        self.inserted = self.inserted.wrapping_add(1);
        let len = table.len();
        if self.buckets.len() * WAYS < len * SLOTS_PER_ENTRY {
            self.rebuild(table);
        } else {
            self.note(keys, 0, len);
        }
    }

    #[inline]
    fn find(
        &self,
        key: u64,
        table: &DynamicTable<()>,
        is_it: impl Fn(&EntryRef<'_, &()>) -> bool,
    ) -> Option<usize> {
        let bucket = self.buckets.get(self.bucket_of(key))?;
        // Another key with this tag hides an entry, but hardly ever.
        let live = table.len();
        let slot = bucket
            .iter()
            .find(|slot| slot.tag == tag_of(key) && self.position_of(slot.number) < live)?;
        let position = self.position_of(slot.number);
        let entry = table.get(position)?;
        is_it(&entry).then_some(position)
    }

    /// Makes room for twice the entries and notes them all, oldest first.
    #[cold]
    fn rebuild(&mut self, table: &DynamicTable<()>) {
        let len = table.len();
        let buckets = (2 * len * SLOTS_PER_ENTRY / WAYS)
            .next_power_of_two()
            .max(BUCKETS_MIN);
        let never = Slot {
            tag: 0,
            // The number before all others: always stale.
            number: u32::MAX,
        };
        self.buckets = vec![[never; WAYS]; buckets];
        for position in (0..len).rev() {
            if let Some(entry) = table.get(position) {
                let field = Field::new(entry.name, entry.value);
                let keys = Keys::of(field, entry.mark.static_index().unwrap_or(0));
                self.note(keys, position, len);
            }
        }
    }

    fn note(&mut self, keys: Keys, position: usize, live: usize) {
        for key in [keys.pair, keys.name] {
            let bucket = self.bucket_of(key);
            let inserted = self.inserted;
            let age = |slot: &Slot| age(inserted, slot.number);
            let slots = &mut self.buckets[bucket];
            // The same key again, else a stale slot, else the oldest: a stale
            // slot is older than all live ones.
            let same = slots
                .iter()
                .position(|slot| slot.tag == tag_of(key) && (age(slot) as usize) < live);
            let chosen = same.unwrap_or_else(|| {
                let mut oldest = 0;
                for way in 1..WAYS {
                    if age(&slots[way]) > age(&slots[oldest]) {
                        oldest = way;
                    }
                }
                oldest
            });
            slots[chosen] = Slot {
                tag: tag_of(key),
                number: inserted.wrapping_sub(1).wrapping_sub(position as u32),
            };
        }
    }

    /// Buckets of heap this index holds, for the tests that watch it.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.buckets.capacity()
    }

    #[inline]
    fn bucket_of(&self, key: u64) -> usize {
        key as usize & self.buckets.len().wrapping_sub(1)
    }

    #[inline]
    const fn position_of(&self, number: u32) -> usize {
        age(self.inserted, number) as usize
    }
}

/// The position of the entry inserted under `number`, if it is still alive.
#[inline]
const fn age(inserted: u32, number: u32) -> u32 {
    inserted.wrapping_sub(1).wrapping_sub(number)
}

#[inline]
const fn tag_of(key: u64) -> u32 {
    (key >> 32) as u32
}

/// Slots in a bucket; half a cache line.
const WAYS: usize = 4;

/// Twice the keys of an entry, so that a bucket is half full on average.
const SLOTS_PER_ENTRY: usize = 4;

const BUCKETS_MIN: usize = 8;

/// Whether an entry has this name: those that are in the static table are known by
/// their place there.
#[inline]
fn is_named(entry: &EntryRef<'_, &()>, name: &[u8], static_index: u8) -> bool {
    let other = entry.mark.static_index().unwrap_or(0);
    other == static_index && (static_index != 0 || same(entry.name, name))
}

/// What a field is looked up by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) pair: u64,
    pub(super) name: u64,
}

impl Keys {
    /// `static_index` is that of the name, or 0.
    #[inline]
    pub(super) fn of(field: Field<'_>, static_index: u8) -> Self {
        let name = name_hash(field.name, static_index);
        Self {
            pair: hash(field.value, name),
            name,
        }
    }

    /// Keys good for [`Index::find_name`] alone.
    #[inline]
    pub(super) fn of_name(name: &[u8]) -> Self {
        let name = name_hash(name, 0);
        Self { pair: name, name }
    }
}

#[inline(always)]
fn name_hash(name: &[u8], static_index: u8) -> u64 {
    match static_index {
        0 => hash(name, SEED),
        index => u64::from(index).wrapping_mul(MULTIPLIER),
    }
}

/// A quick hash, sixteen octets at a time. It need not withstand an attacker: the
/// worst that colliding keys can do is to push each other out of a bucket.
#[inline(always)]
fn hash(octets: &[u8], seed: u64) -> u64 {
    // Where the octets of a short string do not reach.
    let mut state = seed ^ (octets.len() as u64) << 40;
    let (chunks, _) = octets.as_chunks::<16>();
    for chunk in chunks {
        let (a, b) = halves(chunk);
        state = fold(state ^ a, MULTIPLIER ^ b);
    }
    // What is left, some of it perhaps twice.
    let (a, b) = if let Some(last) = octets.last_chunk::<16>() {
        halves(last)
    } else if let (Some(head), Some(tail)) = (octets.first_chunk(), octets.last_chunk()) {
        (u64::from_le_bytes(*head), u64::from_le_bytes(*tail))
    } else if let (Some(head), Some(tail)) = (octets.first_chunk(), octets.last_chunk()) {
        (
            u64::from(u32::from_le_bytes(*head)),
            u64::from(u32::from_le_bytes(*tail)),
        )
    } else if let (Some(head), Some(tail)) = (octets.first(), octets.last()) {
        let middle = octets[octets.len() / 2];
        (u64::from(*head) << 8 | u64::from(middle), u64::from(*tail))
    } else {
        (0, 0)
    };
    fold(state ^ a, MULTIPLIER ^ b)
}

#[inline(always)]
const fn halves(chunk: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*chunk);
    (both as u64, (both >> 64) as u64)
}

/// All of the product of two words in one.
#[inline(always)]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The fraction of the golden ratio in 64 bits: odd, and without pattern.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

const SEED: u64 = 0x6579_6173_2068_7061;
