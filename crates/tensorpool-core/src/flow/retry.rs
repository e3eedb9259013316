//! What may be sent again, and when: one pure function, and a budget that a client's calls share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::endpoint::Replay;
use crate::error::TransportErrorKind;

/// When a call is tried again, and for how long.
///
/// Delays are full jitter: anything between nothing and `base_delay` doubled for each attempt, at most `max_delay`. A
/// `Retry-After` is a floor for the delay.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most attempts, the first included; 4 by default.
    pub attempts: u32,
    /// What the delay grows from; 200 ms by default.
    pub base_delay: Duration,
    /// What the delay grows to; 10 s by default.
    pub max_delay: Duration,
    /// How long the whole call may take, waits included; 2 minutes by default. Without one, a `Retry-After` of an hour or
    /// more ends the call. What changes something is not tried again with less than a quarter of it, or 10 s, left.
    pub deadline: Option<Duration>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            base_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(10),
            deadline: Some(Duration::from_secs(120)),
        }
    }
}

impl RetryPolicy {
    /// One attempt, whatever happens.
    #[must_use]
    pub fn none() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// At most this many attempts, the first included.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The whole call ends by then.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    pub(crate) fn delay(&self, attempt: u32, jitter: &mut Jitter) -> Duration {
        let doubled = self.base_delay.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(20)));
        jitter.up_to(doubled.min(self.max_delay))
    }
}

/// How an attempt failed, as far as it matters for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer.
    Transport(TransportErrorKind),
    /// An answer with this status, outside 2xx.
    Status(u16),
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be sent again.
    Retry {
        /// Whether the failed attempt may have been applied all the same.
        maybe_applied: bool,
    },
    /// It must not, or would be of no use.
    Stop,
}

/// Whether a request of this class may be sent again after this failure.
///
/// | failure | `Safe` | `Idempotent` | `Never` |
/// |---|---|---|---|
/// | not sent | retry | retry | retry |
/// | timed out, interrupted | retry | retry, maybe applied | stop |
/// | other transport failure | stop | stop | stop |
/// | 429 | retry | retry | retry: the server refused it |
/// | 502, 503, 504 | retry | retry, maybe applied | stop |
/// | any other status | stop | stop | stop |
#[must_use]
pub fn judge(replay: Replay, failure: Failure) -> Verdict {
    use TransportErrorKind::{Interrupted, NotSent, TimedOut};
    match failure {
        Failure::Transport(NotSent) | Failure::Status(429) => Verdict::Retry { maybe_applied: false },
        Failure::Transport(TimedOut | Interrupted) | Failure::Status(502..=504) => match replay {
            Replay::Safe => Verdict::Retry { maybe_applied: false },
            Replay::Idempotent => Verdict::Retry { maybe_applied: true },
            Replay::Never => Verdict::Stop,
        },
        Failure::Transport(_) | Failure::Status(_) => Verdict::Stop,
    }
}

/// A token bucket that all calls of a client draw their retries from, so that a failing engine is not hit harder.
///
/// Clones share one bucket. Full, it allows 100 retries in a row; each call that succeeds puts a fifth of a retry back,
/// and gets back what it drew itself.
#[derive(Clone, Debug)]
pub struct RetryBudget(Arc<AtomicU32>);

impl RetryBudget {
    const CAPACITY: u32 = 500;
    const RETRY: u32 = 5;
    const SUCCESS: u32 = 1;

    /// A full bucket.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(AtomicU32::new(Self::CAPACITY)))
    }

    /// How many more retries it allows now.
    #[must_use]
    pub fn retries_left(&self) -> u32 {
        self.0.load(Ordering::Relaxed) / Self::RETRY
    }

    pub(crate) fn draw(&self) -> bool {
        let less = |left: u32| left.checked_sub(Self::RETRY);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    pub(crate) fn succeeded(&self, retries: u32) {
        let back = retries.saturating_mul(Self::RETRY).saturating_add(Self::SUCCESS);
        let more = |left: u32| Some(left.saturating_add(back).min(Self::CAPACITY));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new()
    }
}

/// Spreads delays; the entropy is the caller's (splitmix64, which is enough for that and nothing else).
#[derive(Clone, Debug)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another seed, for something with delays of its own.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Anything from nothing to `most`.
    pub(crate) fn up_to(&mut self, most: Duration) -> Duration {
        let z = self.next();
        #[allow(clippy::cast_precision_loss)]
        let share = (z >> 11) as f64 / (1_u64 << 53) as f64;
        Duration::try_from_secs_f64(most.as_secs_f64() * share).unwrap_or(most).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_documented_one() {
        use TransportErrorKind::{Interrupted, NotSent, Other, TimedOut};
        let again = Verdict::Retry { maybe_applied: false };
        let maybe = Verdict::Retry { maybe_applied: true };
        let stop = Verdict::Stop;
        for (failure, expected) in [
            (Failure::Transport(NotSent), [again, again, again]),
            (Failure::Transport(TimedOut), [again, maybe, stop]),
            (Failure::Transport(Interrupted), [again, maybe, stop]),
            (Failure::Transport(Other), [stop, stop, stop]),
            (Failure::Status(429), [again, again, again]),
            (Failure::Status(502), [again, maybe, stop]),
            (Failure::Status(503), [again, maybe, stop]),
            (Failure::Status(504), [again, maybe, stop]),
            (Failure::Status(500), [stop, stop, stop]),
            (Failure::Status(404), [stop, stop, stop]),
            (Failure::Status(408), [stop, stop, stop]),
            (Failure::Status(302), [stop, stop, stop]),
        ] {
            for (replay, expected) in
                [Replay::Safe, Replay::Idempotent, Replay::Never].into_iter().zip(expected)
            {
                assert_eq!(judge(replay, failure), expected, "{replay:?} {failure:?}");
            }
        }
    }

    #[test]
    fn an_empty_budget_allows_nothing_until_calls_succeed() {
        let budget = RetryBudget::new();
        let shared = budget.clone();
        assert_eq!((0..1000).filter(|_| shared.draw()).count(), 100);
        assert!(!budget.draw());
        (0..5).for_each(|_| budget.succeeded(0));
        assert!(budget.draw() && !budget.draw());
        (0..100_000).for_each(|_| budget.succeeded(3));
        assert_eq!(budget.retries_left(), 100, "never more than full");
    }

    #[test]
    fn delays_grow_to_the_cap_and_never_beyond() {
        let policy = RetryPolicy::default();
        for seed in 0..200 {
            let mut jitter = Jitter::new(seed);
            for (attempt, most) in [(1, 200), (2, 400), (3, 800), (6, 6_400), (7, 10_000), (u32::MAX, 10_000)]
            {
                assert!(policy.delay(attempt, &mut jitter) <= Duration::from_millis(most));
            }
            let endless =
                RetryPolicy { base_delay: Duration::MAX, max_delay: Duration::MAX, ..policy.clone() };
            endless.delay(3, &mut jitter); // no value of a policy panics
        }
    }
}
