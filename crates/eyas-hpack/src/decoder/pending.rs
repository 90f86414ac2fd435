//! The octets of a field that is not there whole yet.

use alloc::vec::Vec;

use super::text::KEPT_OCTETS;

/// The beginning of one field representation (RFC 7541 section 6), kept between
/// two fragments of a block.
///
/// Nothing looks at it before it has as many octets as the field needs at least,
/// so that fragments of one octet cost little more than the octet's copy.
#[derive(Default)]
pub(super) struct Pending {
    octets: Vec<u8>,
    /// How many octets the field has at least, which is more than are here; 0 if
    /// there is no such field.
    need: usize,
}

impl Pending {
    /// How many octets the field has at least, or 0 if there is none.
    #[inline]
    pub(super) const fn need(&self) -> usize {
        self.need
    }

    /// Keeps `octets` of a field that has `need` octets at least, behind those that
    /// are here.
    pub(super) fn keep(&mut self, octets: &[u8], need: usize) {
        self.octets.extend_from_slice(octets);
        self.need = need;
    }

    /// Takes all of `fragment`, if there is a field that will still have less than it
    /// needs.
    #[inline]
    pub(super) fn absorb(&mut self, fragment: &[u8]) -> bool {
        let is_too_little = self.octets.len() + fragment.len() < self.need;
        if is_too_little {
            match fragment {
                [octet] => self.octets.push(*octet),
                more => self.octets.extend_from_slice(more),
            }
        }
        is_too_little
    }

    /// Takes from `fragment` what is needed and returns the rest; or takes all of
    /// it, if that is not enough.
    #[inline]
    pub(super) fn fill<'f>(&mut self, fragment: &'f [u8]) -> Option<&'f [u8]> {
        if self.absorb(fragment) {
            return None;
        }
        let (head, rest) = fragment.split_at(self.need - self.octets.len());
        self.octets.extend_from_slice(head);
        Some(rest)
    }

    /// Takes the octets out, for [`put_back`](Self::put_back).
    pub(super) fn take(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.octets)
    }

    /// Puts them back, if the field has `need` octets at least; or only their
    /// buffer, if that is 0.
    pub(super) fn put_back(&mut self, mut octets: Vec<u8>, need: usize) {
        if need == 0 {
            octets.clear();
        }
        self.octets = octets;
        self.need = need;
    }

    /// Gives back what an unusually long field has claimed.
    #[inline]
    pub(super) fn trim(&mut self) {
        if self.octets.capacity() > KEPT_OCTETS {
            self.octets = Vec::new();
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.octets.capacity()
    }
}
