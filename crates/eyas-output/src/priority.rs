//! How urgent a response is, and whether it shares: the two parameters of RFC 9218 section 4.

/// A stream's priority (RFC 9218 section 4).
///
/// ```
/// use eyas_output::Priority;
///
/// let image = Priority::new(2).expect("2 lies in 0..=7").incremental(true);
/// assert_eq!((image.urgency(), image.is_incremental()), (2, true));
/// assert!(Priority::new(8).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Priority {
    urgency: u8,
    incremental: bool,
}

impl Priority {
    /// What a stream has while its client has sent no priority signal at all: urgency 3, sharing
    /// the connection fairly with its equals. RFC 9218 section 4 makes sequential delivery the
    /// default of the *signal*; a client that never signals is served as a fair round robin.
    pub const UNSIGNALLED: Self = Self {
        urgency: 3,
        incremental: true,
    };

    /// Urgency `0` (most urgent) to `7`, sequential. `None` when `urgency` is out of range.
    #[must_use]
    pub const fn new(urgency: u8) -> Option<Self> {
        if urgency > 7 {
            return None;
        }
        Some(Self {
            urgency,
            incremental: false,
        })
    }

    /// The same urgency with the incremental parameter set to `incremental` (RFC 9218 section 4.2).
    #[must_use]
    pub const fn incremental(self, incremental: bool) -> Self {
        Self {
            incremental,
            ..self
        }
    }

    /// The urgency, `0..=7`; lower is served first (RFC 9218 section 4.1).
    #[must_use]
    pub const fn urgency(self) -> u8 {
        self.urgency
    }

    /// Whether the response is useful in pieces, so that it may share its turn with others.
    #[must_use]
    pub const fn is_incremental(self) -> bool {
        self.incremental
    }

    /// One of sixteen classes: urgency first, sequential before incremental.
    #[inline]
    pub(crate) const fn class(self) -> usize {
        (self.urgency as usize) * 2 + self.incremental as usize
    }

    /// Whether the streams of a [`class`](Self::class) are incremental.
    #[inline]
    pub(crate) const fn is_class_incremental(class: usize) -> bool {
        class % 2 == 1
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::UNSIGNALLED
    }
}
