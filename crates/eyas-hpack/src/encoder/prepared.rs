//! Fields of which everything that does not change is worked out once.

use alloc::vec::Vec;
use core::fmt;

use super::form::string;
use super::index::Keys;
use crate::static_table::{self, StaticMatch};
use crate::{Field, HuffmanMode};

/// A field that is sent again and again, such as `server` or the `date` of this
/// second: looked up, hashed and Huffman-coded once, for every encoder.
///
/// ```
/// use eyas_hpack::{Encoder, Field, Prepared};
///
/// let server = Prepared::new(Field::new("server", "eyas"));
/// let (mut block, mut encoder) = (Vec::new(), Encoder::new(4096));
/// encoder.prepared(&server, &mut block);
/// assert_eq!(block[0], 0x40 | 54, "a literal with the name of static entry 54");
/// block.clear();
/// encoder.prepared(&server, &mut block);
/// assert_eq!(block, [0xbe]);
/// ```
#[derive(Clone)]
pub struct Prepared {
    /// The name and the value.
    octets: Vec<u8>,
    name_len: usize,
    sensitive: bool,
    pub(super) found: Option<StaticMatch>,
    pub(super) keys: Keys,
    /// The same as string literals (RFC 7541 section 5.2), each as short as it
    /// gets.
    coded: Vec<u8>,
    coded_name_len: usize,
}

impl Prepared {
    /// Works out what there is to know of `field`.
    #[must_use]
    pub fn new(field: Field<'_>) -> Self {
        let found = static_table::find(field.name, field.value);
        let mut coded = Vec::new();
        string(field.name, HuffmanMode::Shorter, &mut coded);
        let coded_name_len = coded.len();
        string(field.value, HuffmanMode::Shorter, &mut coded);
        Self {
            octets: [field.name, field.value].concat(),
            name_len: field.name.len(),
            sensitive: field.sensitive,
            found,
            keys: Keys::of(field, found.map_or(0, |found| found.index)),
            coded,
            coded_name_len,
        }
    }

    /// The field itself.
    #[inline]
    #[must_use]
    pub fn field(&self) -> Field<'_> {
        let (name, value) = self.octets.split_at(self.name_len);
        Field {
            name,
            value,
            sensitive: self.sensitive,
        }
    }

    /// The name and value as string literals, or only the value.
    #[inline]
    pub(super) fn strings(&self, with_name: bool) -> &[u8] {
        match with_name {
            true => &self.coded,
            false => &self.coded[self.coded_name_len..],
        }
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field().fmt(f)
    }
}
