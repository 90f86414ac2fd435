//! The body of `/bytes/{n}`: any length, and never more in memory than one block.

use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// `n` octets of which the one at position `i` is `i % 251`.
///
/// The period is prime, so it lines up with no frame, page or buffer: an octet lost, doubled or swapped
/// shows. Each chunk is a slice of one block that all bodies share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BytesBody {
    left: u64,
}

impl BytesBody {
    /// A body of `octets` octets, at most [`OCTETS_MAX`](Self::OCTETS_MAX).
    pub(crate) fn new(octets: u64) -> Option<Self> {
        (octets <= Self::OCTETS_MAX).then_some(Self { left: octets })
    }

    /// 10 GiB.
    pub(crate) const OCTETS_MAX: u64 = 10 << 30;
}

impl Body for BytesBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        // Every block but the last is whole, and whole blocks are whole periods: each begins with 0.
        let octets = usize::try_from(self.left).map_or(BLOCK_OCTETS, |left| left.min(BLOCK_OCTETS));
        self.left -= octets as u64;
        Poll::Ready(Some(Ok(Frame::data(BLOCK.slice(..octets)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// About 64 KiB, in whole periods.
const BLOCK_OCTETS: usize = 261 * PERIOD;
const PERIOD: usize = 251;

static BLOCK: LazyLock<Bytes> = LazyLock::new(|| {
    let octets: Vec<u8> = (0..PERIOD).map(|at| at as u8).collect();
    octets.repeat(BLOCK_OCTETS / PERIOD).into()
});

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use http_body_util::BodyExt;

    fn collect(octets: u64) -> Vec<u8> {
        let body = BytesBody::new(octets).expect("the length is in range");
        assert_eq!(body.size_hint().exact(), Some(octets));
        let collected = block_on(body.collect()).expect("it has no errors");
        collected.to_bytes().to_vec()
    }

    #[test]
    fn octet_i_is_i_modulo_251_whatever_the_length() {
        let block = BLOCK_OCTETS as u64;
        for octets in [
            0,
            1,
            250,
            251,
            252,
            block - 1,
            block,
            block + 1,
            3 * block + 77,
        ] {
            let got = collect(octets);
            assert_eq!(got.len() as u64, octets);
            let wrong = (0..got.len()).find(|&at| usize::from(got[at]) != at % 251);
            assert_eq!(wrong, None, "of {octets}");
        }
    }

    #[test]
    fn chunks_are_slices_of_one_block() {
        let mut body = BytesBody::new(2 * BLOCK_OCTETS as u64).expect("the length is in range");
        let mut next = || {
            let frame = block_on(body.frame())
                .expect("two blocks are due")
                .expect("no errors");
            frame.into_data().expect("it is data").as_ptr()
        };
        assert_eq!(next(), next());
    }

    #[test]
    fn ten_gibibytes_is_the_most() {
        assert!(BytesBody::new(10 << 30).is_some());
        assert!(BytesBody::new((10 << 30) + 1).is_none());
    }
}
