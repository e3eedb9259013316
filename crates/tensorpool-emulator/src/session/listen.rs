//! What a job prints, to one who listens (contract §9.2).

use serde_json::json;
use tensorpool_core::JobId;
use tensorpool_core::model::JobStatus;

use super::{Lines, Out, code, refuse, say};
use crate::state::State;
use crate::state::account::Owner;

/// One who listens. What the real engine sends of what was printed before is unknown: here everything that is kept, in
/// its order, or nothing of it if [`Config::replay`](crate::Config::replay) is off.
#[derive(Debug)]
pub(super) struct Listen {
    job: JobId,
    /// The place of the next line; none before the key was accepted.
    place: Option<u64>,
}

impl Listen {
    pub(super) fn new(job: JobId) -> Self {
        Self { job, place: None }
    }

    pub(super) fn begin(&mut self, state: &State, user: usize, out: &mut Lines) {
        let owner = state.config.users.get(user).map(Owner::of);
        let job = owner.and_then(|owner| state.find_job(&owner, self.job.as_str()).ok());
        match job {
            Some(job) => self.place = Some(if state.config.replay { 0 } else { job.log.end() }),
            None => refuse(out, code::NOT_FOUND, &format!("Job {} not found", self.job)),
        }
    }

    pub(super) fn poll(&mut self, state: &State, out: &mut Lines) {
        let Some(place) = &mut self.place else { return };
        let Some(job) = state.jobs.get(self.job.as_str()) else { return };
        // Only one who is too slow, or comes too late for all of it; to skip in silence would be a lie.
        if let Some(lost) = job.log.start().checked_sub(*place).filter(|lost| *lost > 0) {
            *place = job.log.start();
            return say(out, format!("[{lost} earlier lines are no longer kept]"));
        }
        if let Some(line) = job.log.get(*place) {
            *place += 1;
            return say(out, line);
        }
        if !job.status.is_terminal() {
            return;
        }
        // The official client's exit code follows this; that a canceled job is an error is a guess.
        let status = if job.status == JobStatus::Completed { "success" } else { "error" };
        let exit = job.exit_code.map(|code| format!(" (exit code {code})")).unwrap_or_default();
        let message = format!("Job {} {}{exit}", job.id, ended(&job.status));
        out.push_back(Out::Frame(json!({ "status": status, "message": message })));
        out.push_back(Out::Close(code::NORMAL, String::new()));
    }
}

fn ended(status: &JobStatus) -> &str {
    match status {
        JobStatus::Completed => "completed",
        JobStatus::Error => "ended with an error",
        JobStatus::Failed => "failed",
        JobStatus::Canceled => "was canceled",
        other => other.as_str(),
    }
}
