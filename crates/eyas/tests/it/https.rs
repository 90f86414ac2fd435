//! TLS from outside: the certificate that is made and kept, and what is served with it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::client::Client;
use crate::process::{Process, cache, text};
use crate::tls;

/// A cache folder with nothing in it.
fn empty_cache(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

#[test]
fn a_client_that_trusts_the_file_gets_http2_by_each_name() {
    let (process, address, certificate) = Process::secure(&cache(), &["--requests"]);
    for name in ["localhost", "127.0.0.1", "::1"] {
        let stream = tls::connect(&address, &certificate, name, "h2").expect("it is trusted");
        let mut client = Client::over(stream);
        client.request(1, "GET", "/hello");
        assert!(client.wait("HEADERS 1").contains(":status=200"));
        assert!(client.wait("DATA 1").contains("Hello, World!"));
        assert!(tls::connect(&address, &certificate, "example.org", "h2").is_err());
    }
    process.signal("INT");
    let ended = process.end();
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.lines[0].contains("\"protocol\":\"h2\""),
        "{:?}",
        ended.lines
    );
}

#[test]
fn the_certificate_is_made_once_and_nobody_else_can_read_its_key() {
    let cache = empty_cache("kept");
    let octets = [(); 2].map(|()| {
        let (_process, _, certificate) = Process::secure(&cache, &[]);
        assert_eq!(certificate, cache.join("eyas/dev-cert.pem"));
        for (name, mode) in [("", 0o700), ("dev-key.pem", 0o600), ("dev-cert.pem", 0o600)] {
            let metadata = fs::metadata(cache.join("eyas").join(name)).expect("it is kept");
            assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
        }
        fs::read(certificate).expect("it is kept")
    });
    assert_eq!(octets[0], octets[1]);
}

#[test]
fn a_certificate_that_has_expired_is_made_again() {
    let cache = empty_cache("expired");
    let folder = cache.join("eyas");
    fs::create_dir_all(&folder).expect("the folder is the test's own");
    let key = KeyPair::generate().expect("a key can be made");
    let mut params = CertificateParams::new(["localhost".to_owned()]).expect("it is a name");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2020, 4, 1);
    let expired = params.self_signed(&key).expect("it can be signed").pem();
    fs::write(folder.join("dev-cert.pem"), &expired).expect("the folder was just made");
    fs::write(folder.join("dev-key.pem"), key.serialize_pem()).expect("the folder was just made");
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(folder.join("dev-key.pem"), private).expect("the key is ours");

    let (_process, address, certificate) = Process::secure(&cache, &[]);
    assert_ne!(
        fs::read_to_string(&certificate).expect("it is kept"),
        expired
    );
    assert!(tls::connect(&address, &certificate, "localhost", "h2").is_ok());
}

#[test]
fn a_certificate_of_ones_own_is_served() {
    let cache = empty_cache("own");
    fs::create_dir_all(&cache).expect("the folder is the test's own");
    let key = KeyPair::generate().expect("a key can be made");
    let params = CertificateParams::new(["own.test".to_owned()]).expect("it is a name");
    let certificate = params.self_signed(&key).expect("it can be signed").pem();
    let (cert_file, key_file) = (cache.join("cert.pem"), cache.join("key.pem"));
    fs::write(&cert_file, certificate).expect("the folder was just made");
    fs::write(&key_file, key.serialize_pem()).expect("the folder was just made");
    let text = |path: &Path| path.to_str().expect("its name is text").to_owned();
    let arguments = ["--cert", &text(&cert_file), "--key", &text(&key_file)];
    let (_process, address, certificate) = Process::secure(&cache, &arguments);
    assert_eq!(certificate, cert_file);
    assert!(tls::connect(&address, &certificate, "own.test", "h2").is_ok());
    assert!(!cache.join("eyas").exists(), "nothing was made");

    let swapped = ["--cert", &text(&key_file), "--key", &text(&cert_file)];
    let ended = Process::start_in(&cache, &swapped).end();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("--cert") && ended.stderr.lines().count() == 1);
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    for (given, missing) in [("--cert", "--key"), ("--key", "--cert")] {
        let ended = Process::start(&[given, "file.pem"]).end();
        assert_eq!(ended.code, Some(2));
        assert!(ended.stderr.contains(missing), "{}", ended.stderr);
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_told_and_served_without() {
    let file = empty_cache("no-folder");
    fs::write(&file, "no folder").expect("the folder around it is the test's own");
    let arguments = ["--h2c", "off", "--listen", "127.0.0.1:0", "--json"];
    let mut process = Process::start_in(&file, &arguments);
    let ready = process.event();
    assert_eq!(ready["cert"], serde_json::Value::Null, "{ready}");
    process.signal("INT");
    let ended = process.end();
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(0), 1));
    assert!(ended.stderr.contains("in memory only"), "{}", ended.stderr);
    fs::remove_file(file).expect("it is ours");
}

#[test]
fn the_secrets_of_tls_are_written_where_asked_for() {
    let folder = empty_cache("keys");
    fs::create_dir_all(&folder).expect("the folder is the test's own");
    let file = folder.join("keys.log");
    let arguments = ["--h2c", "off", "--listen", "127.0.0.1:0", "--json"];
    let asked = [&arguments[..], &["--keylog"]].concat();
    for (arguments, is_written) in [(&arguments[..], false), (&asked, true)] {
        let mut process = Process::start_with(&folder, Some(&file), arguments);
        let ready = process.event();
        let certificate = PathBuf::from(text(&ready, "cert"));
        tls::connect(&text(&ready, "https"), &certificate, "localhost", "h2").expect("trust");
        process.signal("INT");
        assert_eq!(process.end().code, Some(0));
        let secrets = fs::read_to_string(&file).unwrap_or_default();
        let has = secrets.contains("CLIENT_TRAFFIC_SECRET_0 ");
        assert_eq!(has, is_written, "{secrets}");
    }
}

#[test]
fn http1_is_spoken_with_those_who_agree_on_it_and_refused_when_told_to() {
    let (process, address, certificate) = Process::secure(&cache(), &[]);
    let mut stream =
        tls::connect(&address, &certificate, "localhost", "http/1.1").expect("it is offered");
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .expect("the server reads");
    let mut octets = vec![0; 4096];
    let count = stream.read(&mut octets).expect("the server answers");
    let head = String::from_utf8_lossy(&octets[..count]).into_owned();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    // The connection is idle: the drain need not wait for it.
    process.signal("INT");
    assert_eq!(process.end().code, Some(0));

    let (_process, address, certificate) = Process::secure(&cache(), &["--http2-only"]);
    assert!(tls::connect(&address, &certificate, "localhost", "http/1.1").is_err());
    assert!(tls::connect(&address, &certificate, "localhost", "h2").is_ok());
}
