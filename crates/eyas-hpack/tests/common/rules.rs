//! What RFC 9113 section 8.2.1 says of names and values, octet by octet.

use eyas_hpack::Malformed;

/// What is wrong with a field, the name first.
pub(crate) fn malformed(name: &[u8], value: &[u8]) -> Option<Malformed> {
    let rest = name.strip_prefix(b":").unwrap_or(name);
    let fits_a_name =
        |octet: &u8| matches!(octet, 0x21..=0x7e) && !matches!(octet, b'A'..=b'Z' | b':');
    if rest.is_empty() || !rest.iter().all(fits_a_name) {
        return Some(Malformed::Name);
    }
    let is_blank = |octet: Option<&u8>| octet.is_some_and(|octet| b" \t".contains(octet));
    let is_forbidden = |octet: &u8| b"\0\n\r".contains(octet);
    (is_blank(value.first()) || is_blank(value.last()) || value.iter().any(is_forbidden))
        .then_some(Malformed::Value)
}
