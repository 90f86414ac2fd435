//! What we announce in SETTINGS, and from when it holds.

use eyas_flow_control::{InputFlowControl, WINDOW_DEFAULT};
use eyas_frame::{Setting, SettingId, StreamId};
use eyas_output::{ControlFrame, StreamKey};

use crate::connection::Connection;
use crate::observer::Observer;

impl<O: Observer> Connection<O> {
    /// Our own preface: SETTINGS, and the connection's first credit. Once.
    pub(crate) fn send_first_settings(&mut self) {
        if std::mem::replace(&mut self.settings_sent, true) {
            return;
        }
        let config = &self.config;
        let mut settings = vec![
            Setting {
                id: SettingId::MAX_CONCURRENT_STREAMS,
                value: config.max_concurrent_streams(),
            },
            Setting {
                id: SettingId::INITIAL_WINDOW_SIZE,
                value: config.initial_stream_window(),
            },
            Setting {
                id: SettingId::MAX_HEADER_LIST_SIZE,
                value: self.limits.max_header_list_octets(),
            },
            // RFC 9218 section 2.1: the priorities of RFC 7540 are ignored.
            Setting {
                id: SettingId::NO_RFC7540_PRIORITIES,
                value: 1,
            },
        ];
        if config.header_table_size() != eyas_hpack::DEFAULT_TABLE_SIZE {
            settings.push(Setting {
                id: SettingId::HEADER_TABLE_SIZE,
                value: config.header_table_size(),
            });
        }
        if config.max_frame_size() != eyas_frame::DEFAULT_MAX_FRAME_SIZE {
            settings.push(Setting {
                id: SettingId::MAX_FRAME_SIZE,
                value: config.max_frame_size(),
            });
        }
        // Only when it is on: zero is what a client assumes (RFC 8441 section 3).
        if config.enable_connect_protocol() {
            settings.push(Setting {
                id: SettingId::ENABLE_CONNECT_PROTOCOL,
                value: 1,
            });
        }
        let window = config.initial_connection_window();
        self.scheduler
            .control(ControlFrame::Settings(settings.into_boxed_slice()));
        self.settings_unacknowledged = 1;
        if let Some(increment) = self.input.set_target(window) {
            self.scheduler.control(ControlFrame::WindowUpdate {
                stream_id: StreamId::CONNECTION,
                increment,
            });
        }
    }

    /// The window a new stream of the client starts with.
    ///
    /// Until our SETTINGS are acknowledged the client may believe in the initial 65,535 octets.
    pub(crate) fn stream_input(&self) -> InputFlowControl {
        let window = self.config.initial_stream_window();
        if self.settings_unacknowledged > 0 && window < WINDOW_DEFAULT {
            InputFlowControl::new(WINDOW_DEFAULT)
        } else {
            InputFlowControl::new(window)
        }
    }

    /// The client has acknowledged our SETTINGS: from here on it keeps to values smaller than the
    /// initial ones (RFC 9113 section 6.5.3).
    pub(crate) fn apply_own_settings(&mut self) {
        let window = self.config.initial_stream_window();
        if window < WINDOW_DEFAULT {
            for key in self.streams.keys() {
                self.shift_window(key, i64::from(window) - i64::from(WINDOW_DEFAULT));
            }
        }
        let table_size = self.config.header_table_size();
        if table_size < eyas_hpack::DEFAULT_TABLE_SIZE {
            self.decoder.set_max_table_size(table_size);
            // The next block may have to begin with its acknowledgement.
            self.last_block.forget();
        }
    }

    fn shift_window(&mut self, key: StreamKey, delta: i64) {
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        let increment = stream.input.shift(delta);
        if let Some(increment) = increment.filter(|_| stream.state.may_receive()) {
            let stream_id = stream.id;
            self.scheduler.control(ControlFrame::WindowUpdate {
                stream_id,
                increment,
            });
        }
    }
}
