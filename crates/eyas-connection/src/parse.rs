//! From octets to values that cannot be wrong: pseudo-fields, names and values of fields.

use http::Method;
use http::header::{HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::field_names::static_name;
use crate::malformed::{
    INVALID_AUTHORITY, INVALID_CONTENT_LENGTH, INVALID_METHOD, INVALID_NAME, INVALID_PATH,
    INVALID_SCHEME, INVALID_VALUE, Malformed,
};

pub(crate) fn field_name(octets: &[u8], static_index: Option<u8>) -> Result<HeaderName, Malformed> {
    if let Some(name) = static_index.and_then(static_name) {
        return Ok(name);
    }
    // A token, beyond what HPACK has looked for.
    HeaderName::from_lowercase(octets).map_err(|_| INVALID_NAME)
}

pub(crate) fn field_value(octets: &[u8]) -> Result<HeaderValue, Malformed> {
    // No control octet but a tab, beyond what HPACK has looked for.
    HeaderValue::from_bytes(octets).map_err(|_| INVALID_VALUE)
}

pub(crate) fn method(octets: &[u8]) -> Result<Method, Malformed> {
    match octets {
        b"GET" => Ok(Method::GET),
        b"POST" => Ok(Method::POST),
        _ => Method::from_bytes(octets).map_err(|_| INVALID_METHOD),
    }
}

pub(crate) fn scheme(octets: &[u8]) -> Result<Scheme, Malformed> {
    match octets {
        b"http" => Ok(Scheme::HTTP),
        b"https" => Ok(Scheme::HTTPS),
        _ => Scheme::try_from(octets).map_err(|_| INVALID_SCHEME),
    }
}

/// Whether it is a scheme with a mandatory authority, in whatever case.
pub(crate) fn is_http(scheme: &Scheme) -> bool {
    let scheme = scheme.as_str();
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

pub(crate) fn authority(octets: &[u8]) -> Result<Authority, Malformed> {
    // Section 8.3.1: no userinfo for http and https; empty is no authority.
    if octets.is_empty() || octets.contains(&b'@') {
        return Err(INVALID_AUTHORITY);
    }
    let authority = Authority::try_from(octets).map_err(|_| INVALID_AUTHORITY)?;
    if has_valid_port(authority.as_str()) {
        Ok(authority)
    } else {
        Err(INVALID_AUTHORITY)
    }
}

/// Whether the port, if there is one, is empty or fits 16 bits (RFC 3986 section 3.2.3).
fn has_valid_port(authority: &str) -> bool {
    // The colons of an IPv6 address lie within its brackets.
    let behind_host = authority.rsplit(']').next().unwrap_or_default();
    match behind_host.rsplit_once(':') {
        Some((_, port)) => port.is_empty() || port.parse::<u16>().is_ok(),
        None => true,
    }
}

pub(crate) fn path(octets: &[u8]) -> Result<PathAndQuery, Malformed> {
    if octets == b"*" {
        return Ok(PathAndQuery::from_static("*"));
    }
    if octets == b"/" {
        return Ok(PathAndQuery::from_static("/"));
    }
    // Section 8.3.1: not empty, in origin form; a fragment is not part of a request target.
    if octets.first() != Some(&b'/') || octets.contains(&b'#') {
        return Err(INVALID_PATH);
    }
    PathAndQuery::try_from(octets).map_err(|_| INVALID_PATH)
}

pub(crate) fn content_length(octets: &[u8]) -> Result<u64, Malformed> {
    if octets.is_empty() || !octets.iter().all(u8::is_ascii_digit) {
        return Err(INVALID_CONTENT_LENGTH);
    }
    std::str::from_utf8(octets)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .ok_or(INVALID_CONTENT_LENGTH)
}
