//! What a frame says, in words.

use std::fmt;

use eyas_frame::{Flags, Frame, FrameHeader, StreamDependency};
use eyas_hpack::DecodedField;

use crate::escape::Escaped;
use crate::trace::detail;

/// A frame's header.
pub(super) struct Line(pub(super) FrameHeader);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.0;
        write!(
            f,
            "{} stream={} length={}",
            header.kind,
            header.stream_id.get(),
            header.length
        )?;
        if header.flags != Flags::NONE {
            write!(f, " {}", header.flags.display(header.kind))?;
        }
        Ok(())
    }
}

/// Adds what is in the frame beside its header and its fields to `text`.
pub(super) fn describe(frame: &Frame<'_>, text: &mut String) {
    match frame {
        Frame::Headers(frame) => {
            if let Some(dependency) = frame.priority {
                detail(Dependency(dependency), text);
            }
        }
        Frame::Priority(frame) => detail(Dependency(frame.dependency), text),
        Frame::RstStream(frame) => detail(frame.error_code, text),
        Frame::Settings(settings) => {
            for setting in settings.iter().take(SETTINGS_MAX) {
                detail(format_args!("{} = {}", setting.id, setting.value), text);
            }
            if let Some(more) = settings.len().checked_sub(SETTINGS_MAX + 1) {
                detail(format_args!("(and {} more)", more + 1), text);
            }
        }
        Frame::PushPromise(frame) => detail(
            format_args!("promises stream {}", frame.promised_stream_id.get()),
            text,
        ),
        Frame::Ping(ping) => detail(format_args!("\"{}\"", Escaped::new(&ping.payload)), text),
        Frame::GoAway(frame) => {
            let last = frame.last_stream_id.get();
            detail(
                format_args!("{}, last stream {last}", frame.error_code),
                text,
            );
            if !frame.debug_data.is_empty() {
                let said = Escaped::new(frame.debug_data).at_most(VALUE_OCTETS_MAX);
                detail(format_args!("\"{said}\""), text);
            }
        }
        Frame::WindowUpdate(frame) => detail(format_args!("+{}", frame.increment), text),
        Frame::PriorityUpdate(frame) => {
            let stream = frame.prioritized_stream_id.get();
            let value = Escaped::new(frame.value).at_most(VALUE_OCTETS_MAX);
            detail(format_args!("stream {stream}: {value}"), text);
        }
        Frame::Data(_) | Frame::Continuation(_) | Frame::Unknown(_) => {}
    }
}

/// A field line; a value that is a secret is told by its length.
pub(super) struct Field<'a, 'b>(pub(super) &'a DecodedField<'b>);

impl fmt::Display for Field<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.0;
        let name = Escaped::new(field.name).at_most(VALUE_OCTETS_MAX);
        if field.sensitive || SECRETS.contains(&field.name) {
            return write!(f, "{name}: <{} octets>", field.value.len());
        }
        let value = Escaped::new(field.value).at_most(VALUE_OCTETS_MAX);
        write!(f, "{name}: {value}")
    }
}

/// The priority of RFC 7540, which RFC 9113 section 5.3.2 has abolished.
struct Dependency(StreamDependency);

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dependency = self.0;
        let stream = dependency.stream_id.get();
        let weight = u16::from(dependency.weight) + 1;
        write!(f, "depends on stream {stream}, weight {weight}")?;
        if dependency.exclusive {
            f.write_str(", exclusive")?;
        }
        Ok(())
    }
}

/// Fields that let in whoever has them.
const SECRETS: [&[u8]; 4] = [
    b"authorization",
    b"cookie",
    b"proxy-authorization",
    b"set-cookie",
];

/// Octets of a value that are shown.
const VALUE_OCTETS_MAX: usize = 200;
/// There are eight settings with a name; a frame can hold thousands.
const SETTINGS_MAX: usize = 32;
