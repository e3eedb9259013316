//! Requests: operations that go on after their answer (contract §8).

use tensorpool_core::model::{RequestInfo, RequestStatus, RequestType};
use tensorpool_core::{ClusterId, RequestId, Time};

use super::State;
use super::account::Owner;
use super::agenda::{Phase, Step};
use super::store::Keyed;
use crate::calendar;

/// An operation.
pub(crate) struct Request {
    pub(crate) id: RequestId,
    pub(crate) kind: RequestType,
    pub(crate) owner: Owner,
    /// The cluster or volume it makes, changes or destroys.
    pub(crate) object: String,
    /// Every cluster it is an operation on.
    pub(crate) clusters: Vec<ClusterId>,
    pub(crate) status: RequestStatus,
    pub(crate) message: String,
    pub(crate) created: Time,
    /// When something will next be new.
    pub(crate) next: Option<Time>,
}

impl Keyed for Request {
    fn key(&self) -> &str {
        self.id.as_str()
    }
}

impl Request {
    pub(crate) fn info(&self, epoch: u64) -> RequestInfo {
        let mut info = RequestInfo::new(self.id.clone(), self.status.clone());
        info.request_type = Some(self.kind.clone());
        info.created_at = Some(calendar::iso(epoch, self.created));
        info.object_id = Some(self.object.clone());
        info.external_message = Some(self.message.clone());
        info
    }

    pub(crate) fn fail(&mut self, why: &str) {
        self.status = RequestStatus::Failed;
        why.clone_into(&mut self.message);
        self.next = None;
    }
}

/// What an operation is and works on.
pub(crate) struct Work<'a> {
    pub(crate) kind: RequestType,
    pub(crate) owner: &'a Owner,
    pub(crate) object: &'a str,
    pub(crate) cluster: Option<&'a ClusterId>,
}

impl State {
    /// Begins an operation whose parts follow one another; the last one is its end.
    pub(crate) fn begin(&mut self, work: &Work<'_>, phases: Vec<Phase>) -> RequestId {
        let id = RequestId::from(self.ids.next("r"));
        let mut request = Request {
            id: id.clone(),
            kind: work.kind.clone(),
            owner: work.owner.clone(),
            object: work.object.to_owned(),
            clusters: work.cluster.cloned().into_iter().collect(),
            status: RequestStatus::Pending,
            message: String::new(),
            created: self.now,
            next: None,
        };
        let mut at = self.now;
        for (place, phase) in phases.into_iter().enumerate() {
            let next = (!phase.status.is_terminal()).then(|| at + phase.lasts);
            if place == 0 {
                // The answer to the order itself already shows the first part.
                (request.status, request.message, request.next) = (phase.status, phase.message, next);
                phase.steps.into_iter().for_each(|step| self.apply(step));
            } else {
                for step in phase.steps {
                    self.agenda.plan(at, Some(&id), step);
                }
                let step =
                    Step::Request { id: id.clone(), status: phase.status, message: phase.message, next };
                self.agenda.plan(at, Some(&id), step);
            }
            at = next.unwrap_or(at);
        }
        self.requests.insert(request);
        id
    }

    /// Whether an operation on this cluster or volume has not ended.
    pub(crate) fn is_busy(&self, object: &str) -> bool {
        self.requests.iter().any(|request| request.object == object && !request.status.is_terminal())
    }
}
