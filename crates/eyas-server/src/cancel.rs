//! News of a stream's reset, for those who asked for it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use eyas_connection::ErrorCode;

/// What a stream's reset is told to. A panic in it, called or only dropped, is contained.
pub(crate) struct OnCancel {
    call: Option<Box<dyn FnOnce(ErrorCode) + Send>>,
}

impl OnCancel {
    pub(crate) fn new(call: impl FnOnce(ErrorCode) + Send + 'static) -> Self {
        Self {
            call: Some(Box::new(call)),
        }
    }

    fn tell(mut self, code: ErrorCode) {
        if let Some(call) = self.call.take() {
            contain(|| call(code));
        }
    }
}

impl Drop for OnCancel {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            contain(|| drop(call));
        }
    }
}

/// What is known and asked about the reset of one stream.
#[derive(Default)]
pub(crate) struct Cancel {
    code: Option<ErrorCode>,
    calls: Vec<OnCancel>,
}

impl Cancel {
    /// Calls `call` when the stream is reset, or now if it was.
    pub(crate) fn add(&mut self, call: OnCancel) {
        match self.code {
            Some(code) => call.tell(code),
            None => self.calls.push(call),
        }
    }

    /// The stream was reset.
    pub(crate) fn tell(&mut self, code: ErrorCode) {
        self.code = Some(code);
        for call in std::mem::take(&mut self.calls) {
            call.tell(code);
        }
    }
}

fn contain(run: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        tracing::error!("a handler's on_cancel panicked");
    }
}
