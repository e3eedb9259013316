//! Ping and silence: a connection is alive as long as anything comes while we listen.

use std::time::Duration;

use crate::time::Time;

/// A ping this often (contract §9).
const EVERY: Duration = Duration::from_secs(5);
/// Dead after this long without a frame (contract §9).
const DEAD: Duration = Duration::from_secs(10);

/// What is due on an open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Ping,
    Listen { until: Time },
    Dead,
}

/// Counts silence only while we listened: a caller who is busy elsewhere must not take a live peer for a dead one.
#[derive(Clone, Debug)]
pub(super) struct KeepAlive {
    next_ping: Time,
    silent: Duration,
    listening: Option<Listening>,
}

#[derive(Clone, Copy, Debug)]
struct Listening {
    from: Time,
    until: Time,
}

impl KeepAlive {
    pub(super) fn new(now: Time) -> Self {
        Self { next_ping: now + EVERY, silent: Duration::ZERO, listening: None }
    }

    pub(super) fn poll(&mut self, now: Time) -> Beat {
        // A look that brought no outcome goes on, even if its time is over: the peer's pong may be waiting to be read.
        if let Some(Listening { until, .. }) = self.listening {
            return Beat::Listen { until };
        }
        if self.silent >= DEAD {
            return Beat::Dead;
        }
        if now >= self.next_ping {
            self.next_ping = now + EVERY;
            return Beat::Ping;
        }
        let until = self.next_ping.min(now + (DEAD - self.silent));
        self.listening = Some(Listening { from: now, until });
        Beat::Listen { until }
    }

    /// Anything came.
    pub(super) fn heard(&mut self) {
        self.listening = None;
        self.silent = Duration::ZERO;
    }

    /// Nothing came in the time listened; what was overslept beyond it does not count.
    pub(super) fn elapsed(&mut self, now: Time) {
        if let Some(Listening { from, until }) = self.listening.take() {
            self.silent += now.min(until).since(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_peer_is_pinged_and_dead_after_ten_seconds() {
        let mut alive = KeepAlive::new(Time::ZERO);
        assert_eq!(alive.poll(Time::ZERO), Beat::Listen { until: Time::secs(5) });
        alive.elapsed(Time::secs(5));
        assert_eq!(alive.poll(Time::secs(5)), Beat::Ping);
        assert_eq!(alive.poll(Time::secs(5)), Beat::Listen { until: Time::secs(10) });
        alive.elapsed(Time::secs(10));
        assert_eq!(alive.poll(Time::secs(10)), Beat::Dead);
    }

    #[test]
    fn time_not_spent_listening_is_not_silence() {
        let mut alive = KeepAlive::new(Time::ZERO);
        // The caller blocks the thread for an hour between looks, again and again.
        for hour in 0..5 {
            let now = Time::secs(hour * 3600);
            if alive.poll(now) == Beat::Ping {
                assert!(matches!(alive.poll(now), Beat::Listen { .. }));
            }
            alive.heard();
        }
        assert!(alive.poll(Time::secs(5 * 3600)) != Beat::Dead);
    }

    #[test]
    fn a_machine_that_slept_looks_once_more_before_it_gives_up() {
        let mut alive = KeepAlive::new(Time::ZERO);
        let Beat::Listen { until } = alive.poll(Time::ZERO) else { panic!() };
        alive.elapsed(until + Duration::from_secs(3600));
        let woken = Time::secs(3605);
        assert_eq!(alive.poll(woken), Beat::Ping);
        assert!(matches!(alive.poll(woken), Beat::Listen { .. }), "the pong is still awaited");
    }

    #[test]
    fn looks_that_are_dropped_and_begun_anew_add_up() {
        let mut alive = KeepAlive::new(Time::ZERO);
        let mut now = Time::ZERO;
        for _ in 0..1000 {
            match alive.poll(now) {
                Beat::Dead => {
                    assert_eq!(now, Time::secs(10));
                    return;
                }
                Beat::Ping => {}
                // The driver is polled every 100 ms, and looks at what is there once the time is over.
                Beat::Listen { until } if until <= now => alive.elapsed(now),
                Beat::Listen { .. } => now = now + Duration::from_millis(100),
            }
        }
        panic!("never found dead");
    }
}
