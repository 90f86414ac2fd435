//! Where a decoder delivers: the field line as it comes out, and who takes it.

use core::fmt;

use crate::field::write_line;

/// A field line that came out of a [`Decoder`](crate::Decoder).
///
/// A field that breaks the rules for names and values is handed over like any
/// other, with [`malformed`](Self::malformed) set: it is the message's fault, not
/// the block's, and no reason to end the connection.
pub struct DecodedField<'a, T = ()> {
    /// The name.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// Whether the field came as a literal that must never be indexed, and must
    /// be passed on as one (RFC 7541 section 6.2.3).
    pub sensitive: bool,
    /// An entry of the static table, in `1..=61`, whose **name** this is. Where a
    /// name has several entries it may be any of them, unless
    /// [`static_value`](Self::static_value) is set.
    ///
    /// Known when the sender referred to that entry, or to a dynamic entry that
    /// had its name from there; `None` also for a static name spelled out.
    pub static_index: Option<u8>,
    /// Whether name **and** value are those of the entry
    /// [`static_index`](Self::static_index).
    pub static_value: bool,
    /// What is wrong with the name or the value (RFC 9113 section 8.2.1), found
    /// while the string was decoded and remembered in the dynamic table.
    pub malformed: Option<Malformed>,
    /// What the user keeps beside this field, if it lives in the dynamic table:
    /// `T::default()` when it has just been inserted, what the user left there
    /// when it is referred to again. It is dropped with the entry.
    pub slot: Option<&'a mut T>,
}

impl<T> fmt::Debug for DecodedField<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, self.name, self.value, self.sensitive)
    }
}

/// What RFC 9113 section 8.2.1 forbids in a field: a message with such a field is
/// malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Malformed {
    /// The name is empty or has an octet in 0x00-0x20, 0x41-0x5a (upper-case
    /// letters) or 0x7f-0xff, or a colon that does not begin the name of a
    /// pseudo-field.
    Name,
    /// The value has a NUL, LF or CR, or begins or ends with a space or a tab.
    Value,
}

/// A field that is not known whole, since the decoder has
/// [joined](crate::Decoder::joining) a connection that had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownField<'a> {
    /// The HPACK index the sender referred to, at least 62 (RFC 7541 section
    /// 2.3.3).
    pub index: u32,
    /// The value, if only the name is unknown.
    pub value: Option<&'a [u8]>,
}

/// Takes the fields of a header block, one by one and in order.
///
/// Every `FnMut(DecodedField<'_, T>)` is a sink. There is no way to stop a
/// decoder half way: the block has to be decoded to its end for the table's sake
/// (RFC 7541 section 2.3.2), so a sink that has lost interest just returns.
///
/// ```
/// use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Sink};
///
/// /// Counts how often the dynamic table saved a second look.
/// #[derive(Default)]
/// struct Familiar(u32);
///
/// impl Sink<bool> for Familiar {
///     fn field(&mut self, field: DecodedField<'_, bool>) {
///         if let Some(seen) = field.slot {
///             self.0 += u32::from(*seen);
///             *seen = true;
///         }
///     }
/// }
///
/// let mut decoder = Decoder::new(DecoderLimits::default());
/// let mut familiar = Familiar::default();
/// decoder.decode(b"\x41\x07eyas.rs", &mut familiar)?;
/// decoder.decode(b"\xbe\xbe", &mut familiar)?;
/// assert_eq!(familiar.0, 2);
/// # Ok::<(), eyas_hpack::DecodeError>(())
/// ```
pub trait Sink<T> {
    /// Takes one field.
    fn field(&mut self, field: DecodedField<'_, T>);

    /// Takes one field of which something is missing. Only a decoder that has
    /// [joined](crate::Decoder::joining) calls this; ignored unless overridden.
    #[inline]
    fn unknown(&mut self, field: UnknownField<'_>) {
        let _ = field;
    }
}

impl<T, F> Sink<T> for F
where
    F: FnMut(DecodedField<'_, T>) + ?Sized,
{
    #[inline]
    fn field(&mut self, field: DecodedField<'_, T>) {
        self(field);
    }
}
