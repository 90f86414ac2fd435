//! Fields become a request or a trailer section: every rule of RFC 9113 section 8 is applied here.

use eyas_hpack::{DecodedField, Sink};
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;
use http::{Method, Request, Uri, Version};

use crate::familiar::{Familiar, UNKNOWN};
use crate::malformed::{
    HOST_DIFFERS, INVALID_NAME, INVALID_VALUE, Malformed, PSEUDO_AFTER_FIELD, PSEUDO_IN_TRAILERS,
};
use crate::parse::{authority, field_name, field_value};
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

/// What a dynamic table entry keeps for the next time it is referred to, with its number: a repeated
/// field costs a reference count, not a validation and a copy.
#[derive(Clone, Debug, Default)]
pub(crate) enum Slot {
    #[default]
    Unknown,
    /// It was right, and used once. Many clients say nothing twice: what it came to is kept from the
    /// second time on.
    Seen(u32),
    Field(u32, Box<(HeaderName, HeaderValue)>),
    Pseudo(u32, Box<Pseudo>),
}

// A table of four KiB has room for a hundred of them.
const _: () = assert!(size_of::<Slot>() <= 16);

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

/// Gives every entry of the dynamic table that is looked at its number, above those of the static table,
/// and the path that came last, if it is in no table.
#[derive(Debug, Default)]
struct Numbers {
    given: u32,
    path: Vec<u8>,
    path_number: u32,
}

impl Numbers {
    /// The number of a path that is in no table: the same as long as it is the same.
    #[inline]
    fn path(&mut self, path: &[u8]) -> u32 {
        if self.path != path {
            if path.len() > PATH_MAX {
                return UNKNOWN;
            }
            self.path.clear();
            self.path.extend_from_slice(path);
            self.path_number = self.next();
        }
        self.path_number
    }

    fn field(
        &mut self,
        field: DecodedField<'_, Slot>,
    ) -> Result<(u32, (HeaderName, HeaderValue)), Malformed> {
        let number = number_of(&field);
        if let Some(Slot::Field(number, known)) = field.slot {
            return Ok((*number, (**known).clone()));
        }
        match field.malformed {
            None => {}
            Some(eyas_hpack::Malformed::Name) => return Err(INVALID_NAME),
            Some(_) => return Err(INVALID_VALUE),
        }
        let name = field_name(field.name, field.static_index)?;
        let mut value = field_value(field.value)?;
        value.set_sensitive(field.sensitive);
        let known = (name, value);
        let number = match field.slot {
            Some(slot @ Slot::Seen(_)) => {
                *slot = Slot::Field(number, Box::new(known.clone()));
                number
            }
            Some(slot) => self.first_seen(slot),
            None => number,
        };
        Ok((number, known))
    }

    /// `number`: that of the field, as far as it is known.
    fn pseudo(
        &mut self,
        number: u32,
        field: DecodedField<'_, Slot>,
        offers_connect: bool,
    ) -> Result<(u32, Pseudo), Malformed> {
        if let Some(Slot::Pseudo(number, known)) = field.slot {
            return Ok((*number, (**known).clone()));
        }
        let pseudo = Pseudo::parse(field.name, field.value, offers_connect)?;
        let number = match field.slot {
            Some(slot @ Slot::Seen(_)) => {
                *slot = Slot::Pseudo(number, Box::new(pseudo.clone()));
                number
            }
            Some(slot) => self.first_seen(slot),
            None => number,
        };
        Ok((number, pseudo))
    }

    /// Gives an entry its number.
    fn first_seen(&mut self, slot: &mut Slot) -> u32 {
        let number = self.next();
        *slot = Slot::Seen(number);
        number
    }

    /// None is given twice: when all are given, there is none any more.
    fn next(&mut self) -> u32 {
        self.given = self.given.saturating_add(1);
        self.given.checked_add(STATIC_MAX).unwrap_or(UNKNOWN)
    }
}

/// Longer paths, in octets, are not kept.
const PATH_MAX: usize = 128;

/// The number of a field that was looked at before, or is an entry of the static table.
#[inline]
fn number_of(field: &DecodedField<'_, Slot>) -> u32 {
    match (&field.slot, field.static_index) {
        (Some(Slot::Seen(number) | Slot::Field(number, _) | Slot::Pseudo(number, _)), _) => *number,
        (None, Some(index)) if field.static_value => index.into(),
        _ => UNKNOWN,
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

/// The highest index of the static table (RFC 7541 Appendix A).
const STATIC_MAX: u32 = 61;

#[cfg(test)]
mod tests;
