//! Random words, windows and writes against a naive twin that looks at every stream each time.
#![cfg(feature = "std")]

mod common;

use std::collections::VecDeque;

use common::{Block, Seen, id};
use eyas_flow_control::FlowError;
use eyas_frame::{ErrorCode, Flags, FrameType};
use eyas_output::{
    ControlFrame, FrameWriter, Marks, Notice, OutputBuffer, Priority, Scheduler, StreamKey,
    WriteError,
};
use proptest::prelude::*;

const WINDOW_MAX: i64 = 0x7fff_ffff;
const MARK: usize = 5000;

#[derive(Clone, Debug)]
enum Step {
    Open(u8, bool),
    Informational(usize),
    Head(usize, usize),
    Data(usize, usize),
    Trailers(usize, usize),
    End(usize),
    Reset(usize),
    ResetAfterEnd(usize),
    Silence(usize),
    CompleteRequest(usize),
    Remove(usize),
    Reprioritise(usize, u8, bool),
    Room(usize),
    Grow(usize, u32),
    GrowConnection(u32),
    InitialWindow(u32),
    FrameSizeMax(u32),
    Ping,
    /// Drains, and writes so many octets.
    Write(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let stream = 0..12_usize;
    let length = prop_oneof![
        Just(0_usize),
        1..50_usize,
        1000..6000_usize,
        16_300..16_500_usize,
        0..70_000_usize
    ];
    let window = prop_oneof![Just(0_u32), 1..20_u32, 1000..5000_u32, 0..100_000_u32];
    let of = |strategy| (stream.clone(), strategy);
    prop_oneof![
        6 => (0..8_u8, any::<bool>()).prop_map(|(u, i)| Step::Open(u, i)),
        1 => stream.clone().prop_map(Step::Informational),
        6 => of(length.clone().boxed()).prop_map(|(s, len)| Step::Head(s, len)),
        12 => of(length.clone().boxed()).prop_map(|(s, len)| Step::Data(s, len)),
        2 => of(length.boxed()).prop_map(|(s, len)| Step::Trailers(s, len)),
        4 => stream.clone().prop_map(Step::End),
        1 => stream.clone().prop_map(Step::Reset),
        2 => stream.clone().prop_map(Step::ResetAfterEnd),
        1 => stream.clone().prop_map(Step::Silence),
        3 => stream.clone().prop_map(Step::CompleteRequest),
        1 => stream.clone().prop_map(Step::Remove),
        3 => (stream.clone(), 0..8_u8, any::<bool>()).prop_map(|(s, u, i)| Step::Reprioritise(s, u, i)),
        5 => stream.clone().prop_map(Step::Room),
        5 => (stream, window.clone()).prop_map(|(s, n)| Step::Grow(s, n)),
        5 => window.clone().prop_map(Step::GrowConnection),
        3 => window.prop_map(Step::InitialWindow),
        1 => (16_384..50_000_u32).prop_map(Step::FrameSizeMax),
        1 => Just(Step::Ping),
        15 => prop_oneof![Just(usize::MAX), 0..20_000_usize].prop_map(Step::Write),
    ]
}

/// What the twin knows of one stream.
#[derive(Debug)]
struct Twin {
    key: StreamKey,
    number: u32,
    priority: Priority,
    gone: bool,
    aborted: bool,
    /// Blocks not yet sent: informational ones and the head.
    heads: VecDeque<usize>,
    head_given: bool,
    ended: bool,
    trailers: Option<usize>,
    /// Octets of content handed in, and sent.
    given: usize,
    sent: usize,
    /// Window, without the connection's base.
    credit: i64,
    response_complete: bool,
    request_complete: bool,
    awaits_room: bool,
    reset_after_end: Option<ErrorCode>,
    reset_sent: bool,
}

#[derive(Debug)]
struct World {
    scheduler: Scheduler<Block>,
    out: OutputBuffer,
    /// What `out` still holds.
    unwritten: VecDeque<u8>,
    streams: Vec<Twin>,
    initial_window: i64,
    connection_window: i64,
    frame_size_max: usize,
    /// The control lane, as words.
    control: Vec<String>,
    /// Notices due, in order; `Writable` ones apart, since the twin does not know the marks.
    due: Vec<Notice>,
}

/// The octet at one place of a stream's content.
fn octet(number: u32, at: usize) -> u8 {
    ((at * 31 + number as usize * 7) % 251) as u8
}

/// A block of a length, with its stream's number in it.
fn fields(number: u32, len: usize) -> Block {
    Block((0..len).map(|at| octet(number + 1, at)).collect())
}

impl Twin {
    fn unconsumed(&self) -> usize {
        self.given - self.sent
    }

    fn window(&self, world_initial: i64) -> i64 {
        world_initial + self.credit
    }

    fn has_free_work(&self) -> bool {
        !self.heads.is_empty() || (self.ended && self.unconsumed() == 0)
    }

    fn is_open(&self) -> bool {
        !self.gone && !self.response_complete
    }
}

impl World {
    fn new() -> Self {
        let marks = Marks::new(MARK, 4 * MARK).expect("5000 octets are fewer than 20000");
        Self {
            scheduler: Scheduler::new(FrameWriter::new(0), marks, 1 << 16),
            out: OutputBuffer::new(),
            unwritten: VecDeque::new(),
            streams: Vec::new(),
            initial_window: 65_535,
            connection_window: 65_535,
            frame_size_max: 16_384,
            control: Vec::new(),
            due: Vec::new(),
        }
    }

    fn can_send(&self, twin: &Twin) -> bool {
        let windows_open = self.connection_window > 0 && twin.window(self.initial_window) > 0;
        twin.is_open() && (twin.has_free_work() || (twin.unconsumed() > 0 && windows_open))
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Open(urgency, is_incremental) => {
                if self.streams.len() < 12 {
                    self.open(urgency, is_incremental);
                }
            }
            Step::GrowConnection(increment) => {
                let expected = grown(&mut self.connection_window, increment);
                assert_eq!(self.scheduler.grow_connection(increment), expected);
            }
            Step::InitialWindow(octets) => {
                self.initial_window = octets.into();
                assert_eq!(self.scheduler.set_initial_window(octets), Ok(()));
            }
            Step::FrameSizeMax(octets) => {
                self.frame_size_max = octets as usize;
                self.scheduler.set_frame_size_max(octets);
            }
            Step::Ping => {
                self.control.push("ping".into());
                self.scheduler.control(ControlFrame::Ping {
                    ack: false,
                    payload: [0; 8],
                });
            }
            Step::Write(octets) => self.write(octets),
            Step::Informational(at)
            | Step::Head(at, _)
            | Step::Data(at, _)
            | Step::Trailers(at, _)
            | Step::End(at) => self.speak(at, step),
            Step::Reset(at)
            | Step::ResetAfterEnd(at)
            | Step::Silence(at)
            | Step::CompleteRequest(at)
            | Step::Remove(at)
            | Step::Reprioritise(at, ..)
            | Step::Room(at)
            | Step::Grow(at, _) => self.act(at, step),
        }
        self.check();
    }

    fn open(&mut self, urgency: u8, is_incremental: bool) {
        let number = self.streams.len() as u32 * 2 + 1;
        let priority = common::sequential(urgency).incremental(is_incremental);
        let key = self.scheduler.open(id(number), priority);
        self.streams.push(Twin {
            key,
            number,
            priority,
            gone: false,
            aborted: false,
            heads: VecDeque::new(),
            head_given: false,
            ended: false,
            trailers: None,
            given: 0,
            sent: 0,
            credit: 0,
            response_complete: false,
            request_complete: false,
            awaits_room: false,
            reset_after_end: None,
            reset_sent: false,
        });
    }

    fn speak(&mut self, at: usize, step: &Step) {
        let Some(twin) = self.streams.get_mut(at) else {
            return;
        };
        let is_deaf = twin.gone || twin.aborted;
        let key = twin.key;
        let is_head = matches!(step, Step::Informational(_) | Step::Head(..));
        let expected = if is_deaf {
            Ok(())
        } else if is_head && twin.head_given {
            Err(WriteError::AfterHead)
        } else if !is_head && twin.ended {
            Err(WriteError::AfterEnd)
        } else if !is_head && !twin.head_given {
            Err(WriteError::BeforeHead)
        } else {
            Ok(())
        };
        let said = match *step {
            Step::Informational(_) => self.scheduler.informational(key, fields(twin.number, 3)),
            Step::Head(_, len) => self.scheduler.head(key, fields(twin.number, len)),
            Step::Trailers(_, len) => self.scheduler.trailers(key, fields(twin.number, len)),
            Step::Data(_, len) => {
                let octets = (twin.given..twin.given + len).map(|at| octet(twin.number, at));
                self.scheduler.data(key, octets.collect())
            }
            _ => self.scheduler.end(key),
        };
        assert_eq!(said, expected);
        if is_deaf || said.is_err() {
            return;
        }
        match *step {
            Step::Informational(_) => twin.heads.push_back(3),
            Step::Head(_, len) => {
                twin.heads.push_back(len);
                twin.head_given = true;
            }
            Step::Data(_, len) => twin.given += len,
            Step::Trailers(_, len) => {
                twin.trailers = Some(len);
                twin.ended = true;
            }
            _ => twin.ended = true,
        }
    }

    fn act(&mut self, at: usize, step: &Step) {
        let Some(twin) = self.streams.get_mut(at) else {
            return;
        };
        let key = twin.key;
        let is_open = twin.is_open();
        match *step {
            Step::Reset(_) => {
                assert_eq!(self.scheduler.reset(key, ErrorCode::CANCEL), is_open);
                if is_open {
                    self.control.push(format!("{}:R8", twin.number));
                    self.abort(at);
                }
            }
            Step::Silence(_) => {
                assert_eq!(self.scheduler.silence(key), is_open);
                if is_open {
                    self.abort(at);
                }
            }
            Step::ResetAfterEnd(_) => {
                self.scheduler.reset_after_end(key, ErrorCode::NO_ERROR);
                if twin.gone || twin.aborted {
                    return;
                }
                if !twin.response_complete {
                    twin.reset_after_end = Some(ErrorCode::NO_ERROR);
                } else if !twin.reset_sent {
                    twin.reset_sent = true;
                    self.control.push(format!("{}:R0", twin.number));
                }
            }
            Step::CompleteRequest(_) => {
                self.scheduler.complete_request(key);
                if !twin.gone && !twin.request_complete && twin.response_complete {
                    self.due.push(Notice::Complete(key));
                }
                twin.request_complete = true;
            }
            Step::Remove(_) => {
                self.scheduler.remove(key);
                twin.gone = true;
            }
            Step::Reprioritise(_, urgency, is_incremental) => {
                twin.priority = common::sequential(urgency).incremental(is_incremental);
                self.scheduler.reprioritise(key, twin.priority);
            }
            Step::Room(_) => {
                let room = self.scheduler.room(key);
                if twin.gone || twin.aborted {
                    assert_eq!(room, usize::MAX);
                    return;
                }
                assert!(room + twin.unconsumed() >= MARK);
                assert!(room + twin.unconsumed() <= twin.unconsumed().max(4 * MARK));
                twin.awaits_room = room == 0;
            }
            Step::Grow(_, increment) => {
                let mut window = twin.window(self.initial_window);
                let expected = if twin.gone {
                    Ok(())
                } else {
                    grown(&mut window, increment)
                };
                twin.credit = window - self.initial_window;
                assert_eq!(self.scheduler.grow(key, increment), expected);
            }
            _ => unreachable!("the other steps are taken elsewhere"),
        }
    }

    fn abort(&mut self, at: usize) {
        let twin = &mut self.streams[at];
        twin.aborted = true;
        twin.heads.clear();
        twin.trailers = None;
        twin.given = twin.sent;
        self.complete_response(at);
    }

    fn complete_response(&mut self, at: usize) {
        let twin = &mut self.streams[at];
        assert!(!twin.response_complete, "completed twice");
        twin.response_complete = true;
        self.due.push(Notice::ResponseComplete(twin.key));
        if twin.request_complete {
            self.due.push(Notice::Complete(twin.key));
        }
    }

    // The wire.

    fn write(&mut self, octets: usize) {
        if self.out.is_empty() {
            self.cut();
        } else {
            let len = self.out.len();
            self.scheduler.fill(&mut self.out);
            assert_eq!(self.out.len(), len, "something was cut while octets waited");
        }
        let mut left = octets.min(self.out.len());
        while left > 0 {
            let chunk = self.out.chunk();
            let len = chunk.len().min(left);
            let expected: Vec<u8> = self.unwritten.drain(..len).collect();
            assert!(chunk[..len] == expected, "octets changed while they waited");
            self.out.written(len);
            left -= len;
        }
    }

    fn cut(&mut self) {
        let expected = !self.control.is_empty() || self.streams.iter().any(|t| self.can_send(t));
        assert_eq!(self.scheduler.has_output(), expected);
        let cap = self.out.batch_octets_max();
        self.scheduler.fill(&mut self.out);
        assert_eq!(
            !self.out.is_empty(),
            expected,
            "announced output and none, or the reverse"
        );

        let mut slices = vec![std::io::IoSlice::new(&[]); 4096];
        let used = self.out.io_slices(&mut slices);
        let octets: Vec<u8> = slices[..used]
            .iter()
            .flat_map(|slice| slice.to_vec())
            .collect();
        assert_eq!(octets.len(), self.out.len());
        let seen = common::frames(&octets);
        self.unwritten = octets.into();

        let mut of_content = 0;
        let mut frames = seen.iter();
        for word in std::mem::take(&mut self.control) {
            let frame = frames.next().expect("control frames were queued");
            assert_eq!(common::words(std::slice::from_ref(frame)), word);
        }
        while let Some(frame) = frames.next() {
            match frame.kind {
                FrameType::HEADERS => {
                    let mut block = frame.payload.clone();
                    let mut last = frame;
                    while !last.flags.contains(Flags::END_HEADERS) {
                        assert_eq!(last.len(), self.frame_size_max);
                        last = frames.next().expect("END_HEADERS is in the same batch");
                        assert_eq!(
                            (last.kind, last.stream),
                            (FrameType::CONTINUATION, frame.stream)
                        );
                        block.extend_from_slice(&last.payload);
                    }
                    assert!(last.len() <= self.frame_size_max);
                    self.on_block(frame, &block);
                }
                FrameType::DATA => {
                    of_content += 9 + frame.len();
                    self.on_data(frame);
                }
                FrameType::RST_STREAM => {
                    let word = self.control.remove(0);
                    assert_eq!(common::words(std::slice::from_ref(frame)), word);
                }
                kind => panic!("a frame of type {kind:?} nobody asked for"),
            }
        }
        assert_eq!(self.control, [] as [String; 0]);
        assert!(
            of_content <= cap,
            "{of_content} octets of DATA in a batch of {cap}"
        );
    }

    fn speaker(&self, frame: &Seen) -> usize {
        let at = (frame.stream as usize - 1) / 2;
        let twin = &self.streams[at];
        assert!(
            twin.is_open(),
            "stream {} spoke after its end",
            frame.stream
        );
        for other in &self.streams {
            let is_first = other.priority.urgency() < twin.priority.urgency();
            assert!(
                !(is_first && self.can_send(other)),
                "stream {} spoke before the more urgent {}",
                twin.number,
                other.number
            );
        }
        at
    }

    fn on_block(&mut self, frame: &Seen, block: &[u8]) {
        let at = self.speaker(frame);
        let twin = &mut self.streams[at];
        let is_trailers = twin.heads.is_empty();
        let expected = match twin.heads.pop_front() {
            Some(len) => len,
            None => {
                assert_eq!(twin.unconsumed(), 0, "trailers before content");
                twin.trailers.take().expect("only trailers are left")
            }
        };
        // The first block of all announces the table of size 0.
        let block = block
            .strip_prefix(&[0x20])
            .filter(|rest| rest.len() == expected)
            .unwrap_or(block);
        assert!(
            block == fields(twin.number, expected).0,
            "another block than was handed in"
        );
        let is_last = twin.heads.is_empty() && twin.head_given && twin.unconsumed() == 0;
        let ends = is_trailers || (is_last && twin.ended && twin.trailers.is_none());
        assert_eq!(frame.ends_stream(), ends, "END_STREAM on HEADERS");
        if ends {
            self.end(at);
        }
    }

    fn on_data(&mut self, frame: &Seen) {
        let at = self.speaker(frame);
        let initial = self.initial_window;
        let twin = &mut self.streams[at];
        let len = frame.len();
        assert!(
            twin.heads.is_empty() && twin.head_given,
            "content before the head"
        );
        assert!(len <= twin.unconsumed() && len <= self.frame_size_max);
        if len > 0 {
            assert!(len as i64 <= twin.window(initial).min(self.connection_window));
        } else {
            assert!(frame.ends_stream(), "an empty frame without a meaning");
        }
        let expected: Vec<u8> = (twin.sent..twin.sent + len)
            .map(|at| octet(twin.number, at))
            .collect();
        assert!(
            frame.payload == expected,
            "other content than was handed in"
        );
        twin.sent += len;
        twin.credit -= len as i64;
        self.connection_window -= len as i64;
        let ends = twin.unconsumed() == 0 && twin.ended && twin.trailers.is_none();
        assert_eq!(frame.ends_stream(), ends, "END_STREAM on DATA");
        if ends {
            self.end(at);
        }
    }

    fn end(&mut self, at: usize) {
        self.complete_response(at);
        let twin = &mut self.streams[at];
        if twin.reset_after_end.take().is_some() {
            twin.reset_sent = true;
            self.control.push(format!("{}:R0", twin.number));
        }
    }

    // What can be asked.

    fn check(&mut self) {
        let mut heard = Vec::new();
        while let Some(notice) = self.scheduler.poll_notice() {
            let Notice::Writable(key) = notice else {
                heard.push(notice);
                continue;
            };
            // A stream that was removed meanwhile may still be in a notice; it awaits nothing.
            let twin = self.streams.iter_mut().find(|twin| twin.key == key);
            let twin = twin.expect("notices are about streams that were opened");
            assert!(twin.awaits_room, "nobody waited for room");
            twin.awaits_room = false;
        }
        assert_eq!(heard, std::mem::take(&mut self.due));
        for twin in self.streams.iter().filter(|twin| !twin.gone) {
            let state = self.scheduler.scheduling_state(twin.key).expect("it lives");
            assert_eq!(state.unconsumed_octets, twin.unconsumed());
            assert_eq!(state.window, twin.window(self.initial_window));
            let producer = self.scheduler.producer(twin.key).expect("it lives");
            assert_eq!(producer.is_response_complete(), twin.response_complete);
            assert_eq!(producer.priority(), twin.priority);
            let must_know = twin.response_complete || twin.unconsumed() <= MARK / 2;
            assert!(
                !(twin.awaits_room && must_know),
                "a paused producer was forgotten"
            );
        }
        let connection = i64::from(self.scheduler.flow().connection_available());
        assert_eq!(connection, self.connection_window);
    }

    /// Lets everything out, and sees that nothing is left.
    fn finish(mut self) {
        for at in 0..self.streams.len() {
            let twin = &self.streams[at];
            if !twin.head_given {
                self.take(&Step::Head(at, 1));
            }
            if !self.streams[at].ended {
                self.take(&Step::End(at));
            }
            self.take(&Step::CompleteRequest(at));
        }
        self.take(&Step::InitialWindow(1_000_000_000));
        for _ in 0..1000 {
            self.take(&Step::GrowConnection(1_000_000));
            self.take(&Step::Write(usize::MAX));
            if self.out.is_empty() && !self.scheduler.has_output() {
                break;
            }
        }
        for twin in self.streams.iter().filter(|twin| !twin.gone) {
            assert!(twin.response_complete, "stream {} never ended", twin.number);
            assert_eq!(twin.unconsumed(), 0);
        }
    }
}

fn grown(window: &mut i64, increment: u32) -> Result<(), FlowError> {
    if increment == 0 {
        return Err(FlowError::ZeroIncrement);
    }
    if *window + i64::from(increment) > WINDOW_MAX {
        return Err(FlowError::Overflow);
    }
    *window += i64::from(increment);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_was_handed_in_leaves_once_in_order_and_within_every_limit(
        steps in proptest::collection::vec(step(), 1..150)
    ) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        world.finish();
    }
}
