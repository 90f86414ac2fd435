//! The macro behind the open registries (frame types, error codes, settings): numbers, some of
//! which have a name.

/// Gives a tuple struct around a number its constants, `name()`, `Display` and `Debug`.
///
/// A value without a name is legal and prints as a hexadecimal number.
macro_rules! named_values {
    ($type:ident { $($(#[$meta:meta])* $name:ident = $value:literal,)+ }) => {
        impl $type {
            $($(#[$meta])* pub const $name: Self = Self($value);)+

            /// The name the RFC gives to this value, or `None` for a value without one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($name)),)+
                    _ => None,
                }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, "{:#x}", self.0),
                }
            }
        }

        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }
    };
}

pub(crate) use named_values;
