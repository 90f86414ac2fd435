//! Which route a path has, and which methods a route has.

use http::{HeaderValue, Method, Uri};

use crate::bytes_body::BytesBody;

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    Index,
    Hello,
    Echo,
    /// `None` when what follows is no number in range.
    Bytes(Option<BytesBody>),
    Sink,
    Stream,
    Slow,
    Trailers,
    Hints,
    HintsStyle,
    WebSocket,
    Reset,
    Panic,
    /// A file, if there is a folder, or nothing.
    Other,
}

impl Route {
    pub(crate) fn of(path: &str) -> Self {
        match path {
            "/" => Self::Index,
            "/hello" => Self::Hello,
            "/echo" => Self::Echo,
            "/sink" => Self::Sink,
            "/stream" => Self::Stream,
            "/slow" => Self::Slow,
            "/trailers" => Self::Trailers,
            "/hints" => Self::Hints,
            "/hints.css" => Self::HintsStyle,
            "/ws" => Self::WebSocket,
            "/reset" => Self::Reset,
            "/panic" => Self::Panic,
            _ => match path.strip_prefix("/bytes/") {
                Some(octets) => Self::Bytes(octets.parse().ok().and_then(BytesBody::new)),
                None => Self::Other,
            },
        }
    }

    /// Whether the route has this method; if not, those it has.
    pub(crate) fn allowed(&self, method: &Method) -> Result<(), HeaderValue> {
        let is_get = matches!(*method, Method::GET | Method::HEAD);
        let (is_allowed, methods) = match self {
            // Files know for themselves, and for nothing no method is wrong.
            Self::Other => return Ok(()),
            // Conformance suites post to the root, and want an answer with content.
            Self::Index => (is_get || *method == Method::POST, "GET, HEAD, POST"),
            Self::Echo | Self::Sink => (matches!(*method, Method::POST | Method::PUT), "POST, PUT"),
            Self::WebSocket => (is_get || *method == Method::CONNECT, "GET, HEAD, CONNECT"),
            _ => (is_get, "GET, HEAD"),
        };
        if is_allowed {
            Ok(())
        } else {
            Err(HeaderValue::from_static(methods))
        }
    }
}

/// The number that the query gives `name`; `Err` when it gives something else, or one above `max`.
pub(crate) fn number(uri: &Uri, name: &str, max: u64) -> Result<Option<u64>, ()> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let mut values = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let value = value.parse().ok().filter(|value| *value <= max);
    value.map(Some).ok_or(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_query_is_found_by_its_name() {
        for (uri, expected) in [
            ("/slow", Ok(None)),
            ("/slow?", Ok(None)),
            ("/slow?s=1&ms=20", Ok(Some(20))),
            ("/slow?mss=1", Ok(None)),
            ("/slow?ms=100", Ok(Some(100))),
            ("/slow?ms=101", Err(())),
            ("/slow?ms=", Err(())),
            ("/slow?ms=-1", Err(())),
        ] {
            let parsed = uri.parse().expect("the test's address is one");
            assert_eq!(number(&parsed, "ms", 100), expected, "{uri}");
        }
    }
}
