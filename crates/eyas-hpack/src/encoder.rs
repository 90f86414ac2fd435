//! From field lines to a header block (RFC 7541 section 6).

use alloc::vec::Vec;
use core::fmt;

use crate::dynamic_table::{DynamicTable, DynamicTableView, Mark};
use crate::static_table::StaticMatch;
use crate::{DEFAULT_TABLE_SIZE, Field, integer, static_table};
use form::{INCREMENTAL, NEVER, SIZE_UPDATE, WITHOUT, decimal, dynamic_index, indexed, string};
use index::{Index, Keys};
use policy::History;

pub use form::{HuffmanMode, Indexing};
pub use policy::{DefaultPolicy, IndexingPolicy, Plan};
pub use prepared::Prepared;

mod form;
mod index;
mod policy;
mod prepared;

/// Encodes the header blocks of one direction of one connection.
///
/// Blocks must reach the wire in the order they were encoded. Each begins with
/// [`begin`](Self::begin).
///
/// ```
/// use eyas_hpack::{Encoder, Field};
///
/// let mut encoder = Encoder::new(4096);
/// let mut first = Vec::new();
/// encoder.begin(&mut first);
/// encoder.status(200, &mut first);
/// encoder.field(Field::new("server", "eyas"), &mut first);
///
/// let mut second = Vec::new();
/// encoder.begin(&mut second);
/// encoder.status(200, &mut second);
/// encoder.field(Field::new("server", "eyas"), &mut second);
/// assert_eq!(second, [0x88, 0xbe]);
/// ```
///
/// `P` decides what goes into the table, see [`IndexingPolicy`].
pub struct Encoder<P = DefaultPolicy> {
    // What the peer's decoder holds too.
    table: DynamicTable<()>,

    // How we find our way.
    index: Index,
    history: History,

    // What we were told.
    policy: P,
    cap: u32,
    huffman: HuffmanMode,

    // The conversation about the table size (RFC 7541 section 4.2).
    /// The maximum size the peer's decoder knows of.
    signalled: u32,
    /// The lowest maximum size since the last block; `u32::MAX` if it has not
    /// changed.
    lowest: u32,
}

impl Encoder {
    /// An encoder whose table never exceeds `max_table_size` octets, whatever the
    /// peer allows. Until the peer has spoken it is `min(4096, max_table_size)`.
    ///
    /// With 0 nothing is ever put in the table. The table is allocated at the
    /// first insertion.
    #[must_use]
    pub const fn new(max_table_size: u32) -> Self {
        Self::with_policy(max_table_size, DefaultPolicy)
    }
}

impl<P> Encoder<P> {
    /// The same with a policy of the caller's.
    #[must_use]
    pub const fn with_policy(max_table_size: u32, policy: P) -> Self {
        let size = if max_table_size < DEFAULT_TABLE_SIZE {
            max_table_size
        } else {
            DEFAULT_TABLE_SIZE
        };
        Self {
            table: DynamicTable::new(size),
            index: Index::new(),
            history: History::new(),
            policy,
            cap: max_table_size,
            huffman: HuffmanMode::Shorter,
            signalled: DEFAULT_TABLE_SIZE,
            lowest: u32::MAX,
        }
    }

    /// Sets when strings are Huffman-coded; [`HuffmanMode::Shorter`] to begin
    /// with.
    pub const fn huffman(&mut self, mode: HuffmanMode) {
        self.huffman = mode;
    }

    /// Takes note of the peer's `SETTINGS_HEADER_TABLE_SIZE`, in octets, which is
    /// honoured up to the encoder's own cap.
    ///
    /// Call it between blocks and before the settings are acknowledged. The next
    /// block begins with the size updates that RFC 7541 section 4.2 asks for.
    pub fn set_peer_table_size(&mut self, octets: u32) {
        let size = octets.min(self.cap);
        self.table.set_max_size(size);
        self.lowest = self.lowest.min(size);
    }

    /// Gives back all storage but the table's, for a connection that is silent: which
    /// fields were [seen](Plan::IfRepeated) lately is forgotten.
    pub fn release_storage(&mut self) {
        self.history = History::new();
    }

    /// Begins a header block: appends the size updates that are due, the lowest
    /// size first and then the final one.
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        let lowest = core::mem::replace(&mut self.lowest, u32::MAX);
        let last = self.table.max_size();
        let dipped = lowest < self.signalled.min(last);
        if dipped {
            integer::encode::<5>(u64::from(lowest), SIZE_UPDATE, out);
        }
        if dipped || last != self.signalled {
            integer::encode::<5>(u64::from(last), SIZE_UPDATE, out);
        }
        self.signalled = last;
    }

    /// Appends a field in the form that serves best.
    ///
    /// What either table holds becomes an index. What the policy wants in the table
    /// goes there; the [default](DefaultPolicy) puts in what is likely to come
    /// again, and what changes from message to message (`date`, `etag`,
    /// `content-length`, `location` and the like, and any name that has shown
    /// another value before) only when it is seen again shortly after. A field that
    /// is [`sensitive`](Field::sensitive), a credential or a short cookie, is marked
    /// never to be indexed (RFC 7541 section 7.1.3).
    #[inline]
    pub fn field(&mut self, field: Field<'_>, out: &mut Vec<u8>)
    where
        P: IndexingPolicy,
    {
        let found = static_table::find(field.name, field.value);
        self.line(field, found, None, out);
    }

    /// The same for a field that was prepared: nothing is hashed or coded again.
    /// Its strings are Huffman-coded where that is shorter, whatever
    /// [`huffman`](Self::huffman) was told.
    #[inline]
    pub fn prepared(&mut self, prepared: &Prepared, out: &mut Vec<u8>)
    where
        P: IndexingPolicy,
    {
        self.line(prepared.field(), prepared.found, Some(prepared), out);
    }

    /// Appends a field in the form the caller wants; but a
    /// [`sensitive`](Field::sensitive) one is always
    /// [`Indexing::Never`].
    pub fn field_with(&mut self, field: Field<'_>, indexing: Indexing, out: &mut Vec<u8>) {
        let found = static_table::find(field.name, field.value);
        let static_index = found.map_or(0, |found| found.index);
        match indexing {
            _ if field.sensitive => self.literal(field, Indexing::Never, static_index, None, out),
            Indexing::Without | Indexing::Never => {
                self.literal(field, indexing, static_index, None, out);
            }
            Indexing::Incremental if found.is_some_and(|found| found.value) => {
                indexed(static_index.into(), out);
            }
            Indexing::Incremental => {
                let keys = Keys::of(field, static_index);
                let index = &self.index;
                if let Some(position) = index.find_pair(keys, field, static_index, &self.table) {
                    return indexed(dynamic_index(position), out);
                }
                let name_index = match static_index {
                    0 => self.name_index(keys, field.name),
                    index => index.into(),
                };
                self.write_literal(field, indexing, name_index, None, out);
                self.insert(field, static_index, keys);
            }
        }
    }

    /// Appends the field `:status` (RFC 9113 section 8.3.2): one octet for 200,
    /// 204, 206, 304, 400, 404 and 500, and for any other that the table holds.
    pub fn status(&mut self, status: u16, out: &mut Vec<u8>) {
        let index = match status {
            200 => 8,
            204 => 9,
            206 => 10,
            304 => 11,
            400 => 12,
            404 => 13,
            500 => 14,
            _ => {
                let mut digits = [0; 5];
                let value = decimal(status, &mut digits);
                let field = Field::new(":status", value);
                return self.field_with(field, Indexing::Incremental, out);
            }
        };
        indexed(index, out);
    }

    /// The dynamic table as it is now.
    #[inline]
    #[must_use]
    pub const fn table(&self) -> DynamicTableView<'_> {
        DynamicTableView::new(&self.table)
    }

    #[inline(always)]
    fn line(
        &mut self,
        field: Field<'_>,
        found: Option<StaticMatch>,
        prepared: Option<&Prepared>,
        out: &mut Vec<u8>,
    ) where
        P: IndexingPolicy,
    {
        let static_index = found.map_or(0, |found| found.index);
        if field.sensitive {
            return self.literal(field, Indexing::Never, static_index, prepared, out);
        }
        if found.is_some_and(|found| found.value) {
            return indexed(static_index.into(), out);
        }
        let known_index = found.map(|found| found.index);
        let is_wanted = match self.policy.plan(field, known_index, self.table.max_size()) {
            Plan::Never => {
                return self.literal(field, Indexing::Never, static_index, prepared, out);
            }
            Plan::Without => {
                return self.literal(field, Indexing::Without, static_index, prepared, out);
            }
            Plan::IfRepeated => false,
            Plan::Index => true,
        };
        let keys = match prepared {
            Some(prepared) => prepared.keys,
            None => Keys::of(field, static_index),
        };
        let (index, table) = (&self.index, &self.table);
        if let Some(position) = index.find_pair(keys, field, static_index, table) {
            return indexed(dynamic_index(position), out);
        }
        // Of no use for a field that has to be repeated and whose name is static.
        let same_name = if is_wanted || static_index == 0 {
            index.find_name(keys, field.name, static_index, table)
        } else {
            None
        };
        let name_index = match (static_index, same_name) {
            (0, Some(position)) => dynamic_index(position),
            _ => static_index.into(),
        };
        if is_wanted && same_name.is_none() || self.history.saw(keys) {
            self.write_literal(field, Indexing::Incremental, name_index, prepared, out);
            self.insert(field, static_index, keys);
        } else {
            self.write_literal(field, Indexing::Without, name_index, prepared, out);
        }
    }

    /// A literal whose name, if it is not static, may still be in the dynamic
    /// table.
    fn literal(
        &self,
        field: Field<'_>,
        indexing: Indexing,
        static_index: u8,
        prepared: Option<&Prepared>,
        out: &mut Vec<u8>,
    ) {
        let name_index = match static_index {
            0 if self.table.len() > 0 => self.name_index(Keys::of_name(field.name), field.name),
            index => index.into(),
        };
        self.write_literal(field, indexing, name_index, prepared, out);
    }

    /// The index of a name that is not static, or 0.
    fn name_index(&self, keys: Keys, name: &[u8]) -> u32 {
        self.index
            .find_name(keys, name, 0, &self.table)
            .map_or(0, dynamic_index)
    }

    #[inline]
    fn write_literal(
        &self,
        field: Field<'_>,
        indexing: Indexing,
        name_index: u32,
        prepared: Option<&Prepared>,
        out: &mut Vec<u8>,
    ) {
        let name_index_wide = u64::from(name_index);
        match indexing {
            Indexing::Incremental => integer::encode::<6>(name_index_wide, INCREMENTAL, out),
            Indexing::Without => integer::encode::<4>(name_index_wide, WITHOUT, out),
            Indexing::Never => integer::encode::<4>(name_index_wide, NEVER, out),
        }
        if let Some(prepared) = prepared {
            out.extend_from_slice(prepared.strings(name_index == 0));
            return;
        }
        if name_index == 0 {
            string(field.name, self.huffman, out);
        }
        string(field.value, self.huffman, out);
    }

    fn insert(&mut self, field: Field<'_>, static_index: u8, keys: Keys) {
        let mark = Mark::of_static(static_index);
        if self.table.insert(field.name, field.value, mark).is_some() {
            self.index.added(keys, &self.table);
        }
    }
}

impl<P> fmt::Debug for Encoder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("table", &self.table)
            .field("cap", &self.cap)
            .field("huffman", &self.huffman)
            .field("signalled", &self.signalled)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
