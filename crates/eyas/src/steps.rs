//! Bodies that are played step by step: those of `/stream`, `/trailers` and `/reset`.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep};

/// A body that does one step after the other.
#[derive(Debug)]
pub(crate) struct Steps {
    left: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug)]
enum Step {
    Data(Bytes),
    Pause(Duration),
    Trailers(HeaderMap),
    /// The server turns it into RST_STREAM with INTERNAL_ERROR (RFC 9113 section 5.4.2).
    Fail,
}

impl Steps {
    /// Ten numbered lines, a tenth of a second apart.
    pub(crate) fn stream() -> Self {
        let mut steps = VecDeque::new();
        for number in 1..=STREAM_LINES {
            let mut line = String::new();
            let _ = writeln!(line, "line {number} of {STREAM_LINES}");
            steps.push_back(Step::Data(line.into()));
            if number < STREAM_LINES {
                steps.push_back(Step::Pause(PAUSE));
            }
        }
        Self::from(steps)
    }

    /// A line, and a trailer section that tells its length.
    pub(crate) fn trailers() -> Self {
        let line = Bytes::from_static(b"The trailer section below says how long this line is.\n");
        let mut trailers = HeaderMap::new();
        trailers.insert(TRAILER, HeaderValue::from(line.len()));
        Self::from(VecDeque::from([Step::Data(line), Step::Trailers(trailers)]))
    }

    /// A line, and then an error instead of an end.
    pub(crate) fn reset() -> Self {
        let line = Bytes::from_static(b"This line arrives, and then the stream is reset.\n");
        // A reset overtakes data that is still queued: the pause lets the line go out first.
        Self::from(VecDeque::from([
            Step::Data(line),
            Step::Pause(PAUSE),
            Step::Fail,
        ]))
    }

    fn from(left: VecDeque<Step>) -> Self {
        Self { left, pause: None }
    }
}

impl Body for Steps {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            return Poll::Ready(match self.left.pop_front() {
                None => None,
                Some(Step::Pause(time)) => {
                    self.pause = Some(Box::pin(sleep(time)));
                    continue;
                }
                Some(Step::Data(octets)) => Some(Ok(Frame::data(octets))),
                Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(trailers))),
                Some(Step::Fail) => {
                    self.left.clear();
                    Some(Err(io::Error::other("this route fails on purpose")))
                }
            });
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.pause.is_none()
    }
}

/// The trailer field of `/trailers`: the octets of its content.
pub(crate) const TRAILER: HeaderName = HeaderName::from_static("x-content-octets");

const STREAM_LINES: usize = 10;
const PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn the_stream_has_ten_lines_a_tenth_of_a_second_apart() {
        let began = Instant::now();
        let mut body = Steps::stream();
        for number in 1..=10_u32 {
            let frame = body.frame().await.expect("ten lines").expect("no error");
            let line = frame.into_data().expect("it is data");
            assert_eq!(line, format!("line {number} of 10\n"));
            assert_eq!(began.elapsed().as_millis() / 100, u128::from(number) - 1);
        }
        assert!(body.is_end_stream());
    }

    #[tokio::test(start_paused = true)]
    async fn the_trailer_section_tells_the_length_of_the_content() {
        let collected = Steps::trailers().collect().await.expect("no error");
        let told = collected
            .trailers()
            .and_then(|all| all.get(TRAILER))
            .cloned();
        assert_eq!(told, Some(HeaderValue::from(collected.to_bytes().len())));
    }

    #[tokio::test(start_paused = true)]
    async fn the_reset_route_says_something_and_fails() {
        let mut body = Steps::reset();
        assert!(body.frame().await.is_some_and(|frame| frame.is_ok()));
        assert!(!body.is_end_stream());
        assert!(body.frame().await.is_some_and(|frame| frame.is_err()));
        assert!(body.frame().await.is_none());
    }
}
