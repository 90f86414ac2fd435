//! The libraries: ours, its rivals, and the bound.

use crate::library::Library;

mod eyas;
mod eyas_http;
pub(crate) mod h2;
mod httlib;
mod loona;
#[cfg(has_ls_hpack)]
mod ls_hpack;
mod memcpy;
#[cfg(has_nghttp2)]
mod nghttp2;

/// Ours.
pub(crate) const OURS: &str = "eyas";

/// Not a library: what nobody can do without.
pub(crate) const BOUND: &str = "memcpy";

/// All that were built in, ours first.
pub(crate) fn all() -> Vec<Library> {
    vec![
        eyas::library(),
        eyas_http::library(),
        h2::library(),
        #[cfg(has_ls_hpack)]
        ls_hpack::library(),
        #[cfg(has_ls_hpack)]
        ls_hpack::bare(),
        #[cfg(has_nghttp2)]
        nghttp2::library(),
        httlib::library(),
        loona::library(),
        memcpy::library(),
    ]
}

/// Why a rival is not among them, a line each.
pub(crate) fn missing() -> Vec<&'static str> {
    let mut lines = Vec::new();
    if !cfg!(has_ls_hpack) {
        lines.push(
            "ls-hpack is left out: no source of it was found; name a folder that holds lshpack.c \
             in BENCH_LS_HPACK (src/ls-hpack of Debian's source package lighttpd is one)",
        );
    }
    if !cfg!(has_nghttp2) {
        lines.push(
            "nghttp2 is left out: it is not installed (apt-get install libnghttp2-dev pkg-config)",
        );
    }
    lines
}
