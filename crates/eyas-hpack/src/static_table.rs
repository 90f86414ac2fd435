//! The 61 entries both sides know from the start (RFC 7541 appendix A), and a
//! look-up that touches one of them.

use crate::equal::same;

/// The number of entries; the first dynamic entry has the index after it.
pub const LEN: usize = 61;

/// The name and value of entry `index`, or `None` outside `1..=61`.
///
/// ```
/// use eyas_hpack::static_table;
///
/// assert_eq!(static_table::get(2), Some((&b":method"[..], &b"GET"[..])));
/// assert_eq!(static_table::get(0), None);
/// ```
#[inline]
#[must_use]
pub fn get(index: usize) -> Option<(&'static [u8], &'static [u8])> {
    let entry = ENTRIES.get(index.wrapping_sub(1))?;
    Some((entry.0.as_bytes(), entry.1.as_bytes()))
}

/// Where a field was found in the static table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StaticMatch {
    /// The entry, in `1..=61`: the one with this name and value, else the first
    /// one with this name.
    pub index: u8,
    /// Whether the entry's value matches too.
    pub value: bool,
}

/// Finds the entry with this name and, if there is one, this value.
///
/// ```
/// use eyas_hpack::static_table;
///
/// let found = static_table::find(b":method", b"POST").unwrap();
/// assert_eq!((found.index, found.value), (3, true));
/// let found = static_table::find(b":method", b"PUT").unwrap();
/// assert_eq!((found.index, found.value), (2, false));
/// ```
#[inline]
#[must_use]
pub fn find(name: &[u8], value: &[u8]) -> Option<StaticMatch> {
    let first = FIRST_BY_SLOT[slot(name)?];
    if !same(name, get(usize::from(first))?.0) {
        return None;
    }
    let index = match RUN_END[usize::from(first)] {
        0 => value.is_empty().then_some(first),
        end => find_value(first, end, value),
    };
    Some(StaticMatch {
        index: index.unwrap_or(first),
        value: index.is_some(),
    })
}

/// Finds a value among entries of one name, which stand together; all but :status
/// have one or two.
fn find_value(first: u8, end: u8, value: &[u8]) -> Option<u8> {
    (first..end).find(|&index| same(value, ENTRIES[usize::from(index) - 1].1.as_bytes()))
}

/// A hash without collisions over the 52 names of the table.
#[inline]
const fn slot(name: &[u8]) -> Option<usize> {
    let len = name.len();
    if len == 0 {
        return None;
    }
    let key = (len as u32 & 0xff) | (name[0] as u32) << 8 | (name[len - 1] as u32) << 16;
    Some((key.wrapping_mul(SLOT_MULTIPLIER) >> (32 - SLOT_BITS)) as usize)
}

const SLOT_BITS: u32 = 7;

/// Found by trial; [`first_by_slot`] does not compile if it lets two names meet.
const SLOT_MULTIPLIER: u32 = 0x64ad_062f;

/// The first entry with the name that falls into each slot, or 0.
static FIRST_BY_SLOT: [u8; 1 << SLOT_BITS] = first_by_slot();

const fn first_by_slot() -> [u8; 1 << SLOT_BITS] {
    let mut table = [0_u8; 1 << SLOT_BITS];
    let mut index = LEN;
    while index > 0 {
        let name = ENTRIES[index - 1].0.as_bytes();
        let Some(slot) = slot(name) else {
            panic!("every name has at least one octet")
        };
        let taken = table[slot] as usize;
        assert!(
            taken == 0 || equal(ENTRIES[taken - 1].0.as_bytes(), name),
            "two names share a slot"
        );
        table[slot] = index as u8;
        index -= 1;
    }
    table
}

/// For the first entry of a name: one past the last entry of that name, or 0 if
/// there is one alone and its value is empty.
static RUN_END: [u8; LEN + 1] = run_end();

const fn run_end() -> [u8; LEN + 1] {
    let mut table = [0; LEN + 1];
    let mut first = 1;
    while first <= LEN {
        let name = ENTRIES[first - 1].0.as_bytes();
        let mut end = first;
        while end <= LEN && equal(ENTRIES[end - 1].0.as_bytes(), name) {
            end += 1;
        }
        let is_empty = ENTRIES[first - 1].1.is_empty();
        assert!(end == first + 1 || !is_empty, "its values are looked for");
        table[first] = if is_empty { 0 } else { end as u8 };
        first = end;
    }
    table
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

const ENTRIES: [(&str, &str); LEN] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_finds_itself() {
        for index in 1..=LEN {
            let (name, value) = get(index).unwrap();
            let found = find(name, value).unwrap();
            assert_eq!((usize::from(found.index), found.value), (index, true));
        }
    }

    #[test]
    fn an_unknown_value_finds_the_first_entry_of_its_name() {
        for index in 1..=LEN {
            let (name, _) = get(index).unwrap();
            let first = (1..=LEN).find(|&i| get(i).unwrap().0 == name).unwrap();
            let found = find(name, b"no such value").unwrap();
            assert_eq!((usize::from(found.index), found.value), (first, false));
        }
    }

    #[test]
    fn a_name_one_octet_off_is_not_found() {
        for index in 1..=LEN {
            let (name, value) = get(index).unwrap();
            for at in 0..name.len() {
                let mut other = name.to_vec();
                other[at] ^= 0x80;
                assert_eq!(find(&other, value), None);
            }
        }
        assert_eq!(find(b"", b""), None);
        assert_eq!(find(b"x", b""), None);
    }

    #[test]
    fn indices_outside_the_table_have_no_entry() {
        assert_eq!(get(0), None);
        assert_eq!(get(62), None);
        assert_eq!(get(usize::MAX), None);
    }
}
