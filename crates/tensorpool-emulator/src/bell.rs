//! `Bell`: wakes those who wait for the engine to change.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Wakes those who wait for the engine to change. Clones are the same bell.
#[derive(Clone, Default)]
pub(crate) struct Bell {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    rung: u64,
    waiting: Vec<Waker>,
}

impl Bell {
    /// How often it has rung.
    pub(crate) fn rung(&self) -> u64 {
        self.inner().rung
    }

    pub(crate) fn ring(&self) {
        let waiting = {
            let mut inner = self.inner();
            inner.rung += 1;
            std::mem::take(&mut inner.waiting)
        };
        // Outside the lock: a waker may run anything.
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits until it has rung more often than `seen`.
    pub(crate) fn after(&self, seen: u64) -> Changed {
        Changed { bell: self.clone(), seen }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").field("rung", &self.rung()).finish_non_exhaustive()
    }
}

/// Waits for a change; see [`Emulator::changed`](crate::Emulator::changed). Dropped, it is forgotten.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled"]
pub struct Changed {
    bell: Bell,
    seen: u64,
}

impl Future for Changed {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.bell.inner();
        if inner.rung > self.seen {
            return Poll::Ready(());
        }
        if !inner.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            inner.waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}
