//! What people want to know of a certificate: which one it is, and until when it is good.

use std::fmt;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::calendar::Day;

/// The first certificate of a PEM file.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) fingerprint: Fingerprint,
    /// The day it ends; `None` when that cannot be read.
    pub(crate) until: Option<Day>,
}

/// SHA-256 over the whole certificate, as browsers and `openssl x509 -fingerprint` show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; SHA256_OUTPUT_LEN]);

impl Facts {
    /// `None` when there is no certificate in `pem`.
    pub(super) fn of(pem: &[u8]) -> Option<Self> {
        let certificate = CertificateDer::from_pem_slice(pem).ok()?;
        let sum = digest(&SHA256, &certificate);
        Some(Self {
            fingerprint: Fingerprint(sum.as_ref().try_into().ok()?),
            until: not_after(&certificate),
        })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for octet in self.0 {
            write!(f, "{separator}{octet:02X}")?;
            separator = ":";
        }
        Ok(())
    }
}

/// `notAfter` of a certificate (RFC 5280 section 4.1).
fn not_after(certificate: &[u8]) -> Option<Day> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    let (tag, _, behind) = element(fields)?;
    // The version is left out in the oldest of certificates.
    if tag == VERSION {
        fields = behind;
    }
    for _ in ["serialNumber", "signature", "issuer"] {
        fields = element(fields)?.2;
    }
    let (_, validity, _) = element(fields)?;
    let (_, _, not_after) = element(validity)?;
    let (tag, time, _) = element(not_after)?;
    day(tag, time)
}

/// The day of a UTCTime or a GeneralizedTime (RFC 5280 section 4.1.2.5).
fn day(tag: u8, time: &[u8]) -> Option<Day> {
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<i64>().ok();
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = time.split_at_checked(2)?;
            let year = number(year)?;
            (year + if year < 50 { 2000 } else { 1900 }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = time.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    Some(Day::of(
        year,
        number(rest.get(..2)?)?,
        number(rest.get(2..4)?)?,
    ))
}

/// The first DER element of `input`: its tag, its content, and what is behind it.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            let length = octets
                .iter()
                .fold(0, |sum, &octet| sum << 8 | usize::from(octet));
            (length, rest)
        }
        _ => return None,
    };
    let (content, behind) = rest.split_at_checked(length)?;
    Some((tag, content, behind))
}

const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::made;

    #[test]
    fn the_last_day_of_a_certificate_is_read_from_it() {
        // Before and behind 2050 the day is written in different ways.
        for today in [Day::of(2026, 12, 31), Day::of(2060, 2, 1)] {
            let pair = made::make(today).expect("a certificate can be made");
            let facts = Facts::of(&pair.certificate).expect("it is one");
            assert_eq!(facts.until, Some(today.after(made::DAYS)));
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_facts() {
        assert!(Facts::of(b"").is_none());
        assert!(
            Facts::of(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").is_none()
        );
        for octets in [
            &b""[..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x84, 1, 1, 1, 1],
            &[0x30, 5, 1],
        ] {
            assert_eq!(not_after(octets), None);
        }
    }

    #[test]
    fn a_certificate_that_is_cut_has_no_last_day_and_no_panic() {
        let pair = made::make(Day::of(2026, 1, 1)).expect("a certificate can be made");
        let whole = CertificateDer::from_pem_slice(&pair.certificate).expect("it is one");
        for end in 0..whole.len() {
            assert_eq!(not_after(&whole[..end]), None, "cut at {end}");
        }
    }
}
