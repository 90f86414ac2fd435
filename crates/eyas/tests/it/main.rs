//! The binary from outside: what it prints, how it answers, how it ends.
#![cfg(unix)]

mod client;
mod https;
mod process;
mod tls;

use std::fs;
use std::io::{Read, Write};

use serde_json::Value;

use crate::client::Client;
use crate::process::Process;

#[test]
fn a_request_is_answered_and_counted_on_one_thread_and_on_two() {
    for threads in ["1", "2"] {
        let (process, address) = Process::ready(&["--threads", threads]);
        let mut client = Client::connect(&address);
        client.request(1, "GET", "/hello");
        let head = client.wait("HEADERS 1");
        for part in [":status=200", "content-length=13", "content-type=", "date="] {
            assert!(head.contains(part), "{part}: {head}");
        }
        assert!(!head.contains("end_stream"), "{head}");
        assert_eq!(
            client.wait("DATA 1"),
            r#"DATA 1 end_stream "Hello, World!""#
        );

        process.signal("INT");
        client.wait("GOAWAY");
        client.wait_for_the_end();
        let ended = process.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let closed = ended.counters();
        assert_eq!(closed["connections"], 1);
        assert_eq!(closed["requests"], 1);
        assert_eq!(closed["responses"], 1);
        for name in ["reads", "writes", "octets_in", "octets_out"] {
            assert!(
                closed[name].as_u64().is_some_and(|count| count > 0),
                "{name}: {closed}"
            );
        }
        for name in ["resets_received", "resets_sent"] {
            assert_eq!(closed[name], 0, "{name}");
        }
        let ends = closed["ends"].as_object().expect("reasons and counts");
        let ends: u64 = ends.values().filter_map(Value::as_u64).sum();
        assert_eq!(ends, 1, "{closed}");
    }
}

#[test]
fn a_drain_lets_responses_run_to_their_end() {
    for signal in ["INT", "TERM"] {
        let (process, address) = Process::ready(&[]);
        let mut client = Client::connect(&address);
        client.request(1, "GET", "/stream");
        client.wait("DATA 1");
        process.signal(signal);
        client.wait(r#"DATA 1 end_stream "line 10 of 10\n""#);
        client.wait_for_the_end();
        let ended = process.end();
        assert_eq!(ended.code, Some(0), "{signal}");
        assert_eq!(ended.counters()["responses"], 1);
    }
}

#[test]
fn a_drain_is_not_waited_for_longer_than_it_may_take() {
    let (process, address) = Process::ready(&["--shutdown-timeout", "0"]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/stream");
    client.wait("DATA 1");
    process.signal("INT");
    client.wait_for_the_end();
    let ended = process.end();
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.counters()["responses"], 0);
}

#[test]
fn a_second_signal_cuts_and_the_counters_are_still_told() {
    let (process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/stream");
    client.wait("DATA 1");
    process.signal("INT");
    client.wait("GOAWAY");
    process.signal("TERM");
    let ended = process.end();
    assert_eq!(ended.code, Some(130));
    assert_eq!(ended.counters()["responses"], 0);
}

#[test]
fn a_new_connection_is_not_accepted_while_the_server_drains() {
    let (process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/stream");
    client.wait("DATA 1");
    process.signal("INT");
    client.wait("GOAWAY");
    assert!(std::net::TcpStream::connect(&address).is_err());
}

#[test]
fn the_echo_sends_back_content_and_trailers_while_it_reads() {
    let (_process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client.send("HEADERS 1 end_headers :method=POST :scheme=http :path=/echo :authority=test");
    assert!(client.wait("HEADERS 1").contains(":status=200"));
    for word in ["one", "two"] {
        client.send(&format!("DATA 1 \"{word}\""));
        assert_eq!(client.wait("DATA 1"), format!("DATA 1 \"{word}\""));
    }
    client.send("HEADERS 1 end_stream end_headers x-end=yes");
    assert_eq!(
        client.wait("HEADERS 1"),
        "HEADERS 1 end_stream end_headers x-end=yes"
    );
}

#[test]
fn other_routes_answer_after_the_end_of_the_request() {
    let (_process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    for (stream, path, status) in [
        (1, "/sink", 200),
        (3, "/", 200),
        (5, "/nothing", 404),
        (7, "/hello", 405),
    ] {
        client.send(&format!(
            "HEADERS {stream} end_headers :method=POST :scheme=http :path={path} :authority=test"
        ));
        client.send(&format!("DATA {stream} repeat:1000:ab"));
        // The second is answered after the turn in which the content was read.
        for _ in 0..2 {
            client.send("PING \"not yet!\"");
            let passed = client.passed_before("PING ACK");
            let is_answer = |line: &String| line.starts_with("HEADERS");
            assert!(!passed.iter().any(is_answer), "{path} answered too early");
        }
        client.send(&format!("DATA {stream} end_stream \"end\""));
        let head = client.wait(&format!("HEADERS {stream}"));
        assert!(
            head.contains(&format!(":status={status}")),
            "{path}: {head}"
        );
        let data = client.wait(&format!("DATA {stream}"));
        assert!(path != "/sink" || data.contains("\"2003\""), "{data}");
    }
}

#[test]
fn head_has_the_length_and_no_content() {
    let (_process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    for (stream, path, length) in [
        (1, "/hello", "13"),
        (3, "/bytes/10737418240", "10737418240"),
    ] {
        client.request(stream, "HEAD", path);
        let head = client.wait(&format!("HEADERS {stream}"));
        assert!(
            head.starts_with(&format!("HEADERS {stream} end_stream ")),
            "{head}"
        );
        assert!(head.contains(&format!("content-length={length}")), "{head}");
    }
}

#[test]
fn trailers_end_a_response_and_an_error_resets_it() {
    let (process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/trailers");
    client.wait("DATA 1 \"The trailer");
    assert!(
        client
            .wait("HEADERS 1")
            .starts_with("HEADERS 1 end_stream end_headers x-content-octets=")
    );
    client.request(3, "GET", "/reset");
    client.wait("DATA 3 \"This line arrives");
    assert_eq!(client.wait("RST_STREAM 3"), "RST_STREAM 3 INTERNAL_ERROR");
    process.signal("INT");
    client.wait_for_the_end();
    assert_eq!(process.end().counters()["resets_sent"], 1);
}

#[test]
fn files_of_the_folder_are_served() {
    let folder = std::env::temp_dir().join(format!("eyas-it-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
    fs::write(folder.join("a.txt"), "a file").expect("the folder was just made");
    let (_process, address) = Process::ready(&[folder.to_str().expect("its name is text")]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/a.txt");
    let head = client.wait("HEADERS 1");
    assert!(
        head.contains(":status=200") && head.contains("content-length=6"),
        "{head}"
    );
    assert!(client.wait("DATA 1").contains("\"a file\""));
    fs::remove_dir_all(folder).expect("nothing holds the folder");
}

#[test]
fn each_request_has_its_line_when_it_is_asked_for() {
    let (mut process, address) = Process::ready(&["--requests"]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/hello");
    let event = process.event();
    assert_eq!(event["event"], "request");
    assert_eq!(
        (&event["path"], &event["status"]),
        (&Value::from("/hello"), &Value::from(200))
    );
    assert_eq!(
        (&event["octets"], &event["complete"]),
        (&Value::from(13), &Value::from(true))
    );
    assert_eq!(
        (&event["connection"], &event["stream"], &event["protocol"]),
        (&Value::from(1), &Value::from(1), &Value::from("h2c"))
    );
    client.request(3, "GET", "/reset");
    assert_eq!(process.event()["complete"], false);
    assert!(http1(&address, "GET /hello").starts_with("HTTP/1.1 200"));
    let event = process.event();
    assert_eq!(
        (&event["connection"], &event["stream"], &event["protocol"]),
        (&Value::from(2), &Value::Null, &Value::from("http/1.1"))
    );
}

#[test]
fn a_line_says_what_was_answered_and_cut_only_of_what_was() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let (mut process, address) = Process::ready(&["--requests", folder]);
    let mut client = Client::connect(&address);
    for (number, (method, path, status)) in [
        ("HEAD", "/hello", 200),
        ("HEAD", "/Cargo.toml", 200),
        ("GET", "/Cargo.toml", 200),
        ("GET", "/bytes/0", 200),
        ("GET", "/stream", 200),
        ("GET", "/panic", 500),
    ]
    .into_iter()
    .enumerate()
    {
        let stream = 2 * number as u32 + 1;
        client.request(stream, method, path);
        client.wait(&format!("HEADERS {stream}"));
        http1(&address, &format!("{method} {path}"));
        for _ in ["HTTP/2", "HTTP/1.1"] {
            let event = process.event();
            assert_eq!(event["path"], path, "{event}");
            assert_eq!(event["status"], status, "{event}");
            assert_eq!(event["complete"], status == 200, "{event}");
        }
    }
}

/// What the server answers to one HTTP/1.1 request, until it closes.
fn http1(address: &str, line: &str) -> String {
    let mut socket = client::tcp(address);
    let request = format!("{line} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    socket
        .write_all(request.as_bytes())
        .expect("the server reads");
    let mut answer = String::new();
    socket
        .read_to_string(&mut answer)
        .expect("the server answers in text");
    answer
}

#[test]
fn a_client_of_http1_gets_the_same_routes_unless_it_is_turned_away() {
    let (_process, address) = Process::ready(&[]);
    let answer = http1(&address, "GET /hello");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nHello, World!"), "{answer}");
    assert!(http1(&address, "GET /").contains("by HTTP/1.1 without TLS."));
    assert!(http1(&address, "GET /panic").starts_with("HTTP/1.1 500 "));

    let (_process, address) = Process::ready(&["--http2-only"]);
    let answer = http1(&address, "GET /hello");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("HTTP/2"), "{answer}");
}

#[test]
fn the_trace_shows_frames_both_ways() {
    let (process, address) = Process::ready(&["--trace"]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/hello");
    client.wait("DATA 1");
    process.signal("INT");
    client.wait_for_the_end();
    let ended = process.end();
    assert_eq!(ended.code, Some(0));
    let mut lines = ended.stderr.lines();
    for due in [
        "#1 <- connection preface",
        "#1 <- HEADERS stream=1 length=",
        "              :path: /hello",
        "#1 -> HEADERS stream=1 length=",
        "              :status: 200",
        "#1 -> DATA stream=1 length=13 END_STREAM",
        "#1 -> GOAWAY",
        "#1 -- closed: ",
    ] {
        assert!(
            lines.any(|line| line.contains(due)),
            "{due}: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_websocket_echoes_and_is_closed_by_the_drain() {
    let (process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client.send(
        "HEADERS 1 end_headers :method=CONNECT :protocol=websocket :scheme=http :path=/ws \
         :authority=test sec-websocket-version=13",
    );
    let head = client.wait("HEADERS 1");
    assert!(
        head.contains(":status=200") && !head.contains("end_stream"),
        "{head}"
    );
    // A text message, masked with zeros (RFC 6455 section 5.2).
    client.send("DATA 1 hex:8182000000004869");
    // The same, from a server, that is unmasked: "Hi".
    assert_eq!(client.wait("DATA 1"), "DATA 1 hex:81024869");
    process.signal("INT");
    // Close, with the code 1001 (RFC 6455 section 7.4.1).
    let close = client.wait("DATA 1");
    assert!(close.starts_with("DATA 1 hex:881203e9"), "{close}");
    client.send("DATA 1 end_stream hex:888000000000");
    client.wait_for_the_end();
    assert_eq!(process.end().code, Some(0));
}

#[test]
fn a_websocket_that_breaks_the_rules_is_told_which() {
    let (_process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    for (stream, octets, code) in [
        // Not masked; a message that says it is longer than 1 MiB; text that is not UTF-8.
        (1, "81024869", "03ea"),
        (3, "82ff000000000010000100000000", "03f1"),
        (5, "818100000000ff", "03ef"),
    ] {
        client.send(&format!(
            "HEADERS {stream} end_headers :method=CONNECT :protocol=websocket :scheme=http \
             :path=/ws :authority=test sec-websocket-version=13"
        ));
        client.send(&format!("DATA {stream} hex:{octets}"));
        let close = client.wait(&format!("DATA {stream}"));
        let (_, octets) = close.split_once("hex:88").expect("a close frame");
        assert_eq!(octets.get(2..6), Some(code), "{close}");
    }
}

#[test]
fn a_websocket_echoes_pieces_pings_and_messages_of_a_megabyte() {
    let (_process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client.send(
        "HEADERS 1 end_headers :method=CONNECT :protocol=websocket :scheme=http :path=/ws \
         :authority=test sec-websocket-version=13",
    );
    // "H", a ping between, "i".
    client.send("DATA 1 hex:0181000000004889810000000078808100000000");
    assert_eq!(client.wait("DATA 1"), "DATA 1 hex:8a0178");
    client.send("DATA 1 hex:69");
    assert_eq!(client.wait("DATA 1"), "DATA 1 hex:81024869");
    client.send("WINDOW_UPDATE 0 +10000000");
    client.send("WINDOW_UPDATE 1 +10000000");
    client.send("DATA 1 hex:82ff00000000000f400000000000");
    for frame in 0..61 {
        if frame == 40 {
            // The stream's window would not hold all of it.
            client.wait("WINDOW_UPDATE 1");
        }
        client.send("DATA 1 zeros:16384");
    }
    let mut left = 61 * 16384 + 10;
    while left > 0 {
        let data = client.wait("DATA 1");
        left -= octets(&data);
    }
}

/// How much content a line of the printer stands for.
fn octets(data: &str) -> usize {
    let (_, content) = data.split_at("DATA 1 ".len());
    let number = |digits: &str| digits.parse().expect("a number");
    if let Some(digits) = content.strip_prefix("hex:") {
        return digits.len() / 2;
    }
    match content.strip_prefix("zeros:") {
        Some(digits) => number(digits),
        None => number(content.split(['=', ' ']).nth(1).expect("octets=N")),
    }
}

#[test]
fn hints_come_before_the_page() {
    let (_process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/hints");
    let hints = client.wait("HEADERS 1");
    assert!(
        hints.contains(":status=103") && hints.contains("</hints.css>"),
        "{hints}"
    );
    let head = client.wait("HEADERS 1");
    assert!(head.contains(":status=200"), "{head}");
}

#[test]
fn a_panic_is_an_answer_and_the_connection_lives_on() {
    let (_process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client.request(1, "GET", "/panic");
    assert!(client.wait("HEADERS 1").contains(":status=500"));
    client.request(3, "GET", "/hello");
    assert!(client.wait("HEADERS 3").contains(":status=200"));
}

#[test]
fn too_much_is_refused_while_it_is_still_being_sent() {
    let (_process, address) = Process::ready(&[]);
    let mut client = Client::connect(&address);
    client
        .send("HEADERS 1 end_headers :method=POST :scheme=http :path=/sink?max=5 :authority=test");
    client.send("DATA 1 \"abcdef\"");
    assert!(client.wait("HEADERS 1").contains(":status=413"));
}

#[test]
fn text_welcomes_with_lines_to_try_and_says_goodbye_with_counters() {
    let mut process = Process::start(&["--h2c", "127.0.0.1:0", "--listen", "127.0.0.1:0"]);
    let title = process.line();
    assert!(
        title.starts_with(concat!("eyas ", env!("CARGO_PKG_VERSION"))),
        "{title}"
    );
    let secure = process.line();
    assert!(secure.starts_with("  https://localhost:"), "{secure}");
    let url = secure.trim().trim_end_matches('/');
    let clear = process.line();
    let address = clear
        .strip_prefix("  http://")
        .and_then(|rest| rest.split('/').next())
        .expect("the address without TLS comes third");
    assert!(process.line().starts_with("files        none"));
    let certificate = process.line();
    assert!(
        certificate.starts_with("certificate  self-signed for localhost")
            && certificate.contains(", until 20")
            && certificate.ends_with("/cache/eyas/dev-cert.pem"),
        "{certificate}"
    );
    let fingerprint = process.line();
    assert_eq!(fingerprint.matches(':').count(), 31, "{fingerprint}");
    for tool in ["curl --cacert ", "nghttp -nvy", "h2load"] {
        let line = process.line();
        assert!(line.contains(tool) && line.contains(url), "{line}");
    }
    assert!(process.line().starts_with("press Ctrl-C"));

    let mut client = Client::connect(address);
    client.request(1, "GET", "/hello");
    let line = process.line();
    assert!(
        line.starts_with("#1.1   GET /hello 200  13 B  ") && line.contains(" ms  u=3"),
        "{line}"
    );
    process.signal("INT");
    assert!(process.line().starts_with("draining"));
    client.wait_for_the_end();
    let ended = process.end();
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.lines[0].starts_with("closed: 1 requests on 1 connections;"),
        "{}",
        ended.lines[0]
    );
}

#[test]
fn quiet_is_quiet() {
    // A port that was free a moment ago: nothing says which one it is.
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("some port is free");
    let address = free.local_addr().expect("it is bound").to_string();
    drop(free);
    let process = Process::start(&["--quiet", "--listen", "off", "--h2c", &address]);
    let began = std::time::Instant::now();
    while std::net::TcpStream::connect(&address).is_err() {
        assert!(began.elapsed().as_secs() < 10, "the server does not listen");
    }
    process.signal("INT");
    let ended = process.end();
    assert_eq!(
        (ended.code, &*ended.stderr, ended.lines.len()),
        (Some(0), "", 0)
    );
}

#[test]
fn what_is_wrong_at_the_start_is_one_sentence_and_exit_code_1() {
    let (_process, address) = Process::ready(&[]);
    let busy = ["--listen", "off", "--h2c", &address];
    let secure = ["--h2c", "off", "--listen", &address];
    let nothing = ["--h2c", "off", "--listen", "off"];
    let key_log = ["--h2c", "off", "--listen", "127.0.0.1:0", "--keylog"];
    let missing = [
        "--h2c",
        "127.0.0.1:0",
        "--listen",
        "off",
        "there/is/no/such/folder",
    ];
    let file = [
        "--h2c",
        "127.0.0.1:0",
        "--listen",
        "off",
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
    ];
    for (arguments, what, advice) in [
        (&busy[..], "already in use", "--h2c 127"),
        (&secure, "already in use", "--listen 127"),
        (&nothing, "nothing is left to listen at", "leave"),
        (&key_log, "needs the name of a file", "SSLKEYLOGFILE="),
        (&missing, "does not exist", "create it"),
        (&file, "is no folder", "name the one"),
    ] {
        for style in [&[][..], &["--json"], &["--quiet"]] {
            let ended = Process::start(&[arguments, style].concat()).end();
            let stderr = ended.stderr;
            assert_eq!(ended.code, Some(1), "{stderr}");
            assert!(ended.lines.is_empty(), "{:?}", ended.lines);
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            assert!(stderr.contains(what) && stderr.contains(advice), "{stderr}");
        }
    }
}
