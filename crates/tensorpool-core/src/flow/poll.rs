//! Asking again and again: how long, how often, and how many failures in a row are borne.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::retry::Jitter;
use crate::error::Error;
use crate::model::{JobInfo, RequestInfo};
use crate::redact::Snippet;
use crate::time::Time;

/// The shortest delay between two questions, whatever a [`Wait`] and the server say.
const SHORTEST: Duration = Duration::from_millis(10);

/// How long to wait for an operation, and how often to ask. No two questions are closer than 10 ms.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// How long at most; 45 minutes by default. The operation goes on when a wait ends.
    pub deadline: Option<Duration>,
    /// The first delay between questions where the server names none; 2 s by default. It grows by half each time.
    pub first_delay: Duration,
    /// What that delay grows to; 15 s by default.
    pub max_delay: Duration,
    /// The least delay the server may ask for; 1 s by default.
    pub min_retry_after: Duration,
    /// The most delay the server may ask for; 60 s by default.
    pub max_retry_after: Duration,
    /// How many failures to ask, in a row, are borne; 5 by default. The next one loses the operation.
    pub tolerated_failures: u32,
}

impl Default for Wait {
    fn default() -> Self {
        Self {
            deadline: Some(Duration::from_secs(45 * 60)),
            first_delay: Duration::from_secs(2),
            max_delay: Duration::from_secs(15),
            min_retry_after: Duration::from_secs(1),
            max_retry_after: Duration::from_secs(60),
            tolerated_failures: 5,
        }
    }
}

impl Wait {
    /// At most this long.
    #[must_use]
    pub fn up_to(deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..Self::default() }
    }

    /// At most this many minutes.
    #[must_use]
    pub fn up_to_minutes(minutes: u64) -> Self {
        Self::up_to(Duration::from_secs(minutes.saturating_mul(60)))
    }

    /// Until it ends, however long that takes.
    #[must_use]
    pub fn forever() -> Self {
        Self { deadline: None, ..Self::default() }
    }
}

/// One answer, or one failure to get one, on the way to an operation's end.
#[derive(Debug)]
#[non_exhaustive]
pub struct Step<T> {
    /// The request's or job's id.
    pub id: Box<str>,
    /// How long the wait has taken so far.
    pub elapsed: Duration,
    /// What the server said, or why it could not be asked. **A failed question is not a failed operation.**
    pub outcome: Result<T, Arc<Error>>,
    /// How many questions in a row have failed.
    pub failures: u32,
}

/// What a [`Step`] tells of: something with a status to show.
pub trait Subject {
    /// One line: the status, and the server's words where it has any.
    fn status_line(&self) -> String;
}

impl Subject for RequestInfo {
    fn status_line(&self) -> String {
        match self.message() {
            Some(words) => format!("{}: {}", self.status, Snippet::of(words)),
            None => self.status.to_string(),
        }
    }
}

impl Subject for JobInfo {
    fn status_line(&self) -> String {
        self.status.as_ref().map_or_else(|| "status unknown".to_owned(), ToString::to_string)
    }
}

impl<T: Subject> Step<T> {
    /// One line: what the server says, or that it could not be asked.
    #[must_use]
    pub fn message(&self) -> String {
        match &self.outcome {
            Ok(subject) => subject.status_line(),
            Err(error) => format!("could not ask, will again: {error}"),
        }
    }
}

impl<T: Subject> fmt::Display for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} s: {}", self.id, self.elapsed.as_secs(), self.message())
    }
}

/// When to ask about one thing again.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    pub(super) due: Time,
    delay: Duration,
    pub(super) failures: u32,
}

impl Pace {
    /// Due at once.
    pub(super) fn new(wait: &Wait) -> Self {
        Self { due: Time::ZERO, delay: wait.first_delay, failures: 0 }
    }

    /// Its own delay begins anew, as another wait says; a question that is due stays due.
    pub(super) fn begin_anew(&mut self, wait: &Wait) {
        self.delay = wait.first_delay;
    }

    /// An answer came: ask again when the server says, else at our own pace.
    pub(super) fn answered(
        &mut self,
        wait: &Wait,
        now: Time,
        retry_after: Option<Duration>,
        jitter: &mut Jitter,
    ) {
        self.failures = 0;
        let delay = match retry_after {
            Some(asked) => asked.clamp(wait.min_retry_after, wait.max_retry_after.max(wait.min_retry_after)),
            None => self.own(wait, jitter),
        };
        self.due = now + delay.max(SHORTEST);
    }

    /// No answer came. False if that was once too often, or a failure that will not go away.
    pub(super) fn failed(&mut self, wait: &Wait, now: Time, error: &Error, jitter: &mut Jitter) -> bool {
        self.failures += 1;
        let own = self.own(wait, jitter);
        let delay = error.retry_after().map_or(own, |asked| asked.min(wait.max_retry_after).max(own));
        self.due = now + delay.max(SHORTEST);
        is_passing(error) && self.failures <= wait.tolerated_failures
    }

    /// Three quarters to all of the delay, which grows by half.
    fn own(&mut self, wait: &Wait, jitter: &mut Jitter) -> Duration {
        let delay = self.delay;
        self.delay = delay.saturating_add(delay / 2).min(wait.max_delay.max(wait.first_delay));
        let quarter = delay / 4;
        delay - quarter + jitter.up_to(quarter)
    }
}

/// Whether asking again may help: the network, the server's load, a body cut in half. Not a token that is refused.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Transport(_) | Error::Decode(_) => true,
        Error::Api(error) => {
            let status = error.status();
            status.is_server_error() || matches!(status.as_u16(), 408 | 429)
        }
        _ => false,
    }
}
