//! Words that stay in their layer, and words that no finished code holds.

use crate::tidy::lexer::Token;
use crate::tidy::{Offence, Source};

/// Every word in `source` that has no place there.
pub(super) fn check(source: &Source) -> Vec<Offence> {
    let package = source.package.as_str();
    let mut found = Vec::new();
    let mut offend = |token: &Token, what: String| {
        found.push(Offence {
            file: source.path.clone(),
            line: token.line,
            what,
        });
    };
    let is_test_file = is_test_file(source);
    let in_tests = test_modules(&source.tokens);
    for (at, token) in source.tokens.iter().enumerate() {
        let rest = &source.tokens[at..];
        for (word, instead) in UNFINISHED {
            if begins_with(rest, word) {
                offend(token, format!("`{}` {instead}", word.concat()));
            }
        }
        if !source.in_src {
            continue;
        }
        if BELOW_THE_FACADE.contains(&package) {
            for word in FACADE_WORDS {
                if begins_with(rest, word) {
                    let word = word.concat();
                    offend(
                        token,
                        format!("`{word}` belongs to the facade, not to {package}"),
                    );
                }
            }
            if is_lock(token) || token.text.contains("Waker") {
                let word = &token.text;
                offend(
                    token,
                    format!("`{word}` belongs to the facade, not to {package}"),
                );
            }
        }
        if BELOW_HTTP.contains(&package) && begins_with(rest, &["http", ":", ":"]) {
            offend(
                token,
                format!("`http::` is not known below eyas-connection, as in {package}"),
            );
        }
        let may_lock = is_test_file
            || in_tests[at]
            || LOCK_FILES.iter().any(|file| source.path.ends_with(file));
        if package == "eyas-server" && is_lock(token) && !may_lock {
            let word = &token.text;
            offend(
                token,
                format!("`{word}` outside shared.rs, sync.rs and pipe.rs, where locks live"),
            );
        }
    }
    found
}

fn begins_with(tokens: &[Token], word: &[&str]) -> bool {
    tokens.len() >= word.len()
        && tokens
            .iter()
            .zip(word)
            .all(|(token, part)| token.text == *part)
}

fn is_lock(token: &Token) -> bool {
    token.text.contains("Mutex") || token.text.contains("RwLock")
}

/// Whether the file is a module of tests that stands beside the code.
fn is_test_file(source: &Source) -> bool {
    source
        .path
        .iter()
        .any(|part| part == "tests.rs" || part == "tests")
}

/// For each token, whether it lies in a module that only tests are built with.
fn test_modules(tokens: &[Token]) -> Vec<bool> {
    let mut inside = vec![false; tokens.len()];
    let mut at = 0;
    while at < tokens.len() {
        if !begins_with(
            &tokens[at..],
            &["#", "[", "cfg", "(", "test", ")", "]", "mod"],
        ) {
            at += 1;
            continue;
        }
        let begin = at;
        let mut depth = 0_usize;
        for token in &tokens[begin..] {
            at += 1;
            match token.text.as_str() {
                "{" => depth += 1,
                "}" if depth == 1 => break,
                "}" => depth = depth.saturating_sub(1),
                ";" if depth == 0 => break,
                _ => {}
            }
        }
        inside[begin..at].fill(true);
    }
    inside
}

const UNFINISHED: [(&[&str], &str); 4] = [
    (
        &["#", "[", "ignore"],
        "hides a test; mend it or take it out",
    ),
    (&["todo", "!"], "is a promise; keep it"),
    (&["unimplemented", "!"], "is a promise; keep it"),
    (&["dbg", "!"], "is a tool of the moment; take it out"),
];

const FACADE_WORDS: [&[&str]; 3] = [&["tokio"], &["async"], &["Instant", ":", ":", "now"]];

const BELOW_HTTP: [&str; 4] = [
    "eyas-frame",
    "eyas-hpack",
    "eyas-flow-control",
    "eyas-output",
];

const BELOW_THE_FACADE: [&str; 5] = [
    "eyas-frame",
    "eyas-hpack",
    "eyas-flow-control",
    "eyas-output",
    "eyas-connection",
];

const LOCK_FILES: [&str; 3] = ["src/shared.rs", "src/sync.rs", "src/pipe.rs"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted;

    const NONE: [usize; 0] = [];

    fn lines(package: &str, file: &str, text: &str) -> Vec<usize> {
        let path = format!("crates/{package}/{file}");
        let found = check(&planted(package, &path, text));
        found.into_iter().map(|offence| offence.line).collect()
    }

    #[test]
    fn words_of_the_facade_do_not_appear_below_it() {
        let text = "use tokio::net;\nasync fn f() {}\nlet t = std::time::Instant :: now();\n\
                    use std::sync::{Mutex, MutexGuard};\nstruct AtomicWaker;\n";
        for package in BELOW_THE_FACADE {
            assert_eq!(
                lines(package, "src/a.rs", text),
                [1, 2, 3, 4, 4, 5],
                "{package}"
            );
        }
        assert_eq!(lines("eyas-connection", "tests/a.rs", text), NONE);
        let mentioned =
            "// tokio, async\n/// Mutex\nfn f() { g(\"Waker\"); asynchronous(); Instant::x() }";
        assert_eq!(lines("eyas-connection", "src/a.rs", mentioned), NONE);
    }

    #[test]
    fn http_is_known_from_the_connection_upward() {
        let text = "//! As in http::Request.\nfn f(_: http::Request<()>) {}\n";
        for package in BELOW_HTTP {
            assert_eq!(lines(package, "src/a.rs", text), [2], "{package}");
        }
        assert_eq!(lines("eyas-connection", "src/a.rs", text), NONE);
        assert_eq!(
            lines("eyas-output", "src/a.rs", "use my_http::x; let http: u8;"),
            NONE
        );
    }

    #[test]
    fn locks_of_the_facade_live_in_three_files() {
        let text = "use std::sync::Mutex;\n";
        assert_eq!(lines("eyas-server", "src/driver.rs", text), [1]);
        assert_eq!(lines("eyas-server", "src/inner/shared_thing.rs", text), [1]);
        assert_eq!(lines("eyas-server", "src/inner_pipe.rs", text), [1]);
        for file in [
            "src/shared.rs",
            "src/sync.rs",
            "src/pipe.rs",
            "src/driver/tests.rs",
            "tests/a.rs",
        ] {
            assert_eq!(lines("eyas-server", file, text), NONE, "{file}");
        }
        assert_eq!(lines("eyas", "src/main.rs", text), NONE);
    }

    #[test]
    fn a_module_of_tests_may_lock_and_what_follows_it_may_not() {
        let text =
            "#[cfg(test)]\nmod tests {\n fn f() { Mutex::new(0); }\n}\nfn g(_: Mutex<u8>) {}\n";
        assert_eq!(lines("eyas-server", "src/driver.rs", text), [5]);
        let beside = "#[cfg(test)]\nmod tests;\nfn g(_: Mutex<u8>) {}\n";
        assert_eq!(lines("eyas-server", "src/driver.rs", beside), [3]);
    }

    #[test]
    fn unfinished_code_is_found_wherever_it_is() {
        let text = "#[test]\n#[ignore = \"slow\"]\nfn f() { todo!() }\nfn g() { dbg!(1); }\n\
                    fn h() { unimplemented!() }\n// todo!()\n";
        for file in ["src/a.rs", "tests/a.rs", "examples/a.rs"] {
            assert_eq!(lines("eyas-testkit", file, text), [2, 3, 4, 5], "{file}");
        }
        assert_eq!(
            lines("eyas", "src/a.rs", "fn ignore() { let todo = 1; }"),
            NONE
        );
    }
}
