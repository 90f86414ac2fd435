//! The page `/`: which protocol carried it, every route, and a line to try it with.

use std::fmt::Write as _;

use crate::incoming::{Protocol, Security};
use crate::pages::STYLE;

/// What the page needs to know of the server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// `https://localhost:8443`, if it listens for that.
    pub(crate) https: Option<String>,
    /// `http://127.0.0.1:8080`, if it listens for that.
    pub(crate) clear: Option<String>,
    /// `--cacert FILE ` when clients have to be told to trust the certificate.
    pub(crate) trust: String,
    pub(crate) serves_files: bool,
}

#[derive(Clone, Copy)]
struct Entry {
    path: &'static str,
    what: &'static str,
    /// The path to try it with, and what curl needs beside it.
    sample: &'static str,
    options: &'static str,
    /// Whether a browser can just go there.
    is_link: bool,
}

impl Index {
    /// The page for terminals, as it came by `protocol`.
    pub(crate) fn text(&self, protocol: Protocol) -> String {
        let mut page = format!("{TITLE}\nThis page came by {protocol}.\n");
        for entry in self.entries() {
            let _ = write!(
                page,
                "\n{:<12}{}\n            {}\n",
                entry.path,
                entry.what,
                self.curl(protocol, &entry)
            );
        }
        page
    }

    /// The page for browsers, as it came by `protocol`. The script says what the browser makes of it.
    pub(crate) fn html(&self, protocol: Protocol) -> String {
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<link rel=\"icon\" href=\"data:,\">\n\
             <title>eyas</title>\n<style>{STYLE}</style>\n<h1>{TITLE}</h1>\n\
             <p>This page came by {protocol}. <strong id=\"protocol\">{}</strong> is its name among \
             protocols.\n<dl>\n",
            protocol.alpn()
        );
        for entry in self.entries() {
            let path = if entry.is_link {
                let target = entry.sample.trim_start_matches('/');
                format!("<a href=\"{target}\"><code>{}</code></a>", entry.path)
            } else {
                format!("<code>{}</code>", entry.path)
            };
            let _ = writeln!(
                page,
                "<dt>{path} {}</dt>\n<dd><pre>{}</pre></dd>",
                entry.what,
                self.curl(protocol, &entry)
                    .replace('&', "&amp;")
                    .replace('<', "&lt;")
            );
        }
        let _ = write!(page, "</dl>\n<script>{SCRIPT}</script>\n</html>\n");
        page
    }

    fn entries(&self) -> impl Iterator<Item = Entry> + use<> {
        let files = self.serves_files.then_some(FILES);
        ENTRIES.into_iter().chain(files)
    }

    /// A line to try it with, by what carried the page if the server still knows its address.
    fn curl(&self, protocol: Protocol, entry: &Entry) -> String {
        let (secure, clear) = (self.https.as_ref(), self.clear.as_ref());
        let url = match protocol.security {
            Security::Clear => clear.or(secure),
            Security::Tls12 | Security::Tls13 => secure.or(clear),
        };
        let url = url.map_or("", String::as_str);
        let how = if url.starts_with("https") {
            &self.trust
        } else {
            "--http2-prior-knowledge "
        };
        format!("curl {how}{}{url}{}", entry.options, entry.sample)
    }
}

impl Entry {
    const fn new(
        path: &'static str,
        what: &'static str,
        sample: &'static str,
        options: &'static str,
    ) -> Self {
        Self {
            path,
            what,
            sample,
            options,
            is_link: true,
        }
    }

    const fn not_for_browsers(self) -> Self {
        Self {
            is_link: false,
            ..self
        }
    }
}

const TITLE: &str = concat!("eyas ", env!("CARGO_PKG_VERSION"), ", an HTTP/2 server");

const ENTRIES: [Entry; 11] = [
    Entry::new("/hello", "says Hello, World!", "/hello", ""),
    Entry::new(
        "/echo",
        "sends back what you POST, as it comes",
        "/echo",
        "-d 'hello' ",
    )
    .not_for_browsers(),
    Entry::new(
        "/bytes/{n}",
        "sends n octets, up to 10 GiB; octet i is i % 251",
        "/bytes/1000000",
        "-o /dev/null ",
    ),
    Entry::new(
        "/sink",
        "reads what you POST and answers how many octets it was; with ?max=N it refuses more",
        "/sink",
        "-d 'hello' ",
    )
    .not_for_browsers(),
    Entry::new(
        "/stream",
        "sends ten lines, one each 100 ms",
        "/stream",
        "-N ",
    ),
    Entry::new(
        "/slow",
        "answers after ?ms= milliseconds",
        "/slow?ms=500",
        "",
    ),
    Entry::new(
        "/trailers",
        "ends with a trailer section",
        "/trailers",
        "-v ",
    ),
    Entry::new(
        "/hints",
        "sends 103 (Early Hints) 200 ms before its page",
        "/hints",
        "-v ",
    ),
    Entry::new(
        "/ws",
        "echoes messages of a WebSocket over HTTP/2, from a page that tries it",
        "/ws",
        "",
    ),
    Entry::new(
        "/reset",
        "sends a line and then resets the stream",
        "/reset",
        "-N ",
    ),
    Entry::new("/panic", "has a handler that panics", "/panic", "-v "),
];

const FILES: Entry = Entry::new("/*", "sends the files of the folder", "/index.html", "");

const SCRIPT: &str = "\
const protocol = performance.getEntriesByType('navigation')[0]?.nextHopProtocol;
if (protocol) document.getElementById('protocol').textContent = protocol;
document.title = `eyas by ${protocol || 'an unknown protocol'}`;
";

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::incoming::Version;
    use crate::routes::Route;

    const H2: Protocol = Protocol {
        version: Version::Http2,
        security: Security::Tls13,
    };
    const CLEAR: Protocol = Protocol {
        version: Version::Http1,
        security: Security::Clear,
    };

    fn index() -> Index {
        Index {
            https: Some("https://localhost:8443".to_owned()),
            clear: Some("http://127.0.0.1:8080".to_owned()),
            trust: "--cacert cert.pem ".to_owned(),
            serves_files: false,
        }
    }

    #[test]
    fn each_route_has_a_line_to_try_by_the_protocol_that_carried_the_page() {
        for (protocol, begin, url) in [
            (H2, "curl --cacert cert.pem ", "https://localhost:8443"),
            (
                CLEAR,
                "curl --http2-prior-knowledge ",
                "http://127.0.0.1:8080",
            ),
        ] {
            for page in [index().text(protocol), index().html(protocol)] {
                assert_eq!(page.matches(begin).count(), ENTRIES.len());
                for entry in ENTRIES {
                    assert!(page.contains(&format!("{url}{}", entry.sample)));
                }
            }
        }
    }

    #[test]
    fn each_line_leads_to_a_route_and_each_link_is_for_get() {
        for entry in ENTRIES {
            let path = entry.sample.split('?').next().unwrap_or_default();
            let route = Route::of(path);
            assert!(!matches!(route, Route::Other), "{path}");
            assert_eq!(route.allowed(&Method::GET).is_ok(), entry.is_link, "{path}");
        }
    }

    #[test]
    fn both_forms_say_what_carried_them() {
        let page = index().html(H2);
        assert!(page.contains("<strong id=\"protocol\">h2</strong>"));
        assert!(page.contains("by HTTP/2 over TLS 1.3."));
        assert!(index().text(CLEAR).contains("by HTTP/1.1 without TLS."));
    }

    #[test]
    fn links_are_relative() {
        assert!(!index().html(H2).contains("href=\"/"));
        assert!(index().html(H2).contains("href=\"slow?ms=500\""));
    }

    #[test]
    fn files_are_listed_when_there_are_any() {
        let with_files = Index {
            serves_files: true,
            ..index()
        };
        assert!(!index().text(H2).contains(FILES.what));
        assert!(with_files.text(H2).contains(FILES.what));
    }
}
