//! The field line as an encoder takes it.

use core::fmt;

/// A field line on its way into an [`Encoder`](crate::Encoder).
///
/// Octets are taken as they are. HTTP/2 wants names in lower case (RFC 9113
/// section 8.2.1); that is the caller's business, as is every other rule about
/// what a name or value may contain.
///
/// ```
/// use eyas_hpack::Field;
///
/// let plain = Field::new("content-type", "text/html");
/// let secret = Field::new("set-cookie", "id=7").sensitive();
/// assert!(!plain.sensitive && secret.sensitive);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, a pseudo-field's colon included.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// Whether the value must never enter a table, here or at any hop after
    /// (RFC 7541 sections 6.2.3 and 7.1.3).
    pub sensitive: bool,
}

impl<'a> Field<'a> {
    /// A field line that may be indexed.
    #[inline]
    pub fn new<N, V>(name: &'a N, value: &'a V) -> Self
    where
        N: AsRef<[u8]> + ?Sized,
        V: AsRef<[u8]> + ?Sized,
    {
        Self {
            name: name.as_ref(),
            value: value.as_ref(),
            sensitive: false,
        }
    }

    /// The same field line, never to be indexed.
    #[inline]
    #[must_use]
    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, self.name, self.value, self.sensitive)
    }
}

/// Writes `name: value`, and a placeholder for a value that is nobody's business.
pub(crate) fn write_line(
    f: &mut fmt::Formatter<'_>,
    name: &[u8],
    value: &[u8],
    sensitive: bool,
) -> fmt::Result {
    if sensitive {
        write!(f, "{}: <sensitive>", name.escape_ascii())
    } else {
        write!(f, "{}: {}", name.escape_ascii(), value.escape_ascii())
    }
}
