//! The routes, the same for every server: a content of a size that the path names, or an upload.

use std::sync::LazyLock;

/// What a path is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This content.
    Content(&'static [u8]),
    /// How many octets the request's content had, as text; to be read to its end first.
    UploadLength,
    /// 404.
    Nothing,
}

/// The answer to `path`.
pub fn answer(path: &str) -> Answer {
    match path {
        "/hello" => Answer::Content(HELLO),
        "/1k" => Answer::Content(payload(1 << 10)),
        "/16k" => Answer::Content(payload(16 << 10)),
        "/64k" => Answer::Content(payload(64 << 10)),
        "/1m" => Answer::Content(payload(1 << 20)),
        "/100m" => Answer::Content(payload(PAYLOAD_OCTETS)),
        "/upload" => Answer::UploadLength,
        _ => Answer::Nothing,
    }
}

/// So many octets, 100 MiB at most, that live as long as the program: to send them costs no reference
/// count.
pub fn payload(octets: usize) -> &'static [u8] {
    static PAYLOAD: LazyLock<&[u8]> = LazyLock::new(|| vec![b'x'; PAYLOAD_OCTETS].leak());
    &PAYLOAD[..octets]
}

/// 13 octets.
pub const HELLO: &[u8] = b"Hello, World!";

const PAYLOAD_OCTETS: usize = 100 << 20;
