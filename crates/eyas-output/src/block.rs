//! What a head or a trailer section is to the writer: something that feeds fields, or octets
//! encoded before, into a header block.

use alloc::vec::Vec;

use eyas_hpack::{Encoder, Field, Indexing, huffman, integer};

/// A field section that can write itself into a header block.
///
/// The writer calls [`write_fields`](Self::write_fields) exactly once, at the moment the block
/// reaches the wire, so that the compression context advances in wire order (RFC 7541 section 2.2)
/// and never for a stream that was aborted meanwhile.
///
/// ```
/// use eyas_hpack::Field;
/// use eyas_output::{BlockWriter, FieldBlock};
///
/// struct Teapot;
///
/// impl FieldBlock for Teapot {
///     fn write_fields(&self, block: &mut BlockWriter<'_>) {
///         block.status(418);
///         block.field(Field::new(b"server", b"eyas"));
///     }
/// }
/// ```
pub trait FieldBlock {
    /// Feeds every field, in order, into `block`.
    fn write_fields(&self, block: &mut BlockWriter<'_>);

    /// Feeds the fields that stand last and differ from one response to the next, which
    /// [`write_fields`](Self::write_fields) leaves out then.
    ///
    /// They must leave the dynamic table alone: [`octets`](BlockWriter::octets) and
    /// [`string`](BlockWriter::string) only.
    fn write_last_fields(&self, block: &mut BlockWriter<'_>) {
        let _ = block;
    }

    /// Whether one may [repeat](Self::repeats) another: the last one written is kept then.
    const REPEATS: bool = false;

    /// Whether `write_fields` would feed the very fields that it fed for `earlier`, sensitivity
    /// included. If so, and no table has changed since, what was written then is written again.
    fn repeats(&self, earlier: &Self) -> bool {
        let _ = earlier;
        false
    }

    /// Whether it has storage that is worth having back when it is written.
    fn has_storage(&self) -> bool {
        true
    }
}

/// Where a [`FieldBlock`] writes: the connection's encoder and the block under construction.
#[derive(Debug)]
pub struct BlockWriter<'a> {
    encoder: &'a mut Encoder,
    out: &'a mut Vec<u8>,
    /// A field went into the dynamic table.
    pub(crate) has_inserted: bool,
}

impl<'a> BlockWriter<'a> {
    /// A writer that appends to `out` what `encoder` makes of the fields.
    pub fn new(encoder: &'a mut Encoder, out: &'a mut Vec<u8>) -> Self {
        Self {
            encoder,
            out,
            has_inserted: false,
        }
    }

    /// The `:status` pseudo-field (RFC 9113 section 8.3.2).
    #[inline]
    pub fn status(&mut self, status: u16) {
        self.note_insertion(|encoder, out| encoder.status(status, out));
    }

    /// One field, in the representation the encoder's policy picks.
    #[inline]
    pub fn field(&mut self, field: Field<'_>) {
        self.note_insertion(|encoder, out| encoder.field(field, out));
    }

    /// One field in the representation the caller asks for.
    #[inline]
    pub fn field_with(&mut self, field: Field<'_>, indexing: Indexing) {
        self.note_insertion(|encoder, out| encoder.field_with(field, indexing, out));
    }

    /// Octets that were encoded before.
    ///
    /// They must not depend on the dynamic table: static references and literals without indexing
    /// only (RFC 7541 sections 6.1 and 6.2.2). Anything else corrupts the peer's table.
    #[inline]
    pub fn octets(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }

    /// A string literal (RFC 7541 section 5.2), in the Huffman code when that is shorter: the value
    /// behind [`octets`](Self::octets) that name a field.
    #[inline]
    pub fn string(&mut self, octets: &[u8]) {
        // Two octets never become one: no code is shorter than five bits.
        let coded_len = match octets.len() {
            0..=2 => octets.len(),
            _ => huffman::encoded_len(octets),
        };
        if coded_len < octets.len() {
            integer::encode::<7>(coded_len as u64, HUFFMAN, self.out);
            huffman::encode(octets, self.out);
        } else {
            integer::encode::<7>(octets.len() as u64, 0, self.out);
            self.out.extend_from_slice(octets);
        }
    }

    /// One call of the encoder writes one field, and the first octet says whether it is a literal with
    /// incremental indexing (RFC 7541 section 6.2.1).
    #[inline]
    fn note_insertion(&mut self, write: impl FnOnce(&mut Encoder, &mut Vec<u8>)) {
        let at = self.out.len();
        write(self.encoder, self.out);
        self.has_inserted |= self.out.get(at).is_some_and(|first| first & 0xc0 == 0x40);
    }
}

/// The mark of a string in the Huffman code.
const HUFFMAN: u8 = 0x80;
