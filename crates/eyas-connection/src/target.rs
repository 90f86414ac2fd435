//! The pseudo-fields of a request, and the target they come to (RFC 9113 sections 8.3.1 and 8.5).

use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{Method, Uri};

use crate::malformed::{
    CONNECT_WITH_PATH, CONNECT_WITHOUT_PORT, INVALID_PATH, INVALID_PROTOCOL, MISSING_AUTHORITY,
    MISSING_PSEUDO, Malformed, PROTOCOL_NOT_OFFERED, PROTOCOL_WITHOUT_CONNECT, REPEATED_PSEUDO,
    UNKNOWN_PSEUDO,
};
use crate::parse::{authority, is_http, method, path, scheme};
use crate::protocol::Protocol;

/// A pseudo-field of a request.
#[derive(Clone, Debug)]
pub(crate) enum Pseudo {
    Method(Method),
    Scheme(Scheme),
    Authority(Authority),
    Path(PathAndQuery),
    Protocol(Protocol),
}

impl Pseudo {
    /// `offers_connect`: SETTINGS_ENABLE_CONNECT_PROTOCOL is announced.
    pub(crate) fn parse(
        name: &[u8],
        value: &[u8],
        offers_connect: bool,
    ) -> Result<Self, Malformed> {
        Ok(match name {
            b":method" => Self::Method(method(value)?),
            b":scheme" => Self::Scheme(scheme(value)?),
            b":authority" => Self::Authority(authority(value)?),
            b":path" => Self::Path(path(value)?),
            b":protocol" if !offers_connect => return Err(PROTOCOL_NOT_OFFERED),
            b":protocol" => Self::Protocol(Protocol::parse(value).ok_or(INVALID_PROTOCOL)?),
            _ => return Err(UNKNOWN_PSEUDO),
        })
    }
}

/// What was said of the target so far.
#[derive(Debug, Default)]
pub(crate) struct Target {
    pub(crate) method: Option<Method>,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) authority: Option<Authority>,
    pub(crate) path: Option<PathAndQuery>,
    /// Makes a CONNECT an extended one (RFC 8441 section 4).
    pub(crate) protocol: Option<Protocol>,
}

impl Target {
    /// Takes the next pseudo-field.
    pub(crate) fn set(&mut self, pseudo: Pseudo) -> Result<(), Malformed> {
        match pseudo {
            Pseudo::Method(method) => once(&mut self.method, method),
            Pseudo::Scheme(scheme) => once(&mut self.scheme, scheme),
            Pseudo::Authority(authority) => once(&mut self.authority, authority),
            Pseudo::Path(path) => once(&mut self.path, path),
            Pseudo::Protocol(protocol) => once(&mut self.protocol, protocol),
        }
    }

    /// Method and URI, complete. `has_host`: the Host field stands by in place of `:authority`.
    #[inline]
    pub(crate) fn finish(&mut self, has_host: bool) -> Result<(Method, Uri), Malformed> {
        let method = self.method.take().ok_or(MISSING_PSEUDO)?;
        let parts = if method == Method::CONNECT {
            self.connect()?
        } else if self.protocol.is_some() {
            return Err(PROTOCOL_WITHOUT_CONNECT);
        } else {
            self.request(&method, has_host)?
        };
        let uri = Uri::from_parts(parts).map_err(|_| INVALID_PATH)?;
        Ok((method, uri))
    }

    #[inline]
    fn request(&mut self, method: &Method, has_host: bool) -> Result<Parts, Malformed> {
        let path = self.path.take().ok_or(MISSING_PSEUDO)?;
        let scheme = self.scheme.take().ok_or(MISSING_PSEUDO)?;
        if path.as_str() == "*" && method != Method::OPTIONS {
            return Err(INVALID_PATH);
        }
        if self.authority.is_none() && !has_host && is_http(&scheme) {
            return Err(MISSING_AUTHORITY);
        }
        let mut parts = Parts::default();
        if let Some(authority) = self.authority.take() {
            parts.authority = Some(authority);
            parts.scheme = Some(scheme);
        }
        parts.path_and_query = Some(path);
        Ok(parts)
    }

    fn connect(&mut self) -> Result<Parts, Malformed> {
        let authority = self.authority.take().ok_or(MISSING_PSEUDO)?;
        let mut parts = Parts::default();
        if self.protocol.is_some() {
            // RFC 8441 section 4: the target is that of any other request.
            let path = self.path.take().ok_or(MISSING_PSEUDO)?;
            if path.as_str() == "*" {
                return Err(INVALID_PATH);
            }
            parts.path_and_query = Some(path);
            parts.scheme = Some(self.scheme.take().ok_or(MISSING_PSEUDO)?);
        } else if self.scheme.is_some() || self.path.is_some() {
            // RFC 9113 section 8.5: the authority and nothing else.
            return Err(CONNECT_WITH_PATH);
        } else if authority.port().is_none() {
            return Err(CONNECT_WITHOUT_PORT);
        }
        parts.authority = Some(authority);
        Ok(parts)
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Malformed> {
    if place.is_some() {
        return Err(REPEATED_PSEUDO);
    }
    *place = Some(value);
    Ok(())
}
