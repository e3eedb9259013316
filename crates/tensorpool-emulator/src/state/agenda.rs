//! `Agenda`: what is going to happen, and when.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use tensorpool_core::model::{ClusterStatus, JobStatus, RequestStatus, StorageStatus};
use tensorpool_core::{ClusterId, JobId, RequestId, StorageId, Time};

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Request { id: RequestId, status: RequestStatus, message: String, next: Option<Time> },
    Cluster { id: ClusterId, status: ClusterStatus },
    Attach { storage: StorageId, cluster: ClusterId },
    Detach { storage: StorageId, cluster: ClusterId },
    Volume { id: StorageId, status: StorageStatus },
    Job { id: JobId, status: JobStatus },
    JobRuns { id: JobId },
    JobPrints { id: JobId },
}

/// A part of an operation: what its request says meanwhile, and what happens when the part begins.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    pub(crate) lasts: Duration,
    pub(crate) status: RequestStatus,
    pub(crate) message: String,
    pub(crate) steps: Vec<Step>,
}

impl Phase {
    pub(crate) fn pending(lasts: Duration, message: impl Into<String>) -> Self {
        Self { lasts, status: RequestStatus::Pending, message: message.into(), steps: Vec::new() }
    }

    pub(crate) fn processing(lasts: Duration, message: impl Into<String>) -> Self {
        Self { lasts, status: RequestStatus::Processing, message: message.into(), steps: Vec::new() }
    }

    pub(crate) fn completed(message: impl Into<String>) -> Self {
        let (lasts, status) = (Duration::ZERO, RequestStatus::Completed);
        Self { lasts, status, message: message.into(), steps: Vec::new() }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        let (lasts, status) = (Duration::ZERO, RequestStatus::Failed);
        Self { lasts, status, message: message.into(), steps: Vec::new() }
    }

    pub(crate) fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// What is going to happen, by time and then by the order in which it was planned.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    planned: u64,
    entries: BTreeMap<(Time, u64), (Option<RequestId>, Step)>,
}

impl Agenda {
    /// Plans a step, on behalf of a request or of nobody.
    pub(crate) fn plan(&mut self, at: Time, request: Option<&RequestId>, step: Step) {
        self.planned += 1;
        self.entries.insert((at, self.planned), (request.cloned(), step));
    }

    /// Takes out the first step that is due by `now`.
    pub(crate) fn next(&mut self, now: Time) -> Option<(Time, Step)> {
        let (&key, _) = self.entries.range((Bound::Unbounded, Bound::Included((now, u64::MAX)))).next()?;
        let (_, step) = self.entries.remove(&key)?;
        Some((key.0, step))
    }

    /// Drops what was planned on behalf of these requests.
    pub(crate) fn forget(&mut self, requests: &[RequestId]) {
        if !requests.is_empty() {
            self.entries.retain(|_, (request, _)| !request.as_ref().is_some_and(|id| requests.contains(id)));
        }
    }

    /// When the next step is due.
    pub(crate) fn due(&self) -> Option<Time> {
        self.entries.keys().next().map(|(time, _)| *time)
    }
}
