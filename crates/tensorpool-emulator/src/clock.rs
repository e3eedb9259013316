//! `Clock`: virtual time, which passes when everybody waits.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tensorpool_core::Time;

/// Virtual time. Clones are the same clock.
///
/// It stands still while anybody works, and jumps to the earliest deadline once nobody does. A [`Sleep`] cannot know
/// what other tasks do; so it takes it that nobody works if it is polled twice in a row while nothing happened on the
/// clock: no sleep began or ended, and nobody [touched](Self::touch) it. In between it has itself woken, so that every
/// other task of the same executor has had its turn. Tasks that run in parallel on several threads may see
/// the clock jump while one of them computes for long; on one thread, order is exact: earlier deadlines
/// first, equal ones in the order in which they were set.
#[derive(Clone, Default)]
pub struct Clock {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    now: Time,
    /// How often anything has happened.
    happened: u64,
    next: u64,
    sleepers: BTreeMap<(Time, u64), Waker>,
}

impl Clock {
    /// A clock at [`Time::ZERO`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.inner().now
    }

    /// Lets time pass. Those whose deadline is reached wake up.
    pub fn advance(&self, duration: Duration) -> Time {
        let mut inner = self.inner();
        inner.now = inner.now + duration;
        inner.happened += 1;
        inner.sleepers.values().for_each(Waker::wake_by_ref);
        inner.now
    }

    /// Says that somebody is at work, so that time does not pass just yet.
    pub fn touch(&self) {
        self.inner().happened += 1;
    }

    /// Waits in virtual time.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep { clock: self.clone(), duration, registered: None, quiet_since: None }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        f.debug_struct("Clock").field("now", &inner.now).field("sleepers", &inner.sleepers.len()).finish()
    }
}

/// A wait in virtual time. Dropped, it is forgotten: time does not pass for it.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct Sleep {
    clock: Clock,
    duration: Duration,
    registered: Option<(Time, u64)>,
    /// What had happened when it was last polled as the earliest.
    quiet_since: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut inner = clock.inner();
        let key = match self.registered {
            Some(key) => key,
            None => {
                let key = (inner.now + self.duration, inner.next);
                inner.next += 1;
                inner.happened += 1;
                self.registered = Some(key);
                key
            }
        };
        let earliest = inner.sleepers.first_key_value().is_none_or(|(first, _)| *first >= key);
        let quiet = earliest && self.quiet_since == Some(inner.happened);
        // Whose deadline is past need not wait for quiet; but the earlier ones go first.
        if earliest && (quiet || key.0 < inner.now) {
            inner.now = inner.now.max(key.0);
            self.registered = None;
            leave(&mut inner, key);
            return Poll::Ready(());
        }
        inner.sleepers.insert(key, context.waker().clone());
        if earliest {
            self.quiet_since = Some(inner.happened);
            context.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.registered {
            leave(&mut self.clock.inner(), key);
        }
    }
}

/// Forgets a sleeper and wakes the one that is now the earliest.
fn leave(inner: &mut Inner, key: (Time, u64)) {
    inner.sleepers.remove(&key);
    inner.happened += 1;
    if let Some((_, waker)) = inner.sleepers.first_key_value() {
        waker.wake_by_ref();
    }
}
