//! The PROXY protocol: what a proxy says about its client before the client speaks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use crate::connection_info::Endpoints;

/// Whether connections begin with a header of the PROXY protocol, version 1 or 2.
///
/// Such a header is believed. Ask for it only where nobody but the proxy can connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProxyProtocol {
    /// They do not.
    #[default]
    Off,
    /// All of them do: one that does not is closed.
    Required,
    /// Some of them do. A client without a proxy can then say of itself what it likes.
    Optional,
}

/// What is wrong with a header.
type Malformed = &'static str;

/// What the first octets of a connection are to the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// More octets are needed.
    Incomplete,
    /// A header of that many octets. Without endpoints the socket's hold: the proxy speaks for itself, or
    /// does not know.
    Header {
        octets: usize,
        endpoints: Option<Endpoints>,
    },
    /// No header begins like that.
    Absent,
}

/// Looks for a header at the beginning of `input`. It needs [`HEADER_MAX`] octets at most.
pub(crate) fn parse(input: &[u8]) -> Result<Parsed, Malformed> {
    if begins(input, V2_SIGNATURE) {
        return version_2(input);
    }
    if begins(input, V1_SIGNATURE) {
        return version_1(input);
    }
    Ok(Parsed::Absent)
}

/// `PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n`
fn version_1(input: &[u8]) -> Result<Parsed, Malformed> {
    let Some(end) = input.iter().take(V1_MAX).position(|&octet| octet == b'\n') else {
        return if input.len() < V1_MAX {
            Ok(Parsed::Incomplete)
        } else {
            Err("the line is longer than 107 octets")
        };
    };
    let line = input[..end]
        .strip_suffix(b"\r")
        .ok_or("the line does not end in CR LF")?;
    let mut words = line.split(|&octet| octet == b' ').skip(1);
    let endpoints = match words.next() {
        // Whatever follows is to be ignored.
        Some(b"UNKNOWN") => None,
        Some(b"TCP4") => Some(addresses::<Ipv4Addr>(words)?),
        Some(b"TCP6") => Some(addresses::<Ipv6Addr>(words)?),
        _ => return Err("the transport is not TCP4, TCP6 or UNKNOWN"),
    };
    Ok(Parsed::Header {
        octets: end + 1,
        endpoints,
    })
}

/// Source address, destination address, source port, destination port, and nothing else.
fn addresses<'a, A: FromStr + Into<IpAddr>>(
    words: impl Iterator<Item = &'a [u8]>,
) -> Result<Endpoints, Malformed> {
    let mut words = words.map(|word| str::from_utf8(word).unwrap_or_default());
    let mut address = || {
        let word = words.next()?;
        word.parse::<A>().ok()
    };
    let (Some(source), Some(destination)) = (address(), address()) else {
        return Err("an address is missing or none of its family");
    };
    let mut port = || {
        let word = words.next()?;
        // The parser of Rust takes a sign.
        word.bytes()
            .all(|octet| octet.is_ascii_digit())
            .then(|| word.parse::<u16>().ok())?
    };
    let (Some(source_port), Some(destination_port)) = (port(), port()) else {
        return Err("a port is missing or no number up to 65535");
    };
    if words.next().is_some() {
        return Err("there is more than addresses and ports");
    }
    Ok(Endpoints::new(
        Some(SocketAddr::new(source.into(), source_port)),
        Some(SocketAddr::new(destination.into(), destination_port)),
    ))
}

/// Signature, version and command, family and transport, length; then addresses, and whatever a proxy
/// adds (TLVs), which is skipped.
fn version_2(input: &[u8]) -> Result<Parsed, Malformed> {
    let Some(&[command, family, high, low]) = input.get(12..V2_FIXED) else {
        return Ok(Parsed::Incomplete);
    };
    let octets = V2_FIXED + usize::from(u16::from_be_bytes([high, low]));
    if octets > HEADER_MAX {
        return Err("it is longer than 4096 octets");
    }
    let is_local = match command {
        0x20 => true,
        0x21 => false,
        _ => return Err("the version is not 2, or the command unknown"),
    };
    let Some(body) = input.get(V2_FIXED..octets) else {
        return Ok(Parsed::Incomplete);
    };
    let endpoints = match (is_local, family) {
        (true, _) => None,
        (false, 0x11) => Some(binary_addresses::<4, Ipv4Addr>(body)?),
        (false, 0x21) => Some(binary_addresses::<16, Ipv6Addr>(body)?),
        // Unspecified, datagrams, Unix sockets: nothing that a socket address could say.
        (false, 0x00 | 0x12 | 0x22 | 0x31 | 0x32) => None,
        (false, _) => return Err("the family or the transport is unknown"),
    };
    Ok(Parsed::Header { octets, endpoints })
}

fn binary_addresses<const N: usize, A: From<[u8; N]> + Into<IpAddr>>(
    body: &[u8],
) -> Result<Endpoints, Malformed> {
    const SHORT: Malformed = "it is too short for its addresses";
    let (source, body) = body.split_first_chunk::<N>().ok_or(SHORT)?;
    let (destination, body) = body.split_first_chunk::<N>().ok_or(SHORT)?;
    let (source_port, body) = body.split_first_chunk().ok_or(SHORT)?;
    let (destination_port, _) = body.split_first_chunk().ok_or(SHORT)?;
    let end = |address: &[u8; N], port: &[u8; 2]| {
        SocketAddr::new(A::from(*address).into(), u16::from_be_bytes(*port))
    };
    Ok(Endpoints::new(
        Some(end(source, source_port)),
        Some(end(destination, destination_port)),
    ))
}

/// Whether `input`, as far as it goes, begins with `signature`.
fn begins(input: &[u8], signature: &[u8]) -> bool {
    let known = input.len().min(signature.len());
    input[..known] == signature[..known]
}

const V1_SIGNATURE: &[u8] = b"PROXY ";
const V2_SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Octets of a line of version 1, CR LF included.
const V1_MAX: usize = 107;

/// Octets of version 2 before its addresses.
const V2_FIXED: usize = 16;

/// Octets of a header at most. Version 2 would allow for 64 KiB of additions.
pub(crate) const HEADER_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn version_2_header(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let mut octets = V2_SIGNATURE.to_vec();
        octets.extend([command, family]);
        octets.extend((body.len() as u16).to_be_bytes());
        octets.extend(body);
        octets
    }

    fn endpoints(peer: &str, local: &str) -> Option<Endpoints> {
        let parse = |text: &str| Some(text.parse().expect("an address"));
        Some(Endpoints::new(parse(peer), parse(local)))
    }

    /// Parses whole, with more behind, and cut short everywhere.
    #[track_caller]
    fn assert_header(header: &[u8], endpoints: Option<Endpoints>) {
        for cut in 0..header.len() {
            assert_eq!(
                parse(&header[..cut]),
                Ok(Parsed::Incomplete),
                "cut at {cut}"
            );
        }
        let octets = header.len();
        let whole = Ok(Parsed::Header { octets, endpoints });
        assert_eq!(parse(header), whole);
        assert_eq!(parse(&[header, b"PRI * HTTP/2.0\r\n"].concat()), whole);
    }

    #[test]
    fn version_1_tells_both_ends() {
        assert_header(
            b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\r\n",
            endpoints("192.0.2.1:56324", "198.51.100.9:443"),
        );
        assert_header(
            b"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n",
            endpoints("[2001:db8::1]:1", "[2001:db8::2]:65535"),
        );
    }

    #[test]
    fn version_1_may_not_know() {
        assert_header(b"PROXY UNKNOWN\r\n", None);
        assert_header(b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None);
        assert_header(b"PROXY UNKNOWN \xff\0 whatever it is\r\n", None);
    }

    #[test]
    fn version_1_is_refused_when_it_is_malformed() {
        for line in [
            &b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\n"[..],
            b"PROXY TCP4 192.0.2.1 198.51.100.9 56324\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 65536\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.9 +6324 443\r\n",
            b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 443 1\r\n",
            b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
            b"PROXY TCP4  192.0.2.1 198.51.100.9 1 2\r\n",
            b"PROXY UDP4 192.0.2.1 198.51.100.9 1 2\r\n",
            b"PROXY \r\n",
            b"PROXY \xff\r\n",
        ] {
            assert!(parse(line).is_err(), "{}", line.escape_ascii());
        }
        let endless = [b"PROXY UNKNOWN ".as_slice(), &[b'a'; 200]].concat();
        assert_eq!(parse(&endless[..106]), Ok(Parsed::Incomplete));
        assert!(parse(&endless[..107]).is_err());
    }

    #[test]
    fn version_2_tells_both_ends_and_may_add() {
        let v4 = [192, 0, 2, 1, 198, 51, 100, 9, 0xdc, 4, 1, 0xbb];
        let ends = endpoints("192.0.2.1:56324", "198.51.100.9:443");
        assert_header(&version_2_header(0x21, 0x11, &v4), ends);
        let added = [&v4[..], &[3, 0, 4, 1, 2, 3, 4]].concat();
        assert_header(&version_2_header(0x21, 0x11, &added), ends);
        let mut v6 = [0; 36];
        (v6[15], v6[31], v6[33], v6[35]) = (1, 2, 3, 4);
        assert_header(
            &version_2_header(0x21, 0x21, &v6),
            endpoints("[::1]:3", "[::2]:4"),
        );
    }

    #[test]
    fn version_2_may_speak_for_itself_or_not_know() {
        assert_header(&version_2_header(0x20, 0x00, &[]), None);
        assert_header(&version_2_header(0x20, 0x11, &[0; 12]), None);
        assert_header(&version_2_header(0x21, 0x00, &[1, 2, 3]), None);
        assert_header(&version_2_header(0x21, 0x31, &[0; 216]), None);
    }

    #[test]
    fn version_2_is_refused_when_it_is_malformed() {
        for (header, wrong) in [
            (version_2_header(0x11, 0x11, &[0; 12]), "the version"),
            (version_2_header(0x22, 0x11, &[0; 12]), "the command"),
            (version_2_header(0x21, 0x41, &[0; 12]), "the family"),
            (
                version_2_header(0x21, 0x11, &[0; 11]),
                "the addresses' length",
            ),
            (
                version_2_header(0x21, 0x21, &[0; 35]),
                "the addresses' length",
            ),
            (version_2_header(0x20, 0x00, &[0; 4081]), "the length"),
        ] {
            assert!(parse(&header).is_err(), "{wrong}");
        }
        assert_header(&version_2_header(0x20, 0x00, &[0; 4080]), None);
    }

    #[test]
    fn what_begins_otherwise_is_no_header() {
        for octets in [
            &b"PRI * HTTP/2.0\r\n"[..],
            b"PROXX",
            b"\x16\x03\x01",
            b"\r\n\r\n\r",
        ] {
            assert_eq!(
                parse(octets),
                Ok(Parsed::Absent),
                "{}",
                octets.escape_ascii()
            );
        }
    }
}
