//! Lanes: requests under way, and when one of them has stalled.

use std::ops::Range;
use std::time::Duration;

use super::answer::Asked;
use super::vocabulary::{FileId, LaneId};
use crate::time::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Opening,
    /// The body is open and nobody reads.
    Ready,
    Reading,
}

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) id: LaneId,
    pub(super) file: FileId,
    pub(super) asked: Asked,
    pub(super) phase: Phase,
    /// Which URLs it was opened with.
    pub(super) generation: u64,
    /// The file's epoch when it was opened.
    pub(super) epoch: u64,
    /// Where the next byte of the body belongs.
    pub(super) at: u64,
    /// Where the body ends, if that is known.
    pub(super) body_end: Option<u64>,
    /// What is wanted of it.
    pub(super) wanted: Range<u64>,
    /// When it was last heard of, on the clock that runs only while we wait.
    pub(super) heard: Duration,
}

impl Lane {
    pub(super) fn new(
        id: LaneId,
        (file, epoch): (FileId, u64),
        asked: Asked,
        generation: u64,
        heard: Duration,
    ) -> Self {
        let wanted = match asked {
            Asked::Whole => 0..u64::MAX,
            Asked::Part { start, end } => start..end.unwrap_or(u64::MAX),
        };
        Self {
            id,
            file,
            at: wanted.start,
            asked,
            phase: Phase::Opening,
            generation,
            epoch,
            body_end: None,
            wanted,
            heard,
        }
    }
}

/// Measures how long the peers kept us waiting.
///
/// Time between two calls counts only if the first of them had nothing to do: a slow disk, a slow consumer of progress or
/// a refresh is no stall of a host.
#[derive(Debug, Default)]
pub(super) struct Patience {
    last: Time,
    idle: bool,
    waited: Duration,
}

impl Patience {
    pub(super) fn tick(&mut self, now: Time) {
        if self.idle {
            self.waited = self.waited.saturating_add(now.since(self.last));
        }
        self.last = self.last.max(now);
    }

    pub(super) fn idle(&mut self, idle: bool) {
        self.idle = idle;
    }

    /// The time spent waiting so far.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }
}
