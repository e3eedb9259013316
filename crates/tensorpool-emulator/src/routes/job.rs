//! Jobs: template, list, info, cancel, delete (contract §3.1 to §3.6).

use http::StatusCode;
use tensorpool_core::api::job::{JobAnswer, JobCancellation, JobList, JobTemplate};
use tensorpool_core::model::JobStatus;

use crate::answer::{Answered, Refusal, json, ok, said};
use crate::calendar;
use crate::call::Call;
use crate::state::State;
use crate::state::agenda::Step;
use crate::state::job::Job;
use crate::tables::{Table, counted, facts};

/// The three keys of a job's configuration (contract §3.8); the real template's text is unknown.
const TEMPLATE: &str = r#"# Commands run one after another on the cluster, in a fresh virtual environment.
commands = [
    # "pip install -r requirements.txt",
    # "python train.py",
]

# Files, directories (with a / at the end) and globs to keep when the job has ended.
outputs = [
    # "checkpoints/",
    # "*.log",
]

# Files and globs that are not uploaded.
ignore = [
    ".git/",
    ".venv/",
    "__pycache__/",
]
"#;

pub(super) fn init() -> Answered {
    ok(&JobTemplate::new(TEMPLATE))
}

pub(super) fn list(state: &State, call: &Call<'_>) -> Answered {
    let (owner, organization) = (state.owner(call)?, call.include_org()?);
    let jobs = state.jobs.iter().filter(|job| !job.hidden && owner.lists(&job.owner, organization));
    let jobs: Vec<&Job> = jobs.collect();
    let mut table = Table::new(&["JOB ID", "STATUS", "EXIT CODE", "CLUSTER", "CREATED"]);
    for job in &jobs {
        table.row([
            job.id.to_string(),
            job.status.to_string(),
            job.exit_code.map(|code| code.to_string()).unwrap_or_default(),
            job.cluster.as_ref().map(ToString::to_string).unwrap_or_default(),
            calendar::short(state.config.epoch, job.created),
        ]);
    }
    let message = match jobs.as_slice() {
        [] => "No jobs found".to_owned(),
        _ => format!("{}\n\n{}", table.render(), counted(jobs.len(), "job")),
    };
    let mut list = JobList::new(jobs.iter().map(|job| job.info(state.config.epoch)).collect::<Vec<_>>());
    list.message = Some(message);
    ok(&list)
}

pub(super) fn info(state: &State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let job = state.find_job(&owner, call.parameter())?;
    let utc = |time| format!("{} UTC", calendar::short(state.config.epoch, time));
    let message = facts(&[
        ("Job", job.id.to_string()),
        ("Status", job.status.to_string()),
        ("Exit code", job.exit_code.map(|code| code.to_string()).unwrap_or_default()),
        ("Cluster", job.cluster.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("Message", job.message.clone().unwrap_or_default()),
        ("Outputs", counted(job.files.len(), "file")),
        ("Created", utc(job.created)),
        ("Ended", job.ended.map(utc).unwrap_or_default()),
    ]);
    let mut answer = JobAnswer::new(job.info(state.config.epoch));
    answer.message = Some(message);
    ok(&answer)
}

pub(super) fn cancel(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let job = state.find_job(&owner, call.parameter())?;
    let (id, status) = (job.id.clone(), job.status.clone());
    let mut answer = JobCancellation::default();
    answer.job_id = Some(id.clone());
    let (code, status, message) = match status {
        JobStatus::Pending | JobStatus::Running => {
            state.job_becomes(&id, JobStatus::Canceling, None);
            // Otherwise its machine says when it has ended.
            if !state.is_on_machine(&id) {
                let step = Step::Job { id: id.clone(), status: JobStatus::Canceled };
                state.agenda.plan(call.now + state.config.timings.cancel, None, step);
            }
            (StatusCode::ACCEPTED, JobStatus::Canceling, format!("Job {id} is being canceled"))
        }
        // Asked again meanwhile: the same answer, and nothing more is planned.
        JobStatus::Canceling => {
            (StatusCode::ACCEPTED, JobStatus::Canceling, format!("Job {id} is being canceled"))
        }
        JobStatus::Canceled => (StatusCode::OK, JobStatus::Canceled, format!("Job {id} is canceled already")),
        // The status code is inferred (contract §3.5).
        status => return Err(Refusal::conflict(format!("Job {id} is {status} and cannot be canceled"))),
    };
    answer.status = Some(status);
    answer.message = Some(message);
    Ok(json(code, &answer))
}

pub(super) fn delete(state: &mut State, call: &Call<'_>) -> Answered {
    let owner = state.owner(call)?;
    let job = state.find_job(&owner, call.parameter())?;
    let id = job.id.clone();
    if !job.status.is_terminal() {
        let message = format!("Job {id} is {}; only a job that has ended can be deleted", job.status);
        return Err(Refusal::conflict(message));
    }
    if let Some(job) = state.jobs.get_mut(id.as_str()) {
        job.hidden = true;
    }
    Ok(said(StatusCode::OK, format!("Job {id} deleted")))
}
