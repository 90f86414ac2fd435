//! Octets of a peer on their way to a terminal: nothing of them may move the cursor.

use std::fmt::{self, Write as _};

/// Octets that print as themselves where they are visible ASCII, and as `\xNN` where they are not.
#[derive(Clone, Copy)]
pub(crate) struct Escaped<'a> {
    octets: &'a [u8],
    octets_max: usize,
}

impl<'a> Escaped<'a> {
    /// All of `octets`.
    pub(crate) fn new(octets: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self {
            octets: octets.as_ref(),
            octets_max: usize::MAX,
        }
    }

    /// The first `octets_max` of them, and how many more there are.
    pub(crate) const fn at_most(self, octets_max: usize) -> Self {
        Self { octets_max, ..self }
    }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, left) = self.octets.split_at(self.octets.len().min(self.octets_max));
        for &octet in shown {
            match octet {
                b'\\' => f.write_str("\\\\")?,
                b' '..=b'~' => f.write_char(char::from(octet))?,
                _ => write!(f, "\\x{octet:02x}")?,
            }
        }
        if left.is_empty() {
            Ok(())
        } else {
            write!(f, "... and {} octets more", left.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_visible_ascii_is_written_in_hexadecimal() {
        let text = Escaped::new(b"/a b\x1b[2J\r\n\\x\xc3\xa9\x7f~").to_string();
        assert_eq!(text, "/a b\\x1b[2J\\x0d\\x0a\\\\x\\xc3\\xa9\\x7f~");
    }

    #[test]
    fn what_is_too_long_is_cut_and_counted() {
        let text = |octets_max| Escaped::new("abcdef").at_most(octets_max).to_string();
        assert_eq!(text(6), "abcdef");
        assert_eq!(text(4), "abcd... and 2 octets more");
    }
}
