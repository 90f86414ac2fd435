//! What can be wrong with a peer's flow control; which frame it came in, and so how far it reaches, the caller knows.

use core::fmt;

/// A peer broke the rules of flow control (RFC 9113 sections 5.2.1 and 6.9).
///
/// ```
/// use eyas_flow_control::{FlowError, Window};
///
/// assert_eq!(Window::new(1).grow(0), Err(FlowError::ZeroIncrement));
/// assert_eq!(FlowError::ZeroIncrement.to_string(), "window increment is 0 (RFC 9113 section 6.9)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FlowError {
    /// More octets of DATA came than were advertised: FLOW_CONTROL_ERROR, of the stream or the connection whose
    /// window it was (RFC 9113 section 6.9.1).
    Overrun,
    /// A window would exceed 2^31-1 octets: FLOW_CONTROL_ERROR. By WINDOW_UPDATE it is an error of the stream or of
    /// the connection (RFC 9113 section 6.9.1), by SETTINGS always of the connection (section 6.9.2).
    Overflow,
    /// A WINDOW_UPDATE frame carried an increment of 0: PROTOCOL_ERROR (RFC 9113 section 6.9).
    ZeroIncrement,
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overrun => "more DATA than the window allows (RFC 9113 section 6.9.1)",
            Self::Overflow => "window exceeds 2147483647 octets (RFC 9113 section 6.9.1)",
            Self::ZeroIncrement => "window increment is 0 (RFC 9113 section 6.9)",
        })
    }
}

impl core::error::Error for FlowError {}
