//! Which fields are worth an entry of the table, and which must not have one.

use alloc::boxed::Box;

use super::index::Keys;
use crate::{FIELD_OVERHEAD, Field};

/// What to do with a field that the static table does not hold whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Plan {
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

/// Decides which fields an [`Encoder`](crate::Encoder) puts in its table.
///
/// A field that is [`sensitive`](Field::sensitive) or that the static table holds
/// whole does not get here.
///
/// ```
/// use eyas_hpack::{DefaultPolicy, Encoder, Field, IndexingPolicy, Plan};
///
/// /// Keeps the names of one's own making, each of which is sent once, out.
/// struct OwnNames;
///
/// impl IndexingPolicy for OwnNames {
///     fn plan(&self, field: Field<'_>, static_index: Option<u8>, max_table_size: u32) -> Plan {
///         match field.name {
///             name if name.starts_with(b"x-trace-") => Plan::Without,
///             _ => DefaultPolicy.plan(field, static_index, max_table_size),
///         }
///     }
/// }
///
/// let mut encoder = Encoder::with_policy(4096, OwnNames);
/// let mut block = Vec::new();
/// encoder.begin(&mut block);
/// encoder.field(Field::new("x-trace-id", "7"), &mut block);
/// assert!(encoder.table().is_empty());
/// ```
pub trait IndexingPolicy {
    /// The plan for `field`, whose name is that of the static entry `static_index`,
    /// if there is one, and a table of at most `max_table_size` octets.
    fn plan(&self, field: Field<'_>, static_index: Option<u8>, max_table_size: u32) -> Plan;
}

/// The policy of an encoder that was given no other.
///
/// `authorization`, `proxy-authorization`, `set-cookie` and a `cookie` of fewer
/// than 20 octets are never indexed. What is larger than three quarters of the
/// table stays out. What changes from message to message goes in if it is
/// repeated: `:path`, `age`, `content-length`, `content-location`,
/// `content-range`, `date`, `etag`, `expires`, the conditions, `last-modified`,
/// `location`, `max-forwards`, `range`, `retry-after`. All else goes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DefaultPolicy;

impl IndexingPolicy for DefaultPolicy {
    #[inline]
    fn plan(&self, field: Field<'_>, static_index: Option<u8>, max_table_size: u32) -> Plan {
        let octets = field.name.len() + field.value.len() + FIELD_OVERHEAD as usize;
        let plan = match PLANS[usize::from(static_index.unwrap_or(0)) % PLANS.len()] {
            // A long one is safe from guessing.
            Plan::Never if static_index == Some(COOKIE) && field.value.len() >= SHORT_COOKIE => {
                Plan::Index
            }
            plan => plan,
        };
        let is_large = octets > max_table_size as usize / 4 * 3;
        // It would push out nearly everything else.
        if is_large && plan != Plan::Never {
            return Plan::Without;
        }
        plan
    }
}

/// By static index, 0 for a name of its own.
static PLANS: [Plan; 64] = {
    let mut plans = [Plan::Index; 64];
    let mut index = 0;
    while index < plans.len() {
        plans[index] = match index as u8 {
            // authorization, cookie, proxy-authorization, set-cookie: credentials
            // can be guessed through the table, one request at a time (RFC 7541
            // section 7.1).
            23 | COOKIE | 49 | 55 => Plan::Never,
            // :path, age, content-length, content-location, content-range, date,
            // etag, expires, the conditions, last-modified, location,
            // max-forwards, range, retry-after
            4 | 5 | 21 | 28..=30 | 33 | 34 | 36 | 39..=44 | 46 | 47 | 50 | 53 => Plan::IfRepeated,
            _ => Plan::Index,
        };
        index += 1;
    }
    plans
};

const COOKIE: u8 = 32;

/// Shorter cookies could be guessed octet by octet.
const SHORT_COOKIE: usize = 20;

/// The fields that were lately sent without an index.
///
/// One fingerprint in each place and no search: what is pushed out was seen long
/// enough ago.
pub(super) struct History(Option<Box<[u16; PLACES]>>);

impl History {
    /// Nothing is allocated before the first field.
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// Whether the field was seen before; from now on it was.
    #[inline]
    pub(super) fn saw(&mut self, keys: Keys) -> bool {
        // No fingerprint is 0, and so an empty place is none.
        let fingerprint = (keys.pair >> 48) as u16 | 1;
        let places = self.0.get_or_insert_with(|| Box::new([0; PLACES]));
        let place = &mut places[keys.pair as usize % PLACES];
        core::mem::replace(place, fingerprint) == fingerprint
    }
}

/// 512 octets, for some dozen messages.
const PLACES: usize = 256;
