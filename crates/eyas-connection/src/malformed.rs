//! Why a message is malformed, one constant a reason.

/// Why a message is malformed (RFC 9113 section 8.1.1): a stream error PROTOCOL_ERROR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) reason: &'static str,
    pub(crate) rule: &'static str,
}

macro_rules! malformed {
    ($rfc:literal: $($name:ident = $reason:literal, $rule:literal;)*) => {
        $(pub(crate) const $name: Malformed = Malformed {
            reason: $reason,
            rule: concat!($rfc, " section ", $rule),
        };)*
    };
}

malformed! {
    "RFC 9113":
    MISSING_PSEUDO = "a mandatory pseudo-field is missing", "8.3.1";
    MISSING_AUTHORITY = "there is neither :authority nor host, or host is empty", "8.3.1";
    REPEATED_PSEUDO = "a pseudo-field is repeated", "8.3";
    UNKNOWN_PSEUDO = "a pseudo-field is unknown or belongs to responses", "8.3";
    PSEUDO_AFTER_FIELD = "a pseudo-field follows a regular field", "8.3";
    PSEUDO_IN_TRAILERS = "a trailer section has a pseudo-field", "8.1";
    CONNECT_WITHOUT_PORT = "CONNECT names no port", "8.5";
    CONNECT_WITH_PATH = "CONNECT has :scheme or :path", "8.5";
    INVALID_METHOD = ":method is not a token", "8.3.1";
    INVALID_SCHEME = ":scheme is not a scheme", "8.3.1";
    INVALID_AUTHORITY = ":authority or host is empty, has userinfo or is not an authority", "8.3.1";
    INVALID_PATH = ":path is empty or not in origin form", "8.3.1";
    INVALID_NAME = "a field name is empty, has upper case or an octet that may not be there", "8.2.1";
    INVALID_VALUE = "a field value has outer white space or an octet that may not be there", "8.2.1";
    INVALID_TE = "te is not \"trailers\"", "8.2.2";
    CONNECTION_SPECIFIC = "a connection-specific field is present", "8.2.2";
    REPEATED_HOST = "host is repeated or in a trailer section", "8.3.1";
    HOST_DIFFERS = "host differs from :authority", "8.3.1";
    INVALID_CONTENT_LENGTH = "content-length is not one number, or in a trailer section", "8.1.1";
    CONTENT_LENGTH_DIFFERS = "content differs from content-length", "8.1.1";
    TRAILERS_WITHOUT_END = "a trailer section has no END_STREAM", "8.1";
    TRAILERS_IN_TUNNEL = "HEADERS came in a tunnel", "8.5";
    TOO_MANY_FIELDS = "there are more distinct fields than can be held", "8.2";
}

malformed! {
    "RFC 8441":
    PROTOCOL_NOT_OFFERED = ":protocol was not offered by SETTINGS_ENABLE_CONNECT_PROTOCOL", "3";
    PROTOCOL_WITHOUT_CONNECT = ":protocol is there and the method is not CONNECT", "4";
    INVALID_PROTOCOL = ":protocol is not the name of a protocol", "4";
}
