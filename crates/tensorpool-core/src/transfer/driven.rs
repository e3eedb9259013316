//! What a lane tells, and what follows for its file.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::answer::{Asked, Verdict, judge};
use super::fate::{Existing, Fate, Refusal};
use super::file::{Parts, Stage};
use super::lane::Phase;
use super::set::{Refresh, Transfer};
use super::vocabulary::{Action, FileId, LaneId, Progress};
use crate::error::{TransferError, TransferErrorKind, TransportError, TransportErrorKind};
use crate::time::Time;

/// So many bytes more than ever before are progress: attempts count anew.
const GAIN: u64 = 64 * 1024;
/// How often a file's progress is shown.
const SHOW_EVERY: Duration = Duration::from_millis(100);

impl Transfer {
    pub(super) fn opened(&mut self, now: Time, id: LaneId, outcome: Result<Response<()>, TransportError>) {
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id && lane.phase == Phase::Opening)
        else {
            return;
        };
        let head = match outcome {
            Ok(response) => response.into_parts().0,
            Err(error) => return self.fail_lane(now, id, of_transport(error), None),
        };
        let (file_id, asked) = (lane.file, lane.asked.clone());
        let Some(file) = self.files.get_mut(file_id.0) else { return };
        let verdict = judge(&asked, &file.known, &head);
        if !matches!(verdict, Verdict::Expired(_)) {
            file.denied = 0;
        }
        match verdict {
            Verdict::Whole { etag, length, ranges } => {
                if file.done.total() > 0 || self.lanes.iter().filter(|lane| lane.file == file_id).count() > 1
                {
                    file.restarts += 1;
                }
                // A host that answers a range with the whole of the same file knows no ranges.
                let changed = file.known.etag.is_some() && file.known.etag != etag;
                let ignored = asked != Asked::Whole && !changed;
                let none = !ranges || ignored || file.parts == Parts::No;
                file.parts = if none { Parts::No } else { Parts::Unknown };
                file.forget();
                (file.known.etag, file.known.length) = (etag, length);
                if file.restarts >= self.policy.retry.attempts.max(1) {
                    return self.never_the_same(file_id);
                }
                self.close_other_lanes(file_id, id);
                self.begin(now, file_id);
                self.flow(now, id, 0, length, 0..length.unwrap_or(u64::MAX));
            }
            Verdict::Part { range, etag, length } => {
                let fresh = file.known.etag.is_none();
                (file.known.etag, file.known.length) = (etag, Some(length));
                file.parts = Parts::Yes;
                if fresh {
                    self.begin(now, file_id);
                }
                let Asked::Part { start, end } = asked else { return };
                let wanted = start..end.unwrap_or(u64::MAX).min(range.end);
                self.flow(now, id, range.start, Some(range.end), wanted);
            }
            Verdict::Complete { length } => {
                let fresh = file.known.etag.is_none();
                file.known.length = Some(length);
                self.close_lane(id);
                if fresh {
                    self.begin(now, file_id);
                }
                self.commit_if_whole(file_id);
            }
            Verdict::Changed => {
                file.restarts += 1;
                file.forget();
                file.parts = Parts::Unknown;
                let restarts = file.restarts;
                self.close_lanes(file_id);
                if restarts >= self.policy.retry.attempts.max(1) {
                    self.never_the_same(file_id);
                }
            }
            Verdict::NoRanges(why) if file.parts == Parts::Yes => {
                // It has served parts before: what there is of the file is not thrown away for one odd answer.
                self.fail_lane(now, id, TransferError::new(TransferErrorKind::Answer, why), None);
            }
            Verdict::NoRanges(_) => {
                file.forget();
                file.parts = Parts::No;
                self.close_lanes(file_id);
            }
            Verdict::Expired(status) => self.expired(file_id, id, status),
            Verdict::Retry(error, floor) => self.fail_lane(now, id, error, floor),
            Verdict::Stop(error) => self.end(file_id, Fate::Failed(error)),
        }
    }

    pub(super) fn read(&mut self, now: Time, id: LaneId, outcome: Result<Option<Bytes>, TransportError>) {
        let waited = self.patience.waited();
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id && lane.phase == Phase::Reading)
        else {
            return;
        };
        lane.phase = Phase::Ready;
        lane.heard = waited;
        let file_id = lane.file;
        match outcome {
            Ok(Some(data)) => self.take(now, id, file_id, data),
            Ok(None) if lane.body_end.is_none() => {
                let length = lane.at;
                self.close_lane(id);
                if let Some(file) = self.files.get_mut(file_id.0) {
                    file.known.length = Some(length);
                }
                self.commit_if_whole(file_id);
            }
            Ok(None) => {
                let missing = lane.body_end.unwrap_or(lane.at).saturating_sub(lane.at);
                let why = format!("the connection closed {missing} bytes before the end");
                self.fail_lane(now, id, TransferError::new(TransferErrorKind::Interrupted, why), None);
            }
            Err(error) => self.fail_lane(now, id, of_transport(error), None),
        }
    }

    /// Takes a piece of a body: what is wanted of it is written where it belongs.
    fn take(&mut self, now: Time, id: LaneId, file_id: FileId, data: Bytes) {
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id) else { return };
        let Some(file) = self.files.get_mut(file_id.0) else { return };
        let at = lane.at;
        lane.at = at.saturating_add(data.len() as u64);
        if lane.body_end.is_some_and(|end| lane.at > end) {
            let error = TransferError::new(TransferErrorKind::Answer, "the host sent more than it announced");
            return self.end(file_id, Fate::Failed(error));
        }
        let start = lane.wanted.start.max(at);
        let end = lane.wanted.end.min(lane.at);
        let over = lane.at >= lane.wanted.end;
        if start < end {
            let cut = |place: u64| usize::try_from(place - at).unwrap_or(usize::MAX).min(data.len());
            let data = data.slice(cut(start)..cut(end));
            file.done.insert(start..end);
            self.queue.push_back(Action::Write { file: file_id, offset: start, data });
        }
        // What only replaces bytes that were had before gets nowhere.
        let gained = file.done.total() >= file.best.saturating_add(GAIN);
        if gained {
            file.best = file.done.total();
            (file.failures, file.restarts) = (0, 0);
            self.budget.succeeded(std::mem::take(&mut file.drawn));
        }
        let unrecorded = file.done.total().saturating_sub(file.recorded);
        let due = unrecorded >= self.policy.record.max(1)
            || now.since(file.recorded_at) >= self.policy.record_every;
        if file.known.etag.is_some() && unrecorded > 0 && due && !file.is_whole() {
            (file.recorded, file.recorded_at) = (file.done.total(), now);
            self.queue.push_back(Action::Record { file: file_id, done: file.done.clone() });
        }
        if file.shown_at.is_none_or(|shown| now.since(shown) >= SHOW_EVERY) {
            self.show(now, file_id);
        }
        if over {
            self.close_lane(id);
            self.commit_if_whole(file_id);
        }
    }

    /// The body of this lane begins, at this place of the file.
    fn flow(&mut self, now: Time, id: LaneId, at: u64, body_end: Option<u64>, wanted: std::ops::Range<u64>) {
        let waited = self.patience.waited();
        let Some(lane) = self.lanes.iter_mut().find(|lane| lane.id == id) else { return };
        lane.phase = Phase::Ready;
        lane.heard = waited;
        (lane.at, lane.body_end) = (at, body_end);
        let (file, empty) = (lane.file, wanted.is_empty());
        lane.wanted = wanted;
        if empty {
            self.close_lane(id);
            self.commit_if_whole(file);
        }
        self.show(now, file);
    }

    /// A file's tag and length have become known: begin to write it, unless it is certain that it is not wanted.
    fn begin(&mut self, now: Time, id: FileId) {
        let Some(file) = self.files.get_mut(id.0) else { return };
        let differs = match (file.existing, file.known.length) {
            (Some(there), Some(length)) => self.existing == Existing::SkipIfIdentical && there != length,
            _ => false,
        };
        if differs {
            return self.end(id, Fate::Refused(Refusal::Differs));
        }
        (file.recorded, file.recorded_at) = (0, now);
        let (etag, length) = (file.known.etag.clone(), file.known.length);
        self.queue.push_back(Action::Start { file: id, etag, length });
    }

    fn commit_if_whole(&mut self, id: FileId) {
        let Some(file) = self.files.get_mut(id.0).filter(|file| file.stage == Stage::Fetching) else {
            return;
        };
        let (true, Some(length)) = (file.is_whole(), file.known.length) else { return };
        file.stage = Stage::Committing;
        self.budget.succeeded(std::mem::take(&mut file.drawn));
        self.close_lanes(id);
        self.queue.push_back(Action::Commit { file: id, length });
    }

    fn expired(&mut self, id: FileId, lane: LaneId, status: http::StatusCode) {
        let old =
            self.lanes.iter().find(|l| l.id == lane).is_some_and(|lane| lane.generation < self.generation);
        self.close_lane(lane);
        let Some(file) = self.files.get_mut(id.0) else { return };
        if old {
            // It was opened before the fresh URLs came.
            return;
        }
        if !file.stale {
            file.denied += 1;
        }
        if file.denied > 1 {
            let why = format!("the host answered {}, to a fresh URL too", status.as_u16());
            let error = TransferError::new(TransferErrorKind::Expired, why).with_status(status);
            return self.end(id, Fate::Failed(error));
        }
        file.stale = true;
        if self.refresh == Refresh::No {
            self.refresh = Refresh::Wanted;
        }
    }

    fn never_the_same(&mut self, id: FileId) {
        let error =
            TransferError::new(TransferErrorKind::Changed, "the file changed each time it was fetched");
        self.end(id, Fate::Failed(error));
    }

    /// An attempt failed: another one follows, unless there were too many.
    ///
    /// When the network fails, all lanes of a file fail with it. They are one attempt: only a lane that was opened since
    /// the last counted failure, and so after the wait that followed it, counts as another.
    pub(super) fn fail_lane(&mut self, now: Time, id: LaneId, error: TransferError, floor: Option<Duration>) {
        let Some(lane) = self.lanes.iter().find(|lane| lane.id == id) else { return };
        let (file_id, epoch) = (lane.file, lane.epoch);
        self.close_lane(id);
        let Some(file) = self.files.get_mut(file_id.0) else { return };
        let counts = epoch == file.epoch;
        if counts {
            file.epoch += 1;
            file.failures += 1;
        }
        let failures = file.failures;
        if counts && failures >= self.policy.retry.attempts.max(1) {
            return self.end(file_id, Fate::Failed(error.after(failures)));
        }
        if let Some(floor) = floor.filter(|&floor| floor > self.policy.patience) {
            let words = format!("{error} and asks for {} s of rest", floor.as_secs());
            let error = TransferError::new(error.kind(), words).with_source(error);
            return self.end(file_id, Fate::Failed(error));
        }
        if !counts {
            // What it wanted is asked for again with the rest, and a host that asks for rest gets it.
            file.not_before = file.not_before.max(now + floor.unwrap_or_default());
            return;
        }
        if !self.budget.draw() {
            let words = format!("{error}; the client's retry budget is empty");
            let error = TransferError::new(TransferErrorKind::Budget, words).with_source(error);
            return self.end(file_id, Fate::Failed(error));
        }
        let delay = self.policy.retry.delay(failures, &mut self.jitter);
        let wait = floor.map_or(delay, |floor| floor.max(delay));
        let Some(file) = self.files.get_mut(file_id.0) else { return };
        file.drawn += 1;
        file.not_before = file.not_before.max(now + wait);
        let name = Arc::clone(&file.name);
        self.queue.push_back(Action::Progress(Progress::Retry { name, why: error.to_string(), wait }));
    }

    fn close_lane(&mut self, id: LaneId) {
        self.lanes.retain(|lane| lane.id != id);
        self.queue.push_back(Action::Close(id));
    }

    fn close_other_lanes(&mut self, file: FileId, but: LaneId) {
        let others = |lane: &&super::lane::Lane| lane.file == file && lane.id != but;
        let others: Vec<LaneId> = self.lanes.iter().filter(others).map(|lane| lane.id).collect();
        others.into_iter().for_each(|id| self.close_lane(id));
    }

    fn show(&mut self, now: Time, id: FileId) {
        let Some(file) = self.files.get_mut(id.0).filter(|file| file.stage != Stage::Ended) else { return };
        file.shown_at = Some(now);
        let (name, done, length) = (Arc::clone(&file.name), file.done.total(), file.known.length);
        self.queue.push_back(Action::Progress(Progress::Bytes { name, done, length }));
    }
}

fn of_transport(error: TransportError) -> TransferError {
    let kind = match error.kind() {
        TransportErrorKind::TimedOut => TransferErrorKind::Stalled,
        TransportErrorKind::NotSent | TransportErrorKind::Interrupted | TransportErrorKind::Other => {
            TransferErrorKind::Interrupted
        }
    };
    TransferError::new(kind, format!("the fetch {error}")).with_source(error)
}
