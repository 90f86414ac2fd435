//! Every example starts, does what its first lines say, and ends when it is told to.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const H2C: &str = "--http2-prior-knowledge";

#[test]
fn axum_answers() {
    let example = Example::start("axum");
    let message = r#"{"text":"hi","times":3}"#;
    assert_eq!(example.curl(&[H2C, "--json", message], "/echo"), message);
    assert_eq!(
        example.curl(&[H2C], "/greet/Ada?word=Welcome"),
        "Welcome, Ada!\n"
    );
    assert_eq!(example.curl(&[H2C], "/peer"), "127.0.0.1\n");
    assert!(
        example
            .curl(&[H2C, "-N"], "/events")
            .ends_with("data: event 5\n\n")
    );
    assert!(
        example
            .curl(&[H2C, "-si"], "/upload")
            .starts_with("HTTP/2 405")
    );
    example.end();
}

#[test]
fn tonic_answers() {
    let example = Example::start("tonic");
    say_with_curl(&example);
    example.end();
}

#[test]
fn rest_and_grpc_answer_on_one_port() {
    let example = Example::start("rest_and_grpc");
    assert_eq!(example.curl(&[H2C], "/greet/Ada"), "Hello, Ada!\n");
    say_with_curl(&example);
    example.end();
}

#[test]
fn http1_falls_back() {
    let example = Example::start("http1_fallback");
    assert_eq!(example.curl(&["--http1.1"], "/"), "This is HTTP/1.1.\n");
    assert_eq!(example.curl(&[H2C], "/"), "This is HTTP/2.0.\n");
    example.end();
}

#[test]
fn graceful_finishes_what_was_begun() {
    let example = Example::start("graceful");
    let url = format!("http://{}/", example.place);
    let waiting = Command::new("curl")
        .args(["-sS", H2C, &url])
        .stdout(Stdio::piped())
        .spawn()
        .expect("curl starts");
    std::thread::sleep(Duration::from_millis(500));
    example.terminate();
    let answer = waiting.wait_with_output().unwrap();
    assert_eq!(text(&answer), "Thank you for waiting.\n");
    example.end();
}

#[test]
fn trailers_arrive() {
    let example = Example::start("trailers");
    let shown = example.curl(&[H2C, "-D", "-", "-d", "abc"], "/");
    assert!(shown.contains("abc"), "{shown}");
    assert!(shown.contains("x-sum: 294"), "{shown}");
    example.end();
}

#[test]
fn early_hints_come_first() {
    let example = Example::start("early_hints");
    let shown = example.curl(&[H2C, "-D", "-"], "/");
    let hints = shown.find("HTTP/2 103").expect("there are hints");
    assert!(hints < shown.find("HTTP/2 200").expect("there is a page"));
    assert_eq!(shown.matches("rel=preload").count(), 2, "{shown}");
    example.end();
}

#[test]
fn upload_is_reported_and_counted() {
    let file = std::env::temp_dir().join(format!("eyas-upload-{}", std::process::id()));
    std::fs::write(&file, vec![b'x'; 3_000_000]).unwrap();
    let example = Example::start("upload");
    let shown = example.curl(&[H2C, "-N", "-T", file.to_str().unwrap()], "/");
    std::fs::remove_file(file).unwrap();
    assert!(shown.starts_with("1 MB so far\n"), "{shown}");
    assert!(shown.ends_with("3000000 octets\n"), "{shown}");
    example.end();
}

#[test]
fn unix_socket_serves_and_is_removed() {
    let path = std::env::temp_dir().join(format!("eyas-{}.sock", std::process::id()));
    let path = path.to_str().unwrap();
    let example = Example::start_with("unix_socket", &[path]);
    let shown = curl(&[H2C, "--unix-socket", path, "http://localhost/"]);
    assert_eq!(shown, "Hello through a file!\n");
    example.end();
    assert!(!Path::new(path).exists());
}

#[test]
fn tls_from_pem_is_trusted_through_its_file() {
    let folder = std::env::temp_dir().join(format!("eyas-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let [certificate, key] =
        ["cert.pem", "key.pem"].map(|name| folder.join(name).to_str().map(str::to_owned).unwrap());
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "30",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .expect("openssl starts");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let example = Example::start_with("tls_from_pem", &["127.0.0.1:0", &certificate, &key]);
    let port = example.place.rsplit(':').next().unwrap();
    let shown = curl(&[
        "--cacert",
        &certificate,
        &format!("https://localhost:{port}/"),
    ]);
    assert!(shown.starts_with("TLSv1.3 with TLS13_"), "{shown}");
    assert!(shown.ends_with(", to localhost.\n"), "{shown}");
    example.end();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn not_send_counts() {
    let example = Example::start("not_send");
    assert_eq!(example.curl(&[H2C], "/"), "visit 1\n");
    assert_eq!(example.curl(&[H2C], "/"), "visit 2\n");
    example.end();
}

#[test]
fn systemd_listens_by_itself_when_started_by_hand() {
    let example = Example::start("systemd");
    assert_eq!(example.curl(&[H2C], "/"), "Nobody had to wait for me.\n");
    example.end();
}

#[test]
fn websocket_gives_the_page() {
    let example = Example::start("websocket");
    let url = format!("https://{}/", example.place);
    assert!(curl(&["--insecure", &url]).contains("<h1>WebSocket over HTTP/2</h1>"));
    example.end();
}

/// A call of gRPC by hand: the prefix of a message, then its only field.
fn say_with_curl(example: &Example) {
    let file =
        std::env::temp_dir().join(format!("eyas-say-{}-{}", std::process::id(), example.name));
    std::fs::write(&file, b"\0\0\0\0\x05\n\x03Ada").unwrap();
    let data = format!("@{}", file.display());
    let shown = example.curl(
        &[
            H2C,
            "-D",
            "-",
            "-H",
            "content-type: application/grpc",
            "-H",
            "te: trailers",
            "--data-binary",
            &data,
        ],
        "/eyas.examples.Talk/Say",
    );
    std::fs::remove_file(file).unwrap();
    assert!(shown.contains("Hello, Ada!"), "{shown}");
    assert!(shown.contains("grpc-status: 0"), "{shown}");
}

struct Example {
    name: &'static str,
    process: Child,
    /// Where it listens.
    place: String,
}

impl Example {
    fn start(name: &'static str) -> Self {
        Self::start_with(name, &["127.0.0.1:0"])
    }

    fn start_with(name: &'static str, arguments: &[&str]) -> Self {
        let mut process = Command::new(executable(name))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}; cargo build --examples makes it"));
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let place = line.strip_prefix("listening on ").expect("it says where");
        let place = place.trim_end().to_owned();
        Self {
            name,
            process,
            place,
        }
    }

    fn curl(&self, arguments: &[&str], path: &str) -> String {
        let url = format!("http://{}{path}", self.place);
        curl(&[arguments, &[&url]].concat())
    }

    fn terminate(&self) {
        let id = self.process.id().to_string();
        let status = Command::new("kill").args(["-TERM", &id]).status();
        assert!(status.expect("kill starts").success());
    }

    /// Terminates it, if that was not done before. It ends by itself, with success.
    fn end(mut self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        if self.process.try_wait().unwrap().is_none() {
            self.terminate();
        }
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                assert!(status.success(), "{}: {status}", self.name);
                return;
            }
            assert!(Instant::now() < deadline, "{} does not end", self.name);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // Of use only when the test fails.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["-sS", "--max-time", "30"])
        .args(arguments)
        .output()
        .expect("curl starts");
    text(&output)
}

fn text(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Examples lie beside the folder that the test lies in.
fn executable(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test
        .ancestors()
        .nth(2)
        .expect("the test is in target/<profile>/deps");
    profile.join("examples").join(name)
}
