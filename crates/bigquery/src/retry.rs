//! What is tried again, and when: BigQuery's own rules. It must not know what is tried.

use std::time::Duration;

/// How failures are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The first wait; each later one is twice as long.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How often a request is sent at most.
    pub tries: u32,
    /// How long a running job is left alone before it is asked for the first time.
    pub poll: Duration,
}

impl Default for Pace {
    /// <https://cloud.google.com/bigquery/sla>: one second at first, doubled up to 32.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(32),
            tries: 8,
            poll: Duration::from_millis(200),
        }
    }
}

impl Pace {
    /// The pace of `milliseconds,tries`; the default for what is not said.
    pub(crate) fn parse(text: &str) -> Self {
        let mut pace = Self::default();
        let mut parts = text.split(',').map(|part| part.trim().parse::<u32>().ok());
        if let Some(Some(first)) = parts.next() {
            pace.first = Duration::from_millis(first.into());
            pace.poll = pace.first;
        }
        if let Some(Some(tries)) = parts.next() {
            pace.tries = tries.max(1);
        }
        pace
    }

    /// The same, with two tries at most.
    #[must_use]
    pub fn impatient(self) -> Self {
        Self { tries: self.tries.min(2), ..self }
    }

    /// The wait after the `nth` failure, from 0. What the server asks for counts where it is longer. A part of the wait is
    /// drawn by lot, so that many clients do not come back at once.
    pub(crate) fn wait(&self, nth: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(nth.min(16))).min(self.longest);
        let drawn = doubled.mul_f64(0.75 + 0.25 * lot());
        // A server that asks for hours is not obeyed: the run fails instead and says why.
        asked.map_or(drawn, |asked| asked.min(Duration::from_secs(600)).max(drawn))
    }

    /// The wait before the `nth` look at a running job.
    pub(crate) fn look(&self, nth: u32) -> Duration {
        self.poll.saturating_mul(2_u32.saturating_pow(nth.min(5))).min(self.longest)
    }
}

/// A number from 0 up to 1: every hasher of the standard library is seeded anew.
fn lot() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0_u8) as f64 / (u64::MAX as f64 + 1.0)
}

/// Whether an answer is worth another try. No status: the connection was cut or never made.
/// <https://cloud.google.com/bigquery/docs/error-messages>
pub(crate) fn is_worth_retrying(status: Option<u16>, reason: &str) -> bool {
    match status {
        None | Some(408 | 429 | 500 | 502..=504) => true,
        Some(_) => matches!(reason, "rateLimitExceeded" | "quotaExceeded" | "backendError" | "internalError"),
    }
}

/// Whether a job that failed may be run again as it is.
/// <https://cloud.google.com/bigquery/docs/error-messages>
pub(crate) fn may_run_again(reason: &str, message: &str) -> bool {
    matches!(
        reason,
        "rateLimitExceeded"
            | "jobRateLimitExceeded"
            | "quotaExceeded"
            | "backendError"
            | "internalError"
            | "jobBackendError"
            | "jobInternalError"
            | "tableUnavailable"
    ) || message.contains("aborted due to concurrent update")
        || message.contains("Could not serialize access to table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_obey_the_server() {
        let pace = Pace::default();
        for nth in 0..8 {
            let most = Duration::from_secs(1 << nth.min(5));
            let wait = pace.wait(nth, None);
            assert!(wait <= most && wait >= most.mul_f64(0.75), "{nth}: {wait:?}");
        }
        assert_eq!(pace.wait(0, Some(Duration::from_secs(17))), Duration::from_secs(17));
        assert!(pace.wait(5, Some(Duration::from_secs(1))) > Duration::from_secs(20));
    }

    #[test]
    fn what_is_tried_again() {
        assert!(is_worth_retrying(None, ""));
        assert!(is_worth_retrying(Some(429), ""));
        assert!(is_worth_retrying(Some(503), ""));
        assert!(is_worth_retrying(Some(403), "rateLimitExceeded"));
        assert!(!is_worth_retrying(Some(403), "accessDenied"));
        assert!(!is_worth_retrying(Some(501), ""));
        assert!(!is_worth_retrying(Some(400), "invalidQuery"));
        assert!(may_run_again("invalidQuery", "Transaction is aborted due to concurrent update against table a.b"));
        assert!(!may_run_again("invalidQuery", "Syntax error"));
    }
}
