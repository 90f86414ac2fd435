//! Which fields are worth an entry of the table, and which must not have one.

use super::index::Keys;
use crate::{FIELD_OVERHEAD, Field};

/// What to do with a field that no table holds yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Put it in the table, unless its name is there with another value: then as
    /// [`Plan::IfRepeated`].
    Index,
    /// Put it in the table when it was seen before, lately. So a `date` that goes
    /// out once does not push out what is sent with every message, and one that
    /// goes out a thousand times in its second costs an octet.
    IfRepeated,
    /// Leave the table alone.
    Without,
    /// Leave every table alone, here and at every hop after (RFC 7541 section
    /// 7.1.3).
    Never,
}

/// The plan for a field whose name is that of the static entry `static_index`,
/// or of none (0), and a table of `max_size` octets.
#[inline]
pub(super) fn plan(static_index: u32, field: Field<'_>, max_size: u32) -> Plan {
    match static_index {
        // authorization, proxy-authorization: credentials can be guessed through
        // the table, one request at a time (RFC 7541 section 7.1).
        23 | 49 => return Plan::Never,
        // cookie: so can a short one; a long one is safe from guessing.
        32 if field.value.len() < SHORT_COOKIE => return Plan::Never,
        // set-cookie: different for everybody.
        55 => return Plan::Without,
        _ => {}
    }
    let size = field.name.len() as u64 + field.value.len() as u64 + u64::from(FIELD_OVERHEAD);
    if size > u64::from(max_size) / 4 * 3 {
        // It would push out nearly everything else.
        return Plan::Without;
    }
    match static_index {
        // :path, age, content-length, content-location, content-range, date,
        // etag, expires, the conditions, last-modified, location, max-forwards,
        // range, retry-after
        4 | 5 | 21 | 28..=30 | 33 | 34 | 36 | 39..=44 | 46 | 47 | 50 | 53 => Plan::IfRepeated,
        _ => Plan::Index,
    }
}

/// The fields that were lately sent without an index.
///
/// One fingerprint in each place and no search: what is pushed out was seen long
/// enough ago.
pub(super) struct History([u32; PLACES]);

impl History {
    pub(super) const fn new() -> Self {
        Self([0; PLACES])
    }

    /// Whether the field was seen before; from now on it was.
    #[inline]
    pub(super) fn saw(&mut self, keys: Keys) -> bool {
        let fingerprint = (keys.pair >> 32) as u32 | 1;
        let place = &mut self.0[keys.pair as usize % PLACES];
        core::mem::replace(place, fingerprint) == fingerprint
    }
}

/// 256 octets, for about a dozen messages.
const PLACES: usize = 64;

/// Shorter cookies could be guessed octet by octet.
const SHORT_COOKIE: usize = 20;
