//! Equality of short strings, without a call.

/// Whether the two are the same; meant for strings of at most a few dozen octets.
#[inline]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > LONG {
        return a == b;
    }
    // The last octets, of which some are compared twice, stand for the remainder.
    if let (Some(a_end), Some(b_end)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        let (a, _) = a.as_chunks::<8>();
        let (b, _) = b.as_chunks::<8>();
        return word(a_end) == word(b_end) && a.iter().zip(b).all(|(a, b)| word(a) == word(b));
    }
    if let (Some(a_end), Some(b_end)) = (a.last_chunk::<4>(), b.last_chunk::<4>()) {
        return a_end == b_end && a[..4] == b[..4];
    }
    a.iter().eq(b)
}

#[inline(always)]
const fn word(octets: &[u8; 8]) -> u64 {
    u64::from_ne_bytes(*octets)
}

/// From here on a call is worth its while.
const LONG: usize = 48;

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::same;

    #[test]
    fn one_octet_makes_a_difference_wherever_it_is() {
        for len in 0..70 {
            let a = vec![b'a'; len];
            assert!(same(&a, &a.clone()));
            assert!(!same(&a, &vec![b'a'; len + 1]));
            for at in 0..len {
                let mut b = a.clone();
                b[at] = b'b';
                assert!(!same(&a, &b), "{at} of {len}");
            }
        }
    }
}
