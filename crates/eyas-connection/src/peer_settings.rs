//! What the client announces in SETTINGS (RFC 9113 section 6.5).

use eyas_frame::{ErrorCode, Setting, SettingId, Settings, StreamId};
use eyas_output::ControlFrame;

use crate::connection::Connection;
use crate::end_reason::EndReason;
use crate::error::{ConnectionError, Fault, flow_fault};
use crate::input::unexpected;
use crate::limits::Charge;
use crate::observer::Observer;

impl<O: Observer> Connection<O> {
    pub(crate) fn on_settings(&mut self, settings: &Settings<'_>) -> Result<(), Fault> {
        if settings.is_ack() {
            if self.settings_unacknowledged == 0 {
                return Err(unexpected(
                    "SETTINGS was acknowledged that was not sent",
                    "RFC 9113 section 6.5.3",
                ));
            }
            self.settings_unacknowledged -= 1;
            if self.settings_unacknowledged == 0 {
                self.apply_own_settings();
            }
            return Ok(());
        }
        let entries = settings.len() as u32;
        if entries > self.limits.max_settings_entries() {
            self.observer.limit_hit("max_settings_entries");
            return Err(ConnectionError::peer(
                EndReason::InvalidSettings,
                ErrorCode::ENHANCE_YOUR_CALM,
                "SETTINGS has too many entries",
                "RFC 9113 section 10.5",
            )
            .into());
        }
        self.charge(Charge::Settings(entries))?;
        for setting in settings.iter() {
            self.apply(setting)?;
        }
        self.scheduler.control(ControlFrame::SettingsAck);
        Ok(())
    }

    fn apply(&mut self, setting: Setting) -> Result<(), Fault> {
        setting.check().map_err(|error| {
            ConnectionError::peer(
                EndReason::InvalidSettings,
                error.code(),
                error.reason(),
                error.rule(),
            )
        })?;
        match setting.id {
            SettingId::HEADER_TABLE_SIZE => self.scheduler.set_peer_table_size(setting.value),
            SettingId::MAX_FRAME_SIZE => self.scheduler.set_frame_size_max(setting.value),
            SettingId::INITIAL_WINDOW_SIZE => self
                .scheduler
                .set_initial_window(setting.value)
                .map_err(|error| flow_fault(error, StreamId::CONNECTION))?,
            SettingId::ENABLE_CONNECT_PROTOCOL => {
                if setting.value == 0 && self.peer_enables_connect {
                    return Err(withdrawn().into());
                }
                self.peer_enables_connect = setting.value == 1;
            }
            // The rest is about push, which is not done, and about what requests may do.
            _ => {}
        }
        Ok(())
    }
}

/// A client that announces extended CONNECT says nothing of use to a server, but has to stay with it.
fn withdrawn() -> ConnectionError {
    ConnectionError::peer(
        EndReason::InvalidSettings,
        ErrorCode::PROTOCOL_ERROR,
        "SETTINGS_ENABLE_CONNECT_PROTOCOL went from 1 to 0",
        "RFC 8441 section 3",
    )
}
