//! A job, from its configuration to its upload (contract §9.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tensorpool_core::JobId;
use tensorpool_core::model::{ClusterStatus, JobStatus};

use super::{Lines, Out, code, refuse, say};
use crate::job_file::JobFile;
use crate::state::State;
use crate::state::account::Owner;
use crate::state::job::Job;
use crate::state::log::Log;
use crate::state::run::Upload;

/// A push. It ends well only once the upload is done: a client who goes before has failed, and its job with it.
#[derive(Debug, Default)]
pub(super) struct Push {
    stage: Stage,
}

#[derive(Debug, Default)]
enum Stage {
    /// What to run is not known yet.
    #[default]
    Configuration,
    /// The client has something to do: the command it was sent, if it was sent already.
    Upload { job: JobId, sent: Option<String> },
    /// The job goes its own way, or there is none.
    Over,
}

/// Why a push is refused: the code it is closed with, and the words.
type Refused = (u16, String);

impl Push {
    pub(super) fn receive(
        &mut self,
        state: &mut State,
        user: usize,
        fields: &Map<String, Value>,
        out: &mut Lines,
    ) {
        match &mut self.stage {
            Stage::Configuration => match admit(state, user, fields, out) {
                Ok(job) => self.stage = Stage::Upload { job, sent: None },
                Err((code, why)) => {
                    self.stage = Stage::Over;
                    refuse(out, code, &why);
                }
            },
            Stage::Upload { job, sent } => {
                if fields.get("type").and_then(Value::as_str) != Some("command_result") {
                    // Something newer than this emulator.
                    return;
                }
                let job = job.clone();
                if let Err((code, why)) = result(fields, sent.take().as_deref()) {
                    state.job_becomes(&job, JobStatus::Failed, Some(&why));
                    self.stage = Stage::Over;
                    refuse(out, code, &why);
                }
            }
            Stage::Over => {}
        }
    }

    pub(super) fn poll(&mut self, state: &mut State, out: &mut Lines) {
        let Stage::Upload { job: id, sent } = &mut self.stage else { return };
        let Some(job) = state.jobs.get_mut(id.as_str()) else { return };
        if job.status != JobStatus::Pending {
            let why = format!("Job {id} is {} before its upload was done", job.status);
            self.stage = Stage::Over;
            return refuse(out, code::CONFLICT, &why);
        }
        let Some(task) = job.task.as_deref_mut().filter(|_| sent.is_none()) else { return };
        match &mut task.upload {
            Upload::Awaited => {}
            Upload::Commands(commands) => {
                if let Some(command) = commands.pop_front() {
                    out.push_back(Out::Frame(json!({
                        "message": "Uploading the job's folder",
                        "command": command,
                        "command_show_stdout": true,
                    })));
                    *sent = Some(command);
                    return;
                }
                let id = id.clone();
                state.launch(&id);
                self.stage = Stage::Over;
                say(out, format!("Job {id} is submitted. Follow it with: tp job listen {id}"));
                out.push_back(Out::Close(code::NORMAL, String::new()));
            }
            Upload::Impossible(why) => {
                let (id, why) = (id.clone(), format!("The upload cannot be prepared: {why}"));
                state.job_becomes(&id, JobStatus::Failed, Some(&why));
                self.stage = Stage::Over;
                refuse(out, code::UNABLE, &why);
            }
        }
    }

    /// Without its upload the job can never run.
    pub(super) fn gone(&mut self, state: &mut State) {
        if let Stage::Upload { job, .. } = std::mem::replace(&mut self.stage, Stage::Over) {
            state.job_becomes(&job, JobStatus::Failed, Some("The push ended before the upload was done"));
        }
    }
}

/// Checks the second frame, and makes a job of it.
fn admit(
    state: &mut State,
    user: usize,
    fields: &Map<String, Value>,
    out: &mut Lines,
) -> Result<JobId, Refused> {
    let invalid = |why: String| (code::INVALID, why);
    let text = |name: &str| match fields.get(name) {
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(Value::Null) | None => Err(invalid(format!("{name} is missing"))),
        Some(_) => Err(invalid(format!("{name} is not a string"))),
    };
    let file = JobFile::parse(text("tp_config")?).map_err(invalid)?;
    // Every client says it, and the shape of the upload command may depend on it.
    text("system")?;
    let teardown = match fields.get("teardown_cluster") {
        Some(Value::Bool(teardown)) => *teardown,
        Some(Value::Null) | None => false,
        Some(_) => return Err(invalid("teardown_cluster is not a boolean".to_owned())),
    };
    let reference = text("cluster_id")?;
    let owner = state.config.users.get(user).map(Owner::of);
    let owner = owner.ok_or_else(|| (code::REFUSED, "There is no such user".to_owned()))?;
    let cluster = state
        .find_cluster_by_id(&owner, reference)
        .map_err(|_| (code::NOT_FOUND, format!("Cluster {reference} not found")))?;
    let (id, name) = (cluster.id.clone(), cluster.name.clone());
    if cluster.status != ClusterStatus::Running {
        let why = format!("Cluster {id} ({name}) is {}; a job needs one that is RUNNING", cluster.status);
        return Err((code::CONFLICT, why));
    }
    if teardown && cluster.protected {
        let why =
            format!("Deletion protection is enabled for cluster {id} ({name}), so no job can tear it down");
        return Err((code::CONFLICT, why));
    }
    let job = JobId::from(state.ids.next("j"));
    for key in &file.unknown {
        say(out, format!("Warning: the job file's key {key:?} means nothing and is ignored"));
    }
    out.push_back(Out::Frame(json!({
        "message": format!("Job {job} is created on cluster {id} ({name})"),
        "job_id": job,
    })));
    let made = Job {
        id: job.clone(),
        owner,
        status: JobStatus::Pending,
        exit_code: None,
        cluster: Some(id),
        created: state.now,
        ended: None,
        files: BTreeMap::new(),
        message: None,
        hidden: false,
        log: Log::default(),
        task: None,
    };
    state.admit(made, file, teardown).into_iter().for_each(|message| say(out, message));
    Ok(job)
}

/// Checks what became of a command. That a push ends with its first failed command is a guess.
fn result(fields: &Map<String, Value>, sent: Option<&str>) -> Result<(), Refused> {
    let Some(sent) = sent else {
        return Err((code::INVALID, "There is a command_result, but no command".to_owned()));
    };
    if fields.get("command").and_then(Value::as_str) != Some(sent) {
        return Err((code::INVALID, "The command_result is of another command".to_owned()));
    }
    match fields.get("exit_code").and_then(Value::as_i64) {
        Some(0) => Ok(()),
        Some(exit) => {
            let said = fields.get("command_stderr").and_then(Value::as_str).unwrap_or_default();
            let why = said.lines().rfind(|line| !line.trim().is_empty());
            let why = why.map(|line| format!(": {}", line.trim())).unwrap_or_default();
            Err((code::UPLOAD_FAILED, format!("The upload failed with exit code {exit}{why}")))
        }
        None => Err((code::INVALID, "The command_result has no exit_code".to_owned())),
    }
}
