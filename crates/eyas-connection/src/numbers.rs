//! Numbers of fields, by which a field that was looked at before is known again.

use eyas_hpack::DecodedField;
use http::header::{HeaderName, HeaderValue};

use crate::familiar::UNKNOWN;
use crate::malformed::{INVALID_NAME, INVALID_VALUE, Malformed};
use crate::parse::{field_name, field_value};
use crate::target::Pseudo;

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

/// Gives every entry of the dynamic table that is looked at its number, above those of the static table,
/// and the path that came last, if it is in no table.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    given: u32,
    path: Vec<u8>,
    path_number: u32,
}

impl Numbers {
    /// The number of a path that is in no table: the same as long as it is the same.
    #[inline]
    pub(crate) fn path(&mut self, path: &[u8]) -> u32 {
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

    /// A field, validated now or when its entry was looked at before, and its number.
    pub(crate) fn field(
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
        let number = self.note(field.slot, number, || {
            Slot::Field(number, Box::new(known.clone()))
        });
        Ok((number, known))
    }

    /// The same for a pseudo-field. `number`: that of the field, as far as it is known.
    pub(crate) fn pseudo(
        &mut self,
        number: u32,
        field: DecodedField<'_, Slot>,
        offers_connect: bool,
    ) -> Result<(u32, Pseudo), Malformed> {
        if let Some(Slot::Pseudo(number, known)) = field.slot {
            return Ok((*number, (**known).clone()));
        }
        let pseudo = Pseudo::parse(field.name, field.value, offers_connect)?;
        let number = self.note(field.slot, number, || {
            Slot::Pseudo(number, Box::new(pseudo.clone()))
        });
        Ok((number, pseudo))
    }

    /// The number of what was right: an entry gets one at first, and keeps what is `known` from the second
    /// time on.
    fn note(&mut self, slot: Option<&mut Slot>, number: u32, known: impl FnOnce() -> Slot) -> u32 {
        match slot {
            Some(slot @ Slot::Seen(_)) => {
                *slot = known();
                number
            }
            Some(slot) => {
                let number = self.next();
                *slot = Slot::Seen(number);
                number
            }
            None => number,
        }
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
pub(crate) fn number_of(field: &DecodedField<'_, Slot>) -> u32 {
    match (&field.slot, field.static_index) {
        (Some(Slot::Seen(number) | Slot::Field(number, _) | Slot::Pseudo(number, _)), _) => *number,
        (None, Some(index)) if field.static_value => index.into(),
        _ => UNKNOWN,
    }
}

/// The highest index of the static table (RFC 7541 Appendix A).
const STATIC_MAX: u32 = 61;
