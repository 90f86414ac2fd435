//! The regular fields of one section, with what they mean to a connection (RFC 9113 section 8.2).

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::cookie::Cookie;
use crate::field_names::is_connection_specific;
use crate::malformed::{
    CONNECTION_SPECIFIC, INVALID_CONTENT_LENGTH, INVALID_TE, MISSING_AUTHORITY, Malformed,
    REPEATED_HOST, TOO_MANY_FIELDS,
};
use crate::parse::content_length;
use crate::request::Declared;

#[derive(Debug, Default)]
pub(crate) struct Section {
    pub(crate) headers: HeaderMap,
    /// Looked at when the target is known, and only then a field like the others.
    pub(crate) host: Option<HeaderValue>,
    cookie: Cookie,
    pub(crate) declared: Declared,
}

impl Section {
    /// Takes the next field of a request.
    pub(crate) fn field(&mut self, name: HeaderName, value: HeaderValue) -> Result<(), Malformed> {
        self.regular(name, value, false)
    }

    /// Takes the next field of a trailer section.
    pub(crate) fn trailer(
        &mut self,
        name: HeaderName,
        value: HeaderValue,
    ) -> Result<(), Malformed> {
        self.regular(name, value, true)
    }

    /// Puts the fields that were held back behind the others.
    pub(crate) fn complete(&mut self) -> Result<(), Malformed> {
        if let Some(host) = self.host.clone() {
            self.append(header::HOST, host)?;
        }
        if let Some(cookie) = self.cookie.take()? {
            self.append(header::COOKIE, cookie)?;
        }
        Ok(())
    }

    /// A copy of a complete one.
    pub(crate) fn copy(&self) -> Self {
        Self {
            headers: self.headers.clone(),
            host: self.host.clone(),
            cookie: Cookie::None,
            declared: self.declared,
        }
    }

    /// Forgets everything but the map's storage.
    pub(crate) fn clear(&mut self) {
        self.headers.clear();
        *self = Self {
            headers: std::mem::take(&mut self.headers),
            ..Self::default()
        };
    }

    fn regular(
        &mut self,
        name: HeaderName,
        value: HeaderValue,
        is_trailers: bool,
    ) -> Result<(), Malformed> {
        // The length sorts out nearly every field that needs no special care.
        match name.as_str().len() {
            2 if name == header::TE && !value.as_bytes().eq_ignore_ascii_case(b"trailers") => {
                return Err(INVALID_TE);
            }
            4 if name == header::HOST => {
                if is_trailers || self.host.is_some() {
                    return Err(REPEATED_HOST);
                }
                if value.is_empty() {
                    return Err(MISSING_AUTHORITY);
                }
                self.host = Some(value);
                return Ok(());
            }
            6 if name == header::COOKIE && !is_trailers => {
                self.cookie.add(value);
                return Ok(());
            }
            6 if name == header::EXPECT => {
                let value = value.as_bytes();
                self.declared.expects_continue |= value.eq_ignore_ascii_case(b"100-continue");
            }
            8 if name.as_str() == "priority" && !is_trailers => {
                self.declared.priority.add(value.as_bytes());
            }
            14 if name == header::CONTENT_LENGTH => {
                let length = content_length(value.as_bytes())?;
                if is_trailers {
                    return Err(INVALID_CONTENT_LENGTH);
                }
                match self.declared.content_length {
                    Some(known) if known != length => return Err(INVALID_CONTENT_LENGTH),
                    Some(_) => return Ok(()),
                    None => self.declared.content_length = Some(length),
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
}
