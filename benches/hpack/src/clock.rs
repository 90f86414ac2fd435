//! The time that this thread has had on a processor.

use std::time::Duration;

/// Processor time of this thread since it began.
pub(crate) fn thread_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the pointer is to a `timespec` of ours.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(status, 0, "every Linux has this clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What `work` takes of it, in nanoseconds.
pub(crate) fn nanoseconds(work: impl FnOnce()) -> f64 {
    let begin = thread_time();
    work();
    (thread_time() - begin).as_nanos() as f64
}
