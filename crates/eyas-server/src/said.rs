//! What an exchange says, step by step, in words that do not depend on its types.

use std::any::Any;
use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::shared::Weighed;

/// A boxed error of a service or a body.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The next thing an exchange has to say.
pub(crate) enum Said {
    /// The response's head, with its first content when that was there. `length` is the exact length of
    /// all content, when known; `is_end` when nothing follows.
    Head {
        status: StatusCode,
        headers: HeaderMap,
        length: Option<u64>,
        content: Bytes,
        is_end: bool,
    },
    /// Content; `is_end` when it is known to be the last, so that END_STREAM rides on it.
    Data {
        octets: Bytes,
        is_end: bool,
    },
    Trailers(HeaderMap),
    End,
    /// The service or the body failed.
    Failed(BoxError),
    /// The handler panicked.
    Panicked(Box<dyn Any + Send>),
}

impl Said {
    /// Whether nothing follows it.
    pub(crate) const fn is_last(&self) -> bool {
        match self {
            Self::Head { is_end, .. } | Self::Data { is_end, .. } => *is_end,
            Self::Trailers(_) | Self::End | Self::Failed(_) | Self::Panicked(_) => true,
        }
    }
}

impl Weighed for Said {
    fn octets(&self) -> usize {
        match self {
            Self::Data { octets, .. }
            | Self::Head {
                content: octets, ..
            } => octets.len(),
            _ => 0,
        }
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head { status, length, .. } => {
                write!(f, "Head({status}, {length:?} octets)")
            }
            Self::Data { octets, .. } => write!(f, "Data({} octets)", octets.len()),
            Self::Trailers(_) => f.write_str("Trailers"),
            Self::End => f.write_str("End"),
            Self::Failed(error) => write!(f, "Failed({error})"),
            Self::Panicked(_) => f.write_str("Panicked"),
        }
    }
}

/// What a panic said, as far as it was text.
pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not text")
}
