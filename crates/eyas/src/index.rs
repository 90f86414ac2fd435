//! The page `/`: every route, and a line to try it with.

use std::fmt::Write as _;
use std::net::SocketAddr;

use bytes::Bytes;

/// The page in both its forms, made once.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) text: Bytes,
    pub(crate) html: Bytes,
}

impl Index {
    /// The page of the server that listens at `address`.
    pub(crate) fn new(address: SocketAddr, serves_files: bool) -> Self {
        let files = serves_files.then_some(FILES);
        let routes: Vec<_> = ROUTES.into_iter().chain(files).collect();
        Self {
            text: text(address, &routes).into(),
            html: html(address, &routes).into(),
        }
    }
}

#[derive(Clone, Copy)]
struct Route {
    path: &'static str,
    what: &'static str,
    /// The path to try it with, and what curl needs beside it.
    sample: &'static str,
    options: &'static str,
}

fn text(address: SocketAddr, routes: &[Route]) -> String {
    let mut page = format!("{TITLE}\n");
    for route in routes {
        let _ = write!(
            page,
            "\n{:<12}{}\n            {}\n",
            route.path,
            route.what,
            curl(address, route)
        );
    }
    page
}

fn html(address: SocketAddr, routes: &[Route]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>eyas</title>\n\
         <style>{STYLE}</style>\n<h1>{TITLE}</h1>\n<dl>\n"
    );
    for route in routes {
        let _ = writeln!(
            page,
            "<dt><code>{}</code> {}</dt>\n<dd><pre>{}</pre></dd>",
            route.path,
            route.what,
            curl(address, route)
        );
    }
    page.push_str("</dl>\n</html>\n");
    page
}

fn curl(address: SocketAddr, route: &Route) -> String {
    let Route {
        sample, options, ..
    } = route;
    format!("curl --http2-prior-knowledge {options}http://{address}{sample}")
}

const TITLE: &str = concat!("eyas ", env!("CARGO_PKG_VERSION"), ", an HTTP/2 server");

const ROUTES: [Route; 7] = [
    Route {
        path: "/hello",
        what: "says Hello, World!",
        sample: "/hello",
        options: "",
    },
    Route {
        path: "/echo",
        what: "sends back what you POST, as it comes",
        sample: "/echo",
        options: "-d 'hello' ",
    },
    Route {
        path: "/bytes/{n}",
        what: "sends n octets, up to 10 GiB; octet i is i % 251",
        sample: "/bytes/1000000",
        options: "-o /dev/null ",
    },
    Route {
        path: "/sink",
        what: "reads what you POST and answers how many octets it was",
        sample: "/sink",
        options: "-d 'hello' ",
    },
    Route {
        path: "/stream",
        what: "sends ten lines, one each 100 ms",
        sample: "/stream",
        options: "-N ",
    },
    Route {
        path: "/trailers",
        what: "ends with a trailer section",
        sample: "/trailers",
        options: "-v ",
    },
    Route {
        path: "/reset",
        what: "sends a line and then resets the stream",
        sample: "/reset",
        options: "-N ",
    },
];

const FILES: Route = Route {
    path: "/*",
    what: "sends the files of the folder",
    sample: "/index.html",
    options: "",
};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:48em;margin:2em auto;padding:0 1em}\
                     pre{background:#8882;padding:.5em;overflow-x:auto}dd{margin:0}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_has_a_line_to_try_in_both_forms() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let index = Index::new(address, false);
        for page in [&index.text, &index.html] {
            let page = String::from_utf8_lossy(page);
            assert_eq!(page.matches("curl ").count(), ROUTES.len());
            for route in ROUTES {
                assert!(page.contains(&format!("http://{address}{}", route.sample)));
            }
        }
    }

    #[test]
    fn files_are_listed_when_there_are_any() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let has_files = |index: Index| String::from_utf8_lossy(&index.text).contains(FILES.what);
        assert!(!has_files(Index::new(address, false)));
        assert!(has_files(Index::new(address, true)));
    }
}
