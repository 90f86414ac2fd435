//! Fields become a request or a trailer section: every rule of RFC 9113 section 8 is applied here.

use eyas_hpack::{DecodedField, Sink};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, Uri, Version};

use crate::field_names::is_connection_specific;
use crate::malformed::{
    CONNECT_WITH_PATH, CONNECT_WITHOUT_PORT, CONNECTION_SPECIFIC, HOST_DIFFERS,
    INVALID_CONTENT_LENGTH, INVALID_PATH, INVALID_TE, INVALID_VALUE, MISSING_AUTHORITY,
    MISSING_PSEUDO, Malformed, PROTOCOL_NOT_OFFERED, PSEUDO_AFTER_FIELD, PSEUDO_IN_TRAILERS,
    REPEATED_HOST, REPEATED_PSEUDO, TOO_MANY_FIELDS, UNKNOWN_PSEUDO,
};
use crate::parse::{
    authority, content_length, field_name, field_value, is_http, method, path, scheme,
};

/// What a request's field section came to.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) request: Request<()>,
    /// Octets of content the client declared.
    pub(crate) content_length: Option<u64>,
}

/// What a dynamic table entry keeps for the next time it is referred to: a repeated field costs a
/// reference count, not a validation and a copy.
#[derive(Clone, Debug, Default)]
pub(crate) enum Slot {
    #[default]
    Unknown,
    Field(HeaderName, HeaderValue),
    Authority(Authority),
    Path(PathAndQuery),
}

/// Collects the fields of one section. Kept by the connection and used for every block in turn.
#[derive(Debug, Default)]
pub(crate) struct FieldCollector {
    is_trailers: bool,
    malformed: Option<Malformed>,

    // Pseudo-fields (section 8.3.1).
    method: Option<Method>,
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    path: Option<PathAndQuery>,
    protocol: bool,

    // Fields (section 8.2).
    saw_field: bool,
    headers: HeaderMap,
    host: Option<HeaderValue>,
    cookie: Cookie,
    content_length: Option<u64>,
}

/// Cookie crumbs (section 8.2.3): one is passed on as it is, several are joined.
#[derive(Debug, Default)]
enum Cookie {
    #[default]
    None,
    One(HeaderValue),
    /// Never to be indexed when one of the crumbs is.
    Joined {
        octets: Vec<u8>,
        sensitive: bool,
    },
}

impl FieldCollector {
    /// Makes ready for a request.
    pub(crate) fn begin_request(&mut self) {
        self.begin(false);
    }

    /// Makes ready for a trailer section.
    pub(crate) fn begin_trailers(&mut self) {
        self.begin(true);
    }

    fn begin(&mut self, is_trailers: bool) {
        self.is_trailers = is_trailers;
        self.malformed = None;
        self.method = None;
        self.scheme = None;
        self.authority = None;
        self.path = None;
        self.protocol = false;
        self.saw_field = false;
        self.headers.clear();
        self.host = None;
        self.cookie = Cookie::None;
        self.content_length = None;
    }

    /// Lends the storage of a map that is not needed any more.
    pub(crate) fn recycle(&mut self, mut headers: HeaderMap) {
        if self.headers.capacity() == 0 {
            headers.clear();
            self.headers = headers;
        }
    }

    /// The request, complete (section 8.3.1).
    pub(crate) fn finish_request(&mut self) -> Result<RequestHead, Malformed> {
        if let Some(malformed) = self.malformed {
            return Err(malformed);
        }
        let method = self.method.take().ok_or(MISSING_PSEUDO)?;
        if self.protocol {
            return Err(PROTOCOL_NOT_OFFERED);
        }
        self.check_host()?;
        let mut uri = http::uri::Parts::default();
        if method == Method::CONNECT {
            // Section 8.5: the authority and nothing else.
            if self.scheme.is_some() || self.path.is_some() {
                return Err(CONNECT_WITH_PATH);
            }
            let authority = self.authority.take().ok_or(MISSING_PSEUDO)?;
            if authority.port().is_none() {
                return Err(CONNECT_WITHOUT_PORT);
            }
            uri.authority = Some(authority);
        } else {
            let path = self.path.take().ok_or(MISSING_PSEUDO)?;
            let scheme = self.scheme.take().ok_or(MISSING_PSEUDO)?;
            if path.as_str() == "*" && method != Method::OPTIONS {
                return Err(INVALID_PATH);
            }
            let has_none = self.authority.is_none() && self.host.is_none();
            if has_none && is_http(&scheme) {
                return Err(MISSING_AUTHORITY);
            }
            if let Some(authority) = self.authority.take() {
                uri.authority = Some(authority);
                uri.scheme = Some(scheme);
            }
            uri.path_and_query = Some(path);
        }
        let uri = Uri::from_parts(uri).map_err(|_| INVALID_PATH)?;

        if let Some(host) = self.host.take() {
            self.append(header::HOST, host)?;
        }
        match std::mem::take(&mut self.cookie) {
            Cookie::None => {}
            Cookie::One(value) => self.append(header::COOKIE, value)?,
            Cookie::Joined { octets, sensitive } => {
                let mut value = HeaderValue::from_maybe_shared(bytes::Bytes::from(octets))
                    .map_err(|_| INVALID_VALUE)?;
                value.set_sensitive(sensitive);
                self.append(header::COOKIE, value)?;
            }
        }

        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = std::mem::take(&mut self.headers);
        Ok(RequestHead {
            request,
            content_length: self.content_length,
        })
    }

    /// The trailer section, complete (section 8.1).
    pub(crate) fn finish_trailers(&mut self) -> Result<HeaderMap, Malformed> {
        match self.malformed {
            Some(malformed) => Err(malformed),
            None => Ok(std::mem::take(&mut self.headers)),
        }
    }

    fn push(&mut self, field: DecodedField<'_, Slot>) -> Result<(), Malformed> {
        if field.name.first() == Some(&b':') {
            return self.pseudo(field);
        }
        self.saw_field = true;
        let (name, value) = match field.slot {
            Some(Slot::Field(name, value)) => (name.clone(), value.clone()),
            slot => {
                let name = field_name(field.name, field.static_index)?;
                let mut value = field_value(field.value)?;
                value.set_sensitive(field.sensitive);
                if let Some(slot) = slot {
                    *slot = Slot::Field(name.clone(), value.clone());
                }
                (name, value)
            }
        };
        self.regular(name, value)
    }

    fn pseudo(&mut self, field: DecodedField<'_, Slot>) -> Result<(), Malformed> {
        if self.is_trailers {
            return Err(PSEUDO_IN_TRAILERS);
        }
        if self.saw_field {
            return Err(PSEUDO_AFTER_FIELD);
        }
        match field.name {
            b":method" => once(&mut self.method, method(field.value)?),
            b":scheme" => once(&mut self.scheme, scheme(field.value)?),
            b":authority" => {
                let authority = match field.slot {
                    Some(Slot::Authority(known)) => known.clone(),
                    slot => {
                        let authority = authority(field.value)?;
                        if let Some(slot) = slot {
                            *slot = Slot::Authority(authority.clone());
                        }
                        authority
                    }
                };
                once(&mut self.authority, authority)
            }
            b":path" => {
                let path = match field.slot {
                    Some(Slot::Path(known)) => known.clone(),
                    slot => {
                        let path = path(field.value)?;
                        if let Some(slot) = slot {
                            *slot = Slot::Path(path.clone());
                        }
                        path
                    }
                };
                once(&mut self.path, path)
            }
            b":protocol" => {
                self.protocol = true;
                Ok(())
            }
            _ => Err(UNKNOWN_PSEUDO),
        }
    }

    fn regular(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), Malformed> {
        // The length sorts out nearly every field that needs no special care.
        match name.as_str().len() {
            2 if name == header::TE && !value.as_bytes().eq_ignore_ascii_case(b"trailers") => {
                return Err(INVALID_TE);
            }
            4 if name == header::HOST => {
                if self.is_trailers || self.host.is_some() {
                    return Err(REPEATED_HOST);
                }
                if value.is_empty() {
                    return Err(MISSING_AUTHORITY);
                }
                self.host = Some(value);
                return Ok(());
            }
            6 if name == header::COOKIE && !self.is_trailers => {
                self.add_cookie(value);
                return Ok(());
            }
            14 if name == header::CONTENT_LENGTH => {
                let length = content_length(value.as_bytes())?;
                if self.is_trailers {
                    return Err(INVALID_CONTENT_LENGTH);
                }
                match self.content_length {
                    Some(known) if known != length => return Err(INVALID_CONTENT_LENGTH),
                    Some(_) => return Ok(()),
                    None => self.content_length = Some(length),
                }
            }
            7 | 10 | 16 | 17 if is_connection_specific(&name) => {
                return Err(CONNECTION_SPECIFIC);
            }
            _ => {}
        }
        self.append(name, value)
    }

    fn append(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), Malformed> {
        self.headers
            .try_append(name, value)
            .map(|_| ())
            .map_err(|_| TOO_MANY_FIELDS)
    }

    fn add_cookie(&mut self, crumb: HeaderValue) {
        let (mut octets, sensitive) = match std::mem::take(&mut self.cookie) {
            Cookie::None => {
                self.cookie = Cookie::One(crumb);
                return;
            }
            Cookie::One(first) => (first.as_bytes().to_vec(), first.is_sensitive()),
            Cookie::Joined { octets, sensitive } => (octets, sensitive),
        };
        octets.extend_from_slice(b"; ");
        octets.extend_from_slice(crumb.as_bytes());
        let sensitive = sensitive || crumb.is_sensitive();
        self.cookie = Cookie::Joined { octets, sensitive };
    }

    /// Section 8.3.1: Host that says something else than :authority makes two truths.
    fn check_host(&self) -> Result<(), Malformed> {
        match (&self.host, &self.authority) {
            (Some(host), Some(authority))
                if !host
                    .as_bytes()
                    .eq_ignore_ascii_case(authority.as_str().as_bytes()) =>
            {
                Err(HOST_DIFFERS)
            }
            // It stands for :authority, and is held to the same form.
            (Some(host), None) => authority(host.as_bytes()).map(|_| ()),
            _ => Ok(()),
        }
    }
}

impl Sink<Slot> for FieldCollector {
    #[inline]
    fn field(&mut self, field: DecodedField<'_, Slot>) {
        if self.malformed.is_none() {
            self.malformed = self.push(field).err();
        }
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Malformed> {
    if place.is_some() {
        return Err(REPEATED_PSEUDO);
    }
    *place = Some(value);
    Ok(())
}
