//! What a head or a trailer section is to the writer: something that feeds fields, or octets
//! encoded before, into a header block.

use alloc::vec::Vec;

use eyas_hpack::{Encoder, Field, Indexing};

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
}

/// Where a [`FieldBlock`] writes: the connection's encoder and the block under construction.
#[derive(Debug)]
pub struct BlockWriter<'a> {
    encoder: &'a mut Encoder,
    out: &'a mut Vec<u8>,
}

impl<'a> BlockWriter<'a> {
    /// A writer that appends to `out` what `encoder` makes of the fields.
    pub fn new(encoder: &'a mut Encoder, out: &'a mut Vec<u8>) -> Self {
        Self { encoder, out }
    }

    /// The `:status` pseudo-field (RFC 9113 section 8.3.2).
    #[inline]
    pub fn status(&mut self, status: u16) {
        self.encoder.status(status, self.out);
    }

    /// One field, in the representation the encoder's policy picks.
    #[inline]
    pub fn field(&mut self, field: Field<'_>) {
        self.encoder.field(field, self.out);
    }

    /// One field in the representation the caller asks for.
    #[inline]
    pub fn field_with(&mut self, field: Field<'_>, indexing: Indexing) {
        self.encoder.field_with(field, indexing, self.out);
    }

    /// Octets that were encoded before.
    ///
    /// They must not depend on the dynamic table: static references and literals without indexing
    /// only (RFC 7541 sections 6.1 and 6.2.2). Anything else corrupts the peer's table.
    #[inline]
    pub fn octets(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }
}
