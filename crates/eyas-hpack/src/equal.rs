//! Equality of short strings, without a call.

/// Whether the two are the same.
#[inline]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    // Both ends, which meet or overlap.
    let len = a.len();
    if len >= 16 {
        if len > 32 {
            return a == b;
        }
        (head::<16>(a), tail::<16>(a)) == (head(b), tail(b))
    } else if len >= 8 {
        (head::<8>(a), tail::<8>(a)) == (head(b), tail(b))
    } else if len >= 4 {
        (head::<4>(a), tail::<4>(a)) == (head(b), tail(b))
    } else {
        a.iter().eq(b)
    }
}

#[inline(always)]
fn head<const N: usize>(octets: &[u8]) -> Option<&[u8; N]> {
    octets.first_chunk()
}

#[inline(always)]
fn tail<const N: usize>(octets: &[u8]) -> Option<&[u8; N]> {
    octets.last_chunk()
}

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
