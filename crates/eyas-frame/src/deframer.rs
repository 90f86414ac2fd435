//! From a stream of octets, split anywhere, to frames; DATA comes in chunks.

use crate::error::{DecodeError, Reach};
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame::{Frame, check_header};
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::padding;
use crate::stream_id::StreamId;

/// Cuts the octets behind the connection preface into [`Item`]s.
///
/// The deframer keeps no octets. The caller keeps an input buffer, shows it to
/// [`next`](Self::next) from its front, and drops from the front what was consumed:
///
/// * DATA is yielded in [`DataChunk`]s as it comes, the first as soon as the header is there;
/// * every other frame is yielded when it is whole, so that the caller never has to hold more
///   than [`FrameHeader::LEN`] plus the largest accepted payload;
/// * a frame too long, of an impossible length or on an impossible stream is refused on its nine
///   header octets;
/// * after an error that reaches the connection, nothing more comes out.
///
/// ```
/// use eyas_frame::{Data, Deframer, Item, StreamId};
///
/// let stream_id = StreamId::new(1).expect("1 is a stream");
/// let mut octets = Vec::new();
/// Data { stream_id, data: b"hello", end_stream: true, padding: None }.encode(&mut octets);
///
/// // Nine octets of header and two of data: enough for a first chunk.
/// let mut deframer = Deframer::new(16_384);
/// let step = deframer.next(&octets[..11]).expect("a chunk");
/// let Item::Data(chunk) = step.item? else { unreachable!("only DATA was sent") };
/// assert_eq!((chunk.payload, chunk.first, chunk.last), (&b"he"[..], true, false));
///
/// let rest = &octets[step.consumed..];
/// let Item::Data(chunk) = deframer.next(rest).expect("a chunk").item? else { unreachable!() };
/// assert_eq!((chunk.payload, chunk.first, chunk.last), (&b"llo"[..], false, true));
/// assert!(chunk.end_stream());
/// # Ok::<(), eyas_frame::DecodeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Deframer {
    max_frame_size: u32,
    state: State,
}

/// What the front of the input is.
#[derive(Debug, Clone, Copy)]
enum State {
    /// A frame header.
    Header,
    /// The rest of a DATA payload, at least one octet.
    Data(OpenData),
    /// Octets that no longer mean anything.
    Failed,
}

/// What [`Deframer::next`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// Octets at the front of the input that are done with. After an error that reaches a stream
    /// the next frame begins behind them.
    pub consumed: usize,
    /// The frame, the chunk, or what is wrong with it.
    pub item: Result<Item<'a>, DecodeError>,
}

/// A frame, or a part of a DATA frame.
#[allow(
    clippy::exhaustive_enums,
    reason = "only DATA may grow so large that it is worth yielding in parts"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A whole frame with its header; of any type but DATA.
    Frame(FrameHeader, Frame<'a>),
    /// The part of a DATA frame that is there.
    Data(DataChunk<'a>),
}

/// A part of a DATA frame.
///
/// Over the chunks of one frame, `payload.len() + padding` add up to `header.length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataChunk<'a> {
    /// The header of the frame it is part of.
    pub header: FrameHeader,
    /// The content that is there, without padding; may be empty.
    pub payload: &'a [u8],
    /// Where in the input `payload` begins, in octets; at most `consumed`.
    pub payload_offset: usize,
    /// Whether the header was consumed with this chunk.
    pub first: bool,
    /// Whether the frame ends with this chunk, padding included.
    pub last: bool,
    /// Octets of padding consumed with this chunk, the Pad Length octet included.
    pub padding: u32,
}

impl Deframer {
    /// A deframer at the beginning of a frame, which refuses payloads of more than
    /// `max_frame_size` octets.
    ///
    /// That is the value this side has announced as SETTINGS_MAX_FRAME_SIZE:
    /// `16_384..=16_777_215` (RFC 9113 section 4.2). Smaller values are possible, larger ones
    /// have no effect.
    #[must_use]
    pub const fn new(max_frame_size: u32) -> Self {
        Self {
            max_frame_size,
            state: State::Header,
        }
    }

    /// Changes the largest accepted payload, in octets, from the next frame header on.
    pub const fn set_max_frame_size(&mut self, max_frame_size: u32) {
        self.max_frame_size = max_frame_size;
    }

    /// Looks at the front of `input`, which begins where the last step stopped.
    ///
    /// `None` says that nothing was consumed and that more octets are needed; or, after an error
    /// that reaches the connection, that nothing will ever come. Errors are in [`Step::item`]:
    /// what RFC 9113 section 6 forbids in a frame, and FRAME_SIZE_ERROR for the connection when a
    /// payload of any type is longer than accepted (RFC 9113 section 4.2).
    #[inline]
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Option<Step<'a>> {
        match self.state {
            State::Header => self.next_frame(input),
            State::Data(_) if input.is_empty() => None,
            State::Data(open) => Some(self.next_chunk(open, input, 0)),
            State::Failed => None,
        }
    }

    /// How many octets `input` must have in total before [`next`](Self::next) has something to
    /// say about its front. A hint for how much to read; 0 if nothing will ever come.
    #[must_use]
    pub fn needed(&self, input: &[u8]) -> usize {
        match self.state {
            State::Header => {}
            State::Data(_) => return 1,
            State::Failed => return 0,
        }
        let Some(octets) = input.first_chunk() else {
            return FrameHeader::LEN;
        };
        let header = FrameHeader::decode(octets);
        let refused_at_once = self
            .check(header)
            .is_err_and(|error| error.reach() == Reach::Connection);
        if header.kind == FrameType::DATA || refused_at_once {
            FrameHeader::LEN
        } else {
            FrameHeader::LEN + header.length as usize
        }
    }

    #[inline]
    fn next_frame<'a>(&mut self, input: &'a [u8]) -> Option<Step<'a>> {
        let header = FrameHeader::decode(input.first_chunk()?);
        if let Err(error) = self.check(header) {
            return self.refuse(error, header, input);
        }
        if header.kind == FrameType::DATA {
            return Some(self.next_chunk(OpenData::new(header), input, FrameHeader::LEN));
        }
        let frame_len = FrameHeader::LEN + header.length as usize;
        let payload = input.get(FrameHeader::LEN..frame_len)?;
        match Frame::decode_checked(header, payload) {
            Ok(frame) => Some(Step {
                consumed: frame_len,
                item: Ok(Item::Frame(header, frame)),
            }),
            Err(error) => Some(self.fail(error, frame_len)),
        }
    }

    #[inline]
    fn check(&self, header: FrameHeader) -> Result<(), DecodeError> {
        if header.length > self.max_frame_size {
            return Err(too_long(header));
        }
        check_header(header)
    }

    /// What to do about a header that is wrong by itself.
    #[cold]
    fn refuse<'a>(
        &mut self,
        error: DecodeError,
        header: FrameHeader,
        input: &'a [u8],
    ) -> Option<Step<'a>> {
        let consumed = match error.reach() {
            Reach::Connection => FrameHeader::LEN,
            // The next frame begins behind the payload, so that must be there.
            Reach::Stream(_) => FrameHeader::LEN + header.length as usize,
        };
        (input.len() >= consumed).then(|| self.fail(error, consumed))
    }

    /// The next part of the frame `open`, from the octets of `input` behind `start`.
    #[inline]
    fn next_chunk<'a>(&mut self, mut open: OpenData, input: &'a [u8], start: usize) -> Step<'a> {
        match open.advance(input, start) {
            Ok(chunk) => {
                self.state = if chunk.last {
                    State::Header
                } else {
                    State::Data(open)
                };
                let consumed = start + chunk.payload.len() + chunk.padding as usize;
                Step {
                    consumed,
                    item: Ok(Item::Data(chunk)),
                }
            }
            // The fault is in the Pad Length octet.
            Err(error) => self.fail(error, start + 1),
        }
    }

    #[cold]
    fn fail<'a>(&mut self, error: DecodeError, consumed: usize) -> Step<'a> {
        if error.reach() == Reach::Connection {
            self.state = State::Failed;
        }
        Step {
            consumed,
            item: Err(error),
        }
    }
}

impl DataChunk<'_> {
    /// The stream, never 0.
    #[inline]
    #[must_use]
    pub const fn stream_id(&self) -> StreamId {
        self.header.stream_id
    }

    /// What the whole frame, not only this chunk, takes from the flow-control windows, in octets:
    /// content, padding and the Pad Length octet (RFC 9113 section 6.9.1). To be charged once, at
    /// the `first` chunk.
    #[inline]
    #[must_use]
    pub const fn flow_controlled_len(&self) -> u32 {
        self.header.length
    }

    /// Whether the stream ends with this chunk: the last one of a frame with END_STREAM.
    #[inline]
    #[must_use]
    pub const fn end_stream(&self) -> bool {
        self.last && self.header.flags.contains(Flags::END_STREAM)
    }
}

/// A DATA frame whose payload is not yet consumed to its end.
///
/// `pad_length_due + data_left + padding_left` octets are still to come; before the Pad Length
/// octet is read, `data_left` counts the padding too.
#[derive(Debug, Clone, Copy)]
struct OpenData {
    header: FrameHeader,
    pad_length_due: bool,
    data_left: u32,
    padding_left: u32,
}

impl OpenData {
    /// The frame behind a header that `check_header` has passed.
    fn new(header: FrameHeader) -> Self {
        let pad_length_due = header.flags.contains(Flags::PADDED);
        Self {
            header,
            pad_length_due,
            data_left: header.length.saturating_sub(u32::from(pad_length_due)),
            padding_left: 0,
        }
    }

    /// Takes what belongs to the frame from `input`, where its next octet is at `start`. With
    /// nothing there the chunk is empty. The chunk is the first if `start` is behind a header.
    #[inline]
    fn advance<'a>(&mut self, input: &'a [u8], start: usize) -> Result<DataChunk<'a>, DecodeError> {
        let mut rest = input.get(start..).unwrap_or_default();
        let mut payload_offset = start;
        let mut padding = 0;
        if self.pad_length_due
            && let Some((&pad_length, behind)) = rest.split_first()
        {
            self.data_left = padding::content_len(self.header, pad_length, 0)?;
            self.padding_left = u32::from(pad_length);
            self.pad_length_due = false;
            rest = behind;
            payload_offset += 1;
            padding = 1;
        }
        let (payload, rest) = rest.split_at(at_most(self.data_left, rest.len()));
        self.data_left -= payload.len() as u32;
        // If data is left, then `rest` is empty, and nothing is mistaken for padding.
        let skipped = at_most(self.padding_left, rest.len()) as u32;
        self.padding_left -= skipped;
        Ok(DataChunk {
            header: self.header,
            payload,
            payload_offset,
            first: start != 0,
            last: !self.pad_length_due && self.data_left == 0 && self.padding_left == 0,
            padding: padding + skipped,
        })
    }
}

#[inline]
fn at_most(wanted: u32, available: usize) -> usize {
    available.min(wanted as usize)
}

#[cold]
fn too_long(header: FrameHeader) -> DecodeError {
    DecodeError::connection(
        ErrorCode::FRAME_SIZE_ERROR,
        "frame is longer than SETTINGS_MAX_FRAME_SIZE allows",
        "RFC 9113 section 4.2",
    )
    .with_found(header.length)
}

const _: () = assert!(size_of::<Deframer>() <= 32);
const _: () = assert!(size_of::<Step<'_>>() <= 80);
