//! What a server may choose about the protocol, with its default and range.

use eyas_output::Marks;

use crate::options::options;

options! {
    /// Protocol options of a connection. Bounds on what a peer may cost are in [`Limits`](crate::Limits).
    pub struct Config {
        /// Streams a client may have open at once: SETTINGS_MAX_CONCURRENT_STREAMS. As many again may
        /// still have a handler running after their reset. One more is refused with REFUSED_STREAM.
        max_concurrent_streams, set_max_concurrent_streams: u32 = 250, 1_u32 => 0x7fff_ffff_u32, "RFC 9113 section 6.5.2";
        /// Octets a client may send on a stream before credit is given: SETTINGS_INITIAL_WINDOW_SIZE. One
        /// that sends more ends the connection with FLOW_CONTROL_ERROR.
        initial_stream_window, set_initial_stream_window: u32 = 768 * 1024, 0_u32 => 0x7fff_ffff_u32, "RFC 9113 section 6.9.2";
        /// Octets a client may send on all streams together before credit is given. One that sends more
        /// ends the connection with FLOW_CONTROL_ERROR.
        initial_connection_window, set_initial_connection_window: u32 = 1024 * 1024, 65_535_u32 => 0x7fff_ffff_u32, "RFC 9113 section 6.9.2";
        /// The largest payload accepted in a frame: SETTINGS_MAX_FRAME_SIZE. DATA is passed on before
        /// its frame is complete, so that larger frames cost no memory. A larger frame is a
        /// FRAME_SIZE_ERROR.
        max_frame_size, set_max_frame_size: u32 = 16_384, 16_384_u32 => 16_777_215_u32, "RFC 9113 section 6.5.2";
        /// Octets of the table for compressed request fields: SETTINGS_HEADER_TABLE_SIZE. A client that
        /// makes its own larger ends the connection with COMPRESSION_ERROR.
        header_table_size, set_header_table_size: u32 = 4096, 0_u32 => 1024 * 1024_u32, "RFC 9113 section 6.5.2";
        /// Octets of the table for compressed response fields, whatever more the client allows. When they
        /// are used up, the oldest fields give way.
        max_encoder_table_size, set_max_encoder_table_size: u32 = 4096, 0_u32 => 1024 * 1024_u32, "RFC 7541 section 4.2";
        /// Octets of a response that may wait unsent before its handler is asked to pause. Doubles, up to
        /// eight times as much, while the client reads faster than the handler writes.
        send_buffer_octets, set_send_buffer_octets: u32 = 64 * 1024, 1024_u32 => 64 * 1024 * 1024_u32, "memory of one response";
        /// Whether clients may use extended CONNECT, for WebSockets among others:
        /// SETTINGS_ENABLE_CONNECT_PROTOCOL. Such a request has the [`Protocol`](crate::Protocol) it asks
        /// for among its extensions. While `false` it is malformed.
        enable_connect_protocol, set_enable_connect_protocol: bool = false, false => true, "RFC 8441 section 3";
    }
}

impl Config {
    pub(crate) fn marks(&self) -> Marks {
        let initial = self.send_buffer_octets() as usize;
        Marks::new(initial, initial * 8).unwrap_or_default()
    }
}
