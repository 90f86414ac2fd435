//! Fields become a request or a trailer section: every rule of RFC 9113 section 8 is applied here.

use eyas_hpack::{DecodedField, Sink};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery};
use http::{Request, Version};

use crate::cookie::Cookie;
use crate::field_names::is_connection_specific;
use crate::malformed::{
    CONNECTION_SPECIFIC, HOST_DIFFERS, INVALID_CONTENT_LENGTH, INVALID_PROTOCOL, INVALID_TE,
    MISSING_AUTHORITY, Malformed, PROTOCOL_NOT_OFFERED, PSEUDO_AFTER_FIELD, PSEUDO_IN_TRAILERS,
    REPEATED_HOST, REPEATED_PSEUDO, TOO_MANY_FIELDS, UNKNOWN_PSEUDO,
};
use crate::parse::{authority, content_length, field_name, field_value, method, path, scheme};
use crate::priority_field::PriorityField;
use crate::protocol::Protocol;
use crate::target::Target;

/// What a request's field section came to.
#[derive(Debug)]
pub(crate) struct RequestHead {
    pub(crate) request: Request<()>,
    /// Octets of content the client declared.
    pub(crate) content_length: Option<u64>,
    /// It has `expect: 100-continue`.
    pub(crate) expects_continue: bool,
    /// What it says about its response's priority.
    pub(crate) priority: PriorityField,
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
    target: Target,
    /// Whether SETTINGS_ENABLE_CONNECT_PROTOCOL is announced.
    offers_connect: bool,

    // Fields (section 8.2).
    saw_field: bool,
    headers: HeaderMap,
    host: Option<HeaderValue>,
    cookie: Cookie,
    content_length: Option<u64>,
    expects_continue: bool,
    priority: PriorityField,
}

impl FieldCollector {
    pub(crate) fn new(offers_connect: bool) -> Self {
        Self {
            offers_connect,
            ..Self::default()
        }
    }

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
        self.target = Target::default();
        self.saw_field = false;
        self.headers.clear();
        self.host = None;
        self.cookie = Cookie::None;
        self.content_length = None;
        self.expects_continue = false;
        self.priority = PriorityField::Absent;
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
        self.check_host()?;
        let (method, uri) = self.target.finish(self.host.is_some())?;
        if let Some(host) = self.host.take() {
            self.append(header::HOST, host)?;
        }
        if let Some(cookie) = self.cookie.take()? {
            self.append(header::COOKIE, cookie)?;
        }

        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = std::mem::take(&mut self.headers);
        if let Some(protocol) = self.target.protocol.take() {
            request.extensions_mut().insert(protocol);
        }
        Ok(RequestHead {
            request,
            content_length: self.content_length,
            expects_continue: self.expects_continue,
            priority: self.priority,
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
            b":method" => once(&mut self.target.method, method(field.value)?),
            b":scheme" => once(&mut self.target.scheme, scheme(field.value)?),
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
                once(&mut self.target.authority, authority)
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
                once(&mut self.target.path, path)
            }
            b":protocol" => {
                if !self.offers_connect {
                    return Err(PROTOCOL_NOT_OFFERED);
                }
                let protocol = Protocol::parse(field.value).ok_or(INVALID_PROTOCOL)?;
                once(&mut self.target.protocol, protocol)
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
                self.cookie.add(value);
                return Ok(());
            }
            6 if name == header::EXPECT => {
                let value = value.as_bytes();
                self.expects_continue |= value.eq_ignore_ascii_case(b"100-continue");
            }
            8 if name.as_str() == "priority" && !self.is_trailers => {
                self.priority.add(value.as_bytes());
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

    /// Section 8.3.1: Host that says something else than :authority makes two truths.
    fn check_host(&self) -> Result<(), Malformed> {
        match (&self.host, &self.target.authority) {
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
