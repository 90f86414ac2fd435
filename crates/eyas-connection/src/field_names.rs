//! Field names the static table knows, and the ones HTTP/2 forbids.

use http::header::{self, HeaderName};

/// The name of static entry `index` (RFC 7541 Appendix A) when it is a field, not a pseudo-field.
pub(crate) fn static_name(index: u8) -> Option<HeaderName> {
    Some(match index {
        15 => header::ACCEPT_CHARSET,
        16 => header::ACCEPT_ENCODING,
        17 => header::ACCEPT_LANGUAGE,
        18 => header::ACCEPT_RANGES,
        19 => header::ACCEPT,
        20 => header::ACCESS_CONTROL_ALLOW_ORIGIN,
        21 => header::AGE,
        22 => header::ALLOW,
        23 => header::AUTHORIZATION,
        24 => header::CACHE_CONTROL,
        25 => header::CONTENT_DISPOSITION,
        26 => header::CONTENT_ENCODING,
        27 => header::CONTENT_LANGUAGE,
        28 => header::CONTENT_LENGTH,
        29 => header::CONTENT_LOCATION,
        30 => header::CONTENT_RANGE,
        31 => header::CONTENT_TYPE,
        32 => header::COOKIE,
        33 => header::DATE,
        34 => header::ETAG,
        35 => header::EXPECT,
        36 => header::EXPIRES,
        37 => HeaderName::from_static("from"),
        38 => header::HOST,
        39 => header::IF_MATCH,
        40 => header::IF_MODIFIED_SINCE,
        41 => header::IF_NONE_MATCH,
        42 => header::IF_RANGE,
        43 => header::IF_UNMODIFIED_SINCE,
        44 => header::LAST_MODIFIED,
        45 => header::LINK,
        46 => header::LOCATION,
        47 => header::MAX_FORWARDS,
        48 => header::PROXY_AUTHENTICATE,
        49 => header::PROXY_AUTHORIZATION,
        50 => header::RANGE,
        51 => header::REFERER,
        52 => header::REFRESH,
        53 => header::RETRY_AFTER,
        54 => header::SERVER,
        55 => header::SET_COOKIE,
        56 => header::STRICT_TRANSPORT_SECURITY,
        57 => header::TRANSFER_ENCODING,
        58 => header::USER_AGENT,
        59 => header::VARY,
        60 => header::VIA,
        61 => header::WWW_AUTHENTICATE,
        _ => return None,
    })
}

/// Whether `name` belongs to one HTTP/1.1 connection and has no place in HTTP/2 (RFC 9113
/// section 8.2.2).
#[inline]
pub(crate) fn is_connection_specific(name: &HeaderName) -> bool {
    // Every such name is 7, 10, 16 or 17 octets long: most fields are done with one comparison.
    match name.as_str().len() {
        7 => *name == header::UPGRADE,
        10 => *name == header::CONNECTION || name.as_str() == "keep-alive",
        16 => name.as_str() == "proxy-connection",
        17 => *name == header::TRANSFER_ENCODING,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_static_name_is_the_tables_own() {
        for index in 1..=61_u8 {
            let (name, _) = eyas_hpack::static_table::get(index.into()).expect("1 to 61 exist");
            match static_name(index) {
                Some(known) => assert_eq!(known.as_str().as_bytes(), name),
                None => assert_eq!(name[0], b':', "entry {index}"),
            }
        }
    }

    #[test]
    fn the_five_forbidden_names_are_recognised() {
        for name in [
            "connection",
            "keep-alive",
            "proxy-connection",
            "transfer-encoding",
            "upgrade",
        ] {
            assert!(is_connection_specific(&HeaderName::from_static(name)));
        }
        assert!(!is_connection_specific(&header::CONTENT_LENGTH));
    }
}
