//! `Transfer`: a set of files, fetched side by side.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::fate::{Existing, Fate, Refusal};
use super::file::{File, Map, Stage};
use super::lane::{Lane, Patience, Phase};
use super::names::Names;
use super::policy::TransferPolicy;
use super::range::{Ranges, is_strong_etag};
use super::rel_path::RelPath;
use super::vocabulary::{Action, Committed, FileId, Found, Input, LaneId, Progress, Standing};
use crate::error::{Error, TransferError, TransferErrorKind};
use crate::flow::{Jitter, RetryBudget};
use crate::time::Time;

/// Fetches a set of files.
///
/// One bad name or file does not stop the others. `Debug` shows no URL.
pub struct Transfer {
    pub(super) policy: TransferPolicy,
    pub(super) existing: Existing,
    pub(super) budget: RetryBudget,
    pub(super) jitter: Jitter,
    pub(super) files: Vec<File>,
    pub(super) lanes: Vec<Lane>,
    pub(super) queue: VecDeque<Action>,
    pub(super) patience: Patience,
    pub(super) generation: u64,
    pub(super) refresh: Refresh,
    next_lane: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refresh {
    No,
    Wanted,
    Asked,
}

impl Transfer {
    /// The files of a download map (contract §3.4), the names of which the server chose.
    ///
    /// `seed` spreads delays; retries are drawn from `budget`. Of two names that some file system takes for one, the first
    /// in their order is fetched and the other refused.
    #[must_use]
    pub fn new(
        map: &Map,
        existing: Existing,
        policy: TransferPolicy,
        budget: RetryBudget,
        seed: u64,
    ) -> Self {
        let mut transfer = Self {
            existing,
            budget,
            jitter: Jitter::new(seed),
            files: Vec::with_capacity(map.len()),
            lanes: Vec::new(),
            queue: VecDeque::new(),
            patience: Patience::default(),
            generation: 0,
            refresh: Refresh::No,
            next_lane: 0,
            policy,
        };
        let mut names = Names::default();
        for name in map.keys() {
            let path = RelPath::parse(name).and_then(|path| names.take(&path).map(|()| path));
            let id = FileId(transfer.files.len());
            let refused = path.as_ref().err().cloned();
            transfer.files.push(File::new(Arc::from(name.as_str()), path.ok()));
            if let Some(why) = refused {
                transfer.end(id, Fate::Refused(Refusal::Name(why)));
            } else if let Some(file) = transfer.files.last_mut() {
                if let Err(error) = file.locate(map, transfer.policy.plain_http) {
                    transfer.end(id, Fate::Failed(error));
                }
            }
        }
        transfer
    }

    /// The path of a file, for the sink; `None` for a name that was refused, which is never asked about.
    #[must_use]
    pub fn path(&self, file: FileId) -> Option<&RelPath> {
        self.files.get(file.0)?.path.as_ref()
    }

    /// What to do next.
    pub fn poll(&mut self, now: Time) -> Action {
        self.patience.tick(now);
        let action = self.next(now);
        self.patience.idle(matches!(action, Action::WaitUntil(_)));
        action
    }

    fn next(&mut self, now: Time) -> Action {
        loop {
            if let Some(action) = self.queue.pop_front() {
                return action;
            }
            if self.refresh == Refresh::Wanted {
                self.refresh = Refresh::Asked;
                self.queue.push_back(Action::Refresh);
                return Action::Progress(Progress::Refresh);
            }
            if self.fail_stalled(now) {
                continue;
            }
            let waited = self.patience.waited();
            if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.phase == Phase::Ready) {
                lane.phase = Phase::Reading;
                lane.heard = waited;
                return Action::Read(lane.id);
            }
            if let Some(action) = self.start_work(now) {
                return action;
            }
            if self.files.iter().all(|file| file.stage == Stage::Ended) {
                return Action::Finished;
            }
            return Action::WaitUntil(self.wake(now));
        }
    }

    /// Takes what an action came to. What was not asked for, or comes too late, is ignored.
    pub fn handle(&mut self, now: Time, input: Input) {
        self.patience.tick(now);
        self.patience.idle(false);
        match input {
            Input::Looked(file, found) => self.looked(file, found, now),
            Input::Stored(_, Ok(())) => {}
            Input::Stored(file, Err(error)) => self.storing_failed(file, error),
            Input::Committed(file, committed) => self.committed(file, committed),
            Input::Refreshed(map) => self.refreshed(map),
            Input::Opened(lane, outcome) => self.opened(now, lane, outcome),
            Input::Read(lane, outcome) => self.read(now, lane, outcome),
        }
    }

    /// The time since the last call was not spent waiting for a host: the driver was away.
    pub fn was_away(&mut self, now: Time) {
        self.patience.idle(false);
        self.patience.tick(now);
    }

    /// Each file of the map, in the order of names, with its fate. Those that have not come to their end yet are failed.
    #[must_use]
    pub fn finish(self) -> Vec<(Arc<str>, Fate)> {
        let abandoned =
            || Fate::Failed(TransferError::new(TransferErrorKind::Interrupted, "ended by the caller"));
        self.files.into_iter().map(|file| (file.name, file.fate.unwrap_or_else(abandoned))).collect()
    }

    /// A file to begin with, or another request for one.
    fn start_work(&mut self, now: Time) -> Option<Action> {
        let lanes_left = self.policy.lanes.max(1).saturating_sub(self.lanes.len());
        // A file without a lane goes first, then another file, then more lanes for those under way.
        if lanes_left > 0 {
            if let Some(action) = self.open_lane(now, 0) {
                return Some(action);
            }
        }
        let at_work = |file: &&File| !matches!(file.stage, Stage::Queued | Stage::Ended);
        if self.files.iter().filter(at_work).count() < self.policy.files.max(1) {
            let next = self.files.iter().position(|file| file.stage == Stage::Queued);
            if let Some((at, file)) = next.and_then(|at| Some((at, self.files.get_mut(at)?))) {
                file.stage = Stage::Looking;
                return Some(Action::Look(FileId(at)));
            }
        }
        if lanes_left > 0 { self.open_lane(now, self.policy.lanes_per_file.saturating_sub(1)) } else { None }
    }

    /// A lane for the first file that can use one and has at most `has`.
    fn open_lane(&mut self, now: Time, has: usize) -> Option<Action> {
        for (at, file) in self.files.iter().enumerate() {
            if file.stage != Stage::Fetching || file.stale || file.not_before > now {
                continue;
            }
            let id = FileId(at);
            let busy: Vec<_> =
                self.lanes.iter().filter(|lane| lane.file == id).map(|lane| lane.wanted.clone()).collect();
            if busy.len() > has {
                continue;
            }
            let Some(asked) = file.next(&busy, self.policy.part.max(1)) else { continue };
            let Some(request) = file.request(&asked) else { continue };
            let lane = LaneId(self.next_lane);
            self.next_lane += 1;
            let from = (id, file.epoch);
            self.lanes.push(Lane::new(lane, from, asked, self.generation, self.patience.waited()));
            return Some(Action::Open { lane, request: Box::new(request), limit: self.policy.open });
        }
        None
    }

    /// When to be polled again if nothing is told before.
    fn wake(&self, now: Time) -> Time {
        let waited = self.patience.waited();
        let lanes = self
            .lanes
            .iter()
            .map(|lane| now + self.limit(lane).saturating_sub(waited - lane.heard.min(waited)));
        let fetching = |file: &&File| file.stage == Stage::Fetching && file.not_before > now;
        let files = self.files.iter().filter(fetching).map(|file| file.not_before);
        lanes.chain(files).min().unwrap_or(now + self.policy.stall)
    }

    fn limit(&self, lane: &Lane) -> Duration {
        if lane.phase == Phase::Opening { self.policy.open } else { self.policy.stall }
    }

    fn fail_stalled(&mut self, now: Time) -> bool {
        let waited = self.patience.waited();
        let over = |lane: &&Lane| {
            lane.phase != Phase::Ready && waited.saturating_sub(lane.heard) >= self.limit(lane)
        };
        let Some(lane) = self.lanes.iter().find(over) else { return false };
        let (id, limit) = (lane.id, self.limit(lane));
        let why = if lane.phase == Phase::Opening { "no answer" } else { "not a byte" };
        let error =
            TransferError::new(TransferErrorKind::Stalled, format!("{why} for {} s", limit.as_secs()));
        self.fail_lane(now, id, error, None);
        true
    }

    fn looked(&mut self, id: FileId, found: Result<Found, TransferError>, now: Time) {
        let existing = self.existing;
        let Some(file) = self.files.get_mut(id.0).filter(|file| file.stage == Stage::Looking) else { return };
        let found = match found {
            Ok(found) => found,
            Err(error) => return self.end(id, Fate::Failed(error)),
        };
        match (found.standing, existing) {
            (Standing::Nothing, _) | (Standing::File(_) | Standing::Other, Existing::Overwrite) => {}
            (Standing::File(length), Existing::SkipIfIdentical) => file.existing = Some(length),
            (Standing::Directory, _) => {
                let error = TransferError::new(TransferErrorKind::Blocked, "a directory is in its place");
                return self.end(id, Fate::Failed(error));
            }
            (Standing::File(_) | Standing::Other, _) => return self.end(id, Fate::Refused(Refusal::Exists)),
        }
        if let Some(partial) = found.partial.filter(|partial| is_strong_etag(&partial.etag)) {
            let within = partial.length.unwrap_or(u64::MAX);
            file.done = partial.done.iter().map(|range| range.start..range.end.min(within)).collect();
            file.known.etag = Some(partial.etag);
            file.known.length = partial.length;
            file.recorded = file.done.total();
            match partial.length {
                // All is there, but whether it is still the file at the host only an answer says.
                Some(length) if file.is_whole() => file.done.remove(length.saturating_sub(1)..length),
                // Without a length only what is joined to the beginning can be gone on with.
                None if file.done.first_gap(file.done.end()).is_some() => file.forget(),
                _ => {}
            }
            if file.known.length == Some(0) {
                file.forget();
            }
        }
        file.recorded_at = now;
        file.stage = Stage::Fetching;
    }

    fn storing_failed(&mut self, id: FileId, error: TransferError) {
        let Some(file) = self.files.get_mut(id.0).filter(|file| file.stage != Stage::Ended) else { return };
        // What came since is not there: only what was recorded is true.
        file.done = Ranges::default();
        // What is queued for this file builds on what failed.
        self.queue.retain(|action| match action {
            Action::Start { file, .. }
            | Action::Write { file, .. }
            | Action::Record { file, .. }
            | Action::Commit { file, .. } => *file != id,
            _ => true,
        });
        self.end(id, Fate::Failed(error));
    }

    fn committed(&mut self, id: FileId, committed: Result<Committed, TransferError>) {
        let Some(file) = self.files.get(id.0).filter(|file| file.stage == Stage::Committing) else { return };
        let fate = match committed {
            Ok(Committed::Placed) => Fate::Complete { bytes: file.done.total() },
            Ok(Committed::Identical) => Fate::Skipped,
            Ok(Committed::Refused(refusal)) => Fate::Refused(refusal),
            Err(error) => Fate::Failed(error),
        };
        self.end(id, fate);
    }

    fn refreshed(&mut self, map: Result<Map, Error>) {
        if self.refresh != Refresh::Asked {
            return;
        }
        self.refresh = Refresh::No;
        let mut failed = Vec::new();
        match map {
            Ok(map) => {
                self.generation += 1;
                for (at, file) in self.files.iter_mut().enumerate().filter(|(_, f)| f.stage != Stage::Ended) {
                    match file.locate(&map, self.policy.plain_http) {
                        Err(error) if file.stale => failed.push((FileId(at), error)),
                        // The old URL is still good.
                        Err(_) | Ok(()) => {}
                    }
                }
            }
            Err(error) => {
                // Each file gets the words; the error itself belongs to none of them.
                let words = format!("fresh URLs could not be had: {error}");
                for (at, _) in self.files.iter().enumerate().filter(|(_, file)| file.stale) {
                    failed.push((FileId(at), TransferError::new(TransferErrorKind::Refresh, words.clone())));
                }
            }
        }
        for (id, error) in failed {
            self.end(id, Fate::Failed(error));
        }
    }

    /// Ends a file. What was recorded of it is kept where that is of use.
    pub(super) fn end(&mut self, id: FileId, fate: Fate) {
        self.close_lanes(id);
        let Some(file) = self.files.get_mut(id.0) else { return };
        let began = !matches!(file.stage, Stage::Queued);
        let placed = fate.is_good();
        if let (Fate::Failed(_), Some(_), true) = (&fate, &file.known.etag, file.stage == Stage::Fetching) {
            if file.done.total() > file.recorded {
                self.queue.push_back(Action::Record { file: id, done: file.done.clone() });
            }
        }
        if began && !placed {
            let keep = matches!(fate, Fate::Failed(_)) && file.known.etag.is_some();
            self.queue.push_back(Action::Release { file: id, keep });
        }
        self.queue.push_back(Action::Progress(Progress::Ended {
            name: Arc::clone(&file.name),
            good: placed,
            fate: fate.to_string(),
        }));
        file.stage = Stage::Ended;
        file.stale = false;
        file.fate = Some(fate);
    }

    pub(super) fn close_lanes(&mut self, id: FileId) {
        let queue = &mut self.queue;
        self.lanes.retain(|lane| {
            if lane.file == id {
                queue.push_back(Action::Close(lane.id));
            }
            lane.file != id
        });
    }
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("files", &self.files.len())
            .field("lanes", &self.lanes.len())
            .finish_non_exhaustive()
    }
}
