//! Receiving: what the peer may still send, what it sent, what was used of it, and when to give credit.

use crate::{FlowError, WINDOW_MAX};

/// One receive window, of a stream or of the connection, exact to the octet.
///
/// Octets go round in a circle: the peer sends them (`available` to `unread`), the application uses them (`unread` to
/// `pending`), and a WINDOW_UPDATE frame gives them back (`pending` to `available`). Credit waits until it is half of
/// the target, so that a frame is worth its octets. Whatever is announced counts from the moment it is returned here,
/// so the caller must send it.
///
/// No call leaves a peer waiting: when everything was used, at least half of the target has been announced.
///
/// ```
/// use eyas_flow_control::{FlowError, InputFlowControl};
///
/// let mut window = InputFlowControl::new(100);
/// window.receive(60)?;
/// assert_eq!(window.receive(41), Err(FlowError::Overrun));
/// assert_eq!(window.consume(49), None);
/// assert_eq!(window.consume(1), Some(50));
/// assert_eq!((window.available(), window.unread()), (90, 10));
/// # Ok::<(), FlowError>(())
/// ```
// While not aborted: available + unread + pending = target + withheld, and pending = 0 or withheld = 0.
#[derive(Clone, Debug)]
pub struct InputFlowControl {
    /// Advertised less received; negative only by `shift`.
    available: i64,
    /// Received, not yet used.
    unread: u32,
    /// Used, not yet announced.
    pending: u32,
    /// `target <= WINDOW_MAX`
    target: u32,
    /// To be used without being announced again, since the target was reduced.
    withheld: u32,
    aborted: bool,
}

impl InputFlowControl {
    /// A window of which the peer may send `advertised` octets from the start; that is the target as well.
    ///
    /// # Panics
    ///
    /// If `advertised` exceeds [`WINDOW_MAX`].
    #[must_use]
    pub const fn new(advertised: u32) -> Self {
        assert!(
            advertised <= WINDOW_MAX,
            "a window is at most 2^31-1 octets"
        );
        Self {
            available: advertised as i64,
            unread: 0,
            pending: 0,
            target: advertised,
            withheld: 0,
            aborted: false,
        }
    }

    /// Counts the payload of a DATA frame, padding and the Pad Length octet included (RFC 9113 section 6.1).
    ///
    /// After [`abort`](Self::abort) the octets are checked but not kept as unread: the caller has discarded them, and
    /// consumes them on the connection's window at once.
    ///
    /// # Errors
    ///
    /// [`FlowError::Overrun`] when the peer was not allowed so many; nothing is counted then.
    #[inline]
    pub const fn receive(&mut self, octets: u32) -> Result<(), FlowError> {
        // An empty frame is allowed whatever the window is (RFC 9113 section 6.9.1).
        if octets > 0 && octets as i64 > self.available {
            return Err(FlowError::Overrun);
        }
        self.available -= octets as i64;
        if !self.aborted {
            // At most WINDOW_MAX by the target and as much again by shifts: it never saturates.
            self.unread = self.unread.saturating_add(octets);
        }
        Ok(())
    }

    /// Counts octets that were used: read by the application, or padding, or thrown away.
    ///
    /// `Some(increment)`: so much has to be announced in a WINDOW_UPDATE frame now, since half of the target was
    /// reached. After [`abort`](Self::abort), which has handed all octets over, it counts nothing.
    ///
    /// # Panics
    ///
    /// In debug builds, if more is consumed than is unread; release builds count what is unread.
    #[inline]
    #[must_use = "the increment has to be announced in a WINDOW_UPDATE frame"]
    pub const fn consume(&mut self, octets: u32) -> Option<u32> {
        if self.aborted {
            return None;
        }
        debug_assert!(
            octets <= self.unread,
            "octets were consumed that never came"
        );
        let octets = least(octets, self.unread);
        self.unread -= octets;
        let kept_back = least(octets, self.withheld);
        self.withheld -= kept_back;
        self.pending += octets - kept_back;
        self.credit_when_due()
    }

    /// Takes the credit that waits, to be announced now, however small.
    #[inline]
    #[must_use = "the increment has to be announced in a WINDOW_UPDATE frame"]
    pub const fn take_credit(&mut self) -> Option<u32> {
        if self.pending == 0 {
            return None;
        }
        let increment = self.pending;
        self.pending = 0;
        self.available += increment as i64;
        Some(increment)
    }

    /// Changes how much the peer may have under way; `size` above [`WINDOW_MAX`] counts as [`WINDOW_MAX`].
    ///
    /// Growing: the difference, with any credit that waits, comes back to be announced now. Shrinking: nothing can be
    /// called back, so the difference is kept back from credit to come; what then still waits may be due, for the
    /// threshold has become smaller.
    #[must_use = "the increment has to be announced in a WINDOW_UPDATE frame"]
    pub const fn set_target(&mut self, size: u32) -> Option<u32> {
        if self.aborted {
            return None;
        }
        let size = least(size, WINDOW_MAX);
        if size > self.target {
            let growth = size - self.target;
            self.target = size;
            let kept_back = least(growth, self.withheld);
            self.withheld -= kept_back;
            if growth > kept_back {
                self.pending += growth - kept_back;
                return self.take_credit();
            }
            return None;
        }
        self.withhold(self.target - size);
        self.target = size;
        self.credit_when_due()
    }

    /// Moves the window of a stream by the change of our own SETTINGS_INITIAL_WINDOW_SIZE, new less old, at the
    /// moment the peer acknowledged it (RFC 9113 sections 6.5.3 and 6.9.2). Available octets may become negative.
    ///
    /// The target moves along, between 0 and [`WINDOW_MAX`]. Not for the connection's window, which SETTINGS do not
    /// move. A smaller target may make credit due.
    #[must_use = "the increment has to be announced in a WINDOW_UPDATE frame"]
    pub const fn shift(&mut self, delta: i64) -> Option<u32> {
        self.available = self.available.saturating_add(delta);
        if self.aborted {
            return None;
        }
        let wished = (self.target as i64).saturating_add(delta);
        let moved = if wished < 0 {
            0
        } else if wished > WINDOW_MAX as i64 {
            WINDOW_MAX as i64
        } else {
            wished
        };
        self.target = moved as u32;
        // Where the target could not move along, the peer holds too much (kept back) or too little (credit).
        let excess = wished.saturating_sub(moved);
        if excess >= 0 {
            self.withhold(clamp_to_u32(excess));
        } else {
            let owed = clamp_to_u32(excess.saturating_neg());
            let kept_back = least(owed, self.withheld);
            self.withheld -= kept_back;
            self.pending = self.pending.saturating_add(owed - kept_back);
        }
        self.credit_when_due()
    }

    /// Ends the giving of credit, when the stream was reset or its body is not wanted.
    ///
    /// Returns the octets that came and were not used: the caller consumes them on the connection's window. They are
    /// no longer unread here. A second call returns 0.
    #[must_use = "the octets have to be consumed on the connection's window"]
    pub const fn abort(&mut self) -> u32 {
        let unread = self.unread;
        self.unread = 0;
        self.pending = 0;
        self.withheld = 0;
        self.aborted = true;
        unread
    }

    /// What the peer may still send, in octets, by what was announced to it so far.
    #[inline]
    #[must_use]
    pub const fn available(&self) -> i64 {
        self.available
    }

    /// Octets that were received and not used yet.
    #[inline]
    #[must_use]
    pub const fn unread(&self) -> u32 {
        self.unread
    }

    /// Credit that waits to be announced, in octets.
    #[inline]
    #[must_use]
    pub const fn pending(&self) -> u32 {
        self.pending
    }

    /// How much the peer may have under way at most, in octets: available, unread and pending together.
    #[inline]
    #[must_use]
    pub const fn target(&self) -> u32 {
        self.target
    }

    /// Whether [`abort`](Self::abort) was called.
    #[inline]
    #[must_use]
    pub const fn is_aborted(&self) -> bool {
        self.aborted
    }

    const fn credit_when_due(&mut self) -> Option<u32> {
        // pending >= ceil(target / 2); with pending = 0 there is nothing to take.
        if self.pending >= self.target - self.target / 2 {
            self.take_credit()
        } else {
            None
        }
    }

    const fn withhold(&mut self, octets: u32) {
        let from_pending = least(octets, self.pending);
        self.pending -= from_pending;
        self.withheld = self.withheld.saturating_add(octets - from_pending);
    }
}

const fn least(a: u32, b: u32) -> u32 {
    if a < b { a } else { b }
}

const fn clamp_to_u32(octets: i64) -> u32 {
    if octets > u32::MAX as i64 {
        u32::MAX
    } else {
        octets as u32
    }
}

#[cfg(test)]
mod tests;
