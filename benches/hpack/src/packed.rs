//! Strings one behind the other in one piece of memory.

/// So that what is measured is how long a string takes, and not how the allocator strewed them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    octets: Vec<u8>,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Packed {
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// All octets of all strings.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.ends.iter().scan(0, |begin, &end| {
            let string = &self.octets[*begin..end as usize];
            *begin = end as usize;
            Some(string)
        })
    }
}

impl<S: AsRef<[u8]>> FromIterator<S> for Packed {
    fn from_iter<I: IntoIterator<Item = S>>(strings: I) -> Self {
        let mut packed = Self::default();
        for string in strings {
            packed.octets.extend_from_slice(string.as_ref());
            let end = packed.octets.len().try_into();
            packed.ends.push(end.expect("a test set is far smaller"));
        }
        packed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_is_found_as_it_was() {
        let strings = ["first", "", "second"];
        let packed: Packed = strings.into_iter().collect();
        assert_eq!((packed.len(), packed.octets()), (3, 11));
        assert!(packed.iter().eq(strings.map(str::as_bytes)));
    }
}
