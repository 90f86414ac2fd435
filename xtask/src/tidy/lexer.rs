//! A lexer that keeps identifiers and punctuation of Rust code and drops all that a word may be
//! mentioned in: comments, documentation, strings and characters.

/// An identifier, a number or one character of punctuation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// The line it stands on, from 1.
    pub(super) line: usize,
    /// Its text; of a raw identifier, without `r#`.
    pub(super) text: String,
}

/// The code in `source`. Text that is no Rust is cut somehow; nothing panics.
pub(super) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        rest: source,
        line: 1,
        found: Vec::new(),
    };
    while let Some(first) = lexer.rest.chars().next() {
        lexer.step(first);
    }
    lexer.found
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    found: Vec<Token>,
}

impl Lexer<'_> {
    fn step(&mut self, first: char) {
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip(block_comment(self.rest));
        } else if first == '"' {
            self.skip(quoted(self.rest, '"'));
        } else if first == '\'' {
            self.quote();
        } else if first == '_' || first.is_alphanumeric() {
            self.word();
        } else if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else {
            self.push(first.len_utf8());
        }
    }

    /// A character, or the mark of a lifetime or label.
    fn quote(&mut self) {
        let mut after = self.rest.chars().skip(1);
        let is_character = matches!(
            (after.next(), after.next()),
            (Some('\\'), _) | (Some(_), Some('\''))
        );
        if is_character {
            self.skip(quoted(self.rest, '\''));
        } else {
            self.push(1);
        }
    }

    /// An identifier or number, or the literal that it is the prefix of.
    fn word(&mut self) {
        let is_part = |c: char| c == '_' || c.is_alphanumeric();
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        let hashes = after.len() - after.trim_start_matches('#').len();
        let is_quoted = after[hashes..].starts_with('"');
        match word {
            "r" | "br" | "cr" if is_quoted => {
                let close = format!("\"{}", "#".repeat(hashes));
                let content = end + hashes + 1;
                let length = self.rest[content..].find(&close);
                self.skip(length.map_or(self.rest.len(), |at| content + at + close.len()));
            }
            "b" | "c" if after.starts_with('"') => self.skip(end + quoted(after, '"')),
            "b" if after.starts_with('\'') => self.skip(end + quoted(after, '\'')),
            "r" if hashes == 1 && after[1..].starts_with(is_part) => self.skip(end + 1),
            _ => self.push(end),
        }
    }

    fn push(&mut self, length: usize) {
        self.found.push(Token {
            line: self.line,
            text: self.rest[..length].to_owned(),
        });
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let (gone, rest) = self.rest.split_at(length);
        self.line += gone.matches('\n').count();
        self.rest = rest;
    }
}

/// The length of the comment that `text` begins with; comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of the literal that `text` begins with, both its quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        let words: Vec<String> = tokens(source).into_iter().map(|token| token.text).collect();
        words.join(" ")
    }

    #[test]
    fn comments_of_every_kind_are_no_code() {
        assert_eq!(code("a // tokio\n b"), "a b");
        assert_eq!(code("//! tokio\n/// tokio\na"), "a");
        assert_eq!(code("a /* x /* tokio */ tokio */ b"), "a b");
        assert_eq!(code("a /** tokio */ b /* never closed"), "a b");
        assert_eq!(code("a / b"), "a / b");
    }

    #[test]
    fn strings_of_every_kind_are_no_code() {
        assert_eq!(code(r#"f("tokio", b)"#), "f ( , b )");
        assert_eq!(code(r#"f("a \" tokio", b"tokio", c"tokio")"#), "f ( , , )");
        assert_eq!(code(r##"f(r"tokio\", r#"a " tokio"#, g)"##), "f ( , , g )");
        assert_eq!(code("f(br##\"\"# tokio\"##, cr\"\\\")"), "f ( , )");
        assert_eq!(code("\"a // b\" c"), "c");
        assert_eq!(code("\"never closed"), "");
    }

    #[test]
    fn characters_are_no_code_and_lifetimes_are() {
        assert_eq!(code("'a' b"), "b");
        assert_eq!(code(r"'\'' '\\' '\u{7f}' '\n' b"), "b");
        assert_eq!(code("b'\"' b'\\'' x"), "x");
        assert_eq!(code("'\"' tokio '\"'"), "tokio");
        assert_eq!(
            code("fn f<'a, 'b>(x: &'a str)"),
            "fn f < ' a , ' b > ( x : & ' a str )"
        );
        assert_eq!(code("'l: loop { break 'l; }"), "' l : loop { break ' l ; }");
        assert_eq!(code("'é' x"), "x");
    }

    #[test]
    fn a_raw_identifier_is_the_identifier() {
        assert_eq!(code("r#async r#type r"), "async type r");
        assert_eq!(
            code("macro_rules! m { (r # x) => {} }"),
            "macro_rules ! m { ( r # x ) = > { } }"
        );
    }

    #[test]
    fn lines_are_counted_through_all_that_is_dropped() {
        let source = "a\n/* \n\n */ b \"\n\n\" c\n'\\n' d r\"\n\" e";
        let lines: Vec<usize> = tokens(source).iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 4, 6, 7, 8]);
    }
}
