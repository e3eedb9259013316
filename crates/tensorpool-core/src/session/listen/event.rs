//! What listening tells on the way, and what it can be told.

use std::time::Duration;

use crate::error::Error;
use crate::extra::Extra;
use crate::model::JobInfo;
use crate::session::{MAX_FRAME, OddFrame};
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The `status` of a frame (contract §9.2). Only these two are known, and both end the stream.
    pub enum ListenStatus {
        /// The job ended well.
        Success = "success",
        /// It did not.
        Error = "error",
    }
}

impl ListenStatus {
    /// Whether the stream ends with it. An unknown status is not taken for an end.
    #[must_use]
    pub fn ends(&self) -> bool {
        matches!(self, Self::Success | Self::Error)
    }
}

/// What listening tells on the way.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListenEvent {
    /// A message of the server's: one or more lines of output. Each once, in order, except beside a [`Gap`](Self::Gap).
    Line(String),
    /// The status changed.
    Status(ListenStatus),
    /// There is no connection any more, or there was none. **The job goes on.**
    Cut {
        /// Why, an [`Error::Session`].
        error: Error,
        /// When the next try is; `None` if the engine is asked about the job first.
        retry_in: Option<Duration>,
    },
    /// Back after a cut, and nothing is missing: the server repeated lines up to the last one shown. They are not shown
    /// again. It takes at least 32 lines that stood only once among those shown; a job that says more than that a second
    /// time, word for word, to a server that repeats nothing, is the one case that cannot be told from it.
    Resumed {
        /// From the cut to the new connection.
        away: Duration,
        /// How many messages were repeated.
        replayed: u64,
    },
    /// Back after a cut, and lines may be missing here, or shown a second time after this.
    Gap {
        /// From the cut to the new connection.
        away: Duration,
    },
    /// The stream ended, but the engine says that the job has not; listening goes on.
    StillRunning(Box<JobInfo>),
    /// Fields this version has no name for.
    Extra(Extra),
    /// A frame that could not be read.
    Odd(OddFrame),
}

/// How to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListenOptions {
    /// How many cuts in a row, with nothing new heard between them, until the engine is asked about the job; 8 by default.
    pub failures: u32,
    /// How many times in a row it is asked, with nothing new heard and no connection that lasted, until listening is given
    /// up; 5 by default.
    pub rounds: u32,
    /// What the delay before a new connection grows from; 500 ms by default. It is full jitter, as a
    /// [`RetryPolicy`](crate::flow::RetryPolicy)'s.
    pub first_delay: Duration,
    /// What it grows to; 30 s by default.
    pub max_delay: Duration,
    /// The most delay a refusal with `Retry-After` may ask for; 60 s by default.
    pub max_retry_after: Duration,
    /// A connection that lasted this long is no failure, even if nothing new came; 30 s by default.
    pub settled_after: Duration,
    /// How long after the last line it is decided what undecided lines are; 2 s by default, and five times that where they
    /// are certainly repeated.
    pub quiet: Duration,
    /// How many of the last messages are known again when they are repeated; 262,144 by default, of 8 to 40 bytes each.
    pub window: usize,
    /// The most bytes of one frame; 1 MiB by default.
    pub max_frame: usize,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            failures: 8,
            rounds: 5,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(60),
            settled_after: Duration::from_secs(30),
            quiet: Duration::from_secs(2),
            window: 262_144,
            max_frame: MAX_FRAME,
        }
    }
}
