//! The one way an option is declared: name, type, default, range and reason in one table row.

use std::fmt;
use std::ops::RangeInclusive;

/// An option was given a value out of its range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    name: &'static str,
    value: u64,
    range: RangeInclusive<u64>,
    rule: &'static str,
}

impl OutOfRange {
    /// The option.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it may be.
    #[must_use]
    pub const fn range(&self) -> &RangeInclusive<u64> {
        &self.range
    }

    pub(crate) fn check(
        name: &'static str,
        value: u64,
        range: RangeInclusive<u64>,
        rule: &'static str,
    ) -> Result<(), Self> {
        if range.contains(&value) {
            return Ok(());
        }
        Err(Self {
            name,
            value,
            range,
            rule,
        })
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            value,
            range,
            rule,
        } = self;
        let (low, high) = (range.start(), range.end());
        write!(f, "{name} is {value}, must be {low} to {high} ({rule})")
    }
}

impl std::error::Error for OutOfRange {}

/// Declares a struct of checked options. Each row: documentation, name, setter, type, default, range and
/// the rule the range comes from.
macro_rules! options {
    (
        $(#[$doc:meta])*
        pub struct $struct:ident {
            $($(#[$row:meta])* $name:ident, $set:ident: $type:ty = $default:expr, $low:expr => $high:expr, $rule:literal;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $struct {
            $($name: $type,)*
        }

        impl Default for $struct {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl $struct {
            $(
                $(#[$row])*
                #[doc = ""]
                #[doc = concat!("Default: `", stringify!($default), "`; range: `", stringify!($low), "` to `", stringify!($high), "` (", $rule, ").")]
                #[must_use]
                pub const fn $name(&self) -> $type {
                    self.$name
                }

                #[doc = concat!("Sets [`", stringify!($name), "`](Self::", stringify!($name), ").")]
                ///
                /// # Errors
                ///
                /// [`OutOfRange`](crate::OutOfRange) when the value lies outside the range; nothing changes then.
                pub fn $set(&mut self, value: $type) -> Result<&mut Self, $crate::OutOfRange> {
                    $crate::OutOfRange::check(
                        stringify!($name),
                        u64::from(value),
                        u64::from($low)..=u64::from($high),
                        $rule,
                    )?;
                    self.$name = value;
                    Ok(self)
                }
            )*
        }
    };
}

pub(crate) use options;
