//! What a response may have, by its status and by what was asked.

use http::{Method, StatusCode};

/// What of a request its response depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Head,
    Connect,
    Other,
}

impl From<&Method> for Asked {
    fn from(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::Head,
            Method::CONNECT => Self::Connect,
            _ => Self::Other,
        }
    }
}

/// Whether the response has no content whatever its body says (RFC 9110 section 6.4.1).
pub(crate) fn has_no_content(status: StatusCode, asked: Asked) -> bool {
    match asked {
        Asked::Head => true,
        // Any success opens the tunnel (RFC 9110 section 9.3.6).
        Asked::Connect if status.is_success() => false,
        _ => matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED),
    }
}

/// Whether `content-length` may be said when it is known (RFC 9110 section 8.6).
pub(crate) fn may_tell_length(status: StatusCode, length: u64, asked: Asked) -> bool {
    let has_none = status.is_informational() || status == StatusCode::NO_CONTENT;
    match asked {
        _ if has_none => false,
        // An empty body may stand for one that was left out: its length would be a guess.
        Asked::Head => length > 0,
        Asked::Connect => !status.is_success(),
        Asked::Other => length > 0 || status != StatusCode::NOT_MODIFIED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_told_where_it_is_true() {
        let ok = StatusCode::OK;
        assert!(may_tell_length(ok, 0, Asked::Other));
        assert!(may_tell_length(ok, 5, Asked::Head));
        assert!(!may_tell_length(ok, 0, Asked::Head));
        assert!(!may_tell_length(ok, 0, Asked::Connect));
        assert!(!may_tell_length(StatusCode::NO_CONTENT, 0, Asked::Other));
        assert!(!may_tell_length(StatusCode::NOT_MODIFIED, 0, Asked::Other));
    }
}
