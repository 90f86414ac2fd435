//! A client of a few lines: it sends frames given as text and reads frames as text.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use eyas_testkit::{FramePrinter, encode_frame};

/// What a connection is made of.
pub(crate) trait Socket: Read + Write {}

impl<S: Read + Write> Socket for S {}

/// A connection without TLS, on which reads end after ten seconds.
pub(crate) fn tcp(address: &str) -> TcpStream {
    let socket = TcpStream::connect(address).expect("the server listens");
    let timeout = Some(Duration::from_secs(10));
    socket
        .set_read_timeout(timeout)
        .expect("the timeout is not zero");
    socket
}

pub(crate) struct Client {
    socket: Box<dyn Socket>,
    printer: FramePrinter,
    lines: VecDeque<String>,
}

impl Client {
    /// Connects and exchanges SETTINGS (RFC 9113 section 3.4).
    pub(crate) fn connect(address: &str) -> Self {
        Self::over(tcp(address))
    }

    /// Exchanges SETTINGS over `socket`.
    pub(crate) fn over(socket: impl Socket + 'static) -> Self {
        let mut client = Self {
            socket: Box::new(socket),
            printer: FramePrinter::new(),
            lines: VecDeque::new(),
        };
        client.send("PREFACE");
        client.send("SETTINGS");
        client.wait("SETTINGS");
        client.send("SETTINGS ACK");
        client
    }

    pub(crate) fn send(&mut self, frame: &str) {
        let octets = encode_frame(frame).expect("the test's frame is well formed");
        self.socket.write_all(&octets).expect("the server reads");
    }

    /// A request without content.
    pub(crate) fn request(&mut self, stream: u32, method: &str, path: &str) {
        self.send(&format!(
            "HEADERS {stream} end_stream end_headers :method={method} :scheme=http :path={path} :authority=test"
        ));
    }

    /// The next frame that begins so; those before it are passed over.
    pub(crate) fn wait(&mut self, begin: &str) -> String {
        self.find(begin).1
    }

    /// The frames before the next one that begins so.
    pub(crate) fn passed_before(&mut self, begin: &str) -> Vec<String> {
        self.find(begin).0
    }

    fn find(&mut self, begin: &str) -> (Vec<String>, String) {
        let mut passed = Vec::new();
        loop {
            let Some(line) = self.next() else {
                panic!("the connection ended without `{begin}`, after {passed:#?}");
            };
            if line.starts_with(begin) {
                return (passed, line);
            }
            passed.push(line);
        }
    }

    /// Waits until the server has closed the connection, and closes it, too.
    pub(crate) fn wait_for_the_end(mut self) {
        while self.next().is_some() {}
    }

    fn next(&mut self) -> Option<String> {
        while self.lines.is_empty() {
            let mut octets = [0; 16 * 1024];
            let count = match self.socket.read(&mut octets) {
                Ok(0) => return None,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("the server said nothing: {error}"),
            };
            self.lines.extend(self.printer.feed(&octets[..count]));
        }
        let line = self.lines.pop_front()?;
        if let Some(payload) = line.strip_prefix("PING \"") {
            self.send(&format!("PING ACK \"{payload}"));
        }
        Some(line)
    }
}
