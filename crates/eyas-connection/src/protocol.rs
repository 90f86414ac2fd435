//! What an extended CONNECT asks for.

use std::sync::Arc;

/// The `:protocol` of an extended CONNECT, such as `websocket` (RFC 8441 section 4).
///
/// It is among the extensions of such a request, and of no other. Whether it is known is for the
/// application to judge: 501 answers what is not.
///
/// ```
/// use eyas_connection::Protocol;
///
/// fn is_websocket(request: &http::Request<()>) -> bool {
///     let protocol = request.extensions().get::<Protocol>();
///     protocol.is_some_and(|protocol| protocol.as_str() == "websocket")
/// }
/// # assert!(!is_websocket(&http::Request::new(())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Protocol(Arc<str>);

impl Protocol {
    /// The name, as the client spelled it: a token, perhaps with a version behind a slash
    /// (RFC 9110 section 7.8).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `None` when `octets` do not name a protocol.
    pub(crate) fn parse(octets: &[u8]) -> Option<Self> {
        let mut parts = octets.splitn(2, |&octet| octet == b'/');
        if !parts.all(is_token) {
            return None;
        }
        std::str::from_utf8(octets)
            .ok()
            .map(|name| Self(name.into()))
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(octets: &[u8]) -> bool {
    let is_token_octet =
        |octet: &u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(octet);
    !octets.is_empty() && octets.iter().all(is_token_octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_a_version() {
        for good in ["websocket", "connect-udp", "h2c/1.1"] {
            assert_eq!(
                Protocol::parse(good.as_bytes()).map(|protocol| protocol.to_string()),
                Some(good.to_owned())
            );
        }
        for bad in ["", "/", "a/", "/1", "a/b/c", "a b", "a,b", "\u{e4}"] {
            assert_eq!(Protocol::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
