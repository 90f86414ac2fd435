//! Cookie crumbs (RFC 9113 section 8.2.3): one is passed on as it is, several are joined.

use http::header::HeaderValue;

use crate::malformed::{INVALID_VALUE, Malformed};

/// The `cookie` fields of one section.
#[derive(Debug, Default)]
pub(crate) enum Cookie {
    #[default]
    None,
    One(HeaderValue),
    /// Never to be indexed when one of the crumbs is.
    Joined {
        octets: Vec<u8>,
        sensitive: bool,
    },
}

impl Cookie {
    pub(crate) fn add(&mut self, crumb: HeaderValue) {
        let (mut octets, sensitive) = match std::mem::take(self) {
            Self::None => {
                *self = Self::One(crumb);
                return;
            }
            Self::One(first) => (first.as_bytes().to_vec(), first.is_sensitive()),
            Self::Joined { octets, sensitive } => (octets, sensitive),
        };
        octets.extend_from_slice(b"; ");
        octets.extend_from_slice(crumb.as_bytes());
        *self = Self::Joined {
            octets,
            sensitive: sensitive || crumb.is_sensitive(),
        };
    }

    /// The one field they come to.
    #[inline]
    pub(crate) fn take(&mut self) -> Result<Option<HeaderValue>, Malformed> {
        match std::mem::take(self) {
            Self::None => Ok(None),
            Self::One(value) => Ok(Some(value)),
            Self::Joined { octets, sensitive } => {
                let mut value = HeaderValue::from_maybe_shared(bytes::Bytes::from(octets))
                    .map_err(|_| INVALID_VALUE)?;
                value.set_sensitive(sensitive);
                Ok(Some(value))
            }
        }
    }
}
