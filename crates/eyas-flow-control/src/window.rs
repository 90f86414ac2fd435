//! One signed window, the number that both directions are made of.

use crate::FlowError;

/// The largest size of a window, 2^31-1 octets (RFC 9113 section 6.9.1).
pub const WINDOW_MAX: u32 = i32::MAX as u32;

/// The size of every window before anyone said otherwise, 65,535 octets (RFC 9113 section 6.9.2).
pub const WINDOW_DEFAULT: u32 = 65_535;

/// How many octets may still be sent; negative after the initial window was reduced (RFC 9113 section 6.9.2).
///
/// ```
/// use eyas_flow_control::Window;
///
/// let mut window = Window::new(10);
/// window.shrink(16);
/// assert_eq!(window.available(), -6);
/// window.grow(7)?;
/// assert_eq!(window.take(100), 1);
/// assert!(!window.is_open());
/// # Ok::<(), eyas_flow_control::FlowError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(i32);

impl Window {
    /// A window of `size` octets.
    ///
    /// # Panics
    ///
    /// If `size` exceeds [`WINDOW_MAX`].
    #[must_use]
    pub const fn new(size: u32) -> Self {
        assert!(size <= WINDOW_MAX, "a window is at most 2^31-1 octets");
        Self(size as i32)
    }

    /// What is left, in octets.
    #[inline]
    #[must_use]
    pub const fn available(self) -> i32 {
        self.0
    }

    /// Whether at least one octet may be sent.
    #[inline]
    #[must_use]
    pub const fn is_open(self) -> bool {
        self.0 > 0
    }

    /// Adds the increment of a WINDOW_UPDATE frame.
    ///
    /// # Errors
    ///
    /// [`FlowError::ZeroIncrement`], or [`FlowError::Overflow`] beyond [`WINDOW_MAX`]; the window is then unchanged.
    #[inline]
    pub const fn grow(&mut self, increment: u32) -> Result<(), FlowError> {
        if increment == 0 {
            return Err(FlowError::ZeroIncrement);
        }
        let grown = self.0 as i64 + increment as i64;
        if grown > WINDOW_MAX as i64 {
            return Err(FlowError::Overflow);
        }
        self.0 = grown as i32;
        Ok(())
    }

    /// Takes up to `want` octets and says how many: none while the window is closed.
    #[inline]
    #[must_use = "what was taken is gone from the window"]
    pub const fn take(&mut self, want: u32) -> u32 {
        if self.0 <= 0 {
            return 0;
        }
        let available = self.0 as u32;
        let taken = if want < available { want } else { available };
        self.0 -= taken as i32;
        taken
    }

    /// Reduces the window, below zero if need be (RFC 9113 section 6.9.2); it stops at `i32::MIN`.
    #[inline]
    pub const fn shrink(&mut self, octets: u32) {
        self.0 = self.0.saturating_sub_unsigned(octets);
    }
}

impl Default for Window {
    /// A window of [`WINDOW_DEFAULT`] octets.
    fn default() -> Self {
        Self::new(WINDOW_DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_to_the_maximum_is_allowed_and_one_octet_more_is_not() {
        let mut window = Window::new(WINDOW_MAX - 1);
        assert_eq!(window.grow(2), Err(FlowError::Overflow));
        assert_eq!(window.grow(1), Ok(()));
        assert_eq!(window.available(), i32::MAX);
        assert_eq!(window.grow(u32::MAX), Err(FlowError::Overflow));
    }

    #[test]
    fn a_negative_window_gives_nothing_until_it_has_grown_above_zero() {
        let mut window = Window::new(0);
        window.shrink(5);
        assert_eq!(window.take(1), 0);
        window.grow(5).unwrap();
        assert_eq!((window.take(1), window.is_open()), (0, false));
        window.grow(3).unwrap();
        assert_eq!((window.take(2), window.take(2), window.take(2)), (2, 1, 0));
    }

    #[test]
    fn shrinking_stops_at_the_smallest_number() {
        let mut window = Window::new(0);
        window.shrink(u32::MAX);
        window.shrink(u32::MAX);
        assert_eq!(window.available(), i32::MIN);
    }

    #[test]
    #[should_panic(expected = "at most 2^31-1")]
    fn a_window_beyond_the_maximum_cannot_be_made() {
        let _ = Window::new(WINDOW_MAX + 1);
    }
}
