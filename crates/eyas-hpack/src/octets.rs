//! Which octets a field name and a field value may have in them (RFC 9113
//! section 8.2.1).

/// What the octets of one string have in common: the union of what each of them
/// is forbidden in.
#[derive(Clone, Copy)]
pub(crate) struct Octets(pub(crate) u8);

impl Octets {
    /// No octet, or none that is forbidden anywhere.
    pub(crate) const FREE: Self = Self(0);

    /// What a string of these octets has in common.
    #[inline(never)]
    pub(crate) fn of(string: &[u8]) -> Self {
        let mut seen = 0;
        for &octet in string {
            seen |= CLASS[usize::from(octet)];
        }
        Self(seen)
    }

    /// The same as far as a value is concerned, eight octets at a time.
    #[inline(never)]
    pub(crate) fn of_value(string: &[u8]) -> Self {
        let Some(last) = string.last_chunk() else {
            return Self::of(string);
        };
        let (chunks, _) = string.as_chunks();
        let mut found = forbidden_in_value(u64::from_ne_bytes(*last));
        for chunk in chunks {
            found |= forbidden_in_value(u64::from_ne_bytes(*chunk));
        }
        Self(if found == 0 { 0 } else { NOT_IN_VALUE })
    }

    /// What one octet is forbidden in.
    #[inline]
    pub(crate) const fn class(octet: u8) -> u8 {
        CLASS[octet as usize]
    }

    #[inline]
    pub(crate) const fn fit_a_name(self) -> bool {
        self.0 & NOT_IN_NAME == 0
    }

    #[inline]
    pub(crate) const fn fit_a_value(self) -> bool {
        self.0 & NOT_IN_VALUE == 0
    }
}

/// Not 0 if one of the eight octets of `word` is NUL, LF or CR.
#[inline(always)]
const fn forbidden_in_value(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The top bit of each octet that is 0, and perhaps of one above it.
    const fn zeros(word: u64) -> u64 {
        word.wrapping_sub(EACH) & !word & (0x80 * EACH)
    }
    zeros(word) | zeros(word ^ (b'\n' as u64 * EACH)) | zeros(word ^ (b'\r' as u64 * EACH))
}

/// Whether `name`, of which `octets` is known, can be that of a field or of a
/// pseudo-field.
#[inline]
pub(crate) fn is_name(name: &[u8], octets: Octets) -> bool {
    if octets.fit_a_name() {
        return !name.is_empty();
    }
    // The colon that begins the name of a pseudo-field is the only one.
    match name.split_first() {
        Some((b':', rest)) => !rest.is_empty() && Octets::of(rest).fit_a_name(),
        _ => false,
    }
}

/// Whether `value`, of which `octets` is known, can be that of a field.
#[inline]
pub(crate) fn is_value(value: &[u8], octets: Octets) -> bool {
    let blank = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
    octets.fit_a_value() && !blank(value.first()) && !blank(value.last())
}

/// Any of these bits: the Huffman decoder counts up to four.
pub(crate) const NOT_IN_NAME: u8 = 0b0111;
pub(crate) const NOT_IN_VALUE: u8 = 0b1000;

/// By octet: what it is forbidden in.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut octet = 0;
    while octet < class.len() {
        if matches!(octet as u8, 0x00..=0x20 | b'A'..=b'Z' | 0x7f..=0xff | b':') {
            class[octet] |= NOT_IN_NAME;
        }
        if matches!(octet as u8, b'\0' | b'\n' | b'\r') {
            class[octet] |= NOT_IN_VALUE;
        }
        octet += 1;
    }
    class
};

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn names_are_as_the_rfc_says() {
        // RFC 9113 section 8.2.1: not 0x00-0x20, 0x41-0x5a, 0x7f-0xff, and a
        // colon only where a pseudo-field begins.
        for octet in 0..=0xff_u8 {
            let forbidden = octet <= 0x20 || octet.is_ascii_uppercase() || octet >= 0x7f;
            let valid = |name: &[u8]| is_name(name, Octets::of(name));
            assert_eq!(valid(&[octet]), !forbidden && octet != b':', "{octet:#x}");
            assert_eq!(valid(&[b'a', octet]), !forbidden && octet != b':');
            assert_eq!(valid(&[b':', octet]), !forbidden && octet != b':');
            assert_eq!(
                valid(&[b':', b'a', octet, b'b']),
                !forbidden && octet != b':'
            );
        }
        assert!(!is_name(b"", Octets::of(b"")));
    }

    #[test]
    fn eight_octets_at_a_time_are_judged_as_one_by_one() {
        for octet in 0..=0xff_u8 {
            for before in 0..20 {
                for after in 0..10 {
                    let mut value = vec![b'\x01'; before];
                    value.push(octet);
                    value.resize(before + 1 + after, 0x80);
                    let fits = Octets::of(&value).fit_a_value();
                    assert_eq!(Octets::of_value(&value).fit_a_value(), fits, "{value:?}");
                }
            }
        }
    }

    #[test]
    fn values_are_as_the_rfc_says() {
        // RFC 9113 section 8.2.1: no NUL, LF or CR anywhere; no space or tab at
        // either end.
        for octet in 0..=0xff_u8 {
            let anywhere = !matches!(octet, 0 | b'\n' | b'\r');
            let at_an_end = anywhere && !matches!(octet, b' ' | b'\t');
            let valid = |value: &[u8]| is_value(value, Octets::of(value));
            assert_eq!(valid(&[b'a', octet, b'b']), anywhere, "{octet:#x}");
            assert_eq!(valid(&[octet, b'b']), at_an_end);
            assert_eq!(valid(&[b'a', octet]), at_an_end);
            assert_eq!(valid(&[octet]), at_an_end);
        }
        assert!(is_value(b"", Octets::of(b"")));
    }
}
