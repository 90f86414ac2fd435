//! What people may watch: a statically dispatched trait, free when nobody does.

use eyas_frame::{ErrorCode, FrameHeader, StreamId};

use crate::end_reason::EndReason;
use crate::error::{Side, StreamError};

/// Declares the trait, and has `Box` and `Option` pass everything on.
macro_rules! observer {
    (
        $(#[$doc:meta])*
        pub trait $trait:ident {
            asked { $($(#[$ask_doc:meta])* $ask:ident;)* }
            told { $($(#[$tell_doc:meta])* $tell:ident($($argument:ident: $type:ty),*);)* }
        }
    ) => {
        $(#[$doc])*
        pub trait $trait {
            $(
                $(#[$ask_doc])*
                #[inline]
                fn $ask(&self) -> bool {
                    false
                }
            )*
            $(
                $(#[$tell_doc])*
                #[inline]
                fn $tell(&mut self, $($argument: $type),*) {
                    let _ = ($($argument),*);
                }
            )*
        }

        impl<O: $trait + ?Sized> $trait for Box<O> {
            $(
                fn $ask(&self) -> bool {
                    (**self).$ask()
                }
            )*
            $(
                fn $tell(&mut self, $($argument: $type),*) {
                    (**self).$tell($($argument),*);
                }
            )*
        }

        impl<O: $trait> $trait for Option<O> {
            $(
                fn $ask(&self) -> bool {
                    self.as_ref().is_some_and(|observer| observer.$ask())
                }
            )*
            $(
                fn $tell(&mut self, $($argument: $type),*) {
                    if let Some(observer) = self {
                        observer.$tell($($argument),*);
                    }
                }
            )*
        }
    };
}

observer! {
    /// Hears what happens on one connection, as it happens.
    ///
    /// Every method has an empty default. `()` hears nothing and costs nothing; `None` and an empty box
    /// cost next to nothing.
    ///
    /// What is dear to tell is told only to those who ask for it, by `wants_*`: asked once for each
    /// connection, except of types without data, which may be asked at any time.
    ///
    /// ```
    /// use eyas_connection::{Config, Connection, EndReason, Limits, Observer};
    ///
    /// #[derive(Default)]
    /// struct LastWords(Option<EndReason>);
    ///
    /// impl Observer for LastWords {
    ///     fn closed(&mut self, reason: EndReason) {
    ///         self.0 = Some(reason);
    ///     }
    /// }
    ///
    /// let watched = LastWords::default();
    /// let mut connection = Connection::with_observer(Config::default(), Limits::default(), watched);
    /// connection.handle_eof(std::time::Duration::ZERO);
    /// assert_eq!(connection.observer().0, Some(EndReason::PeerClosed));
    /// ```
    pub trait Observer {
        asked {
            /// Whether [`frame_received`](Self::frame_received) and [`frame_sent`](Self::frame_sent) are
            /// of interest.
            wants_frames;
            /// Whether [`octets_received`](Self::octets_received) and [`octets_sent`](Self::octets_sent)
            /// are of interest.
            wants_octets;
        }
        told {
            /// A frame was received. DATA is told when its header is there. Only if
            /// [`wants_frames`](Self::wants_frames).
            frame_received(header: FrameHeader);
            /// A frame was cut, and is handed to the transport next. Only if
            /// [`wants_frames`](Self::wants_frames).
            frame_sent(header: FrameHeader);
            /// Octets of the client, in order and each once, before they are handled. Only if
            /// [`wants_octets`](Self::wants_octets).
            octets_received(octets: &[u8]);
            /// Octets that are handed to the transport next, in order and each once. Only if
            /// [`wants_octets`](Self::wants_octets).
            octets_sent(octets: &[u8]);
            /// A stream was opened by a request.
            stream_opened(stream_id: StreamId);
            /// A stream error was found and the stream reset.
            stream_error(error: &StreamError);
            /// RST_STREAM was received from the peer, or queued by this side.
            stream_reset(stream_id: StreamId, error_code: ErrorCode, side: Side);
            /// A stream is gone: both its sides, and its application, are done.
            stream_closed(stream_id: StreamId);
            /// A limit was reached: the name it has in [`Limits`](crate::Limits) or
            /// [`Config`](crate::Config).
            limit_hit(name: &'static str);
            /// The connection has ended.
            closed(reason: EndReason);
        }
    }
}

impl Observer for () {}
