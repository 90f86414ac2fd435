//! Days of the calendar: as little of it as certificates need.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A day, counted from 1970-01-01 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(pub(crate) i64);

impl Day {
    /// The day it is now.
    pub(crate) fn today() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = now.map_or(0, |since| since.as_secs());
        Self(i64::try_from(seconds / SECONDS_PER_DAY).unwrap_or_default())
    }

    /// The day with this name. Months count from 1; what is too large runs over into the next one.
    pub(crate) const fn of(year: i64, month: i64, day: i64) -> Self {
        // Years that begin in March have their leap day at their end.
        let (year, month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let era = year.div_euclid(400);
        let year = year.rem_euclid(400);
        let days = year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1;
        Self(era * DAYS_PER_ERA + days - DAYS_TO_1970)
    }

    /// Year, month from 1 and day from 1.
    pub(crate) const fn date(self) -> (i64, i64, i64) {
        let days = self.0 + DAYS_TO_1970;
        let era = days.div_euclid(DAYS_PER_ERA);
        let day = days.rem_euclid(DAYS_PER_ERA);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let year = era * 400 + year;
        if month < 10 {
            (year, month + 3, day)
        } else {
            (year + 1, month - 9, day)
        }
    }

    /// So many days later.
    pub(crate) const fn after(self, days: i64) -> Self {
        Self(self.0 + days)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
/// Four hundred years, after which the calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_known_have_their_numbers() {
        for (day, name) in [
            (-1, "1969-12-31"),
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_513, "2026-03-01"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Day(day).to_string(), name);
        }
    }

    #[test]
    fn a_day_is_found_again_by_its_name() {
        for day in (-800_000..800_000).step_by(7) {
            let (year, month, of_month) = Day(day).date();
            assert_eq!(Day::of(year, month, of_month), Day(day));
        }
    }
}
