//! The script runner from the outside, against a toy that speaks just enough HTTP/2.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eyas_testkit::{
    Clock, HpackField, PREFACE, Pace, RawFrame, Setup, Subject, Turn, check_dir, check_file,
    check_text, tokenize, update_text,
};

/// How a toy misbehaves.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Handles what one call of `input` brings as if it were whole.
    ForgetsPieces,
    /// Forgets the last octet when output is taken octet by octet.
    LosesOutput,
    /// Cannot stand a cut behind the ninth octet.
    StumblesAtNine,
    PanicsAtPing,
    IndexesEverything,
}

struct Toy {
    fault: Fault,
    greeting: String,
    pace: Pace,
    clock: Clock,
    input: Vec<u8>,
    greeted: bool,
    out: Vec<u8>,
    app: Vec<String>,
    closed: bool,
}

impl Toy {
    fn new(fault: Fault, setup: &Setup) -> Self {
        let known = setup.config().all(|(key, _)| key == "greeting");
        assert!(known, "unknown key in config>");
        Self {
            fault,
            greeting: setup.get("greeting").unwrap_or("hi").into(),
            pace: setup.mode().output,
            clock: Clock::new(),
            input: Vec::new(),
            greeted: false,
            out: Vec::new(),
            app: Vec::new(),
            closed: false,
        }
    }

    fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        RawFrame {
            kind,
            flags,
            stream,
            payload: payload.to_vec(),
        }
        .encode(&mut self.out);
    }

    fn handle(&mut self) {
        if !self.greeted {
            let Some(rest) = self.input.strip_prefix(PREFACE) else {
                return;
            };
            self.input = rest.to_vec();
            self.greeted = true;
            self.write(4, 0, 0, &[0, 3, 0, 0, 0, 1]);
        }
        while let Some((frame, length)) = RawFrame::decode(&self.input) {
            self.input.drain(..length);
            match (frame.kind, frame.flags) {
                (4, 0) => {
                    self.app.push("settings".into());
                    self.write(4, 1, 0, &[]);
                }
                (6, 0) => {
                    assert!(self.fault != Fault::PanicsAtPing, "no pings please");
                    self.app.push("ping".into());
                    self.write(6, 1, 0, &frame.payload);
                }
                _ => {}
            }
        }
    }
}

impl Subject for Toy {
    fn input(&mut self, octets: &[u8]) {
        if self.fault == Fault::ForgetsPieces
            || self.fault == Fault::StumblesAtNine && self.greeted && octets.len() == 9
        {
            self.input.clear();
        }
        self.input.extend_from_slice(octets);
        self.handle();
    }

    fn end_of_input(&mut self) {
        self.closed = true;
    }

    fn app(&mut self, command: &str) -> Result<(), String> {
        let tokens = tokenize(command)?;
        if tokens[0].word() != Some("say") {
            return Err(format!("no such command: {command}"));
        }
        let stream = tokens[1].number().ok_or("say wants a stream")? as u32;
        let mut block = Vec::new();
        let greeting = self.greeting.clone().into_bytes();
        HpackField {
            name: b"x-greeting".to_vec(),
            value: greeting,
            never_indexed: false,
        }
        .encode(true, &mut block);
        if self.fault == Fault::IndexesEverything {
            block[0] |= 0x40;
        }
        let mut body = Vec::new();
        for token in &tokens[2..] {
            match token.key().ok_or("say wants pairs")? {
                b"body" => body = token.value()?,
                name => {
                    let field = HpackField {
                        name: name.to_vec(),
                        value: token.value()?,
                        never_indexed: false,
                    };
                    field.encode(false, &mut block);
                }
            }
        }
        self.write(1, 4, stream, &block);
        self.write(0, 1, stream, &body);
        Ok(())
    }

    fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.app.push(format!("now {:?}", self.clock.now()));
    }

    fn turn(&mut self) -> Turn {
        let mut octets = std::mem::take(&mut self.out);
        if self.fault == Fault::LosesOutput && self.pace == Pace::OctetByOctet {
            octets.pop();
        }
        Turn {
            app: std::mem::take(&mut self.app),
            octets,
            closed: self.closed,
        }
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

fn report(script: &str, fault: Fault) -> String {
    check_text("toy", script, |setup| Toy::new(fault, setup)).unwrap_err()
}

/// A folder of its own in the system's temporary one, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, scripts: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("eyas-testkit-{name}-{}", std::process::id()));
        fs::create_dir_all(path.join("below")).unwrap();
        for (name, text) in scripts {
            fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const PING: &str = "\
peer> PREFACE
  us> SETTINGS …
peer> PING \"12345678\"
 app< ping
  us> PING ACK \"12345678\"
";

#[test]
fn a_right_script_passes_in_every_mode() {
    check_dir(&scripts(), |setup| Toy::new(Fault::None, setup));
    check_file(&scripts().join("pong.h2"), |setup| {
        Toy::new(Fault::None, setup)
    });
}

#[test]
fn a_difference_is_shown_beneath_its_line_in_two_columns() {
    let script = "peer> PREFACE\n  us> SETTINGS\npeer> PING \"12345678\"\n app< pong\n  us> PING ACK \"12345678\"\n  us> PING zeros:8\n";
    assert_eq!(
        report(script, Fault::None),
        "\
toy, octets at once:
    1  peer> PREFACE
       expected     | got
    2 !us> SETTINGS | us> SETTINGS max_concurrent_streams=1
    3  peer> PING \"12345678\"
       expected                | got
    4 !app< pong               | app< ping
    5  us> PING ACK \"12345678\" | us> PING ACK \"12345678\"
    6 <us> PING zeros:8        | 
"
    );
}

#[test]
fn silence_is_expected_where_nothing_is() {
    assert!(
        report("peer> PREFACE", Fault::None)
            .contains(">         | us> SETTINGS max_concurrent_streams=1")
    );
}

#[test]
fn only_the_first_turns_that_differ_are_shown() {
    let script = format!("peer> PREFACE\n{}", "peer> PING zeros:8\n".repeat(9));
    let report = report(&script, Fault::None);
    assert!(report.ends_with("and 7 more turns\n"), "{report}");
}

#[test]
fn faults_that_only_chopping_shows_are_found() {
    assert!(report(PING, Fault::ForgetsPieces).contains("input octet by octet"));
    let lost = report(PING, Fault::LosesOutput);
    assert!(
        lost.contains("output octet by octet") && lost.contains("us! UNFINISHED octets="),
        "{lost}"
    );
    assert!(report(PING, Fault::StumblesAtNine).contains("cut behind octet 8"));
}

#[test]
fn a_panic_fails_its_script_alone_and_names_the_line() {
    let report = report(PING, Fault::PanicsAtPing);
    assert!(
        report.contains("panic in the turn of line 3: no pings please"),
        "{report}"
    );
    assert!(
        check_text("toy", "config> a=b", |setup| Toy::new(Fault::None, setup))
            .unwrap_err()
            .contains("unknown key")
    );
}

#[test]
fn the_table_follows_the_settings_of_the_peer() {
    let script = "
        peer> PREFACE
          us> …
        peer> SETTINGS header_table_size=0
         app< settings
          us> SETTINGS ACK
         app> say 1
          us> HEADERS 1 end_headers error=\"table size update is missing\"
          us> DATA 1 end_stream
    ";
    check_text("toy", script, |setup| {
        Toy::new(Fault::IndexesEverything, setup)
    })
    .unwrap();
}

#[test]
fn a_script_that_cannot_be_read_says_where() {
    assert_eq!(
        report("\npeer> PONG", Fault::None),
        "toy: line 2: PONG: not the name of a frame\n"
    );
}

#[test]
fn an_update_rewrites_what_differs_and_keeps_the_rest() {
    let script = "  # top\n  peer> PREFACE\n    us> SETTINGS …\n  peer> PING zeros:8\n  # why\n    us> PING\n  # after\n\n   app> sing\n  peer> SETTINGS ACK\n   app< x";
    let updated = update_text("toy", script, |setup| Toy::new(Fault::None, setup)).unwrap();
    assert_eq!(
        updated,
        "  # top\n  peer> PREFACE\n    us> SETTINGS …\n  peer> PING zeros:8\n  # why\n   app< ping\n    us> PING ACK zeros:8\n  # after\n\n   app> sing\n   app! no such command: sing\n  peer> SETTINGS ACK\n"
    );
    check_text("toy", &updated, |setup| Toy::new(Fault::None, setup)).unwrap();
    let again = update_text("toy", &updated, |setup| Toy::new(Fault::None, setup)).unwrap();
    assert_eq!(again, updated);
}

#[test]
fn all_failing_scripts_of_a_folder_are_reported_together() {
    let folder = Folder::new(
        "report",
        &[
            ("good.h2", PING),
            ("a.h2", "us> X"),
            ("below/b.h2", "peer> PREFACE"),
            ("note.txt", "us> X"),
        ],
    );
    let checked =
        std::panic::catch_unwind(|| check_dir(&folder.0, |setup| Toy::new(Fault::None, setup)));
    let report = *checked.unwrap_err().downcast::<String>().unwrap();
    assert!(report.starts_with("2 of 3 scripts fail"), "{report}");
    assert!(
        report.contains("a.h2: line 1") && report.contains("b.h2, octets at once"),
        "{report}"
    );
}

#[test]
#[should_panic(expected = "no script in")]
fn a_folder_without_scripts_fails() {
    let folder = Folder::new("empty", &[]);
    check_dir(&folder.0, |setup| Toy::new(Fault::None, setup));
}

// Re-runs this test alone in a process with UPDATE=1, so that the other tests do not see the variable.
#[test]
fn update_in_the_environment_rewrites_the_file() {
    const SCRIPT: &str = "EYAS_TESTKIT_UPDATED_SCRIPT";
    if let Some(path) = std::env::var_os(SCRIPT) {
        check_file(Path::new(&path), |setup| Toy::new(Fault::None, setup));
        return;
    }
    let folder = Folder::new("update", &[("a.h2", "peer> PREFACE\n  us> SETTINGS\n")]);
    let path = folder.0.join("a.h2");
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "update_in_the_environment_rewrites_the_file"])
        .env(SCRIPT, &path)
        .env("UPDATE", "1")
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "peer> PREFACE\n  us> SETTINGS max_concurrent_streams=1\n"
    );
}
