//! Fields become a request or a trailer section: every rule of RFC 9113 section 8 is applied here.

use eyas_hpack::{DecodedField, Sink};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;
use http::{Method, Request, Uri, Version};

use crate::familiar::{Familiar, UNKNOWN};
use crate::malformed::{HOST_DIFFERS, Malformed, PSEUDO_AFTER_FIELD, PSEUDO_IN_TRAILERS};
use crate::numbers::{Numbers, Slot, number_of};
use crate::parse::authority;
use crate::priority_field::PriorityField;
use crate::section::Section;
use crate::target::{Pseudo, Target};

/// What a request says of itself besides what its application is told as fields.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    /// Octets of content the client declared.
    pub(crate) content_length: Option<u64>,
    /// It has `expect: 100-continue`.
    pub(crate) expects_continue: bool,
    /// What it says about its response's priority.
    pub(crate) priority: PriorityField,
}

/// Collects the fields of one section. Kept by the connection and used for every block in turn.
#[derive(Debug)]
pub(crate) struct FieldCollector {
    is_trailers: bool,
    malformed: Option<Malformed>,
    /// Something of this section was built, or is left of an earlier one.
    is_begun: bool,

    // Pseudo-fields (section 8.3.1).
    target: Target,
    familiar_target: Familiar<Pseudo, (Method, Uri)>,
    /// Whether SETTINGS_ENABLE_CONNECT_PROTOCOL is announced.
    offers_connect: bool,

    // Fields (section 8.2).
    saw_field: bool,
    section: Section,
    familiar_section: Familiar<(HeaderName, HeaderValue), Section>,

    /// Of the request that was finished last.
    declared: Declared,

    numbers: Numbers,
}

impl FieldCollector {
    pub(crate) fn new(offers_connect: bool) -> Self {
        Self {
            is_trailers: false,
            malformed: None,
            is_begun: false,
            target: Target::default(),
            familiar_target: Familiar::default(),
            offers_connect,
            saw_field: false,
            section: Section::default(),
            familiar_section: Familiar::default(),
            declared: Declared::default(),
            numbers: Numbers::default(),
        }
    }

    /// What the request that was finished last has declared.
    #[inline]
    pub(crate) const fn declared(&self) -> Declared {
        self.declared
    }

    /// Makes ready for a request.
    #[inline]
    pub(crate) fn begin_request(&mut self) {
        self.begin(false);
        self.familiar_target.begin();
        self.familiar_section.begin();
    }

    /// Makes ready for a trailer section.
    pub(crate) fn begin_trailers(&mut self) {
        self.begin(true);
    }

    #[inline]
    fn begin(&mut self, is_trailers: bool) {
        self.is_trailers = is_trailers;
        self.malformed = None;
        self.saw_field = false;
        if std::mem::take(&mut self.is_begun) {
            self.target = Target::default();
            self.section.clear();
        }
    }

    /// Whether the request that was heard last is one that will be copied: it can be finished once more.
    #[inline]
    pub(crate) fn is_familiar(&self) -> bool {
        self.malformed.is_none()
            && self.familiar_target.outcome().is_some()
            && self.familiar_section.outcome().is_some()
    }

    /// Lends the storage of a map that is not needed any more.
    pub(crate) fn recycle(&mut self, headers: HeaderMap) {
        if self.section.headers.capacity() == 0 {
            self.section.headers = headers;
        }
    }

    /// Fills `request`, a new one, with what was heard (section 8.3.1): where it lies, since moving one
    /// costs.
    pub(crate) fn finish_request(&mut self, request: &mut Request<()>) -> Result<(), Malformed> {
        if let Some(malformed) = self.malformed {
            return Err(malformed);
        }
        if self.familiar_section.outcome().is_none() {
            self.end_section()?;
        }
        if self.familiar_target.outcome().is_none() {
            self.end_target(request)?;
        }
        let section = self.familiar_section.outcome().unwrap_or(&self.section);
        if let Some((method, uri)) = self.familiar_target.outcome() {
            *request.method_mut() = method.clone();
            *request.uri_mut() = uri.clone();
        }
        check_host(section.host.as_ref(), request.uri().authority())?;
        self.declared = section.declared;
        let headers = match self.familiar_section.outcome() {
            Some(section) => section.headers.clone(),
            None => std::mem::take(&mut self.section.headers),
        };
        // A new request's map has nothing to drop, which dropping it would find out at some length.
        std::mem::forget(std::mem::replace(request.headers_mut(), headers));
        *request.version_mut() = Version::HTTP_2;
        if let Some(protocol) = self.target.protocol.take() {
            request.extensions_mut().insert(protocol);
        }
        Ok(())
    }

    /// The trailer section, complete (section 8.1).
    pub(crate) fn finish_trailers(&mut self) -> Result<HeaderMap, Malformed> {
        match self.malformed {
            Some(malformed) => Err(malformed),
            None => Ok(std::mem::take(&mut self.section.headers)),
        }
    }

    fn end_section(&mut self) -> Result<(), Malformed> {
        self.leave_section()?;
        self.section.complete()?;
        self.familiar_section.end(|| self.section.copy());
        Ok(())
    }

    fn end_target(&mut self, request: &mut Request<()>) -> Result<(), Malformed> {
        self.leave_target()?;
        let has_host = match self.familiar_section.outcome() {
            Some(section) => section.host.is_some(),
            None => self.section.host.is_some(),
        };
        let (method, uri) = self.target.finish(has_host)?;
        // The others depend on more than the pseudo-fields, or are more than method and URI.
        if uri.authority().is_some() && self.target.protocol.is_none() {
            self.familiar_target.end(|| (method.clone(), uri.clone()));
        }
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        Ok(())
    }

    #[inline]
    fn push(&mut self, field: DecodedField<'_, Slot>) -> Result<(), Malformed> {
        if field.name.first() == Some(&b':') {
            return self.pseudo(field);
        }
        if self.is_trailers {
            self.is_begun = true;
            let (_, (name, value)) = self.numbers.field(field)?;
            return self.section.trailer(name, value);
        }
        self.saw_field = true;
        if self.familiar_section.follows(number_of(&field)) {
            return Ok(());
        }
        self.leave_section()?;
        let (number, (name, value)) = self.numbers.field(field)?;
        self.familiar_section
            .note(number, || (name.clone(), value.clone()));
        self.section.field(name, value)
    }

    #[inline]
    fn pseudo(&mut self, field: DecodedField<'_, Slot>) -> Result<(), Malformed> {
        if self.is_trailers {
            return Err(PSEUDO_IN_TRAILERS);
        }
        if self.saw_field {
            return Err(PSEUDO_AFTER_FIELD);
        }
        let number = match number_of(&field) {
            // Most clients keep the path out of the compression table.
            UNKNOWN if field.slot.is_none() && field.name == b":path" => {
                self.numbers.path(field.value)
            }
            number => number,
        };
        if self.familiar_target.follows(number) {
            return Ok(());
        }
        self.leave_target()?;
        let (number, pseudo) = self.numbers.pseudo(number, field, self.offers_connect)?;
        self.familiar_target.note(number, || pseudo.clone());
        self.target.set(pseudo)
    }

    /// The fields so far were those of an earlier request; what comes is not.
    #[inline]
    fn leave_section(&mut self) -> Result<(), Malformed> {
        self.is_begun = true;
        for (name, value) in self.familiar_section.leave() {
            self.section.field(name.clone(), value.clone())?;
        }
        Ok(())
    }

    #[inline]
    fn leave_target(&mut self) -> Result<(), Malformed> {
        self.is_begun = true;
        for pseudo in self.familiar_target.leave() {
            self.target.set(pseudo.clone())?;
        }
        Ok(())
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

/// Section 8.3.1: Host that says something else than :authority makes two truths.
#[inline]
fn check_host(host: Option<&HeaderValue>, target: Option<&Authority>) -> Result<(), Malformed> {
    match (host, target) {
        (Some(host), Some(target))
            if !host
                .as_bytes()
                .eq_ignore_ascii_case(target.as_str().as_bytes()) =>
        {
            Err(HOST_DIFFERS)
        }
        // It stands for :authority, and is held to the same form.
        (Some(host), None) => authority(host.as_bytes()).map(|_| ()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
