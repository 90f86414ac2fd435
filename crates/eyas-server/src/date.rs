//! The `date` field: formatted once a second and thread, looked up once a turn.

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

thread_local! {
    static LAST: Cell<(u64, [u8; 29])> = const { Cell::new((0, [b' '; 29])) };
}

/// The date of one turn's responses.
#[derive(Debug, Default)]
pub(crate) struct TurnDate {
    /// Looked up by the first of them.
    text: Option<[u8; 29]>,
}

impl TurnDate {
    /// Now, as RFC 9110 section 5.6.7 writes it.
    #[inline]
    pub(crate) fn now(&mut self) -> [u8; 29] {
        *self.text.get_or_insert_with(now)
    }

    /// The next response looks anew.
    pub(crate) const fn end_turn(&mut self) {
        self.text = None;
    }
}

fn now() -> [u8; 29] {
    let now = SystemTime::now();
    let second = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (last, text) = LAST.get();
    if last == second && last != 0 {
        return text;
    }
    let mut text = [b' '; 29];
    let formatted = httpdate::fmt_http_date(now);
    for (to, from) in text.iter_mut().zip(formatted.bytes()) {
        *to = from;
    }
    LAST.set((second, text));
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_date_has_its_29_octets_and_is_now() {
        let text = super::now();
        let text = std::str::from_utf8(&text).expect("ASCII");
        let parsed = httpdate::parse_http_date(text).expect("an HTTP date");
        let age = parsed.elapsed().expect("not in the future");
        assert!(age.as_secs() < 5, "{text}");
    }
}
