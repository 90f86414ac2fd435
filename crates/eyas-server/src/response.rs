//! The head of a response: what the handler gave, and what is added to it.

use eyas_connection::Head;
use http::response::Parts;
use http::{Method, StatusCode};

use crate::date;

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

/// Adds `date` and, where the length is known and may be told, `content-length` (RFC 9110 section 8.6).
pub(crate) fn head(parts: Parts, length: Option<u64>, asked: Asked, with_date: bool) -> Head {
    let Parts {
        status, headers, ..
    } = parts;
    let mut head = Head::response(status, headers);
    if let Some(length) = length.filter(|&length| may_tell_length(status, length, asked)) {
        head = head.content_length(length);
    }
    if with_date {
        head = head.date(date::now());
    }
    head
}

/// Whether the response has no content whatever its body says (RFC 9110 section 6.4.1).
pub(crate) fn has_no_content(status: StatusCode, asked: Asked) -> bool {
    asked == Asked::Head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
}

fn may_tell_length(status: StatusCode, length: u64, asked: Asked) -> bool {
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
