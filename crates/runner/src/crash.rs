//! Crash points: with `DWC_CRASH_AT=n` the process kills itself at the n-th step boundary, as a power cut would.
//! The suite that proves recovery sets it; nothing else does.

use std::sync::atomic::{AtomicU64, Ordering};

static PASSED: AtomicU64 = AtomicU64::new(0);

/// A boundary between two steps.
pub(crate) fn point() {
    let Some(at) = std::env::var("DWC_CRASH_AT").ok().and_then(|text| text.parse::<u64>().ok()) else { return };
    if PASSED.fetch_add(1, Ordering::SeqCst) + 1 == at {
        std::process::abort();
    }
}
