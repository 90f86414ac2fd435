//! Sending: how many octets of DATA may leave now, by the windows that the peer controls.

use crate::{FlowError, WINDOW_DEFAULT, WINDOW_MAX, Window};

/// The connection's side of sending: its own window, and the base from which every stream's window is an offset.
///
/// The base is the peer's SETTINGS_INITIAL_WINDOW_SIZE. A change of it moves all streams at once (RFC 9113 section
/// 6.9.2) without touching any of them.
///
/// ```
/// use eyas_flow_control::{OutputFlowControl, OutputWindow};
///
/// let mut connection = OutputFlowControl::new(3);
/// let mut stream = OutputWindow::new();
/// assert_eq!(OutputFlowControl::take(&mut stream, &mut connection, 5), 3);
/// let change = connection.set_initial_window(1)?;
/// assert!(!change.grew);
/// assert_eq!(connection.available(&stream), -2);
/// assert!(connection.grow(&mut stream, 4)?, "it was closed and is now open");
/// assert_eq!(OutputFlowControl::take(&mut stream, &mut connection, 5), 2);
/// # Ok::<(), eyas_flow_control::FlowError>(())
/// ```
#[derive(Clone, Debug)]
pub struct OutputFlowControl {
    connection: Window,
    /// `initial_window <= WINDOW_MAX`
    initial_window: u32,
    /// `0 <= highest_offset`, and no live stream's offset is above it.
    highest_offset: i32,
}

impl OutputFlowControl {
    /// A connection whose own window is [`WINDOW_DEFAULT`], as it always is at first, and whose streams begin with
    /// `initial_window` octets ([`WINDOW_DEFAULT`] until the peer's SETTINGS say otherwise).
    ///
    /// # Panics
    ///
    /// If `initial_window` exceeds [`WINDOW_MAX`].
    #[must_use]
    pub const fn new(initial_window: u32) -> Self {
        assert!(
            initial_window <= WINDOW_MAX,
            "a window is at most 2^31-1 octets"
        );
        Self {
            connection: Window::new(WINDOW_DEFAULT),
            initial_window,
            highest_offset: 0,
        }
    }

    /// What is left of the connection's window, in octets.
    #[inline]
    #[must_use]
    pub const fn connection_available(&self) -> i32 {
        self.connection.available()
    }

    /// What a stream begins with, in octets: the peer's SETTINGS_INITIAL_WINDOW_SIZE.
    #[inline]
    #[must_use]
    pub const fn initial_window(&self) -> u32 {
        self.initial_window
    }

    /// What is left of the stream's own window, in octets; negative after the initial window was reduced.
    #[inline]
    #[must_use]
    pub const fn available(&self, stream: &OutputWindow) -> i64 {
        self.initial_window as i64 + stream.offset as i64
    }

    /// Takes up to `want` octets from both windows, and says how many: the least of the three, none when one of the
    /// windows is closed.
    #[inline]
    #[must_use = "what was taken is gone from both windows"]
    pub const fn take(stream: &mut OutputWindow, connection: &mut Self, want: u32) -> u32 {
        let available = connection.available(stream);
        if available <= 0 {
            return 0;
        }
        let want = if available < want as i64 {
            available as u32
        } else {
            want
        };
        let taken = connection.connection.take(want);
        // taken <= available = base + offset, hence offset - taken >= -base >= -WINDOW_MAX.
        stream.offset -= taken as i32;
        taken
    }

    /// Adds the increment of a stream's WINDOW_UPDATE frame. `true`: the stream's window was closed and is now open.
    ///
    /// # Errors
    ///
    /// [`FlowError::ZeroIncrement`] and [`FlowError::Overflow`], both errors of the stream alone (RFC 9113 sections
    /// 6.9 and 6.9.1); the window is then unchanged.
    #[inline]
    pub const fn grow(
        &mut self,
        stream: &mut OutputWindow,
        increment: u32,
    ) -> Result<bool, FlowError> {
        if increment == 0 {
            return Err(FlowError::ZeroIncrement);
        }
        let before = self.available(stream);
        if before + increment as i64 > WINDOW_MAX as i64 {
            return Err(FlowError::Overflow);
        }
        // base + offset + increment <= WINDOW_MAX was just checked, and base >= 0: the new offset fits.
        stream.offset = (stream.offset as i64 + increment as i64) as i32;
        if stream.offset > self.highest_offset {
            self.highest_offset = stream.offset;
        }
        Ok(before <= 0 && self.available(stream) > 0)
    }

    /// Adds the increment of the connection's WINDOW_UPDATE frame. `true`: the window was closed and is now open.
    ///
    /// # Errors
    ///
    /// [`FlowError::ZeroIncrement`] and [`FlowError::Overflow`], both errors of the connection; the window is then
    /// unchanged.
    #[inline]
    pub const fn grow_connection(&mut self, increment: u32) -> Result<bool, FlowError> {
        let was_open = self.connection.is_open();
        match self.connection.grow(increment) {
            Ok(()) => Ok(!was_open && self.connection.is_open()),
            Err(error) => Err(error),
        }
    }

    /// Applies the peer's SETTINGS_INITIAL_WINDOW_SIZE to every stream, open ones included, in constant time.
    ///
    /// The rare change that could lift some stream above [`WINDOW_MAX`] comes back with
    /// [`must_check`](InitialWindowChange::must_check): then [`recheck`](Self::recheck) has to look at each stream.
    ///
    /// # Errors
    ///
    /// [`FlowError::Overflow`] when `value` exceeds [`WINDOW_MAX`], an error of the connection (RFC 9113 section
    /// 6.5.2); nothing has changed then.
    pub const fn set_initial_window(
        &mut self,
        value: u32,
    ) -> Result<InitialWindowChange, FlowError> {
        if value > WINDOW_MAX {
            return Err(FlowError::Overflow);
        }
        let grew = value > self.initial_window;
        self.initial_window = value;
        let bound = value as i64 + self.highest_offset as i64;
        Ok(InitialWindowChange {
            grew,
            must_check: grew && bound > WINDOW_MAX as i64,
        })
    }

    /// Looks at the window of every live stream, after [`InitialWindowChange::must_check`], in time linear in their
    /// number. Streams that are gone no longer count afterwards, so the next change is cheap again.
    ///
    /// # Errors
    ///
    /// [`FlowError::Overflow`] when any of them exceeds [`WINDOW_MAX`], an error of the connection (RFC 9113 section
    /// 6.9.2).
    pub fn recheck<'a>(
        &mut self,
        streams: impl IntoIterator<Item = &'a OutputWindow>,
    ) -> Result<(), FlowError> {
        // New streams begin with offset 0, so the bound is never below it.
        let highest = streams
            .into_iter()
            .fold(0, |highest, stream| stream.offset.max(highest));
        self.highest_offset = highest;
        if i64::from(self.initial_window) + i64::from(highest) > i64::from(WINDOW_MAX) {
            return Err(FlowError::Overflow);
        }
        Ok(())
    }
}

/// One stream's window for sending, as an offset to the base in its connection's [`OutputFlowControl`].
///
/// ```
/// use eyas_flow_control::{OutputFlowControl, OutputWindow};
///
/// let stream = OutputWindow::new();
/// assert_eq!(OutputFlowControl::new(100).available(&stream), 100);
/// ```
#[derive(Clone, Debug, Default)]
pub struct OutputWindow {
    /// Increments of WINDOW_UPDATE less octets sent; `-WINDOW_MAX <= offset <= WINDOW_MAX`.
    offset: i32,
}

impl OutputWindow {
    /// The window of a stream that just opened.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { offset: 0 }
    }
}

/// What a new initial window asks of the caller.
///
/// ```
/// use eyas_flow_control::{OutputFlowControl, WINDOW_DEFAULT};
///
/// let change = OutputFlowControl::new(WINDOW_DEFAULT).set_initial_window(1 << 20)?;
/// assert!(change.grew && !change.must_check);
/// # Ok::<(), eyas_flow_control::FlowError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "streams may have become ready, or may have to be checked"]
pub struct InitialWindowChange {
    /// The window became larger: streams that waited for theirs may be open now.
    pub grew: bool,
    /// Some stream may exceed [`WINDOW_MAX`]: call [`OutputFlowControl::recheck`] with all of them.
    pub must_check: bool,
}

#[cfg(test)]
mod tests;
