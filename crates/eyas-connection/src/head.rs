//! What a response head or trailer section is to the output side: fields that write themselves.

use eyas_hpack::Field;
use eyas_output::{BlockWriter, FieldBlock};
use http::StatusCode;
use http::header::{self, HeaderMap};

use crate::field_names::is_connection_specific;

/// A response head, an informational one, or a trailer section.
///
/// `content-length` and `date` may be set beside the map: two fields that nearly every response has
/// then cost no insertion. A field of the map with the same name goes before them.
///
/// ```
/// use eyas_connection::Head;
/// use http::{HeaderMap, StatusCode};
///
/// let head = Head::response(StatusCode::OK, HeaderMap::new()).content_length(13);
/// assert_eq!(head.status(), Some(StatusCode::OK));
/// ```
#[derive(Clone, Debug)]
pub struct Head {
    /// `None` for a trailer section.
    status: Option<StatusCode>,
    headers: HeaderMap,
    content_length: Option<u64>,
    date: Option<[u8; 29]>,
}

impl Head {
    /// The head of a response, or of an informational response.
    #[must_use]
    #[inline]
    pub const fn response(status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            status: Some(status),
            headers,
            content_length: None,
            date: None,
        }
    }

    /// A trailer section.
    #[must_use]
    pub const fn trailers(fields: HeaderMap) -> Self {
        Self {
            status: None,
            headers: fields,
            content_length: None,
            date: None,
        }
    }

    /// Adds `content-length`, unless the map has one.
    #[must_use]
    #[inline]
    pub fn content_length(mut self, octets: u64) -> Self {
        if self.headers.is_empty() || !self.headers.contains_key(header::CONTENT_LENGTH) {
            self.content_length = Some(octets);
        }
        self
    }

    /// Adds `date` in the form of RFC 9110 section 5.6.7, unless the map has one.
    #[must_use]
    #[inline]
    pub fn date(mut self, date: [u8; 29]) -> Self {
        if self.headers.is_empty() || !self.headers.contains_key(header::DATE) {
            self.date = Some(date);
        }
        self
    }

    /// The status, `None` for a trailer section.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The fields, without those set beside the map.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Gives the map back, so that its storage can be used again.
    pub(crate) fn into_headers(self) -> HeaderMap {
        self.headers
    }

    /// Takes `content-length` out, wherever it came from.
    pub(crate) fn declare_no_length(&mut self) {
        self.content_length = None;
        self.headers.remove(header::CONTENT_LENGTH);
    }

    /// The declared length of the content, if any.
    pub(crate) fn declared_length(&self) -> Option<u64> {
        if self.content_length.is_some() || self.headers.is_empty() {
            return self.content_length;
        }
        self.headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok())
    }
}

impl FieldBlock for Head {
    fn write_fields(&self, block: &mut BlockWriter<'_>) {
        if let Some(status) = self.status {
            block.status(status.as_u16());
        }
        for (name, value) in &self.headers {
            // Handlers written for HTTP/1.1 set these; they have no place here (RFC 9113 section 8.2.2).
            if is_connection_specific(name) {
                continue;
            }
            // A response that never has content declares no length (RFC 9110 section 8.6).
            if self.status == Some(StatusCode::NO_CONTENT) && *name == header::CONTENT_LENGTH {
                continue;
            }
            let field = Field::new(name.as_str(), value);
            block.field(if value.is_sensitive() {
                field.sensitive()
            } else {
                field
            });
        }
        if let Some(date) = &self.date {
            block.field(Field::new("date", date));
        }
    }

    fn write_last_fields(&self, block: &mut BlockWriter<'_>) {
        if let Some(octets) = self.content_length {
            block.octets(&CONTENT_LENGTH);
            block.string(itoa::Buffer::new().format(octets).as_bytes());
        }
    }

    const REPEATS: bool = true;

    #[inline]
    fn repeats(&self, earlier: &Self) -> bool {
        self.status == earlier.status
            && self.date == earlier.date
            && have_same_fields(&self.headers, &earlier.headers)
    }

    #[inline]
    fn has_storage(&self) -> bool {
        self.headers.capacity() > 0
    }
}

/// Whether two maps have the same fields in the same order.
#[inline]
fn have_same_fields(one: &HeaderMap, other: &HeaderMap) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|((name, value), field)| {
            (name, value) == field && value.is_sensitive() == field.1.is_sensitive()
        })
}

/// The name `content-length` of a literal without indexing (RFC 7541 section 6.2.2).
const CONTENT_LENGTH: [u8; 2] = [0x0f, 28 - 15];
