//! Making a certificate for this machine's own names.

use anyhow::{Context, Result};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};

use crate::calendar::Day;
use crate::certificate::Pair;

/// A new key and a certificate for it, good from yesterday on: clocks differ.
///
/// It names no authority but itself, and is none: whoever trusts its file trusts this one server, and
/// nothing that its key could sign.
pub(super) fn make(today: Day) -> Result<Pair> {
    let names = NAMES.map(str::to_owned).to_vec();
    let failed = "cannot make a certificate";
    let mut params = CertificateParams::new(names).context(failed)?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "eyas on this machine");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // A month is at most 12, a day at most 31, and the year is that of a clock of today.
    let midnight = |(year, month, day)| date_time_ymd(year as i32, month as u8, day as u8);
    params.not_before = midnight(today.after(-1).date());
    params.not_after = midnight(today.after(DAYS).date());
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).context(failed)?;
    let certificate = params.self_signed(&key).context(failed)?;
    Ok(Pair {
        certificate: certificate.pem().into_bytes(),
        key: key.serialize_pem().into_bytes(),
    })
}

pub(super) const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// How long it lasts. Browsers accept 398 days at most.
pub(super) const DAYS: i64 = 90;
